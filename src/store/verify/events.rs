//! Events: sequence, chain, and columns against bytes.

use std::sync::{Arc, Mutex, PoisonError};

use desk::domain::chain::Hash;
use desk::domain::chart::ChartChange;
use desk::domain::time::Timestamp;
use rusqlite::types::ValueRef;

use super::report::{BookReport, Finding, Stop, found};
use super::rows::{bytes_of, whole};
use super::source::{Records as _, Tree};
use super::tree::NOTHING;
use super::{protocol, reading};
use crate::store::chart;
use crate::store::head::Head;
use crate::store::link::on;
use crate::store::reader::{Reader, signed, unsigned};
use crate::store::sql;
use crate::store::words::{Book, is_canonical};

/// How many events are in memory at once.
const PAGE: i64 = 1000;

/// Sequence, time, kind, version, previous hash, hash, bytes.
type Stored = (i64, i64, String, i64, Vec<u8>, Vec<u8>, Vec<u8>);

/// The number of an event that changes the chart, and the change.
pub(super) type Changed = (u64, ChartChange);

/// The row of an event.
struct Row<'a> {
    seq: i64,
    at: i64,
    kind: &'a str,
    version: i64,
    previous: &'a [u8],
    hash: &'a [u8],
    bytes: &'a [u8],
}

/// The event log, from its first record on.
struct Walk {
    book: Book,
    kept: Option<Head>,
    head: Head,
    count: u64,
    last: Timestamp,
    /// What changes the chart.
    changes: Vec<(u64, Vec<u8>)>,
}

/// Walks the event log from its first record; the changes of the chart come back. The pages of a file that nobody writes are
/// read in a thread of their own.
pub(super) async fn verify(
    (reader, book): (&Reader, &Book),
    file: Option<Arc<Mutex<Tree>>>,
    report: &mut BookReport,
    kept: Option<Head>,
) -> Result<Vec<Changed>, Stop> {
    let last = Timestamp::from_nanos(i64::MIN);
    let mut walk = Walk { book: book.clone(), kept, head: report.heads.events, count: 0, last, changes: Vec::new() };
    let walked = match file {
        Some(file) => {
            let beside = tokio::task::spawn_blocking(move || {
                let walked = walk.through(&mut file.lock().unwrap_or_else(PoisonError::into_inner));
                (walk, walked)
            });
            let walked;
            (walk, walked) = beside.await.map_err(|e| Stop::Failed(protocol(&e.to_string())))?;
            walked
        }
        None => walk.ask(reader).await,
    };
    (report.heads.events, report.events) = (walk.head, walk.count);
    walked?;
    check_reached("event", book, walk.head, kept)?;
    let read = |(seq, bytes): (u64, Vec<u8>)| {
        let wrong = |e| found("event", book.number).seq(seq).column("bytes").values(e, "a change of the chart");
        Ok((seq, chart::read(&bytes).map_err(wrong)?.change))
    };
    walk.changes.into_iter().map(read).collect()
}

