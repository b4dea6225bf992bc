//! The trees of an SQLite file, read page by page (<https://www.sqlite.org/fileformat2.html>, sections 1 and 2).
//!
//! Fetching each value through SQLite is most of what a long verification costs. Of a file that nobody writes the pages are
//! read here instead; each is held against the rules of the format as it is passed: all its bytes belong to one thing alone,
//! all leaves are equally deep. Whatever is not as the format demands ends the reading.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use rusqlite::types::ValueRef;

use super::report::Stop;
use crate::store::error::StoreError;

/// The most columns that a record has.
pub(super) const MOST: usize = 20;
/// No tree of a file that fits a disk is deeper.
const DEEPEST: usize = 24;
/// The byte whose page SQLite keeps for its locks.
const LOCKS: u64 = 0x4000_0000;

/// The columns of a record; those behind its last are nothing.
pub(super) type Values<'a> = [ValueRef<'a>; MOST];
/// A record without columns.
pub(super) const NOTHING: Values<'static> = [ValueRef::Null; MOST];

/// A file that nobody writes.
#[derive(Debug)]
pub(super) struct Image {
    file: File,
    /// The bytes of a page, all of which are used.
    size: usize,
    pages: u32,
    /// The first page of the list of free ones, and how many there are.
    free: (u32, u32),
}

/// Which pages were passed.
pub(super) struct Seen(Vec<bool>);

impl Image {
    /// Opens a file; nothing where its form is none that is made here: SQLite alone reads that.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Stop> {
        let failed = |source| Stop::Failed(StoreError::File { path: path.to_owned(), source });
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut head = [0_u8; 100];
        if file.read_exact_at(&mut head, 0).is_err() {
            return Ok(None);
        }
        let size = match number::<2>(&head, 16) {
            Some(1) => 65_536,
            size => size.and_then(|size| usize::try_from(size).ok()).unwrap_or_default(),
        };
        let (Some(counted), Some(changed), Some(valid)) = (word(&head, 28), word(&head, 24), word(&head, 92)) else {
            return Ok(None);
        };
        // No room kept at the end of pages, no pages about pages, texts in UTF-8, the count of pages to be trusted.
        let usual = head.get(20) == Some(&0) && word(&head, 52) == Some(0) && word(&head, 56) == Some(1);
        let whole = u64::try_from(size).is_ok_and(|size| size.checked_mul(counted.into()) == Some(length));
        if !usual || !whole || changed != valid || size < 512 || !size.is_power_of_two() {
            return Ok(None);
        }
        let free = (word(&head, 32).unwrap_or_default(), word(&head, 36).unwrap_or_default());
        Ok(Some(Self { file, size, pages: counted, free }))
    }

    fn read(&self, page: u32, into: &mut Vec<u8>) -> Result<(), Stop> {
        into.resize(self.size, 0);
        let size = u64::try_from(self.size).unwrap_or_default();
        let place = u64::from(page).saturating_sub(1).saturating_mul(size);
        self.file.read_exact_at(into, place).map_err(|e| odd(page, &e.to_string()))
    }

    pub(super) fn nothing_seen(&self) -> Seen {
        Seen(vec![false; usize::try_from(self.pages).unwrap_or_default()])
    }

    /// Whether each page was passed once, the free ones counted too.
    pub(super) fn all_seen(&self, mut seen: Seen) -> Result<(), Stop> {
        let (mut trunk, mut left) = self.free;
        let mut page = Vec::new();
        while trunk != 0 {
            seen.add(trunk)?;
            self.read(trunk, &mut page)?;
            let leaves = word(&page, 4).unwrap_or_default();
            for leaf in 0..leaves {
                let place = usize::try_from(leaf).unwrap_or_default().saturating_mul(4).saturating_add(8);
                seen.add(word(&page, place).unwrap_or_default())?;
            }
            let counted = leaves.saturating_add(1);
            left = left.checked_sub(counted).ok_or_else(|| odd(trunk, "more free pages than the header says"))?;
            trunk = word(&page, 0).unwrap_or_default();
        }
        let locks =
            LOCKS.checked_div(u64::try_from(self.size).unwrap_or_default()).and_then(|n| usize::try_from(n).ok());
        if let Some(page) = locks.and_then(|locks| seen.0.get_mut(locks)) {
            *page = true;
        }
        match seen.0.iter().position(|seen| !seen) {
            _ if left != 0 => Err(odd(1, "fewer free pages than the header says")),
            Some(place) => {
                Err(odd(u32::try_from(place).unwrap_or_default().saturating_add(1), "it belongs to nothing"))
            }
            None => Ok(()),
        }
    }
}

