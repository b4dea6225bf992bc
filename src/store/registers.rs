//! Questions of accountants: days, registers of an account, the journal by day, kind and instrument, lots, gains, closes.

use std::collections::BTreeMap;

use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::{LotId, SessionId};
use desk::domain::journal::{AccountCode, Entry, EntryKind};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Date;
use desk::domain::wide::Overflow;
use desk::machines::ledger::ClosingRecord;

use super::error::StoreError;
use super::link::on;
use super::pack::session_number;
use super::reader::{Reader, account_code, signed, to_hash, unsigned};
use super::scope::{Reading, Scope, bound};
use super::words::Book;
use super::{StoredEntry, sql};

/// The days from one to another, both with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: SessionId,
    /// The last.
    pub to: SessionId,
}

/// Which entries of the journal, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Only those before this one.
    pub before: Option<u64>,
    /// Only those of a day.
    pub day: Option<SessionId>,
    /// Only those of a kind.
    pub kind: Option<EntryKind>,
    /// Only those about an instrument.
    pub instrument: Option<Symbol>,
    /// Only those that moved units of a lot; its instrument is known then.
    pub lot: Option<LotId>,
}

/// A posting in the register of its account.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisterLine {
    /// Its currency.
    pub currency: Currency,
    /// What it moved.
    pub amount: Money,
    /// Units, and of what.
    pub units: Option<(Quantity, Symbol)>,
    /// The entry that it stands in.
    pub entry: Entry,
}

/// What is open of a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotLine {
    /// Of what.
    pub commodity: Symbol,
    /// Where it lies.
    pub account: AccountCode,
    /// Its id.
    pub lot: LotId,
    /// Whose it is; empty where nobody's.
    pub strategy: String,
    /// The currency of its cost.
    pub currency: Currency,
    /// Units, negative when short.
    pub units: Quantity,
    /// Cost as it stands in the books.
    pub cost: Money,
    /// The books' day of its first posting.
    pub since: SessionId,
}

/// A part of a lot that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GainLine {
    /// The entry that closed it.
    pub seq: u64,
    /// The books' day.
    pub session: SessionId,
    /// Of what.
    pub commodity: Symbol,
    /// Which lot.
    pub lot: LotId,
    /// Where it lay.
    pub account: AccountCode,
    /// The currency of cost and gain.
    pub currency: Currency,
    /// Units closed: negative for a long lot.
    pub units: Quantity,
    /// Cost that left, with the sign of its posting.
    pub cost: Money,
    /// What was gained, a loss negative.
    pub gain: Money,
    /// Whether it was held long enough for a long-term gain.
    pub long_term: bool,
}

impl GainLine {
    /// What it had cost, and what it brought: cost and gain together. Long: what leaves is the cost. Short: what leaves are
    /// the proceeds of the sale that opened it, and the cost is what of them was not gained. Of a reversal both are
    /// negative.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn sides(&self) -> Result<(Money, Money), Overflow> {
        let short = self.account == AccountCode::SHORT_POSITIONS;
        let basis = if short { self.cost.checked_sub(self.gain) } else { Some(self.cost.negated()) };
        let proceeds = basis.and_then(|basis| basis.checked_add(self.gain));
        basis.zip(proceeds).ok_or(Overflow)
    }
}

/// A day's close.
#[derive(Clone, Debug, PartialEq)]
pub struct CloseLine {
    /// Its `day_close` entry.
    pub seq: u64,
    /// The record.
    pub record: ClosingRecord,
    /// The record's hash.
    pub hash: desk::domain::chain::Hash,
}

/// Hash and bytes of an entry.
pub(super) type EntryRow = (Vec<u8>, Vec<u8>);

pub(super) fn stored((hash, bytes): &EntryRow) -> Result<StoredEntry, StoreError> {
    let entry = Entry::from_bytes(bytes).map_err(|e| unfit(&e.to_string()))?;
    Ok(StoredEntry { entry, hash: to_hash(hash).ok_or_else(|| unfit("a hash"))? })
}

/// A session as its date, yyyymmdd, in the book's calendar.
pub(super) fn session_of(book: &Book, number: i64) -> Option<SessionId> {
    Some(SessionId { date: day_of(number)?, calendar: book.calendar })
}

/// The date of yyyymmdd.
pub(super) fn day_of(number: i64) -> Option<Date> {
    let (year, rest) = (number.div_euclid(10_000), number.rem_euclid(10_000));
    Date::new(year, rest.div_euclid(100), rest.rem_euclid(100))
}