impl Walk {
    /// Asks for a thousand events after the other.
    async fn ask(&mut self, reader: &Reader) -> Result<(), Stop> {
        loop {
            let rows: Vec<Stored> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_EVENTS)
                .bind(self.book.number)
                .bind(signed(self.head.seq))
                .bind(PAGE)
                .fetch_all(c)
                .await)
            .map_err(reading)?;
            if rows.is_empty() {
                return Ok(());
            }
            for (seq, at, kind, version, previous, hash, bytes) in &rows {
                let (seq, at, version) = (*seq, *at, *version);
                self.check(&Row { seq, at, kind, version, previous, hash, bytes })?;
            }
        }
    }

    /// Reads the rows of the book from their tree.
    fn through(&mut self, tree: &mut Tree) -> Result<(), Stop> {
        loop {
            let mut values = NOTHING;
            if !tree.here(&mut values)? {
                return Ok(());
            }
            let [of, seq, at, kind, version, previous, hash, bytes] =
                values.first_chunk::<8>().unwrap_or(&[ValueRef::Null; 8]);
            // Read as a number it would pass as a row of another book.
            if !matches!(of, ValueRef::Integer(_)) {
                return Err(found("event", self.book.number).column("book").values("no number", "a book").into());
            }
            if whole(*of) > self.book.number {
                return Ok(());
            }
            if whole(*of) == self.book.number {
                let [previous, hash, bytes] = [previous, hash, bytes].map(|part| bytes_of(*part));
                // What is no text equals no kind.
                let kind = kind.as_str().unwrap_or_default();
                let (seq, at, version) = (whole(*seq), whole(*at), whole(*version));
                self.check(&Row { seq, at, kind, version, previous, hash, bytes })?;
            }
            tree.pass();
        }
    }

    fn check(&mut self, row: &Row<'_>) -> Result<(), Finding> {
        let next = self.head.seq.saturating_add(1);
        let wrong = |column: &str| found("event", self.book.number).seq(next).column(column);
        if unsigned(row.seq) != next {
            return Err(wrong("seq").values(row.seq, next));
        }
        let computed = self.head.hash.link(row.bytes);
        check_link(row.previous, self.head.hash).map_err(|stored| wrong("previous").values(stored, self.head.hash))?;
        let (at, version) = (Timestamp::from_nanos(row.at), u16::try_from(row.version).unwrap_or(0));
        if !is_canonical((next, at, row.kind, version), row.bytes) {
            let (column, stored, told) = differing((at, row.kind, version), row.bytes);
            return Err(wrong(column).values(stored, told));
        }
        check_link(row.hash, computed).map_err(|stored| wrong("hash").values(stored, computed))?;
        if at < self.last {
            return Err(wrong("at").values(at, format!("{} or later", self.last)));
        }
        if row.kind == chart::KIND {
            self.changes.push((next, row.bytes.to_vec()));
        }
        (self.last, self.head) = (at, Head { seq: next, hash: computed });
        self.count = self.count.saturating_add(1);
        check_kept("event", &self.book, self.head, self.kept)
    }
}

/// Which column the bytes contradict, with both values.
fn differing((at, kind, version): (Timestamp, &str, u16), bytes: &[u8]) -> (&'static str, String, String) {
    let Ok(told) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return ("bytes", "no JSON".into(), "a record".into());
    };
    let text = |name: &str| match told.get(name) {
        Some(serde_json::Value::String(s)) => s.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let columns =
        [("version", "v", version.to_string()), ("at", "at", at.to_string()), ("kind", "kind", kind.to_owned())];
    columns
        .into_iter()
        .map(|(column, name, stored)| (column, stored, text(name)))
        .find(|(_, stored, told)| stored != told)
        .unwrap_or(("bytes", "another form".into(), "v, seq, at, kind first".into()))
}

/// Compares a stored hash; where it differs, as text.
pub(super) fn check_link(stored: &[u8], computed: Hash) -> Result<(), String> {
    if stored == computed.bytes() {
        return Ok(());
    }
    let hash: Option<[u8; 32]> = stored.try_into().ok();
    Err(hash.map_or_else(|| format!("{} bytes", stored.len()), |h| Hash::from_bytes(h).to_string()))
}

/// At the record that a head kept outside names: it must have that hash.
pub(super) fn check_kept(table: &'static str, book: &Book, head: Head, kept: Option<Head>) -> Result<(), Finding> {
    match kept.filter(|kept| kept.seq == head.seq && kept.hash != head.hash) {
        Some(kept) => Err(found(table, book.number)
            .seq(head.seq)
            .column("hash")
            .values(head.hash, format!("{}, the head kept outside", kept.hash))),
        None => Ok(()),
    }
}

/// At the end: a head kept outside must have been reached.
pub(super) fn check_reached(table: &'static str, book: &Book, head: Head, kept: Option<Head>) -> Result<(), Stop> {
    match kept.filter(|kept| kept.seq > head.seq) {
        Some(kept) => Err(found(table, book.number)
            .seq(head.seq.saturating_add(1))
            .column("seq")
            .values("", format!("{} records up to {}, the head kept outside", table, kept.seq))
            .into()),
        None => Ok(()),
    }
}
