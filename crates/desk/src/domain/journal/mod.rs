//! The words of the books: accounts, postings, entries (`BOOKS.md` sections 1 to 3).

/// Account codes.
pub mod account;
/// The canonical bytes, written quickly.
mod bytes;
/// Entries: identity, order, dates, and the bytes that are hashed.
pub mod entry;
/// What postings alone do not tell.
pub mod facts;
/// The closed list of kinds.
pub mod kind;
/// JSON written by hand.
mod line;
/// One line of an entry.
pub mod posting;
/// The canonical bytes, read quickly.
mod read;

pub use account::AccountCode;
pub use entry::{Draft, Entry};
pub use facts::{Fact, Facts};
pub use kind::EntryKind;
pub(crate) use line::Line;
pub use posting::{FeeKind, Holding, Posting, Tags};
