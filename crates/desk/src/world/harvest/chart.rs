//! Minute bars of a day as a chart shows them.

use crate::domain::decimal::Price;
use crate::domain::ids::StrategyName;
use crate::domain::market::{Bar, Instrument};
use crate::domain::records::DecisionRecord;
use crate::domain::time::{Span, Timestamp};
use crate::machines::market_data::{Checked, Hours, SymbolMarket, View};
use crate::strategies::Parameters;

/// One symbol's bars in one session, with what the data checks and indicators made of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayBars {
    /// Bars that start inside of the session, in order.
    pub bars: Vec<Bar>,
    /// VWAP at each bar, nothing where it does not exist; as many as bars.
    pub vwap: Vec<Option<Price>>,
    /// Starts of corrupt bars.
    pub corrupt: Vec<Timestamp>,
}

/// A band of prices that a decision relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// The start of its first bar.
    pub from: Timestamp,
    /// The end of its last bar.
    pub to: Timestamp,
    /// Its lower edge.
    pub low: Price,
    /// Its upper edge.
    pub high: Price,
    /// What it is, in words.
    pub label: &'static str,
}

/// The bars of one session out of a symbol's bars, which are in order of time. Nothing where a bar cannot be taken in.
#[must_use]
pub fn day_bars(hours: Hours, instrument: &Instrument, bars: &[Bar]) -> Option<DayBars> {
    let first = bars.partition_point(|b| b.start < hours.open);
    let after = bars.partition_point(|b| b.start < hours.close);
    let mut market = SymbolMarket::new(hours.minutes(), false)?;
    let mut day = DayBars { bars: bars.get(first..after)?.to_vec(), ..DayBars::default() };
    for bar in &day.bars {
        let checked = market.observe(bar, None, hours.minute_of(bar.start)?, true).ok()?;
        if checked == Checked::Corrupt {
            day.corrupt.push(bar.start);
        }
        day.vwap.push(View::new(hours, instrument, bar, checked, &market, bar.end()).vwap());
    }
    Some(day)
}

/// The bands that a day's decisions in one symbol relied on: the opening range, the extremes of the look-back.
#[must_use]
pub fn bands(
    hours: Hours,
    day: &DayBars,
    decisions: &[&DecisionRecord],
    parameters: impl Fn(StrategyName) -> Option<Parameters>,
) -> Vec<Band> {
    let mut found: Vec<Band> = Vec::new();
    for decision in decisions {
        let edge = |name: &str| decision.inputs.get(name).and_then(|text| text.parse::<Price>().ok());
        let Some(own) = parameters(decision.strategy_name) else { continue };
        let band = if let (Some(high), Some(low)) = (edge("range_high"), edge("range_low")) {
            let to = hours.open + Span::minutes(own.range_minutes);
            Band { from: hours.open, to, low, high, label: "opening range" }
        } else if let (Some(high), Some(low)) = (edge("lookback_high"), edge("lookback_low")) {
            let to = decision.at - Span::MINUTE;
            let clean = day.bars.iter().rev().filter(|b| b.start < to && !day.corrupt.contains(&b.start));
            let count = usize::try_from(own.lookback).unwrap_or(0);
            let Some(from) = clean.take(count).last().map(|b| b.start) else { continue };
            Band { from, to, low, high, label: "look-back" }
        } else {
            continue;
        };
        if !found.contains(&band) {
            found.push(band);
        }
    }
    found
}
