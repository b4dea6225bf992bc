//! A trade: one position of one strategy, from its first share to its last (STRAT-17).

use serde::{Deserialize, Serialize};

use super::decimal::{Money, Price, Quantity};
use super::ids::{DecisionId, OrderId, SessionId, StrategyName};
use super::market::Side;
use super::order::{ExitReason, Plan};
use super::symbol::Symbol;
use super::time::Timestamp;
use super::wide::{Overflow, Wide};

/// A closed trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// The decision it follows from.
    pub decision: DecisionId,
    /// Its session.
    pub session: SessionId,
    /// Whose it was.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Long or short.
    pub side: Side,
    /// Shares entered.
    pub size: Quantity,
    /// The plan.
    pub plan: Plan,
    /// `T` of the signal.
    pub signal_at: Timestamp,
    /// First entry fill.
    pub entered_at: Timestamp,
    /// Last exit fill.
    pub exited_at: Timestamp,
    /// Σ quantity × price of the entry's fills.
    pub entry_value: Money,
    /// Σ quantity × price of the exits' fills.
    pub exit_value: Money,
    /// Σ quantity × undisturbed price of the entry's fills: what slippage is measured against.
    pub entry_reference_value: Money,
    /// The same of the exits' fills.
    pub exit_reference_value: Money,
    /// Commission of all its fills.
    pub commission: Money,
    /// SEC fee accrued by its fills.
    pub sec: Money,
    /// FINRA activity fee accrued by its fills.
    pub taf: Money,
    /// Why it was closed: the reason of the order which took its last share.
    pub reason: ExitReason,
    /// Whether its last share was closed by the model alone (STRAT-15).
    pub synthetic: bool,
    /// Its orders, in the order in which they were decided.
    pub orders: Vec<OrderId>,
}

impl Trade {
    /// Commission and regulatory fees.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn fees(&self) -> Result<Money, Overflow> {
        (Wide::from(self.commission) + Wide::from(self.sec) + Wide::from(self.taf)).money()
    }

    /// Result before fees.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn gross(&self) -> Result<Money, Overflow> {
        ((Wide::from(self.exit_value) - Wide::from(self.entry_value)) * self.side.sign()).money()
    }

    /// Result after fees.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn net(&self) -> Result<Money, Overflow> {
        (Wide::from(self.gross()?) - Wide::from(self.fees()?)).money()
    }

    /// Entry value ÷ size, half to even.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn entry_price(&self) -> Result<Price, Overflow> {
        average(self.entry_value, self.size)
    }

    /// Exit value ÷ size, half to even.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn exit_price(&self) -> Result<Price, Overflow> {
        average(self.exit_value, self.size)
    }
}

/// A value over a quantity as a price, half to even at 10⁻⁸.
///
/// # Errors
/// [`Overflow`] also for a quantity of zero.
pub fn average(value: Money, quantity: Quantity) -> Result<Price, Overflow> {
    (Wide::from(value) * super::decimal::SCALE).half_even(super::wide::widen(quantity.raw())).ok_or(Overflow)?.price()
}
