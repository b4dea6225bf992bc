//! An SQLite file: one moment of it, its pages, and each index of the journal held against its table.
//!
//! SQLite's own check looks each row up in each index, which takes most of a long verification. Here each index is read once
//! from end to end instead: it has to be in order, and the sum of a keyed hash over its rows has to be that over the rows of
//! the table. Where they differ, SQLite's own check says what is wrong. The pages of a file that nobody writes are read
//! without SQLite; of one that somebody writes, two connections read the same moment.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::damaged;
use super::report::{Stop, found};
use super::source::{Source, Tree, stored_columns};
use super::tree::{Cursor, Image, MOST, NOTHING, Seen, Values};
use crate::store::sql;

/// How often a moment is sought at which both connections see the same.
const TRIES: usize = 100;

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
const EVENT: [&str; 8] = ["book", "seq", "at", "kind", "version", "previous", "hash", "bytes"];
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

/// The tables whose trees are walked where nobody writes the file.
const WALKED: [&str; 3] = ["entry", "posting", "event"];

/// A file that is verified.
pub(super) struct File {
    pub(super) rows: Arc<Mutex<Rows>>,
    /// Where nobody writes it, the tree of the events.
    pub(super) events: Option<Arc<Mutex<Tree>>>,
    pages: Arc<Mutex<Connection>>,
    /// Where nobody writes it, what its pages are read from, with the first page of each tree that is not walked.
    image: Option<(Arc<Image>, Vec<u32>)>,
    /// The tables whose indexes are read from end to end, with a statement each.
    scans: Vec<Scan>,
    /// The tables whose indexes SQLite looks through.
    others: Vec<String>,
    key: RandomState,
}

/// What the walk reads.
pub(super) struct Rows {
    pub(super) source: Source,
    pub(super) entries: Table,
    pub(super) postings: Table,
}

/// A table of the journal: how it is read, and the sums that its indexes must have.
pub(super) struct Table {
    /// Its columns.
    pub(super) statement: String,
    indexes: Vec<Index>,
    key: RandomState,
    room: Vec<u8>,
}

/// An index as the rows of its table make it.
struct Index {
    name: String,
    columns: Vec<usize>,
    only: Vec<Only>,
    sum: Sum,
}

