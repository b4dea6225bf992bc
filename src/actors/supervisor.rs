//! The supervisor: commands, states, faults. Its machine decides; this shell knows the facts, keeps the log of the bot's
//! life, and hands on what is to be done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::{Actor, AsyncContext, Context, Handler, Supervised};
use desk::domain::bot::{Answer as Recorded, BotBody, BotState, Command, Key, Mark, Mode, Scope};
use desk::domain::decimal::Quantity;
use desk::domain::event::Body;
use desk::domain::order::{Leg, OrderState};
use desk::domain::time::Timestamp;
use desk::machines::supervisor::{Carried, Effect, Facts, Happening, Ordered, Refusal, Verdict};
use desk::world::trader::Halt;
use tokio::sync::oneshot;

use super::closing::Closing;
use super::configuring::{Prepared, Usual};
use super::follower::Follower;
use super::life::{End, Life, LifeError};
use super::tree::{LEDGER, Left, SUPERVISOR, Wiring};
use crate::gateway::plug::{Step, pass};
use crate::messages::board::{AlertLevel, OpenDay};
use crate::messages::chronicle::{Chronicle, Piece};
use crate::messages::ledger::ToLedger;
use crate::messages::line::Post;
use crate::messages::market_data::ToMarketData;
use crate::messages::supervisor::{Answer, Closed, Order, Outcome, Refused, ToSupervisor};

/// What goes to the books, and days that are not closed.
mod booking;
/// Cancel, flatten and kill.
mod closings;
/// Defense mode.
mod defending;
/// What takes time: a comparison, a drill.
mod errands;
/// What goes wrong.
mod faults;
/// Which names a freeze may have.
mod freezing;
/// What is over and kept as history.
mod past;
/// The gate before each window.
mod readiness;
/// A rehearsal's begin and end.
mod rehearsing;
/// What others are told.
mod telling;
/// What fails or takes too long, again and again.
mod weighing;

use errands::Errands;
use past::Past;
use readiness::Readiness;
pub use weighing::Bearing;
use weighing::Weighing;

/// How often the facts are looked at without an occasion.
const LOOK: Duration = Duration::from_millis(200);
/// A beat comes each so many milliseconds.
const ASK_MS: u64 = 400;
/// How many commands wait while a configuration is applied.
const QUEUE: usize = 100;

/// The supervisor.
#[expect(clippy::struct_excessive_bools, reason = "what was told last to whom, each by itself")]
pub(super) struct Supervisor {
    pub(super) wiring: Arc<Wiring>,
    pub(super) follower: Follower,
    pub(super) life: Life,
    waiting: VecDeque<(Box<Order>, oneshot::Sender<Answer>)>,
    reconciliation: Result<(), String>,
    now: Timestamp,
    /// What risk was told last, so that it is told again only when something has changed.
    told: Option<telling::Told>,
    restarts: Vec<(&'static str, u32, String)>,
    weighing: Weighing,
    beat: u64,
    fed: bool,
    closing: Option<Closing>,
    /// A kill was handed to the kill switch, which has not told that the venue confirmed its end.
    killing: bool,
    /// What the kill switch said of a kill before this machine knew of it.
    early: Option<Closed>,
    /// Nothing more will come from the feed.
    feed_ended: bool,
    readiness: Readiness,
    errands: Errands,
    past: Past,
    /// The backup that is being taken, by its command's key.
    pub(super) backing_up: Option<Key>,
    /// Who asks for what is carried out now, and under which key.
    asking: Option<Mark>,
    /// What they ask for, in a word.
    verb: Option<&'static str>,
    pub(super) key: Option<Key>,
    left: Option<Left>,
    /// Whether the books cannot be written now.
    stalled: bool,
    free: bool,
    mode: Mode,
    /// Who asked for the end of the process.
    ended_by: Option<Mark>,
    /// Whether the feed waits for a rehearsal's end.
    held: bool,
    pub(super) prepared: Option<Prepared>,
    /// Versions that were handed to the ledger and are not recorded yet, the oldest first.
    pub(super) applying: VecDeque<(u32, Prepared)>,
    /// The day that is over and not closed.
    open_days: Vec<OpenDay>,
    /// What holds while defense mode is off.
    pub(super) usual: Usual,
}

impl Supervisor {
    /// A supervisor that goes on with a life.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(wiring: Arc<Wiring>, life: Life, left: Left) -> Result<Self, Halt> {
        // Before anybody writes one.
        if let Err(error) = wiring.receipts.tidy() {
            tracing::warn!(%error, "a receipt that was half written stays");
        }
        let weighing = Weighing::new(&wiring, left.failures.clone());
        Ok(Self {
            weighing,
            follower: Follower::new(wiring.setup.clone())?,
            mode: wiring.mode,
            usual: wiring.usual.clone(),
            now: life.machine.since(),
            life,
            waiting: VecDeque::new(),
            reconciliation: Ok(()),
            told: None,
            restarts: Vec::new(),
            beat: 0,
            fed: false,
            closing: None,
            killing: false,
            early: None,
            feed_ended: false,
            readiness: Readiness::default(),
            past: Past::new(&wiring.receipts),
            errands: Errands::new(&wiring.receipts),
            wiring,
            backing_up: None,
            asking: None,
            verb: None,
            key: None,
            left: Some(left),
            stalled: false,
            free: false,
            ended_by: None,
            held: false,
            prepared: None,
            applying: VecDeque::new(),
            open_days: Vec::new(),
        })
    }

