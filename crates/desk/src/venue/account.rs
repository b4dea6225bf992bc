//! The account that the simulated venue keeps: cash by trade date and by settlement, fees accrued and charged (STRAT-16).

use std::collections::BTreeMap;

use crate::domain::decimal::{Money, SCALE};
use crate::domain::ids::SessionId;
use crate::domain::journal::FeeKind;
use crate::domain::order::Execution;
use crate::domain::time::Date;
use crate::domain::wide::{Overflow, Wide, value_of};

/// Fees of a session that leave the account, summed and raised to the cent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The activity's id: `{session}:{fee kind}`.
    pub activity: String,
    /// The session whose sales are charged.
    pub of: SessionId,
    /// Which fee.
    pub fee: FeeKind,
    /// How much leaves the account.
    pub amount: Money,
}

/// Cash as the venue sees it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    cash: Wide,
    unsettled: BTreeMap<Date, Wide>,
    accrued: BTreeMap<(SessionId, FeeKind), Wide>,
}

impl Account {
    /// An account that holds this much settled cash.
    #[must_use]
    pub fn with_cash(cash: Money) -> Self {
        Self { cash: Wide::from(cash), ..Self::default() }
    }

    /// All cash, settled or not.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn cash(&self) -> Result<Money, Overflow> {
        self.cash.money()
    }

    /// Settled cash.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn settled(&self) -> Result<Money, Overflow> {
        self.unsettled.values().fold(self.cash, |sum, part| sum - *part).money()
    }

    /// What falls due on or before a day settles.
    pub fn settle(&mut self, on: Date) {
        self.unsettled = self.unsettled.split_off(&on.plus(1));
    }

    /// Takes an execution in: its cash, unsettled until its day, and what it accrues.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn take(&mut self, execution: &Execution, session: SessionId, settles: Date) -> Result<(), Overflow> {
        let value = Wide::from(value_of(execution.quantity, execution.price)?);
        let cash = -value - Wide::from(execution.commission);
        self.cash += cash;
        *self.unsettled.entry(settles).or_default() += cash;
        for (fee, amount) in &execution.accrued {
            *self.accrued.entry((session, *fee)).or_default() += Wide::from(*amount);
        }
        Ok(())
    }

    /// Charges the fees of all sessions before this one, each session's sum per kind raised to the cent.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn charge_before(&mut self, session: SessionId) -> Result<Vec<Charge>, Overflow> {
        let due: Vec<_> = self.accrued.keys().filter(|(s, _)| *s < session).copied().collect();
        let mut charges = Vec::new();
        for key in due {
            let (of, fee) = key;
            let Some(sum) = self.accrued.remove(&key) else { continue };
            let amount = raised_to_cent(sum)?;
            if !amount.is_zero() {
                self.cash += -Wide::from(amount);
                charges.push(Charge { activity: format!("{of}:{}", fee.as_str()), of, fee, amount });
            }
        }
        Ok(charges)
    }
}

/// A sum raised to the next cent.
fn raised_to_cent(sum: Wide) -> Result<Money, Overflow> {
    const CENT: i64 = SCALE / 100;
    (sum.raised(crate::domain::wide::widen(CENT)).ok_or(Overflow)? * CENT).money()
}
