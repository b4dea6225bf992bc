//! One decision with its gate trace (REP-3a), and evaluations that gave no signal (TRADE-10).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::words::{GateName, Outcome, Verdict};
use crate::domain::decimal::{Price, Quantity};
use crate::domain::ids::{DecisionId, OrderId, SessionId, StrategyName};
use crate::domain::market::Side;
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;

/// What a strategy saw, by name in byte order: decimal text.
pub type Inputs = BTreeMap<Cow<'static, str>, String>;

/// What one gate said of one signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRecord {
    /// Which gate.
    pub gate: GateName,
    /// What it saw, where it could be computed.
    pub value: Option<String>,
    /// What it needs, in the value's unit.
    pub threshold: Option<String>,
    /// What it said.
    pub verdict: Verdict,
    /// Why, as a stable code: `corrupt_hold`, `edge`, `zero_size` …
    pub reason: Option<Cow<'static, str>>,
}

/// A signal with its gate trace and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRecord {
    /// Its id.
    pub decision_id: DecisionId,
    /// `T`: the end of the signal's bar.
    pub at: Timestamp,
    /// The exchange's session.
    pub session: SessionId,
    /// Whose signal it is.
    pub strategy_name: StrategyName,
    /// In what.
    pub ticker: Symbol,
    /// Long or short.
    pub trade_side: Side,
    /// What the strategy saw.
    pub inputs: Inputs,
    /// The plan's reference price: the signal bar's close.
    pub ref_price: Price,
    /// The plan's stop.
    pub stop_price: Price,
    /// The plan's target.
    pub target_price: Price,
    /// R: |reference − stop| after rounding.
    pub risk_per_unit: Price,
    /// The size by STRAT-8; zero where a limit leaves nothing.
    pub size: Quantity,
    /// The trace, in the gates' order.
    pub gates: Vec<GateRecord>,
    /// The first gate that failed.
    pub blocked_by: Option<GateName>,
    /// The blocking gate's reason, as a stable code.
    pub reason: Option<Cow<'static, str>>,
    /// What became of it.
    pub outcome: Outcome,
    /// The orders that followed.
    pub order_ids: Vec<OrderId>,
    /// The correlation id: the decision's own.
    pub correlation_id: DecisionId,
}

/// Evaluations that ended without a signal, for one reason (STRAT-6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedReason {
    /// The exchange's session.
    pub session: SessionId,
    /// Whose evaluations.
    pub strategy_name: StrategyName,
    /// In what.
    pub ticker: Symbol,
    /// `outside_window`, `corrupt_bar`, `max_trades`, `in_position`, `insufficient_data`, `no_setup`, `spent`,
    /// `screened_out`.
    pub reason: Cow<'static, str>,
    /// How many.
    pub count: u64,
    /// The instant of the last one.
    pub last_at: Timestamp,
}
