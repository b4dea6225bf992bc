//! The days of minute bars in a report, and the compact data behind its charts: numbers in arrays, prices as whole
//! steps of the day's finest decimal.

use std::collections::BTreeMap;

use desk::domain::decimal::{Money, Price, SCALE};
use desk::domain::ids::SessionId;
use desk::domain::records::{DecisionRecord, EquityPoint, Outcome, TradeRecord};
use desk::domain::symbol::Symbol;
use desk::domain::time::{Span, Timestamp};
use desk::domain::wide::{Overflow, Wide};
use serde_json::{Value, json};

use super::input::{ChartDay, ReportInput};
use super::numbers::{Sign, cents_text, plain};

/// The most days of minute bars in a report.
pub const MOST_DAYS: usize = 60;
/// About how many points the equity curve has at most.
const MOST_POINTS: usize = 1_600;
/// With more trades than this the curve carries no marks.
const MOST_MARKS: usize = 80;

/// The symbol-days whose minute bars a report shows: those with the largest gain, the largest loss and the largest
/// slippage, in turn, until [`MOST_DAYS`] are found; in the order of session and symbol.
///
/// # Errors
/// [`Overflow`].
pub fn chosen_days(trades: &[TradeRecord]) -> Result<Vec<(SessionId, Symbol)>, Overflow> {
    let mut days = BTreeMap::<(SessionId, Symbol), (Wide, Wide)>::new();
    for trade in trades {
        let (net, slippage) = days.entry((trade.session, trade.ticker)).or_default();
        *net += Wide::from(trade.pnl_net);
        *slippage += Wide::from(trade.slippage()?);
    }
    let ranked = |rank: fn(&(Wide, Wide)) -> Wide| {
        let mut keys: Vec<_> = days.iter().map(|(key, sums)| (rank(sums), *key)).collect();
        keys.sort_unstable();
        keys
    };
    let (gains, losses, slips) = (ranked(|s| -s.0), ranked(|s| s.0), ranked(|s| -s.1));
    let mut chosen = std::collections::BTreeSet::new();
    for ((gain, loss), slip) in gains.iter().zip(&losses).zip(&slips) {
        for (_, key) in [gain, loss, slip] {
            if chosen.len() < MOST_DAYS {
                chosen.insert(*key);
            }
        }
    }
    Ok(chosen.into_iter().collect())
}

/// How many different symbol-days have trades.
#[must_use]
pub fn days_with_trades(trades: &[TradeRecord]) -> usize {
    trades.iter().map(|t| (t.session, t.ticker)).collect::<std::collections::BTreeSet<_>>().len()
}

/// The equity curve: net result and drawdown in cents, sessions side by side without the nights between them.
pub(super) fn equity(input: &ReportInput<'_>) -> Value {
    let material = &input.material;
    let float = material.assumptions.float;
    let kept = thinned(material.equity, float);
    let cents = |m: Money| m.raw().div_euclid(SCALE.div_euclid(100));
    let mut starts = Vec::new();
    let mut index = 0_usize;
    for session in material.sessions {
        let first = kept.partition_point(|(p, _)| p.at < session.open);
        if first < kept.len() && (starts.is_empty() || first > index) {
            starts.push(json!([first, session.session.date.to_string()]));
            index = first;
        }
    }
    let marks: Vec<Value> = if material.trades.len() > MOST_MARKS {
        Vec::new()
    } else {
        material
            .trades
            .iter()
            .map(|t| {
                let at = kept.partition_point(|(p, _)| p.at < t.exit_timestamp).min(kept.len().saturating_sub(1));
                let words = format!(
                    "{} {}, {}: {}",
                    t.ticker,
                    t.strategy_name,
                    t.exit_reason.label(),
                    cents_text(t.pnl_net, Sign::Result)
                );
                json!([at, t.pnl_net > Money::ZERO, t.ticker, words])
            })
            .collect()
    };
    json!({
        "t": kept.iter().map(|(p, _)| p.at.seconds()).collect::<Vec<_>>(),
        "e": kept.iter().map(|(p, _)| cents(p.equity).saturating_sub(cents(float))).collect::<Vec<_>>(),
        "d": kept.iter().map(|(_, fall)| cents(*fall)).collect::<Vec<_>>(),
        "s": starts,
        "m": marks,
    })
}

