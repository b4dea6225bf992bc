//! Bars through the machines.

use std::ops::ControlFlow;

use desk::world::backtest::{Backtest, Closed, Memory, Progress, Watcher};
use desk::world::harvest::Watched;
use desk::world::trader::Halt;

use super::plan::Job;
use crate::cli::failure::Failure;
use crate::cli::interrupt;

/// What a run left behind.
#[derive(Debug)]
pub(in crate::cli) struct Played {
    /// Events and entries.
    pub(in crate::cli) memory: Memory,
    /// The figures that no event holds.
    pub(in crate::cli) watched: Watched,
}

/// Keeps the figures, heeds Ctrl-C, and shows.
struct Live<F> {
    watched: Watched,
    show: F,
}

impl<F: FnMut(&Progress<'_>)> Watcher for Live<F> {
    fn instant(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        self.watched.instant(progress)?;
        (self.show)(progress);
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn session(&mut self, closed: &Closed<'_>) -> Result<(), Halt> {
        self.watched.session(closed)
    }
}

/// Plays a job to its end; `show` is called after each instant.
///
/// # Errors
/// Ctrl-C, or what halted the bot.
pub(in crate::cli) fn play(job: &Job, show: impl FnMut(&Progress<'_>)) -> Result<Played, Failure> {
    let mut backtest = Backtest::new(job.setup()?, Job::fees()?)?;
    let mut live = Live { watched: Watched::default(), show };
    backtest.run(&job.inputs.tapes, &mut live)?;
    Ok(Played { memory: backtest.trader.record, watched: live.watched })
}
