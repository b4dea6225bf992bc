//! Decisions: the list, one with its gates, and which gate blocked how many.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use desk::domain::event::Decision;
use desk::domain::market::Side;
use desk::domain::records::{GateName, Verdict};
use desk::domain::trade::Trade;
use desk::gates::{Check, GateResult, Reason};
use serde_json::{Value, json};

use super::words::{figure, worth};
use crate::messages::board::{Board, DecisionLine};
use crate::render::numbers::{Sign, cents_text, clock, decimal, price, quantity};

/// A reason's code as words.
pub(super) fn reason(reason: Reason) -> String {
    match reason {
        Reason::Dvs => "data quality score".to_owned(),
        Reason::Defense => "defense mode was on, with this share of each limit".to_owned(),
        Reason::DefenseSymbol => "traded before (1 is yes)".to_owned(),
        Reason::DefensePrice => "price in defense mode".to_owned(),
        Reason::DefenseVolume => "volume in defense mode".to_owned(),
        other => other.as_str().replace('_', " "),
    }
}

/// Whether the threshold is the least or the most that is allowed, as far as the numbers tell: what holds is on the
/// allowed side, what does not is on the other.
fn bound(check: &Check) -> &'static str {
    match (check.value.cmp(&check.threshold), check.holds) {
        // Full already: one more would be beyond it.
        (Ordering::Equal, false) => "< ",
        (Ordering::Equal, true) => "",
        (Ordering::Greater, true) | (Ordering::Less, false) => "≥ ",
        (Ordering::Less, true) | (Ordering::Greater, false) => "≤ ",
    }
}

fn bound_in_words(check: &Check) -> String {
    let threshold = figure(&check.threshold.to_string());
    if ["≤ ", "< "].contains(&bound(check)) {
        format!("the limit is {threshold}")
    } else {
        format!("needs {threshold}")
    }
}

/// What is said besides of a figure that defense mode has tightened.
fn defended(decision: &Decision) -> String {
    match decision.defense_share().filter(|_| decision.is_of_defense()) {
        Some(share) => format!(" in defense mode, which leaves {} % of each limit", super::risk::share(share)),
        None => String::new(),
    }
}

/// What came of a decision, in a few words: the outcome, or the gate that blocked it.
fn outcome(line: &DecisionLine) -> (String, String) {
    let d = &line.decision;
    let blocking = d.trace.iter().find(|g| d.blocked.is_some_and(|(name, _)| g.gate == name));
    match (d.blocked, blocking.and_then(GateResult::deciding)) {
        (Some((gate, why)), Some(check)) => (
            format!("blocked by {}", gate.label()),
            format!("{} {}, {}{}", reason(why), figure(&check.value.to_string()), bound_in_words(check), defended(d)),
        ),
        (Some((gate, why)), None) => {
            (format!("blocked by {}", gate.label()), format!("{}{}", reason(why), defended(d)))
        }
        (None, _) if line.outcome == "executed" => {
            ("executed".to_owned(), format!("{} planned at {}", quantity(d.size), plain_price(line)))
        }
        (None, _) if line.outcome == "missed" => ("missed".to_owned(), "no fill in time".to_owned()),
        (None, _) => (line.outcome.to_owned(), format!("{} at {}", quantity(d.size), plain_price(line))),
    }
}

fn plain_price(line: &DecisionLine) -> String {
    line.decision.plan.reference.to_string()
}

fn row(line: &DecisionLine) -> Value {
    let d = &line.decision;
    let (head, detail) = outcome(line);
    json!({
        "id": d.id, "at": line.at, "clock": clock(line.at), "minute": clock(line.at).get(..5).unwrap_or_default(),
        "symbol": d.symbol, "side": d.side, "strategy": d.strategy, "outcome": line.outcome, "head": head,
        "detail": detail, "size": quantity(d.size), "gate": d.blocked.map(|(g, _)| g),
        "blocked": line.outcome == "blocked",
    })
}

pub(super) fn latest(board: &Board) -> Value {
    json!({ "rows": board.decisions.iter().take(6).map(row).collect::<Vec<_>>(), "count": board.decisions.len() })
}

/// The rows that a filter lets through.
pub(crate) fn rows(lines: &[DecisionLine], wanted: impl Fn(&DecisionLine) -> bool) -> Value {
    page(lines, wanted, 0, usize::MAX)
}

