//! The bot's state, folded from its events.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use super::answers::Answers;
use crate::domain::bot::{
    Answer, BOT_EVENT_VERSION, BotBody, BotEvent, BotState, Command, Freeze, FreezeName, Key, Mark, Mode, Who,
};
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::time::{Span, Timestamp};

/// How many cleared freezes and reset latches are kept at hand; the event log has them all.
const CLEARED: usize = 200;

/// What whoever begins a rehearsal is told.
pub(super) const REHEARSING: &str = "The rehearsal has begun. No real order is sent.";

/// How long things may take, in the bot's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// An orderly stop; afterwards what is left is closed at once (LIFE-6).
    pub stop: Span,
    /// A change of configuration; afterwards the bot is in error.
    pub update: Span,
    /// An orderly end of the process; afterwards it is forced.
    pub shutdown: Span,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { stop: Span::seconds(120), update: Span::seconds(10), shutdown: Span::seconds(30) }
    }
}

/// A freeze that was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The freeze as it stood.
    pub freeze: Freeze,
    /// Who cleared it, when and why.
    pub mark: Mark,
}

/// A latch that was reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlatched {
    /// Who had set it, when and why.
    pub set: Mark,
    /// Who reset it, when and why.
    pub reset: Mark,
    /// When it was set, by the clock on the wall; nothing where nobody knew.
    pub set_written: Option<Timestamp>,
    /// The same of its reset.
    pub reset_written: Option<Timestamp>,
}

/// A fatal fault that nobody has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The part that failed, when, and what failed.
    pub mark: Mark,
    /// What a person can do.
    pub remedy: String,
}

/// An event that cannot follow the ones before it: the log is damaged, or not this bot's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfoldable {
    /// A number is missing or comes twice.
    Gap {
        /// What would follow.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// A step that the table of LIFE-1 does not have, or from a state that the bot is not in.
    Step {
        /// Which event.
        seq: u64,
        /// The state before it.
        state: BotState,
        /// From, as it says.
        from: BotState,
        /// To.
        to: BotState,
    },
}

impl fmt::Display for Unfoldable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { expected, found } => {
                write!(f, "bot event {found} cannot follow: {expected} is the next number")
            }
            Self::Step { seq, state, from, to } => {
                write!(f, "bot event {seq} leads from {from} to {to}, which cannot follow the state {state}")
            }
        }
    }
}

impl std::error::Error for Unfoldable {}

/// What is no part of the bot's life: a rehearsal leaves its log as it was (RES-3), so a process that begins knows of none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Aside {
    /// The rehearsal that runs.
    pub(super) rehearsing: Option<Mark>,
    /// Commands that began one.
    pub(super) answers: Answers,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    pub(super) deadlines: Deadlines,
    seq: u64,
    last_at: Timestamp,
    pub(super) state: BotState,
    pub(super) since: Timestamp,
    /// The state before the process began to go down.
    resting: BotState,
    pub(super) set_up: bool,
    pub(super) stop_began: Timestamp,
    closing: Option<Mark>,
    pub(super) latch: Option<Mark>,
    /// When it was set, by the clock on the wall.
    latch_written: Option<Timestamp>,
    /// The latch that was reset last: its durable mark may have outlived a crash.
    pub(super) reset: Option<Mark>,
    /// The latch was set, and the state has not followed yet.
    pub(super) kill_waits: bool,
    pub(super) freezes: BTreeMap<FreezeName, Freeze>,
    cleared: VecDeque<Cleared>,
    unlatched: VecDeque<Unlatched>,
    pub(super) defense: Option<Mark>,
    pub(super) mode: Mode,
    pub(super) suspended: BTreeMap<StrategyName, Mark>,
    pub(super) fault: Option<Fault>,
    pub(super) aside: Aside,
    pub(super) session: Option<SessionId>,
    pub(super) session_runs: bool,
    config: u32,
    pub(super) answers: Answers,
}

impl Supervisor {
    /// Others from now on, also for what is under way (OPS-3).
    pub const fn set_deadlines(&mut self, deadlines: Deadlines) {
        self.deadlines = deadlines;
    }

