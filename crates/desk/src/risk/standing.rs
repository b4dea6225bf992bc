//! Where the account stands when a signal is weighed.

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::StrategyName;
use crate::domain::wide::Wide;
use crate::gates::Reason;

/// A latched reason not to open positions (RISK-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Whom it stops; nothing is the whole account.
    pub strategy: Option<StrategyName>,
    /// Why.
    pub reason: Reason,
    /// What was measured.
    pub have: Money,
    /// What is allowed.
    pub limit: Money,
}

/// Exposure, counts and freezes at `T`, open orders and orders of unknown outcome counted at full size (I6).
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// The limits in force.
    pub limits: &'a Limits,
    /// What is frozen.
    pub freezes: &'a [Freeze],
    /// Approved entries today, by strategy.
    pub trades: &'a [(StrategyName, u32)],
    /// Approved entries today in this symbol.
    pub trades_symbol: u32,
    /// Whether an entry in this symbol was ever approved before (RISK-11).
    pub traded_before: bool,
    /// The symbol's volume in the session before, or in this one so far where there is none before.
    pub volume: Quantity,
    /// Symbols held or being entered.
    pub positions: u32,
    /// Who owns this symbol now.
    pub owner: Option<StrategyName>,
    /// Whether an order of ours works in this symbol already (RISK-7).
    pub working: bool,
    /// Σ |exposure| at the last closes.
    pub gross: Wide,
    /// Σ exposure at the last closes, signed.
    pub net: Wide,
    /// What all open positions lose if every stop is hit, from their reference.
    pub open_risk: Wide,
    /// Net result of the trades closed today.
    pub closed_today: Wide,
}

impl Standing<'_> {
    /// Approved entries of a strategy today.
    #[must_use]
    pub fn trades_of(&self, strategy: StrategyName) -> u32 {
        self.trades.iter().find(|(s, _)| *s == strategy).map_or(0, |(_, n)| *n)
    }

    /// Approved entries of the account today.
    #[must_use]
    pub fn trades_day(&self) -> u32 {
        self.trades.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// What may still be lost today: the daily limit, less what was lost, less what open positions can lose (TRADE-12).
    #[must_use]
    pub fn day_budget(&self) -> Wide {
        Wide::from(self.limits.day_loss) + self.closed_today.min(Wide::ZERO) - self.open_risk
    }
}
