//! Questions. Readers share a few connections that cannot write, and are cloned freely.

use std::path::Path;

use desk::domain::chain::Hash;
use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::{CalendarName, Identity};
use desk::domain::journal::{AccountCode, Entry, EntryKind};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Timestamp;

use super::address::{Address, database_file, probe};
use super::error::StoreError;
use super::head::{Head, Heads};
use super::link::{Pool, on};
use super::lock::FileLock;
use super::schema;
use super::scope::{Scope, bound};
use super::sql;
use super::words::{Account, Book, Event};

/// Reads a store.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) pool: Pool,
}

/// An entry with its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEntry {
    /// The entry, as its stored bytes say.
    pub entry: Entry,
    /// Its link.
    pub hash: Hash,
}

/// An event with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event.
    pub event: Event,
    /// Its link.
    pub hash: Hash,
}

/// What an account has gathered in a currency and a commodity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Balance {
    /// The account.
    pub account: AccountCode,
    /// The currency of the amount.
    pub currency: Currency,
    /// What the units are of.
    pub commodity: Option<Symbol>,
    /// Σ amount.
    pub amount: Money,
    /// Σ units; zero without a commodity.
    pub units: Quantity,
}

/// A balance as it stands in a row.
type BalanceRow = (i64, String, Option<String>, i64, i64);
/// An event as it stands in a row.
type EventRow = (i64, i64, String, i64, Vec<u8>, Vec<u8>);
/// Sequence, session, n, hash and bytes of a closing record.
type ClosingRow = (i64, i64, i64, Vec<u8>, Vec<u8>);
/// An account as it stands in a row.
pub(super) type AccountRow = (i64, i64, String, String, String, String, i64, i64, Option<i64>);

