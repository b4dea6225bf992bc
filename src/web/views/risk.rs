//! Limits and how much of each is used; what holds entries back.

use desk::domain::decimal::{Money, Ratio, SCALE};
use desk::gates::Reason;
use serde_json::{Value, json};

use super::words::{figure, percent, permille};
use crate::messages::board::{Board, FreezeLine, Mark};
use crate::render::numbers::{Sign, cents_text, clock, glance, price, quantity};

pub(super) fn limits(board: &Board) -> Value {
    let day = &board.day;
    let loss = |m: Money| if m < Money::ZERO { m.negated() } else { Money::ZERO };
    let rows =
        [("Daily loss", loss(day.net)), ("Daily loss if every stop is hit", loss(day.at_stops))].map(|(name, used)| {
            let share = permille(used, day.loss_limit);
            json!({
                "name": name, "used": cents_text(used, Sign::Plain), "limit": cents_text(day.loss_limit, Sign::Plain),
                "share": percent(share), "tone": if share >= 1_000 { "bad" } else if share >= 500 { "w" } else { "" },
            })
        });
    json!({ "rows": rows, "sent": day.sent })
}

/// Defense mode with every limit that it tightens; nothing while it is off.
pub(super) fn defense(board: &Board) -> Value {
    let Some(defense) = &board.defense else { return Value::Null };
    let rows: Vec<Value> = defense
        .limits
        .iter()
        .map(|l| {
            json!({ "key": l.key, "what": l.what, "unit": l.unit, "usual": figure(&l.usual), "now": figure(&l.now) })
        })
        .collect();
    json!({
        "mark": mark(&defense.mark), "share": share(defense.share), "rows": rows,
        "price_min": price(defense.price_min), "volume_min": quantity(defense.volume_min),
    })
}

/// A share in per cent.
pub(super) fn share(share: Ratio) -> String {
    percent(share.raw().div_euclid(SCALE.div_euclid(1_000)))
}

/// Who, when, why, as a page says it.
pub(super) fn mark(mark: &Mark) -> Value {
    let why = if mark.why.is_empty() { "no reason given".to_owned() } else { mark.why.clone() };
    json!({ "at": mark.at, "clock": clock(mark.at), "who": mark.who.to_string(), "why": why })
}

fn is_drawdown(freeze: &FreezeLine) -> bool {
    freeze.name.as_str() == Reason::Drawdown.as_str()
}

pub(super) fn freezes(board: &Board) -> Value {
    let rows: Vec<Value> = board
        .freezes
        .iter()
        .map(|f| {
            json!({
                "name": f.name, "strategy": f.strategy, "mark": mark(&f.mark), "session": f.for_the_session,
                "paused": f.name.as_str() == "pause", "drawdown": is_drawdown(f),
            })
        })
        .collect();
    json!({
        "rows": rows,
        "paused": board.freezes.iter().any(|f| f.name.as_str() == "pause"),
        "drawdown": board.freezes.iter().any(is_drawdown).then(|| glance(board.day.equity, Sign::Plain)),
        "latch": board.latch.as_ref().map(mark),
    })
}
