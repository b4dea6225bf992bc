//! The tables of a report as the template takes them. Numbers are HTML already, words are plain text.

/// Signals, gates, evaluations.
mod gates;
/// The answer, the costs, the luck test.
mod head;
/// What went in: assumptions, inputs, books, sessions, data quality.
mod run;
/// Figures by strategy, symbol, weekday and hour.
mod tallies;
/// The trades.
mod trades;

use serde_json::{Value, json};

use super::input::{RenderError, ReportInput};

/// Everything the template shows, but for the charts' data.
pub(super) fn page(input: &ReportInput<'_>) -> Result<Value, RenderError> {
    Ok(json!({
        "head": head::head(input),
        "costs": head::costs(input)?,
        "luck": head::luck(input),
        "ratios": head::ratios(input),
        "strategies": tallies::strategies(input),
        "tickers": tallies::tickers(input),
        "weekdays": tallies::weekdays(input),
        "hours": tallies::hours(input),
        "results": tallies::results_in_r(input),
        "trades": trades::trades(input),
        "gates": gates::gates(input),
        "silence": gates::silence(input),
        "sessions": run::sessions(input),
        "quality": run::quality(input),
        "assumed": run::assumed(input),
        "books": run::books(input),
        "curve": run::curve(input),
    }))
}

/// A bar's length in per cent of the longest, at least a sliver where there is something.
fn length(part: u64, longest: u64) -> u64 {
    let share = part.saturating_mul(100).checked_div(longest).unwrap_or(0);
    if part > 0 { share.max(1) } else { 0 }
}
