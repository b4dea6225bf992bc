//! The command line: one file a verb.

/// `tbot audit`.
pub mod audit;
/// `tbot backtest`.
pub mod backtest;
/// `tbot backup`, `tbot backups`, `tbot restore`.
pub mod backup;
/// Where the books are that a verb is about.
mod books;
/// Which bot a verb is about.
pub mod bot;
/// `tbot check`.
pub mod check;
/// `tbot ledger close`.
pub mod close_day;
/// The commands of LIFE-4.
pub mod command;
/// `tbot completions`.
pub mod completions;
/// `tbot config`.
pub mod config;
/// What a person reads: text, tables, failures.
pub mod console;
/// `tbot database`.
pub mod database;
/// `tbot demo`.
pub mod demo;
/// `tbot diagnose`.
pub mod diagnose;
/// `tbot ledger export` and `tbot ledger check-ofx`.
pub mod export;
/// Why a verb did not do what it was asked, and its exit code.
mod failure;
/// `tbot ledger import`.
pub mod import;
/// Ctrl-C.
pub mod interrupt;
/// `tbot keys`.
pub mod keys;
/// `tbot ledger`.
pub mod ledger;
/// `tbot logs`.
pub mod logs;
/// Progress with time left.
mod progress;
/// What follows `tbot rehearse`.
mod rehearse;
/// `tbot report`.
pub mod report;
/// What backtest and demo have in common: inputs, the run, its files.
mod run;
/// `tbot run`.
pub mod run_bot;
/// `tbot service`.
pub mod service;
/// `tbot ledger reconcile`.
pub mod statement;
/// `tbot status`.
pub mod status;
/// `tbot ledger unlock`.
pub mod unlock;

pub use failure::{Exit, Failure};
pub(crate) use run::charts::chart_day;
pub(crate) use run::outputs::books_check;
pub(crate) use run::plan::{assumptions, configuration, fees_file};

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
    1  something was found wrong (a ledger that does not verify, a check that failed, a cause why nothing trades)
    2  bad input: arguments, files, an output that cannot be written
    3  the run could not be finished, and nothing was kept
    4  the bot refused the command, or runs already
    5  no running bot answers
  130  interrupted by Ctrl-C, and nothing was kept";

/// The end of a verb's help: examples, and the exit codes.
fn examples(lines: &[&str]) -> String {
    format!("Examples:\n  {}\n\n{EXIT_CODES}", lines.join("\n  "))
}

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
    /// Run the bot: strategies, orders and books, with a dashboard in the browser
    Run(Box<run_bot::Arguments>),
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
    /// Who did what
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        verb: audit::AuditVerb,
    },
    /// Reports about the bot
    Report {
        /// Which.
        #[command(subcommand)]
        verb: report::ReportVerb,
    },
    /// A PostgreSQL database for the books of several bots
    Database {
        /// What to do with it.
        #[command(subcommand)]
        verb: database::DatabaseVerb,
    },
    /// What the bot does now; without a running bot, what it did last
    Status(status::Arguments),
    /// Whether a bot could start here and run: settings, keys, folders, books, clock, disk
    Check(check::Arguments),
    /// Why nothing trades: the chain walked to its first cause
    Diagnose(diagnose::Arguments),
    /// Commands to the running bot.
    #[command(flatten)]
    Command(command::CommandVerb),
    /// Take a backup: everything but the key, in one sealed file; the bot trades on meanwhile
    Backup(backup::Take),
    /// The backups that are there; with --verify, whether each is whole
    Backups(backup::List),
    /// Make a data folder of a backup; the bot in it starts frozen
    Restore(backup::Restore),
    /// The bot's logs
    Logs(logs::Arguments),
    /// Keys of the configuration and their values
    Config {
        /// What to do with them.
        #[command(subcommand)]
        verb: config::ConfigVerb,
    },
    /// The keys that configuration and secrets are sealed with
    Keys {
        /// What to do with them.
        #[command(subcommand)]
        verb: KeysVerb,
    },
    /// The bot as a systemd user service
    Service {
        /// What to do with it.
        #[command(subcommand)]
        verb: service::ServiceVerb,
    },
    /// A script that completes verbs and options in your shell
    Completions(completions::Arguments),
}

/// What can be done with the keys.
#[derive(Debug, Subcommand)]
pub enum KeysVerb {
    /// Seal everything anew with a new key
    Rotate(keys::Rotate),
}

/// What can be done with the books.
#[derive(Debug, Subcommand)]
pub enum LedgerVerb {
    /// Recompute every entry, posting, event, hash and balance, and name the first thing that is wrong
    Verify(ledger::Arguments),
    /// Write a period's journal for another program: OFX, CSV, JSON, beancount, hledger, a trial balance
    Export(Box<export::Arguments>),
    /// Hold a broker's statement against the books of the bot: what matches, what differs, what is left over
    Import(Box<import::Arguments>),
    /// Hold a broker's statement against the books, print every difference, and raise them for the review
    Reconcile(Box<statement::Arguments>),
    /// Open a closed day again: one reviewer asks, another one confirms
    Unlock(Box<unlock::Arguments>),
    /// Close the books of the day that is over and still open, with every check, and the open days before it
    Close(Box<close_day::Arguments>),
    /// Check an OFX file for what no reader of OFX catches
    #[command(name = "check-ofx")]
    CheckOfx(export::CheckArguments),
}

/// A seed, as the command line gives it.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a whole number from 0 to {} is allowed", u64::MAX))
}