impl Seen {
    fn add(&mut self, page: u32) -> Result<(), Stop> {
        let place = usize::try_from(page).ok().and_then(|page| page.checked_sub(1));
        match place.and_then(|place| self.0.get_mut(place)) {
            Some(seen) if !*seen => {
                *seen = true;
                Ok(())
            }
            Some(_) => Err(odd(page, "it belongs to two things")),
            None => Err(odd(page, "there is no such page")),
        }
    }

    /// Adds what others have passed.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), Stop> {
        for (page, seen) in (1..).zip(&other.0) {
            if *seen {
                self.add(page)?;
            }
        }
        Ok(())
    }
}

/// A tree on its way from the first record to the last.
pub(super) struct Cursor {
    image: Arc<Image>,
    levels: Vec<Level>,
    spare: Vec<Level>,
    seen: Seen,
    /// How deep the leaves are.
    depth: Option<usize>,
    here: Here,
    /// A record that continues on other pages, put together.
    room: Vec<u8>,
}

/// Where the present record is.
#[derive(Clone, Copy)]
enum Here {
    Nowhere,
    /// On the lowest page: from, to.
    Page(usize, usize),
    Room,
}

/// A page on the way down.
#[derive(Default)]
struct Level {
    number: u32,
    bytes: Vec<u8>,
    /// Where its list of cells begins.
    list: usize,
    cells: usize,
    kind: Kind,
    step: usize,
    /// From and to of its cells, to see whether they overlap.
    spans: Vec<(usize, usize)>,
}

/// Whether a page has pages below it, and whether its tree goes by row numbers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Kind {
    inner: bool,
    numbered: bool,
}

/// A cell: the page below it, the record's length, the part of it that lies here.
struct Cell {
    below: u32,
    length: usize,
    from: usize,
    to: usize,
    /// The page on which it goes on.
    next: Option<u32>,
}

impl Cursor {
    /// Begins before the first record of the tree with this root.
    pub(super) fn new(image: &Arc<Image>, root: u32) -> Result<Self, Stop> {
        let seen = image.nothing_seen();
        let mut cursor = Self {
            image: image.clone(),
            levels: Vec::new(),
            spare: Vec::new(),
            seen,
            depth: None,
            here: Here::Nowhere,
            room: Vec::new(),
        };
        cursor.descend(root)?;
        Ok(cursor)
    }

    /// Goes to the next record; says whether there is one.
    pub(super) fn advance(&mut self) -> Result<bool, Stop> {
        self.here = Here::Nowhere;
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(false) };
            let step = level.step;
            level.step = step.saturating_add(1);
            let place = if level.kind.inner { step / 2 } else { step };
            if level.kind.inner && step % 2 == 0 {
                let below = if place < level.cells { level.cell(place, self.image.size)?.below } else { level.last() };
                self.descend(below)?;
            } else if place >= level.cells {
                self.spare.extend(self.levels.pop());
            } else if !(level.kind.inner && level.kind.numbered) {
                self.arrive(place)?;
                return Ok(true);
            }
        }
    }

    /// Writes the columns of the present record into [`NOTHING`]; how many it has.
    pub(super) fn values<'a>(&'a self, values: &mut Values<'a>) -> Result<usize, Stop> {
        let page = self.levels.last().map_or(0, |level| level.number);
        record(self.record(), values).ok_or_else(|| odd(page, "a record that is none"))
    }

    fn record(&self) -> &[u8] {
        match self.here {
            Here::Page(from, to) => self.levels.last().and_then(|l| l.bytes.get(from..to)).unwrap_or_default(),
            Here::Room => &self.room,
            Here::Nowhere => &[],
        }
    }

    /// Passes what is left; the pages of the whole tree.
    pub(super) fn passed(&mut self) -> Result<&Seen, Stop> {
        while self.advance()? {}
        Ok(&self.seen)
    }

    fn descend(&mut self, number: u32) -> Result<(), Stop> {
        self.seen.add(number)?;
        let depth = self.levels.len();
        let mut level = self.spare.pop().unwrap_or_default();
        self.image.read(number, &mut level.bytes)?;
        (level.number, level.step) = (number, 0);
        level.open(self.image.size)?;
        let same_kind = self.levels.last().is_none_or(|above| above.kind.numbered == level.kind.numbered);
        let same_depth = level.kind.inner || *self.depth.get_or_insert(depth) == depth;
        if !same_kind || !same_depth || depth > DEEPEST {
            return Err(odd(number, "it belongs elsewhere in its tree"));
        }
        self.levels.push(level);
        Ok(())
    }

    /// Puts the record of a cell together.
    fn arrive(&mut self, place: usize) -> Result<(), Stop> {
        let size = self.image.size;
        let Some(level) = self.levels.last() else { return Ok(()) };
        let cell = level.cell(place, size)?;
        let Some(mut next) = cell.next else {
            self.here = Here::Page(cell.from, cell.to);
            return Ok(());
        };
        self.room.clear();
        self.room.extend_from_slice(level.bytes.get(cell.from..cell.to).unwrap_or_default());
        let mut page = Vec::new();
        while self.room.len() < cell.length {
            self.seen.add(next)?;
            self.image.read(next, &mut page)?;
            let part = cell.length.saturating_sub(self.room.len()).min(size.saturating_sub(4));
            self.room.extend_from_slice(page.get(4..part.saturating_add(4)).unwrap_or_default());
            let before = std::mem::replace(&mut next, word(&page, 0).unwrap_or_default());
            if (next == 0) != (self.room.len() == cell.length) {
                return Err(odd(before, "the record that goes on there has another length"));
            }
        }
        self.here = Here::Room;
        Ok(())
    }
}

