//! A new file with one book, filled in one go: for backtests, and for what a backup holds of a server.
//!
//! Nobody else sees the file before it is whole, so that it has neither a journal nor a second thread: each row is bound by
//! itself, and meets the same triggers as a row of a living bot's (decision 0028).

use std::path::Path;

use desk::domain::journal::Entry;
use rusqlite::{Connection, OpenFlags, params};

use super::chart;
use super::error::StoreError;
use super::head::{Head, Heads};
use super::link::check_sqlite;
use super::pack::{LineRow, canonical, line, pack_closing, session_number, unfit};
use super::reader::signed;
use super::schema;
use super::sql;
use super::verify::BookReport;
use super::words::{Account, Batch, Book, Closing, Event, NewBook};

/// Pages that hold a whole event as a rule; no journal, no sync, no lock that is given back: quick, and worthless if it is
/// interrupted.
const SETTINGS: &str = "PRAGMA page_size = 16384; PRAGMA journal_mode = off; PRAGMA synchronous = off;
    PRAGMA locking_mode = exclusive; PRAGMA cache_size = -200000; PRAGMA temp_store = memory;
    PRAGMA foreign_keys = on; PRAGMA recursive_triggers = on;";

/// How many records a transaction has at least. Some are written while the run goes on, and each writes those pages again that
/// its rows share with the next.
const MOST: u64 = 4000;

/// Fills a new file with one book.
#[derive(Debug)]
pub struct Bulk {
    connection: Connection,
    written: BookReport,
    /// How many records the open transaction has.
    pending: u64,
    /// Whether all that was begun was ended: without a journal nothing is taken back.
    whole: bool,
}

impl Bulk {
    /// Makes a new file with one book.
    ///
    /// [`Bulk::close`] makes the indexes and ends it as one file, with the same bytes for the same batches. An interrupted one
    /// is worthless: write it under another name and rename it.
    ///
    /// # Errors
    /// Where the file exists already or cannot be written.
    pub fn begin(path: &Path, new: &NewBook) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::Exists { path: path.to_path_buf() });
        }
        check_sqlite(rusqlite::version())?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opening = failed("opening the database");
        let connection = Connection::open_with_flags(path, flags).map_err(&opening)?;
        connection.execute_batch(SETTINGS).map_err(opening)?;
        begin(&connection)?;
        let making = failed("making the tables");
        connection.execute_batch(schema::SQLITE_BOOKS).map_err(&making)?;
        connection.execute(sql::ADD_SCHEMA_VERSION, params![schema::VERSION, schema::PROGRAM]).map_err(making)?;
        let book = add_book(&connection, new)?;
        Ok(Self { connection, written: BookReport::new(book), pending: 0, whole: true })
    }

    /// The last entry and the last event.
    #[must_use]
    pub const fn heads(&self) -> Heads {
        self.written.heads
    }

    /// What was written, as a verification of the file has to find it.
    #[must_use]
    pub const fn written(&self) -> &BookReport {
        &self.written
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// What the books refuse, or where the file cannot be written; [`StoreError::Torn`] ever after.
    pub fn append(&mut self, batch: &Batch<'_>) -> Result<Heads, StoreError> {
        if !std::mem::replace(&mut self.whole, false) {
            return Err(StoreError::Torn);
        }
        let Self { connection, written, pending, whole } = self;
        written.heads = Rows { connection, book: &written.book }.add(batch, written.heads)?;
        let count = |records: usize| u64::try_from(records).unwrap_or(u64::MAX);
        let postings = batch.entries.iter().map(|entry| entry.draft.postings.len()).sum();
        for (so_far, more) in [
            (&mut written.events, batch.events.len()),
            (&mut written.entries, batch.entries.len()),
            (&mut written.postings, postings),
            (&mut written.closings, batch.closings.len()),
        ] {
            *so_far = so_far.saturating_add(count(more));
        }
        *pending = pending.saturating_add(count(batch.events.len().saturating_add(batch.entries.len())));
        if *pending >= MOST {
            commit(connection)?;
            begin(connection)?;
            *pending = 0;
        }
        *whole = true;
        Ok(written.heads)
    }

    /// Makes the indexes, and the file whole.
    ///
    /// # Errors
    /// Where the file cannot be written, or an earlier write failed.
    pub fn close(self) -> Result<Heads, StoreError> {
        if !self.whole {
            return Err(StoreError::Torn);
        }
        self.connection.execute_batch(schema::SQLITE_INDEXES).map_err(failed("making the indexes"))?;
        commit(&self.connection)?;
        self.connection.close().map_err(|(_, e)| failed("closing the database")(e))?;
        Ok(self.written.heads)
    }
}

