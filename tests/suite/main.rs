//! One integration binary; each module is a room.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stderr,
    reason = "a test that fails should stop where it fails"
)]

/// The command line.
mod cli;
/// Places for databases.
mod places;
/// A throw-away PostgreSQL.
mod postgres;
/// The event log and the books.
mod store;
