//! Corporate actions: splits, reorganisations, and the cash for the fractions that they leave (BOOKS.md section 5).

use super::activity::named;
use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::{Fill, LotChoice};
use super::fill::{Way, draft_by};
use super::lots::Shares;
use super::refusal::BookRefusal;
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{ExecutionId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, EntryKind, Fact, Facts, Holding, Posting, Tags};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::{Date, Timestamp};
use crate::domain::wide::{Overflow, Wide, widen};

/// A split: `new` shares take the place of `old` ones. Cost and dates stay.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The broker's id of the action, where there is one; otherwise the terms are the source key.
    pub action: Option<String>,
    /// Whose shares.
    pub instrument: Symbol,
    /// From when on they trade split.
    pub ex_date: Date,
    /// How many come, above zero.
    pub new: u32,
    /// For how many, above zero.
    pub old: u32,
    /// The books' day.
    pub session: SessionId,
    /// Before the ex-date's open.
    pub effective_at: Timestamp,
}

/// Shares that became those of another instrument, by a merger or under a new name: `new` of them for `old` ones. Cost,
/// dates and lots go with them; what is paid besides is an activity of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Reorganisation {
    /// The broker's id of the action, where there is one; otherwise the terms are the source key.
    pub action: Option<String>,
    /// What they were.
    pub instrument: Symbol,
    /// What they are, another one.
    pub into: Symbol,
    /// From when on.
    pub ex_date: Date,
    /// How many come, above zero.
    pub new: u32,
    /// For how many, above zero.
    pub old: u32,
    /// The books' day.
    pub session: SessionId,
    /// Before the ex-date's open.
    pub effective_at: Timestamp,
}

/// Cash for a fraction of a share: a sale by the lot method, its units through 9200.
#[derive(Clone, Debug, PartialEq)]
pub struct CashInLieu {
    /// The broker's id of the activity; the source key, and the tag `fill`.
    pub activity: ExecutionId,
    /// Whose shares.
    pub instrument: Symbol,
    /// How much of one, above zero.
    pub quantity: Quantity,
    /// At which price, above zero.
    pub price: Price,
    /// In which currency.
    pub currency: Currency,
    /// Which lots give it.
    pub lots: LotChoice,
    /// The books' day.
    pub session: SessionId,
    /// When it was paid.
    pub effective_at: Timestamp,
}

/// Each lot's new units; nothing where no share is held or owed.
pub(super) fn split(books: &Books, s: &Split) -> Result<Vec<Draft>, BookRefusal> {
    let kind = EntryKind::Split;
    let terms = format!("{}:{}:{}:{}", s.instrument, s.ex_date, s.new, s.old);
    let key = s.action.clone().unwrap_or(terms);
    books.not_yet(kind, &key)?;
    if s.new == 0 || s.old == 0 || s.new == s.old {
        return Err(ActivityRefusal::SplitTerms { instrument: s.instrument, new: s.new, old: s.old }.into());
    }
    let overflow = |_| BookRefusal::overflow(kind, &key);
    let mut postings = Vec::new();
    let (mut before, mut after) = (Quantity::ZERO, Quantity::ZERO);
    for account in [AccountCode::LONG_POSITIONS, AccountCode::SHORT_POSITIONS] {
        let pool = books.pool(s.instrument, account);
        let units = pool.iter().try_fold(Quantity::ZERO, |sum, lot| sum.checked_add(lot.units));
        let units = units.ok_or(Overflow).map_err(overflow)?;
        let split = exchanged(units, s.new, s.old).map_err(overflow)?;
        // Rounding is of the whole position; the last lot takes what is left.
        let mut shares = Shares::new(Money::from_raw(split.raw()), units);
        let mut added = Quantity::ZERO;
        let mut currency = None;
        for lot in pool {
            let new = Quantity::from_raw(shares.take(lot.units).map_err(overflow)?.raw());
            let more = new.checked_sub(lot.units).ok_or(Overflow).map_err(overflow)?;
            added = added.checked_add(more).ok_or(Overflow).map_err(overflow)?;
            currency = Some(lot.currency);
            let tags = Tags {
                lot: Some(lot.lot.clone()),
                strategy: lot.strategy,
                instrument: Some(s.instrument),
                ..Tags::default()
            };
            postings.extend(units_line((account, lot.currency), Money::ZERO, (s.instrument, more), tags));
        }
        if let Some(currency) = currency {
            let tags = Tags { instrument: Some(s.instrument), ..Tags::default() };
            let counterpart = (AccountCode::UNITS_CORPORATE, currency);
            postings.extend(units_line(counterpart, Money::ZERO, (s.instrument, added.negated()), tags));
        }
        before = before.checked_add(units).ok_or(Overflow).map_err(overflow)?;
        after = after.checked_add(split).ok_or(Overflow).map_err(overflow)?;
    }
    if postings.is_empty() {
        return Ok(Vec::new());
    }
    let mut facts = Facts::from([named("symbol", &s.instrument), named("before", &before), named("after", &after)]);
    facts.insert("new".into(), Fact::from(s.new));
    facts.insert("old".into(), Fact::from(s.old));
    Ok(vec![Draft {
        description: format!("Split {}:{} of {}", s.new, s.old, s.instrument),
        facts,
        postings,
        ..Draft::new(kind, &key, books.bookable(s.session), s.effective_at)
    }])
}