pub(super) fn unfit(what: &str) -> StoreError {
    StoreError::Unread { reason: format!("{what} cannot be read; verify the books") }
}

pub(super) fn parsed<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| unfit(&format!("{what} {text:?}")))
}

impl Reader {
    /// The books' days with postings, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn days(&self, book: &Book, limit: u32) -> Result<Vec<SessionId>, StoreError> {
        let rows: Vec<i64> = on!(Pool, &self.pool, c => sqlx::query_scalar(sql::DAYS)
            .bind(book.number).bind(i64::from(limit)).fetch_all(c).await)
        .map_err(|e| StoreError::from_driver("reading the days", e))?;
        rows.into_iter().map(|day| session_of(book, day).ok_or_else(|| unfit("a day"))).collect()
    }

    /// Entries that are sought, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn sought(&self, book: &Book, sought: &Sought, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        self.sought_rows(book, sought, limit).await?.iter().map(stored).collect()
    }

    /// The same, as they are stored.
    pub(super) async fn sought_rows(
        &self,
        book: &Book,
        sought: &Sought,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let day = sought.day.map_or(Ok(0), |day| session_number(book, day))?;
        let before = sought.before.map_or(i64::MAX, signed);
        let (from, before) = match sought.day {
            None => (0, before),
            Some(day) => {
                let days = Days { from: day, to: day };
                let (first, last) = self.bounds(book, &Scope::of(book, days, Reading::BySession)?).await?;
                (first, before.min(last.saturating_add(1)))
            }
        };
        let of = sought.lot.as_ref().map(ToString::to_string);
        let of = of.or_else(|| sought.instrument.map(|i| i.to_string())).unwrap_or_default();
        // By whatever leaves the fewest to look at: most entries are fills, any other kind is rarer than an instrument.
        let statement = match (sought.day, sought.kind, sought.instrument) {
            _ if sought.lot.is_some() => sql::SOUGHT_OF_LOT,
            (Some(_), ..) => sql::SOUGHT_OF_DAY,
            (None, None | Some(EntryKind::Fill), Some(_)) => sql::SOUGHT_OF_INSTRUMENT,
            (None, Some(_), _) => sql::SOUGHT_OF_KIND,
            (None, None, None) => sql::SOUGHT,
        };
        on!(Pool, &self.pool, c => sqlx::query_as(statement)
            .bind(book.number)
            .bind(before)
            .bind(from)
            .bind(day)
            .bind(sought.kind.map_or("", EntryKind::as_str))
            .bind(&of)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await)
        .map_err(|e| StoreError::from_driver("searching the journal", e))
    }

    /// The postings of an account, in order, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn register(
        &self,
        book: &Book,
        account: AccountCode,
        scope: &Scope,
        limit: u32,
    ) -> Result<Vec<RegisterLine>, StoreError> {
        type Row = (String, i64, Option<String>, Option<i64>, Vec<u8>);
        let rows: Vec<Row> = on!(Pool, &self.pool, c => bound!(sqlx::query_as(sql::REGISTER), book, scope)
            .bind(i64::from(account.code()))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await)
        .map_err(|e| StoreError::from_driver("reading a register", e))?;
        rows.into_iter()
            .map(|(currency, amount, commodity, units, bytes)| {
                let units = units.map(Quantity::from_raw).zip(commodity);
                Ok(RegisterLine {
                    currency: parsed(&currency, "currency")?,
                    amount: Money::from_raw(amount),
                    units: units.map(|(u, c)| Ok::<_, StoreError>((u, parsed(&c, "commodity")?))).transpose()?,
                    entry: Entry::from_bytes(&bytes).map_err(|e| unfit(&e.to_string()))?,
                })
            })
            .collect()
    }

    /// The lots that are open after the last day, by what they are of.
    ///
    /// # Errors
    /// Where the database cannot be read, or a sum is beyond 64 bits.
    pub async fn lots(&self, book: &Book, scope: &Scope) -> Result<Vec<LotLine>, StoreError> {
        type Row = (String, i64, String, String, String, i64, i64, i64, i64);
        let rows: Vec<Row> =
            on!(Pool, &self.pool, c => bound!(sqlx::query_as(sql::LOTS), book, scope).fetch_all(c).await)
                .map_err(|e| StoreError::from_sum("summing the lots", e))?;
        let line = |(commodity, account, lot, strategy, currency, units, cost, since, first): Row| {
            let line = LotLine {
                commodity: parsed(&commodity, "commodity")?,
                account: account_code(account).ok_or_else(|| unfit("an account"))?,
                lot: parsed(&lot, "lot")?,
                strategy,
                currency: parsed(&currency, "currency")?,
                units: Quantity::from_raw(units),
                cost: Money::from_raw(cost),
                since: session_of(book, since).ok_or_else(|| unfit("a day"))?,
            };
            Ok((first, line))
        };
        let mut lots = rows.into_iter().map(line).collect::<Result<Vec<(i64, LotLine)>, StoreError>>()?;
        let place =
            |first: i64, l: &LotLine| (l.commodity, first, l.account, l.lot.clone(), l.strategy.clone(), l.currency);
        lots.sort_by_cached_key(|(first, line)| place(*first, line));
        Ok(lots.into_iter().map(|(_, line)| line).collect())
    }

    /// The parts of lots that were closed, in order, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn gains(&self, book: &Book, scope: &Scope, limit: u32) -> Result<Vec<GainLine>, StoreError> {
        type Row = (i64, i64, String, String, i64, String, i64, i64, i64, i64);
        let (first, last) = self.bounds(book, scope).await?;
        let rows: Vec<Row> = on!(Pool, &self.pool, c => bound!(sqlx::query_as(sql::GAINS), book, scope)
            .bind(first)
            .bind(last)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await)
        .map_err(|e| StoreError::from_driver("reading realised gains", e))?;
        rows.into_iter()
            .map(|(seq, session, commodity, lot, held, currency, units, cost, gain, account)| {
                Ok(GainLine {
                    seq: unsigned(seq),
                    session: session_of(book, session).ok_or_else(|| unfit("a day"))?,
                    commodity: parsed(&commodity, "commodity")?,
                    lot: parsed(&lot, "lot")?,
                    account: account_code(held).ok_or_else(|| unfit("an account"))?,
                    currency: parsed(&currency, "currency")?,
                    units: Quantity::from_raw(units),
                    cost: Money::from_raw(cost),
                    gain: Money::from_raw(gain).negated(),
                    long_term: account == i64::from(AccountCode::GAINS_LONG_TERM.code()),
                })
            })
            .collect()
    }

    /// The last close of a session, of those up to an entry.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn close_of(&self, book: &Book, day: SessionId, up_to: u64) -> Result<Option<CloseLine>, StoreError> {
        let row: Option<CloseRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSE_OF)
            .bind(book.number)
            .bind(session_number(book, day)?)
            .bind(signed(up_to))
            .fetch_optional(c)
            .await)
        .map_err(|e| StoreError::from_driver("reading a day close", e))?;
        row.map(close_line).transpose()
    }

    /// What the lots that were open at a close were last settled at.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn references(&self, book: &Book, close: u64) -> Result<BTreeMap<LotId, Price>, StoreError> {
        let rows: Vec<(String, i64)> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSING_REFERENCES)
            .bind(book.number)
            .bind(signed(close))
            .fetch_all(c)
            .await)
        .map_err(|e| StoreError::from_driver("reading what contracts were settled at", e))?;
        rows.into_iter().map(|(lot, price)| Ok((parsed(&lot, "lot")?, Price::from_raw(price)))).collect()
    }

    /// The day closes, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn closes(&self, book: &Book, limit: u32) -> Result<Vec<CloseLine>, StoreError> {
        let rows: Vec<CloseRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSES)
            .bind(book.number).bind(i64::from(limit)).fetch_all(c).await)
        .map_err(|e| StoreError::from_driver("reading day closes", e))?;
        rows.into_iter().map(close_line).collect()
    }

    /// The closing records of a day and of those after it, in the order in which they were written.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn records_from(&self, book: &Book, day: SessionId) -> Result<Vec<ClosingRecord>, StoreError> {
        let from = session_number(book, day)?;
        let rows: Vec<CloseRow> = on!(Pool, &self.pool, c => sqlx::query_as(sql::CLOSES_FROM)
            .bind(book.number).bind(from).fetch_all(c).await)
        .map_err(|e| StoreError::from_driver("reading closing records", e))?;
        rows.into_iter().map(|row| Ok(close_line(row)?.record)).collect()
    }
}

/// Sequence, hash and bytes of a closing record.
type CloseRow = (i64, Vec<u8>, Vec<u8>);

fn close_line((seq, hash, bytes): CloseRow) -> Result<CloseLine, StoreError> {
    let record = ClosingRecord::from_bytes(&bytes).map_err(|e| unfit(&e.to_string()))?;
    Ok(CloseLine { seq: unsigned(seq), record, hash: to_hash(&hash).ok_or_else(|| unfit("a hash"))? })
}
