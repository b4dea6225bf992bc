//! The pure crate of TBot: words, decisions, the simulated venue, and the world that wires them.
//!
//! Nothing here reads a clock, a file or a random source; Cargo keeps it so. Time, identifiers and
//! randomness are inputs, and the same inputs give the same bytes.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "a test that fails should stop where it fails"
    )
)]

/// Words.
pub mod domain;
/// The gates that a signal passes.
pub mod gates;
/// Streaming indicators of one session.
pub mod indicators;
/// Decisions.
pub mod machines;
/// Statistics.
pub mod research;
/// The checks between a signal and the broker.
pub mod risk;
/// `open`, `mid`, `close` and their contract.
pub mod strategies;
/// The simulated venue.
pub mod venue;
/// Wires the machines on a virtual clock.
pub mod world;

#[cfg(test)]
mod test_data;
