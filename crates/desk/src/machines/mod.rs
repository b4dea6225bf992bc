//! DECISIONS: one machine per actor, each with two doors, `decide` and `apply`.

/// Bookkeeping: facts become balanced entries, entries become balances.
pub mod ledger;
