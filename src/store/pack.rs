//! Records as the writer hands them to the database: everything is encoded and hashed before a transaction begins.

use desk::domain::chain::Hash;
use desk::domain::decimal::Price;
use desk::domain::ids::{ExecutionId, ItemId, LotId, SessionId, StrategyName};
use desk::domain::journal::{Entry, FeeKind, Posting};
use desk::domain::symbol::Symbol;
use serde::Serialize;

use super::chart;
use super::error::StoreError;
use super::head::{Head, Heads};
use super::words::{Account, Batch, Book, Closing, Event};

/// A statement carries at most this many records …
const MOST_RECORDS: usize = 250;
/// … and begins another when it has this many bytes.
const MOST_BYTES: usize = 1 << 20;

/// Records of one statement: a JSON array with a row each, and the hashes and bytes that the rows point into.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    rows: Vec<u8>,
    count: usize,
    pub(super) pack: Vec<u8>,
}

impl Chunk {
    /// The rows as JSON.
    pub(super) fn rows(&self) -> Result<String, StoreError> {
        let mut text = Vec::with_capacity(self.rows.len().saturating_add(2));
        text.push(b'[');
        text.extend_from_slice(&self.rows);
        text.push(b']');
        String::from_utf8(text).map_err(|e| StoreError::Unfit { reason: format!("a record is not UTF-8: {e}") })
    }

    fn is_full(&self) -> bool {
        self.count >= MOST_RECORDS || self.pack.len() >= MOST_BYTES
    }

    fn push(&mut self, row: &impl Serialize, link: &Link3<'_>) -> Result<(), StoreError> {
        if self.count > 0 {
            self.rows.push(b',');
        }
        serde_json::to_writer(&mut self.rows, row).map_err(|e| unfit("a record", &e))?;
        self.pack.extend_from_slice(link.previous.bytes());
        self.pack.extend_from_slice(link.hash.bytes());
        self.pack.extend_from_slice(link.bytes);
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Where the next record begins, counted from 1 as SQL does.
    fn place(&self) -> usize {
        self.pack.len().saturating_add(1)
    }
}

/// A record in its chain.
struct Link3<'a> {
    previous: Hash,
    hash: Hash,
    bytes: &'a [u8],
}

/// One step into the journal.
#[derive(Debug)]
pub(super) enum Step {
    /// Entries.
    Entries(Chunk),
    /// A closing, whose entry comes next.
    Closing(PackedClosing),
}

/// A closing with its tables as JSON.
#[derive(Debug)]
pub(super) struct PackedClosing {
    pub(super) seq: i64,
    pub(super) session: i64,
    pub(super) n: i64,
    pub(super) hash: Hash,
    pub(super) signature: Option<Vec<u8>>,
    pub(super) record: Vec<u8>,
    pub(super) balances: String,
    pub(super) lots: String,
}

/// A batch, ready to be written.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) events: Vec<Chunk>,
    /// Rows of the chart that the events bring.
    pub(super) accounts: Vec<Account>,
    pub(super) journal: Vec<Step>,
    /// The heads once it is written.
    pub(super) heads: Heads,
}

/// Encodes and chains a batch.
pub(super) fn pack(book: &Book, heads: Heads, batch: &Batch<'_>) -> Result<Packed, StoreError> {
    let (events, event_head) = pack_events(heads.events, batch.events)?;
    let (journal, entry_head) = pack_journal(book, heads.entry, batch)?;
    let brought = batch.events.iter().map(chart::brought_by);
    let accounts = brought.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok(Packed { events, accounts, journal, heads: Heads { entry: entry_head, events: event_head } })
}

fn pack_events(mut head: Head, events: &[Event]) -> Result<(Vec<Chunk>, Head), StoreError> {
    let mut chunks = Vec::new();
    let mut chunk = Chunk::default();
    for event in events {
        canonical(event)?;
        let hash = head.hash.link(&event.bytes);
        let row = (event.seq, event.at.nanos(), event.kind.as_str(), event.version, chunk.place(), event.bytes.len());
        chunk.push(&row, &Link3 { previous: head.hash, hash, bytes: &event.bytes })?;
        head = Head { seq: event.seq, hash };
        if chunk.is_full() {
            chunks.push(std::mem::take(&mut chunk));
        }
    }
    if chunk.count > 0 {
        chunks.push(chunk);
    }
    Ok((chunks, head))
}

/// Refuses an event whose bytes do not say what its columns say.
pub(super) fn canonical(event: &Event) -> Result<(), StoreError> {
    if event.is_canonical() {
        return Ok(());
    }
    let reason = format!("event {}: its bytes do not begin with its v, seq, at and kind", event.seq);
    Err(StoreError::Unfit { reason })
}

