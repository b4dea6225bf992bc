//! The days of minute bars that the report shows.

use std::collections::BTreeMap;

use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::market::{Bar, Instrument};
use desk::domain::records::{DecisionRecord, SessionRecord};
use desk::domain::symbol::Symbol;
use desk::machines::market_data::Hours;
use desk::strategies::Parameters;
use desk::world::harvest::Harvest;
use desk::world::harvest::chart::{bands, day_bars};

use super::plan::Job;
use crate::cli::failure::Failure;
use crate::render::{ChartDay, ChartRange, chosen_days};

/// The chart days of a run: those with the largest gains, losses and slippage.
///
/// # Errors
/// Where a sum is beyond 64 bits.
pub(super) fn days(job: &Job, harvest: &Harvest) -> Result<Vec<ChartDay>, Failure> {
    let sessions: BTreeMap<SessionId, &SessionRecord> = harvest.sessions.iter().map(|s| (s.session, s)).collect();
    let mut decisions = BTreeMap::<(SessionId, Symbol), Vec<&DecisionRecord>>::new();
    for decision in &harvest.decisions {
        decisions.entry((decision.session, decision.ticker)).or_default().push(decision);
    }
    let nothing = Vec::new();
    let chosen = chosen_days(&harvest.trades)?;
    let days = chosen.into_iter().filter_map(|(session, ticker)| {
        let own = decisions.get(&(session, ticker)).unwrap_or(&nothing);
        day(job, sessions.get(&session)?, ticker, own)
    });
    Ok(days.collect())
}

fn day(job: &Job, session: &SessionRecord, ticker: Symbol, decisions: &[&DecisionRecord]) -> Option<ChartDay> {
    let place = job.inputs.instruments.binary_search_by_key(&ticker, |i| i.symbol).ok()?;
    let (instrument, tape) = (job.inputs.instruments.get(place)?, job.inputs.tapes.get(place)?);
    chart_day(session, (instrument, &tape.bars), decisions, &job.strategies)
}

/// A symbol's bars of a session as the report draws them.
pub(crate) fn chart_day(
    session: &SessionRecord,
    (instrument, bars): (&Instrument, &[Bar]),
    decisions: &[&DecisionRecord],
    strategies: &[(StrategyName, Parameters)],
) -> Option<ChartDay> {
    let hours = Hours { session: session.session, open: session.open, close: session.close };
    let shown = day_bars(hours, instrument, bars)?;
    let parameters = |name: StrategyName| strategies.iter().find(|(s, _)| *s == name).map(|(_, p)| *p);
    let ranges = bands(hours, &shown, decisions, parameters);
    Some(ChartDay {
        session: session.session,
        ticker: instrument.symbol,
        open: session.open,
        close: session.close,
        ranges: ranges
            .into_iter()
            .map(|b| ChartRange { from: b.from, to: b.to, low: b.low, high: b.high, label: b.label.to_owned() })
            .collect(),
        bars: shown.bars,
        vwap: shown.vwap,
        corrupt: shown.corrupt,
    })
}
