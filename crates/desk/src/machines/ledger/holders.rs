//! Who holds what: cash that a whole position brings is shared by the strategies that hold it.

use super::books::Books;
use super::lots::Shares;
use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::StrategyName;
use crate::domain::journal::AccountCode;
use crate::domain::symbol::Symbol;
use crate::domain::wide::Overflow;

/// Units by strategy, without sign, in the order of their first lots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holders {
    parts: Vec<(Option<StrategyName>, Quantity)>,
}

impl Holders {
    /// Adds units of a strategy.
    pub(super) fn add(&mut self, strategy: Option<StrategyName>, units: Quantity) -> Result<(), Overflow> {
        match self.parts.iter_mut().find(|(s, _)| *s == strategy) {
            Some((_, sum)) => *sum = sum.checked_add(units).ok_or(Overflow)?,
            None => self.parts.push((strategy, units)),
        }
        Ok(())
    }

    /// All units.
    pub(super) fn total(&self) -> Result<Quantity, Overflow> {
        self.parts.iter().try_fold(Quantity::ZERO, |sum, (_, units)| sum.checked_add(*units)).ok_or(Overflow)
    }

    /// An amount shared as the units are; of nobody where nobody holds any. Parts of nothing are left out.
    pub(super) fn share(&self, amount: Money) -> Result<Vec<(Option<StrategyName>, Money)>, Overflow> {
        if self.parts.is_empty() {
            return Ok(vec![(None, amount)]);
        }
        let mut shares = Shares::new(amount, self.total()?);
        let mut parts = Vec::with_capacity(self.parts.len());
        for (strategy, units) in &self.parts {
            parts.push((*strategy, shares.take(*units)?));
        }
        parts.retain(|(_, amount)| !amount.is_zero());
        Ok(parts)
    }
}

impl Books {
    /// Who holds units of a position account.
    pub(super) fn holders(&self, commodity: Symbol, account: AccountCode) -> Result<Holders, Overflow> {
        let mut holders = Holders::default();
        for lot in self.pool(commodity, account) {
            holders.add(lot.strategy, lot.units.magnitude())?;
        }
        Ok(holders)
    }
}
