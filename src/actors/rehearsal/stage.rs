//! What a rehearsal stands on: prices, the screen, how fast its clock runs, and the eyes that see whether the live bot was
//! touched.

use std::sync::Arc;

use desk::domain::calendar::Session;
use desk::domain::decimal::Price;
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::StrategyName;
use desk::domain::market::Instrument;
use desk::domain::symbol::Symbol;
use desk::domain::time::{Span, Timestamp};
use desk::machines::rehearsal::{Digests, Plan};
use desk::machines::schedule::Schedule;
use desk::machines::screener::{Candidate, Criteria, Screened, screen};
use desk::strategies::Parameters;
use desk::world::backtest::Tape;
use tokio::sync::{oneshot, watch};

use crate::messages::rehearsal::{Note, RehearsalBoard};

/// A session's prices.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Where they come from, as said to a person.
    pub name: String,
    /// The session.
    pub session: Session,
    /// What is traded, in the byte order of the symbols.
    pub instruments: Vec<Instrument>,
    /// One tape an instrument, of this session alone.
    pub tapes: Vec<Tape>,
    /// Each one's last price before the session; nothing where none is known.
    pub closes: Vec<Option<Price>>,
}

/// What was seen of the live bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Alerts that went out so far.
    pub alerts: u64,
    /// Hashes of what a rehearsal must not touch.
    pub digests: Digests,
}

/// The prices of the last session before an instant, or why there are none.
pub(super) type Scenes = Arc<dyn Fn(Timestamp) -> Result<Scene, String> + Send + Sync>;
/// Looks at the live bot's ledger and logs.
pub(super) type Eyes = Arc<dyn Fn() -> Result<Seen, String> + Send + Sync>;
/// Takes what belongs into the audit log, and says when it is there; nothing comes back where it cannot be written.
pub(super) type Notes = Arc<dyn Fn(Note) -> oneshot::Receiver<()> + Send + Sync>;

/// What a rehearsal goes by.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Who trades, with which parameters.
    pub strategies: Vec<(StrategyName, Parameters)>,
    /// What the screener asks for; of it a rehearsal takes the price alone (TRADE-4).
    pub criteria: Criteria,
    /// Wall time of a window, a minute or less.
    pub wall: Span,
}

/// What a rehearsal stands on.
#[derive(Clone)]
pub struct Stage {
    /// Its prices.
    pub scenes: Scenes,
    /// Fees of sales.
    pub fees: FeeSchedule,
    /// What is configured when a rehearsal begins.
    pub terms: Arc<dyn Fn() -> Terms + Send + Sync>,
    /// Looks at the live bot.
    pub eyes: Eyes,
    /// Writes to the audit log.
    pub notes: Notes,
    /// What its page shows.
    pub shown: watch::Sender<Option<Arc<RehearsalBoard>>>,
}

impl Stage {
    /// The scene and the plan of a rehearsal that begins now, or why there can be none.
    pub(super) fn set(&self, now: Timestamp, terms: &Terms) -> Result<(Scene, Plan), String> {
        let scene = (self.scenes)(now)?;
        let schedule = Schedule::new(&scene.session, &terms.strategies);
        let plan = Plan::new(&schedule, terms.wall).map_err(|why| why.to_string())?;
        Ok((scene, plan))
    }
}

impl Scene {
    /// Leaves out what the screen by price leaves out. A symbol without an earlier price counts with the session's first.
    pub(super) fn screened(mut self, criteria: &Criteria) -> (Self, Screened) {
        let known = self.instruments.iter().zip(&self.tapes).zip(&self.closes);
        let candidates: Vec<Candidate> = known
            .map(|((instrument, tape), close)| Candidate {
                price: close.or_else(|| tape.bars.first().map(|bar| bar.open)),
                ..Candidate::unknown(instrument.symbol)
            })
            .collect();
        let screened = screen(self.session.open, &criteria.price_only(), &candidates);
        let taken = |symbol: &Symbol| screened.chosen.binary_search(symbol).is_ok();
        let mut keep = self.instruments.iter().map(|i| taken(&i.symbol)).collect::<Vec<_>>().into_iter();
        self.tapes.retain(|_| keep.next().unwrap_or(false));
        let mut keep = self.instruments.iter().map(|i| taken(&i.symbol)).collect::<Vec<_>>().into_iter();
        self.closes.retain(|_| keep.next().unwrap_or(false));
        self.instruments.retain(|i| taken(&i.symbol));
        (self, screened)
    }
}
