//! `tbot report readiness`: which of the gates for going live are met (REP-6).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use desk::domain::ids::{Identity, SessionId};
use serde_json::Value;

use super::audit::WithoutKey;
use super::bot::{BotArguments, identity};
use super::failure::Failure;
use super::run::runtime;
use super::{config, console, examples};
use crate::render::readiness::{Day, Evidence, Readiness, readiness};
use crate::settings::{Boot, replace};
use crate::store::people::People;
use crate::store::people::review::{Around, ItemKind, MOVED, Review, Subject};
use crate::store::{Address, StoreError};

/// What can be reported.
#[derive(Debug, Subcommand)]
pub enum ReportVerb {
    /// Which of the configured gates for going live are met: have, need, met and evidence of each
    Readiness(Arguments),
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Markdown,
    Json,
    Html,
}

/// Which week of which bot.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot report readiness", "tbot report readiness --week 48 --format html --out readiness.html"]))]
pub struct Arguments {
    /// Up to the end of which week: 48, or 2026-W48 [default: the last with a session]
    #[arg(long, value_name = "N")]
    week: Option<String>,
    /// In which form
    #[arg(long, value_enum, default_value = "markdown")]
    format: Form,
    /// The file to write instead of printing
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    bot: BotArguments,
}

/// Does what was asked.
///
/// # Errors
/// Where the bot has no settings, or a summary cannot be read.
pub fn run(verb: &ReportVerb) -> Result<(), Failure> {
    let ReportVerb::Readiness(asked) = verb;
    let boot = asked.bot.boot()?;
    let identity = identity(&boot)?;
    let gates = config::runtime(&boot)?.0.readiness;
    let days = days(&boot.folders.output(&identity))?;
    let week = asked.week.as_deref().map(|week| chosen(week, &days)).transpose()?;
    let breaks = runtime()?.block_on(breaks(&boot, &identity))?;
    let evidence = Evidence { identity, week, days, breaks };
    let report = readiness(&gates, &evidence).map_err(|e| Failure::failed("overflow", e))?;
    let text = shown(&report, asked.format)?;
    match &asked.out {
        None => console::say(text.trim_end()),
        Some(path) => replace(path, text.as_bytes())
            .map_err(|e| Failure::bad_input("out", format!("{} cannot be written: {e}", path.display())))?,
    }
    Ok(())
}

fn shown(report: &Readiness, form: Form) -> Result<String, Failure> {
    Ok(match form {
        Form::Markdown => report.markdown(),
        Form::Html => report.html()?,
        Form::Json => String::from_utf8_lossy(&report.json()?).into_owned(),
    })
}

/// `2026-W48`; a number alone is of the year of the last session.
fn chosen(week: &str, days: &[Day]) -> Result<String, Failure> {
    let last = days.iter().map(|(session, ..)| *session).max().map(|s| crate::render::week::week(s.date));
    let (year, number) = match week.split_once("-W") {
        Some((year, number)) => (year.to_owned(), number),
        None => (last.and_then(|w| w.split_once("-W").map(|(y, _)| y.to_owned())).unwrap_or_default(), week),
    };
    let number: Option<u32> = number.parse().ok().filter(|n| (1..=53).contains(n));
    if let (Ok(year), Some(number)) = (year.parse::<u32>(), number) {
        return Ok(format!("{year:04}-W{number:02}"));
    }
    let message = format!("--week {week}: no week. Allowed: a number from 1 to 53, or a year with it, 2026-W48");
    Err(Failure::bad_input("week", message))
}

/// Every published summary with the results of the session's trades.
///
/// # Errors
/// Where one of them cannot be read.
pub(crate) fn days(output: &Path) -> Result<Vec<Day>, Failure> {
    let root = output.join("summaries");
    let Ok(folders) = std::fs::read_dir(&root) else { return Ok(Vec::new()) };
    let mut days = Vec::new();
    for folder in folders.flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let Ok(session) = name.replacen('_', ":", 1).parse::<SessionId>() else { continue };
        let file = folder.path().join("daily_summary.json");
        if !file.exists() {
            continue;
        }
        let trades = read(&output.join("sessions").join(&name).join("trades/trade_history.json"))?;
        let net = |trade: &Value| trade.get("pnl_net")?.as_str()?.parse().ok();
        let nets = trades.as_array().into_iter().flatten().filter_map(net).collect();
        days.push((session, read(&file)?, nets));
    }
    Ok(days)
}

fn read(path: &Path) -> Result<Value, Failure> {
    let unread = |e: &dyn std::fmt::Display| Failure::bad_input("summary", format!("{}: {e}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| unread(&e))?;
    serde_json::from_slice(&bytes).map_err(|e| unread(&e))
}

/// The breaks of a bot whose people are in its folder.
async fn breaks(boot: &Boot, identity: &Identity) -> Result<u64, Failure> {
    let file = boot.folders.data().join("people.db");
    if !file.is_file() {
        return Ok(0);
    }
    let people = People::open(&Address::Sqlite(file), Arc::new(WithoutKey)).await?;
    let open = open_breaks(&people, identity).await;
    people.close().await?;
    Ok(open?)
}

/// Items of the review about statements, float and day closes that nobody has approved yet.
///
/// # Errors
/// Where the review cannot be read.
pub(crate) async fn open_breaks(people: &People, identity: &Identity) -> Result<u64, StoreError> {
    let reviewed = people.reviewed(identity).await?;
    let open = reviewed.items.iter().filter(|(number, item)| {
        let review = reviewed.standing(Subject::Item(**number)).review(&Around::default());
        // Float whose document has come is matched, and breaks nothing.
        let matched = item.source.starts_with(MOVED) && review != Review::Queried;
        matches!(item.kind, ItemKind::Statement | ItemKind::Float | ItemKind::Break)
            && review != Review::Approved
            && !matched
    });
    Ok(u64::try_from(open.count()).unwrap_or(u64::MAX))
}
