//! The gates that a signal passes, in their fixed order (TRADE-8, STRAT-12). Every gate is evaluated into the trace; the
//! first that fails blocks, and the trace says what the later ones would have said.

/// Data quality.
mod data_quality;
/// Expected move against round-trip cost.
mod fee;
/// Pre-trade risk.
mod pre_trade_risk;
/// Session and window.
mod session;
/// Freezes.
mod state;
/// The table that orders the gates.
mod table;
/// What a trace is made of.
mod trace;
/// Trades a day, and the edge after costs.
mod turnover;

pub use table::{Evidence, GATES, evaluate};
pub use trace::{Check, GateName, GateResult, Reason, Trace, Verdict};
