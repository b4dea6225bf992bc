//! What backtest and demo have in common: inputs, the run, its files.

/// Chart days of the report.
pub(super) mod charts;
/// Which strategies, with which parameters.
pub(super) mod choice;
/// Reads bars and quotes.
pub(super) mod inputs;
/// The books on disk: written, then verified.
mod ledger;
/// The files of a run.
pub(super) mod outputs;
/// From date to date.
pub(super) mod period;
/// A folder that is whole or not there.
pub(super) mod place;
#[cfg(test)]
mod place_tests;
/// What a run is given, and its record of it.
pub(super) mod plan;
/// Bars through the machines.
pub(super) mod play;
/// The result for people and programs.
pub(super) mod told;

pub(super) use ledger::runtime;
