//! The one file that knows everyone: reads the command line and starts the verb that was asked for.

/// Backups of the living bot.
mod backups;
/// The files of a day's close.
mod day_exports;
/// The demo's dashboard.
mod demo;
/// Where market data come from.
mod feed;
/// Accounting's files that assign a float.
mod floats;
/// The wizard of a first start, and what it makes.
mod founding;
/// A first start that leaves nothing behind where it fails.
mod fresh;
/// What the kill switch keeps on the disk.
mod kept;
/// The living bot.
mod living;
/// Cash in and out beside accounting's documents.
mod matching;
/// The pages, on their listener.
mod pages;
/// The parent that starts the bot again.
mod parent;
/// What the day's close asks the review, and tells it.
mod questions;
/// What a rehearsal stands on.
mod rehearsal;
/// The files of the sessions.
mod reports;
/// The audit of what does not come by the pages.
mod scribe;
/// What stands before a living bot starts.
mod standing;
/// The versions of the configuration.
mod versions;
/// Socket, flags, signals, heartbeat.
mod ways_in;
/// A bot that has run starts whole or not at all.
mod whole;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::actors::life::End;
use crate::cli::{
    Cli, Failure, KeysVerb, LedgerVerb, Verb, audit, backtest, backup, check, close_day, command, completions, config,
    console, database, diagnose, export, import, interrupt, keys, ledger, logs, report, run_bot, service, statement,
    status, unlock,
};
use crate::gateway::notify::ServiceManager;

/// Starts the program. What went wrong is one sentence on stderr (with `--json` also an object) and the exit code.
#[must_use]
pub fn start() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let json = arguments.iter().any(|a| a == "--json");
    let outcome = Cli::try_parse_from(&arguments).map_err(Failure::from).and_then(|cli| {
        // A living bot hears signals itself.
        if !matches!(cli.verb, Verb::Run(_)) {
            interrupt::listen()?;
        }
        match cli.verb {
            Verb::Run(arguments) => return run(&arguments),
            Verb::Backtest(arguments) => backtest::run(&arguments),
            Verb::Demo(arguments) => crate::cli::demo::run(&arguments, demo::serve),
            Verb::Ledger { verb: LedgerVerb::Verify(arguments) } => ledger::verify(&arguments),
            Verb::Ledger { verb: LedgerVerb::Export(arguments) } => export::run(&arguments),
            Verb::Ledger { verb: LedgerVerb::Import(arguments) } => import::run(&arguments),
            Verb::Ledger { verb: LedgerVerb::CheckOfx(arguments) } => export::check_ofx(&arguments),
            Verb::Ledger { verb: LedgerVerb::Reconcile(arguments) } => statement::run(&arguments),
            Verb::Ledger { verb: LedgerVerb::Unlock(arguments) } => unlock::run(&arguments),
            Verb::Ledger { verb: LedgerVerb::Close(arguments) } => close_day::run(&arguments),
            Verb::Audit { verb } => audit::run(&verb),
            Verb::Report { verb } => report::run(&verb),
            Verb::Database { verb } => database::run(&verb),
            Verb::Status(arguments) => status::run(&arguments),
            Verb::Check(arguments) => check::run(&arguments),
            Verb::Diagnose(arguments) => diagnose::run(&arguments),
            Verb::Backup(arguments) => backup::take(&arguments),
            Verb::Backups(arguments) => backup::list(&arguments),
            Verb::Restore(arguments) => backup::restore(&arguments),
            Verb::Command(verb) => command::run(&verb),
            Verb::Logs(arguments) => logs::run(&arguments),
            Verb::Config { verb } => config::run(&verb),
            Verb::Keys { verb: KeysVerb::Rotate(arguments) } => keys::rotate(&arguments),
            Verb::Service { verb } => service::run(&verb),
            Verb::Completions(arguments) => completions::run(&arguments),
        }
        .map(|()| ExitCode::SUCCESS)
    });
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            console::report(&failure, json);
            ExitCode::from(failure.exit.code())
        }
    }
}

/// Runs a bot, or the parent that keeps one running.
fn run(arguments: &run_bot::Arguments) -> Result<ExitCode, Failure> {
    let kept = ServiceManager::of_process().is_there();
    if !kept && !arguments.unwatched {
        // What cannot be right is said before a process is started for it.
        arguments.boot()?.may_start()?;
        arguments.feed()?;
        arguments.speed()?;
        return parent::keep();
    }
    Ok(match living::run(arguments)? {
        End::Told => ExitCode::SUCCESS,
        End::Anew => ExitCode::from(parent::ANEW),
    })
}
