//! The day's money: result, limit, what comes next, and the curve.

use std::cmp::Ordering;

use desk::domain::bot::BotState;
use desk::domain::decimal::{Money, SCALE};
use desk::domain::time::Timestamp;
use serde_json::{Value, json};

use super::words::{date, left, percent, permille};
use crate::messages::board::{Board, StrategyLine};
use crate::render::numbers::{Sign, cents_text, clock, glance, plain};

/// More points than this are thinned for the chart.
const MOST_POINTS: usize = 800;

pub(super) fn head(board: &Board) -> Value {
    let day = &board.day;
    let used = if day.net < Money::ZERO { day.net.negated() } else { Money::ZERO };
    let floor = day.net.min(Money::ZERO);
    let at_stops = floor.checked_sub(day.at_stops).filter(|m| *m > Money::ZERO).unwrap_or_default();
    let free = day
        .loss_limit
        .checked_sub(used)
        .and_then(|m| m.checked_sub(at_stops))
        .filter(|m| *m > Money::ZERO)
        .unwrap_or_default();
    let (used_share, stops_share) = (permille(used, day.loss_limit), permille(at_stops, day.loss_limit));
    let text = |m| cents_text(m, Sign::Plain);
    let next = board.session.iter().flat_map(|s| &s.next).take(4);
    let next: Vec<Value> = next
        .map(|n| json!({ "at": n.at, "clock": clock(n.at), "what": n.what, "left": left(n.at, board.at) }))
        .collect();
    json!({
        "date": date(board.session.as_ref().map_or(board.at, |s| s.open)),
        "session": board.session.as_ref().map(|s| s.id.to_string()),
        "feed_name": board.feed_name,
        "net": glance(day.net, Sign::Result),
        "way": match day.net.cmp(&Money::ZERO) {
            Ordering::Greater => "up",
            Ordering::Less => "down",
            Ordering::Equal => "",
        },
        "realised": glance(day.realised, Sign::Result),
        "unrealised": glance(day.unrealised, Sign::Result),
        "open_fees": glance(day.open_fees, Sign::Result),
        "fees": glance(day.fees, Sign::Plain),
        "equity": glance(day.equity, Sign::Plain),
        "sent": day.sent,
        "limit": text(day.loss_limit),
        "used": text(used),
        "stops": text(at_stops),
        "free": text(free),
        "used_width": percent(used_share),
        "stops_x": percent(used_share),
        "stops_width": percent(stops_share.min(1_000_i64.saturating_sub(used_share))),
        "at_stops": cents_text(day.at_stops, Sign::Result),
        "positions": board.positions.len(),
        "next": next,
        "no_window": no_window(board),
    })
}

/// Why no window is among what comes, where the session still goes on and none is traded.
fn no_window(board: &Board) -> Option<String> {
    let session = board.session.as_ref().filter(|s| board.at < s.close)?;
    let trades = board.state.trades();
    let open: Vec<&str> = session.windows.iter().map(|w| w.as_str()).collect();
    let next = board.strategies.iter().filter_map(|s| Some((s.opens_after(board.at)?, s.name))).min();
    let with_start = |what: String| {
        let before = match board.state {
            _ if trades => return None,
            BotState::Started | BotState::Stopped | BotState::Error => match board.latch {
                Some(_) => " After the kill latch is reset, and Start,",
                None => " After Start",
            },
            // What goes on is followed by a state of its own; Start is refused until then.
            _ => return Some(format!("No window is traded in the state {}.", board.state.word())),
        };
        Some(format!("No window is traded in the state {}.{before} {what}.", board.state.word()))
    };
    match next {
        _ if !open.is_empty() => with_start(format!("the window of {} goes on", open.join(" and "))),
        Some((from, name)) => with_start(format!("the next is {name}, at {} UTC", clock(from))),
        None => {
            let why = |s: &StrategyLine| match s.window {
                _ if s.suspended.is_some() => format!("{} is suspended", s.name),
                _ if !s.on => format!("{} is switched off", s.name),
                None => format!("{} has none", s.name),
                Some(_) => format!("that of {} is over", s.name),
            };
            let why: Vec<String> = board.strategies.iter().map(why).collect();
            Some(format!("No window opens any more in this session: {}.", why.join(", ")))
        }
    }
}

fn cents(m: Money) -> i64 {
    m.raw().div_euclid(SCALE.div_euclid(100))
}

/// The curve's data for the chart, and its story in one sentence.
pub(super) fn curve(board: &Board) -> Value {
    let points = &board.day.curve;
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept: Vec<&(Timestamp, Money)> =
        points.iter().enumerate().filter(|(i, _)| i.is_multiple_of(step) || *i == last).map(|(_, p)| p).collect();
    let (high, low) = (points.iter().map(|p| p.1).max(), points.iter().map(|p| p.1).min());
    let sentence = match (high, low, points.last()) {
        (Some(high), Some(low), Some((at, now))) => format!(
            "Result of the day at {} UTC: {}. Highest {}, lowest {}; the daily loss limit is {}.",
            clock(*at),
            cents_text(*now, Sign::Result),
            cents_text(high, Sign::Result),
            cents_text(low, Sign::Result),
            cents_text(board.day.loss_limit, Sign::Plain),
        ),
        _ => "The curve begins with the session's first minute.".to_owned(),
    };
    let windows =
        board.strategies.iter().filter(|s| s.on).filter_map(|s| s.window.map(|(from, to)| (s.name, from, to)));
    let marks = board.trades.iter().map(|t| {
        let net = t.net().unwrap_or_default();
        json!([
            t.exited_at.seconds(),
            net > Money::ZERO,
            t.symbol,
            format!("{} {}, {}: {}", t.symbol, t.strategy, t.reason.label(), plain(net, Sign::Result))
        ])
    });
    let data = json!({
        "t": kept.iter().map(|p| p.0.seconds()).collect::<Vec<_>>(),
        "v": kept.iter().map(|p| cents(p.1)).collect::<Vec<_>>(),
        "limit": cents(board.day.loss_limit),
        "open": board.session.as_ref().map(|s| s.open.seconds()),
        "close": board.session.as_ref().map(|s| s.close.seconds()),
        "w": windows.map(|(n, from, to)| json!([n, from.seconds(), to.seconds()])).collect::<Vec<_>>(),
        "m": marks.collect::<Vec<_>>(),
    });
    let rows: Vec<Value> = points
        .iter()
        .rev()
        .filter(|p| p.0.seconds().rem_euclid(1_800) == 0)
        .map(|p| json!({ "clock": clock(p.0), "net": glance(p.1, Sign::Result) }))
        .collect();
    json!({ "data": data.to_string(), "sentence": sentence, "any": !points.is_empty(), "rows": rows })
}
