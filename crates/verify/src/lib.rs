//! Verifies the books of TBot with none of TBot's code: what stands here was written from `docs/FORMATS.md` alone.
//!
//! Every entry, posting, event and closing of every book is read in order; the first row that was touched is named.
#![expect(clippy::indexing_slicing, reason = "a field that JSON does not have is null, and no row is a list")]

/// Rows as JSON.
mod rows;
/// The sums that a closing record covers.
mod sums;
/// Values as the formats write them.
mod values;
/// One book, row by row.
mod walk;

use std::path::{Path, PathBuf};

use rows::{POSTGRES_SCHEMA, SCHEMA, found};
use serde_json::Value;
use sqlx::{AnyConnection, Connection as _, Row as _};

/// Why the books are not found right.
#[derive(Debug)]
pub enum Wrong {
    /// The first row that was touched, and how it shows.
    Touched(String),
    /// They cannot be read at all.
    Unreadable(String),
}

impl From<sqlx::Error> for Wrong {
    fn from(e: sqlx::Error) -> Self {
        Self::Unreadable(e.to_string())
    }
}

/// What was read and found right in one book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Whose book.
    pub identity: String,
    /// How many entries, and the last one's hash.
    pub entries: (i64, String),
    /// How many postings.
    pub postings: i64,
    /// How many events, and the last one's hash.
    pub events: (i64, String),
}

/// Verifies a ledger file, the folder that holds one as `ledger.db`, or a `postgres://` address. Heads kept outside, in
/// `ledger.head` beside the file or in `run.json`, are held against the end of each chain.
///
/// # Errors
/// [`Wrong`].
pub async fn verify(place: &str) -> Result<Vec<Verified>, Wrong> {
    sqlx::any::install_default_drivers();
    let postgres = place.starts_with("postgres");
    let file = if Path::new(place).is_dir() { Path::new(place).join("ledger.db") } else { PathBuf::from(place) };
    if !postgres && !file.is_file() {
        return Err(Wrong::Unreadable(format!("{} is no file", file.display())));
    }
    let address = if postgres { place.to_owned() } else { format!("sqlite://{}?mode=ro", file.display()) };
    let mut c = AnyConnection::connect(&address).await?;
    schema(&mut c, postgres).await?;
    let rows = sqlx::query("SELECT book, identity, calendar FROM book ORDER BY book").fetch_all(&mut c).await?;
    let mut all = Vec::new();
    for row in rows {
        let (book, identity, calendar): (i64, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        all.push(walk::book(&mut c, book, &identity, &calendar).await?);
    }
    if let Some(stray) = sqlx::query(STRAYS).fetch_optional(&mut c).await? {
        let (table, book, seq): (String, i64, i64) = (stray.try_get(0)?, stray.try_get(1)?, stray.try_get(2)?);
        return found(&table, format!("{seq} of book {book}"), "what it belongs to is not there, or is another");
    }
    kept_heads(&mut c, &file, &all).await?;
    Ok(all)
}

/// Each table, index, trigger and view: a dropped one shows, and a changed statement.
async fn schema(c: &mut AnyConnection, postgres: bool) -> Result<(), Wrong> {
    let (asked, made) = if postgres { (CATALOGUE, POSTGRES_SCHEMA) } else { (TABLES, SCHEMA) };
    let mut things = rows::rows(c, asked, 0, 0).await?;
    things.sort_by_key(Value::to_string);
    let hash = values::hex(&values::sha256(&[Value::from(things).to_string().as_bytes()]));
    if hash == made { Ok(()) } else { found("schema", "version 1", format!("its hash is {hash}, not {made}")) }
}

const TABLES: &str = "SELECT type, name, sql FROM sqlite_schema WHERE rootpage >= $1 + $2 AND substr(name, 1, length('sqlite_')) <> 'sqlite_'";
/// PostgreSQL says the same of functions, triggers, constraints, indexes, policies and tables.
const CATALOGUE: &str = "SELECT 'f' AS a, proname::text AS b, prosrc || coalesce(proconfig::text, '') AS c FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND $1 = $2
    UNION ALL SELECT 't', relname || tgname, tgenabled::text || pg_get_triggerdef(t.oid) FROM pg_trigger AS t JOIN pg_class AS r ON r.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL SELECT 'c', conrelid::regclass || conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL SELECT 'i', indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL SELECT 'p', tablename || policyname, concat_ws(' ', cmd, qual, with_check) FROM pg_policies
    UNION ALL SELECT 'r', relname::text, relkind::text || relrowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')";

/// Rows of a book that does not exist, or without the row that seals them.
const STRAYS: &str = "SELECT * FROM (SELECT 'entry' AS t, book, seq FROM entry WHERE book NOT IN (SELECT book FROM book) UNION ALL SELECT 'event', book, seq FROM event WHERE book NOT IN (SELECT book FROM book) UNION ALL SELECT 'account', book, code FROM account WHERE book NOT IN (SELECT book FROM book)
    UNION ALL SELECT 'posting', book, seq FROM posting AS p WHERE NOT EXISTS (SELECT 1 FROM account AS a WHERE a.book = p.book AND a.code = p.account)
    UNION ALL SELECT 'book', b.book, p.seq FROM book AS b JOIN posting AS p ON p.book = b.book AND p.line = 1 AND p.currency <> b.base_currency AND p.seq = (SELECT min(e.seq) FROM entry AS e WHERE e.book = b.book AND e.kind = 'float_in')
    UNION ALL SELECT 'posting', s.* FROM (SELECT book, seq FROM posting EXCEPT SELECT book, seq FROM entry) AS s UNION ALL SELECT 'closing_record', s.* FROM (SELECT book, seq FROM closing_record EXCEPT SELECT book, seq FROM entry WHERE kind = 'day_close') AS s
    UNION ALL SELECT 'closing_balance', s.* FROM (SELECT book, seq FROM closing_balance EXCEPT SELECT book, seq FROM closing_record) AS s UNION ALL SELECT 'closing_lot', s.* FROM (SELECT book, seq FROM closing_lot EXCEPT SELECT book, seq FROM closing_record) AS s) AS strays ORDER BY book, seq LIMIT 1";

