//! Coins: held in lots at cost; a coin paid is a disposal, a coin received an acquisition (BOOKS.md sections 1 and 5).

use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::{Fill, LotChoice};
use super::fill::{Way, draft_by, is_long_term, text};
use super::lots::{ChoiceError, OpenLot, Shares, choose, open_units};
use super::refusal::BookRefusal;
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{ExecutionId, LotId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, Facts, Holding, Posting, Tags};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Date;
use crate::domain::wide::{Overflow, value_of};

/// An execution on a spot market, with a fee in the coin itself where the venue takes one.
#[derive(Clone, Debug, PartialEq)]
pub struct CoinFill {
    /// The execution; its commission is the fee in money.
    pub fill: Fill,
    /// The fee in the coin traded, above zero.
    pub fee: Option<Quantity>,
}

/// Coins that leave the wallet or come into it, and what one is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coins {
    /// Which coin.
    pub coin: Symbol,
    /// How many, above zero.
    pub units: Quantity,
    /// The fill's own price where the coin is a side of the instrument, otherwise the last recorded price.
    pub rate: Price,
    /// Whether that price was older than 60 seconds.
    pub stale: bool,
}

/// What a movement of coins belongs to.
#[derive(Clone, Debug)]
pub(super) struct Cause<'a> {
    pub(super) instrument: Symbol,
    pub(super) currency: Currency,
    pub(super) strategy: Option<StrategyName>,
    pub(super) fill: Option<&'a ExecutionId>,
    /// The trade session, for the holding period.
    pub(super) session: Date,
}

impl Cause<'_> {
    fn tags(&self, lot: Option<&LotId>, strategy: Option<StrategyName>) -> Tags {
        Tags {
            lot: lot.cloned(),
            strategy,
            instrument: Some(self.instrument),
            fill: self.fill.cloned(),
            ..Tags::default()
        }
    }

    fn line(&self, account: AccountCode, amount: Money, held: Option<Holding>, lot: Option<&LotId>) -> Posting {
        let tags = self.tags(lot, self.strategy);
        Posting { holding: held, tags, ..Posting::money(account, self.currency, amount) }
    }

    /// Coins paid: they leave their lots at cost, `account` bears their value, and the difference is a gain.
    pub(super) fn pay(
        &self,
        pool: &[OpenLot],
        choice: &LotChoice,
        coins: &Coins,
        account: AccountCode,
        lot_of: Option<&LotId>,
    ) -> Result<Vec<Posting>, ChoiceError> {
        let held = open_units(pool)?;
        if coins.units > held {
            let (instrument, asked) = (coins.coin, coins.units);
            return Err(ChoiceError::Refused(ActivityRefusal::NotHeld { instrument, asked, held }.into()));
        }
        let value = value_of(coins.units, coins.rate)?;
        let mut shares = Shares::new(value, coins.units);
        let (mut positions, mut gains) = (Vec::new(), Vec::new());
        for part in choose(pool, choice, coins.units, coins.coin)? {
            let holder = part.lot.strategy.or(self.strategy);
            let holding = Some(Holding { commodity: coins.coin, units: part.units.negated() });
            let tags = self.tags(Some(&part.lot.lot), holder);
            let cost = Posting::money(part.lot.account, self.currency, part.cost.negated());
            positions.push(Posting { holding, tags: tags.clone(), ..cost });
            let gain = part.cost.checked_sub(shares.take(part.units)?).ok_or(Overflow)?;
            if !gain.is_zero() {
                let long = is_long_term(part.lot.acquired, self.session);
                let account = if long { AccountCode::GAINS_LONG_TERM } else { AccountCode::GAINS_SHORT_TERM };
                gains.push(Posting { tags, ..Posting::money(account, self.currency, gain) });
            }
        }
        positions.append(&mut gains);
        let holding = Holding { commodity: coins.coin, units: coins.units };
        positions.push(self.line(AccountCode::UNITS_COIN, Money::ZERO, Some(holding), None));
        positions.extend((!value.is_zero()).then(|| self.line(account, value, None, lot_of)));
        Ok(positions)
    }

    /// Coins received: a new lot at their value, which `account` gives.
    pub(super) fn receive(
        &self,
        lot: &LotId,
        coins: &Coins,
        account: AccountCode,
        lot_of: Option<&LotId>,
    ) -> Result<Vec<Posting>, Overflow> {
        let value = value_of(coins.units, coins.rate)?;
        let holding = |units| Some(Holding { commodity: coins.coin, units });
        let mut postings = vec![
            self.line(AccountCode::COINS, value, holding(coins.units), Some(lot)),
            self.line(AccountCode::UNITS_COIN, Money::ZERO, holding(coins.units.negated()), None),
        ];
        postings.extend((!value.is_zero()).then(|| self.line(account, value.negated(), None, lot_of)));
        Ok(postings)
    }
}