    fn step(&mut self, message: ToSupervisor) -> Result<(), LifeError> {
        match message {
            ToSupervisor::Beat(beat) => {
                self.wiring.pulse(SUPERVISOR).answer(beat);
                self.beat = self.beat.max(beat);
                return Ok(());
            }
            ToSupervisor::Command(order, answer) => self.command(order, answer)?,
            ToSupervisor::Welcome(chronicle) => self.welcomed(&chronicle)?,
            ToSupervisor::Piece(piece) => self.take(&piece)?,
            ToSupervisor::SetUp(state) => self.happened(&Happening::SetUp(state))?,
            ToSupervisor::Reconciled(result) => self.reconciled(result)?,
            ToSupervisor::Called(buying_power) => self.called(buying_power),
            ToSupervisor::Drilled(report) => self.drilled(*report)?,
            ToSupervisor::BackedUp(taken) => self.backed_up(taken)?,
            ToSupervisor::Closing(closed) => self.closed(*closed),
            ToSupervisor::DaysOpen(days) => self.days_open(days),
            ToSupervisor::Books(asked) => self.hand_to_books(asked),
            ToSupervisor::Reviewed => self.close_again(),
            ToSupervisor::Stalled(why) => self.stalled(why)?,
            #[cfg(test)]
            ToSupervisor::Fault(fault) => super::tests::act_out(fault),
            ToSupervisor::Fell { name, why, times } => self.fell(name, &why, times)?,
            ToSupervisor::Overran { name, took } => self.overran(name, took)?,
            ToSupervisor::Halted { name, why } => {
                if let Some(index) = self.strategy_of(name) {
                    self.suspend(index, &why)?;
                } else {
                    self.fault(name, &why)?;
                }
                if name == LEDGER {
                    self.weighing.ends_over(LEDGER, &why);
                    self.end(End::Anew);
                }
            }
            ToSupervisor::Rehearsed => self.life.machine.rehearsal_ended(),
            ToSupervisor::FeedEnded => {
                self.feed_ended = true;
                let text = "The feed has ended: no more sessions come.".to_owned();
                self.wiring.alert(AlertLevel::Info, "feed_ended", text);
            }
            ToSupervisor::Tick => {
                if self.life.write().is_ok() && self.drill_is_due() {
                    self.key = None;
                    self.drill();
                }
            }
        }
        self.settle()
    }

    /// The chronicle so far: what an earlier process has left is taken up.
    fn welcomed(&mut self, chronicle: &Chronicle) -> Result<(), LifeError> {
        chronicle.pieces.iter().for_each(|piece| self.past.follow(piece));
        if let Err(halt) = self.follower.welcome(chronicle) {
            self.fault(SUPERVISOR, &halt.to_string())?;
        }
        let clock = chronicle.pieces.iter().rev().find_map(Piece::instant);
        self.now = clock.map_or(self.now, |at| self.now.max(at));
        let trader = &self.follower.trader;
        let under_way = trader.terms().map(|t| t.hours.session).filter(|s| !trader.has_closed(*s));
        if let Some(session) = under_way {
            self.plan_windows(session);
            self.look_at_windows(self.now);
        }
        self.tell_of_what_was_left()?;
        // What an earlier process left unfinished goes on, the latch first (LIFE-3); so does a session under way.
        let standing = self.life.machine.standing(&self.facts());
        self.perform(&standing);
        self.defend_before_the_first();
        Ok(())
    }

