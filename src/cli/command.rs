//! Every command of LIFE-4 as a verb: asked over the socket, beside a running bot.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use data_encoding::HEXLOWER;
use desk::domain::bot::{Command, FreezeName, Mode, Need, Roles, Scope, permit};
use desk::domain::ids::{OrderId, StrategyName};
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use serde_json::json;

use super::bot::BotArguments;
use super::failure::{Exit, Failure};
use super::run::runtime;
use super::{console, examples, rehearse};
use crate::gateway::clock::Stopwatch;
use crate::gateway::control::{ControlFolder, Flag, Reply, Request, StepUp, client, holder};
use crate::settings::Boot;

/// How long a command may take; commands that take longer answer that they are under way.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a kill waits for the socket before it raises the flag.
const KILL_PATIENCE: Duration = Duration::from_secs(2);
/// How long it then waits for the flag to be taken.
const FLAG_PATIENCE: Duration = Duration::from_secs(5);

/// The commands.
#[derive(Debug, Subcommand)]
pub enum CommandVerb {
    /// Trade: self-checks, reconciliation, then waiting for the windows
    #[command(after_help = examples(&["tbot start", "tbot start --why \"after the upgrade\" --json"]))]
    Start(Plain),
    /// No new entries, close positions in order, then stopped
    #[command(after_help = examples(&["tbot stop", "tbot stop --why \"news at 14:00\""]))]
    Stop(Plain),
    /// Freeze all entries, until tbot resume
    #[command(after_help = examples(&["tbot pause --why \"looking at the feed\""]))]
    Pause(Plain),
    /// Clear the pause
    #[command(after_help = examples(&["tbot resume"]))]
    Resume(Plain),
    /// Cancel working orders that could add exposure
    #[command(after_help = examples(&["tbot cancel", "tbot cancel --symbol SPY"]))]
    Cancel(Scoped),
    /// Close positions, and cancel the entries that could open new ones
    #[command(after_help = examples(&["tbot flatten", "tbot flatten --strategy mid"]))]
    Flatten(Scoped),
    /// Cancel everything, close everything, latch; raises the flag file where the bot does not answer
    #[command(after_help = examples(&["tbot kill", "tbot kill --why \"orders out of control\""]))]
    Kill(Plain),
    /// Clear the kill latch (needs a one-time code)
    #[command(name = "reset-kill", after_help = examples(&["tbot reset-kill --as ada --code 123456 --why \"checked with the broker\""]))]
    ResetKill(Plain),
    /// Set a named freeze: no new entries
    #[command(after_help = examples(&["tbot freeze fomc --why \"until the decision\"", "tbot freeze strategy-mid --why \"mid alone\""]))]
    Freeze(Named),
    /// Clear a named freeze (needs a one-time code)
    #[command(after_help = examples(&["tbot unfreeze fomc --as ada"]))]
    Unfreeze(Named),
    /// Enter defense mode, a share of every limit, or leave it (needs a one-time code and a reason)
    #[command(after_help = examples(&["tbot defense enter --why \"cpi at 14:30\"", "tbot defense leave --as ada --why \"it was calm\""]))]
    Defense(Defense),
    /// Approve a proposal of the research parts (none of them runs beside a bot in this version)
    #[command(after_help = examples(&["tbot approve 4 --as ada"]))]
    Approve(Proposed),
    /// Reject a proposal
    #[command(after_help = examples(&["tbot reject 4 --why \"too little evidence\""]))]
    Reject(Proposed),
    /// Set the mode: observe, or the identity's own (needs a one-time code)
    #[command(after_help = examples(&["tbot mode observe --as ada", "tbot mode paper --as ada"]))]
    Mode(ModeArguments),
    /// Compare positions, orders and cash with the broker
    #[command(after_help = examples(&["tbot reconcile"]))]
    Reconcile(Plain),
    /// Take a strategy out for the session
    #[command(after_help = examples(&["tbot suspend close --why \"half day\""]))]
    Suspend(Suspended),
    /// Say that a stop or an error was seen
    #[command(after_help = examples(&["tbot acknowledge --why \"feed restored\""]))]
    Acknowledge(Plain),
    /// Exercise the kill switch on the simulated venue
    #[command(after_help = examples(&["tbot drill"]))]
    Drill(Plain),
    /// End the process in order; stops protect the positions
    #[command(after_help = examples(&["tbot shutdown --why \"moving the machine\""]))]
    Shutdown(Plain),
    /// Put a saved version of the configuration into force (needs a one-time code)
    #[command(name = "apply-config", after_help = examples(&["tbot apply-config 4 --as ada", "tbot apply-config 4 --as ada --why \"the limits of the new float\""]))]
    ApplyConfig(Numbered),
    /// Play a dry session now: every strategy, no real order; the exit code is the verdict
    #[command(after_help = examples(&["tbot rehearse", "tbot rehearse --json"]))]
    Rehearse(Plain),
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Plain {
    /// Why; recorded with the command
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    /// An administrator's name, for what needs a one-time code
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// That administrator's one-time code [default: asked for]
    #[arg(long, value_name = "CODE", requires = "name")]
    code: Option<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// A command that touches everything or a part.
#[derive(Debug, Args)]
pub struct Scoped {
    /// This instrument alone
    #[arg(long, value_name = "SYMBOL", group = "scope")]
    symbol: Option<String>,
    /// This strategy alone
    #[arg(long, value_name = "STRATEGY", group = "scope")]
    strategy: Option<String>,
    /// This order alone
    #[arg(long, value_name = "ORDER", group = "scope")]
    order: Option<String>,
    #[command(flatten)]
    plain: Plain,
}

/// A command about a version of the configuration.
#[derive(Debug, Args)]
pub struct Numbered {
    /// The version's number
    #[arg(value_name = "VERSION")]
    number: u32,
    #[command(flatten)]
    plain: Plain,
}

/// A command about a freeze.
#[derive(Debug, Args)]
pub struct Named {
    /// The name of the freeze
    #[arg(value_name = "NAME")]
    freeze: String,
    #[command(flatten)]
    plain: Plain,
}

/// A command about a proposal.
#[derive(Debug, Args)]
pub struct Proposed {
    /// The proposal's number
    #[arg(value_name = "NUMBER")]
    number: u64,
    #[command(flatten)]
    plain: Plain,
}

/// Into defense mode or out of it.
#[derive(Debug, Args)]
pub struct Defense {
    /// Which way
    way: Way,
    #[command(flatten)]
    plain: Plain,
}

/// Which way.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Way {
    /// Into defense mode
    Enter,
    /// Out of it
    Leave,
}

/// Which mode.
#[derive(Debug, Args)]
pub struct ModeArguments {
    /// observe, paper or live
    #[arg(value_parser = ["observe", "paper", "live"])]
    mode: String,
    #[command(flatten)]
    plain: Plain,
}

/// Which strategy.
#[derive(Debug, Args)]
pub struct Suspended {
    /// open, mid or close
    strategy: String,
    #[command(flatten)]
    plain: Plain,
}

impl CommandVerb {
    /// The command that is asked for, and how.
    fn asked(&self) -> Result<(Command, &Plain), Failure> {
        Ok(match self {
            Self::Start(plain) => (Command::Start, plain),
            Self::Stop(plain) => (Command::Stop, plain),
            Self::Pause(plain) => (Command::Pause, plain),
            Self::Resume(plain) => (Command::Resume, plain),
            Self::Cancel(scoped) => (Command::CancelAll(scoped.scope()?), &scoped.plain),
            Self::Flatten(scoped) => (Command::Flatten(scoped.scope()?), &scoped.plain),
            Self::Kill(plain) => (Command::Kill, plain),
            Self::ResetKill(plain) => (Command::ResetKill, plain),
            Self::Freeze(named) => (Command::Freeze(named.name()?), &named.plain),
            Self::Unfreeze(named) => (Command::Unfreeze(named.name()?), &named.plain),
            Self::Defense(Defense { way: Way::Enter, plain }) => (Command::EnterDefense, plain),
            Self::Defense(Defense { way: Way::Leave, plain }) => (Command::LeaveDefense, plain),
            Self::Approve(Proposed { number, plain }) => (Command::ApproveProposal(*number), plain),
            Self::Reject(Proposed { number, plain }) => (Command::RejectProposal(*number), plain),
            Self::Mode(ModeArguments { mode, plain }) => {
                let all = [Mode::Observe, Mode::Paper, Mode::Live];
                let mode = all.into_iter().find(|m| m.as_str() == mode).unwrap_or(Mode::Observe);
                (Command::SetMode(mode), plain)
            }
            Self::Reconcile(plain) => (Command::Reconcile, plain),
            Self::Suspend(Suspended { strategy, plain }) => (Command::SuspendStrategy(strategy_of(strategy)?), plain),
            Self::Acknowledge(plain) => (Command::Acknowledge, plain),
            Self::Drill(plain) => (Command::Drill, plain),
            Self::Shutdown(plain) => (Command::Shutdown, plain),
            Self::Rehearse(plain) => (Command::Rehearse, plain),
            Self::ApplyConfig(Numbered { number, plain }) => (Command::ApplyConfig(*number), plain),
        })
    }
}

impl Scoped {
    fn scope(&self) -> Result<Scope, Failure> {
        let bad = |option: &str, value: &str, what: &str| {
            Failure::bad_input("scope", format!("--{option} {value}: is no {what}"))
        };
        if let Some(symbol) = &self.symbol {
            let parsed = symbol.parse::<Symbol>().map_err(|_| bad("symbol", symbol, "symbol"))?;
            return Ok(Scope::Symbol(parsed));
        }
        if let Some(strategy) = &self.strategy {
            return Ok(Scope::Strategy(strategy_of(strategy)?));
        }
        match &self.order {
            Some(order) => Ok(Scope::Order(order.parse::<OrderId>().map_err(|_| bad("order", order, "order's id"))?)),
            None => Ok(Scope::All),
        }
    }
}

impl Named {
    fn name(&self) -> Result<FreezeName, Failure> {
        self.freeze.parse().map_err(|e| Failure::bad_input("freeze_name", e))
    }
}

fn strategy_of(text: &str) -> Result<StrategyName, Failure> {
    let found = StrategyName::TRADING.into_iter().find(|s| s.as_str() == text);
    found.ok_or_else(|| {
        Failure::bad_input("unknown_strategy", format!("there is no strategy {text:?}. Allowed: open, mid, close"))
    })
}

/// Gives a command to the running bot and tells what came of it.
///
/// # Errors
/// [`Exit::Refused`] with the bot's words; [`Exit::Silent`] where none answers.
pub fn run(verb: &CommandVerb) -> Result<(), Failure> {
    let (command, plain) = verb.asked()?;
    let boot = plain.bot.boot()?;
    let step_up = step_up(&command, plain)?;
    let kill = command == Command::Kill;
    let rehearsed = if command == Command::Rehearse { Some(rehearse::last(&boot)?) } else { None };
    let request = Request::Command { key: key()?, command, why: plain.why.clone(), step_up };
    let patience = if kill { KILL_PATIENCE } else { PATIENCE };
    match runtime()?.block_on(client::ask(&boot.folders.control(), &request, patience)) {
        Ok(Reply::Refused { code, message }) if kill && code == "busy" => raise_kill(&boot, plain, &message),
        Ok(reply) => {
            let (at, message) = done(reply)?;
            if let Some(before) = rehearsed {
                console::remark(&message);
                return rehearse::follow(&boot, &before, plain.json);
            }
            told(plain.json, &message, &json!({ "done": { "at": at, "message": message } }));
            Ok(())
        }
        Err(silent) if kill => raise_kill(&boot, plain, &silent.to_string()),
        Err(silent) => Err(silent.into()),
    }
}

pub(super) fn told(json: bool, message: &str, object: &serde_json::Value) {
    if json {
        console::say(&object.to_string());
    } else {
        console::say(message);
    }
}

/// When the bot did what it was asked, and what came of it.
///
/// # Errors
/// Its refusal, with its own code and words.
pub(super) fn done(reply: Reply) -> Result<(Timestamp, String), Failure> {
    match reply {
        Reply::Done { at, message } => Ok((at, message)),
        Reply::Refused { code, message } => Err(Failure { exit: Exit::Refused, code: code.into(), message }),
        Reply::Board { .. } | Reply::Rehearsal { .. } | Reply::Diagnosis { .. } => {
            Err(Failure::failed("protocol", "the bot gave an answer to another question"))
        }
    }
}

/// The way that works without socket and supervisor: the flag file (LIFE-5).
fn raise_kill(boot: &Boot, plain: &Plain, why_not: &str) -> Result<(), Failure> {
    let control = boot.folders.control();
    console::remark(&format!("{why_not}. Raising {} instead", control.join(Flag::Kill.file()).display()));
    let folder = ControlFolder::open(&control)?;
    Flag::Kill.raise(&folder, &plain.why)?;
    let flag = control.join(Flag::Kill.file());
    let taken = || !flag.exists();
    Stopwatch::start().wait_until(FLAG_PATIENCE, || !taken());
    if taken() {
        let message = "The flag was taken: the kill is under way. See it with: tbot status";
        told(plain.json, message, &json!({ "done": { "by": "flag", "message": message } }));
        return Ok(());
    }
    let message = if holder(&control).held {
        "The flag is up and was not taken within 5 s: the process hangs. Its watchdog ends it; the flag is heeded at the next start. Where nothing helps, close positions at the broker"
    } else {
        "No bot runs here. The flag is up and is heeded at the next start"
    };
    Err(Failure { exit: Exit::Silent, code: "flag_not_taken".into(), message: message.to_owned() })
}

/// The name and code for a command that needs them; asked for on a terminal.
fn step_up(command: &Command, plain: &Plain) -> Result<Option<StepUp>, Failure> {
    if !matches!(permit(Roles::ADMINISTRATOR, command.action()), Ok(Need::StepUp)) {
        return Ok(None);
    }
    // Without one the bot still says whether there is such a proposal.
    if matches!(command, Command::ApproveProposal(_)) && plain.name.is_none() {
        return Ok(None);
    }
    signed(&verb(command), "administrator", (plain.name.as_deref(), plain.code.as_deref())).map(Some)
}

/// A person's name and code, as they were given; what is missing is asked for on a terminal.
pub(super) fn signed(verb: &str, whose: &str, (name, code): (Option<&str>, Option<&str>)) -> Result<StepUp, Failure> {
    let asked = |what: &str, given: Option<&str>| match given {
        Some(given) => Ok(given.to_owned()),
        None if std::io::stdin().is_terminal() => prompt(what),
        None => {
            let article = if whose.starts_with('a') { "an" } else { "a" };
            let message = format!("tbot {verb}: needs {article} {whose}: give --as NAME and --code CODE");
            Err(Failure::bad_input("step_up", message))
        }
    };
    let name = asked(&format!("{whose}: "), name)?;
    Ok(StepUp { name, code: asked("one-time code: ", code)? })
}

/// The verb as it is typed.
pub(super) fn verb(command: &Command) -> String {
    match command {
        Command::CancelAll(_) => "cancel".to_owned(),
        Command::EnterDefense => "defense enter".to_owned(),
        Command::LeaveDefense => "defense leave".to_owned(),
        Command::SetMode(_) => "mode".to_owned(),
        Command::SuspendStrategy(_) => "suspend".to_owned(),
        Command::ApproveProposal(_) => "approve".to_owned(),
        Command::RejectProposal(_) => "reject".to_owned(),
        Command::Rehearse => "rehearse".to_owned(),
        other => other.as_str().replace('_', "-"),
    }
}

fn prompt(what: &str) -> Result<String, Failure> {
    let fail = |e| Failure::failed("terminal", e);
    let mut stderr = std::io::stderr();
    write!(stderr, "{what}").and_then(|()| stderr.flush()).map_err(fail)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(fail)?;
    Ok(line.trim().to_owned())
}

/// A key of its own for each call, so that a repeated message has the effect of one (LIFE-7).
pub(super) fn key() -> Result<String, Failure> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|e| Failure::failed("randomness", e))?;
    Ok(format!("cli-{}", HEXLOWER.encode(&bytes)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(subcommand)]
        verb: CommandVerb,
    }

    fn asked(line: &str) -> Result<Command, Failure> {
        let line = Line::try_parse_from(format!("tbot {line}").split(' ')).map_err(Failure::from)?;
        line.verb.asked().map(|(command, _)| command)
    }

    #[test]
    fn ops_5_every_command_has_its_verb() {
        let symbol = "SPY".parse().unwrap();
        for (line, command) in [
            ("start", Command::Start),
            ("stop", Command::Stop),
            ("pause", Command::Pause),
            ("resume", Command::Resume),
            ("cancel", Command::CancelAll(Scope::All)),
            ("cancel --symbol SPY", Command::CancelAll(Scope::Symbol(symbol))),
            ("flatten --strategy mid", Command::Flatten(Scope::Strategy(StrategyName::Mid))),
            ("kill --why now", Command::Kill),
            ("reset-kill", Command::ResetKill),
            ("freeze fomc", Command::Freeze("fomc".parse().unwrap())),
            ("unfreeze fomc", Command::Unfreeze("fomc".parse().unwrap())),
            ("defense enter", Command::EnterDefense),
            ("defense leave", Command::LeaveDefense),
            ("mode observe", Command::SetMode(Mode::Observe)),
            ("mode live", Command::SetMode(Mode::Live)),
            ("reconcile", Command::Reconcile),
            ("suspend close", Command::SuspendStrategy(StrategyName::Close)),
            ("acknowledge", Command::Acknowledge),
            ("drill", Command::Drill),
            ("shutdown", Command::Shutdown),
            ("rehearse", Command::Rehearse),
            ("apply-config 4", Command::ApplyConfig(4)),
        ] {
            assert_eq!(asked(line), Ok(command), "{line}");
        }
        for (line, says) in [
            ("freeze Fomc!", "1 to 32 of a-z"),
            ("suspend external", "Allowed: open, mid, close"),
            ("mode hybrid", "observe, paper, live"),
            ("cancel --symbol SPY --strategy mid", "cannot be used with"),
        ] {
            let refused = asked(line).unwrap_err();
            assert!(refused.exit == Exit::BadInput && refused.message.contains(says), "{line}: {refused}");
        }
    }
}
