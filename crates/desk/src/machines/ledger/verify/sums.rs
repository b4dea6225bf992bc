//! Sums over postings, computed anew in 128 bits: nothing here is shared with the machine that books.

use std::collections::BTreeMap;

use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{LotId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, EntryKind, Fact, Posting};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::wide::{Overflow, Wide};
use crate::machines::ledger::record::{ClosingBalance, ClosingLot, TrialLine};

type BalanceOf = (AccountCode, Currency, Option<Symbol>, Option<StrategyName>);
type LotOf = (Symbol, AccountCode, LotId, Option<StrategyName>, Currency);

/// Amount and units.
type Sum = (Wide, Wide);

/// The sums of all postings so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    balances: BTreeMap<BalanceOf, Sum>,
    lots: BTreeMap<LotOf, Sum>,
    /// What each lot of a contract was last settled at.
    references: BTreeMap<LotId, Price>,
}

impl Sums {
    /// The sums of some entries at the end of a day: those of later days are left out, the others come day by day.
    pub(super) fn through<'a>(day: SessionId, drafts: impl Iterator<Item = &'a Draft>) -> Self {
        let mut days: Vec<&Draft> = drafts.filter(|draft| draft.session <= day).collect();
        days.sort_by_key(|draft| draft.session);
        let mut sums = Self::default();
        for draft in days {
            sums.add(draft);
        }
        sums
    }

    /// Adds an entry's postings, and the price at which it opens or settles contracts.
    pub(super) fn add(&mut self, draft: &Draft) {
        draft.postings.iter().for_each(|posting| self.posting(posting));
        let price = || draft.facts.get("price").and_then(Fact::as_str)?.parse::<Price>().ok();
        if draft.kind == EntryKind::Variation {
            let (Some(price), Some(of)) = (price(), draft.postings.iter().find_map(|p| p.tags.instrument)) else {
                return;
            };
            let open = self.lots.keys().filter(|key| key.0 == of && key.1 == AccountCode::FUTURES);
            self.references.extend(open.map(|key| (key.2.clone(), price)));
        }
        for posting in draft.postings.iter().filter(|p| p.account == AccountCode::FUTURES) {
            if let (Some(lot), Some(price)) = (&posting.tags.lot, price()) {
                self.references.entry(lot.clone()).or_insert(price);
            }
        }
    }

    fn posting(&mut self, p: &Posting) {
        let units = p.holding.map_or(Wide::ZERO, |h| Wide::from(h.units));
        let key = (p.account, p.currency, p.holding.map(|h| h.commodity), p.tags.strategy);
        let sum = self.balances.entry(key).or_default();
        sum.0 += Wide::from(p.amount);
        sum.1 += units;
        if let (Some(h), Some(lot), false) = (p.holding, &p.tags.lot, p.account.is_units()) {
            let key = (h.commodity, p.account, lot.clone(), p.tags.strategy, p.currency);
            let sum = self.lots.entry(key.clone()).or_default();
            sum.0 += Wide::from(p.amount);
            sum.1 += units;
            if sum.1 == Wide::ZERO && sum.0 == Wide::ZERO {
                self.lots.remove(&key);
            }
        }
    }

    /// The closing balances that these postings give.
    pub(super) fn closing_balances(&self) -> Result<Vec<ClosingBalance>, Overflow> {
        let open = self.balances.iter().filter(|(_, sum)| **sum != Sum::default());
        open.map(|((account, currency, commodity, strategy), (amount, units))| {
            Ok(ClosingBalance {
                account: *account,
                currency: *currency,
                commodity: *commodity,
                strategy: *strategy,
                amount: amount.money()?,
                units: if commodity.is_some() { Some(units.quantity()?) } else { None },
            })
        })
        .collect()
    }

    /// The closing lots that these postings give.
    pub(super) fn closing_lots(&self) -> Result<Vec<ClosingLot>, Overflow> {
        let line = |((commodity, account, lot, strategy, currency), (cost, units)): (&LotOf, &Sum)| {
            Ok(ClosingLot {
                commodity: *commodity,
                account: *account,
                lot: lot.clone(),
                strategy: *strategy,
                currency: *currency,
                units: units.quantity()?,
                cost: cost.money()?,
                reference: self.references.get(lot).copied(),
            })
        };
        self.lots.iter().map(line).collect()
    }

    /// The trial balance that these postings give.
    pub(super) fn trial_lines(&self) -> Result<Vec<TrialLine>, Overflow> {
        let mut money: BTreeMap<(AccountCode, Currency), Wide> = BTreeMap::new();
        let mut units: BTreeMap<(AccountCode, Symbol), Wide> = BTreeMap::new();
        for ((account, currency, commodity, _), sum) in &self.balances {
            *money.entry((*account, *currency)).or_default() += sum.0;
            if let Some(commodity) = commodity {
                *units.entry((*account, *commodity)).or_default() += sum.1;
            }
        }
        let nothing = TrialLine {
            account: AccountCode::CASH_SETTLED,
            currency: None,
            amount: None,
            commodity: None,
            units: None,
        };
        let mut lines = Vec::new();
        for ((account, currency), sum) in money {
            let amount: Money = sum.money()?;
            if !amount.is_zero() {
                lines.push(TrialLine { account, currency: Some(currency), amount: Some(amount), ..nothing.clone() });
            }
        }
        for ((account, commodity), sum) in units {
            let units: Quantity = sum.quantity()?;
            if !units.is_zero() {
                lines.push(TrialLine { account, commodity: Some(commodity), units: Some(units), ..nothing.clone() });
            }
        }
        Ok(lines)
    }
}