fn pack_journal(book: &Book, mut head: Head, batch: &Batch<'_>) -> Result<(Vec<Step>, Head), StoreError> {
    let mut steps = Vec::new();
    let mut chunk = Chunk::default();
    let mut closings = batch.closings.iter().peekable();
    for entry in batch.entries {
        while let Some(closing) = closings.next_if(|c| c.seq <= entry.seq) {
            if chunk.count > 0 {
                steps.push(Step::Entries(std::mem::take(&mut chunk)));
            }
            steps.push(Step::Closing(pack_closing(book, closing)?));
        }
        let bytes = entry.to_bytes().map_err(|e| unfit(&format!("entry {}", entry.seq), &e))?;
        let hash = head.hash.link(&bytes);
        push_entry(book, &mut chunk, entry, &Link3 { previous: head.hash, hash, bytes: &bytes })?;
        head = Head { seq: entry.seq, hash };
        if chunk.is_full() {
            steps.push(Step::Entries(std::mem::take(&mut chunk)));
        }
    }
    if chunk.count > 0 {
        steps.push(Step::Entries(chunk));
    }
    // A closing without its entry is left to the database to refuse.
    for closing in closings {
        steps.push(Step::Closing(pack_closing(book, closing)?));
    }
    Ok((steps, head))
}

fn push_entry(book: &Book, chunk: &mut Chunk, entry: &Entry, link: &Link3<'_>) -> Result<(), StoreError> {
    let d = &entry.draft;
    if d.postings.len() > usize::from(u16::MAX) {
        let reason = format!("entry {}: {} postings; at most 65535 are allowed", entry.seq, d.postings.len());
        return Err(StoreError::Unfit { reason });
    }
    let row = EntryRow(
        entry.seq,
        session_number(book, d.session)?,
        chunk.place(),
        link.bytes.len(),
        entry.entry_id.as_str(),
        d.kind.as_str(),
        &d.source_key,
        d.effective_at.nanos(),
        entry.booked_at.nanos(),
        d.reverses,
        d.corrects,
        d.postings.iter().map(line).collect(),
    );
    chunk.push(&row, link)
}

/// In the order that the database's door reads.
#[derive(Serialize)]
struct EntryRow<'a>(
    u64,
    i64,
    usize,
    usize,
    &'a str,
    &'a str,
    &'a str,
    i64,
    i64,
    Option<u64>,
    Option<u64>,
    Vec<LineRow<'a>>,
);

/// In the order that the database's door reads.
#[derive(Serialize)]
pub(super) struct LineRow<'a>(
    pub(super) u16,
    pub(super) &'a str,
    pub(super) i64,
    pub(super) Option<&'a str>,
    pub(super) Option<i64>,
    pub(super) Option<&'a str>,
    pub(super) Option<&'a str>,
    pub(super) Option<&'a str>,
    pub(super) Option<&'a str>,
    pub(super) Option<&'a str>,
    pub(super) Option<&'a str>,
);

pub(super) fn line(p: &Posting) -> LineRow<'_> {
    LineRow(
        p.account.code(),
        p.currency.as_str(),
        p.amount.raw(),
        p.holding.as_ref().map(|h| h.commodity.as_str()),
        p.holding.map(|h| h.units.raw()),
        p.tags.lot.as_ref().map(LotId::as_str),
        p.tags.strategy.map(StrategyName::as_str),
        p.tags.instrument.as_ref().map(Symbol::as_str),
        p.tags.fill.as_ref().map(ExecutionId::as_str),
        p.tags.fee_kind.map(FeeKind::as_str),
        p.tags.item.as_ref().map(ItemId::as_str),
    )
}

pub(super) fn pack_closing(book: &Book, c: &Closing) -> Result<PackedClosing, StoreError> {
    let what = format!("the closing of {}", c.session);
    let balances: Vec<_> = c
        .balances
        .iter()
        .map(|b| {
            let commodity = b.commodity.as_ref().map(Symbol::as_str);
            let strategy = b.strategy.map(StrategyName::as_str);
            (b.account.code(), b.currency.as_str(), commodity, strategy, b.amount.raw(), b.units.raw())
        })
        .collect();
    let lots: Vec<_> = c
        .lots
        .iter()
        .map(|l| {
            let (currency, commodity) = (l.currency.as_str(), l.commodity.as_str());
            let reference = l.reference.map(Price::raw);
            (l.account.code(), currency, commodity, l.lot.as_str(), l.units.raw(), l.cost.raw(), reference)
        })
        .collect();
    Ok(PackedClosing {
        seq: i64::try_from(c.seq).map_err(|e| unfit(&what, &e))?,
        session: session_number(book, c.session)?,
        n: i64::from(c.n),
        hash: Hash::of(&c.record),
        signature: c.signature.clone(),
        record: c.record.clone(),
        balances: serde_json::to_string(&balances).map_err(|e| unfit(&what, &e))?,
        lots: serde_json::to_string(&lots).map_err(|e| unfit(&what, &e))?,
    })
}

/// A session as its date, yyyymmdd; another calendar than the book's is refused.
pub(super) fn session_number(book: &Book, session: SessionId) -> Result<i64, StoreError> {
    if session.calendar != book.calendar {
        let own = book.calendar.as_str();
        return Err(StoreError::Unfit { reason: format!("{session}: the sessions of this book are {own}'s") });
    }
    Ok(date_number(session))
}

/// A session's date as yyyymmdd.
pub(super) fn date_number(session: SessionId) -> i64 {
    let (year, month, day) = session.date.ymd();
    year.saturating_mul(10_000).saturating_add(month.saturating_mul(100)).saturating_add(day)
}

pub(super) fn unfit(what: &str, e: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unfit { reason: format!("{what} cannot be written: {e}") }
}
