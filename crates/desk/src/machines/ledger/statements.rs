//! Statements: sums over postings, and nothing besides (LEDG-3a, LEDG-6).

use std::collections::{BTreeMap, BTreeSet};

use super::balances::{Balance, BalanceKey};
use super::books::{Books, OpenItem};
use super::lots::OpenLot;
use super::record::{ClosingBalance, ClosingLot};
use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::{ExecutionId, ItemId, SessionId};
use crate::domain::journal::{AccountCode, Posting};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::wide::{Overflow, Wide};

/// Balances by account: money per currency, units per commodity. Debits are positive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialBalance {
    /// Σ amount; accounts that carry units only are left out.
    pub money: BTreeMap<(AccountCode, Currency), Money>,
    /// Σ units.
    pub units: BTreeMap<(AccountCode, Symbol), Quantity>,
}

impl TrialBalance {
    /// Σ of all accounts per currency; zero where the books balance.
    #[must_use]
    pub fn money_totals(&self) -> BTreeMap<Currency, Wide> {
        let mut totals: BTreeMap<Currency, Wide> = BTreeMap::new();
        for ((_, currency), amount) in &self.money {
            *totals.entry(*currency).or_default() += Wide::from(*amount);
        }
        totals
    }

    /// Σ of all accounts per commodity; zero where the books balance.
    #[must_use]
    pub fn unit_totals(&self) -> BTreeMap<Symbol, Wide> {
        let mut totals: BTreeMap<Symbol, Wide> = BTreeMap::new();
        for ((_, commodity), units) in &self.units {
            *totals.entry(*commodity).or_default() += Wide::from(*units);
        }
        totals
    }
}

/// The cash of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cash {
    /// 1010, as the broker's settled cash.
    pub settled: Money,
    /// 1020: traded, not settled; both signs.
    pub unsettled: Money,
    /// 1030: in the derivatives wallet.
    pub derivatives: Money,
    /// All of it: the broker's cash.
    pub total: Money,
}

/// What a trade earned: gross = gains, fees = 5xxx, both summed over the postings of its fills (BOOKS.md section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TradeResult {
    /// Realised gains; losses are negative.
    pub gross: Money,
    /// Fees; rebates are negative.
    pub fees: Money,
}