/// Each lot leaves its instrument and stands in the other, at the same cost; nothing where no share is held or owed.
pub(super) fn reorganisation(books: &Books, r: &Reorganisation) -> Result<Vec<Draft>, BookRefusal> {
    let kind = EntryKind::Reorganisation;
    let terms = format!("{}:{}:{}:{}:{}", r.instrument, r.ex_date, r.into, r.new, r.old);
    let key = r.action.clone().unwrap_or(terms);
    books.not_yet(kind, &key)?;
    if r.new == 0 || r.old == 0 || r.instrument == r.into {
        let (instrument, into) = (r.instrument, r.into);
        return Err(ActivityRefusal::ReorganisationTerms { instrument, into, new: r.new, old: r.old }.into());
    }
    let overflow = |_| BookRefusal::overflow(kind, &key);
    let (mut left, mut come, mut counterparts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut before, mut after) = (Quantity::ZERO, Quantity::ZERO);
    for account in [AccountCode::LONG_POSITIONS, AccountCode::SHORT_POSITIONS] {
        let pool = books.pool(r.instrument, account);
        let units = pool.iter().try_fold(Quantity::ZERO, |sum, lot| sum.checked_add(lot.units));
        let units = units.ok_or(Overflow).map_err(overflow)?;
        let all = exchanged(units, r.new, r.old).map_err(overflow)?;
        // Rounding is of the whole position; the last lot takes what is left.
        let mut shares = Shares::new(Money::from_raw(all.raw()), units);
        for lot in pool {
            let new = Quantity::from_raw(shares.take(lot.units).map_err(overflow)?.raw());
            let tags = |instrument| Tags {
                lot: Some(lot.lot.clone()),
                strategy: lot.strategy,
                instrument: Some(instrument),
                ..Tags::default()
            };
            let place = (account, lot.currency);
            let (out, own) = ((r.instrument, lot.units.negated()), tags(r.instrument));
            left.extend(units_line(place, lot.cost.negated(), out, own));
            come.extend(units_line(place, lot.cost, (r.into, new), tags(r.into)));
        }
        if let Some(currency) = pool.first().map(|lot| lot.currency) {
            for (commodity, units) in [(r.instrument, units), (r.into, all.negated())] {
                let tags = Tags { instrument: Some(commodity), ..Tags::default() };
                let counterpart = (AccountCode::UNITS_CORPORATE, currency);
                counterparts.extend(units_line(counterpart, Money::ZERO, (commodity, units), tags));
            }
        }
        before = before.checked_add(units).ok_or(Overflow).map_err(overflow)?;
        after = after.checked_add(all).ok_or(Overflow).map_err(overflow)?;
    }
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let (into, before, after) = (named("into", &r.into), named("before", &before), named("after", &after));
    let mut facts = Facts::from([named("symbol", &r.instrument), into, before, after]);
    facts.insert("new".into(), Fact::from(r.new));
    facts.insert("old".into(), Fact::from(r.old));
    Ok(vec![Draft {
        description: format!("{} became {}, {} for {}", r.instrument, r.into, r.new, r.old),
        facts,
        postings: [left, come, counterparts].concat(),
        ..Draft::new(kind, &key, books.bookable(r.session), r.effective_at)
    }])
}

/// So many units after a split, half to even.
pub(super) fn exchanged(units: Quantity, new: u32, old: u32) -> Result<Quantity, Overflow> {
    let scaled = Wide::product(units.raw(), i64::from(new));
    scaled.half_even(widen(i64::from(old))).ok_or(Overflow)?.quantity()
}

fn units_line(
    (account, currency): (AccountCode, Currency),
    amount: Money,
    (commodity, units): (Symbol, Quantity),
    tags: Tags,
) -> Option<Posting> {
    let holding = Some(Holding { commodity, units });
    let moves = !units.is_zero() || !amount.is_zero();
    moves.then(|| Posting { holding, tags, ..Posting::money(account, currency, amount) })
}

/// The sale of a fraction.
pub(super) fn in_lieu(books: &Books, c: &CashInLieu) -> Result<Draft, BookRefusal> {
    let key = c.activity.as_str();
    if c.quantity.raw() <= 0 {
        return Err(BookRefusal::ZeroQuantity { key: key.to_owned() });
    }
    let pool = books.pool(c.instrument, AccountCode::LONG_POSITIONS);
    let fill = Fill {
        execution: c.activity.clone(),
        order: None,
        instrument: c.instrument,
        currency: c.currency,
        strategy: pool.first().and_then(|lot| lot.strategy).unwrap_or(StrategyName::External),
        quantity: c.quantity.negated(),
        price: c.price,
        commission: Money::ZERO,
        accrued: Vec::new(),
        settles: c.effective_at.utc_date(),
        session: c.session,
        effective_at: c.effective_at,
        lots: c.lots.clone(),
        corrects: None,
    };
    draft_by(books, &fill, key, Way::IN_LIEU)
}
