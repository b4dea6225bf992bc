//! Statements as sums over postings, taken from the indexes or from every entry since the first one: the same either way
//! (LEDG-6, BOOKS.md section 11).

use desk::domain::decimal::Money;
use desk::domain::ids::ItemId;
use desk::domain::journal::{AccountCode, Entry, EntryKind};
use desk::domain::symbol::Currency;

use super::error::StoreError;
use super::folded;
use super::link::on;
use super::reader::{Balance, Reader};
use super::registers::{parsed, unfit};
use super::scope::{Scope, bound};
use super::words::Book;
use super::{GainLine, LotLine, RegisterLine, sql};

/// Cash that one kind of entry moved, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CashLine {
    /// Which kind.
    pub kind: EntryKind,
    /// In which currency.
    pub currency: Currency,
    /// What came in, by entries that brought more cash than they took.
    pub receipts: Money,
    /// What went out, by entries that took more; negative.
    pub payments: Money,
    /// By account: 1010, 1020, 1030.
    pub accounts: [Money; 3],
}

impl CashLine {
    /// The accounts of cash, in the order of the line's.
    pub const ACCOUNTS: [AccountCode; 3] =
        [AccountCode::CASH_SETTLED, AccountCode::CASH_UNSETTLED, AccountCode::CASH_DERIVATIVES];
}

/// Cash that was traded and has not settled yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsettledLine {
    /// In which currency.
    pub currency: Currency,
    /// When it settles.
    pub item: ItemId,
    /// How much.
    pub amount: Money,
}

/// Where the sums of statements come from.
#[derive(Clone, Debug)]
pub enum Summed {
    /// The indexes of the database.
    Indexes(Reader),
    /// The bytes of every entry, each held against its hash.
    Journal(Vec<Entry>),
}

impl Summed {
    /// Sums over every entry since the first one.
    ///
    /// # Errors
    /// As [`Reader::all_entries`].
    pub async fn from_the_first(reader: &Reader, book: &Book) -> Result<Self, StoreError> {
        Ok(Self::Journal(reader.all_entries(book).await?))
    }

    /// Balances by account, currency and commodity, in this order.
    ///
    /// # Errors
    /// Where the database cannot be read, or a sum is beyond 64 bits.
    pub async fn balances(&self, book: &Book, scope: &Scope) -> Result<Vec<Balance>, StoreError> {
        match self {
            Self::Indexes(reader) => reader.balances(book, scope).await,
            Self::Journal(entries) => folded::balances(entries, scope),
        }
    }

    /// The lots that are open after the last day, by what they are of.
    ///
    /// # Errors
    /// As [`Summed::balances`].
    pub async fn lots(&self, book: &Book, scope: &Scope) -> Result<Vec<LotLine>, StoreError> {
        match self {
            Self::Indexes(reader) => reader.lots(book, scope).await,
            Self::Journal(entries) => folded::lots(entries, scope),
        }
    }

    /// The parts of lots that were closed, in order, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn gains(&self, book: &Book, scope: &Scope, limit: u32) -> Result<Vec<GainLine>, StoreError> {
        match self {
            Self::Indexes(reader) => reader.gains(book, scope, limit).await,
            Self::Journal(entries) => Ok(folded::gains(entries, scope, limit)),
        }
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
        match self {
            Self::Indexes(reader) => reader.register(book, account, scope, limit).await,
            Self::Journal(entries) => Ok(folded::register(entries, account, scope, limit)),
        }
    }

    /// What moved cash, by currency and kind.
    ///
    /// # Errors
    /// As [`Summed::balances`].
    pub async fn cash(&self, book: &Book, scope: &Scope) -> Result<Vec<CashLine>, StoreError> {
        match self {
            Self::Indexes(reader) => reader.cash(book, scope).await,
            Self::Journal(entries) => folded::cash(entries, scope),
        }
    }

    /// What is not settled after the last day, by currency and date.
    ///
    /// # Errors
    /// As [`Summed::balances`].
    pub async fn unsettled(&self, book: &Book, scope: &Scope) -> Result<Vec<UnsettledLine>, StoreError> {
        match self {
            Self::Indexes(reader) => reader.unsettled(book, scope).await,
            Self::Journal(entries) => folded::unsettled(entries, scope),
        }
    }

    /// The year closes of the days, in order.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn year_closes(&self, book: &Book, scope: &Scope) -> Result<Vec<Entry>, StoreError> {
        match self {
            Self::Indexes(reader) => reader.year_closes(book, scope).await,
            Self::Journal(entries) => {
                let closes = entries.iter().filter(|e| e.draft.kind == EntryKind::YearClose && scope.counts(e));
                Ok(closes.cloned().collect())
            }
        }
    }
}

impl Reader {
    async fn cash(&self, book: &Book, scope: &Scope) -> Result<Vec<CashLine>, StoreError> {
        type Row = (String, String, i64, i64, i64, i64, i64);
        let statement = scope.choose(sql::CASH, sql::CASH_BY_EFFECT);
        let rows: Vec<Row> =
            on!(Pool, &self.pool, c => bound!(sqlx::query_as(statement), book, scope).fetch_all(c).await)
                .map_err(|e| StoreError::from_sum("summing cash", e))?;
        let line = |(kind, currency, receipts, payments, settled, unsettled, wallet): Row| {
            Ok(CashLine {
                kind: EntryKind::ALL.iter().copied().find(|k| k.as_str() == kind).ok_or_else(|| unfit("a kind"))?,
                currency: parsed(&currency, "currency")?,
                receipts: Money::from_raw(receipts),
                payments: Money::from_raw(payments),
                accounts: [settled, unsettled, wallet].map(Money::from_raw),
            })
        };
        let mut lines = rows.into_iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
        lines.sort_by_key(|l| (l.currency, l.kind));
        Ok(lines)
    }

    async fn unsettled(&self, book: &Book, scope: &Scope) -> Result<Vec<UnsettledLine>, StoreError> {
        let statement = scope.choose(sql::UNSETTLED, sql::UNSETTLED_BY_EFFECT);
        let rows: Vec<(String, String, i64)> =
            on!(Pool, &self.pool, c => bound!(sqlx::query_as(statement), book, scope).fetch_all(c).await)
                .map_err(|e| StoreError::from_sum("summing unsettled cash", e))?;
        let line = |(currency, item, amount): (String, String, i64)| {
            let currency = parsed(&currency, "currency")?;
            Ok(UnsettledLine { currency, item: parsed(&item, "item")?, amount: Money::from_raw(amount) })
        };
        let mut lines = rows.into_iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
        lines.sort_by(|a, b| (a.currency, &a.item).cmp(&(b.currency, &b.item)));
        Ok(lines)
    }

    async fn year_closes(&self, book: &Book, scope: &Scope) -> Result<Vec<Entry>, StoreError> {
        let rows: Vec<Vec<u8>> =
            on!(Pool, &self.pool, c => bound!(sqlx::query_scalar(sql::YEAR_CLOSES), book, scope).fetch_all(c).await)
                .map_err(|e| StoreError::from_driver("reading year closes", e))?;
        rows.iter().map(|bytes| Entry::from_bytes(bytes).map_err(|e| unfit(&e.to_string()))).collect()
    }
}
