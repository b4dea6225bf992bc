//! The files of a report: figures for programs, pages for persons.

use desk::domain::records::TradeRecord;

use super::super::day_exports::NotWritten;
use super::health;
use super::paper::{Paper, unmade};
use crate::render::{BooksCheck, daily_summary_json, summary_json};

/// `trades.jsonl`: the records of the trade history, one a line.
pub(super) fn trades_jsonl(trades: &[TradeRecord]) -> Result<Vec<u8>, NotWritten> {
    let mut bytes = Vec::new();
    for trade in trades {
        trade.check().map_err(unmade)?;
        serde_json::to_writer(&mut bytes, trade).map_err(unmade)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// What lies in `summaries/{session}`.
pub(super) fn session_files(
    paper: &Paper,
    books: &BooksCheck,
    closed: bool,
) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let days = paper.days().map_err(unmade)?;
    let day = days.last().ok_or_else(|| unmade("a summary without a session"))?;
    let mut files = pages(paper, books)?;
    let health = format!("{:#}\n", health::health(day, books, closed));
    files.push(("daily_health.json".to_owned(), health.into_bytes()));
    files.push(("daily_summary.json".to_owned(), daily_summary_json(day).map_err(unmade)?));
    Ok(files)
}

/// What lies in `summaries/{week}`.
pub(super) fn period_files(paper: &Paper, books: &BooksCheck) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let mut files = pages(paper, books)?;
    files.push(("summary.json".to_owned(), summary_json(&paper.summary().map_err(unmade)?).map_err(unmade)?));
    Ok(files)
}

/// The pages: of everything, and of each strategy.
fn pages(paper: &Paper, books: &BooksCheck) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let mut files = vec![("report.html".to_owned(), paper.page(books)?)];
    for strategy in &paper.run.plan.strategies {
        files.push((format!("{strategy}.html"), paper.of_strategy(*strategy)?.page(books)?));
    }
    Ok(files)
}
