//! Recorded or generated bars through all machines, on the simulated venue and a virtual clock (RES-4, STRAT-5).

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::day::figures;
use super::feed::Feed;
use super::harvest::{AtOpen, Booked};
use super::trader::{Ended, Halt, Link, Record, SessionTerms, Setup, Trader};
use crate::domain::calendar::{Calendar, CalendarError, Session, settlement};
use crate::domain::event::Event;
use crate::domain::fees::FeeSchedule;
use crate::domain::ids::SessionId;
use crate::domain::market::{Bar, QuoteBar};
use crate::domain::order::{Command, Report};
use crate::domain::time::{Date, Span, Timestamp};
use crate::machines::ledger::{Closing, Sealed, Stored};
use crate::machines::market_data::Hours;
use crate::strategies::Chosen;
use crate::venue::{Terms, Venue};

/// One symbol's bars and quotes, in order of time.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    /// Bars.
    pub bars: Vec<Bar>,
    /// Quotes; empty where there are none.
    pub quotes: Vec<QuoteBar>,
}

/// The record of a backtest: kept in memory, written when it is done.
#[derive(Debug, Default)]
pub struct Memory {
    /// The event log.
    pub events: Vec<Event>,
    /// The books.
    pub entries: Vec<Stored>,
    /// What the harvest asks of them.
    pub booked: Booked,
}

impl Record for Memory {
    fn commit(&mut self, events: &mut Vec<Event>, entries: &mut Vec<Sealed>) -> Result<(), Halt> {
        self.events.append(events);
        for Sealed { entry, bytes, hash } in entries.drain(..) {
            self.entries.push(Stored { bytes, hash });
            self.booked.take(entry);
        }
        Ok(())
    }
}

/// A venue that answers at once and loses nothing.
struct Direct<'a>(&'a mut Venue);

impl Link for Direct<'_> {
    fn send(&mut self, at: Timestamp, command: &Command, answers: &mut Vec<Report>) -> Result<(), Halt> {
        Ok(self.0.handle(at, command, answers)?)
    }
}

/// Where a run is.
#[derive(Debug)]
pub struct Progress<'a> {
    /// The instant that has just been decided on.
    pub now: Timestamp,
    /// The session.
    pub session: &'a Session,
    /// Bars seen so far, those outside of sessions included.
    pub bars: u64,
    /// The bot.
    pub trader: &'a Trader<Memory>,
}

/// A session that has been closed.
#[derive(Debug)]
pub struct Closed<'a> {
    /// The session.
    pub session: &'a Session,
    /// The bot, its indicators and counts still those of the session.
    pub trader: &'a Trader<Memory>,
    /// The closing.
    pub closing: &'a Closing,
    /// Bars left out because they lie outside of the session, by place, since the session before.
    pub outside: &'a [u64],
    /// How the books stood at the session's open.
    pub at_open: AtOpen,
}

/// Who looks on. A break ends the run in order, between two instants.
pub trait Watcher {
    /// After each instant.
    fn instant(&mut self, progress: &Progress<'_>) -> ControlFlow<()>;
    /// After each session.
    ///
    /// # Errors
    /// [`Halt`] ends the run.
    fn session(&mut self, closed: &Closed<'_>) -> Result<(), Halt>;
}

/// Why a run did not reach its end.
#[derive(Debug)]
pub enum Stopped {
    /// Somebody asked for it.
    Interrupted,
    /// The bot halted.
    Halted(Halt),
    /// The calendar does not reach that far.
    Calendar(CalendarError),
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Interrupted => f.write_str("the run was interrupted"),
            Self::Halted(halt) => halt.fmt(f),
            Self::Calendar(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Stopped {}

impl<E: Into<Halt>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Halted(error.into())
    }
}

impl From<CalendarError> for Stopped {
    fn from(error: CalendarError) -> Self {
        Self::Calendar(error)
    }
}

/// A run over a tape.
#[derive(Debug)]
pub struct Backtest {
    /// The bot.
    pub trader: Trader<Memory>,
    /// The venue.
    pub venue: Venue,
    /// What a person chooses while it runs, after what was decided at an instant (decision 0022).
    pub choices: BTreeMap<Timestamp, Chosen>,
    fees: FeeSchedule,
    calendar: Calendar,
    outside: Vec<u64>,
    reports: Vec<Report>,
    bars: u64,
    funded: bool,
}

impl Backtest {
    /// A run that begins with the float in settled cash.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn new(setup: Setup, fees: FeeSchedule) -> Result<Self, Halt> {
        let trader = Trader::new(setup, Memory::default())?;
        Ok(Self::of(trader, fees))
    }

    /// A run of a bot that was made elsewhere and has not seen anything yet.
    #[must_use]
    pub fn of(trader: Trader<Memory>, fees: FeeSchedule) -> Self {
        let setup = &trader.setup;
        let venue = Venue::new(setup.rules, setup.commission, setup.instruments.clone(), setup.limits.float);
        let outside = vec![0; setup.instruments.len()];
        Self {
            trader,
            venue,
            choices: BTreeMap::new(),
            fees,
            calendar: Calendar::XNYS,
            outside,
            reports: Vec::new(),
            bars: 0,
            funded: false,
        }
    }

    /// Runs all sessions of the tapes, one tape an instrument, in the order of the instruments.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn run(&mut self, tapes: &[Tape], watcher: &mut impl Watcher) -> Result<(), Stopped> {
        let mut feed = Feed::new(tapes.iter().map(|t| t.bars.as_slice()));
        let mut quotes: Vec<_> = tapes.iter().map(|t| t.quotes.as_slice()).collect();
        while let Some(next) = feed.peek() {
            let start = next - Span::MINUTE;
            match self.calendar.session_at(start) {
                Some(session) => self.session(&session, &mut feed, &mut quotes, watcher)?,
                None => self.skip(&mut feed),
            }
        }
        Ok(())
    }

