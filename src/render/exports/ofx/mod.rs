//! OFX 2.2 investment statements, and their checker.

/// Our own checker: what no reader of OFX catches.
mod check;
/// A file that passes it, with what was held before.
mod checked;
/// The file: header, statements, securities.
mod document;
/// Executions.
mod fill;
/// The journal as lines of a statement.
mod lines;
/// What the checker starts from.
mod opening;
/// Statements read back.
mod statement;
/// Entries as transactions.
mod transaction;
/// Which transactions an entry is.
mod walk;
/// Elements read back.
mod xml;

pub use check::{Checked, Fault, check};
pub use checked::checked;
pub(super) use document::write;
pub use lines::lines;
pub use opening::{Opening, opening, read_opening};
pub(crate) use walk::CASH;
