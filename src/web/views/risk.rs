//! Limits and how much of each is used; what holds entries back.

use desk::domain::decimal::{Money, Ratio, SCALE};
use desk::domain::time::Timestamp;
use desk::gates::Reason;
use serde_json::{Value, json};

use super::words::{figure, percent, permille};
use crate::messages::board::{Board, FreezeLine, Mark, UsedLimit};
use crate::render::numbers::{Sign, cents_text, clock, glance, price, quantity};
use crate::settings::find;

/// What the limits are called, those that freeze first.
const NAMES: [(&str, &str); 16] = [
    ("risk.day_loss", "Daily loss"),
    ("risk.strategy_loss", "Daily loss of one strategy"),
    ("risk.losing_row", "Losing trades in a row"),
    ("risk.drawdown", "Drawdown from the peak"),
    ("risk.gross", "Gross exposure"),
    ("risk.net", "Net exposure"),
    ("risk.leverage", "Leverage"),
    ("risk.symbol", "Exposure in one symbol"),
    ("risk.positions", "Positions"),
    ("risk.trades_day", "Trades a day"),
    ("risk.trades_strategy", "Trades a day of one strategy"),
    ("risk.trades_symbol", "Trades a day in one symbol"),
    ("risk.risk_per_trade", "Risk per trade, the largest today"),
    ("risk.order_value", "Order value, the largest today"),
    ("risk.order_quantity", "Order quantity, the largest today"),
    ("risk.collar", "Half the spread, the widest today"),
];
/// So many of them freeze entries when they are reached; the others refuse the one order that would go beyond.
const FREEZING: usize = 4;

/// Every limit with what is used of it, the nearest one first.
pub(super) fn limits(board: &Board) -> Value {
    let day = &board.day;
    let at_stops = UsedLimit {
        key: "risk.day_loss",
        used: Ratio::from_raw(day.at_stops.negated().max(Money::ZERO).raw()),
        limit: Ratio::from_raw(day.loss_limit.raw()),
        nearest: None,
    };
    let named = board.limits.iter().filter_map(|l| {
        let place = NAMES.iter().position(|(key, _)| *key == l.key)?;
        Some((NAMES.get(place)?.1, place < FREEZING, l))
    });
    let mut all: Vec<_> = named.chain([("Daily loss if every stop is hit", true, &at_stops)]).collect();
    all.sort_by_key(|(_, _, l)| std::cmp::Reverse(share_used(l)));
    let rows: Vec<Value> = all.into_iter().map(|(name, freezes, l)| limit(name, freezes, l)).collect();
    json!({ "rows": rows, "sent": day.sent })
}

/// In thousandths; of a limit that allows nothing all is used.
fn share_used(l: &UsedLimit) -> i64 {
    if l.limit <= Ratio::ZERO { 1_000 } else { permille(Money::from_raw(l.used.raw()), Money::from_raw(l.limit.raw())) }
}

fn limit(name: &str, freezes: bool, l: &UsedLimit) -> Value {
    let used = share_used(l);
    let unit = find(l.key).map_or("", |key| key.unit);
    let amount = |r: Ratio| match unit {
        "USD" => cents_text(Money::from_raw(r.raw()), Sign::Plain),
        _ => figure(&r.to_string()),
    };
    let tone = match used {
        1_000.. if freezes => "bad",
        1_000.. => "w",
        500.. if freezes => "w",
        _ => "",
    };
    json!({
        "name": name, "unit": unit, "nearest": l.nearest, "used": amount(l.used), "limit": amount(l.limit),
        "share": percent(used), "tone": tone,
    })
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

/// The latch's mark, and since when it is set.
pub(super) fn latched(board: &Board) -> Option<Value> {
    let mut said = mark(board.latch.as_ref()?);
    said.as_object_mut()?.insert("since".to_owned(), json!(latched_since(board)?));
    Some(said)
}

/// Since when the latch is set: by the clock on the wall, as its receipt has it; and by the market's, where that is another.
pub(super) fn latched_since(board: &Board) -> Option<String> {
    let at = board.latch.as_ref()?.at;
    let day = |t: Timestamp| format!("{} {} UTC", t.utc_date(), clock(t));
    Some(match board.latch_written {
        Some(wall) if (wall - at).as_seconds().abs() < 60 => day(wall),
        Some(wall) => format!("{} ({} of the market)", day(wall), day(at)),
        None => day(at),
    })
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
        "latch": latched(board),
    })
}
