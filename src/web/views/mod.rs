//! What the templates show, as values: numbers are HTML already, words are plain text. One function a region.

/// The safety bar.
mod bar;
/// A stop or a kill, step by step.
mod closing;
/// The day's money, its limit and its curve.
mod day;
/// Decisions and their gates.
mod decisions;
/// Actors, feed, books.
mod health;
/// Limits and what holds entries back.
mod risk;
/// Positions, orders, strategies, trades.
mod tables;
/// Shares, clocks, ages.
pub(crate) mod words;

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::messages::board::Board;

pub(crate) use decisions::one as decision;
pub(crate) use decisions::rows as decision_rows;
pub(crate) use tables::{orders, positions, trades};

/// Seconds without a new board after which it is called old.
const SILENT_AFTER: i64 = 5;

/// Everything that regions show, from one board. `silent` is for how many seconds no new one has come.
pub(crate) fn bot(board: &Board, zone: Tz, silent: i64) -> Value {
    let silent = (silent > SILENT_AFTER).then_some(silent);
    json!({
        "bar": bar::bar(board, zone, silent),
        "answer": bar::answer(board),
        "head": day::head(board),
        "curve": day::curve(board),
        "positions": tables::positions(board, |_| true),
        "orders": tables::orders(board, |_| true),
        "strategies": tables::strategies(board),
        "latest": decisions::latest(board),
        "decisions": decisions::list(board),
        "gates": decisions::gates(board),
        "trades": tables::trades(board, |_| true),
        "limits": risk::limits(board),
        "freezes": risk::freezes(board),
        "touches": closing::touches(board),
        "closing": closing::closing(board),
        "health": health::health(board, silent),
        "actors": health::actors(board),
        "counts": {
            "decisions": board.decisions.len(),
            "orders": board.orders.len(),
            "trades": board.trades.len(),
            "freezes": board.freezes.len(),
        },
    })
}
