//! One integration binary; each module is a room.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::wildcard_imports,
    clippy::print_stderr,
    reason = "a test that fails should stop where it fails"
)]

/// The command line.
mod cli;
/// The documents.
mod documents;
/// The journal for other programs.
mod exports;
/// The look-ahead guard.
#[path = "../../crates/desk/tests/common/guard.rs"]
mod guard;
/// The habits of the house.
mod house_rules;
/// Who may import whom.
mod import_rules;
/// A broker's statement against the journal.
mod imports;
/// Licences of what is linked.
mod licences;
/// Another future leaves the past as it was.
mod look_ahead;
/// Places for databases.
mod places;
/// A throw-away PostgreSQL.
mod postgres;
/// What a run leaves behind.
mod report;
/// A market as text and the engine's run over it.
#[path = "../../crates/desk/tests/common/mod.rs"]
mod scene;
/// Our own sources, read as text.
mod sources;
/// The event log and the books.
mod store;
/// The browser.
mod web;
/// The specification's worked trades.
mod worked_trades;
