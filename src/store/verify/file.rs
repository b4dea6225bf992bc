//! An SQLite file: one moment of it on two connections, its pages, and each index of the journal held against its table.
//!
//! SQLite's own check looks each row up in each index, which takes most of a long verification. Here each index is read once
//! from end to end instead: it has to be in order, and the sum of a keyed hash over its rows has to be that over the rows of
//! the table. Where they differ, SQLite's own check says what is wrong.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::damaged;
use super::report::{Stop, found};
use crate::store::sql;

/// How often a moment is sought at which both connections see the same.
const TRIES: usize = 100;

/// Room for the columns of a table, and a flag for each of its indexes of some rows alone.
const MOST: usize = 20;

/// The columns of the walk, in its order.
const ENTRY: [&str; 14] = [
    "book",
    "seq",
    "entry_id",
    "kind",
    "session",
    "effective_at",
    "booked_at",
    "reverses",
    "corrects",
    "postings",
    "source_key",
    "previous",
    "hash",
    "bytes",
];
const POSTING: [&str; 15] = [
    "book",
    "seq",
    "line",
    "session",
    "account",
    "currency",
    "amount",
    "commodity",
    "units",
    "lot",
    "strategy",
    "instrument",
    "fill",
    "fee_kind",
    "item",
];

/// A file that is verified.
pub(super) struct File {
    pub(super) rows: Arc<Mutex<Rows>>,
    pages: Arc<Mutex<Connection>>,
    /// The tables whose indexes are read from end to end, with a statement each.
    scans: Vec<Scan>,
    /// The tables whose indexes SQLite looks through.
    others: Vec<String>,
    key: RandomState,
}

/// What the walk reads.
pub(super) struct Rows {
    pub(super) connection: Connection,
    pub(super) entries: Table,
    pub(super) postings: Table,
}

/// A table of the journal: how it is read, and the sums that its indexes must have.
pub(super) struct Table {
    /// Its columns, then, for each index of some rows alone, whether a row belongs to it.
    pub(super) statement: String,
    width: usize,
    indexes: Vec<Index>,
    key: RandomState,
    room: Vec<u8>,
}

/// An index as the rows of its table make it.
struct Index {
    name: String,
    columns: Vec<usize>,
    belongs: Option<usize>,
    sum: Sum,
}

/// How many rows, and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum(u64, u64);

impl Sum {
    fn add(&mut self, key: &RandomState, row: &[u8]) {
        *self = Self(self.0.wrapping_add(1), self.1.wrapping_add(key.hash_one(row)));
    }
}

/// An index as it is read.
#[derive(Clone)]
struct Scan {
    name: String,
    statement: String,
    /// How many columns it has, and how many of them no two rows share; none where they may.
    columns: usize,
    unique: Option<usize>,
}

impl File {
    /// Opens a file at one moment; `still` where nobody writes it and no side file may appear.
    pub(super) fn open(path: &Path, still: bool) -> Result<Self, Stop> {
        let (connection, pages) = (connect(path, still)?, connect(path, still)?);
        let mut same = false;
        for _ in 0..TRIES {
            same = moment(&connection)? == moment(&pages)?;
            if same {
                break;
            }
            for c in [&connection, &pages] {
                c.execute_batch("ROLLBACK").map_err(damaged)?;
            }
        }
        let key = RandomState::new();
        let mut scans = Vec::new();
        let (entries, entries_whole) = Table::new(&connection, "entry", &ENTRY, &key, &mut scans)?;
        let (postings, postings_whole) = Table::new(&connection, "posting", &POSTING, &key, &mut scans)?;
        let mut others = vec!["book".to_owned(), "closing_record".to_owned()];
        for (table, whole) in [("entry", entries_whole), ("posting", postings_whole)] {
            if !(same && whole) {
                others.push(table.to_owned());
            }
        }
        if !same {
            scans.clear();
        }
        let rows = Arc::new(Mutex::new(Rows { connection, entries, postings }));
        Ok(Self { rows, pages: Arc::new(Mutex::new(pages)), scans, others, key })
    }

