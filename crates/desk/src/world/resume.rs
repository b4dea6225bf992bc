//! From stored bytes and a feed that can be played again back to a bot that goes on: the events are folded, the feed is
//! played beside them, and the simulated venue, which lived in the process that is gone, is led through the same commands.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::conductor::Moment;
use super::playback::{Playback, Tick};
use super::seats::Outbox;
use super::trader::{Halt, SessionTerms, Setup, Trader};
use crate::domain::event::{Body, Event};
use crate::domain::ids::OrderId;
use crate::domain::journal::Entry;
use crate::domain::order::{Command, Ending, Intent};
use crate::domain::time::Timestamp;
use crate::machines::ledger::Books;
use crate::venue::{Terms, Venue};

/// What happened before, in the order in which everybody heard it.
#[derive(Clone, Debug)]
pub enum Past {
    /// A session began.
    Session(SessionTerms),
    /// A minute of market data.
    Moment(Moment),
    /// A recorded event.
    Event(Event),
    /// An entry of the books.
    Entry(Box<Entry>),
}

/// A bot led back to where its record ends.
struct Resuming<'a, F> {
    trader: Trader<Outbox>,
    venue: Venue,
    intents: BTreeMap<OrderId, Intent>,
    cancels: BTreeSet<OrderId>,
    /// Entries that are not told yet.
    entries: VecDeque<Entry>,
    playback: &'a mut Playback,
    tell: F,
}

/// Leads a bot and its venue back to where the record ends. The feed stands there afterwards.
///
/// # Errors
/// [`Halt::Record`] where the record is damaged or the feed is not the one that it was made with.
pub fn resume<B: AsRef<[u8]>, C: AsRef<[u8]>>(
    setup: &Setup,
    events: impl IntoIterator<Item = B>,
    entries: impl IntoIterator<Item = C>,
    playback: &mut Playback,
    tell: impl FnMut(Past),
) -> Result<(Trader<Outbox>, Venue), Halt> {
    let mut trader = Trader::new(setup.clone(), Outbox::default())?;
    let mut told = VecDeque::new();
    (trader.books, trader.journal) =
        Books::fold_telling(setup.identity.clone(), entries, |entry| told.push_back(entry))?;
    let venue = Venue::new(setup.rules, setup.commission, setup.instruments.clone(), setup.limits.float);
    let (intents, cancels) = (BTreeMap::new(), BTreeSet::new());
    let mut resuming = Resuming { trader, venue, intents, cancels, entries: told, playback, tell };
    for bytes in events {
        let next = resuming.trader.seq().saturating_add(1);
        let event = Event::from_bytes(bytes.as_ref()).map_err(|e| Halt::Record(format!("event {next}: {e}")))?;
        resuming.take(event)?;
    }
    resuming.booked(|_| true);
    Ok((resuming.trader, resuming.venue))
}

impl<F: FnMut(Past)> Resuming<'_, F> {
    fn take(&mut self, event: Event) -> Result<(), Halt> {
        self.booked(|at| at < event.at && event.feed == 0);
        match &event.body {
            Body::SessionOpened { .. } => self.open(&event)?,
            Body::SessionClosed { .. } => self.close(&event)?,
            _ => {
                while self.trader.feed() < event.feed {
                    self.minute(event.seq)?;
                }
            }
        }
        self.trader.follow(&event)?;
        self.command(event.at, &event.body)?;
        self.booked(|at| at <= event.at);
        (self.tell)(Past::Event(event));
        Ok(())
    }

    /// Tells the entries up to some moment: as they were booked, those of an instant before its events, and what was booked in
    /// a minute before the next.
    fn booked(&mut self, until: impl Fn(Timestamp) -> bool) {
        while let Some(entry) = self.entries.pop_front_if(|entry| until(entry.booked_at)) {
            (self.tell)(Past::Entry(Box::new(entry)));
        }
    }

    fn step(&mut self) -> Result<Option<Tick>, Halt> {
        self.playback.step().map_err(|e| Halt::Record(e.to_string()))
    }

    fn open(&mut self, event: &Event) -> Result<(), Halt> {
        let Body::SessionOpened { session, .. } = &event.body else { return Ok(()) };
        match self.step()? {
            Some(Tick::Open(terms)) if terms.hours.session == *session => {
                self.trader.begin(terms)?;
                self.venue.open_session(Terms { session: *session, settles: terms.settles, rates: terms.rates })?;
                (self.tell)(Past::Session(terms));
                Ok(())
            }
            _ => Err(other_feed(event.seq, &format!("session {session} opened"))),
        }
    }

    fn close(&mut self, event: &Event) -> Result<(), Halt> {
        let Body::SessionClosed { session } = &event.body else { return Ok(()) };
        let close = self.trader.terms().map(|t| t.hours.close);
        while self.playback.now().is_some_and(|now| Some(now) < close) {
            self.minute(event.seq)?;
        }
        match self.step()? {
            Some(Tick::Close { session: closed, .. }) if closed == *session => Ok(()),
            _ => Err(other_feed(event.seq, &format!("session {session} closed"))),
        }
    }

    fn minute(&mut self, seq: u64) -> Result<(), Halt> {
        let Some(Tick::Moment(instant)) = self.step()? else {
            return Err(other_feed(seq, "more bars had been seen"));
        };
        let mut answers = Vec::new();
        for (place, bar, quote) in &instant.bars {
            self.venue.on_bar(*place, bar, quote.as_ref(), &mut answers)?;
        }
        self.venue.expire(instant.at, &mut answers);
        self.booked(|at| at < instant.at);
        self.trader.end_instant();
        self.trader.observe(instant.at, &instant.ended())?;
        (self.tell)(Past::Moment(instant));
        Ok(())
    }

    /// What the venue had been told by then. An order, a cancel or a move that it never answered did not reach it: who asked
    /// asks again.
    fn command(&mut self, at: Timestamp, body: &Body) -> Result<(), Halt> {
        let command = match body {
            Body::Intended(intent) => {
                self.intents.insert(intent.order.clone(), intent.as_ref().clone());
                None
            }
            Body::Accepted { order } | Body::Refused { order, .. } => self.intents.remove(order).map(Command::Submit),
            Body::CancelIntended { order } => {
                self.cancels.insert(order.clone());
                None
            }
            Body::Ended { order, how: Ending::Cancelled } if self.cancels.remove(order) => {
                Some(Command::Cancel(order.clone()))
            }
            Body::Amended { order, stop } => Some(Command::Amend { order: order.clone(), stop: *stop }),
            _ => None,
        };
        if let Some(command) = command {
            self.venue.handle(at, &command, &mut Vec::new())?;
        }
        Ok(())
    }
}

fn other_feed(seq: u64, what: &str) -> Halt {
    Halt::Record(format!("event {seq} says that {what}, and the feed does not; it is another feed than before"))
}
