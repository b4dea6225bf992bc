//! What a kill would touch, and a stop or a kill step by step until its receipt is whole (RISK-15a).

use desk::domain::bot::BotState;
use serde_json::{Value, json};

use super::risk::{latched, mark};
use super::words::{age, counted, percent, worth};
use crate::messages::board::{Board, ClosingBoard};
use crate::render::numbers::{Sign, cents_text, clock, minus, quantity};

/// So many are named; the rest is counted.
const NAMED: usize = 4;

pub(super) fn named(all: &[String]) -> String {
    let shown = all.get(..NAMED.min(all.len())).unwrap_or_default().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Entries, positions and children, as the stop and kill panels name them.
pub(super) fn touches(board: &Board) -> Value {
    let entries: Vec<String> = board
        .orders
        .iter()
        .filter(|o| !o.leg.reduces())
        .map(|o| format!("{} {}", o.symbol, quantity(o.asked)))
        .collect();
    let positions: Vec<String> = board
        .positions
        .iter()
        .map(|p| {
            format!(
                "{} {}",
                p.symbol,
                minus(&format!("{}{}", if p.side.sign() > 0 { "+" } else { "-" }, quantity(p.quantity)))
            )
        })
        .collect();
    let children = board.orders.iter().filter(|o| o.leg.reduces()).count();
    let value = super::words::sum(board.positions.iter().map(|p| worth(p.quantity, p.last.unwrap_or(p.entry))));
    json!({
        "entries": entries.len(), "entries_named": named(&entries),
        "positions": positions.len(), "positions_named": named(&positions), "value": cents_text(value, Sign::Plain),
        "children": children,
        "net": cents_text(board.day.net, Sign::Result),
        "prices": board.fed_at.map(|at| age(at, board.at)),
        "latched": latched(board),
        "killing": board.state == BotState::EmergencyClosingPositions,
        "stopping": board.state == BotState::GracefulClosingPositions,
        "entries_said": counted(entries.len(), "working entry").replace("entrys", "entries"),
        "positions_said": counted(positions.len(), "position"),
    })
}

fn step(done: bool, busy: bool) -> &'static str {
    match (done, busy) {
        (true, _) => "done",
        (false, true) => "busy",
        (false, false) => "wait",
    }
}

pub(super) fn after(ms: Option<u64>) -> Option<String> {
    ms.map(|ms| {
        let (s, rest) = (ms.checked_div(1_000).unwrap_or(0), ms.checked_rem(1_000).unwrap_or(0));
        format!("{s}.{rest:03} s")
    })
}

/// The steps and the receipt, if there is a stop or a kill to tell of.
pub(super) fn closing(board: &Board) -> Value {
    board.closing.as_ref().map_or(Value::Null, |c| told(board, c))
}

/// The kill switch's last drill, if there was one.
pub(super) fn drill(board: &Board) -> Value {
    board.drill.as_ref().map_or(Value::Null, |d| {
        json!({
            "at": clock(d.at), "day": d.at.utc_date().to_string(), "orders": d.orders, "positions": d.positions,
            "last_cancel": after(d.last_cancel_ms), "flat": after(d.flat_ms),
            "failures": d.failures, "receipt": d.receipt,
        })
    })
}

fn told(board: &Board, c: &ClosingBoard) -> Value {
    let kill = c.verb == "kill";
    let cancelled = c.cancelled >= c.cancels;
    let flat = c.flat >= c.exits;
    let done = c.done_ms.is_some();
    let mut steps = Vec::new();
    if kill {
        steps.push(json!({
            "state": step(board.latch.is_some(), true), "what": "Latch shut: nothing new is sent", "after": Value::Null,
        }));
    }
    steps.push(json!({
        "state": step(cancelled, true),
        "what": format!("Entries cancelled, {} of {}", c.cancelled, c.cancels), "after": after(c.last_cancel_ms),
    }));
    steps.push(json!({
        "state": step(flat, cancelled), "what": format!("Positions closed, {} of {}", c.flat, c.exits), "after": Value::Null,
    }));
    steps.push(json!({
        "state": step(done, flat && cancelled), "what": "The venue confirms: flat, nothing working", "after": after(c.done_ms),
    }));
    let thousandth = c
        .progress
        .raw()
        .clamp(0, desk::domain::decimal::SCALE)
        .div_euclid(desk::domain::decimal::SCALE.div_euclid(1_000));
    json!({
        "verb": c.verb, "kill": kill, "done": done, "mark": mark(&c.mark), "also": c.also.iter().map(mark).collect::<Vec<_>>(),
        "steps": steps, "pending": c.pending,
        "head": match (kill, done) {
            (true, false) => "Kill in progress",
            (true, true) if board.latch.is_none() => "Closed at once: flat",
            (true, true) => "Killed: flat and locked",
            (false, false) => "Stopping",
            (false, true) => "Stopped: flat",
        },
        "receipt": c.receipt, "progress": percent(thousandth),
        "cancels": c.cancels, "exits": c.exits, "last_cancel": after(c.last_cancel_ms), "finished": after(c.done_ms),
    })
}
