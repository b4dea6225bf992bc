//! OFX 2.2 investment statements, and their checker.

/// The file: header, statements, securities.
mod document;
/// Executions.
mod fill;
/// Entries as transactions.
mod transaction;
/// Which transactions an entry is.
mod walk;

pub(super) use document::write;