    /// Leaves a minute out that lies in no session, and counts its bars.
    fn skip(&mut self, feed: &mut Feed<'_>) {
        if let Some(minute) = feed.next() {
            for (place, _) in minute.bars {
                self.bars = self.bars.saturating_add(1);
                if let Some(count) = self.outside.get_mut(*place) {
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    fn session(
        &mut self,
        session: &Session,
        feed: &mut Feed<'_>,
        quotes: &mut [&[QuoteBar]],
        watcher: &mut impl Watcher,
    ) -> Result<(), Stopped> {
        let at_open = self.open(session)?;
        let mut ended: Vec<Ended<'_>> = Vec::with_capacity(quotes.len());
        // Quotes are rare, and each bar would ask for them.
        let quoted = quotes.iter().any(|q| !q.is_empty());
        let mut now = session.open;
        while now < session.close {
            now = now + Span::MINUTE;
            ended.clear();
            if feed.peek() == Some(now)
                && let Some(minute) = feed.next()
            {
                for (place, bar) in minute.bars {
                    let quote = if quoted { quote_at(quotes.get_mut(*place), bar.start) } else { None };
                    ended.push(Ended { place: *place, bar, quote });
                }
                self.bars = self.bars.saturating_add(u64::try_from(ended.len()).unwrap_or(u64::MAX));
            }
            self.instant(now, &ended)?;
            let progress = Progress { now, session, bars: self.bars, trader: &self.trader };
            if watcher.instant(&progress).is_break() {
                return Err(Stopped::Interrupted);
            }
        }
        self.close(session, at_open, watcher)
    }

    /// Opens the session at venue and bot; how the books stand then comes back.
    fn open(&mut self, session: &Session) -> Result<AtOpen, Stopped> {
        let settles = settlement::settlement_date(session.id.date)?;
        let rates = self.fees.at(session.id.date);
        let charges = self.venue.open_session(Terms { session: session.id, settles, rates })?;
        let hours = Hours { session: session.id, open: session.open, close: session.close };
        if !self.funded {
            self.trader.book_float(session.open, session.id)?;
            self.funded = true;
        }
        self.trader.open_session(session.open, SessionTerms { hours, settles, rates })?;
        self.trader.settle_and_charge(session.open, session.id, &charges)?;
        Ok(AtOpen::of(&self.trader)?)
    }

    /// One instant: the venue matches, the bot hears, observes and decides.
    fn instant(&mut self, now: Timestamp, ended: &[Ended<'_>]) -> Result<(), Halt> {
        if self.trader.portfolio().is_empty() {
            for bar in ended {
                self.venue.see(bar.place, bar.bar.close);
            }
        } else {
            let mut reports = std::mem::take(&mut self.reports);
            for bar in ended {
                self.venue.on_bar(bar.place, bar.bar, bar.quote, &mut reports)?;
                if !reports.is_empty() {
                    self.trader.deliver(now, &reports)?;
                    reports.clear();
                }
            }
            self.venue.expire(now, &mut reports);
            self.trader.deliver(now, &reports)?;
            reports.clear();
            self.reports = reports;
        }
        self.trader.observe(now, ended)?;
        self.trader.decide(now, ended, &mut Direct(&mut self.venue))?;
        match self.choices.get(&now) {
            Some(chosen) => self.trader.choose_and_withdraw(now, chosen.clone(), &mut Direct(&mut self.venue)),
            None => Ok(()),
        }
    }

    fn close(&mut self, session: &Session, at_open: AtOpen, watcher: &mut impl Watcher) -> Result<(), Stopped> {
        let next = self.next_session(session.id.date)?;
        let broker = figures(&self.venue, &self.trader.setup.instruments)?;
        let closing = self.trader.close_day(session.close, session.id, next, broker)?;
        let closed = Closed { session, trader: &self.trader, closing: &closing, outside: &self.outside, at_open };
        watcher.session(&closed)?;
        self.venue.forget();
        self.outside.fill(0);
        Ok(())
    }

    fn next_session(&self, date: Date) -> Result<SessionId, CalendarError> {
        Ok(self.calendar.next(date)?.id)
    }

    /// Bars seen, those outside of sessions included.
    #[must_use]
    pub const fn bars(&self) -> u64 {
        self.bars
    }
}

/// The quotes of one minute; those before it are left behind.
fn quote_at<'a>(quotes: Option<&mut &'a [QuoteBar]>, start: Timestamp) -> Option<&'a QuoteBar> {
    let quotes = quotes?;
    while let Some((first, rest)) = quotes.split_first() {
        if first.start > start {
            return None;
        }
        *quotes = rest;
        if first.start == start {
            return Some(first);
        }
    }
    None
}
