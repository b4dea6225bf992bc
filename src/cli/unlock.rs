//! `tbot ledger unlock`: a closed day is opened again by two reviewers (LEDG-7), asked of the running bot.

use std::time::Duration;

use clap::Args;
use desk::domain::ids::SessionId;
use desk::domain::time::Date;
use serde_json::json;

use super::bot::BotArguments;
use super::command::{done, signed, told};
use super::failure::Failure;
use super::run::runtime;
use crate::gateway::control::{Request, client};

/// How long the bot may take: it reads the review and the books.
const PATIENCE: Duration = Duration::from_secs(30);

const EXAMPLES: &str = "\
Examples:
  tbot ledger unlock 2026-11-20 --why \"the fee of entry 412 is wrong\" --as ann
  tbot ledger unlock 2026-11-20 --confirm --as bob --code 123456
  tbot ledger unlock XNYS:2026-11-20 --keep --why \"it is right as it is\" --as bob

A closed day takes no entries. One reviewer asks for it to be opened again, another one confirms; then that day and every later
one take entries until they are closed anew. The pages of the days show and do the same.

";

/// A day, and its session's full name where it was given so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Which {
    day: Date,
    session: Option<SessionId>,
}

fn which(text: &str) -> Result<Which, String> {
    let session = text.parse::<SessionId>().ok();
    let day = session.map_or_else(|| text.parse().ok(), |s| Some(s.date));
    let day = day.ok_or_else(|| "a day or a session is needed, e.g. 2026-11-20 or XNYS:2026-11-20".to_owned())?;
    Ok(Which { day, session })
}

/// What is asked about a closed day.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    /// The closed day, or its session by the full name
    #[arg(value_name = "SESSION", value_parser = which)]
    session: Which,
    /// Confirm what another reviewer has asked for
    #[arg(long, conflicts_with = "keep")]
    confirm: bool,
    /// Keep it closed: refuse what another one has asked for, with --why, or take back what you asked for
    #[arg(long)]
    keep: bool,
    /// Why; whoever confirms reads it, and it stays in the books
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

impl Arguments {
    fn act(&self) -> Result<&'static str, Failure> {
        match (self.confirm, self.keep) {
            (true, _) => Ok("confirm"),
            (_, true) => Ok("keep"),
            _ if self.why.trim().is_empty() => {
                let message = "tbot ledger unlock: needs --why TEXT: whoever confirms it reads the reason";
                Err(Failure::bad_input("reason", message))
            }
            _ => Ok("ask"),
        }
    }
}

/// Asks, confirms, or keeps closed.
///
/// # Errors
/// [`super::Exit::Refused`] with why not and who could; [`super::Exit::Silent`] where no bot answers.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let act = arguments.act()?;
    let boot = arguments.bot.boot()?;
    let given = (arguments.name.as_deref(), arguments.code.as_deref());
    let step_up = signed("ledger unlock", "reviewer", given)?;
    let Which { day, session } = arguments.session;
    let request = Request::Unlock { day, session, act: act.to_owned(), why: arguments.why.clone(), step_up };
    let (at, message) = done(runtime()?.block_on(client::ask(&boot.folders.control(), &request, PATIENCE))?)?;
    told(arguments.json, &message, &json!({ "done": { "at": at, "day": day, "act": act, "message": message } }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_by_its_date_or_its_session() {
        let day: Date = "2026-11-20".parse().unwrap();
        assert_eq!(which("2026-11-20"), Ok(Which { day, session: None }));
        let session = "XNYS:2026-11-20".parse().unwrap();
        assert_eq!(which("XNYS:2026-11-20"), Ok(Which { day, session: Some(session) }));
        for text in ["", "yesterday", "2026-13-01", "LSE:2026-11-20", "XNYS:"] {
            assert!(which(text).unwrap_err().contains("XNYS:2026-11-20"), "{text}");
        }
    }
}
