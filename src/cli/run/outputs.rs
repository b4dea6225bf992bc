//! The files of a run (REP-1, RES-7).

use desk::domain::ids::Identity;
use desk::domain::records::{ChainHead, Mode, RunRecord};
use desk::domain::symbol::Currency;
use desk::research::{DailySummary, Material, Summary, summaries};
use desk::world::harvest::{Harvest, Source, harvest};

use super::charts;
use super::place::Place;
use super::plan::Job;
use super::play::Played;
use crate::cli::failure::Failure;
use crate::render::numbers::counted;
use crate::render::{self, BooksCheck, ReportInput};
use crate::store::{Head, Heads, Report};

/// What a run came to.
#[derive(Debug)]
pub(in crate::cli) struct Results {
    /// `run.json`.
    pub(in crate::cli) run: RunRecord,
    /// `summary.json`.
    pub(in crate::cli) summary: Summary,
    /// What the verification of the books found.
    pub(in crate::cli) books: BooksCheck,
}

/// Writes all files of a run. The books, on their way to disk since the run began, are verified there while
/// the rest is made.
///
/// # Errors
/// Where a file cannot be written, the books do not verify, or Ctrl-C was pressed.
pub(in crate::cli) fn write(job: &Job, played: &mut Played, place: &Place) -> Result<Results, Failure> {
    let identity = Job::identity()?;
    let no_books = || Failure::failed("books", "the run has no books");
    let mut written = played.books.take().ok_or_else(no_books)?;
    written.end();
    let harvest = gather(job, played, &identity)?;
    write_trades(place, &harvest)?;
    let charts = charts::days(job, &harvest)?;
    let expected = written.written()?;
    let run = record(job, played, &harvest, expected.heads)?;
    let assumptions = job.assumptions(&harvest.sessions)?;
    let material = Material {
        run: &run,
        assumptions: &assumptions,
        sessions: &harvest.sessions,
        trades: &harvest.trades,
        decisions: &harvest.decisions,
        counted: &harvest.counted,
        equity: &harvest.equity,
    };
    let (days, summary) = summaries(&material)?;
    write_summaries(place, &days, &summary)?;
    let page_with =
        |books: &BooksCheck| render::report_html(&ReportInput { material, summary: &summary, charts: &charts, books });
    // Drawn up while the books are verified, as they have to be found.
    let expected = books_check(&Report { books: vec![expected], finding: None });
    let mut page = page_with(&expected)?;
    let books = books_check(&written.report()?);
    if let Some(wrong) = &books.first_wrong {
        return Err(Failure::failed("books_not_verified", format!("the books of the run do not verify: {wrong}")));
    }
    if books != expected {
        page = page_with(&books)?;
    }
    place.write("report.html", page.as_bytes())?;
    // Last, because it says that the folder holds a whole run.
    place.write("run.json", &render::run_json(&run)?)?;
    Ok(Results { run, summary, books })
}

fn gather(job: &Job, played: &Played, identity: &Identity) -> Result<Harvest, Failure> {
    let last_bars = job.inputs.last_bars();
    Ok(harvest(&Source {
        events: &played.memory.events,
        booked: &played.memory.booked,
        watched: &played.watched,
        last_bars: &last_bars,
        identity,
        mode: Mode::Paper,
        currency: Currency::USD,
    })?)
}

fn write_trades(place: &Place, harvest: &Harvest) -> Result<(), Failure> {
    place.write("trade_history.json", &render::trade_history_json(&harvest.trades)?)?;
    place.write("trade_history.csv", &render::trade_history_csv(&harvest.trades)?)?;
    place.write("decisions.jsonl", &render::decisions_jsonl(&harvest.decisions)?)
}

fn write_summaries(place: &Place, days: &[DailySummary], summary: &Summary) -> Result<(), Failure> {
    for day in days {
        let name = format!("summaries/{}/daily_summary.json", day.session.as_path());
        place.write(&name, &render::daily_summary_json(day)?)?;
    }
    place.write("summary.json", &render::summary_json(summary)?)
}

fn record(job: &Job, played: &Played, harvest: &Harvest, heads: Heads) -> Result<RunRecord, Failure> {
    let plan = job.plan()?;
    let run_id = plan.id().map_err(|e| Failure::failed("json", format!("the plan of the run: {e}")))?;
    let chain = |head: Head| ChainHead { records: head.seq, head: head.hash };
    Ok(RunRecord {
        run_id,
        plan,
        counts: harvest.counts(&played.memory.events),
        books: chain(heads.entry),
        events: chain(heads.events),
    })
}

/// The verification in sentences.
pub(crate) fn books_check(report: &Report) -> BooksCheck {
    let mut checks = Vec::new();
    for b in &report.books {
        checks.push(format!("{} entries: number, bytes, id and link of the chain", b.entries));
        checks
            .push(format!("{} postings: rows against bytes, sums of zero in each currency and commodity", b.postings));
        checks.push(format!("{} events: number, bytes and link of the chain", b.events));
        checks.push(format!(
            "{}: record, balances and lots, recomputed from the postings",
            counted(b.closings, "day close")
        ));
    }
    BooksCheck { verified: report.is_sound(), checks, first_wrong: report.finding.as_ref().map(ToString::to_string) }
}