    /// A bot that nothing has happened to yet.
    #[must_use]
    pub fn new(deadlines: Deadlines, mode: Mode) -> Self {
        let state = BotState::Initialize;
        Self {
            deadlines,
            seq: 0,
            last_at: Timestamp::default(),
            state,
            since: Timestamp::default(),
            resting: state,
            set_up: false,
            stop_began: Timestamp::default(),
            closing: None,
            latch: None,
            latch_written: None,
            reset: None,
            kill_waits: false,
            freezes: BTreeMap::new(),
            cleared: VecDeque::new(),
            unlatched: VecDeque::new(),
            defense: None,
            mode,
            suspended: BTreeMap::new(),
            fault: None,
            aside: Aside::default(),
            session: None,
            session_runs: false,
            config: 0,
            answers: Answers::default(),
        }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> BotState {
        self.state
    }

    /// Since when.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// The number of the last event folded in; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Why it is stopping, was stopped, or was killed: the last stop or kill since it started to trade.
    #[must_use]
    pub const fn closing(&self) -> Option<&Mark> {
        self.closing.as_ref()
    }

    /// The kill latch, as recorded.
    #[must_use]
    pub const fn latch(&self) -> Option<&Mark> {
        self.latch.as_ref()
    }

    /// When it was shut by the clock on the wall, where that is recorded.
    #[must_use]
    pub const fn latch_written(&self) -> Option<Timestamp> {
        self.latch_written
    }

    /// What is frozen, by name.
    pub fn freezes(&self) -> impl Iterator<Item = &Freeze> {
        self.freezes.values()
    }

    /// Freezes that were cleared, the oldest first.
    pub fn cleared(&self) -> impl Iterator<Item = &Cleared> {
        self.cleared.iter()
    }

    /// Latches that were reset, the oldest first.
    pub fn unlatched(&self) -> impl Iterator<Item = &Unlatched> {
        self.unlatched.iter()
    }

    /// Defense mode, where it is on.
    #[must_use]
    pub const fn defense(&self) -> Option<&Mark> {
        self.defense.as_ref()
    }

    /// How orders are executed.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Strategies that are out for the session, with why.
    pub fn suspended(&self) -> impl Iterator<Item = (StrategyName, &Mark)> {
        self.suspended.iter().map(|(s, m)| (*s, m))
    }

    /// The fatal fault that nobody has acknowledged.
    #[must_use]
    pub const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The rehearsal that runs.
    #[must_use]
    pub const fn rehearsing(&self) -> Option<&Mark> {
        self.aside.rehearsing.as_ref()
    }

    /// A dry session runs beside the state from now on; its command, given again, has the effect of one (LIFE-7).
    pub fn rehearsal_began(&mut self, key: &Key, mark: &Mark) {
        self.aside.answers.commanded(key, &Command::Rehearse, &mark.who);
        self.aside.answers.answered(key, &Answer::Accepted { message: REHEARSING.to_owned() });
        self.aside.rehearsing = Some(mark.clone());
    }

    /// It has ended, whatever ended it.
    pub fn rehearsal_ended(&mut self) {
        self.aside.rehearsing = None;
    }

    /// The session, from its start to the start of the next.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// The version of the runtime configuration in force; 0 for the first.
    #[must_use]
    pub const fn config(&self) -> u32 {
        self.config
    }

    /// Whether a strategy's entries may be opened, as far as the bot as a whole is concerned.
    #[must_use]
    pub fn may_enter(&self, strategy: StrategyName) -> bool {
        self.state.may_enter()
            && self.latch.is_none()
            && self.aside.rehearsing.is_none()
            && !self.suspended.contains_key(&strategy)
            && !self.freezes.values().any(|f| f.holds(strategy))
    }

    /// Events with their numbers; their time never runs backwards.
    pub(super) fn stamp(&self, at: Timestamp, bodies: Vec<BotBody>) -> Vec<BotEvent> {
        let at = at.max(self.last_at);
        let numbers = self.seq.saturating_add(1)..;
        bodies
            .into_iter()
            .zip(numbers)
            .map(|(body, seq)| BotEvent { v: BOT_EVENT_VERSION, seq, at, body, written: None })
            .collect()
    }

    /// Something that happened to the bot and changes nothing, as an event.
    #[must_use]
    pub fn stamped(&self, at: Timestamp, body: BotBody) -> BotEvent {
        let seq = self.seq.saturating_add(1);
        BotEvent { v: BOT_EVENT_VERSION, seq, at: at.max(self.last_at), body, written: None }
    }

    /// What a process records first: it takes up the state that is safe, not the one that was written last (LIFE-3).
    /// What is unfinished then goes on with [`Self::standing`].
    #[must_use]
    pub fn recover(&self, at: Timestamp) -> BotEvent {
        let body = BotBody::Recovered { from: self.state, to: self.safe() };
        BotEvent {
            v: BOT_EVENT_VERSION,
            seq: self.seq.saturating_add(1),
            at: at.max(self.last_at),
            body,
            written: None,
        }
    }

    fn safe(&self) -> BotState {
        let going_down = matches!(self.state, BotState::Shutdown | BotState::ShutdownTriggered);
        let last = if going_down { self.resting } else { self.state };
        if !self.set_up {
            // A failed step of the set-up leaves nothing half-made.
            return if last == BotState::Registration { last } else { BotState::Initialize };
        }
        match last {
            _ if self.kill_waits => BotState::EmergencyClosingPositions,
            BotState::GracefulClosingPositions
            | BotState::EmergencyClosingPositions
            | BotState::Stopped
            | BotState::Error => last,
            _ => BotState::Started,
        }
    }

    /// Folds one event in.
    ///
    /// # Errors
    /// [`Unfoldable`]; nothing has changed then.
    pub fn apply(&mut self, event: &BotEvent) -> Result<(), Unfoldable> {
        let expected = self.seq.saturating_add(1);
        if event.seq != expected {
            return Err(Unfoldable::Gap { expected, found: event.seq });
        }
        match &event.body {
            BotBody::StateChanged { from, to, who, why } => {
                self.check(event.seq, *from, *to, from.may_become(*to))?;
                self.change(event.at, *to, who, why);
            }
            BotBody::Recovered { from, to } => {
                self.check(event.seq, *from, *to, true)?;
                if from != to {
                    (self.state, self.since) = (*to, event.at);
                }
                self.kill_waits &= *to != BotState::EmergencyClosingPositions;
            }
            BotBody::Commanded { key, command, caller, .. } => self.answers.commanded(key, command, &caller.who),
            BotBody::Answered { key, answer } => self.answers.answered(key, answer),
            BotBody::Finished { .. }
            | BotBody::EmergencyFound { .. }
            | BotBody::RehearsalBegan { .. }
            | BotBody::RehearsalEnded { .. } => {}
            BotBody::Frozen(freeze) => {
                self.freezes.insert(freeze.name.clone(), freeze.clone());
            }
            BotBody::Unfrozen { name, mark } => self.unfreeze(name, mark),
            BotBody::LatchSet { mark } => {
                // It is shut once: who comes later changes neither its words nor its time.
                if self.latch.is_none() {
                    (self.latch, self.latch_written) = (Some(mark.clone()), event.written);
                }
                self.kill_waits = self.state != BotState::EmergencyClosingPositions;
            }
            BotBody::LatchReset { mark } => self.unlatch(mark, event.written),
            BotBody::DefenseEntered { mark } => self.defense = Some(mark.clone()),
            BotBody::DefenseLeft { .. } => self.defense = None,
            BotBody::ModeSet { mode, .. } => self.mode = *mode,
            BotBody::StrategySuspended { strategy, mark } => {
                self.suspended.insert(*strategy, mark.clone());
            }
            BotBody::StrategyReinstated { strategy, .. } => {
                self.suspended.remove(strategy);
            }
            BotBody::ErrorRaised { mark, remedy } => {
                self.fault = Some(Fault { mark: mark.clone(), remedy: remedy.clone() });
                if self.resting != BotState::EmergencyClosingPositions {
                    self.resting = BotState::Error;
                }
            }
            BotBody::Acknowledged { .. } => self.fault = None,
            BotBody::SessionBegan { session } => (self.session, self.session_runs) = (Some(*session), true),
            BotBody::SessionEnded { .. } => self.session_runs = false,
            BotBody::ConfigApplied { number } => self.config = *number,
        }
        self.seq = event.seq;
        self.last_at = self.last_at.max(event.at);
        Ok(())
    }

    fn check(&self, seq: u64, from: BotState, to: BotState, exists: bool) -> Result<(), Unfoldable> {
        if from == self.state && exists { Ok(()) } else { Err(Unfoldable::Step { seq, state: self.state, from, to }) }
    }

    fn change(&mut self, at: Timestamp, to: BotState, who: &Who, why: &str) {
        let mark = || Some(Mark { at, who: who.clone(), why: why.to_owned() });
        match to {
            BotState::GracefulClosingPositions => (self.closing, self.stop_began) = (mark(), at),
            BotState::EmergencyClosingPositions => {
                self.kill_waits = false;
                self.closing = mark();
            }
            BotState::Started => (self.set_up, self.fault) = (true, None),
            BotState::Idle => {
                self.fault = None;
                if !self.state.is_running() && self.state != BotState::Updating {
                    self.closing = None;
                }
            }
            BotState::Shutdown => self.resting = self.state,
            _ => {}
        }
        (self.state, self.since) = (to, at);
    }

    fn unfreeze(&mut self, name: &FreezeName, mark: &Mark) {
        let Some(freeze) = self.freezes.remove(name) else { return };
        keep(&mut self.cleared, Cleared { freeze, mark: mark.clone() });
    }

    fn unlatch(&mut self, mark: &Mark, reset_written: Option<Timestamp>) {
        (self.reset, self.kill_waits) = (self.latch.take(), false);
        let set_written = self.latch_written.take();
        if let Some(set) = self.reset.clone() {
            keep(&mut self.unlatched, Unlatched { set, reset: mark.clone(), set_written, reset_written });
        }
    }
}

/// Keeps one more; the oldest goes where there are too many.
fn keep<T>(all: &mut VecDeque<T>, one: T) {
    all.push_back(one);
    if all.len() > CLEARED {
        all.pop_front();
    }
}