    /// Reads each page, and each index from end to end.
    pub(super) async fn check_pages(&self) -> Result<Seen, Stop> {
        let (pages, scans, others, key) =
            (self.pages.clone(), self.scans.clone(), self.others.clone(), self.key.clone());
        let read = tokio::task::spawn_blocking(move || {
            let pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
            whole(&pages, "PRAGMA quick_check(1)")?;
            for table in others {
                whole(&pages, &format!("PRAGMA integrity_check({table})"))?;
            }
            scans.iter().map(|scan| Ok((scan.name.clone(), scan.read(&pages, &key)?))).collect::<Result<Vec<_>, Stop>>()
        });
        read.await.map_err(|e| Stop::Failed(super::protocol(&e.to_string())))?.map(Seen)
    }

    /// Holds the indexes that were read against the rows that were walked.
    pub(super) fn compare(&self, seen: &Seen) -> Result<(), Stop> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || rows.entries.indexes.iter().chain(&rows.postings.indexes);
        let agrees = |(name, sum): &(String, Option<Sum>)| made().any(|i| i.name == *name && Some(i.sum) == *sum);
        if seen.0.iter().all(agrees) {
            return Ok(());
        }
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        whole(&pages, sql::SQLITE_INTEGRITY)
    }
}

/// What was read of each index; nothing where it is not in order.
pub(super) struct Seen(Vec<(String, Option<Sum>)>);

fn connect(path: &Path, still: bool) -> Result<Connection, Stop> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let name = path.to_str().ok_or_else(|| Stop::Failed(super::protocol("the path is not UTF-8")))?;
    let plain = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let connection = Connection::open_with_flags(format!("file:{plain}?immutable={}", u8::from(still)), flags);
    let connection = connection.map_err(damaged)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(damaged)?;
    Ok(connection)
}

/// Begins to read, and says how far the books go: where two agree, they see the same.
fn moment(connection: &Connection) -> Result<i64, Stop> {
    connection.execute_batch("BEGIN").map_err(damaged)?;
    connection.query_row(sql::SQLITE_MOMENT, [], |row| row.get(0)).map_err(damaged)
}

/// Runs a check of SQLite's.
fn whole(connection: &Connection, check: &str) -> Result<(), Stop> {
    let said: String = connection.query_row(check, [], |row| row.get(0)).map_err(damaged)?;
    if said == "ok" { Ok(()) } else { Err(found("file", 0).column("pages").values(said, "whole").into()) }
}

