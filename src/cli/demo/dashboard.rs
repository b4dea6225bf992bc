use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::{BotState, Who};
use desk::domain::fees::FeeSchedule;
use desk::domain::records::MarketSource;
use desk::world::backtest::Tape;
use desk::world::trader::Setup;
use tokio::sync::watch;

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::run::plan::Job;
use crate::gateway::clock::Stopwatch;
use crate::messages::board::Board;

/// How often it is looked whether somebody wants the end.
const LOOK: Duration = Duration::from_millis(100);

/// The day that is played, as a bot of its own trades it.
#[derive(Debug)]
pub struct Day {
    /// How the bot is set up.
    pub setup: Setup,
    /// The market.
    pub tapes: Vec<Tape>,
    /// What a sale costs.
    pub fees: FeeSchedule,
    /// How long a minute of the session takes; nothing is as fast as it can.
    pub pace: Option<Duration>,
    /// What the market is called.
    pub name: String,
}

/// A dashboard that is being served, until this is dropped.
pub struct Dashboard {
    /// Where it is.
    pub place: String,
    /// A way in that works once.
    pub link: String,
    /// What it shows.
    pub board: watch::Receiver<Arc<Board>>,
    /// Whether somebody has shut it down in the browser.
    pub over: watch::Receiver<bool>,
    /// What keeps it.
    pub keep: Box<dyn Any>,
}

impl Day {
    /// The day of a job.
    ///
    /// # Errors
    /// None in a build whose tests pass.
    pub(super) fn of(job: &Job, pace: Option<Duration>) -> Result<Self, Failure> {
        let name = match job.market {
            MarketSource::Generated => format!("generated market, seed {}", job.seed),
            MarketSource::Recorded => "recorded bars".to_owned(),
        };
        Ok(Self { setup: job.setup()?, tapes: job.inputs.tapes.clone(), fees: Job::fees()?, pace, name })
    }
}

impl Dashboard {
    /// What the terminal says once a person has taken the day into the own hands: from then on the bot in the browser
    /// goes another way than the day that the terminal tells.
    pub(super) fn in_hand(&self) -> Option<&'static str> {
        let board = self.board.borrow();
        let ended = matches!(
            board.state,
            BotState::GracefulClosingPositions
                | BotState::EmergencyClosingPositions
                | BotState::Stopped
                | BotState::Error
                | BotState::Shutdown
                | BotState::ShutdownTriggered
        );
        let frozen = board.freezes.iter().any(|f| matches!(f.mark.who, Who::Person(_)));
        let out = board.strategies.iter().any(|s| s.suspended.is_some());
        (ended || frozen || out || board.latch.is_some()).then_some(
            "You have taken the day into your hands: what follows stands in the browser. The report still tells the day as \
             it goes when nobody touches it.",
        )
    }

    /// Waits for Ctrl-C, or for a shutdown in the browser.
    pub(super) fn wait(self) {
        let over = || interrupt::asked() || *self.over.borrow();
        while !over() {
            Stopwatch::start().wait_until(LOOK, || !over());
        }
    }
}

impl std::fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dashboard({})", self.place)
    }
}
