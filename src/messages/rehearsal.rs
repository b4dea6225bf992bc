//! A rehearsal as it is shown: what it is, how far it has come, what it did, what came of it (RES-2, RES-2a).

use std::sync::Arc;

use desk::domain::bot::Who;
use desk::domain::decimal::Money;
use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use desk::machines::rehearsal::Checklist;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use super::board::Mark;

/// The rehearsal that runs, or the last one since the process began; nothing before the first.
pub type Rehearsals = watch::Receiver<Option<Arc<RehearsalBoard>>>;

/// A rehearsal. Its times but `market` are the real clock's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RehearsalBoard {
    /// Its name; whatever it leaves behind is tagged with it.
    pub id: String,
    /// Who began it, when and why.
    pub mark: Mark,
    /// Which session is rehearsed.
    pub session: SessionId,
    /// Where its prices come from, as said to a person.
    pub prices: String,
    /// Symbols that passed the screen by price.
    pub screened: Vec<Symbol>,
    /// Symbols that did not, with the reason.
    pub left_out: Vec<(Symbol, String)>,
    /// Its windows, in the strategies' configured order.
    pub windows: Vec<WindowLine>,
    /// What happened, the newest last, at most [`RehearsalBoard::LINES`].
    pub log: Vec<LogLine>,
    /// How many earlier lines are not shown.
    pub earlier: usize,
    /// Thousandths of the expected time that have passed.
    pub permille: i64,
    /// Seconds that are left.
    pub left_s: i64,
    /// Every point with its evidence, when it has ended.
    pub checklist: Option<Checklist>,
    /// The checklist in one sentence.
    pub verdict: Option<String>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl RehearsalBoard {
    /// How many lines of its log are kept for the page; all of them are in the audit log.
    pub const LINES: usize = 300;

    /// Whether every point passed; nothing while it runs.
    #[must_use]
    pub fn passed(&self) -> Option<bool> {
        self.checklist.as_ref().map(Checklist::passed)
    }

    /// Which window runs, counted from 1; the last one when all are over.
    #[must_use]
    pub fn at_window(&self) -> usize {
        let begun = self.windows.iter().filter(|w| w.state != WindowState::Waiting).count();
        begun.max(1).min(self.windows.len())
    }
}

/// Where a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// Its turn has not come.
    Waiting,
    /// It runs.
    Running,
    /// It ran to its end.
    Done,
    /// It was cut short, or did not run.
    Cut,
}

/// A window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WindowLine {
    /// Whose.
    pub strategy: StrategyName,
    /// Where it is.
    pub state: WindowState,
    /// Its start, on the market's clock.
    pub from: Timestamp,
    /// When nothing may be held any more, on the market's clock.
    pub to: Timestamp,
    /// Where its market clock stands.
    pub market: Timestamp,
    /// How many times faster than the market that clock runs.
    pub speed: i64,
    /// Milliseconds that it took.
    pub took_ms: Option<u64>,
    /// Bars seen in it.
    pub bars: u64,
    /// Decisions.
    pub decisions: u64,
    /// Of them blocked.
    pub blocked: u64,
    /// Simulated orders.
    pub orders: u64,
    /// Simulated fills.
    pub fills: u64,
    /// Simulated trades closed.
    pub trades: u64,
    /// What those made, fees taken off: simulated.
    pub net: Money,
}

/// A line of its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// On the market's clock of the window; nothing between windows.
    pub market: Option<Timestamp>,
    /// Whose window.
    pub strategy: Option<StrategyName>,
    /// What.
    pub what: String,
}

/// Something for the audit log: the start, the end, and every simulated action (RES-2).
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Who began the rehearsal.
    pub who: Who,
    /// What, in one word of records: `rehearsal_began`, `rehearsed`, `rehearsal_ended`.
    pub what: &'static str,
    /// To what: the rehearsal, or the simulated order.
    pub object: String,
    /// What came of it, tagged with the rehearsal's id.
    pub detail: Value,
}
