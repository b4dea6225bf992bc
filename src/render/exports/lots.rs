//! Lots and their unit costs, posting by posting.

use std::collections::BTreeMap;

use desk::domain::ids::LotId;
use desk::domain::journal::{AccountCode, Entry, Fact, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Date;
use desk::domain::wide::{Overflow, Wide};

use super::numbers::{as_weight, unit_cost, weight};

/// Where a lot stands.
pub(super) type Place = (AccountCode, Symbol, Option<LotId>);

/// What a lot is at a moment. It is remembered when it is closed, for a reversal may open it again.
#[derive(Clone, Debug)]
pub(super) struct Lot {
    /// Of its cost.
    pub(super) currency: Currency,
    /// What is left.
    pub(super) units: Wide,
    /// What that cost.
    pub(super) cost: Wide,
    /// What one unit cost, at 10⁻¹².
    pub(super) unit_cost: Wide,
    /// The day that counts for its holding period.
    pub(super) acquired: Date,
}

/// Units that come to a lot or leave it, at the unit cost it has then.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    /// Whose.
    pub(super) place: Place,
    /// How many.
    pub(super) units: i64,
    /// The unit cost.
    pub(super) unit_cost: Wide,
    /// The lot's day.
    pub(super) acquired: Date,
}

/// What exact amounts are more than units weigh, by currency, at 10⁻²⁰.
pub(super) type Rest = BTreeMap<Currency, Wide>;

/// All legs of a lot in its first.
fn drawn_together(moves: &mut BTreeMap<usize, Vec<Leg>>) -> Result<(), Overflow> {
    let mut sums = BTreeMap::<Place, i64>::new();
    for leg in moves.values().flatten() {
        let sum = sums.entry(leg.place.clone()).or_default();
        *sum = sum.checked_add(leg.units).ok_or(Overflow)?;
    }
    for legs in moves.values_mut() {
        legs.retain_mut(|leg| {
            leg.units = sums.remove(&leg.place).unwrap_or(0);
            leg.units != 0
        });
    }
    Ok(())
}

/// All lots there are or were.
#[derive(Clone, Debug, Default)]
pub(super) struct Lots(BTreeMap<Place, Lot>);

impl Lots {
    /// Takes a posting of a position account. Gives the moves of units at unit costs, and what the amount is more than they
    /// weigh, at 10⁻²⁰. A split or a change of cost closes the lot and opens it again at another unit cost.
    fn take(&mut self, entry: &Entry, posting: &Posting) -> Result<(Vec<Leg>, Wide), Overflow> {
        let amount = posting.amount.raw();
        let Some(place) = self.place(posting) else { return Ok((Vec::new(), as_weight(amount))) };
        let moved = posting.holding.map_or(0, |h| h.units.raw());
        let lot = self.0.entry(place.clone()).or_insert_with(|| Lot {
            currency: posting.currency,
            units: Wide::ZERO,
            cost: Wide::ZERO,
            unit_cost: Wide::ZERO,
            acquired: acquired(entry),
        });
        let (before, cost_before) = (lot.units.narrow()?, lot.cost.narrow()?);
        lot.units += Wide::new(i128::from(moved));
        lot.cost += Wide::new(i128::from(amount));
        let (after, cost_after) = (lot.units.narrow()?, lot.cost.narrow()?);
        let fresh = lot.unit_cost == Wide::ZERO && before == 0;
        let leg = |units, unit_cost, lot: &Lot| Leg { place: place.clone(), units, unit_cost, acquired: lot.acquired };
        let recosted = before != 0 && after != 0 && (moved == 0 || (amount == 0 && cost_before != 0));
        let legs = if recosted {
            let old = leg(before.saturating_neg(), lot.unit_cost, lot);
            lot.unit_cost = unit_cost(cost_after, after)?;
            vec![old, leg(after, lot.unit_cost, lot)]
        } else {
            if fresh && moved != 0 {
                lot.unit_cost = unit_cost(amount, moved)?;
            }
            vec![leg(moved, lot.unit_cost, lot)]
        };
        let mut rest = as_weight(amount);
        for leg in &legs {
            rest = rest - weight(leg.units, leg.unit_cost)?;
        }
        Ok((legs, rest))
    }

    /// What a posting of a position account moves, by [`Lots::take`], for all postings of an entry; and the rests by
    /// currency. Where lines would take more from a lot than it had before the entry, as in the reversal of a purchase whose
    /// fee was paid from the lot just bought, they are drawn together in its first line: beancount looks at what was there
    /// before, not at what the entry brings.
    pub(super) fn moves(&mut self, entry: &Entry) -> Result<(BTreeMap<usize, Vec<Leg>>, Rest), Overflow> {
        let (mut moves, mut rests) = (BTreeMap::<usize, Vec<Leg>>::new(), Rest::new());
        let mut crossed = false;
        for (at, posting) in entry.draft.postings.iter().enumerate().filter(|(_, p)| p.account.is_position()) {
            let side = |lots: &Self| {
                let lot = lots.place(posting).and_then(|place| lots.0.get(&place));
                lot.map_or(0, |lot| lot.units.raw().signum())
            };
            let before = side(self);
            let (legs, rest) = self.take(entry, posting)?;
            crossed |= before.saturating_mul(side(self)) < 0;
            *rests.entry(posting.currency).or_default() += rest;
            moves.insert(at, legs);
        }
        if crossed {
            drawn_together(&mut moves)?;
        }
        Ok((moves, rests))
    }

    /// The lot of a posting; one without units is of the lot that it names.
    fn place(&self, posting: &Posting) -> Option<Place> {
        let lot = &posting.tags.lot;
        match posting.holding {
            Some(holding) => Some((posting.account, holding.commodity, lot.clone())),
            None => self.0.keys().find(|(account, _, l)| *account == posting.account && l == lot).cloned(),
        }
    }

    /// Lots that are open.
    pub(super) fn open(&self) -> impl Iterator<Item = (&Place, &Lot)> {
        self.0.iter().filter(|(_, lot)| lot.units != Wide::ZERO)
    }

    /// The account of a lot.
    pub(super) fn account_of(&self, lot: &str) -> Option<AccountCode> {
        self.0.keys().find(|(_, _, l)| l.as_ref().is_some_and(|l| l.as_str() == lot)).map(|(account, _, _)| *account)
    }
}

/// The day that counts for a lot's holding period: what is recorded for a position brought in, the trade session of what was
/// booked later, otherwise the books' day.
fn acquired(entry: &Entry) -> Date {
    let fact = |name| entry.draft.facts.get(name).and_then(Fact::as_str);
    let brought = fact("acquired").and_then(|t| t.parse().ok());
    let late = || fact("trade_session")?.split_once(':')?.1.parse().ok();
    brought.or_else(late).unwrap_or(entry.draft.session.date)
}