impl Level {
    /// Reads the head of a page; its cells, free blocks and fragments are all of it.
    fn open(&mut self, size: usize) -> Result<(), Stop> {
        let wrong = |what: &str| odd(self.number, what);
        let head: usize = if self.number == 1 { 100 } else { 0 };
        let at = |offset: usize| head.saturating_add(offset);
        self.kind = match self.bytes.get(head) {
            Some(2) => Kind { inner: true, numbered: false },
            Some(5) => Kind { inner: true, numbered: true },
            Some(10) => Kind { inner: false, numbered: false },
            Some(13) => Kind { inner: false, numbered: true },
            _ => return Err(wrong("it is no page of a tree")),
        };
        self.list = at(if self.kind.inner { 12 } else { 8 });
        self.cells = short(&self.bytes, at(3));
        let end = self.cells.checked_mul(2).and_then(|cells| cells.checked_add(self.list)).unwrap_or(size);
        let content = match short(&self.bytes, at(5)) {
            0 => 65_536,
            content => content,
        };
        if end > content || content > size {
            return Err(wrong("its cells do not fit it"));
        }
        let mut spans = std::mem::take(&mut self.spans);
        spans.clear();
        for place in 0..self.cells {
            let cell = self.cell(place, size)?;
            let to = cell.to.saturating_add(if cell.next.is_some() { 4 } else { 0 });
            let from = short(&self.bytes, self.list.saturating_add(place.saturating_mul(2)));
            spans.push((from, to.max(from.saturating_add(4))));
        }
        let (mut block, mut before) = (short(&self.bytes, at(1)), 0);
        while block != 0 {
            if block <= before {
                return Err(odd(self.number, "its free blocks are not in order"));
            }
            spans.push((block, block.saturating_add(short(&self.bytes, block.saturating_add(2)))));
            before = block;
            block = short(&self.bytes, block);
        }
        spans.sort_unstable();
        let (mut reached, mut gaps) = (content, 0_usize);
        for (from, to) in &spans {
            let gap = from.checked_sub(reached).ok_or_else(|| odd(self.number, "two of its parts overlap"))?;
            gaps = gaps.saturating_add(gap);
            reached = *to;
        }
        let rest = size.checked_sub(reached).ok_or_else(|| odd(self.number, "its cells do not fit it"))?;
        let fragments = self.bytes.get(at(7)).copied().map_or(0, usize::from);
        self.spans = spans;
        if gaps.saturating_add(rest) == fragments {
            Ok(())
        } else {
            Err(odd(self.number, "bytes of it belong to nothing"))
        }
    }

    /// The page below its last cell.
    fn last(&self) -> u32 {
        word(&self.bytes, self.list.saturating_sub(4)).unwrap_or_default()
    }

    fn cell(&self, place: usize, size: usize) -> Result<Cell, Stop> {
        let from = short(&self.bytes, self.list.saturating_add(place.saturating_mul(2)));
        self.cell_at(from, size).ok_or_else(|| odd(self.number, "a cell that does not fit it"))
    }

