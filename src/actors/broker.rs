//! The broker: asks every order once more, sends it, and hears the answers one by one, each recorded before the next is
//! understood.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use actix::prelude::{Actor, Context, Handler, Supervised};
use desk::domain::bot::Mode;
use desk::domain::event::Body;
use desk::domain::ids::OrderId;
use desk::domain::order::{Command, Report};
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use desk::domain::wide::Wide;
use desk::venue::{Terms, Venue};
use desk::world::closing::VenueWord;
use desk::world::conductor::Moment;
use desk::world::seats::{Out, figures};
use desk::world::trader::Halt;

use super::follower::Follower;
use super::tree::{BROKER, Wiring};
use crate::gateway::plug::{Step, pass};
use crate::messages::broker::{Reduce, ToBroker};
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::{Over, Sender, ToLedger};
use crate::messages::line::Post;
use crate::messages::supervisor::ToSupervisor;

/// What is worked off in order.
enum Inbound {
    Report(Timestamp, Report),
    Bodies(Timestamp, Vec<Body>),
    /// What time alone brings is asked for when everything before it was heard: an answer may be waiting here.
    Due(Timestamp),
    /// What a start asks, or says once more.
    Ask(Timestamp, Command),
    Moment(Arc<Moment>),
    Sent(u64, Sender),
    Close(Over),
    Reconcile,
}

/// A minute that the venue has matched ahead of the record.
struct Ahead {
    at: Timestamp,
    reports: Vec<Report>,
    /// What was sent past the books after it, with the answers.
    after: VecDeque<Inbound>,
}

/// The broker on the simulated venue.
pub(super) struct Broker {
    wiring: Arc<Wiring>,
    follower: Follower,
    venue: Venue,
    inbox: VecDeque<Inbound>,
    /// Minutes that the venue has matched and the record is not ready for.
    ahead: VecDeque<Ahead>,
    /// Orders of the session that were recorded and not sent.
    withheld: BTreeSet<OrderId>,
    /// Whether a call waits for the record.
    called: bool,
    /// The number of what the ledger has not recorded yet.
    waiting: Option<u64>,
    number: u64,
    /// What the last comparison with the venue found.
    reconciled: Option<Result<(), String>>,
    /// The market's clock: nothing reaches the venue in its past.
    now: Timestamp,
    mode: Mode,
}

