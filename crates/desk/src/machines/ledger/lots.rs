//! Open lots and the order in which they close (BOOKS.md sections 4 and 7).

use std::cmp::Ordering;

use super::fact::LotChoice;
use super::refusal::BookRefusal;
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{LotId, StrategyName};
use crate::domain::journal::{AccountCode, EntryKind};
use crate::domain::market::Side;
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Date;
use crate::domain::wide::{Overflow, Wide, widen};

/// Where a lot comes from; kept for ever, because a reversal may open a closed lot again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    /// The trade session of its opening.
    pub(super) acquired: Date,
    /// The entry that opened it.
    pub(super) seq: u64,
}

/// What is left of a lot in one strategy's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLot {
    /// Its id.
    pub lot: LotId,
    /// The position account that holds it.
    pub account: AccountCode,
    /// What it is of.
    pub commodity: Symbol,
    /// The currency of its cost.
    pub currency: Currency,
    /// Who holds it.
    pub strategy: Option<StrategyName>,
    /// The trade session of its opening.
    pub acquired: Date,
    /// The entry that opened it.
    pub opened_by: u64,
    /// Units left, negative for a short lot.
    pub units: Quantity,
    /// Cost left as it stands in the books: positive for a long lot, minus the proceeds for a short one.
    pub cost: Money,
}

impl OpenLot {
    /// Long or short.
    #[must_use]
    pub const fn side(&self) -> Side {
        if self.units.raw() < 0 { Side::Short } else { Side::Long }
    }

    /// Cost (of a short lot: proceeds) per unit, half to even, for display; gains are never computed from it.
    ///
    /// # Errors
    /// [`Overflow`], also for a lot without units.
    pub fn unit_cost(&self) -> Result<Price, Overflow> {
        let scaled = Wide::from(self.cost) * crate::domain::decimal::SCALE;
        scaled.half_even(widen(self.units.raw())).ok_or(Overflow)?.price()
    }

    /// Its place in its pool: acquisition session, then seq (BOOKS.md section 7).
    pub(super) fn place(&self) -> (Date, u64, Option<StrategyName>) {
        (self.acquired, self.opened_by, self.strategy)
    }

    /// Dearest unit cost (lowest unit proceeds) first, compared by cross-multiplication, ties FIFO.
    fn dearer(&self, other: &Self) -> Ordering {
        let unit = |a: &Self, b: &Self| Wide::product(a.cost.raw(), b.units.magnitude().raw());
        unit(other, self).cmp(&unit(self, other)).then_with(|| self.place().cmp(&other.place()))
    }
}

/// A part of a lot that a fill closes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken<'a> {
    /// The lot.
    pub(super) lot: &'a OpenLot,
    /// Units that leave, with the lot's sign.
    pub(super) units: Quantity,
    /// Cost that leaves, with the lot's sign.
    pub(super) cost: Money,
}

/// Divides what remains of a value over parts that remain: half even, and the last part takes all (section 4).
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    value: Money,
    units: Quantity,
}

impl Shares {
    pub(super) const fn new(value: Money, units: Quantity) -> Self {
        Self { value, units }
    }

    /// The share of `part` units of those that remain; both have the same sign.
    pub(super) fn take(&mut self, part: Quantity) -> Result<Money, Overflow> {
        let share = if part == self.units {
            self.value
        } else {
            let product = Wide::product(self.value.raw(), part.raw());
            product.half_even(widen(self.units.raw())).ok_or(Overflow)?.money()?
        };
        self.value = self.value.checked_sub(share).ok_or(Overflow)?;
        self.units = self.units.checked_sub(part).ok_or(Overflow)?;
        Ok(share)
    }
}

/// Units of a pool, without sign.
pub(super) fn open_units(pool: &[OpenLot]) -> Result<Quantity, Overflow> {
    pool.iter().try_fold(Quantity::ZERO, |sum, l| sum.checked_add(l.units.magnitude())).ok_or(Overflow)
}

/// Why a choice of lots cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChoiceError {
    Refused(BookRefusal),
    Overflow(Overflow),
}

impl ChoiceError {
    /// As a refusal of the fact with this kind and key.
    pub(super) fn into_refusal(self, kind: EntryKind, key: &str) -> BookRefusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Overflow(Overflow) => BookRefusal::overflow(kind, key),
        }
    }
}