/// Heads that were written down outside of the database: a tail that was cut off shows there, and a chain made anew.
async fn kept_heads(c: &mut AnyConnection, file: &Path, all: &[Verified]) -> Result<(), Wrong> {
    let (beside, run) = (file.with_extension("head"), file.with_file_name("run.json"));
    for (path, entry, seq, hash) in [(beside, "", "seq", "hash"), (run, "books", "records", "head")] {
        let kept = match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.and_then(|bytes| Ok(serde_json::from_slice::<Value>(&bytes)?)),
        };
        let kept = kept.map_err(|e| Wrong::Unreadable(format!("{}: {e}", path.display())))?;
        let book = all.iter().find(|v| kept["identity"] == v.identity).cloned().unwrap_or_default();
        let entry = if entry.is_empty() { &kept } else { &kept[entry] };
        for (head, (end, _), asked) in [(entry, book.entries, ENTRY_HASH), (&kept["events"], book.events, EVENT_HASH)] {
            let outside = head[seq].as_i64().unwrap_or(0);
            let link = sqlx::query_scalar::<_, Vec<u8>>(asked).bind(&book.identity).bind(outside);
            let link = link.fetch_optional(&mut *c).await?.map_or_else(String::new, |hash| values::hex(&hash));
            // A run is over and ends with its heads; a living bot's file may be a moment behind.
            if (outside > 0 && head[hash] != link) || (end != outside && seq == "records") {
                return found("chain", end, format!("its link {outside} is {link:?}; kept outside is {head}"));
            }
        }
    }
    Ok(())
}

const ENTRY_HASH: &str = "SELECT hash FROM entry JOIN book USING (book) WHERE identity = $1 AND seq = $2";
const EVENT_HASH: &str = "SELECT hash FROM event JOIN book USING (book) WHERE identity = $1 AND seq = $2";
