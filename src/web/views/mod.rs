//! What the templates show, as values: numbers are HTML already, words are plain text. One function a region.

/// What the notifier said.
mod alerts;
/// The sentence that a page opens with when the state asks for one.
mod answer;
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
/// An order, event by event.
mod life;
/// What is over and kept as history.
mod past;
/// A dry session.
mod rehearsal;
/// Limits and what holds entries back.
mod risk;
/// What was taken and left out.
mod screener;
/// Positions, orders, strategies, trades.
mod tables;
/// Why nothing trades.
mod why;
/// Shares, clocks, ages.
pub(crate) mod words;

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::ages::Ages;
use super::site::Shared;
use crate::messages::board::Board;
use crate::messages::rehearsal::RehearsalBoard;

pub(crate) use decisions::one as decision;
pub(crate) use decisions::{page as decision_page, rows as decision_rows};
pub(crate) use life::life;
pub(crate) use screener::{Narrowed as Screened, screener};
pub(crate) use tables::{orders, positions, trades};
pub use why::diagnosis;
pub(crate) use why::why;

/// Seconds without a new board after which it is called old.
const SILENT_AFTER: i64 = 5;

/// Everything that regions show: of the bot, and of the machine that it runs on.
pub(crate) fn whole(shared: &Shared, board: &Board) -> Value {
    let mut all = bot(board, shared.rehearsal().as_deref(), shared.site.current.get().zone, shared.ages(board));
    if let Some(all) = all.as_object_mut() {
        all.insert("machine".to_owned(), health::machine(board, &(shared.site.host)(), &shared.site.latencies));
    }
    all
}

/// Everything that regions show, from one board and the last rehearsal.
pub(crate) fn bot(board: &Board, rehearsed: Option<&RehearsalBoard>, zone: Tz, ages: Ages) -> Value {
    let silent = (ages.board > SILENT_AFTER).then_some(ages.board);
    json!({
        "bar": bar::bar(board, zone, ages, silent),
        "answer": answer::answer(board),
        "ending": answer::ending(board),
        "when": {
            "latched": board.latch.is_some(),
            "unlatched": board.latch.is_none(),
            "paused": board.freezes.iter().any(|f| f.name.as_str() == "pause"),
            "frozen": !board.freezes.is_empty(),
            "defending": board.defense.is_some(),
            "undefended": board.defense.is_none(),
        },
        "head": day::head(board),
        "curve": day::curve(board),
        "positions": tables::positions(board, |_| true),
        "orders": tables::orders(&board.orders, |_| true),
        "strategies": tables::strategies(board),
        "latest": decisions::latest(board),
        "decisions": decisions::list(board),
        "gates": decisions::gates(board),
        "trades": tables::trades(&board.trades, |_| true),
        "limits": risk::limits(board),
        "defense": risk::defense(board),
        "freezes": risk::freezes(board),
        "past": past::past(&board.past),
        "touches": closing::touches(board),
        "closing": closing::closing(board),
        "drill": closing::drill(board),
        "health": health::health(board, ages, silent),
        "rehearsal": rehearsal::rehearsal(board, rehearsed),
        "actors": health::actors(board),
        "alerts": alerts::alerts(board),
        "counts": {
            "decisions": board.decisions.len(),
            "orders": board.orders.len(),
            "trades": board.trades.len(),
            "freezes": board.freezes.len(),
            "alerts": alerts::urgent(board),
        },
    })
}