/// Says in the facts what a price older than it should be was used for.
pub(super) fn note_rate(facts: &mut Facts, coins: &Coins) {
    if coins.stale {
        facts.insert("rate".into(), text(&coins.rate));
        facts.insert("rate_stale".into(), true.into());
    }
}

/// A pool after parts of it were taken, so that what follows in the same entry is chosen from the rest.
pub(super) fn after(pool: &[OpenLot], postings: &[Posting], account: AccountCode) -> Vec<OpenLot> {
    let mut rest = pool.to_vec();
    for posting in postings.iter().filter(|p| p.account == account) {
        let (Some(holding), Some(lot)) = (posting.holding, &posting.tags.lot) else { continue };
        for open in rest.iter_mut().filter(|l| l.lot == *lot && l.strategy == posting.tags.strategy) {
            open.units = open.units.checked_add(holding.units).unwrap_or(open.units);
            open.cost = open.cost.checked_add(posting.amount).unwrap_or(open.cost);
        }
    }
    rest.retain(|lot| !lot.units.is_zero());
    rest
}

/// A fill on a spot market. A fee in the coin bought leaves the lot just bought; of a sale it leaves by the lot method.
pub(super) fn draft(books: &Books, c: &CoinFill) -> Result<Draft, BookRefusal> {
    let fill = &c.fill;
    let mut draft = draft_by(books, fill, fill.execution.as_str(), Way::COINS)?;
    let Some(units) = c.fee else { return Ok(draft) };
    let overflow = |_| BookRefusal::overflow(Way::COINS.kind, fill.execution.as_str());
    if units.raw() <= 0 {
        return Err(BookRefusal::ZeroQuantity { key: fill.execution.to_string() });
    }
    let coins = Coins { coin: fill.instrument, units, rate: fill.price, stale: false };
    let cause = Cause {
        instrument: fill.instrument,
        currency: fill.currency,
        strategy: Some(fill.strategy),
        fill: Some(&fill.execution),
        session: fill.session.date,
    };
    if fill.quantity.raw() > 0 && units > fill.quantity {
        let (asked, held) = (units, fill.quantity);
        return Err(ActivityRefusal::NotHeld { instrument: fill.instrument, asked, held }.into());
    }
    let paid = if fill.quantity.raw() > 0 {
        let bought = draft.postings.first().cloned();
        from_own_lot(&cause, &coins, fill.quantity, bought.as_ref()).map_err(overflow)?
    } else {
        let rest = after(books.pool(fill.instrument, AccountCode::COINS), &draft.postings, AccountCode::COINS);
        let paid = cause.pay(&rest, &LotChoice::Fifo, &coins, AccountCode::COMMISSIONS, None);
        paid.map_err(|e| e.into_refusal(Way::COINS.kind, fill.execution.as_str()))?
    };
    draft.postings.extend(paid);
    draft.facts.insert("coin_fee".into(), text(&units));
    if fill.quantity.raw() < 0 {
        draft.facts.insert("lot_method".into(), text(fill.lots.as_str()));
    }
    Ok(draft)
}

/// A fee out of the lot just bought: at its cost, so that there is no gain.
fn from_own_lot(
    cause: &Cause<'_>,
    coins: &Coins,
    bought: Quantity,
    opened: Option<&Posting>,
) -> Result<Vec<Posting>, Overflow> {
    let opened = opened.ok_or(Overflow)?;
    let cost = Shares::new(opened.amount, bought).take(coins.units)?;
    let out = |units| Some(Holding { commodity: coins.coin, units });
    let mut postings = vec![
        cause.line(opened.account, cost.negated(), out(coins.units.negated()), opened.tags.lot.as_ref()),
        cause.line(AccountCode::UNITS_COIN, Money::ZERO, out(coins.units), None),
    ];
    postings.extend((!cost.is_zero()).then(|| cause.line(AccountCode::COMMISSIONS, cost, None, None)));
    Ok(postings)
}
