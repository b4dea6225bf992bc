//! STORE: the event log and the books, on SQLite or PostgreSQL. No other room contains SQL.
//!
//! One writer (it cannot be cloned, and `append` takes it mutably), as many readers as wanted. What must not be is
//! refused by the database itself; see `migrations/`. [`verify`] reads everything again and names the first record that
//! was touched.

/// Where a store is, and what lies there.
mod address;
/// A new file, filled in one go.
mod bulk;
/// A book from one store into another.
mod carry;
/// The chart of accounts that a new book starts with.
/// The chart of accounts as rows, and its changes.
pub mod chart;
/// One moment of a database as a file of its own.
mod copy;
/// Where the kill switch writes while the books cannot be written.
mod emergency;
/// What can go wrong, in sentences.
mod error;
/// All bots of a database.
mod fleet;
/// Statements from the entries themselves.
mod folded;
/// Heads of the two chains, and the file that keeps them outside of the database.
mod head;
/// The event log session by session.
mod history;
/// The log of the bot's life.
mod life;
/// One connection or pool of either engine.
mod link;
/// At most one writer a file.
mod lock;
/// Creating and opening.
mod open;
/// Records as the writer hands them to the database.
mod pack;
/// Who may sign in, what is signed in, what everybody did.
pub mod people;
/// Questions.
mod reader;
/// Signed receipts of closings.
mod receipts;
/// Questions of accountants.
mod registers;
/// What of the books is reviewed.
mod reviewable;
/// Versions of the schema.
mod schema;
/// Which entries a statement counts.
mod scope;
/// Words sought in the journal.
mod searching;
/// Signatures of closing records.
mod signed;
/// Every statement, in one list.
pub mod sql;
/// Statements, from the indexes or from the first entry on.
mod summed;
/// The machines' records as the store takes them.
pub mod taken;
/// Recomputes everything from the stored bytes.
pub mod verify;
/// A whole journal, for other programs.
mod whole;
/// Events, closings, books.
mod words;
/// The one way in.
mod writer;

pub use address::Address;
pub use bulk::Bulk;
pub use carry::{export, load};
pub use copy::{copy, heads_of};
pub use emergency::{Emergency, EmergencyFile, Sent};
pub use error::StoreError;
pub use fleet::Fellow;
pub use head::{Head, Heads, head_line, head_path, read_heads};
pub use life::LifeLog;
pub use open::{create, found, let_run, open, prepare};
pub use reader::{Balance, Reader, StoredEntry, StoredEvent};
pub use receipts::{Receipts, Signature, Stored};
pub use registers::{CloseLine, Days, GainLine, LotLine, RegisterLine, Sought};
pub use reviewable::Reviewable;
pub use schema::VERSION as SCHEMA;
pub use scope::{Reading, Scope};
pub use searching::{Found, Text};
pub use signed::{Signers, closing_text};
pub use summed::{CashLine, Summed, UnsettledLine};
pub use verify::{BookReport, Check, Finding, Report, verify};
pub use words::{Account, Batch, Book, Closing, ClosingBalance, ClosingLot, Event, NewBook};
pub use writer::Writer;
