//! Wires the machines on a virtual clock.

/// Recorded or generated bars through all machines.
pub mod backtest;
/// The day's ends: settlement and charges at its start, rounding and close at its end.
mod day;
/// Bars of many symbols, merged in order of time.
pub mod feed;
/// A market that does not exist, from a seed.
pub mod generated;
/// What a run leaves behind, as records.
pub mod harvest;
/// From a signal to an approved order.
mod signal;
/// All machines of one bot, wired.
pub mod trader;
