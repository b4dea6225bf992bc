//! The verifier of a stored journal (LEDG-4a): it recomputes everything from stored bytes and rows and names the first
//! thing that is wrong. It shares no sums with the machine that books.

/// One entry after the other, along the chain.
pub mod chain;
/// What is wrong.
pub mod fault;
/// Closing records against the postings.
mod records;
/// What a store hands over.
pub mod rows;
/// Sums over postings, computed anew.
mod sums;

pub use chain::{Verified, Verifier, VerifyError, verify};
pub use fault::{Fault, What};
pub use rows::{EntryColumns, StoredBalance, StoredClosing, StoredEntry, StoredLot, StoredPosting};