impl From<Overflow> for ChoiceError {
    fn from(error: Overflow) -> Self {
        Self::Overflow(error)
    }
}

/// The parts of a pool that `closing` units (without sign, not more than are open) close, in their order.
pub(super) fn choose<'a>(
    pool: &'a [OpenLot],
    choice: &LotChoice,
    closing: Quantity,
    instrument: Symbol,
) -> Result<Vec<Taken<'a>>, ChoiceError> {
    let mut chosen = Chosen { parts: Vec::with_capacity(1), left: closing };
    match choice {
        LotChoice::Fifo => chosen.fill_up(pool.iter())?,
        LotChoice::Lifo => chosen.fill_up(pool.iter().rev())?,
        LotChoice::HighestCost => {
            let mut sorted: Vec<&OpenLot> = pool.iter().collect();
            sorted.sort_by(|a, b| a.dearer(b));
            chosen.fill_up(sorted.into_iter())?;
        }
        LotChoice::Specific(named) => {
            for (lot, units) in named {
                chosen.named(pool, lot, *units, instrument, closing)?;
            }
            chosen.fill_up(pool.iter())?;
        }
    }
    chosen.taken()
}

/// Parts chosen so far: the lot and units without sign.
struct Chosen<'a> {
    parts: Vec<(&'a OpenLot, Quantity)>,
    left: Quantity,
}

impl<'a> Chosen<'a> {
    /// Units of a lot that are not chosen yet.
    fn rest_of(&self, lot: &OpenLot) -> Quantity {
        let chosen = self.parts.iter().filter(|(l, _)| l.place() == lot.place());
        chosen.fold(lot.units.magnitude(), |rest, (_, units)| rest.checked_sub(*units).unwrap_or(Quantity::ZERO))
    }

    fn add(&mut self, lot: &'a OpenLot, most: Quantity) -> Result<(), Overflow> {
        let units = most.min(self.left).min(self.rest_of(lot));
        if !units.is_zero() {
            self.left = self.left.checked_sub(units).ok_or(Overflow)?;
            match self.parts.iter_mut().find(|(l, _)| l.place() == lot.place()) {
                Some((_, sum)) => *sum = sum.checked_add(units).ok_or(Overflow)?,
                None => self.parts.push((lot, units)),
            }
        }
        Ok(())
    }

    fn fill_up(&mut self, lots: impl Iterator<Item = &'a OpenLot>) -> Result<(), Overflow> {
        for lot in lots {
            if self.left.is_zero() {
                break;
            }
            self.add(lot, self.left)?;
        }
        Ok(())
    }

    fn named(
        &mut self,
        pool: &'a [OpenLot],
        lot: &LotId,
        asked: Quantity,
        instrument: Symbol,
        closing: Quantity,
    ) -> Result<(), ChoiceError> {
        let slices = || pool.iter().filter(|l| l.lot == *lot);
        if slices().next().is_none() {
            return Err(ChoiceError::Refused(BookRefusal::UnknownLot { lot: lot.clone(), instrument }));
        }
        let open = slices().try_fold(Quantity::ZERO, |sum, l| sum.checked_add(self.rest_of(l))).ok_or(Overflow)?;
        if asked.raw() <= 0 || asked > open {
            return Err(ChoiceError::Refused(BookRefusal::LotUnits { lot: lot.clone(), asked, open }));
        }
        if asked > self.left {
            let before = closing.checked_sub(self.left).ok_or(Overflow)?;
            let asked = before.checked_add(asked).ok_or(Overflow)?;
            return Err(ChoiceError::Refused(BookRefusal::LotsBeyondFill { asked, closing }));
        }
        let mut rest = asked;
        for slice in slices() {
            let before = self.left;
            self.add(slice, rest)?;
            let added = before.checked_sub(self.left).ok_or(Overflow)?;
            rest = rest.checked_sub(added).ok_or(Overflow)?;
        }
        Ok(())
    }

    fn taken(self) -> Result<Vec<Taken<'a>>, ChoiceError> {
        let mut taken = Vec::with_capacity(self.parts.len().saturating_add(1));
        for (lot, units) in self.parts {
            let units = if lot.units.raw() < 0 { units.negated() } else { units };
            let cost = Shares::new(lot.cost, lot.units).take(units)?;
            taken.push(Taken { lot, units, cost });
        }
        Ok(taken)
    }
}