/// Where rows go.
#[derive(Clone, Copy)]
struct Rows<'a> {
    connection: &'a Connection,
    book: &'a Book,
}

impl Rows<'_> {
    /// Adds the rows of a batch behind these heads; gives those it ends with.
    fn add(self, batch: &Batch<'_>, mut heads: Heads) -> Result<Heads, StoreError> {
        for event in batch.events {
            heads.events = self.event(event, heads.events)?;
        }
        for event in batch.events {
            if let Some(account) = chart::brought_by(event)? {
                add_account(self.connection, self.book.number, &account)?;
            }
        }
        let mut closings = batch.closings.iter().peekable();
        for entry in batch.entries {
            while let Some(closing) = closings.next_if(|c| c.seq <= entry.seq) {
                self.closing(closing)?;
            }
            heads.entry = self.entry(entry, heads.entry)?;
        }
        // A closing without its entry is left to the database to refuse.
        closings.try_for_each(|closing| self.closing(closing))?;
        Ok(heads)
    }

    fn event(self, event: &Event, before: Head) -> Result<Head, StoreError> {
        canonical(event)?;
        let hash = before.hash.link(&event.bytes);
        let values = params![
            self.book.number,
            signed(event.seq),
            event.at.nanos(),
            event.kind,
            event.version,
            before.hash.bytes(),
            hash.bytes(),
            event.bytes
        ];
        self.run("writing events", sql::ADD_EVENT, values)?;
        Ok(Head { seq: event.seq, hash })
    }

    fn entry(self, entry: &Entry, before: Head) -> Result<Head, StoreError> {
        let (d, seq) = (&entry.draft, signed(entry.seq));
        let session = session_number(self.book, d.session)?;
        let bytes = entry.to_bytes().map_err(|e| unfit(&format!("entry {}", entry.seq), &e))?;
        let hash = before.hash.link(&bytes);
        for (posting, number) in d.postings.iter().zip(1_i64..) {
            let LineRow(account, currency, amount, commodity, units, lot, strategy, instrument, fill, fee_kind, item) =
                line(posting);
            let book = self.book.number;
            let key = params![book, seq, number, session, account, currency, amount];
            let rest = params![commodity, units, lot, strategy, instrument, fill, fee_kind, item];
            self.run("writing entries", sql::ADD_POSTING, &[key, rest].concat())?;
        }
        let values = params![
            self.book.number,
            seq,
            entry.entry_id.as_str(),
            d.kind.as_str(),
            d.source_key,
            session,
            d.effective_at.nanos(),
            entry.booked_at.nanos(),
            d.reverses.map(signed),
            d.corrects.map(signed),
            i64::try_from(d.postings.len()).unwrap_or(i64::MAX),
            before.hash.bytes(),
            hash.bytes(),
            bytes
        ];
        self.run("writing entries", sql::ADD_ENTRY, values)?;
        Ok(Head { seq: entry.seq, hash })
    }

    fn closing(self, closing: &Closing) -> Result<(), StoreError> {
        let c = pack_closing(self.book, closing)?;
        let values =
            params![self.book.number, c.seq, c.session, c.n, c.hash.bytes(), c.signature, c.record, c.balances, c.lots];
        self.run("writing a closing", sql::ADD_CLOSING, values)
    }

    fn run(self, doing: &'static str, statement: &str, values: &[&dyn rusqlite::ToSql]) -> Result<(), StoreError> {
        let run = |c: &Connection| c.prepare_cached(statement)?.execute(values).map(drop);
        run(self.connection).map_err(failed(doing))
    }
}

fn begin(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(sql::SQLITE_BEGIN).map_err(failed("beginning a transaction"))
}

fn commit(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("COMMIT").map_err(failed("committing"))
}

fn add_book(connection: &Connection, new: &NewBook) -> Result<Book, StoreError> {
    let values = params![new.identity.as_str(), new.base_currency.as_str(), new.calendar.as_str()];
    let number = connection.query_row(sql::ADD_BOOK, values, |row| row.get(0)).map_err(failed("making the book"))?;
    new.chart.iter().try_for_each(|account| add_account(connection, number, account))?;
    Ok(Book { number, identity: new.identity.clone(), base_currency: new.base_currency, calendar: new.calendar })
}

fn add_account(connection: &Connection, book: i64, a: &Account) -> Result<(), StoreError> {
    let (code, event) = (a.code.code(), a.event.map(signed));
    let values = params![book, code, a.version, a.name, a.kind, a.side, a.holds, a.items, a.open, event];
    let added = connection.prepare_cached(sql::ADD_ACCOUNT).and_then(|mut add| add.execute(values));
    added.map(drop).map_err(failed("adding an account"))
}

/// An error of SQLite's while something is done.
fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |e| StoreError::from_sqlite(doing, e)
}
