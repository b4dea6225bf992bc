//! The table that orders the gates, and the one way through it.

use super::trace::{Check, GateName, GateResult, Reason, Trace, Verdict};
use super::{data_quality, fee, pre_trade_risk, session, state, turnover};
use crate::domain::decimal::Ratio;
use crate::domain::wide::Overflow;
use crate::machines::market_data::View;
use crate::risk::{Candidate, Standing};

/// All that a gate may look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The signal with its plan, size and costs.
    pub candidate: &'a Candidate<'a>,
    /// The market at `T`.
    pub view: &'a View<'a>,
    /// Where the account stands.
    pub standing: &'a Standing<'a>,
}

/// What a gate can answer.
#[derive(Clone, Copy)]
pub enum Gate {
    /// It looks at the evidence.
    Looks(fn(&Evidence<'_>) -> Result<Vec<Check>, Overflow>),
    /// It passes until statistics exist.
    NoHistory,
    /// No strategy on bars alone declares its evidence (TRADE-8a, STRAT-12).
    NotApplicable,
}

/// The gates in their order.
pub const GATES: [(GateName, Gate); 17] = [
    (GateName::State, Gate::Looks(state::check)),
    (GateName::Session, Gate::Looks(session::check)),
    (GateName::DataQuality, Gate::Looks(data_quality::check)),
    (GateName::Score, Gate::NotApplicable),
    (GateName::Toxicity, Gate::NotApplicable),
    (GateName::Freshness, Gate::NotApplicable),
    (GateName::Intelligence, Gate::NotApplicable),
    (GateName::Regime, Gate::NotApplicable),
    (GateName::OrderFlow, Gate::NotApplicable),
    (GateName::Expectancy, Gate::NoHistory),
    (GateName::Fee, Gate::Looks(fee::check)),
    (GateName::ExecutionQuality, Gate::NotApplicable),
    (GateName::Correlation, Gate::NotApplicable),
    (GateName::Reliability, Gate::NoHistory),
    (GateName::Turnover, Gate::Looks(turnover::check)),
    (GateName::Noise, Gate::NotApplicable),
    (GateName::PreTradeRisk, Gate::Looks(pre_trade_risk::check)),
];

/// Asks every gate. Returns the trace and, where one blocked, its name and finding.
///
/// # Errors
/// [`Overflow`] where a number does not fit; the signal is then refused by whoever asks.
pub fn evaluate(evidence: &Evidence<'_>) -> Result<(Trace, Option<(GateName, Reason)>), Overflow> {
    let mut trace = Vec::with_capacity(GATES.len());
    let mut blocked = None;
    for (gate, answer) in GATES {
        let (verdict, checks) = match answer {
            Gate::NotApplicable => (Verdict::NotApplicable, Vec::new()),
            Gate::NoHistory => (Verdict::NoHistory, Vec::new()),
            Gate::Looks(check) => {
                let checks = check(evidence)?;
                let failed = checks.iter().find(|c| !c.holds);
                let verdict = match (failed, blocked) {
                    (None, None) => Verdict::Pass,
                    (None, Some(_)) => Verdict::WouldPass,
                    (Some(_), Some(_)) => Verdict::WouldBlock,
                    (Some(failed), None) => {
                        blocked = Some((gate, failed.reason));
                        Verdict::Block
                    }
                };
                (verdict, checks)
            }
        };
        trace.push(GateResult { gate, verdict, checks });
    }
    Ok((trace, blocked))
}

/// A finding about two numbers.
pub(crate) const fn check(reason: Reason, value: Ratio, threshold: Ratio, holds: bool) -> Check {
    Check { reason, value, threshold, holds }
}
