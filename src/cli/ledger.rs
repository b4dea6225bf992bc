//! `tbot ledger`: the books.

use std::path::{Path, PathBuf};

use clap::Args;
use desk::domain::ids::Identity;
use desk::domain::records::RunRecord;
use serde_json::{Value, json};

use super::console;
use super::failure::{Exit, Failure};
use super::run::outputs::books_check;
use super::run::runtime;
use crate::store::{self, Address, Check, Head, Heads, Report, StoreError};

pub(super) const EXAMPLES: &str = "\
Examples:
  tbot ledger verify result
  tbot ledger verify result/ledger.db --json
  tbot ledger export result --format csv --out journal.csv

A folder is verified against the heads in its run.json too, so that a tail that was cut off shows.

";

/// What a verification is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    /// A ledger file, or the folder of a run
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Verifies a ledger.
///
/// # Errors
/// [`Exit::Found`] with the first thing that is wrong; [`Exit::BadInput`] where there is nothing to verify.
pub fn verify(arguments: &Arguments) -> Result<(), Failure> {
    let heads = kept_heads(&arguments.path)?;
    let check = Check { heads: heads.clone().into_iter().collect(), ..Check::default() };
    let address = Address::Sqlite(arguments.path.clone());
    let report = runtime()?.block_on(store::verify(&address, &check)).map_err(unusable)?;
    if arguments.json {
        console::say(&object(&report, heads.is_some()).to_string());
    } else {
        tell(&arguments.path, &report, heads.is_some());
    }
    match &report.finding {
        None => Ok(()),
        Some(finding) => Err(Failure { exit: Exit::Found, code: "ledger_wrong", message: finding.to_string() }),
    }
}

/// The heads that the run's own record names, where the path is or lies in a run's folder.
pub(super) fn kept_heads(path: &Path) -> Result<Option<(Identity, Heads)>, Failure> {
    let folder = if path.is_dir() { Some(path) } else { path.parent() };
    let Some(file) = folder.map(|f| f.join("run.json")).filter(|f| f.is_file()) else { return Ok(None) };
    let shown = file.display();
    let bytes =
        std::fs::read(&file).map_err(|e| Failure::bad_input("run_record", format!("{shown}: cannot be read: {e}")))?;
    let run: RunRecord = serde_json::from_slice(&bytes).map_err(|e| {
        let message = format!("{shown}, line {}: is no record of a run: {e}; restore it, or verify the ledger file alone in another folder", e.line());
        Failure::bad_input("run_record", message)
    })?;
    let head = |chain: desk::domain::records::ChainHead| Head { seq: chain.records, hash: chain.head };
    let heads = Heads { entry: head(run.books), events: head(run.events) };
    Ok(Some((run.plan.identity, heads)))
}

/// What is no ledger at all is bad input; one that is damaged is a finding.
pub(super) fn unusable(error: StoreError) -> Failure {
    Failure { exit: Exit::BadInput, ..Failure::from(error) }
}

fn tell(path: &Path, report: &Report, with_heads: bool) {
    let found = books_check(report);
    for book in &report.books {
        console::say(&format!("{}: books of {}", path.display(), book.book.identity));
    }
    for check in &found.checks {
        console::say(&format!("  {check}"));
    }
    for book in &report.books {
        console::say(&format!("  head of the books   {} {}", book.heads.entry.seq, book.heads.entry.hash));
        console::say(&format!("  head of the events  {} {}", book.heads.events.seq, book.heads.events.hash));
    }
    match &found.first_wrong {
        None if with_heads => console::say("verified; both heads are those that run.json names"),
        None => console::say("verified; no run.json beside it, so a tail that was cut off would not show"),
        Some(wrong) => console::say(&format!("WRONG, first: {wrong}")),
    }
}

fn object(report: &Report, with_heads: bool) -> Value {
    let head = |h: Head| json!({ "seq": h.seq, "hash": h.hash });
    let books = report.books.iter().map(|b| {
        json!({
            "identity": b.book.identity,
            "entries": b.entries,
            "postings": b.postings,
            "events": b.events,
            "closings": b.closings,
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
        "held_against_run_json": with_heads,
        "books": books.collect::<Vec<_>>(),
        "first_wrong": first_wrong,
    })
}
