//! From a stored log back to a running bot: the events are folded, the session's market data fed in between, and before
//! anything else is decided the venue is asked what became of every order (EXEC-3, EXEC-9, K1 to K7).

use std::collections::BTreeSet;

use super::trader::{Ended, Halt, Link, Record, SessionTerms, Trader};
use crate::domain::event::{Body, Event};
use crate::domain::ids::{OrderId, SessionId};
use crate::domain::journal::EntryKind;
use crate::domain::time::{Span, Timestamp};
use crate::machines::ledger::Books;
use crate::venue::Charge;

/// How long a start waits for an answer before it asks again.
const AGAIN: Span = Span::seconds(5);

/// What a restart reads beside the event log and the books: each session's terms and its market data so far.
pub trait Archive {
    /// What held in a session.
    fn terms(&self, session: SessionId) -> Option<SessionTerms>;
    /// The first minute with bars after so many bars of a session: the instant at which they ended, and the bars.
    fn minute(&self, session: SessionId, seen: u64) -> Option<(Timestamp, &[Ended<'_>])>;
}

/// Which ends of a day are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Milestones {
    pub(super) opened: Option<SessionId>,
    pub(super) settled: Option<SessionId>,
    pub(super) closed: Option<SessionId>,
}

/// A start under way: orders whose fate was asked for and not told yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Starting {
    waiting: BTreeSet<OrderId>,
    asked_at: Timestamp,
}

impl Starting {
    pub(super) fn hear(&mut self, order: &OrderId) {
        self.waiting.remove(order);
    }

    /// When there is something to do next: at once when all have answered.
    pub(super) fn due_at(&self, now: Timestamp) -> Timestamp {
        if self.waiting.is_empty() { now } else { self.asked_at + AGAIN }
    }
}

impl<R: Record> Trader<R> {
    /// Folds stored events and entries into a bot that has seen nothing yet.
    ///
    /// # Errors
    /// [`Halt::Record`] names the first bytes that are no event, or not the next one; [`Halt::Journal`].
    pub fn restore<B: AsRef<[u8]>, C: AsRef<[u8]>>(
        &mut self,
        events: impl IntoIterator<Item = B>,
        entries: impl IntoIterator<Item = C>,
        archive: &impl Archive,
    ) -> Result<(), Halt> {
        (self.books, self.journal) = Books::fold(self.setup.identity.clone(), entries)?;
        for bytes in events {
            let next = self.seq.saturating_add(1);
            let event = Event::from_bytes(bytes.as_ref()).map_err(|e| Halt::Record(format!("event {next}: {e}")))?;
            if event.seq != next {
                return Err(Halt::Record(format!("event {} stands where event {next} belongs", event.seq)));
            }
            self.fold_again(&event, archive)?;
        }
        Ok(())
    }

    fn fold_again(&mut self, event: &Event, archive: &impl Archive) -> Result<(), Halt> {
        match &event.body {
            Body::SessionOpened { session, .. } => {
                let terms = archive.terms(*session);
                self.begin(terms.ok_or_else(|| Halt::Record(format!("no terms of {session} are kept")))?)?;
            }
            _ => self.feed_to(event.feed, archive)?,
        }
        Ok(self.fold(event)?)
    }

    /// Feeds the session's market data until so many bars of it have been seen.
    ///
    /// # Errors
    /// [`Halt::Record`] where the session file is shorter than the log says.
    pub fn feed_to(&mut self, seen: u64, archive: &impl Archive) -> Result<(), Halt> {
        while self.feed < seen {
            let next = self.terms().and_then(|t| archive.minute(t.hours.session, self.feed));
            let Some((at, bars)) = next else {
                return Err(Halt::Record(format!("the session file ends after {} bars of {seen}", self.feed)));
            };
            self.observe(at, bars)?;
        }
        Ok(())
    }

    /// Observes what happened until now, without deciding on it: those moments are over.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn catch_up(&mut self, now: Timestamp, archive: &impl Archive) -> Result<(), Halt> {
        while let Some(terms) = self.terms()
            && let Some((at, bars)) = archive.minute(terms.hours.session, self.feed)
            && at <= now
        {
            self.observe(at, bars)?;
        }
        Ok(())
    }

    /// Opens a day, or goes on with an opening that was cut short: float, session, settlement, charges (K9).
    ///
    /// # Errors
    /// [`Halt`].
    pub fn open_day(&mut self, at: Timestamp, terms: SessionTerms, charges: &[Charge]) -> Result<(), Halt> {
        let session = terms.hours.session;
        if self.books.booked(EntryKind::FloatIn, super::day::FLOAT).is_none() {
            self.book_float(at, session)?;
        }
        if self.milestones.opened != Some(session) {
            self.open_session(at, terms)?;
        }
        self.settle_and_charge(at, session, charges)
    }

    /// Whether a session's books are closed.
    #[must_use]
    pub fn has_closed(&self, session: SessionId) -> bool {
        self.milestones.closed == Some(session)
    }

    /// Starts after a fold: what was sent is of unknown outcome, and the venue is asked about every order that may live.
    /// Nothing else is decided before all have been answered.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn start(&mut self, now: Timestamp, link: &mut impl Link) -> Result<(), Halt> {
        let doubts = self.broker.after_restart();
        self.commit(now, doubts)?;
        let waiting = self.broker.open().cloned().collect();
        self.starting = Some(Starting { waiting, asked_at: now });
        self.polled_at = now;
        self.poll(now, true, link)?;
        self.upkeep(now, link)
    }

    /// Whether a start still waits for answers.
    #[must_use]
    pub const fn is_starting(&self) -> bool {
        self.starting.is_some()
    }

    /// Asks again what was not answered; when all is told, repairs what the crash has left half done.
    pub(super) fn ask_at_start(&mut self, now: Timestamp, link: &mut impl Link) -> Result<(), Halt> {
        let Some(starting) = &mut self.starting else { return Ok(()) };
        if starting.due_at(now) > now {
            return Ok(());
        }
        starting.asked_at = now;
        for order in starting.waiting.clone() {
            self.send(now, &crate::domain::order::Command::Query(order), link)?;
        }
        if self.starting.as_ref().is_some_and(|s| s.waiting.is_empty()) {
            self.starting = None;
            self.repair(now, true, link)?;
        }
        Ok(())
    }

    /// The first part in which two bots differ that have the same record behind them; nothing where they agree. What is
    /// no record is left out: evaluations counted, questions asked, whether an order has left the house.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let same_market = self.market.len() == other.market.len();
        let same_market = same_market && self.market.iter().zip(&other.market).all(|(a, b)| a.agrees(b));
        let same_strategies = self.strategies.len() == other.strategies.len();
        let mut strategies = self.strategies.iter().zip(&other.strategies);
        let same_strategies = same_strategies && strategies.all(|(a, b)| a.agrees(b));
        let parts = [
            ("the numbers of events and bars", (self.seq, self.feed) == (other.seq, other.feed)),
            ("the last instant", self.last_at == other.last_at),
            ("the portfolio", self.portfolio == other.portfolio),
            ("risk", self.risk == other.risk),
            ("equity", self.marked == other.marked),
            ("the orders", self.broker.agrees(&other.broker)),
            ("the books", self.books == other.books),
            ("the journal", self.journal.head() == other.journal.head()),
            ("the day's milestones", self.milestones == other.milestones),
            ("the indicators", same_market),
            ("the strategies", same_strategies),
        ];
        parts.into_iter().find(|(_, same)| !same).map(|(part, _)| part)
    }
}