impl Table {
    /// How a table is read, and whether each of its indexes can be read alone.
    fn new(
        connection: &Connection,
        name: &str,
        columns: &[&str],
        key: &RandomState,
        scans: &mut Vec<Scan>,
    ) -> Result<(Self, bool), Stop> {
        let (mut statement, mut indexes, mut all) = (columns.join(", "), Vec::new(), true);
        let mut width = columns.len();
        let mut listed = connection.prepare(sql::SQLITE_INDEXES).map_err(damaged)?;
        let rows = listed.query_map([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        for listed in rows.map_err(damaged)? {
            let (index, unique, text): (String, bool, Option<String>) = listed.map_err(damaged)?;
            let mut of = connection.prepare(sql::SQLITE_INDEX_COLUMNS).map_err(damaged)?;
            let named = of.query_map([&index], |row| Ok((row.get(0)?, row.get(1)?))).map_err(damaged)?;
            let named: Vec<(String, i64)> = named.collect::<Result<_, _>>().map_err(damaged)?;
            let places: Vec<usize> =
                named.iter().filter_map(|(n, _)| columns.iter().position(|column| column == n)).collect();
            let when = text.as_deref().and_then(|t| t.split_once(" WHERE ")).map(|(_, when)| when.trim());
            let only = when.map_or_else(String::new, |when| format!(" WHERE {when}"));
            let names: Vec<&str> = named.iter().map(|(n, _)| n.as_str()).collect();
            let scan = format!("SELECT {} FROM {name} INDEXED BY {index}{only}", names.join(", "));
            // Otherwise the values would be those of the table.
            let plan: String =
                connection.query_row(&format!("EXPLAIN QUERY PLAN {scan}"), [], |row| row.get(3)).map_err(damaged)?;
            all &= plan.contains(" COVERING INDEX ") && places.len() == named.len();
            let belongs = when.map(|when| {
                statement.extend([", ", when]);
                width = width.saturating_add(1);
                width.saturating_sub(1)
            });
            let unique = unique.then(|| named.iter().filter(|(_, key)| *key == 1).count());
            scans.push(Scan { name: index.clone(), statement: scan, columns: places.len(), unique });
            indexes.push(Index { name: index, columns: places, belongs, sum: Sum::default() });
        }
        if !all {
            let own: Vec<String> = indexes.drain(..).map(|i| i.name).collect();
            scans.retain(|scan| !own.contains(&scan.name));
        }
        let statement = format!("SELECT {statement} FROM {name} NOT INDEXED WHERE book = ?1 ORDER BY {}", order(name));
        Ok((Self { statement, width, indexes, key: key.clone(), room: Vec::new() }, all && width <= MOST))
    }

    /// The values of a row, each fetched once; nothing after the last.
    pub(super) fn values<'a>(&self, row: &'a rusqlite::Row<'_>) -> [ValueRef<'a>; MOST] {
        std::array::from_fn(|place| {
            if place < self.width { row.get_ref(place).unwrap_or(ValueRef::Null) } else { ValueRef::Null }
        })
    }

    /// Counts a row for each of the indexes that it belongs to.
    pub(super) fn count(&mut self, values: &[ValueRef<'_>]) {
        for index in &mut self.indexes {
            if index.belongs.is_some_and(|place| values.get(place) != Some(&ValueRef::Integer(1))) {
                continue;
            }
            self.room.clear();
            for column in &index.columns {
                encode(&mut self.room, values.get(*column).copied().unwrap_or(ValueRef::Null));
            }
            index.sum.add(&self.key, &self.room);
        }
    }
}

/// The rest of a table's key.
fn order(table: &str) -> &'static str {
    if table == "posting" { "seq, line" } else { "seq" }
}

impl Scan {
    /// Reads an index from end to end: its sum, or nothing where it is not in order or what must differ does not.
    fn read(&self, connection: &Connection, key: &RandomState) -> Result<Option<Sum>, Stop> {
        let mut statement = connection.prepare(&self.statement).map_err(damaged)?;
        let mut rows = statement.query([]).map_err(damaged)?;
        let (mut sum, mut before, mut now, mut shared) = (Sum::default(), Vec::new(), Vec::new(), Vec::new());
        while let Some(row) = rows.next().map_err(damaged)? {
            now.clear();
            let mut differs = self.unique.is_none();
            for column in 0..self.columns {
                let value = row.get_ref(column).map_err(damaged)?;
                encode(&mut now, value);
                differs |= self.unique.is_some_and(|unique| column < unique) && value == ValueRef::Null;
                if self.unique.is_some_and(|unique| column.saturating_add(1) == unique) {
                    differs |= shared.as_slice() != now.as_slice();
                    shared.clear();
                    shared.extend_from_slice(&now);
                }
            }
            if !differs || (sum.0 > 0 && before >= now) {
                return Ok(None);
            }
            sum.add(key, &now);
            std::mem::swap(&mut before, &mut now);
        }
        Ok(Some(sum))
    }
}

/// A value as bytes that are in the order of SQLite's values.
fn encode(row: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => row.push(1),
        ValueRef::Integer(number) => {
            row.push(2);
            row.extend_from_slice(&(number.cast_unsigned() ^ (1 << 63)).to_be_bytes());
        }
        ValueRef::Real(number) => {
            row.push(3);
            row.extend_from_slice(&number.to_bits().to_be_bytes());
        }
        ValueRef::Text(bytes) => {
            row.push(4);
            row.extend_from_slice(bytes);
            row.push(0);
        }
        ValueRef::Blob(bytes) => {
            row.push(5);
            row.extend_from_slice(bytes);
            row.push(0);
        }
    }
}
