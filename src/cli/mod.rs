//! The command line: one file a verb.

/// `tbot backtest`.
pub mod backtest;
/// What a person reads: text, tables, failures.
pub mod console;
/// `tbot demo`.
pub mod demo;
/// Why a verb did not do what it was asked, and its exit code.
mod failure;
/// Ctrl-C.
pub mod interrupt;
/// `tbot ledger`.
pub mod ledger;
/// Progress with time left.
mod progress;
/// What backtest and demo have in common: inputs, the run, its files.
mod run;

pub use failure::{Exit, Failure};

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  tbot demo
  tbot backtest --data bars --out result
  tbot ledger verify result

Each command says more with --help.

";

/// The exit codes, for the help.
const EXIT_CODES: &str = "\
Exit codes:
    0  fine
    1  something was found wrong (a ledger that does not verify)
    2  bad input: arguments, files, an output that cannot be written
    3  the run could not be finished, and nothing was kept
  130  interrupted by Ctrl-C, and nothing was kept";

/// A self-hosted, audit-grade automated trading system.
#[derive(Debug, Parser)]
#[command(name = "tbot", version, about, after_help = format!("{EXAMPLES}{EXIT_CODES}"), disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run strategies over recorded bars: signals, gates, risk, orders, fills and books
    Backtest(backtest::Arguments),
    /// Watch one whole simulated trading day in the terminal
    Demo(demo::Arguments),
    /// The books
    #[command(after_help = format!("{}{EXIT_CODES}", ledger::EXAMPLES))]
    Ledger {
        /// What to do with them.
        #[command(subcommand)]
        verb: LedgerVerb,
    },
}

/// What can be done with the books.
#[derive(Debug, Subcommand)]
pub enum LedgerVerb {
    /// Recompute every entry, posting, event, hash and balance, and name the first thing that is wrong
    Verify(ledger::Arguments),
}

/// A seed, as the command line gives it.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a whole number from 0 to {} is allowed", u64::MAX))
}
