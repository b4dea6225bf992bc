//! `tbot diagnose`: why nothing trades (OPS-9). The running bot walks the chain and says where it ends.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::bot::BotArguments;
use super::failure::{Exit, Failure};
use super::run::runtime;
use super::{console, examples};
use crate::gateway::control::{Reply, Request, client, holder};

/// How long the bot may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which bot.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot diagnose", "tbot diagnose --json | jq .answer"]))]
pub struct Arguments {
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Tells the first cause why nothing trades, and what to do.
///
/// # Errors
/// [`Exit::Found`] where something holds entries back, [`Exit::Absent`] where no bot answers; both are told first.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let control = arguments.bot.boot()?.folders.control();
    match runtime()?.block_on(client::ask(&control, &Request::Diagnosis, PATIENCE)) {
        Ok(Reply::Diagnosis { found }) => told(arguments.json, &found),
        Ok(_) => Err(Failure::failed("protocol", "the bot gave an answer to another question")),
        Err(_) => absent(arguments.json, holder(&control).held),
    }
}

fn told(json: bool, found: &Value) -> Result<(), Failure> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let held = found.get("held") == Some(&Value::Bool(true));
    if json {
        console::say(&found.to_string());
    } else {
        let links = found.get("chain").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let rows = links.iter().map(|link| {
            let holds = link.get("holds") == Some(&Value::Bool(true));
            vec![text(link, "name"), if holds { "HOLDS" } else { "fine" }.to_owned(), text(link, "said")]
        });
        console::say(&console::text_table(&["link", "", "found"], &rows.collect::<Vec<_>>()));
        console::say(&text(found, "answer"));
        if let Some(words) = found.get("remedy").map(|r| text(r, "words")).filter(|words| !words.is_empty()) {
            console::say(&format!("What to do: {words}."));
        }
    }
    if held {
        return Err(Failure { exit: Exit::Found, code: "held".into(), message: text(found, "answer") });
    }
    Ok(())
}

fn absent(json: bool, held: bool) -> Result<(), Failure> {
    let (answer, remedy) = if held {
        ("A bot runs here and does not answer.", "See tbot status; its watchdog ends a process that hangs")
    } else {
        ("No bot runs here, so nothing trades.", "Start one: tbot run, or tbot service start")
    };
    if json {
        console::say(
            &json!({ "answer": answer, "held": true, "remedy": { "words": remedy }, "chain": [] }).to_string(),
        );
    } else {
        console::say(&format!("{answer}\nWhat to do: {remedy}."));
    }
    Err(Failure { exit: Exit::Absent, code: "bot_silent".into(), message: answer.to_owned() })
}
