//! Figures by strategy, symbol, weekday and hour; results in R.

use desk::domain::decimal::Money;
use desk::domain::ids::CalendarName;
use desk::domain::time::{Span, Weekday};
use desk::domain::wide::Wide;
use desk::research::tally::TradeFigures;
use serde_json::{Value, json};

use super::length;
use crate::render::input::ReportInput;
use crate::render::numbers::{Sign, count, glance, percent, ratio, span};

/// One row of a table of figures.
fn row(name: &str, sub: &str, f: &TradeFigures, largest: Money) -> Value {
    let share = |m: Money| {
        let part = Wide::from(m.magnitude()) * 100;
        let whole = Wide::from(largest).raw();
        part.cut(whole).map_or(0, Wide::raw)
    };
    json!({
        "name": name,
        "sub": sub,
        "trades": count(f.trades),
        "won": f.won,
        "win_rate": f.win_rate.map(percent),
        "net": glance(f.net, Sign::Result),
        "average": f.average_pnl.map(|m| glance(m, Sign::Result)),
        "profit_factor": f.profit_factor.map(ratio),
        "r": f.expectancy_r.map(ratio),
        "held": f.average_holding_seconds.map(|s| span(Span::seconds(s))),
        "fees": f.fees.total().map(|m| glance(m, Sign::Plain)).ok(),
        "slippage": glance(f.slippage, Sign::Plain),
        "gain": f.max_gain.map(|m| glance(m, Sign::Result)),
        "loss": f.max_loss.map(|m| glance(m, Sign::Result)),
        "bar": share(f.net),
        "up": f.net >= Money::ZERO,
    })
}

fn largest<'a>(figures: impl Iterator<Item = &'a TradeFigures>) -> Money {
    figures.map(|f| f.net.magnitude()).max().unwrap_or_default()
}

/// By strategy, with the signals.
pub(super) fn strategies(input: &ReportInput<'_>) -> Value {
    let all = &input.summary.overview.per_strategy;
    let most = largest(all.values().map(|f| &f.figures));
    all.iter()
        .map(|(name, f)| {
            let mut row = row(name.as_str(), "", &f.figures, most);
            let s = f.signals;
            if let Some(fields) = row.as_object_mut() {
                for (key, value) in
                    [("signals", s.signals), ("blocked", s.blocked), ("missed", s.missed), ("executed", s.executed)]
                {
                    fields.insert(key.to_owned(), json!(count(value)));
                }
            }
            row
        })
        .collect()
}

/// By symbol, best first.
pub(super) fn tickers(input: &ReportInput<'_>) -> Value {
    let all = &input.summary.overview.per_ticker;
    let most = largest(all.values());
    let mut rows: Vec<_> = all.iter().collect();
    rows.sort_by_key(|(ticker, f)| (f.net.negated(), **ticker));
    rows.into_iter().map(|(ticker, f)| row(ticker.as_str(), "", f, most)).collect()
}

const fn weekday_word(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// By weekday.
pub(super) fn weekdays(input: &ReportInput<'_>) -> Value {
    let all = &input.summary.per_weekday;
    let most = largest(all.iter().map(|d| &d.figures));
    all.iter().map(|d| row(weekday_word(d.weekday), "", &d.figures, most)).collect()
}

/// By hour of the session in which the signal came.
pub(super) fn hours(input: &ReportInput<'_>) -> Value {
    let all = &input.summary.per_hour;
    let most = largest(all.iter().map(|h| &h.figures));
    let new_york = input.material.sessions.iter().all(|s| s.session.calendar == CalendarName::Xnys);
    all.iter()
        .map(|h| {
            let hour = h.hour_of_session;
            // The exchange opens at 09:30 of its own clock, summer and winter.
            let start = hour.saturating_add(8);
            let sub = if new_york { format!("{start:02}:30 New York") } else { String::new() };
            row(&format!("hour {hour}"), &sub, &h.figures, most)
        })
        .collect()
}

/// Trades by what they made of the money they risked, in steps of half an R; the ends gather the rest.
pub(super) fn results_in_r(input: &ReportInput<'_>) -> Value {
    const LOWEST: i128 = -4;
    const HIGHEST: i128 = 7;
    let mut bins = std::collections::BTreeMap::<i128, u64>::new();
    for trade in input.material.trades {
        let risk = Wide::product(trade.risk_per_unit.raw(), trade.size.raw()).half_even_to_scale().raw();
        let twice = (Wide::from(trade.pnl_net) * 2).raw();
        if let Some(bin) = twice.checked_div_euclid(risk) {
            let slot = bins.entry(bin.clamp(LOWEST, HIGHEST)).or_default();
            *slot = slot.saturating_add(1);
        }
    }
    if bins.is_empty() {
        return json!([]);
    }
    let longest = bins.values().copied().max().unwrap_or(0);
    (LOWEST..=HIGHEST)
        .map(|bin| {
            let n = bins.get(&bin).copied().unwrap_or(0);
            let edge = |halves: i128| {
                let mark = if halves < 0 { "−" } else { "" };
                let halves = halves.unsigned_abs();
                format!("{mark}{}.{}", halves.checked_div(2).unwrap_or(0), if halves.is_multiple_of(2) { 0 } else { 5 })
            };
            let label = match bin {
                LOWEST => format!("below {}", edge(LOWEST.saturating_add(1))),
                HIGHEST => format!("{} and above", edge(HIGHEST)),
                b => format!("{} to {}", edge(b), edge(b.saturating_add(1))),
            };
            json!({ "label": label, "count": count(n), "bar": length(n, longest), "up": bin >= 0 })
        })
        .collect()
}