    fn take(&mut self, piece: &Piece) -> Result<(), LifeError> {
        if let Err(halt) = self.follower.take(piece) {
            self.fault(SUPERVISOR, &halt.to_string())?;
        }
        self.advance(piece.instant());
        if self.follower.is_welcome() {
            self.past.follow(piece);
        }
        match piece {
            Piece::Session(terms) => {
                let (session, before) = (terms.hours.session, self.life.machine.session());
                self.plan_windows(session);
                self.happened(&Happening::SessionBegan(session))?;
                if before != Some(session) {
                    self.defend();
                }
                Ok(())
            }
            Piece::Events(events) => {
                for event in events.iter() {
                    self.advance(Some(event.at));
                    if let Body::FloatAssigned(assigned) = &event.body {
                        self.float_assigned(assigned);
                    }
                    if let Body::SessionClosed { session } = &event.body {
                        self.weighing.session_ended();
                        self.happened(&Happening::SessionEnded(*session))?;
                        self.back_up_after(*session);
                    }
                }
                Ok(())
            }
            Piece::Configured(now) => now.number.map_or(Ok(()), |number| self.configured(number)),
            Piece::Booked(_) => Ok(()),
            Piece::Moment(instant) => {
                self.look_at_windows(instant.at);
                Ok(())
            }
        }
    }

    /// The market's clock goes on. A shutdown's deadline is real time, so a fast feed's minutes do not count in it.
    fn advance(&mut self, at: Option<Timestamp>) {
        if self.life.machine.state() != BotState::Shutdown {
            self.now = at.map_or(self.now, |at| self.now.max(at));
        }
    }

    fn command(&mut self, order: Box<Order>, answer: oneshot::Sender<Answer>) -> Result<(), LifeError> {
        if let Err(refused) = self.possible(&order.command).and_then(|()| self.prepare(&order.command)) {
            // Whoever asked may have gone meanwhile.
            let _ = answer.send(Err(refused));
            return Ok(());
        }
        if !self.follower.is_welcome() && order.command != Command::Kill && self.waiting.len() < QUEUE {
            self.waiting.push_back((order, answer));
            return Ok(());
        }
        let ordered = Ordered {
            key: Key::of(&order.key),
            command: order.command.clone(),
            caller: order.caller.clone(),
            why: order.why.clone(),
        };
        let mut facts = self.facts();
        if order.command == Command::Kill {
            // Whoever kills has shut the latch already; the mark is this command's.
            facts.latch = self.life.machine.latch().cloned();
        }
        if order.command == Command::Rehearse {
            facts.rehearsal = self.may_rehearse();
        }
        let told = match self.life.machine.decide(self.now, &ordered, &facts) {
            Verdict::Wait if self.waiting.len() < QUEUE => {
                self.waiting.push_back((order, answer));
                return Ok(());
            }
            Verdict::Wait => Err(Refused::Busy),
            Verdict::Again(recorded) => self.answer(&recorded),
            Verdict::Refused { events, refusal } => {
                self.life.note(&events)?;
                Err(refused(&refusal))
            }
            Verdict::Carry(carried) => {
                if ordered.command == Command::Shutdown && self.ended_by.is_none() {
                    self.ended_by = Some(ordered.mark(self.now));
                }
                self.asking = Some(ordered.mark(self.now));
                self.verb = Some(order.command.word());
                self.key = Some(ordered.key.clone());
                let told = self.carry_out(&carried);
                let froze = carried.events.iter().any(|e| matches!(e.body, BotBody::Frozen(_)));
                if ordered.command == Command::Pause && froze && told.is_ok() {
                    self.receipt_of_pause(&ordered);
                }
                (self.asking, self.key, self.verb) = (None, None, None);
                told.map(|outcome| self.with_later(&order.command, outcome))
            }
        };
        // Whoever asked may have gone meanwhile.
        let _ = answer.send(told);
        Ok(())
    }