/// What a row must have to be in an index of some rows alone.
enum Only {
    /// A value in a column.
    There(usize),
    /// This text.
    Is(usize, String),
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
    /// The first page of its tree.
    root: u32,
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
        let roots = roots(&connection)?;
        let (entries, entries_whole) = Table::new(&connection, "entry", &ENTRY, &key, (&roots, &mut scans))?;
        let (postings, postings_whole) = Table::new(&connection, "posting", &POSTING, &key, (&roots, &mut scans))?;
        let image = if still && entries_whole && postings_whole { Image::open(path)?.map(Arc::new) } else { None };
        let mut others =
            if image.is_some() { tables(&roots) } else { vec!["book".to_owned(), "closing_record".to_owned()] };
        for (table, whole) in [("entry", entries_whole), ("posting", postings_whole)] {
            if !(same && whole) {
                others.push(table.to_owned());
            }
        }
        if !same {
            scans.clear();
        }
        let (source, events) = match &image {
            Some(image) => {
                let tree = |table: &str, columns: &[&str]| {
                    Tree::new(image, root_of(&roots, table), stored_columns(&connection, table, columns)?)
                };
                let journal = Box::new((tree("entry", &ENTRY)?, tree("posting", &POSTING)?));
                (Source::Pages(journal), Some(Arc::new(Mutex::new(tree("event", &EVENT)?))))
            }
            None => (Source::Sqlite(connection), None),
        };
        let rows = Arc::new(Mutex::new(Rows { source, entries, postings }));
        let walked = |root: &Root| WALKED.contains(&root.name.as_str()) || scans.iter().any(|s| s.root == root.page);
        let image =
            image.map(|image| (image, roots.iter().filter(|root| !walked(root)).map(|root| root.page).collect()));
        Ok(Self { rows, events, pages: Arc::new(Mutex::new(pages)), image, scans, others, key })
    }

    /// Reads each page, and each index from end to end.
    pub(super) async fn check_pages(&self) -> Result<Read, Stop> {
        let (pages, image, scans, others, key) =
            (self.pages.clone(), self.image.clone(), self.scans.clone(), self.others.clone(), self.key.clone());
        let read = tokio::task::spawn_blocking(move || {
            let pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
            if image.is_none() {
                whole(&pages, "PRAGMA quick_check(1)")?;
            }
            for table in others {
                whole(&pages, &format!("PRAGMA integrity_check({table})"))?;
            }
            let Some((image, roots)) = image else {
                let sums = scans.iter().map(|scan| Ok((scan.name.clone(), scan.ask(&pages, &key)?)));
                return Ok(Read { sums: sums.collect::<Result<_, Stop>>()?, seen: None });
            };
            let (mut sums, mut seen) = (Vec::new(), image.nothing_seen());
            for scan in &scans {
                let mut cursor = Cursor::new(&image, scan.root)?;
                sums.push((scan.name.clone(), scan.read(&mut cursor, &key)?));
                seen.merge(cursor.passed()?)?;
            }
            for root in roots {
                seen.merge(Cursor::new(&image, root)?.passed()?)?;
            }
            Ok(Read { sums, seen: Some(seen) })
        });
        let read = read.await.map_err(|e| Stop::Failed(super::protocol(&e.to_string())))?;
        read.or_else(|stop| self.said_by_sqlite(stop))
    }

    /// Holds the indexes that were read against the rows that were walked, and the pages that were passed against all.
    pub(super) fn compare(&self, read: Read) -> Result<(), Stop> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || rows.entries.indexes.iter().chain(&rows.postings.indexes);
        let agrees = |(name, sum): &(String, Option<Sum>)| made().any(|i| i.name == *name && Some(i.sum) == *sum);
        if !read.sums.iter().all(agrees) {
            let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
            whole(&pages, sql::SQLITE_INTEGRITY)?;
        }
        let (Some((image, _)), Some(mut seen), Source::Pages(trees)) = (&self.image, read.seen, &mut rows.source)
        else {
            return Ok(());
        };
        let mut events = self.events.as_ref().map(|events| events.lock().unwrap_or_else(PoisonError::into_inner));
        let mut walked = [&mut trees.0, &mut trees.1].into_iter().chain(events.as_deref_mut());
        let passed = walked.try_for_each(|tree| seen.merge(tree.passed()?));
        passed.and_then(|()| image.all_seen(seen)).or_else(|stop| self.said_by_sqlite(stop))
    }

    /// What SQLite says of a file in which something is wrong; what was found where it finds nothing.
    fn said_by_sqlite<T>(&self, stop: Stop) -> Result<T, Stop> {
        if matches!(stop, Stop::Failed(_)) {
            let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
            whole(&pages, sql::SQLITE_INTEGRITY)?;
        }
        Err(stop)
    }
}

/// What was read: the sum of each index, nothing where it is not in order; and which pages were passed.
pub(super) struct Read {
    sums: Vec<(String, Option<Sum>)>,
    seen: Option<Seen>,
}

/// A tree of the file.
struct Root {
    name: String,
    page: u32,
    is_table: bool,
}

/// Each tree, with that of the schema itself.
fn roots(connection: &Connection) -> Result<Vec<Root>, Stop> {
    let mut asked = connection.prepare(sql::SQLITE_ROOTS).map_err(damaged)?;
    let rows = asked.query_map([], |row| Ok(Root { name: row.get(0)?, page: row.get(1)?, is_table: row.get(2)? }));
    let mut roots = rows.map_err(damaged)?.collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    roots.push(Root { name: String::new(), page: 1, is_table: false });
    Ok(roots)
}

fn root_of(roots: &[Root], name: &str) -> u32 {
    roots.iter().find(|root| root.name == name).map_or(0, |root| root.page)
}

