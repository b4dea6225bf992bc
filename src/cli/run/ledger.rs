//! The books on disk: written in one go, then verified from what was written.

use std::path::Path;

use desk::domain::ids::{CalendarName, Identity};
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;

use super::play::Played;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::store::{self, Address, Batch, Check, Closing, Heads, NewBook, Report, chart, taken};

/// How many events or entries go into one batch.
const BATCH: usize = 4_000;

/// A runtime for the database's drivers.
///
/// # Errors
/// Where the system gives none.
pub(in crate::cli) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Failure::failed("runtime", format!("the database's driver cannot be started: {e}")))
}

/// Writes events and books into a new file, and verifies it from its own bytes.
///
/// # Errors
/// Where the file cannot be written, or Ctrl-C was pressed. What is wrong with the books is in the report.
pub(super) fn write(file: &Path, identity: &Identity, played: &Played) -> Result<(Heads, Report), Failure> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let heads = fill(file, identity, played).await?;
        interrupt::heed()?;
        let check = Check { heads: vec![(identity.clone(), heads)], ..Check::default() };
        let report = store::verify(&Address::Sqlite(file.to_owned()), &check).await?;
        Ok((heads, report))
    })
}

async fn fill(file: &Path, identity: &Identity, played: &Played) -> Result<Heads, Failure> {
    let book = NewBook {
        identity: identity.clone(),
        base_currency: Currency::USD,
        calendar: CalendarName::Xnys,
        chart: chart::default_chart(),
    };
    let mut writer = store::bulk(file, &book).await?;
    for events in played.memory.events.chunks(BATCH) {
        interrupt::heed()?;
        let events = events.iter().map(taken::event).collect::<Result<Vec<_>, _>>()?;
        writer.append(&Batch { events: &events, ..Batch::default() }).await?;
    }
    let mut closings: Vec<Closing> = played.watched.closings.iter().rev().map(|(seq, c)| taken::closing(*seq, c)).collect();
    for sealed in played.memory.entries.chunks(BATCH) {
        interrupt::heed()?;
        let entries: Vec<Entry> = sealed.iter().map(|s| s.entry.clone()).collect();
        let last = entries.last().map_or(0, |e| e.seq);
        let mut due = Vec::new();
        while let Some(closing) = closings.pop_if(|c| c.seq <= last) {
            due.push(closing);
        }
        writer.append(&Batch { entries: &entries, closings: &due, ..Batch::default() }).await?;
    }
    Ok(writer.close().await?)
}
