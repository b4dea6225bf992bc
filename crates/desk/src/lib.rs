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
/// Wires everything on a virtual clock.
pub mod world;
