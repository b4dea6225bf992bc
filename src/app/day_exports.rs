//! LEDG-8a: after a day's close OFX, the day's journal and the closing record lie in files, with their checksums; where
//! accounting has a folder, there too. Days that were closed along with a later one stand in its files, so that each entry
//! goes out with the close that sealed it. On a thread of its own with its own connection: trading does not wait, and a failure
//! stops nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use desk::domain::ids::{Identity, SessionId};
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::time::Date;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::cli::Failure;
use crate::gateway::{Behind, step_back};
use crate::messages::board::{AlertLevel, Board};
use crate::render::exports::{Export, Format, Journal, Period, export, ofx};
use crate::settings::{Boot, make_folder, replace};
use crate::store::{Address, Book, CloseLine, Reader, StoreError};

/// How many closes are looked at, the newest first.
const CLOSES: u32 = 400;
/// The file that is written last: where it is, all others are.
pub(super) const SUMS: &str = "SHA256SUMS";
/// How long it waits before it tries again after a failure.
const AGAIN: Duration = Duration::from_mins(1);

/// Told where files could not be written.
pub(super) type Alarm = Box<dyn Fn(AlertLevel, &str, String) + Send>;

/// Where the files of a bot go.
#[derive(Clone, Debug)]
pub(super) struct Places {
    books: Address,
    identity: Identity,
    /// The bot's own folder first, then accounting's.
    folders: Vec<PathBuf>,
}

impl Places {
    /// As the boot settings say.
    pub(super) fn of(boot: &Boot, identity: &Identity) -> Self {
        let own = boot.folders.output(identity).join("exports");
        let accounting = boot.accounting.as_ref().map(|folder| folder.join(identity.as_str()));
        Self {
            books: Address::new(&boot.database(identity)),
            identity: identity.clone(),
            folders: [own].into_iter().chain(accounting).collect(),
        }
    }
}

/// Why a day's files are not all there.
#[derive(Debug)]
pub(super) enum NotWritten {
    Books(StoreError),
    Folder(PathBuf, std::io::Error),
    File(String),
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Books(e) => write!(f, "the books cannot be read: {e}"),
            Self::Folder(folder, e) => write!(f, "{} cannot be written: {e}", folder.display()),
            Self::File(why) => f.write_str(why),
        }
    }
}

impl From<StoreError> for NotWritten {
    fn from(error: StoreError) -> Self {
        Self::Books(error)
    }
}

/// Starts the thread. It ends when the board is gone.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(places: Places, board: watch::Receiver<Arc<Board>>, alarm: Alarm) -> Result<(), Failure> {
    let run = move || {
        step_back(Behind::Pages);
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(keep(&places, board, &alarm)),
            Err(error) => tracing::error!(%error, "the exports of the day's close have no runtime"),
        }
    };
    let thread = std::thread::Builder::new().name("exports".to_owned());
    thread.spawn(run).map(drop).map_err(|e| Failure::failed("threads", e))
}

/// Writes what is missing now, and after each close.
async fn keep(places: &Places, mut board: watch::Receiver<Arc<Board>>, alarm: &Alarm) {
    let mut told = None;
    loop {
        let closed = closed(&board.borrow_and_update());
        let outcome = write_missing(places).await;
        let failed = outcome.err().map(|why| why.to_string());
        if let Some(why) = failed.clone().filter(|why| told.as_ref() != Some(why)) {
            let text = format!("The files of the day's close are not all written: {why}. The close itself stands.");
            alarm(AlertLevel::Warning, "exports_failed", text);
        }
        let retry = failed.is_some();
        told = failed;
        let next = board.wait_for(|now| self::closed(now) != closed);
        let waited = if retry { tokio::time::timeout(AGAIN, next).await } else { Ok(next.await) };
        if matches!(waited, Ok(Err(_))) {
            return;
        }
    }
}

/// The session, whether it is over, and the days whose books are open: what changes as a day is closed.
fn closed(board: &Board) -> (Option<(SessionId, bool)>, Vec<SessionId>) {
    let session = board.session.as_ref().map(|session| (session.id, session.closed));
    (session, board.open_days.iter().map(|open| open.day).collect())
}

/// Writes the files of every close that lacks them. The first failure comes back when all were tried.
async fn write_missing(places: &Places) -> Result<(), NotWritten> {
    let reader = Reader::open(&places.books).await?;
    let outcome = all_missing(places, &reader).await;
    reader.close().await;
    outcome
}

