//! ENVELOPES: what each mailbox can be told, one file a receiver; how a message gets there; and the board, what everybody
//! may read.

/// What a person sees at one moment.
pub mod board;
/// What persons ask of the books.
pub mod bookkeeping;
/// What the broker can be told.
pub mod broker;
/// What the ledger tells everybody.
pub mod chronicle;
/// What persons ask at the command line and the pages do.
pub mod counter;
/// What the kill switch can be told.
pub mod kill_switch;
/// How long things take.
pub mod latency;
/// What the ledger can be told.
pub mod ledger;
/// How a message gets to a mailbox.
pub mod line;
/// What market data can be told.
pub mod market_data;
/// What the notifier can be told.
pub mod notifier;
/// What is over and kept as history.
pub mod past;
/// A rehearsal as it is shown.
pub mod rehearsal;
/// What the reporter can be told.
pub mod reporter;
/// What whoever writes the session's files can be told.
pub mod reports;
/// What risk can be told.
pub mod risk;
/// What the screener can be told.
pub mod screener;
/// What a strategy can be told.
pub mod strategy;
/// What the supervisor can be told.
pub mod supervisor;

/// A fault on purpose, for the proof that it is noticed.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The handler panics.
    Panic,
    /// The handler does not return for so many milliseconds.
    Hang(u64),
}
