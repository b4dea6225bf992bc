//! The broker: asks every order once more, sends it, and hears the answers one by one, each recorded before the next is
//! understood.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use actix::prelude::{Actor, Context, Handler, Supervised};
use desk::domain::bot::Mode;
use desk::domain::event::Body;
use desk::domain::ids::SessionId;
use desk::domain::order::Report;
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use desk::domain::wide::Wide;
use desk::venue::{Terms, Venue};
use desk::world::conductor::Moment;
use desk::world::seats::{Out, figures};
use desk::world::trader::Halt;

use super::follower::Follower;
use super::tree::{BROKER, Wiring};
use crate::messages::broker::ToBroker;
use crate::messages::ledger::{Sender, ToLedger};
use crate::messages::line::Post;
use crate::messages::supervisor::ToSupervisor;

/// What is worked off in order.
enum Inbound {
    Report(Timestamp, Report),
    Bodies(Timestamp, Vec<Body>),
    Moment(Arc<Moment>),
    Sent(u64, Sender),
    Close { at: Timestamp, session: SessionId, next: SessionId },
}

/// The broker on the simulated venue.
pub(super) struct Broker {
    wiring: Arc<Wiring>,
    follower: Follower,
    venue: Venue,
    inbox: VecDeque<Inbound>,
    /// The number of what the ledger has not recorded yet.
    waiting: Option<u64>,
    number: u64,
    /// What the last comparison with the venue found.
    reconciled: Option<Result<(), String>>,
}