impl Reader {
    /// Opens an existing store to read, while a writer writes or not. Makes no database, migrates nothing.
    ///
    /// # Errors
    /// Where it is missing, damaged, of another program or version.
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        Self::open_as(address, false).await
    }

    /// Opens a store to verify it: a file that nobody writes is read without SQLite's side files appearing beside it.
    pub(super) async fn open_still(address: &Address) -> Result<Self, StoreError> {
        Self::open_as(address, true).await
    }

    async fn open_as(address: &Address, still: bool) -> Result<Self, StoreError> {
        let pool = match address {
            Address::Sqlite(path) => {
                let file = database_file(path);
                probe(&file)?;
                Pool::sqlite(&file, still && at_rest(&file)).await?
            }
            Address::Postgres(url) => Pool::postgres(url).await?,
        };
        schema::check_version(&address.to_string(), pool.schema_version().await?)?;
        Ok(Self { pool })
    }

    /// Opens a store to read one moment of a server with all connections; a file as it is at rest.
    pub(super) async fn at_one_moment(address: &Address) -> Result<Self, StoreError> {
        let Address::Postgres(url) = address else { return Self::open_still(address).await };
        let pool = Pool::moment(url).await?;
        schema::check_version(&address.to_string(), pool.schema_version().await?)?;
        Ok(Self { pool })
    }

    /// Ends all its connections, those of its clones too.
    pub async fn close(self) {
        on!(Pool, &self.pool, c => c.close().await);
    }

    /// All books, in the order in which they were made.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn books(&self) -> Result<Vec<Book>, StoreError> {
        let rows: Vec<(i64, String, String, String)> =
            on!(Pool, &self.pool, c => sqlx::query_as(sql::BOOKS).fetch_all(c).await)
                .map_err(|e| StoreError::from_driver("reading the books", e))?;
        rows.into_iter()
            .map(|(number, identity, currency, calendar)| {
                let calendar = [CalendarName::Xnys, CalendarName::Globex, CalendarName::Always]
                    .into_iter()
                    .find(|c| c.as_str() == calendar)
                    .ok_or_else(|| odd("book", number, "calendar", &calendar))?;
                Ok(Book {
                    number,
                    identity: identity.parse().map_err(|_| odd("book", number, "identity", &identity))?,
                    base_currency: currency.parse().map_err(|_| odd("book", number, "base_currency", &currency))?,
                    calendar,
                })
            })
            .collect()
    }

    /// The book of an identity.
    ///
    /// # Errors
    /// [`StoreError::NoBook`], or where the database cannot be read.
    pub async fn book(&self, identity: &Identity) -> Result<Book, StoreError> {
        let found = self.books().await?.into_iter().find(|b| b.identity == *identity);
        found.ok_or_else(|| StoreError::NoBook { identity: identity.to_string() })
    }

    /// The chart as it stands, by code.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn accounts(&self, book: &Book) -> Result<Vec<Account>, StoreError> {
        self.chart_by(sql::ACCOUNTS, book).await
    }

    /// The chart that a book began with.
    pub(super) async fn first_chart(&self, book: &Book) -> Result<Vec<Account>, StoreError> {
        self.chart_by(sql::FIRST_ACCOUNTS, book).await
    }

    async fn chart_by(&self, statement: &'static str, book: &Book) -> Result<Vec<Account>, StoreError> {
        let rows: Vec<AccountRow> =
            on!(Pool, &self.pool, c => sqlx::query_as(statement).bind(book.number).fetch_all(c).await)
                .map_err(|e| StoreError::from_driver("reading the chart of accounts", e))?;
        rows.into_iter()
            .map(|(code, version, name, kind, side, holds, items, open, event)| {
                Ok(Account {
                    code: account_code(code).ok_or_else(|| odd("account", code, "code", &code.to_string()))?,
                    version: u32::try_from(version)
                        .map_err(|_| odd("account", code, "version", &version.to_string()))?,
                    name,
                    kind,
                    side,
                    holds,
                    items: items == 1,
                    open: open == 1,
                    event: event.map(unsigned),
                })
            })
            .collect()
    }

    /// The last entry and the last event.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn heads(&self, book: &Book) -> Result<Heads, StoreError> {
        Ok(Heads { entry: self.head(sql::LAST_ENTRY, book).await?, events: self.head(sql::LAST_EVENT, book).await? })
    }

    async fn head(&self, statement: &'static str, book: &Book) -> Result<Head, StoreError> {
        let row: Option<(i64, Vec<u8>)> =
            on!(Pool, &self.pool, c => sqlx::query_as(statement).bind(book.number).fetch_optional(c).await)
                .map_err(|e| StoreError::from_driver("reading the head of a chain", e))?;
        Head::of_row(row)
    }

    /// Entries after `seq` (0: from the first), in order, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read, or an entry is of a version that this program does not know.
    pub async fn entries(&self, book: &Book, after: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(Pool, &self.pool, c => sqlx::query_as(sql::ENTRIES)
            .bind(book.number)
            .bind(signed(after))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await)
        .map_err(|e| StoreError::from_driver("reading entries", e))?;
        rows.iter()
            .zip(signed(after)..)
            .map(|((hash, bytes), before)| {
                let seq = before.saturating_add(1);
                let entry = Entry::from_bytes(bytes).map_err(|e| odd("entry", seq, "bytes", &e.to_string()))?;
                Ok(StoredEntry { entry, hash: to_hash(hash).ok_or_else(|| odd("entry", seq, "hash", "no SHA-256"))? })
            })
            .collect()
    }

    /// Events after `seq` (0: from the first), in order, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn events(&self, book: &Book, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let rows: Vec<EventRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::EVENTS)
            .bind(book.number)
            .bind(signed(after))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await)
        .map_err(|e| StoreError::from_driver("reading events", e))?;
        rows.into_iter()
            .map(|(seq, at, kind, version, hash, bytes)| {
                let version = u16::try_from(version).map_err(|_| odd("event", seq, "version", &version.to_string()))?;
                let hash = to_hash(&hash).ok_or_else(|| odd("event", seq, "hash", "no SHA-256"))?;
                let event = Event { seq: unsigned(seq), at: Timestamp::from_nanos(at), kind, version, bytes };
                Ok(StoredEvent { event, hash })
            })
            .collect()
    }

    /// The closing record that a `day_close` entry seals, as its stored bytes.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn closing(&self, book: &Book, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<ClosingRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSINGS)
                .bind(book.number)
                .bind(signed(seq.saturating_sub(1)))
                .bind(1_i64)
                .fetch_optional(c)
                .await)
        .map_err(|e| StoreError::from_driver("reading a closing record", e))?;
        Ok(row.filter(|r| unsigned(r.0) == seq).map(|r| r.4))
    }

    /// The entry that booked a fact, if it is booked.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn entry_of(&self, book: &Book, kind: EntryKind, source_key: &str) -> Result<Option<u64>, StoreError> {
        let seq: Option<i64> = on!(Pool, &self.pool, c => sqlx::query_scalar(sql::ENTRY_OF)
            .bind(book.number)
            .bind(kind.as_str())
            .bind(source_key)
            .fetch_optional(c)
            .await)
        .map_err(|e| StoreError::from_driver("looking for a fact", e))?;
        Ok(seq.map(unsigned))
    }

    /// Balances by account, currency and commodity.
    ///
    /// # Errors
    /// Where the database cannot be read, or a sum is beyond 64 bits.
    pub async fn balances(&self, book: &Book, scope: &Scope) -> Result<Vec<Balance>, StoreError> {
        let statement = scope.choose(sql::BALANCES, sql::BALANCES_BY_EFFECT);
        let rows: Vec<BalanceRow> =
            on!(Pool, &self.pool, c => bound!(sqlx::query_as(statement), book, scope).fetch_all(c).await)
                .map_err(|e| StoreError::from_sum("summing balances", e))?;
        let mut balances = rows
            .into_iter()
            .map(|(account, currency, commodity, amount, units)| {
                let commodity =
                    commodity.map(|c| c.parse().map_err(|_| odd("posting", account, "commodity", &c))).transpose()?;
                Ok(Balance {
                    account: account_code(account)
                        .ok_or_else(|| odd("posting", account, "account", &account.to_string()))?,
                    currency: currency.parse().map_err(|_| odd("posting", account, "currency", &currency))?,
                    commodity,
                    amount: Money::from_raw(amount),
                    units: Quantity::from_raw(units),
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        balances.sort();
        Ok(balances)
    }
}

/// Whether nobody writes a file, and all that was written is in it.
pub(super) fn at_rest(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    !file.with_file_name(format!("{name}-wal")).exists() && !FileLock::is_held(file)
}

/// A value that no writer of ours stores.
pub(super) fn odd(table: &'static str, key: i64, column: &str, found: &str) -> StoreError {
    StoreError::Unread { reason: format!("{table} {key}, {column}: {found} cannot be read; verify the books") }
}

pub(super) fn account_code(code: i64) -> Option<AccountCode> {
    u16::try_from(code).ok().and_then(AccountCode::new)
}

pub(super) fn to_hash(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok().map(Hash::from_bytes)
}

/// A sequence as the database has it.
pub(super) const fn signed(seq: u64) -> i64 {
    // Sequences begin at 1 and grow by 1: no book comes near the end of 63 bits.
    if seq > i64::MAX.unsigned_abs() { i64::MAX } else { seq.cast_signed() }
}

/// A sequence from the database; what is negative there becomes 0, which no record has.
pub(super) fn unsigned(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}
