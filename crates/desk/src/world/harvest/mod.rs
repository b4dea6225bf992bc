//! What a run leaves behind: its events, entries and watched figures become the records of `domain/records`.

/// What the books say.
mod booked;
/// Minute bars of a day as a chart shows them.
pub mod chart;
/// Decisions with what became of them.
mod decisions;
/// What followed from each decision: orders, executions, stops.
mod follow;
/// Sessions and the curve of equity.
mod sessions;
#[cfg(test)]
mod tests;
/// Closed trades.
mod trades;
/// Looks on while a run goes, and keeps the figures that no event holds.
pub mod watch;

pub use booked::Booked;
pub use watch::{AtOpen, Ending, Watched};

use follow::Followed;

use crate::domain::event::{Body, Event};
use crate::domain::ids::Identity;
use crate::domain::records::{CountedReason, DecisionRecord, EquityPoint, Mode, RunCounts, SessionRecord, TradeRecord};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;
use crate::domain::wide::Overflow;

/// What a run recorded and what was watched.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The event log.
    pub events: &'a [Event],
    /// The books.
    pub booked: &'a Booked,
    /// The figures that no event holds.
    pub watched: &'a Watched,
    /// Each symbol with the start of its last bar inside of a session, in byte order; nothing where it has none.
    pub last_bars: &'a [(Symbol, Option<Timestamp>)],
    /// Whose run.
    pub identity: &'a Identity,
    /// How its orders were executed.
    pub mode: Mode,
    /// What its money is in.
    pub currency: Currency,
}

/// The records of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Harvest {
    /// Closed trades, in the order in which they closed.
    pub trades: Vec<TradeRecord>,
    /// Decisions, in the order of their signals.
    pub decisions: Vec<DecisionRecord>,
    /// Evaluations without a signal, by session, strategy, symbol and reason.
    pub counted: Vec<CountedReason>,
    /// Sessions, in order.
    pub sessions: Vec<SessionRecord>,
    /// Equity at each whole minute of the sessions.
    pub equity: Vec<EquityPoint>,
}

/// Turns a run into records.
///
/// # Errors
/// [`Overflow`] where a sum is beyond what 64 bits hold.
pub fn harvest(source: &Source<'_>) -> Result<Harvest, Overflow> {
    let followed = Followed::of(source.events);
    let trades = trades::records(source, &followed)?;
    let decisions = decisions::records(source.events, &followed);
    let (sessions, equity) = sessions::records(source)?;
    Ok(Harvest { trades, decisions, counted: source.watched.counted.clone(), sessions, equity })
}

impl Harvest {
    /// How much the run did. An entry counts as three orders, with its stop and its target.
    #[must_use]
    pub fn counts(&self, events: &[Event]) -> RunCounts {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let sum = |of: fn(&SessionRecord) -> u64| self.sessions.iter().map(of).fold(0, u64::saturating_add);
        RunCounts {
            sessions: number(self.sessions.len()),
            bars: sum(|s| s.data.iter().map(|q| q.bars).fold(0, u64::saturating_add)),
            evaluations: self.counted.iter().map(|c| c.count).fold(0, u64::saturating_add),
            decisions: number(self.decisions.len()),
            orders: sum(|s| s.orders),
            fills: number(events.iter().filter(|e| matches!(e.body, Body::Executed { .. })).count()),
            trades: number(self.trades.len()),
        }
    }
}
