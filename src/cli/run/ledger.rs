//! The books on disk: written in one go while the run goes on, then verified from what was written.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use desk::domain::ids::{CalendarName, Identity};
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;
use desk::machines::ledger as books;

use super::place::Place;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::store::{
    self, Address, Batch, BookReport, Bulk, Check, Closing, Event, Heads, NewBook, Report, StoreError, chart, taken,
};

/// The file's name.
const NAME: &str = "ledger.db";

/// A runtime for the database's drivers.
///
/// # Errors
/// Where the system gives none.
pub(in crate::cli) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Failure::failed("runtime", format!("the database's driver cannot be started: {e}")))
}

/// Some of what a run recorded: whole sessions, in order, as the store wants them.
#[derive(Debug)]
pub(super) struct Part {
    events: Vec<Event>,
    entries: Vec<Entry>,
    closings: Vec<Closing>,
}

impl Part {
    /// From events, entries, and the closings of the `day_close` entries among them, each with its number. The writer is
    /// the slower of the two threads, so this is the run's work.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known for an event.
    pub(super) fn of(
        events: &[desk::domain::event::Event],
        entries: &[books::Stored],
        closings: &[(u64, books::Closing)],
    ) -> Result<Self, Failure> {
        let unread = |e| Failure::failed("json", format!("an entry of the run: {e}"));
        Ok(Self {
            events: events.iter().map(taken::event).collect::<Result<_, _>>()?,
            entries: entries.iter().map(|stored| stored.entry().map_err(unread)).collect::<Result<_, _>>()?,
            closings: closings.iter().map(|(seq, c)| taken::closing(*seq, c, None)).collect(),
        })
    }
}

/// What the writer is told.
enum Told {
    /// To write this.
    Write(Result<Part, Failure>),
    /// That this was all: a run that broke off never says so.
    End,
}

/// Books that a thread of their own writes while the run goes on, and then verifies from what was written.
#[derive(Debug)]
pub(super) struct Books {
    teller: Option<Sender<Told>>,
    /// What was written, once all is.
    written: Receiver<BookReport>,
    writer: Option<JoinHandle<Result<Report, Failure>>>,
}

impl Books {
    /// Begins a new file in a place.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn begin(place: &Place, identity: &Identity) -> Result<Self, Failure> {
        let (file, shown, identity) = (place.folder().join(NAME), place.shown(NAME), identity.clone());
        let (teller, told) = mpsc::channel();
        let (all, written) = mpsc::channel();
        let thread = std::thread::Builder::new().name("books".to_owned());
        let writer = thread.spawn(move || write((&file, &shown), &identity, &told, &all));
        let writer = writer.map_err(|e| Failure::failed("books", format!("no thread for the books: {e}")))?;
        Ok(Self { teller: Some(teller), written, writer: Some(writer) })
    }

    /// Hands a part over. A writer that has given up is heard of at the end.
    pub(super) fn write(&self, part: Result<Part, Failure>) {
        if let Some(teller) = &self.teller {
            let _ = teller.send(Told::Write(part));
        }
    }

    /// Says that all is handed over.
    pub(super) fn end(&mut self) {
        if let Some(teller) = self.teller.take() {
            let _ = teller.send(Told::End);
        }
    }

    /// Waits until all is written, and tells what; the file is made whole from then on, and verified.
    ///
    /// # Errors
    /// Where the file cannot be written, or Ctrl-C was pressed.
    pub(super) fn written(&mut self) -> Result<BookReport, Failure> {
        self.end();
        match self.written.recv() {
            Ok(written) => Ok(written),
            Err(_) => Err(match self.report() {
                Err(failure) => failure,
                Ok(_) => Failure::failed("books", "nothing was written to the books"),
            }),
        }
    }

    /// Waits until the file is verified. What is wrong with the books is in the report.
    ///
    /// # Errors
    /// Where the file cannot be read, or Ctrl-C was pressed.
    pub(super) fn report(&mut self) -> Result<Report, Failure> {
        let broken = || Failure::failed("books", "the writer of the books broke off");
        self.writer.take().and_then(|writer| writer.join().ok()).unwrap_or_else(|| Err(broken()))
    }
}

impl Drop for Books {
    /// Nothing writes any more when the place is cleared.
    fn drop(&mut self) {
        self.teller = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// A failure of the store, with the name of the file as it will be.
fn named(shown: &Path, error: &StoreError) -> Failure {
    Failure::failed(error.code(), format!("{}: {error}", shown.display()))
}

fn write(
    (file, shown): (&Path, &Path),
    identity: &Identity,
    told: &Receiver<Told>,
    all: &Sender<BookReport>,
) -> Result<Report, Failure> {
    let heads = fill((file, shown), identity, told, all)?;
    interrupt::heed()?;
    let check = Check { heads: vec![(identity.clone(), heads)], ..Check::default() };
    let verified = runtime()?.block_on(store::verify(&Address::Sqlite(file.to_owned()), &check));
    verified.map_err(|e| named(shown, &e))
}

fn fill(
    (file, shown): (&Path, &Path),
    identity: &Identity,
    told: &Receiver<Told>,
    all: &Sender<BookReport>,
) -> Result<Heads, Failure> {
    let named = |e: StoreError| named(shown, &e);
    let book = NewBook {
        identity: identity.clone(),
        base_currency: Currency::USD,
        calendar: CalendarName::Xnys,
        chart: chart::default_chart(),
    };
    let mut writer = Bulk::begin(file, &book).map_err(named)?;
    loop {
        interrupt::heed()?;
        match told.recv() {
            Ok(Told::Write(part)) => {
                let Part { events, entries, closings } = part?;
                writer.append(&Batch { events: &events, entries: &entries, closings: &closings }).map_err(named)?;
            }
            Ok(Told::End) => {
                // Nobody waits for it where the run has been given up.
                let _ = all.send(writer.written().clone());
                return writer.close().map_err(named);
            }
            Err(_) => return Err(Failure::failed("books", "the run broke off before its books were whole")),
        }
    }
}
