//! Proofs of the store.

/// A day closed beside a later one.
mod apart;
/// The ways to break the books that the database itself refuses.
mod attacks;
/// Files of backtests.
mod bulk;
/// From one store into another.
mod carry;
/// Closed days, and closes that were forged.
mod closes;
/// Sessions out of the event log, words out of the journal.
mod history;
/// Writing, reading, opening.
mod open;
/// The price list of a closing record.
mod prices;
/// Around the writer.
pub(crate) mod raw;
/// Statements in three readings of time.
mod readings;
/// What accountants ask of the journal.
mod registers;
/// Reversals against what they undo.
mod reversals;
/// Review by several people.
mod review;
/// Roles, races and statements on PostgreSQL.
mod roles;
/// Books to write.
pub(crate) mod sample;
/// Brokers' statements.
mod statements;
/// What the verifier finds.
mod tampering;
