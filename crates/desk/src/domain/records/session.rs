//! A session's figures and what happened in it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::chain::Hash;
use crate::domain::decimal::{Money, Ratio};
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::domain::wide::{Overflow, Wide};

/// Fees by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeSums {
    /// The broker's.
    pub commission: Money,
    /// SEC section 31.
    pub sec: Money,
    /// FINRA's trading activity fee.
    pub taf: Money,
}

impl FeeSums {
    /// All kinds together.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn total(&self) -> Result<Money, Overflow> {
        (Wide::from(self.commission) + Wide::from(self.sec) + Wide::from(self.taf)).money()
    }

    /// Both together, kind by kind.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        let sum = |a: Money, b: Money| a.checked_add(b).ok_or(Overflow);
        Ok(Self {
            commission: sum(self.commission, other.commission)?,
            sec: sum(self.sec, other.sec)?,
            taf: sum(self.taf, other.taf)?,
        })
    }
}

/// A freeze that was set in a session (RISK-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeRecord {
    /// When.
    pub at: Timestamp,
    /// Its name: `day_loss`, `drawdown` …
    pub name: Cow<'static, str>,
    /// The strategy, where it does not hold for the account.
    pub strategy_name: Option<StrategyName>,
    /// What was reached, as decimal text: money, or a count.
    pub value: String,
    /// The limit, likewise.
    pub limit: String,
}

/// A window that did not take place, said aloud (STRAT-6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkippedWindow {
    /// Whose.
    pub strategy_name: StrategyName,
    /// Why, as a stable code: `start_not_before_end` …
    pub reason: Cow<'static, str>,
}

/// How good one symbol's bars were in one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolQuality {
    /// Which symbol.
    pub ticker: Symbol,
    /// Bars inside the session.
    pub bars: u64,
    /// Minutes of the session without a bar.
    pub missing_minutes: u64,
    /// Bars left out because they start outside of the session (STRAT-1).
    pub outside_session: u64,
    /// Corrupt bars (STRAT-2).
    pub corrupt_bars: u64,
    /// The lowest data quality score (STRAT-3); nothing without a bar.
    pub lowest_dvs: Option<Ratio>,
    /// Bars at which the symbol was `fallen` (STRAT-3).
    pub fallen_bars: u64,
}

/// What stood in the market during a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// The highest gross exposure at any whole minute.
    pub peak_gross: Money,
    /// The mean of gross exposure over the session's whole minutes, half to even.
    pub average_gross: Money,
    /// Whole minutes with a position.
    pub minutes_in_market: u64,
    /// The session's whole minutes.
    pub minutes: u64,
    /// Σ value of all fills.
    pub turnover: Money,
}

/// One session of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRecord {
    /// Its id.
    pub session: SessionId,
    /// The open.
    pub open: Timestamp,
    /// The close.
    pub close: Timestamp,
    /// Whether the exchange closed early.
    pub early_close: bool,
    /// Equity by the books at the open (LEDG-3a).
    pub equity_open: Money,
    /// Equity after the close, the day's rounding of fees included.
    pub equity_close: Money,
    /// Float that had come in at the open, less float that had gone back.
    pub contributed_open: Money,
    /// The same after the close.
    pub contributed_close: Money,
    /// Net result of the trades closed in it.
    pub net: Money,
    /// Fees of its fills, as accrued.
    pub fees: FeeSums,
    /// What the day's rounding added (STRAT-16); no commission.
    pub fee_rounding: FeeSums,
    /// The deepest fall of equity from its highest value since the run began, at any `T` of the session.
    pub max_drawdown: Money,
    /// What stood in the market.
    pub exposure: Exposure,
    /// Data quality, by symbol in byte order.
    pub data: Vec<SymbolQuality>,
    /// Freezes set, in order.
    pub freezes: Vec<FreezeRecord>,
    /// Windows that did not take place.
    pub skipped_windows: Vec<SkippedWindow>,
    /// Orders sent.
    pub orders: u64,
    /// Fills received.
    pub fills: u64,
    /// The number of the last journal entry when the session had ended.
    pub last_entry_seq: u64,
    /// The books' head then: after the day close, where the books were closed with the session.
    pub books_head: Hash,
}

/// Equity by the books at an instant, positions at their last close; float that moved since the first open is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquityPoint {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub equity: Money,
}
