//! What a person decides in the review queue: who owns a lot, what an unknown position or activity was, which entry
//! was a mistake (BOOKS.md sections 3 and 5).

use super::activity::named;
use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::refusal::BookRefusal;
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{ItemId, LotId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, EntryKind, Facts, Holding, Posting, Tags};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;
use crate::domain::wide::value_of;

/// Who decided, on which item of the review queue, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The review item; the source key.
    pub item: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The books' day.
    pub session: SessionId,
    /// When.
    pub at: Timestamp,
}

/// A lot that one strategy takes over from another, or from nobody's.
#[derive(Clone, Debug, PartialEq)]
pub struct Adoption {
    /// Who decided and why.
    pub decision: Decision,
    /// Which lot.
    pub lot: LotId,
    /// Of what.
    pub instrument: Symbol,
    /// Whose it was.
    pub from: StrategyName,
    /// Whose it is from now on.
    pub to: StrategyName,
}

/// A position at the broker without a fill that is known: taken in at the broker's average price, against suspense.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Who decided and why.
    pub decision: Decision,
    /// What it is.
    pub instrument: Symbol,
    /// Units, negative when short; not zero.
    pub quantity: Quantity,
    /// The broker's average price, above zero.
    pub price: Price,
    /// In which currency.
    pub currency: Currency,
    /// Whose it is from now on.
    pub strategy: StrategyName,
}

/// A correction between two accounts; only those of suspense, accruals and other charges can be touched by it,
/// and the accounts that persons have added to the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjustment {
    /// Who decided and why.
    pub decision: Decision,
    /// What it is, in words.
    pub description: String,
    /// The account debited, with its open item where it has some.
    pub debit: (AccountCode, Option<ItemId>),
    /// The account credited, likewise.
    pub credit: (AccountCode, Option<ItemId>),
    /// How much, above zero.
    pub amount: Money,
    /// In which currency.
    pub currency: Currency,
}

fn head(books: &Books, kind: EntryKind, decision: &Decision) -> Result<Draft, BookRefusal> {
    books.not_yet(kind, &decision.item)?;
    if decision.by.trim().is_empty() || decision.reason.trim().is_empty() {
        return Err(ActivityRefusal::NoReason { kind, key: decision.item.clone() }.into());
    }
    Ok(Draft {
        reason: Some(decision.reason.clone()),
        by: Some(decision.by.clone()),
        ..Draft::new(kind, &decision.item, books.bookable(decision.session), decision.at)
    })
}

/// A lot changes hands: out and in at its cost.
pub(super) fn adoption(books: &Books, a: &Adoption) -> Result<Draft, BookRefusal> {
    let head = head(books, EntryKind::Adoption, &a.decision)?;
    let unknown = || BookRefusal::UnknownLot { lot: a.lot.clone(), instrument: a.instrument };
    let accounts =
        [AccountCode::LONG_POSITIONS, AccountCode::SHORT_POSITIONS, AccountCode::COINS, AccountCode::FUTURES];
    let mut pools = accounts.into_iter().flat_map(|account| books.pool(a.instrument, account));
    let lot = pools.find(|l| l.lot == a.lot && l.strategy == Some(a.from)).ok_or_else(unknown)?;
    if a.from == a.to {
        return Err(unknown());
    }
    let line = |amount, units, strategy| Posting {
        holding: Some(Holding { commodity: a.instrument, units }),
        tags: Tags {
            lot: Some(a.lot.clone()),
            strategy: Some(strategy),
            instrument: Some(a.instrument),
            ..Tags::default()
        },
        ..Posting::money(lot.account, lot.currency, amount)
    };
    let whose = if a.from == StrategyName::External { "External lot".to_owned() } else { format!("Lot of {}", a.from) };
    Ok(Draft {
        description: format!("{whose} adopted by strategy {}", a.to),
        postings: vec![line(lot.cost.negated(), lot.units.negated(), a.from), line(lot.cost, lot.units, a.to)],
        ..head
    })
}

/// A position is taken in; what it is worth stands in suspense until its history is found.
pub(super) fn found(books: &Books, f: &Found) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::Adoption;
    let head = head(books, kind, &f.decision)?;
    let key = &f.decision.item;
    if f.quantity.is_zero() {
        return Err(BookRefusal::ZeroQuantity { key: key.clone() });
    }
    if f.price.raw() <= 0 {
        return Err(BookRefusal::AmountNotPositive { kind, key: key.clone(), amount: Money::from_raw(f.price.raw()) });
    }
    let overflow = |_| BookRefusal::overflow(kind, key);
    let value = value_of(f.quantity.magnitude(), f.price).map_err(overflow)?;
    let long = f.quantity.raw() > 0;
    let (account, cost) =
        if long { (AccountCode::LONG_POSITIONS, value) } else { (AccountCode::SHORT_POSITIONS, value.negated()) };
    let lot: LotId =
        format!("{}-{key}", f.instrument).parse().map_err(|_| ActivityRefusal::BadItem { kind, item: key.clone() })?;
    let item: ItemId = key.parse().map_err(|_| ActivityRefusal::BadItem { kind, item: key.clone() })?;
    let line = |account, amount, units: Option<Quantity>, tags| Posting {
        holding: units.map(|units| Holding { commodity: f.instrument, units }),
        tags,
        ..Posting::money(account, f.currency, amount)
    };
    let about = Tags { instrument: Some(f.instrument), ..Tags::default() };
    let held = Tags { lot: Some(lot), strategy: Some(f.strategy), ..about.clone() };
    Ok(Draft {
        description: format!("{} {} found at the broker, at its average price {}", f.quantity, f.instrument, f.price),
        facts: Facts::from([
            named("symbol", &f.instrument),
            named("quantity", &f.quantity),
            named("price", &f.price),
            named("acquired", &f.decision.session.date),
        ]),
        postings: vec![
            line(account, cost, Some(f.quantity), held),
            line(AccountCode::UNITS_TRANSFERS, Money::ZERO, Some(f.quantity.negated()), about.clone()),
            line(AccountCode::SUSPENSE, cost.negated(), None, Tags { item: Some(item), ..about }),
        ],
        ..head
    })
}

/// A correction between two of the accounts that a correction may touch, or that are there for persons alone.
pub(super) fn adjustment(books: &Books, a: &Adjustment) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::Adjustment;
    let head = head(books, kind, &a.decision)?;
    let key = &a.decision.item;
    if a.amount.raw() <= 0 {
        return Err(BookRefusal::AmountNotPositive { kind, key: key.clone(), amount: a.amount });
    }
    let mut postings = Vec::with_capacity(2);
    for ((account, item), amount) in [(&a.debit, a.amount), (&a.credit, a.amount.negated())] {
        let correctable = matches!(account.code(), 1900 | 2310 | 4900 | 5910 | 5990);
        if !correctable && books.chart.added(*account).is_none() {
            let allowed = "1900, 2310, 4900, 5910, 5990 and accounts added to the chart";
            return Err(ActivityRefusal::WrongAccount { key: key.clone(), account: *account, allowed }.into());
        }
        if account.is_open_items() != item.is_some() {
            return Err(ActivityRefusal::ItemOf {
                key: key.clone(),
                account: *account,
                needed: account.is_open_items(),
            }
            .into());
        }
        let tags = Tags { item: item.clone(), ..Tags::default() };
        postings.push(Posting { tags, ..Posting::money(*account, a.currency, amount) });
    }
    Ok(Draft { description: a.description.clone(), postings, ..head })
}