    fn cell_at(&self, from: usize, size: usize) -> Option<Cell> {
        let (mut at, mut below) = (from, 0);
        if self.kind.inner {
            below = word(&self.bytes, at)?;
            at = at.checked_add(4)?;
        }
        if self.kind.inner && self.kind.numbered {
            let (_, used) = varint(self.bytes.get(at..)?)?;
            let to = at.checked_add(used)?;
            return Some(Cell { below, length: 0, from: to, to, next: None });
        }
        let (length, used) = varint(self.bytes.get(at..)?)?;
        let length =
            usize::try_from(length).ok().filter(|length| *length <= i32::MAX.unsigned_abs().try_into().unwrap_or(0))?;
        at = at.checked_add(used)?;
        if self.kind.numbered {
            at = at.checked_add(varint(self.bytes.get(at..)?)?.1)?;
        }
        let here = self.here(length, size)?;
        let to = at.checked_add(here)?;
        let next = if here < length { Some(word(&self.bytes, to)?) } else { None };
        (to <= size).then_some(Cell { below, length, from: at, to, next })
    }

    /// How much of a record lies on its page.
    fn here(&self, length: usize, size: usize) -> Option<usize> {
        let share = |part: usize| size.checked_sub(12)?.checked_mul(part)?.checked_div(255)?.checked_sub(23);
        let most = if self.kind.numbered { size.checked_sub(35)? } else { share(64)? };
        if length <= most {
            return Some(length);
        }
        let least = share(32)?;
        let part = length.checked_sub(least)?.checked_rem(size.checked_sub(4)?)?.checked_add(least)?;
        Some(if part <= most { part } else { least })
    }
}

/// The columns of a record, and how many it has. They are written to where they are wanted: more than 400 bytes a record
/// would be moved from one function to the next otherwise.
fn record<'a>(bytes: &'a [u8], values: &mut Values<'a>) -> Option<usize> {
    let (head, used) = varint(bytes)?;
    let head = usize::try_from(head).ok()?;
    let (mut types, mut body) = (bytes.get(used..head)?, bytes.get(head..)?);
    let mut count = 0_usize;
    while !types.is_empty() {
        let (kind, used) = varint(types)?;
        types = types.get(used..)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            long => usize::try_from(long.checked_sub(12)? / 2).ok()?,
        };
        let (value, rest) = body.split_at_checked(length)?;
        body = rest;
        *values.get_mut(count)? = match kind {
            0 => ValueRef::Null,
            8 => ValueRef::Integer(0),
            9 => ValueRef::Integer(1),
            7 => ValueRef::Real(f64::from_bits(u64::from_be_bytes(*value.first_chunk()?))),
            1..=6 => ValueRef::Integer(integer(value)),
            long if long % 2 == 0 => ValueRef::Blob(value),
            _ => ValueRef::Text(value),
        };
        count = count.checked_add(1)?;
    }
    body.is_empty().then_some(count)
}

/// A whole number of one to eight bytes, the highest first, in twos' complement.
fn integer(bytes: &[u8]) -> i64 {
    let sign = bytes.first().is_some_and(|first| *first >= 0x80);
    bytes.iter().fold(if sign { -1 } else { 0 }, |number, byte| (number << 8) | i64::from(*byte))
}

/// A number of one to nine bytes, seven bits each and eight in the ninth; how many it has.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    for (place, byte) in bytes.iter().enumerate().take(9) {
        if place == 8 {
            return Some(((number << 8) | u64::from(*byte), 9));
        }
        number = (number << 7) | u64::from(byte & 0x7f);
        if *byte < 0x80 {
            return Some((number, place.saturating_add(1)));
        }
    }
    None
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk::<N>()?;
    Some(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|four| u32::from_be_bytes(*four))
}

/// Two bytes; beyond the end nothing, which no cell begins at.
fn short(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(<[u8]>::first_chunk::<2>).map_or(0, |two| usize::from(u16::from_be_bytes(*two)))
}

