//! The books on disk: written in one go, then verified from what was written.

use desk::domain::ids::{CalendarName, Identity};
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;

use super::place::Place;
use super::play::Played;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::store::{self, Address, Batch, Check, Closing, Heads, NewBook, Report, StoreError, chart, taken};

/// The file's name.
const NAME: &str = "ledger.db";
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
pub(super) fn write(place: &Place, identity: &Identity, played: &Played) -> Result<(Heads, Report), Failure> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let heads = fill(place, identity, played).await?;
        interrupt::heed()?;
        let check = Check { heads: vec![(identity.clone(), heads)], ..Check::default() };
        let report = store::verify(&Address::Sqlite(place.folder().join(NAME)), &check).await;
        Ok((heads, report.map_err(|e| named(place, &e))?))
    })
}

/// A failure of the store, with the name of the file.
fn named(place: &Place, error: &StoreError) -> Failure {
    Failure::failed(error.code(), format!("{}: {error}", place.shown(NAME).display()))
}

async fn fill(place: &Place, identity: &Identity, played: &Played) -> Result<Heads, Failure> {
    let named = |e: StoreError| named(place, &e);
    let book = NewBook {
        identity: identity.clone(),
        base_currency: Currency::USD,
        calendar: CalendarName::Xnys,
        chart: chart::default_chart(),
    };
    let mut writer = store::bulk(&place.folder().join(NAME), &book).await.map_err(named)?;
    for events in played.memory.events.chunks(BATCH) {
        interrupt::heed()?;
        let events = events.iter().map(taken::event).collect::<Result<Vec<_>, _>>()?;
        writer.append(&Batch { events: &events, ..Batch::default() }).await.map_err(named)?;
    }
    let mut closings: Vec<Closing> =
        played.watched.closings.iter().rev().map(|(seq, c)| taken::closing(*seq, c)).collect();
    for sealed in played.memory.entries.chunks(BATCH) {
        interrupt::heed()?;
        let entries: Vec<Entry> = sealed.iter().map(|s| s.entry.clone()).collect();
        let last = entries.last().map_or(0, |e| e.seq);
        let mut due = Vec::new();
        while let Some(closing) = closings.pop_if(|c| c.seq <= last) {
            due.push(closing);
        }
        writer.append(&Batch { entries: &entries, closings: &due, ..Batch::default() }).await.map_err(named)?;
    }
    writer.close().await.map_err(named)
}
