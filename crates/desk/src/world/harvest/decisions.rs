//! Decisions with what became of them (REP-3a).

use std::borrow::Cow;

use super::follow::{Chain, Followed};
use crate::domain::event::{Body, Decision, Event};
use crate::domain::records::{DecisionRecord, GateRecord, Outcome};
use crate::domain::time::Timestamp;
use crate::gates::GateResult;

/// One record a signal, in order.
pub(super) fn records(events: &[Event], followed: &Followed<'_>) -> Vec<DecisionRecord> {
    let decided = events.iter().filter_map(|event| match &event.body {
        Body::Decided(decision) => Some((event.at, decision)),
        _ => None,
    });
    decided.map(|(at, decision)| record(at, decision, followed.get(&decision.id))).collect()
}

fn record(at: Timestamp, d: &Decision, chain: Option<&Chain<'_>>) -> DecisionRecord {
    let inputs = d.inputs.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), value.to_string()));
    DecisionRecord {
        decision_id: d.id.clone(),
        at,
        session: d.session,
        strategy_name: d.strategy,
        ticker: d.symbol,
        trade_side: d.side,
        inputs: inputs.collect(),
        ref_price: d.plan.reference,
        stop_price: d.plan.stop,
        target_price: d.plan.target,
        risk_per_unit: d.plan.risk,
        size: d.size,
        gates: d.trace.iter().map(gate).collect(),
        blocked_by: d.blocked.map(|(gate, _)| gate),
        reason: d.blocked.map(|(_, reason)| Cow::Borrowed(reason.as_str())),
        outcome: outcome(d, chain),
        order_ids: chain.map(|c| c.orders.iter().map(|o| (*o).clone()).collect()).unwrap_or_default(),
        correlation_id: d.id.clone(),
    }
}

/// Executed with the first fill, missed when the entry ended without one (STRAT-12).
fn outcome(d: &Decision, chain: Option<&Chain<'_>>) -> Outcome {
    if d.blocked.is_some() {
        Outcome::Blocked
    } else if chain.is_some_and(|c| c.entered) {
        Outcome::Executed
    } else if chain.is_some_and(|c| c.missed) {
        Outcome::Missed
    } else {
        Outcome::Pending
    }
}

fn gate(result: &GateResult) -> GateRecord {
    let check = result.deciding();
    GateRecord {
        gate: result.gate,
        value: check.map(|c| c.value.to_string()),
        threshold: check.map(|c| c.threshold.to_string()),
        verdict: result.verdict,
        reason: check.map(|c| Cow::Borrowed(c.reason.as_str())),
    }
}