/// What the format does not know.
fn odd(page: u32, what: &str) -> Stop {
    Stop::Failed(StoreError::Unread { reason: format!("page {page}: {what}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;
    use proptest::prelude::*;
    use rusqlite::Connection;

    /// A file with a table without row numbers, an index over it, one with row numbers, and pages that became free.
    fn make(path: &Path, page: u32, rows: &[(i64, Option<String>, Vec<u8>)], gone: i64) -> Connection {
        let c = Connection::open(path).unwrap();
        c.execute_batch(&format!("PRAGMA page_size = {page}; PRAGMA journal_mode = DELETE")).unwrap();
        let tables =
            "CREATE TABLE a (k INTEGER, t TEXT, b BLOB, PRIMARY KEY (k)) WITHOUT ROWID; CREATE INDEX i ON a (t, b);
            CREATE TABLE n (k INTEGER PRIMARY KEY, t TEXT, b BLOB);";
        c.execute_batch(tables).unwrap();
        c.execute_batch("BEGIN").unwrap();
        for (key, text, bytes) in rows {
            for table in ["a", "n"] {
                c.execute(&format!("INSERT OR REPLACE INTO {table} VALUES (?1, ?2, ?3)"), (key, text, bytes)).unwrap();
            }
        }
        c.execute_batch("COMMIT").unwrap();
        c.execute("DELETE FROM a WHERE k % 7 < ?1", [gone]).unwrap();
        c.execute("DELETE FROM n WHERE k % 7 < ?1", [gone]).unwrap();
        c
    }

    /// Each tree but the schema's, and all rows as SQLite tells them and as they are read here.
    fn read(path: &Path, c: &Connection) -> Result<(), Stop> {
        let image = Arc::new(Image::open(path)?.unwrap());
        let mut seen = image.nothing_seen();
        seen.merge(Cursor::new(&image, 1)?.passed()?)?;
        for (name, asked) in [
            ("a", "SELECT k, t, b FROM a NOT INDEXED ORDER BY k"),
            ("i", "SELECT t, b, k FROM a INDEXED BY i ORDER BY t, b, k"),
            ("n", "SELECT NULL, t, b FROM n ORDER BY k"),
        ] {
            let root = c.query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [name], |r| r.get(0)).unwrap();
            let mut cursor = Cursor::new(&image, root)?;
            let mut statement = c.prepare(asked).unwrap();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                assert!(cursor.advance()?, "{name}: too few");
                let mut values = NOTHING;
                let count = cursor.values(&mut values)?;
                let told = [0, 1, 2].map(|column| row.get_ref(column).unwrap());
                assert_eq!((count, &values[..3]), (3, &told[..]), "{name}");
            }
            assert!(!cursor.advance()?, "{name}: too many");
            seen.merge(cursor.passed()?)?;
        }
        image.all_seen(seen)
    }

    fn rows() -> impl Strategy<Value = Vec<(i64, Option<String>, Vec<u8>)>> {
        let key = prop_oneof![-300_i64..300, any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
        let text = proptest::option::of("[a-zé]{0,40}");
        let bytes = prop_oneof![
            9 => proptest::collection::vec(any::<u8>(), 0..60),
            1 => proptest::collection::vec(any::<u8>(), 0..9_000)
        ];
        proptest::collection::vec((key, text, bytes), 0..250)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn every_row_is_read_as_sqlite_reads_it(rows in rows(), page in 9_u32..17, gone in 0_i64..8) {
            let place = TestPlace::new();
            let path = place.join("a.db");
            let c = make(&path, 1 << page, &rows, gone);
            prop_assert!(read(&path, &c).is_ok());
        }
    }

    /// D5: a byte that belongs to the form of a page, and not to a record, is seen too.
    #[test]
    fn d5_pages_that_are_torn_lost_or_used_twice_are_seen() {
        let place = TestPlace::new();
        let path = place.join("a.db");
        let rows: Vec<_> = (0..400).map(|n| (n, Some(format!("text {n}")), vec![7; 40])).collect();
        drop(make(&path, 1024, &rows, 6));
        let whole = std::fs::read(&path).unwrap();
        let tree = |bytes: &[u8], root: u32| -> Result<(), Stop> {
            std::fs::write(&path, bytes).unwrap();
            let image = Arc::new(Image::open(&path)?.ok_or_else(|| odd(1, "another form"))?);
            let mut seen = image.nothing_seen();
            for root in [1, root, 3, 4] {
                seen.merge(Cursor::new(&image, root)?.passed()?)?;
            }
            image.all_seen(seen)
        };
        assert!(tree(&whole, 2).is_ok());
        for (what, at, value) in [
            ("a free page too few", 39, 0),
            ("the list of free pages leads elsewhere", 35, 2),
            ("a tree is none", 1024, 3),
            ("more cells than there are", 1024 + 4, 200),
            ("fragments that are not there", 1024 + 7, 99),
            ("cells that begin elsewhere", 1024 + 6, 1),
            ("a page below that is used already", 1024 + 11, 3),
            ("a page that there is not", 1024 + 8, 9),
            ("a cell that is another one's too", 1024 + 13, whole[1024 + 15]),
            ("room kept at the end of pages", 20, 8),
        ] {
            let mut bytes = whole.clone();
            assert_ne!(bytes[at], value, "{what}");
            bytes[at] = value;
            assert!(tree(&bytes, 2).is_err(), "{what}");
        }
        assert!(tree(&whole, 5).is_err(), "a page is used twice and another by nothing");
    }
}
