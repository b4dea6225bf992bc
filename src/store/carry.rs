//! A book carried from one store into another, record by record and in order: from one moment of a server into a file, which
//! a backup holds, and from a file into a server. Each record is hashed anew on its way and meets every refusal of the place
//! where it arrives, so that a book that was carried has the same heads or was not carried.

use std::path::Path;

use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::{Identity, StrategyName};
use desk::domain::journal::{Entry, EntryKind};

use super::address::Address;
use super::bulk::Bulk;
use super::error::StoreError;
use super::head::Heads;
use super::link::on;
use super::open::{found, open};
use super::reader::{Reader, account_code, odd, signed};
use super::sql;
use super::words::{Batch, Book, Closing, ClosingBalance, ClosingLot, Event, NewBook};
use super::writer::Writer;

/// How many records are carried at once.
const GROUP: u32 = 500;

/// Writes the book of an identity as it is at one moment of a server to a new file; gives its heads.
///
/// # Errors
/// Where the books cannot be read, or the file is there already or cannot be written.
pub async fn export(from: &Address, identity: &Identity, to: &Path) -> Result<Heads, StoreError> {
    let reader = Reader::at_one_moment(from).await?;
    let book = reader.book(identity).await?;
    let mut file = Bulk::begin(to, &as_new(&reader, &book).await?)?;
    carry((&reader, &book), &mut file).await?;
    let heads = same_heads(&reader, &book, file.close()?).await?;
    reader.close().await;
    Ok(heads)
}

/// Writes the book of a file into a server's database that is prepared, as the role of the bots; gives its heads. What was
/// broken off goes on where it stopped; a book that has other records is left alone.
///
/// # Errors
/// Where the file cannot be read, the role may change what is written, a bot writes the book, or it has other records.
pub async fn load(from: &Path, identity: &Identity, to: &Address) -> Result<Heads, StoreError> {
    let reader = Reader::open_still(&Address::Sqlite(from.to_owned())).await?;
    let book = reader.book(identity).await?;
    found(to, &as_new(&reader, &book).await?).await?;
    let (there, mut writer) = open(to, identity).await?;
    begins_with(&reader, &book, writer.heads(), to).await?;
    carry((&reader, &book), &mut writer).await?;
    let heads = same_heads(&reader, &book, writer.close().await?).await?;
    there.close().await;
    reader.close().await;
    Ok(heads)
}

async fn as_new(reader: &Reader, book: &Book) -> Result<NewBook, StoreError> {
    let chart = reader.first_chart(book).await?;
    Ok(NewBook { identity: book.identity.clone(), base_currency: book.base_currency, calendar: book.calendar, chart })
}

/// Whether a book begins with what is written elsewhere already.
async fn begins_with(reader: &Reader, book: &Book, written: Heads, place: &Address) -> Result<(), StoreError> {
    let (entry, event) = (written.entry, written.events);
    let entries = reader.entries(book, entry.seq.saturating_sub(1), 1).await?;
    let events = reader.events(book, event.seq.saturating_sub(1), 1).await?;
    let same = |seq: u64, hash: Option<bool>| seq == 0 || hash == Some(true);
    if same(entry.seq, entries.first().map(|e| e.hash == entry.hash))
        && same(event.seq, events.first().map(|e| e.hash == event.hash))
    {
        return Ok(());
    }
    let identity = &book.identity;
    Err(StoreError::Unfit {
        reason: format!("the book of {identity} in {place} has records that the file does not have"),
    })
}

async fn same_heads(reader: &Reader, book: &Book, written: Heads) -> Result<Heads, StoreError> {
    let heads = reader.heads(book).await?;
    if heads == written {
        return Ok(heads);
    }
    let (entry, event) = (heads.entry.seq, heads.events.seq);
    Err(StoreError::Unfit {
        reason: format!("entry {entry} or event {event} has another hash than its records make; verify the books"),
    })
}

/// Where a book arrives.
trait Arrival {
    /// The last entry and the last event that have arrived.
    fn heads(&self) -> Heads;
    /// Takes a batch.
    async fn take(&mut self, batch: &Batch<'_>) -> Result<Heads, StoreError>;
}

impl Arrival for Writer {
    fn heads(&self) -> Heads {
        self.heads()
    }

    async fn take(&mut self, batch: &Batch<'_>) -> Result<Heads, StoreError> {
        self.append(batch).await
    }
}

impl Arrival for Bulk {
    fn heads(&self) -> Heads {
        self.heads()
    }