async fn all_missing(places: &Places, reader: &Reader) -> Result<(), NotWritten> {
    let book = reader.book(&places.identity).await?;
    let mut closes = reader.closes(&book, CLOSES).await?;
    // Of a day that was closed more than once the last close counts.
    closes.sort_by_key(|c| (c.record.session.date, c.record.n));
    closes.reverse();
    closes.dedup_by_key(|c| c.record.session);
    let missing: Vec<(&CloseLine, &PathBuf)> = closes
        .iter()
        .rev()
        .flat_map(|close| places.folders.iter().map(move |folder| (close, folder)))
        .filter(|(close, folder)| !is_there(&folder_of(folder, close), close))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut first = Ok(());
    let journal = Journal {
        identity: book.identity.clone(),
        base_currency: book.base_currency,
        accounts: reader.accounts(&book).await?.into_iter().map(|a| (a.code, a.name)).collect(),
        entries: reader.all_entries(&book).await?,
    };
    for (close, folder) in missing {
        let written = match files(reader, &book, &journal, close).await {
            Ok(files) => write(&folder_of(folder, close), &files),
            Err(why) => Err(why),
        };
        first = first.and(said(written, close));
    }
    first
}

/// What was not written, in the log too.
fn said(written: Result<(), NotWritten>, close: &CloseLine) -> Result<(), NotWritten> {
    written.inspect_err(|why| {
        tracing::error!(session = %close.record.session, %why, "the files of a day's close are not all written");
    })
}

/// The folder of a session; the colon of its id is no sign for paths.
fn folder_of(folder: &Path, close: &CloseLine) -> PathBuf {
    folder.join(close.record.session.to_string().replace(':', "_"))
}

/// Whether the checksums name this very closing record: they are written last.
fn is_there(folder: &Path, close: &CloseLine) -> bool {
    let sums = std::fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    sums.lines().any(|line| line == format!("{}  closing.json", close.hash))
}

/// From which day on a close seals: the day after the last one that was closed then, or the first of the books.
fn since(entries: &[Entry], close: u64, day: Date) -> Date {
    let mut closed = BTreeSet::new();
    for entry in entries.iter().take_while(|e| e.seq < close) {
        let session = entry.draft.session.date;
        match entry.draft.kind {
            EntryKind::DayClose => {
                closed.insert(session);
            }
            // It opens every later day too.
            EntryKind::Unlock => closed.retain(|closed| *closed < session),
            _ => {}
        }
    }
    let first = entries.iter().map(|e| e.draft.session.date).min();
    let after = closed.range(..day).next_back().map(|last| last.plus(1));
    after.or(first).map_or(day, |from| from.min(day))
}

/// The files of a close by their names.
async fn files(
    reader: &Reader,
    book: &Book,
    journal: &Journal,
    close: &CloseLine,
) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let record = reader.closing(book, close.seq).await?;
    let record = record.ok_or_else(|| NotWritten::File("the closing record is gone; verify the books".to_owned()))?;
    let day = close.record.session.date;
    let period = Period { from: since(&journal.entries, close.seq, day), to: day };
    let before = reader.record_before(book, &journal.entries, period.from).await?;
    let nothing = (BTreeMap::new(), BTreeMap::new());
    let asked = Export { journal, period, instruments: &nothing.0, prices: &nothing.1, account: None };
    let unmade = |e: crate::render::exports::ExportError| NotWritten::File(format!("{day}: {e}"));
    let (statement, opening) = ofx::checked(&asked, before.as_deref()).map_err(unmade)?;
    let mut files = vec![
        ("journal.csv".to_owned(), export(Format::Csv, &asked).map_err(unmade)?),
        ("journal.json".to_owned(), export(Format::Json, &asked).map_err(unmade)?),
        ("journal.ofx".to_owned(), statement),
    ];
    files.extend(opening.map(|bytes| ("journal.ofx.opening.json".to_owned(), bytes)));
    files.push(("closing.json".to_owned(), record));
    Ok(files)
}

/// Writes each file whole or not at all, and the checksums of all of them at the end.
pub(super) fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), NotWritten> {
    let failed = |e| NotWritten::Folder(folder.to_owned(), e);
    make_folder(folder).map_err(failed)?;
    let mut sums = String::new();
    for (name, bytes) in files {
        if let Some((below, _)) = name.rsplit_once('/') {
            make_folder(&folder.join(below)).map_err(failed)?;
        }
        replace(&folder.join(name), bytes).map_err(failed)?;
        let _ = writeln!(sums, "{}  {name}", HEXLOWER.encode(&Sha256::digest(bytes)));
    }
    replace(&folder.join(SUMS), sums.as_bytes()).map_err(failed)
}