/// The tables that are not walked.
fn tables(roots: &[Root]) -> Vec<String> {
    let others = roots.iter().filter(|r| r.is_table && !WALKED.contains(&r.name.as_str()));
    others.map(|root| root.name.clone()).collect()
}

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
        (roots, scans): (&[Root], &mut Vec<Scan>),
    ) -> Result<(Self, bool), Stop> {
        let (mut indexes, mut all) = (Vec::new(), columns.len() <= MOST);
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
            let root = root_of(roots, &index);
            let names: Vec<&str> = named.iter().map(|(n, _)| n.as_str()).collect();
            let scan = format!("SELECT {} FROM {name} INDEXED BY {index}{only}", names.join(", "));
            // Otherwise the values would be those of the table.
            let plan: String =
                connection.query_row(&format!("EXPLAIN QUERY PLAN {scan}"), [], |row| row.get(3)).map_err(damaged)?;
            let only = when.map_or_else(|| Some(Vec::new()), |when| conditions(when, columns));
            all &= plan.contains(" COVERING INDEX ") && places.len() == named.len() && only.is_some();
            let unique = unique.then(|| named.iter().filter(|(_, key)| *key == 1).count());
            scans.push(Scan { name: index.clone(), statement: scan, root, columns: places.len(), unique });
            let only = only.unwrap_or_default();
            indexes.push(Index { name: index, columns: places, only, sum: Sum::default() });
        }
        if !all {
            let own: Vec<String> = indexes.drain(..).map(|i| i.name).collect();
            scans.retain(|scan| !own.contains(&scan.name));
        }
        let (columns, order) = (columns.join(", "), order(name));
        let statement = format!("SELECT {columns} FROM {name} NOT INDEXED WHERE book = ?1 ORDER BY {order}");
        Ok((Self { statement, indexes, key: key.clone(), room: Vec::new() }, all))
    }

    /// Counts a row for each of the indexes that it belongs to.
    pub(super) fn count(&mut self, values: &Values<'_>) {
        for index in &mut self.indexes {
            if !index.only.iter().all(|only| only.holds(values)) {
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

impl Only {
    fn holds(&self, values: &Values<'_>) -> bool {
        match self {
            Self::There(place) => values.get(*place).is_some_and(|value| *value != ValueRef::Null),
            Self::Is(place, text) => values.get(*place) == Some(&ValueRef::Text(text.as_bytes())),
        }
    }
}

/// The conditions of an index of some rows alone; nothing where one is of a form that none of ours has.
fn conditions(text: &str, columns: &[&str]) -> Option<Vec<Only>> {
    let place = |name: &str| columns.iter().position(|column| *column == name);
    let condition = |text: &str| {
        if let Some((name, "")) = text.split_once(" IS NOT NULL") {
            return Some(Only::There(place(name)?));
        }
        let (name, value) = text.split_once(" = '")?;
        Some(Only::Is(place(name)?, value.strip_suffix('\'').filter(|value| !value.contains('\''))?.to_owned()))
    };
    text.split(" AND ").map(condition).collect()
}

impl Scan {
    /// Reads an index from end to end: its sum, or nothing where it is not in order or what must differ does not.
    fn read(&self, cursor: &mut Cursor, key: &RandomState) -> Result<Option<Sum>, Stop> {
        let mut order = Order::default();
        while cursor.advance()? {
            let mut values = NOTHING;
            let count = cursor.values(&mut values)?;
            if count != self.columns || !order.follows(self, |column| values.get(column).copied(), key) {
                return Ok(None);
            }
        }
        Ok(Some(order.sum))
    }

    /// The same by a question to SQLite.
    fn ask(&self, connection: &Connection, key: &RandomState) -> Result<Option<Sum>, Stop> {
        let mut statement = connection.prepare(&self.statement).map_err(damaged)?;
        let mut rows = statement.query([]).map_err(damaged)?;
        let mut order = Order::default();
        while let Some(row) = rows.next().map_err(damaged)? {
            if !order.follows(self, |column| row.get_ref(column).ok(), key) {
                return Ok(None);
            }
        }
        Ok(Some(order.sum))
    }
}

/// The rows of an index so far.
#[derive(Default)]
struct Order {
    sum: Sum,
    before: Vec<u8>,
    now: Vec<u8>,
    /// What the last row must not share with the next.
    shared: Vec<u8>,
}

impl Order {
    /// Takes the next row; says whether it may follow.
    fn follows<'a>(&mut self, scan: &Scan, value: impl Fn(usize) -> Option<ValueRef<'a>>, key: &RandomState) -> bool {
        self.now.clear();
        let mut differs = scan.unique.is_none();
        for column in 0..scan.columns {
            let value = value(column).unwrap_or(ValueRef::Null);
            encode(&mut self.now, value);
            differs |= scan.unique.is_some_and(|unique| column < unique) && value == ValueRef::Null;
            if scan.unique.is_some_and(|unique| column.saturating_add(1) == unique) {
                differs |= self.shared != self.now;
                self.shared.clone_from(&self.now);
            }
        }
        if !differs || (self.sum.0 > 0 && self.before >= self.now) {
            return false;
        }
        self.sum.add(key, &self.now);
        std::mem::swap(&mut self.before, &mut self.now);
        true
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
