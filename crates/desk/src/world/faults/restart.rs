//! From a dead process to a new one: nothing but stored bytes, the session file and the venue's answers (K1 to K11).

use super::crash::Step;
use super::disk::Writer;
use super::failure::{Failure, Invariant};
use super::play::Play;
use crate::domain::time::{Span, Timestamp};
use crate::world::trader::{Halt, Trader};

impl Play<'_> {
    /// The process is gone. What was in its memory is kept aside where the record should bring all of it back.
    pub(super) fn die(&mut self, now: Timestamp) {
        let step = self.disk.borrow().fuse.last();
        let name = step.map_or("nowhere", Step::as_str);
        let count = self.outside.tally.crashes.entry(name).or_default();
        *count = count.saturating_add(1);
        let dead = self.trader.take();
        self.remains = dead.filter(|_| step.is_some_and(|s| !s.is_ahead()));
        self.outside.process = self.outside.process.saturating_add(1);
        self.disk.borrow_mut().fuse.arm(self.crashes.next());
        let seconds = match self.rng.below(10) {
            0..=5 => self.rng.range(1, 20),
            6..=8 => self.rng.range(20, 120),
            _ => self.rng.range(120, 360),
        };
        self.restart_at = Some(now + Span::seconds(seconds));
    }

    /// A new process on the old disk.
    pub(super) fn restart(&mut self, now: Timestamp) -> Result<(), Failure> {
        self.restart_at = None;
        match self.rebuild(now) {
            Ok(trader) => self.trader = Some(trader),
            Err(Stopped::Crash) => {
                self.die(now);
                return Ok(());
            }
            Err(Stopped::Wrong(failure)) => return Err(failure),
        }
        let (days, index) = (self.days, self.day);
        let charges = std::mem::take(&mut self.charges);
        let started = self.act(now, |trader, outside| {
            if let Some(day) = days.get(index) {
                if !trader.has_closed(day.tape.session.id) {
                    trader.open_day(now, day.tape.terms, &charges)?;
                }
                trader.catch_up(now, days)?;
            }
            outside.step(Step::StartCaughtUp)?;
            trader.start(now, outside)
        });
        self.charges = charges;
        started
    }

    fn rebuild(&mut self, now: Timestamp) -> Result<Trader<Writer>, Stopped> {
        self.outside.step(Step::StartBegun)?;
        let mut trader = self.blank()?;
        {
            let disk = self.disk.borrow();
            trader.restore(disk.stored.events.from(0), disk.stored.entries.from(0), self.days)?;
        }
        if let Some(dead) = self.remains.take() {
            trader.feed_to(dead.feed(), self.days)?;
            self.outside.tally.compared = self.outside.tally.compared.saturating_add(1);
            if let Some(part) = trader.difference(&dead) {
                let what = format!("{part} is not what it was before the crash");
                return Err(Stopped::Wrong(Failure::new(Invariant::Restart, now, what)));
            }
        }
        self.same_as_record(&trader, now)?;
        self.outside.step(Step::StartFolded)?;
        Ok(trader)
    }

    /// The positions of the new bot are those that its record tells to somebody else.
    fn same_as_record(&self, trader: &Trader<Writer>, now: Timestamp) -> Result<(), Stopped> {
        let held = super::play::held(trader);
        for (place, instrument) in self.setup.instruments.iter().enumerate() {
            let own = held.iter().filter(|(s, _)| *s == instrument.symbol).map(|(_, q)| i128::from(*q));
            let (own, told) = (own.fold(0_i128, i128::saturating_add), self.outside.auditor.durable_position(place));
            if own != told {
                let what = format!("{}: {own} held after the fold, {told} in the record", instrument.symbol);
                return Err(Stopped::Wrong(Failure::new(Invariant::I2, now, what)));
            }
        }
        Ok(())
    }
}

/// Why a start did not come to its end.
enum Stopped {
    Crash,
    Wrong(Failure),
}

impl From<Halt> for Stopped {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Crash => Self::Crash,
            other => Self::Wrong(Failure::new(Invariant::Alive, Timestamp::default(), other.to_string())),
        }
    }
}
