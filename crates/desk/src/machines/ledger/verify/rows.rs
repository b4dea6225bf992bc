//! What a store hands over: bytes and columns as they are stored, borrowed.

use crate::domain::chain::Hash;
use crate::domain::decimal::{Price, Quantity};
use crate::domain::ids::StrategyName;
use crate::domain::journal::Posting;
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::machines::ledger::record::{ClosingBalance, ClosingLot};

/// A stored entry with its postings.
#[derive(Clone, Copy, Debug)]
pub struct StoredEntry<'a> {
    /// The number it is stored under.
    pub seq: u64,
    /// The canonical bytes.
    pub bytes: &'a [u8],
    /// The stored link of the chain.
    pub hash: Hash,
    /// The other columns of its row; nothing where only bytes are kept (books in memory).
    pub columns: Option<EntryColumns<'a>>,
    /// The rows of its postings in the order of their lines; nothing where only bytes are kept.
    pub postings: Option<&'a [StoredPosting<'a>]>,
    /// The closing record stored with a `day_close`.
    pub closing: Option<StoredClosing<'a>>,
}

/// The columns of an entry's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of an entry")]
pub struct EntryColumns<'a> {
    pub entry_id: &'a str,
    pub kind: &'a str,
    pub source_key: &'a str,
    pub session: &'a str,
    pub effective_at: Timestamp,
    pub booked_at: Timestamp,
    pub reverses: Option<u64>,
    pub corrects: Option<u64>,
    /// How many postings it has.
    pub postings: u64,
}

/// A posting's row. Amounts and units in steps of 10⁻⁸.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of a posting")]
pub struct StoredPosting<'a> {
    pub line: u64,
    pub account: u16,
    pub currency: &'a str,
    pub amount: i64,
    pub commodity: Option<&'a str>,
    pub units: Option<i64>,
    pub lot: Option<&'a str>,
    pub strategy: Option<&'a str>,
    pub instrument: Option<&'a str>,
    pub fill: Option<&'a str>,
    pub fee_kind: Option<&'a str>,
    pub item: Option<&'a str>,
}

/// The closing record of a session as stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredClosing<'a> {
    /// Its canonical bytes.
    pub record: &'a [u8],
    /// The stored closing balances, in the order of account, currency, commodity and strategy, where the store keeps
    /// them.
    pub balances: Option<&'a [StoredBalance<'a>]>,
    /// The stored closing lots, in the order of commodity, account, lot and strategy, where the store keeps them.
    pub lots: Option<&'a [StoredLot<'a>]>,
}

/// A closing balance's row. Amounts and units in steps of 10⁻⁸.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of a closing balance")]
pub struct StoredBalance<'a> {
    pub account: u16,
    pub currency: &'a str,
    pub commodity: Option<&'a str>,
    pub strategy: Option<&'a str>,
    pub amount: i64,
    pub units: Option<i64>,
}

/// A closing lot's row. Units and cost in steps of 10⁻⁸.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of a closing lot")]
pub struct StoredLot<'a> {
    pub commodity: &'a str,
    pub account: u16,
    pub lot: &'a str,
    pub strategy: Option<&'a str>,
    pub currency: &'a str,
    pub units: i64,
    pub cost: i64,
    pub reference: Option<i64>,
}

impl<'a> StoredPosting<'a> {
    /// The row that a posting has to have.
    #[must_use]
    pub fn of(posting: &'a Posting, line: u64) -> Self {
        let (p, tags) = (posting, &posting.tags);
        Self {
            line,
            account: p.account.code(),
            currency: p.currency.as_str(),
            amount: p.amount.raw(),
            commodity: p.holding.as_ref().map(|h| h.commodity.as_str()),
            units: p.holding.map(|h| h.units.raw()),
            lot: tags.lot.as_ref().map(crate::domain::ids::LotId::as_str),
            strategy: tags.strategy.map(crate::domain::ids::StrategyName::as_str),
            instrument: tags.instrument.as_ref().map(crate::domain::symbol::Symbol::as_str),
            fill: tags.fill.as_ref().map(crate::domain::ids::ExecutionId::as_str),
            fee_kind: tags.fee_kind.map(crate::domain::journal::posting::FeeKind::as_str),
            item: tags.item.as_ref().map(crate::domain::ids::ItemId::as_str),
        }
    }
}

impl<'a> StoredBalance<'a> {
    /// The row that a closing balance has to have.
    #[must_use]
    pub fn of(b: &'a ClosingBalance) -> Self {
        Self {
            account: b.account.code(),
            currency: b.currency.as_str(),
            commodity: b.commodity.as_ref().map(Symbol::as_str),
            strategy: b.strategy.map(StrategyName::as_str),
            amount: b.amount.raw(),
            units: b.units.map(Quantity::raw),
        }
    }
}

impl<'a> StoredLot<'a> {
    /// The row that a closing lot has to have.
    #[must_use]
    pub fn of(l: &'a ClosingLot) -> Self {
        Self {
            commodity: l.commodity.as_str(),
            account: l.account.code(),
            lot: l.lot.as_str(),
            strategy: l.strategy.map(StrategyName::as_str),
            currency: l.currency.as_str(),
            units: l.units.raw(),
            cost: l.cost.raw(),
            reference: l.reference.map(Price::raw),
        }
    }
}