/// At most about [`MOST_POINTS`] points: of each run of points its first, lowest, highest and last.
fn thinned(points: &[EquityPoint], float: Money) -> Vec<(EquityPoint, Money)> {
    let mut peak = float;
    let with_fall: Vec<(EquityPoint, Money)> = points
        .iter()
        .map(|p| {
            peak = peak.max(p.equity);
            (*p, peak.checked_sub(p.equity).unwrap_or(Money::MAX))
        })
        .collect();
    let run = with_fall.len().saturating_mul(4).div_ceil(MOST_POINTS);
    if run <= 4 {
        return with_fall;
    }
    with_fall
        .chunks(run)
        .flat_map(|chunk| {
            let index = |found: Option<(usize, &(EquityPoint, Money))>| found.map_or(0, |(i, _)| i);
            let lowest = index(chunk.iter().enumerate().min_by_key(|(_, (p, _))| p.equity));
            let highest = index(chunk.iter().enumerate().max_by_key(|(_, (p, _))| p.equity));
            let mut keep = [0, lowest, highest, chunk.len().saturating_sub(1)];
            keep.sort_unstable();
            let mut kept: Vec<usize> = keep.to_vec();
            kept.dedup();
            kept.into_iter().filter_map(|i| chunk.get(i).copied()).collect::<Vec<_>>()
        })
        .collect()
}

/// The data behind the price charts, one object a day.
pub(super) fn prices(input: &ReportInput<'_>) -> Value {
    let mut trades = BTreeMap::<(SessionId, Symbol), Vec<(usize, &TradeRecord)>>::new();
    for (row, trade) in input.material.trades.iter().enumerate() {
        trades.entry((trade.session, trade.ticker)).or_default().push((row, trade));
    }
    let mut stopped = BTreeMap::<(SessionId, Symbol), Vec<&DecisionRecord>>::new();
    for decision in input.material.decisions {
        if matches!(decision.outcome, Outcome::Blocked | Outcome::Missed) {
            stopped.entry((decision.session, decision.ticker)).or_default().push(decision);
        }
    }
    let days = input.charts.iter().map(|day| {
        let key = (day.session, day.ticker);
        price_day(
            day,
            trades.get(&key).map(Vec::as_slice).unwrap_or_default(),
            stopped.get(&key).map(Vec::as_slice).unwrap_or_default(),
        )
    });
    days.collect()
}

fn price_day(day: &ChartDay, trades: &[(usize, &TradeRecord)], stopped: &[&DecisionRecord]) -> Value {
    let (step, decimals) = finest(day);
    let steps = |p: Price| p.raw().checked_div(step).unwrap_or(0);
    let minute = |at: Timestamp| (at - day.open).as_minutes();
    let vwap = |p: &Option<Price>| p.map(|p| Wide::from(p).half_even(10_000).unwrap_or_default().narrow().unwrap_or(0));
    let trades = trades.iter().map(|(row, t)| {
        json!({
            "r": row, "s": t.side.sign(), "y": t.strategy_name, "q": t.size,
            "e": [minute(t.entry_timestamp), t.entry_price],
            "x": [minute(t.exit_timestamp), t.exit_price],
            "p": t.stop_price, "g": t.target_price, "l": t.last_stop_price,
            "n": plain(t.pnl_net, Sign::Result), "w": t.exit_reason.label(),
        })
    });
    let stopped = stopped.iter().map(|d| {
        let why = d.blocked_by.map_or_else(|| "no fill".to_owned(), |gate| gate.label().to_owned());
        // The signal is known at its bar's end; the ring stands at that bar.
        json!([minute(d.at - Span::MINUTE), d.ref_price, d.trade_side, d.strategy_name, why])
    });
    json!({
        "s": day.session.date.to_string(),
        "t": day.ticker,
        "o": day.open.seconds(),
        "n": (day.close - day.open).as_minutes(),
        "d": decimals,
        "k": day.bars.iter().map(|b| minute(b.start)).collect::<Vec<_>>(),
        "b": day.bars.iter().flat_map(|b| [b.open, b.high, b.low, b.close].map(steps)).collect::<Vec<_>>(),
        "v": day.bars.iter().map(|b| volume(b.volume.raw())).collect::<Vec<_>>(),
        "w": day.vwap.iter().map(vwap).collect::<Vec<_>>(),
        "c": day.corrupt.iter().map(|at| minute(*at)).collect::<Vec<_>>(),
        "r": day.ranges.iter().map(|r| json!([minute(r.from), minute(r.to), r.low, r.high, r.label])).collect::<Vec<_>>(),
        "x": trades.collect::<Vec<_>>(),
        "z": stopped.collect::<Vec<_>>(),
    })
}

/// Whole units as a number, fractions as text.
fn volume(raw: i64) -> Value {
    if raw.rem_euclid(SCALE) == 0 {
        json!(raw.div_euclid(SCALE))
    } else {
        json!(desk::domain::decimal::Quantity::from_raw(raw))
    }
}

/// The coarsest power of ten, a cent at most, in which all of a day's prices are whole.
fn finest(day: &ChartDay) -> (i64, u8) {
    let whole = |step: i64| {
        day.bars.iter().all(|b| [b.open, b.high, b.low, b.close].iter().all(|p| p.raw().checked_rem(step) == Some(0)))
    };
    let mut step = 1_000_000_i64;
    let mut decimals = 2_u8;
    while step > 1 && !whole(step) {
        step = step.div_euclid(10);
        decimals = decimals.saturating_add(1);
    }
    (step, decimals)
}