impl TradeResult {
    /// The result of some fills, from any postings that hold theirs.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn of<'a>(
        postings: impl IntoIterator<Item = &'a Posting>,
        fills: &BTreeSet<ExecutionId>,
    ) -> Result<Self, Overflow> {
        let mut result = Self::default();
        for posting in postings {
            if posting.tags.fill.as_ref().is_some_and(|f| fills.contains(f)) {
                result.add(posting)?;
            }
        }
        Ok(result)
    }

    /// Adds a posting of one of the trade's fills; what is neither gain nor fee changes nothing.
    ///
    /// # Errors
    /// [`Overflow`]; the result is as it was.
    pub fn add(&mut self, posting: &Posting) -> Result<(), Overflow> {
        match posting.account {
            AccountCode::GAINS_SHORT_TERM
            | AccountCode::GAINS_LONG_TERM
            | AccountCode::GAINS_FUTURES
            | AccountCode::GAINS_PERPETUALS => {
                self.gross = self.gross.checked_sub(posting.amount).ok_or(Overflow)?;
            }
            account if (5000..6000).contains(&account.code()) => {
                self.fees = self.fees.checked_add(posting.amount).ok_or(Overflow)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Gross less fees.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn net(&self) -> Result<Money, Overflow> {
        self.gross.checked_sub(self.fees).ok_or(Overflow)
    }
}

impl Books {
    /// Each balance with its key, in the order of the keys.
    pub fn balances(&self) -> impl Iterator<Item = (&BalanceKey, &Balance)> {
        self.balances.iter()
    }

    /// The balance of an account in a currency.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn balance(&self, account: AccountCode, currency: Currency) -> Result<Money, Overflow> {
        let first = BalanceKey { account, currency, commodity: None, strategy: None };
        let of = self.balances.from(&first).take_while(|(k, _)| k.account == account && k.currency == currency);
        of.map(|(_, b)| b.amount).try_fold(Money::ZERO, Money::checked_add).ok_or(Overflow)
    }

    /// Balances by account.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn trial_balance(&self) -> Result<TrialBalance, Overflow> {
        let mut trial = TrialBalance::default();
        for (key, balance) in self.balances.iter() {
            if !key.account.is_units() {
                let sum = trial.money.entry((key.account, key.currency)).or_default();
                *sum = sum.checked_add(balance.amount).ok_or(Overflow)?;
            }
            if let Some(commodity) = key.commodity {
                let sum = trial.units.entry((key.account, commodity)).or_default();
                *sum = sum.checked_add(balance.units).ok_or(Overflow)?;
            }
        }
        Ok(trial)
    }

    /// Units by instrument over 13xx and 2110, short ones negative; what is flat is left out.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn positions(&self) -> Result<BTreeMap<Symbol, Quantity>, Overflow> {
        let mut positions: BTreeMap<Symbol, Quantity> = BTreeMap::new();
        for (key, balance) in self.balances.iter() {
            if let (true, Some(commodity)) = (key.account.is_position(), key.commodity) {
                let sum = positions.entry(commodity).or_default();
                *sum = sum.checked_add(balance.units).ok_or(Overflow)?;
            }
        }
        positions.retain(|_, units| !units.is_zero());
        Ok(positions)
    }

    /// The open lots, by instrument and account, each pool in FIFO order.
    pub fn open_lots(&self) -> impl Iterator<Item = &OpenLot> {
        self.pools.values().flatten()
    }

    /// The open lots of one instrument, long ones first, in FIFO order.
    pub fn open_lots_of(&self, instrument: Symbol) -> impl Iterator<Item = &OpenLot> {
        let first = (instrument, AccountCode::CASH_SETTLED);
        self.pools.range(first..).take_while(move |((of, _), _)| *of == instrument).flat_map(|(_, pool)| pool)
    }

    /// Cash of a currency.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn cash(&self, currency: Currency) -> Result<Cash, Overflow> {
        let settled = self.balance(AccountCode::CASH_SETTLED, currency)?;
        let unsettled = self.balance(AccountCode::CASH_UNSETTLED, currency)?;
        let derivatives = self.balance(AccountCode::CASH_DERIVATIVES, currency)?;
        let total = settled.checked_add(unsettled).and_then(|t| t.checked_add(derivatives)).ok_or(Overflow)?;
        Ok(Cash { settled, unsettled, derivatives, total })
    }

    /// Unsettled cash by currency, settlement date and the books' day that brought it; never zero.
    pub fn unsettled(&self) -> impl Iterator<Item = (&(Currency, ItemId, SessionId), &Money)> {
        self.due.iter()
    }

    /// The other open items by account, currency and item; never zero.
    pub fn open_items(&self) -> impl Iterator<Item = (&(AccountCode, Currency, ItemId), &OpenItem)> {
        self.items.iter()
    }

    /// The closing balances as of now: what is zero is left out.
    #[must_use]
    pub fn closing_balances(&self) -> Vec<ClosingBalance> {
        let open = self.balances.iter().filter(|(_, b)| !(b.amount.is_zero() && b.units.is_zero()));
        open.map(|(k, b)| ClosingBalance {
            account: k.account,
            currency: k.currency,
            commodity: k.commodity,
            strategy: k.strategy,
            amount: b.amount,
            units: k.commodity.map(|_| b.units),
        })
        .collect()
    }

    /// The closing lots as of now, in the order of commodity, account, lot and strategy.
    #[must_use]
    pub fn closing_lots(&self) -> Vec<ClosingLot> {
        let line = |l: &OpenLot| ClosingLot {
            commodity: l.commodity,
            account: l.account,
            lot: l.lot.clone(),
            strategy: l.strategy,
            currency: l.currency,
            units: l.units,
            cost: l.cost,
            reference: self.reference(&l.lot),
        };
        let mut lots: Vec<ClosingLot> = self.open_lots().map(line).collect();
        lots.sort();
        lots
    }
}
