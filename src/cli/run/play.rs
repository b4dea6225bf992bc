//! Bars through the machines, the books on their way to disk meanwhile.

use std::ops::ControlFlow;

use desk::world::backtest::{Backtest, Closed, Memory, Progress, Watcher};
use desk::world::harvest::Watched;
use desk::world::trader::Halt;

use super::ledger::{Books, Part};
use super::place::Place;
use super::plan::Job;
use crate::cli::failure::Failure;
use crate::cli::interrupt;

/// How many events go to the books at once: whole sessions, as many as it takes. Few, so that they are not waited for.
const PART: usize = 500;

/// What a run left behind.
#[derive(Debug)]
pub(in crate::cli) struct Played {
    /// Events and entries.
    pub(in crate::cli) memory: Memory,
    /// The figures that no event holds.
    pub(in crate::cli) watched: Watched,
    /// The books, which are being written.
    pub(super) books: Option<Books>,
}

/// Keeps the figures, hands whole sessions to the books, heeds Ctrl-C, and shows.
struct Live<F> {
    watched: Watched,
    books: Option<Books>,
    /// How many events, entries and closings have gone to the books.
    sent: (usize, usize, usize),
    show: F,
}

impl<F: FnMut(&Progress<'_>)> Watcher for Live<F> {
    fn instant(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        self.watched.instant(progress)?;
        (self.show)(progress);
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn session(&mut self, closed: &Closed<'_>) -> Result<(), Halt> {
        self.watched.session(closed)?;
        let memory = &closed.trader.record;
        if memory.events.len().saturating_sub(self.sent.0) >= PART {
            self.hand_over(memory);
        }
        Ok(())
    }
}

impl<F> Live<F> {
    /// Gives the books what they do not have yet.
    fn hand_over(&mut self, memory: &Memory) {
        let Some(books) = &self.books else { return };
        let (events, entries, closings) = self.sent;
        let closed = &self.watched.closings;
        books.write(Part::of(
            memory.events.get(events..).unwrap_or_default(),
            memory.entries.get(entries..).unwrap_or_default(),
            closed.get(closings..).unwrap_or_default(),
        ));
        self.sent = (memory.events.len(), memory.entries.len(), closed.len());
    }
}

/// Plays a job to its end; `show` is called after each instant. Where there is a place, its books are written meanwhile.
///
/// # Errors
/// Ctrl-C, or what halted the bot.
pub(in crate::cli) fn play(
    job: &Job,
    place: Option<&Place>,
    show: impl FnMut(&Progress<'_>),
) -> Result<Played, Failure> {
    let books = place.map(|place| Books::begin(place, &Job::identity()?)).transpose()?;
    let mut backtest = Backtest::new(job.setup()?, Job::fees()?)?;
    let mut live = Live { watched: Watched::default(), books, sent: (0, 0, 0), show };
    backtest.run(&job.inputs.tapes, &mut live)?;
    live.hand_over(&backtest.trader.record);
    Ok(Played { memory: backtest.trader.record, watched: live.watched, books: live.books })
}
