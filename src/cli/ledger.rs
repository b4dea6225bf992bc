//! `tbot ledger`: the books.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::bot::BotArguments;
use super::failure::{Exit, Failure};
use super::run::outputs::books_check;
use super::run::runtime;
use super::{books, console};
use crate::store::{self, Address, BookReport, Head, Report, Signers, StoreError};

pub(super) const EXAMPLES: &str = "\
Examples:
  tbot ledger verify result
  tbot ledger verify result/ledger.db --json
  tbot ledger verify
  tbot ledger verify --public-key kept-elsewhere.pub
  tbot ledger export result --format csv --out journal.csv

Without a path the books of the bot are meant. Books are held against the heads that are kept outside of them too (run.json of a
run, the .head file of a bot), so that a tail that was cut off shows.

";

/// What a verification is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    /// A ledger file, the folder of a run, the data folder of a bot, or postgres://… [default: the books of the bot]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// The bot's public keys, one a line, kept away from its books [default: those beside the books]
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Verifies a ledger.
///
/// # Errors
/// [`Exit::Found`] with the first thing that is wrong; [`Exit::BadInput`] where there is nothing to verify.
pub fn verify(arguments: &Arguments) -> Result<(), Failure> {
    let mut books = books::find(arguments.path.as_deref(), &arguments.bot)?;
    if let Some(file) = &arguments.public_key {
        books.check.signers = Some(signers(file)?);
    }
    let report = runtime()?.block_on(store::verify(&books.address, &books.check)).map_err(unusable)?;
    let held_against = books.held_against.as_deref().map(books::name);
    if arguments.json {
        console::say(&object(&report, held_against.as_deref()).to_string());
    } else {
        tell(&books.address, &report, held_against.as_deref());
    }
    match &report.finding {
        None => Ok(()),
        Some(finding) => Err(Failure { exit: Exit::Found, code: "ledger_wrong".into(), message: finding.to_string() }),
    }
}

/// The keys that somebody names.
fn signers(file: &Path) -> Result<Signers, Failure> {
    let unusable = |why: String| Failure::bad_input("public_key", format!("--public-key {}: {why}", file.display()));
    let read = Signers::read(file).map_err(|e| unusable(e.to_string()))?;
    read.ok_or_else(|| {
        unusable("there is no such file. Allowed: a file such as ledger.pub beside the books".to_owned())
    })
}

/// What becomes known of the signatures of a book.
fn signatures(book: &BookReport) -> String {
    let (signed, unsigned) = (book.signed, book.closings.saturating_sub(book.signed));
    let how = if book.signatures_checked {
        "each checked with the public key"
    } else {
        "NOT CHECKED: no public key is beside the books; name it with --public-key"
    };
    let reach = match (book.sealed, book.entries) {
        (0, _) => "no entry is sealed by one".to_owned(),
        (sealed, entries) => format!("they seal the entries 1 to {sealed} of {entries}"),
    };
    format!("signatures of day closes: {signed} signed, {unsigned} not; {how}; {reach}")
}

/// What is no ledger at all is bad input; one that is damaged is a finding.
pub(super) fn unusable(error: StoreError) -> Failure {
    Failure { exit: Exit::BadInput, ..Failure::from(error) }
}

fn tell(place: &Address, report: &Report, held_against: Option<&str>) {
    let found = books_check(report);
    for book in &report.books {
        console::say(&format!("{place}: books of {}", book.book.identity));
    }
    for check in &found.checks {
        console::say(&format!("  {check}"));
    }
    for book in &report.books {
        console::say(&format!("  {}", signatures(book)));
        console::say(&format!("  head of the books   {} {}", book.heads.entry.seq, book.heads.entry.hash));
        console::say(&format!("  head of the events  {} {}", book.heads.events.seq, book.heads.events.hash));
    }
    match (&found.first_wrong, held_against) {
        (None, Some(name @ "run.json")) => console::say(&format!("verified; both heads are those that {name} names")),
        (None, Some(name)) => {
            console::say(&format!("verified; what {name} names is in it, so nothing up to there was cut off"));
        }
        (None, None) => {
            console::say(
                "verified; no run.json and no file of heads beside it, so a tail that was cut off would not show",
            );
        }
        (Some(wrong), _) => console::say(&format!("WRONG, first: {wrong}")),
    }
}

fn object(report: &Report, held_against: Option<&str>) -> Value {
    let head = |h: Head| json!({ "seq": h.seq, "hash": h.hash });
    let books = report.books.iter().map(|b| {
        json!({
            "identity": b.book.identity,
            "entries": b.entries,
            "postings": b.postings,
            "events": b.events,
            "closings": b.closings,
            "signed": b.signed,
            "sealed_through": b.sealed,
            "signatures_checked": b.signatures_checked,
            "head": head(b.heads.entry),
            "events_head": head(b.heads.events),
        })
    });
    let first_wrong = report.finding.as_ref().map(|f| {
        json!({
            "table": f.table, "seq": f.seq, "line": f.line, "column": f.column,
            "stored": f.stored, "computed": f.computed, "message": f.to_string(),
        })
    });
    json!({
        "verified": report.is_sound(),
        "held_against": held_against,
        "books": books.collect::<Vec<_>>(),
        "first_wrong": first_wrong,
    })
}