impl Broker {
    /// A broker before it has heard the chronicle.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(wiring: Arc<Wiring>, venue: Venue) -> Result<Self, Halt> {
        let follower = Follower::new(wiring.setup.clone())?;
        Ok(Self { wiring, follower, venue, inbox: VecDeque::new(), waiting: None, number: 0, reconciled: None })
    }

    fn step(&mut self, message: ToBroker) -> Result<(), Halt> {
        match message {
            ToBroker::Beat(beat) => self.wiring.pulse(BROKER).answer(beat),
            ToBroker::Welcome(chronicle) => {
                self.follower.welcome(&chronicle)?;
                let doubts = self.follower.trader.doubts();
                self.inbox.push_back(Inbound::Bodies(self.follower.trader.last_at(), doubts));
            }
            ToBroker::Piece(piece) => self.follower.take(&piece)?,
            ToBroker::Open(terms) => {
                let (session, settles, rates) = (terms.hours.session, terms.settles, terms.rates);
                let charges = self.venue.open_session(Terms { session, settles, rates })?;
                self.wiring.must(self.wiring.ledger.deliver(ToLedger::Open { terms, charges }));
            }
            ToBroker::Moment(instant) => self.matched(&instant)?,
            ToBroker::Close { at, session, next } => self.inbox.push_back(Inbound::Close { at, session, next }),
            ToBroker::Execute { at, out, number, sender, generation } => {
                if generation >= self.follower.generation {
                    self.execute(at, &out)?;
                }
                self.inbox.push_back(Inbound::Sent(number, sender));
            }
            ToBroker::Recorded(number) => {
                if self.waiting == Some(number) {
                    self.waiting = None;
                }
            }
        }
        self.pump()
    }

    /// The venue matches first; its answers are heard one by one, then everybody sees the bars.
    fn matched(&mut self, instant: &Arc<Moment>) -> Result<(), Halt> {
        let mut reports = Vec::new();
        // Also where the record holds nothing: after a restart it may be a minute ahead of the venue, whose answers are
        // then known already.
        for (place, bar, quote) in &instant.bars {
            self.venue.on_bar(*place, bar, quote.as_ref(), &mut reports)?;
        }
        self.venue.expire(instant.at, &mut reports);
        let (bodies, asks) = self.follower.trader.due(instant.at);
        for ask in &asks {
            self.venue.handle(instant.at, ask, &mut reports)?;
        }
        self.inbox.extend(reports.into_iter().map(|r| Inbound::Report(instant.at, r)));
        self.inbox.push_back(Inbound::Bodies(instant.at, bodies));
        self.inbox.push_back(Inbound::Moment(Arc::clone(instant)));
        Ok(())
    }

    /// The last question before a byte leaves: latch, epoch, price, time.
    fn execute(&mut self, at: Timestamp, out: &Out) -> Result<(), Halt> {
        // An observing bot decides and records; nothing of it leaves the house.
        let held = self.wiring.latch.is_set() || self.wiring.mode == Mode::Observe;
        match self.follower.trader.release(at, out, held) {
            Ok(command) => {
                let mut answers = Vec::new();
                self.venue.handle(at, &command, &mut answers)?;
                self.inbox.extend(answers.into_iter().map(|r| Inbound::Report(at, r)));
            }
            Err(expired) => {
                tracing::warn!(?expired, "an order was not sent");
                if let Out::Order(cleared) = out {
                    let order = cleared.intent().order.clone();
                    self.inbox.push_back(Inbound::Bodies(at, vec![Body::NotAccepted { order }]));
                }
            }
        }
        Ok(())
    }

    fn pump(&mut self) -> Result<(), Halt> {
        while self.waiting.is_none()
            && let Some(inbound) = self.inbox.pop_front()
        {
            let told = match inbound {
                Inbound::Report(at, report) => {
                    let bodies = self.follower.trader.hear(&report);
                    self.heard(at, bodies)
                }
                Inbound::Bodies(at, bodies) => self.heard(at, bodies),
                Inbound::Moment(instant) => {
                    self.reconcile();
                    Some(ToLedger::Moment(instant))
                }
                Inbound::Sent(number, sender) => Some(ToLedger::Sent { number, sender }),
                Inbound::Close { at, session, next } => {
                    let figures = figures(&self.venue, &self.wiring.setup.instruments)?;
                    Some(ToLedger::Close { at, session, next, figures: Box::new(figures) })
                }
            };
            if let Some(told) = told {
                self.wiring.must(self.wiring.ledger.deliver(told));
            }
        }
        Ok(())
    }

    /// Compares positions with the venue's, now that everything it has said was heard; tells where the finding changed.
    fn reconcile(&mut self) {
        let mut held: BTreeMap<Symbol, Wide> = BTreeMap::new();
        for p in self.follower.trader.portfolio().iter() {
            *held.entry(p.symbol).or_default() += Wide::from(p.held()) * p.side.sign();
        }
        let venue: BTreeMap<Symbol, Wide> = self.venue.positions().map(|(s, q)| (s, Wide::from(q))).collect();
        let symbols: BTreeSet<Symbol> = held.keys().chain(venue.keys()).copied().collect();
        let of = |map: &BTreeMap<Symbol, Wide>, s| map.get(s).copied().unwrap_or(Wide::ZERO);
        let breaks: Vec<String> = symbols
            .iter()
            .filter(|s| of(&held, s) != of(&venue, s))
            .map(|s| format!("{s}: the record holds another position than the venue"))
            .collect();
        let found = if breaks.is_empty() { Ok(()) } else { Err(breaks.join("; ")) };
        if self.reconciled.as_ref() != Some(&found) {
            self.reconciled = Some(found.clone());
            self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::Reconciled(found)));
        }
    }

    fn heard(&mut self, at: Timestamp, bodies: Vec<Body>) -> Option<ToLedger> {
        if bodies.is_empty() {
            return None;
        }
        self.number = self.number.saturating_add(1);
        self.waiting = Some(self.number);
        Some(ToLedger::Heard { at, bodies, number: self.number })
    }
}

impl Actor for Broker {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Join(BROKER)));
    }
}

impl Supervised for Broker {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // The venue is outside: it lives on. What was in the inbox is asked for again by whoever waits.
        let (inbox, venue) = (std::mem::take(&mut self.inbox), self.venue.clone());
        match Self::new(Arc::clone(&self.wiring), venue) {
            Ok(anew) => *self = Self { inbox, waiting: None, number: self.number, ..anew },
            Err(halt) => self.wiring.halted(BROKER, &halt),
        }
    }
}

impl Handler<Post<ToBroker>> for Broker {
    type Result = ();

    fn handle(&mut self, post: Post<ToBroker>, _: &mut Context<Self>) {
        if let Err(halt) = self.step(post.body) {
            self.wiring.halted(BROKER, &halt);
        }
    }
}