    async fn take(&mut self, batch: &Batch<'_>) -> Result<Heads, StoreError> {
        self.append(batch)
    }
}

/// Carries what the writer does not have. A change of the chart comes between the entries where it was made: an account that
/// was closed took postings before.
async fn carry((reader, book): (&Reader, &Book), writer: &mut impl Arrival) -> Result<(), StoreError> {
    for changed in reader.chart_changes(book).await? {
        carry_events((reader, book), writer, changed.event.saturating_sub(1)).await?;
        carry_entries((reader, book), writer, changed.change.after).await?;
        carry_events((reader, book), writer, changed.event).await?;
    }
    carry_events((reader, book), writer, u64::MAX).await?;
    carry_entries((reader, book), writer, u64::MAX).await
}

/// How many of the records up to one are carried next; nothing where all are.
fn next(written: u64, last: u64) -> Option<u32> {
    let left = last.saturating_sub(written).min(GROUP.into());
    u32::try_from(left).ok().filter(|left| *left > 0)
}

async fn carry_events(
    (reader, book): (&Reader, &Book),
    writer: &mut impl Arrival,
    last: u64,
) -> Result<(), StoreError> {
    while let Some(group) = next(writer.heads().events.seq, last) {
        let events = reader.events(book, writer.heads().events.seq, group).await?;
        if events.is_empty() {
            break;
        }
        let events: Vec<Event> = events.into_iter().map(|stored| stored.event).collect();
        writer.take(&Batch { events: &events, ..Batch::default() }).await?;
    }
    Ok(())
}

async fn carry_entries(
    (reader, book): (&Reader, &Book),
    writer: &mut impl Arrival,
    last: u64,
) -> Result<(), StoreError> {
    while let Some(group) = next(writer.heads().entry.seq, last) {
        let entries = reader.entries(book, writer.heads().entry.seq, group).await?;
        if entries.is_empty() {
            break;
        }
        let entries: Vec<Entry> = entries.into_iter().map(|stored| stored.entry).collect();
        let mut closings = Vec::new();
        for entry in entries.iter().filter(|e| e.draft.kind == EntryKind::DayClose) {
            closings.push(reader.whole_closing(book, entry).await?);
        }
        writer.take(&Batch { entries: &entries, closings: &closings, events: &[] }).await?;
    }
    Ok(())
}

/// n, signature, bytes.
type RecordRow = (i64, Option<Vec<u8>>, Vec<u8>);
/// Account, currency, commodity, strategy, amount, units.
type BalanceRow = (i64, String, Option<String>, Option<String>, i64, i64);
/// Account, currency, commodity, lot, units, cost, reference.
type LotRow = (i64, String, String, String, i64, i64, Option<i64>);

impl Reader {
    /// The closing that a `day_close` entry seals, with all that it covers.
    async fn whole_closing(&self, book: &Book, entry: &Entry) -> Result<Closing, StoreError> {
        let seq = signed(entry.seq);
        let reading = |e| StoreError::from_driver("reading a closing", e);
        let record: Option<RecordRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSING_RECORD)
            .bind(book.number).bind(seq).fetch_optional(c).await)
        .map_err(reading)?;
        let balances: Vec<BalanceRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSING_BALANCES)
            .bind(book.number).bind(seq).fetch_all(c).await)
        .map_err(reading)?;
        let lots: Vec<LotRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSING_LOTS_WHOLE)
            .bind(book.number).bind(seq).fetch_all(c).await)
        .map_err(reading)?;
        let wrong = |column: &'static str| odd("closing_record", seq, column, "a value that nothing of ours writes");
        let (n, signature, record) = record.ok_or_else(|| wrong("seq"))?;
        Ok(Closing {
            seq: entry.seq,
            session: entry.draft.session,
            n: u32::try_from(n).map_err(|_| wrong("n"))?,
            record,
            signature,
            balances: balances.into_iter().map(balance).collect::<Option<_>>().ok_or_else(|| wrong("balances"))?,
            lots: lots.into_iter().map(lot).collect::<Option<_>>().ok_or_else(|| wrong("lots"))?,
        })
    }
}

fn balance((account, currency, commodity, strategy, amount, units): BalanceRow) -> Option<ClosingBalance> {
    Some(ClosingBalance {
        account: account_code(account)?,
        currency: currency.parse().ok()?,
        commodity: commodity.map(|c| c.parse()).transpose().ok()?,
        strategy: match strategy {
            Some(name) => Some(strategy_of(&name)?),
            None => None,
        },
        amount: Money::from_raw(amount),
        units: Quantity::from_raw(units),
    })
}

fn lot((account, currency, commodity, lot, units, cost, reference): LotRow) -> Option<ClosingLot> {
    Some(ClosingLot {
        account: account_code(account)?,
        currency: currency.parse().ok()?,
        commodity: commodity.parse().ok()?,
        lot: lot.parse().ok()?,
        units: Quantity::from_raw(units),
        cost: Money::from_raw(cost),
        reference: reference.map(Price::from_raw),
    })
}

fn strategy_of(name: &str) -> Option<StrategyName> {
    StrategyName::TRADING.into_iter().chain([StrategyName::External]).find(|s| s.as_str() == name)
}
