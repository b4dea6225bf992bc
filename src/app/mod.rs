//! The one file that knows everyone: reads the command line and starts the verb that was asked for.

/// Where market data come from.
mod feed;
/// The living bot.
mod living;
/// Socket, flags, signals, heartbeat.
mod ways_in;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{
    Cli, Failure, KeysVerb, LedgerVerb, Verb, backtest, command, completions, config, console, demo, interrupt, keys,
    ledger, logs, service, status,
};

/// Starts the program. What went wrong is one sentence on stderr (with `--json` also an object) and the exit code.
#[must_use]
pub fn start() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let json = arguments.iter().any(|a| a == "--json");
    let outcome = Cli::try_parse_from(&arguments).map_err(Failure::from).and_then(|cli| {
        interrupt::listen()?;
        match cli.verb {
            Verb::Backtest(arguments) => backtest::run(&arguments),
            Verb::Demo(arguments) => demo::run(&arguments),
            Verb::Ledger { verb: LedgerVerb::Verify(arguments) } => ledger::verify(&arguments),
            Verb::Status(arguments) => status::run(&arguments),
            Verb::Command(verb) => command::run(&verb),
            Verb::Logs(arguments) => logs::run(&arguments),
            Verb::Config { verb } => config::run(&verb),
            Verb::Keys { verb: KeysVerb::Rotate(arguments) } => keys::rotate(&arguments),
            Verb::Service { verb } => service::run(&verb),
            Verb::Completions(arguments) => completions::run(&arguments),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::report(&failure, json);
            ExitCode::from(failure.exit.code())
        }
    }
}
