//! `tbot ledger close`: the books of a day that is over and still open are closed by a reviewer, asked of the running bot.

use std::time::Duration;

use clap::Args;
use desk::domain::time::Date;
use serde_json::json;

use super::bot::BotArguments;
use super::command::{done, signed, told};
use super::failure::Failure;
use super::run::runtime;
use crate::gateway::control::{Request, client};

/// How long the bot may take to begin; a check that does not agree is told by the day's page and an alert.
const PATIENCE: Duration = Duration::from_secs(30);

const EXAMPLES: &str = "\
Examples:
  tbot ledger close --as ann
  tbot ledger close 2026-06-01 --why \"entry 412 is reversed\" --as ann --code 123456

Every check is made anew, by the broker's figures and the prices of the day's own end; a later session may trade meanwhile. Days
close in their order: of several the first is closed, and a later one is refused with the name of that one. The day's page does
the same.

";

/// Who closes.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    /// Which day [default: the first that is over and open]
    #[arg(value_name = "DAY")]
    day: Option<Date>,
    /// Why; recorded with the command
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    /// The reviewer's name
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// That reviewer's one-time code [default: asked for]
    #[arg(long, value_name = "CODE", requires = "name")]
    code: Option<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Has the day closed.
///
/// # Errors
/// [`super::Exit::Refused`] with why not and who could; [`super::Exit::Silent`] where no bot answers.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let boot = arguments.bot.boot()?;
    let given = (arguments.name.as_deref(), arguments.code.as_deref());
    let request = Request::Close {
        day: arguments.day,
        why: arguments.why.clone(),
        step_up: signed("ledger close", "reviewer", given)?,
    };
    let (at, message) = done(runtime()?.block_on(client::ask(&boot.folders.control(), &request, PATIENCE))?)?;
    told(arguments.json, &message, &json!({ "done": { "at": at, "message": message } }));
    Ok(())
}