/// So many of them, after so many.
pub(crate) fn page(lines: &[DecisionLine], wanted: impl Fn(&DecisionLine) -> bool, after: usize, most: usize) -> Value {
    let fits: Vec<&DecisionLine> = lines.iter().filter(|d| wanted(d)).collect();
    let of = |what: &str| fits.iter().filter(|d| d.outcome == what).count();
    let parts = ["executed", "blocked", "missed", "pending"].map(|w| (of(w), w));
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{n} {w}")).collect();
    let counts = if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) };
    let shown: Vec<Value> = fits.iter().skip(after).take(most).map(|d| row(d)).collect();
    let next = after.saturating_add(shown.len());
    let which = match shown.len() {
        n if n == fits.len() => format!("{n} shown"),
        _ => format!("{} to {next} of {} shown", after.saturating_add(1), fits.len()),
    };
    json!({
        "rows": shown,
        "count": fits.len(),
        "next": (next < fits.len()).then_some(next),
        "meta": format!("{which}{counts}"),
    })
}

pub(super) fn list(board: &Board) -> Value {
    rows(&board.decisions, |_| true)
}

/// How many each gate blocked, the most first.
pub(super) fn gates(board: &Board) -> Value {
    let mut tally = BTreeMap::<GateName, usize>::new();
    for (gate, _) in board.decisions.iter().filter_map(|d| d.decision.blocked) {
        let count = tally.entry(gate).or_default();
        *count = count.saturating_add(1);
    }
    let all = tally.values().sum::<usize>();
    let rows: Vec<Value> =
        tally.iter().map(|(gate, n)| json!({ "gate": gate, "label": gate.label(), "count": n })).collect();
    json!({ "rows": rows, "count": all })
}

/// One decision with everything that is known about it: the trade that it made, and whether its position is open.
pub(crate) fn one(line: &DecisionLine, trade: Option<&Trade>, open: bool) -> Value {
    let d = &line.decision;
    let (head, detail) = outcome(line);
    let verb = match d.side {
        Side::Long => "bought",
        Side::Short => "sold short",
    };
    let answer = match line.outcome {
        "executed" => format!("{} was {verb}: every gate let it pass.", d.symbol),
        "blocked" => format!("{} was not {verb}: {head}; {detail}.", d.symbol),
        "missed" => format!("{} was not {verb}: the entry ended without a fill.", d.symbol),
        _ => format!("{} is being {verb}: every gate let it pass, the entry is working.", d.symbol),
    };
    let inputs: Vec<Value> = d
        .inputs
        .iter()
        .map(|(name, value)| json!({ "name": name.as_str().replace('_', " "), "value": decimal(value.raw()) }))
        .collect();
    let risk = worth(d.size, d.plan.risk);
    json!({
        "row": row(line),
        "answer": answer,
        "session": d.session.to_string(), "day": d.session.date.to_string(),
        "reference": price(d.plan.reference), "stop": price(d.plan.stop), "target": price(d.plan.target),
        "value": cents_text(worth(d.size, d.plan.reference), Sign::Plain), "risk": cents_text(risk, Sign::Plain),
        "atr": price(d.plan.atr),
        "gates": d.trace.iter().zip(1..).map(|(g, n)| gate(g, n, d.blocked.map(|b| b.0))).collect::<Vec<_>>(),
        "passed": d.trace.iter().filter(|g| g.verdict == Verdict::Pass).count(),
        "inputs": inputs,
        "net": trade.and_then(|t| t.net().ok()).map(|n| cents_text(n, Sign::Result)),
        "position": open,
    })
}

fn gate(g: &GateResult, number: usize, blocked: Option<GateName>) -> Value {
    let checks: Vec<Value> = g
        .checks
        .iter()
        .map(|c| {
            json!({ "what": reason(c.reason), "value": figure(&c.value.to_string()),
                    "needs": format!("{}{}", bound(c), figure(&c.threshold.to_string())), "holds": c.holds })
        })
        .collect();
    json!({
        "number": number, "gate": g.gate, "label": g.gate.label(), "verdict": g.verdict.label(), "code": g.verdict,
        "blocks": blocked == Some(g.gate), "checks": checks,
    })
}