    /// A kill acts first and is recorded as soon as that can be done (LIFE-4); everything else is recorded first, and not
    /// done where that fails.
    fn carry_out(&mut self, carried: &Carried) -> Answer {
        if carried.acts_first {
            self.perform(&carried.effects);
            pass(Step::Carried);
            if let Err(error) = self.life.note(&carried.events) {
                tracing::error!(%error, "a kill could not be recorded");
            }
            pass(Step::Commanded);
        } else if let Err(error) = self.life.record(&carried.events) {
            let message = format!("Nothing was done, because it cannot be recorded: {error}.");
            return Err(Refused::State { message });
        } else {
            self.perform(&carried.effects);
        }
        self.answer(&carried.answer)
    }

    /// Refuses what this version cannot carry out, and scopes that mean nothing: an answer never promises what nobody does.
    fn possible(&self, command: &Command) -> Result<(), Refused> {
        match command {
            Command::Backup => self.may_back_up(),
            // Said before anybody looks for a code.
            Command::ApproveProposal(number) | Command::RejectProposal(number) => {
                Err(Refused::State { message: Refusal::NoSuchProposal { number: *number }.to_string() })
            }
            Command::Freeze(name) => self.may_freeze(name),
            Command::Unfreeze(name) => self.may_thaw(name),
            Command::CancelAll(scope) | Command::Flatten(scope) => self.known(scope),
            Command::Start if self.feed_ended => {
                let message = "The feed has ended and no more sessions come, so nothing would be traded. Shut the bot down and \
                               run it with another feed.";
                Err(Refused::State { message: message.to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn known(&self, scope: &Scope) -> Result<(), Refused> {
        let trader = &self.follower.trader;
        let unknown = match scope {
            Scope::All => None,
            Scope::Symbol(symbol) => trader.symbols().binary_search(symbol).is_err().then(|| symbol.to_string()),
            Scope::Strategy(strategy) => trader.place_of(*strategy).is_none().then(|| strategy.to_string()),
            Scope::Order(order) => trader.broker().get(order).is_none().then(|| order.to_string()),
        };
        match unknown {
            None => Ok(()),
            Some(name) => {
                let message = format!("The bot has no {name} in this session. Nothing was done.");
                Err(Refused::Invalid { message })
            }
        }
    }

    fn answer(&self, recorded: &Recorded) -> Answer {
        match recorded {
            Recorded::Accepted { message } => Ok(Outcome { at: self.now, message: message.clone() }),
            Recorded::Refused { message, .. } => Err(Refused::State { message: message.clone() }),
        }
    }

    pub(super) fn perform(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::TripLatch(mark) => self.wiring.latch.record(mark),
                Effect::ResetLatch => self.wiring.latch.reset(),
                Effect::CancelEntries(scope) => self.cancel_entries(scope, effects),
                Effect::Flatten(scope) => self.flatten(scope),
                Effect::Reconcile => self.reconcile(),
                Effect::Drill => self.drill(),
                Effect::BackUp => self.back_up(),
                // Stops leave through risk, which is told of the state; the feed brings the close.
                Effect::LeaveInOrder => {}
                Effect::CloseDay(day) => self.close_for(*day),
                Effect::StartRehearsal => self.rehearse(),
                Effect::EndRehearsal => {
                    self.life.machine.rehearsal_ended();
                    let why =
                        self.verb.map_or_else(|| "a fault ended it".to_owned(), |verb| format!("ended by {verb}"));
                    self.wiring.rehearsals.end(&why);
                }
                Effect::ApplyConfig(number) => self.apply(*number),
                Effect::SetLimits => self.set_limits(),
                Effect::ClearDrawdown(mark) => self.clear_drawdown(mark),
                Effect::Suspend(strategy) => tracing::warn!(%strategy, "a strategy is out for the session"),
                Effect::ShutDown | Effect::ShutDownNow => self.end(End::Told),
            }
        }
    }

    fn end(&self, end: End) {
        self.life.end.send_if_modified(|ended| ended.is_none() && ended.replace(end).is_none());
    }

    pub(super) fn happened(&mut self, happening: &Happening) -> Result<(), LifeError> {
        let facts = self.facts();
        match self.life.machine.notice(self.now, happening, &facts) {
            Ok(noticed) => {
                self.life.note(&noticed.events)?;
                self.perform(&noticed.effects);
            }
            Err(refusal) => tracing::error!(%refusal, "a happening was refused"),
        }
        Ok(())
    }

    /// What follows from the facts, until nothing does; then everybody is told what has changed.
    fn settle(&mut self) -> Result<(), LifeError> {
        // Without the record nobody knows what is held: an unfinished kill would look flat.
        if !self.follower.is_welcome() {
            return Ok(());
        }
        for _ in 0..8 {
            let facts = self.facts();
            let Some(event) = self.life.machine.observe(self.now, &facts) else { break };
            let changed = matches!(event.body, BotBody::StateChanged { .. });
            self.life.note(&[event])?;
            if self.life.machine.state() == BotState::Stopped {
                pass(Step::Stopped);
            }
            if changed {
                let effects = self.life.machine.standing(&facts);
                self.perform(&effects);
            }
        }
        if self.life.machine.state() != BotState::Updating {
            for (order, answer) in std::mem::take(&mut self.waiting) {
                self.command(order, answer)?;
            }
        }
        self.look_at_rehearsal();
        self.tell_risk();
        self.tell_market_data();
        self.look_at_closing();
        self.tell_reporter();
        self.feed();
        Ok(())
    }

    /// A feed that owns the clock begins with the first start, or in a session under way once it is known which windows are
    /// ready; it goes on whatever happens then.
    fn feed(&mut self) {
        let begun = self.life.machine.state().is_running() || self.follower.trader.terms().is_some();
        if begun && !self.held && !self.readiness.is_asked() && !std::mem::replace(&mut self.fed, true) {
            self.wiring.must(self.wiring.market_data.deliver(ToMarketData::Run(true)));
        }
    }

    fn facts(&self) -> Facts {
        let trader = &self.follower.trader;
        let positions = || trader.portfolio().iter().filter(|p| p.held() > Quantity::ZERO);
        let live = || trader.broker().iter().map(|(_, t)| t).filter(|t| !t.state.is_terminal());
        let working = live().filter(|t| t.state != OrderState::Planned);
        let protected =
            |order| trader.broker().get(order).is_some_and(|t| !t.state.is_terminal() && !t.is_unresolved());
        let hours = trader.terms().map(|t| t.hours);
        Facts {
            positions: positions().count(),
            entries: live().filter(|t| t.leg == Leg::Entry).count(),
            working: working.count(),
            unprotected: positions().filter(|p| !protected(&p.stop_order)).count(),
            verified: live().all(|t| !t.is_unresolved()) && self.reconciliation.is_ok() && !self.killing,
            market_open: hours.is_some_and(|h| h.open <= self.now && self.now < h.close),
            window_open: trader.strategies().iter().any(|s| s.is_on() && s.is_open(self.now)),
            latch: self.wiring.latch.mark(),
            reconciliation: self.reconciliation.clone(),
            failing: Vec::new(),
            drawn_down: trader.risk().is_drawn_down(),
            open_days: self.open_days.iter().map(booking::open_books).collect(),
            books_closed: self.open_days.is_empty() && hours.is_some_and(|h| trader.has_closed(h.session)),
            rehearsal: Ok(()),
            venue: self.life.venue,
        }
    }
}

fn refused(refusal: &Refusal) -> Refused {
    let message = refusal.to_string();
    match refusal.code() {
        "forbidden" => Refused::Forbidden { message },
        "step_up" => Refused::StepUp,
        _ => Refused::State { message },
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Join(SUPERVISOR)));
        self.tell_kill_switch();
        ctx.run_interval(LOOK, |own, _| {
            own.tell_actors();
            if let Err(error) = own.step(ToSupervisor::Tick) {
                tracing::error!(%error, "the supervisor cannot go on");
                own.end(End::Anew);
            }
        });
    }
}

impl Supervised for Supervisor {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // Who keeps the bot's life fell: a new process folds it from what is durable (LIFE-11).
        self.weighing.ends_over(SUPERVISOR, "it fell");
        self.end(End::Anew);
    }
}

impl Handler<Post<ToSupervisor>> for Supervisor {
    type Result = ();

    fn handle(&mut self, post: Post<ToSupervisor>, _: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(SUPERVISOR).begin();
        if let Err(error) = self.step(post.body) {
            tracing::error!(%error, "the supervisor cannot go on");
            self.end(End::Anew);
        }
    }
}
