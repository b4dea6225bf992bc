//! Signals stopped by gates, and evaluations that gave none.

use std::collections::BTreeMap;

use desk::domain::records::{DecisionRecord, Outcome};
use serde_json::{Value, json};

use super::length;
use crate::render::input::ReportInput;
use crate::render::numbers::{count, counted, price, quantity, time};

/// How many stopped signals are listed one by one.
const MOST_LISTED: usize = 200;

/// Signals by gate and reason, and the first of them one by one.
pub(super) fn gates(input: &ReportInput<'_>) -> Value {
    let overview = &input.summary.overview;
    let longest = overview.blocked_by_gate.iter().map(|b| b.count).max().unwrap_or(0);
    let counts = overview.trade_count_vs_signals_triggered;
    let stopped: Vec<&DecisionRecord> =
        input.material.decisions.iter().filter(|d| matches!(d.outcome, Outcome::Blocked | Outcome::Missed)).collect();
    json!({
        "signals": counted(counts.signals, "signal"),
        "executed": count(counts.executed),
        "blocked": count(counts.blocked),
        "missed": count(counts.missed),
        "pending": counts.pending,
        "rows": overview.blocked_by_gate.iter().map(|b| json!({
            "gate": b.gate.label(),
            "code": b.gate,
            "reason": b.reason.as_deref().map(|r| r.replace('_', " ")),
            "count": count(b.count),
            "bar": length(b.count, longest),
        })).collect::<Vec<_>>(),
        "list": stopped.iter().take(MOST_LISTED).map(|d| stopped_row(d)).collect::<Vec<_>>(),
        "listed": stopped.len().min(MOST_LISTED),
        "stopped": stopped.len(),
    })
}

fn stopped_row(d: &DecisionRecord) -> Value {
    let trace = d.blocked_by.and_then(|gate| d.gates.iter().find(|g| g.gate == gate));
    json!({
        "date": d.session.date,
        "time": time(d.at),
        "ticker": d.ticker,
        "strategy": d.strategy_name,
        "side": d.trade_side,
        "ref": price(d.ref_price),
        "size": quantity(d.size),
        "gate": d.blocked_by.map_or("missed: no fill", |g| g.label()),
        "value": trace.and_then(|t| t.value.as_deref()),
        "threshold": trace.and_then(|t| t.threshold.as_deref()),
        "reason": d.reason.as_deref().map(|r| r.replace('_', " ")),
        "id": d.decision_id,
    })
}

/// Evaluations without a signal: reasons down, strategies across.
pub(super) fn silence(input: &ReportInput<'_>) -> Value {
    let strategies = &input.material.run.plan.strategies;
    let mut table = BTreeMap::<&str, BTreeMap<_, u64>>::new();
    for reason in &input.summary.evaluations_without_signal {
        let slot = table.entry(&reason.reason).or_default().entry(reason.strategy_name).or_default();
        *slot = slot.saturating_add(reason.count);
    }
    let mut rows: Vec<(u64, &str, Vec<String>)> = table
        .iter()
        .map(|(reason, by)| {
            let cells = strategies.iter().map(|s| by.get(s).map_or_else(|| "–".to_owned(), |n| count(*n)));
            (by.values().fold(0, |sum: u64, n| sum.saturating_add(*n)), *reason, cells.collect())
        })
        .collect();
    rows.sort_by(|a, b| (b.0, a.1).cmp(&(a.0, b.1)));
    let total = rows.iter().fold(0_u64, |sum, r| sum.saturating_add(r.0));
    json!({
        "strategies": strategies,
        "total": count(total),
        "rows": rows.into_iter().map(|(total, reason, cells)| json!({
            "reason": reason.replace('_', " "), "cells": cells, "total": count(total),
        })).collect::<Vec<_>>(),
    })
}
