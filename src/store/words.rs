//! What goes into a store: books, accounts, events, closings, and the batch that is one transaction.

use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::{CalendarName, Identity, LotId, SessionId, StrategyName};
use desk::domain::journal::{AccountCode, Entry};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Timestamp;

/// One identity's place in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// The small number that stands in every key.
    pub number: i64,
    /// Whose book it is.
    pub identity: Identity,
    /// The currency of its statements.
    pub base_currency: Currency,
    /// The calendar of its sessions.
    pub calendar: CalendarName,
}

/// A book to be made.
#[derive(Clone, Debug)]
pub struct NewBook {
    /// Whose book it is.
    pub identity: Identity,
    /// The currency of its statements.
    pub base_currency: Currency,
    /// The calendar of its sessions.
    pub calendar: CalendarName,
    /// Version 1 of its chart: the verifier takes no other than [`default_chart`](super::chart::default_chart).
    pub chart: Vec<Account>,
}

/// A row of the chart of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its code, never reused.
    pub code: AccountCode,
    /// The chart's version that brought this row.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// `asset`, `liability`, `equity`, `income`, `expense` or `units`; never changes.
    pub kind: String,
    /// `debit`, `credit` or `either`: what a positive figure in a statement means.
    pub side: String,
    /// `currency`, `lots` (units at cost, lot by lot) or `units`; never changes.
    pub holds: String,
    /// Whether each posting needs an item.
    pub items: bool,
    /// Whether it takes postings.
    pub open: bool,
    /// The number of the event that brought it; nothing in version 1.
    pub event: Option<u64>,
}

/// A record of the event log.
///
/// Its bytes are one JSON object that begins with `v`, `seq`, `at` and `kind`, in this order and without white space;
/// [`Event::new`] writes it so, and [`Writer::append`](super::Writer::append) refuses anything else. So each column of
/// the table is covered by the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// 1, 2, 3 … without gap.
    pub seq: u64,
    /// When it was recorded; never runs backwards.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// The version of the kind's record.
    pub version: u16,
    /// The record as it is hashed.
    pub bytes: Vec<u8>,
}

impl Event {
    /// An event whose `data` is JSON already.
    #[must_use]
    pub fn new(seq: u64, at: Timestamp, kind: &str, version: u16, data: &[u8]) -> Self {
        let mut bytes = Self::head(seq, at, kind, version);
        bytes.extend_from_slice(b",\"data\":");
        bytes.extend_from_slice(data);
        bytes.push(b'}');
        Self { seq, at, kind: kind.to_owned(), version, bytes }
    }

    /// The bytes with which a record of these columns begins.
    pub(super) fn head(seq: u64, at: Timestamp, kind: &str, version: u16) -> Vec<u8> {
        format!("{{\"v\":{version},\"seq\":{seq},\"at\":\"{at}\",\"kind\":\"{kind}\"").into_bytes()
    }

    /// Whether the bytes begin as the columns demand.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        is_canonical((self.seq, self.at, &self.kind, self.version), &self.bytes)
    }
}

/// Whether the bytes of an event begin as its columns demand: sequence, time, kind, version.
pub(super) fn is_canonical((seq, at, kind, version): (u64, Timestamp, &str, u16), bytes: &[u8]) -> bool {
    let head = Event::head(seq, at, kind, version);
    let plain = kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain && bytes.strip_prefix(head.as_slice()).is_some_and(|rest| rest.starts_with(b",") || rest == b"}")
}

/// A closed session's record with what it covers (BOOKS.md section 12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The `day_close` entry that names the record's hash.
    pub seq: u64,
    /// The session closed.
    pub session: SessionId,
    /// 1, or higher where the session was closed before.
    pub n: u32,
    /// The record's canonical bytes.
    pub record: Vec<u8>,
    /// The signature over the record.
    pub signature: Option<Vec<u8>>,
    /// Cumulative sums up to the session.
    pub balances: Vec<ClosingBalance>,
    /// Open lots.
    pub lots: Vec<ClosingLot>,
}

impl Closing {
    /// The fact of the `day_close` entry that holds the record's hash.
    pub const FACT: &'static str = "record";
}

/// What an account has gathered up to a closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingBalance {
    /// The account.
    pub account: AccountCode,
    /// The currency of the amount.
    pub currency: Currency,
    /// What the units are of.
    pub commodity: Option<Symbol>,
    /// Whose.
    pub strategy: Option<StrategyName>,
    /// Σ amount.
    pub amount: Money,
    /// Σ units.
    pub units: Quantity,
}

/// A lot open at a closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingLot {
    /// The account that holds it.
    pub account: AccountCode,
    /// The currency of its cost.
    pub currency: Currency,
    /// What it is of.
    pub commodity: Symbol,
    /// Its id.
    pub lot: LotId,
    /// Remaining units; negative for shorts.
    pub units: Quantity,
    /// Remaining cost, or proceeds.
    pub cost: Money,
    /// The price of the last variation, for futures.
    pub reference: Option<Price>,
}

/// What is written in one transaction: all of it or nothing (LEDG-3).
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    /// Events, in order.
    pub events: &'a [Event],
    /// Entries, in order.
    pub entries: &'a [Entry],
    /// Closings of the `day_close` entries among them, in order.
    pub closings: &'a [Closing],
}