impl Broker {
    /// A broker before it has heard the chronicle.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(wiring: Arc<Wiring>, venue: Venue) -> Result<Self, Halt> {
        let follower = Follower::new(wiring.setup.clone())?;
        let (mode, now) = (wiring.mode, Timestamp::default());
        Ok(Self {
            wiring,
            follower,
            venue,
            inbox: VecDeque::new(),
            ahead: VecDeque::new(),
            withheld: BTreeSet::new(),
            called: false,
            waiting: None,
            number: 0,
            reconciled: None,
            now,
            mode,
        })
    }

    fn step(&mut self, message: ToBroker) -> Result<(), Halt> {
        match message {
            ToBroker::Beat(beat) => self.wiring.pulse(BROKER).answer(beat),
            ToBroker::Welcome(chronicle) => {
                self.follower.welcome(&chronicle)?;
                self.now = self.now.max(self.follower.trader.last_at());
                self.ask_at_start();
                if std::mem::take(&mut self.called) {
                    self.call()?;
                }
            }
            ToBroker::Piece(piece) => self.follower.take(&piece)?,
            ToBroker::Open(terms) => {
                self.now = self.now.max(terms.hours.open);
                self.withheld.clear();
                let (session, settles, rates) = (terms.hours.session, terms.settles, terms.rates);
                let charges = self.venue.open_session(Terms { session, settles, rates })?;
                self.wiring.must(self.wiring.ledger.deliver(ToLedger::Open { terms, charges }));
            }
            ToBroker::Moment(instant) => self.matched(&instant)?,
            ToBroker::Ahead(instant) => {
                // Noted first: whatever happens then, the venue is not shown it twice.
                self.ahead.push_back(Ahead { at: instant.at, reports: Vec::new(), after: VecDeque::new() });
                let reports = self.venue_matches(&instant)?;
                if let Some(ahead) = self.ahead.back_mut() {
                    ahead.reports = reports;
                }
            }
            ToBroker::Close(over) => self.inbox.push_back(Inbound::Close(over)),
            ToBroker::Execute { at, out, number, sender, generation } => {
                if generation >= self.follower.generation {
                    self.execute(at, &out)?;
                    match (sender, &out) {
                        (Sender::KillSwitch, Out::Cancel(_)) => pass(Step::CancelSent),
                        (Sender::KillSwitch, _) => pass(Step::ExitSent),
                        (Sender::Risk, _) => {}
                    }
                }
                self.inbox.push_back(Inbound::Sent(number, sender));
            }
            ToBroker::Recorded(number) => {
                if self.waiting == Some(number) {
                    self.waiting = None;
                }
            }
            ToBroker::Reduce(what) => self.reduce(what)?,
            ToBroker::Confirm(asked) => {
                let word = VenueWord { now: self.now, withheld: self.withheld.clone(), ..VenueWord::of(&self.venue) };
                let word = ToKillSwitch::Confirmed(asked, Box::new(word));
                self.wiring.must(self.wiring.kill_switch.deliver(word));
                return Ok(());
            }
            ToBroker::Reconcile => {
                self.reconciled = None;
                self.inbox.push_back(Inbound::Reconcile);
            }
            // Without the record nobody knows what the account is worth.
            ToBroker::Call if !self.follower.is_welcome() => self.called = true,
            ToBroker::Call => return self.call(),
            ToBroker::Mode(mode) => self.mode = mode,
            #[cfg(test)]
            ToBroker::Fault(fault) => super::tests::act_out(fault),
        }
        self.pump()
    }

    /// Answers a call. The simulated venue lends nothing: an account may buy for what it is worth.
    fn call(&self) -> Result<(), Halt> {
        let worth = self.follower.trader.equity()?.money()?;
        self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::Called(worth)));
        Ok(())
    }

    /// The venue matches first; its answers are heard one by one, then everybody sees the bars.
    fn matched(&mut self, instant: &Arc<Moment>) -> Result<(), Halt> {
        let (reports, after) = match self.ahead.pop_front_if(|ahead| ahead.at == instant.at) {
            Some(ahead) => (ahead.reports, ahead.after),
            None => (self.venue_matches(instant)?, VecDeque::new()),
        };
        self.inbox.extend(reports.into_iter().map(|r| Inbound::Report(instant.at, r)));
        // Who asks a venue that is ahead hears what the record does not know yet: answers are on their way.
        if self.ahead.is_empty() && after.is_empty() {
            self.inbox.push_back(Inbound::Due(instant.at));
        }
        self.inbox.push_back(Inbound::Moment(Arc::clone(instant)));
        self.inbox.extend(after);
        Ok(())
    }

    /// What the venue has answered, to be heard after the minute that it has come to.
    fn answered(&mut self, told: impl Iterator<Item = Inbound>) {
        match self.ahead.back_mut() {
            Some(ahead) => ahead.after.extend(told),
            None => self.inbox.extend(told),
        }
    }

    fn venue_matches(&mut self, instant: &Moment) -> Result<Vec<Report>, Halt> {
        self.now = self.now.max(instant.at);
        let mut reports = Vec::new();
        // Also where the record holds nothing: after a restart it may be a minute ahead of the venue, whose answers are
        // then known already.
        for (place, bar, quote) in &instant.bars {
            self.venue.on_bar(*place, bar, quote.as_ref(), &mut reports)?;
        }
        self.venue.expire(instant.at, &mut reports);
        Ok(reports)
    }

    /// The last question before a byte leaves: latch, epoch, price, time.
    fn execute(&mut self, at: Timestamp, out: &Out) -> Result<(), Halt> {
        // An observing bot decides and records; nothing of it leaves the house.
        let held = self.wiring.latch.is_set() || self.mode == Mode::Observe;
        let now = at.max(self.now);
        match self.follower.trader.release(now, out, held) {
            Ok(command) => {
                let mut answers = Vec::new();
                self.venue.handle(now, &command, &mut answers)?;
                if out.adds_exposure() {
                    self.wiring.speed.intent();
                }
                self.answered(answers.into_iter().map(|r| Inbound::Report(now, r)));
            }
            Err(expired) => {
                tracing::warn!(?expired, "an order was not sent");
                if let Out::Order(cleared) = out {
                    let order = cleared.intent().order.clone();
                    self.withheld.insert(order.clone());
                    self.inbox.push_back(Inbound::Bodies(at, vec![Body::NotAccepted { order }]));
                }
            }
        }
        Ok(())
    }

    /// What the kill switch sends past the books. It cancels and reduces, so nothing is asked. That it was sent is told to
    /// the books where its answers are, so that they can be understood.
    fn reduce(&mut self, what: Reduce) -> Result<(), Halt> {
        let (command, body) = match what {
            Reduce::Cancel(order) => (Command::Cancel(order.clone()), Some(Body::CancelIntended { order })),
            Reduce::Query(order) => (Command::Query(order), None),
            Reduce::Exit(reducing) => {
                let intent = reducing.intent().clone();
                (Command::Submit(intent.clone()), Some(Body::Intended(Box::new(intent))))
            }
        };
        let (at, mut answers) = (self.now, Vec::new());
        self.venue.handle(at, &command, &mut answers)?;
        let told = body.into_iter().map(|body| Inbound::Bodies(at, vec![body]));
        self.answered(told.chain(answers.into_iter().map(|r| Inbound::Report(at, r))));
        Ok(())
    }

    fn pump(&mut self) -> Result<(), Halt> {
        // Without the record nobody knows whose an answer is: it would be lost.
        if !self.follower.is_welcome() {
            return Ok(());
        }
        while self.waiting.is_none()
            && let Some(inbound) = self.inbox.pop_front()
        {
            let told = match inbound {
                Inbound::Report(at, report) => {
                    let bodies = self.follower.trader.hear(&report);
                    self.heard(at, bodies)
                }
                Inbound::Bodies(at, bodies) => self.heard(at, bodies),
                Inbound::Due(at) => {
                    self.due(at)?;
                    None
                }
                Inbound::Ask(at, command) => self.ask(at, &command)?,
                Inbound::Moment(instant) => {
                    self.reconcile();
                    Some(ToLedger::Moment(instant))
                }
                Inbound::Reconcile => {
                    self.reconcile();
                    None
                }
                Inbound::Sent(number, sender) => Some(ToLedger::Sent { number, sender }),
                Inbound::Close(over) => {
                    let figures = figures(&self.venue, &self.wiring.setup.instruments)?;
                    Some(ToLedger::Close { over, figures: Box::new(figures) })
                }
            };
            if let Some(told) = told {
                self.wiring.must(self.wiring.ledger.deliver(told));
            }
        }
        Ok(())
    }

    /// Before anything else: what was sent, and never answered, is of unknown outcome; the venue is asked at once what became
    /// of it, and of every other order that may live, since an answer may be lost. What was withdrawn or moved, and never
    /// confirmed, is said once more (EXEC-3, EXEC-9); under the latch nothing is moved.
    fn ask_at_start(&mut self) {
        let trader = &self.follower.trader;
        let (at, doubts) = (trader.last_at(), trader.doubts());
        let unknown = doubts.iter().filter_map(|body| match body {
            Body::Unknown { order } => Some(order),
            _ => None,
        });
        let orders: BTreeSet<&OrderId> = unknown.chain(trader.broker().open()).collect();
        let queries = orders.into_iter().map(|order| Command::Query(order.clone()));
        let latched = self.wiring.latch.is_set();
        let may_go = |ask: &Command| !(latched && matches!(ask, Command::Amend { .. }));
        let asks: Vec<Command> = queries.chain(trader.broker().repeats(at, true).into_iter().filter(may_go)).collect();
        for ask in asks.into_iter().rev() {
            self.inbox.push_front(Inbound::Ask(at, ask));
        }
        self.inbox.push_front(Inbound::Bodies(at, doubts));
    }

    /// Asks the venue at a start. It is in this process, and nothing is on its way to it: what it does not know then has
    /// not reached it and never will. One that is ahead of the record is asked when its answers can be understood.
    fn ask(&mut self, at: Timestamp, command: &Command) -> Result<Option<ToLedger>, Halt> {
        if !self.ahead.is_empty() {
            return Ok(None);
        }
        let mut answers = Vec::new();
        self.venue.handle(at.max(self.now), command, &mut answers)?;
        if let [Report::NotFound(order)] = answers.as_slice() {
            let tracked = self.follower.trader.broker().get(order);
            let bodies = tracked.filter(|t| t.is_unresolved()).map(|_| Body::NotAccepted { order: order.clone() });
            return Ok(self.heard(at, bodies.into_iter().collect()));
        }
        for report in answers.into_iter().rev() {
            self.inbox.push_front(Inbound::Report(at, report));
        }
        Ok(None)
    }

    /// What time alone brings: the answers to what is asked now are heard first.
    fn due(&mut self, at: Timestamp) -> Result<(), Halt> {
        let (bodies, asks) = self.follower.trader.due(at);
        let mut reports = Vec::new();
        for ask in &asks {
            self.venue.handle(at.max(self.now), ask, &mut reports)?;
        }
        self.inbox.push_front(Inbound::Bodies(at, bodies));
        for report in reports.into_iter().rev() {
            self.inbox.push_front(Inbound::Report(at, report));
        }
        Ok(())
    }

    /// Compares positions with the venue's; tells where the finding changed. What the venue has said already and nobody has
    /// heard is heard first, since the venue holds it and the record does not.
    fn reconcile(&mut self) {
        let is_unheard = |inbound: &Inbound| matches!(inbound, Inbound::Report(..));
        let later = match self.ahead.back_mut() {
            Some(ahead) => Some(&mut ahead.after),
            None if self.inbox.iter().any(is_unheard) => Some(&mut self.inbox),
            None => None,
        };
        if let Some(later) = later {
            if !later.iter().any(|inbound| matches!(inbound, Inbound::Reconcile)) {
                later.push_back(Inbound::Reconcile);
            }
            return;
        }
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
        let (inbox, ahead) = (std::mem::take(&mut self.inbox), std::mem::take(&mut self.ahead));
        let venue = self.venue.clone();
        match Self::new(Arc::clone(&self.wiring), venue) {
            Ok(anew) => {
                let (number, now, mode) = (self.number, self.now, self.mode);
                let withheld = std::mem::take(&mut self.withheld);
                *self = Self { inbox, ahead, withheld, waiting: None, number, now, mode, ..anew };
            }
            Err(halt) => self.wiring.halted(BROKER, &halt),
        }
    }
}

impl Handler<Post<ToBroker>> for Broker {
    type Result = ();

    fn handle(&mut self, post: Post<ToBroker>, _: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(BROKER).begin();
        if let Err(halt) = self.step(post.body) {
            self.wiring.halted(BROKER, &halt);
        }
    }
}
