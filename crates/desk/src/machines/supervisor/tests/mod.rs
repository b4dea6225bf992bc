//! What the supervisor must hold to, told as the life of a bot.

/// Every history that can be made up.
mod history;
/// States, commands, restarts, keys.
mod life;
/// Latch, freezes, defense, mode, rehearsal, the ends of a day and of the process.
mod limits;

use super::machine::Aside;
use super::*;
use crate::domain::bot::{
    Answer, BotBody, BotEvent, BotState, Caller, Command, FreezeName, Key, Mark, Mode, Origin, Role, Roles, Scope,
    VenueKind, Who,
};
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::time::{Span, Timestamp};

/// A bot with what its shell would do, its log, and a clock that is moved by hand.
#[derive(Clone)]
struct Life {
    bot: Supervisor,
    log: Vec<BotEvent>,
    facts: Facts,
    at: Timestamp,
    keys: u32,
}

fn fresh() -> Life {
    Life {
        bot: Supervisor::new(Deadlines::default(), Mode::Paper),
        log: Vec::new(),
        facts: Facts::at_rest(VenueKind::Simulated),
        at: Timestamp::from_seconds(1_800_000_000),
        keys: 0,
    }
}

fn person(roles: &[Role], stepped_up: bool) -> Caller {
    Caller { who: Who::Person("ada".to_owned()), origin: Origin::Web, roles: Roles::of(roles), stepped_up }
}

fn admin() -> Caller {
    person(&[Role::Administrator, Role::Operator, Role::Reviewer, Role::RiskOfficer], true)
}

fn session(day: u32) -> SessionId {
    format!("XNYS:2026-11-{day}").parse().unwrap()
}

fn freeze_name(name: &str) -> FreezeName {
    name.parse().unwrap()
}

impl Life {
    fn record(&mut self, events: &[BotEvent]) {
        for event in events {
            self.bot.apply(event).unwrap();
            self.log.push(event.clone());
        }
    }

    fn ordered(&mut self, command: Command, caller: Caller) -> Ordered {
        self.keys += 1;
        Ordered { key: Key::of(&format!("k{}", self.keys)), command, caller, why: "for a test".to_owned() }
    }

    fn give(&mut self, order: &Ordered) -> Verdict {
        let verdict = self.bot.decide(self.at, order, &self.facts);
        match &verdict {
            Verdict::Carry(carried) => {
                self.record(&carried.events);
                for effect in &carried.effects {
                    match effect {
                        Effect::TripLatch(mark) => self.facts.latch = Some(mark.clone()),
                        Effect::ResetLatch => self.facts.latch = None,
                        Effect::StartRehearsal => self.bot.rehearsal_began(&order.key, &order.mark(self.at)),
                        Effect::EndRehearsal => self.bot.rehearsal_ended(),
                        _ => {}
                    }
                }
            }
            Verdict::Refused { events, .. } => self.record(events),
            Verdict::Again(_) | Verdict::Wait => {}
        }
        verdict
    }

    fn tell_as(&mut self, command: Command, caller: Caller) -> Verdict {
        let order = self.ordered(command, caller);
        self.give(&order)
    }

    fn tell(&mut self, command: Command) -> Verdict {
        self.tell_as(command, admin())
    }

    /// Carried out, with its effects and what was said.
    fn done(&mut self, command: Command) -> (Vec<Effect>, String) {
        let order = self.ordered(command, admin());
        match self.give(&order) {
            Verdict::Carry(carried) => match carried.answer {
                Answer::Accepted { message } => (carried.effects, message),
                Answer::Refused { .. } => panic!("{order:?}"),
            },
            other => panic!("{order:?}: {other:?}"),
        }
    }

    fn refused(&mut self, command: Command) -> Refusal {
        let order = self.ordered(command, admin());
        match self.give(&order) {
            Verdict::Refused { refusal, .. } => refusal,
            other => panic!("{order:?}: {other:?}"),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a happening is made where it is told")]
    fn notice(&mut self, happening: Happening) -> Vec<Effect> {
        let noticed = self.bot.notice(self.at, &happening, &self.facts).unwrap();
        self.record(&noticed.events);
        noticed.effects
    }

    /// Lets the facts speak until state and facts agree.
    fn settle(&mut self) -> BotState {
        for _ in 0..8 {
            match self.bot.observe(self.at, &self.facts) {
                Some(event) => self.record(&[event]),
                None => return self.bot.state(),
            }
        }
        panic!("{} never settles", self.bot.state());
    }

    fn wait(&mut self, seconds: i64) -> &mut Self {
        self.at = self.at + Span::seconds(seconds);
        self
    }

    /// The process ends without a word, and another one folds the log.
    fn restart(&mut self) -> BotState {
        let mut bot = Supervisor::new(Deadlines::default(), Mode::Paper);
        for event in &self.log {
            bot.apply(&BotEvent::from_bytes(&event.to_bytes().unwrap()).unwrap()).unwrap();
        }
        // A rehearsal is no part of its life, and ends with the process (RES-2, RES-3).
        self.bot.aside = Aside::default();
        assert_eq!(bot, self.bot);
        self.bot = bot.clone();
        let event = bot.recover(self.at);
        self.record(&[event]);
        self.bot.state()
    }
}

/// A bot in a state, on the shortest way there.
fn in_state(state: BotState) -> Life {
    let mut life = fresh();
    for step in [BotState::Provisioning, BotState::Bootstrapping, BotState::Registration, BotState::Started] {
        if life.bot.state() == state {
            return life;
        }
        life.notice(Happening::SetUp(step));
    }
    match state {
        BotState::Started => {}
        BotState::Shutdown => drop(life.done(Command::Shutdown)),
        BotState::ShutdownTriggered => {
            life.done(Command::Shutdown);
            life.tell_as(Command::Shutdown, Caller::owner(Origin::Signal));
        }
        BotState::Error => {
            let text = str::to_owned;
            life.notice(Happening::Fault { part: text("ledger"), what: text("disk full"), remedy: text("make room") });
        }
        _ => drop(life.done(Command::Start)),
    }
    match state {
        BotState::Trading => (life.facts.entries, life.facts.working) = (1, 1),
        BotState::Monitoring => (life.facts.positions, life.facts.working) = (1, 2),
        BotState::Analyzing => life.facts.window_open = true,
        BotState::Updating => drop(life.done(Command::ApplyConfig(2))),
        BotState::GracefulClosingPositions => {
            (life.facts.positions, life.facts.working, life.facts.market_open) = (2, 4, true);
            life.done(Command::Stop);
        }
        BotState::EmergencyClosingPositions => {
            (life.facts.positions, life.facts.working, life.facts.market_open) = (2, 4, true);
            life.done(Command::Kill);
        }
        BotState::Stopped => drop(life.done(Command::Stop)),
        _ => {}
    }
    if !matches!(state, BotState::Error) {
        life.settle();
    }
    assert_eq!(life.bot.state(), state);
    life
}

fn commands() -> Vec<Command> {
    vec![
        Command::Start,
        Command::Stop,
        Command::Pause,
        Command::Resume,
        Command::CancelAll(Scope::All),
        Command::Flatten(Scope::Symbol("SPY".parse().unwrap())),
        Command::Kill,
        Command::ResetKill,
        Command::Freeze(freeze_name("earnings")),
        Command::Unfreeze(freeze_name("earnings")),
        Command::EnterDefense,
        Command::LeaveDefense,
        Command::SetMode(Mode::Observe),
        Command::ApplyConfig(3),
        Command::Rehearse,
        Command::CloseDay(None),
        Command::Backup,
        Command::Shutdown,
        Command::Reconcile,
        Command::SuspendStrategy(StrategyName::Mid),
        Command::Acknowledge,
        Command::Drill,
        Command::ApproveProposal(4),
        Command::RejectProposal(5),
    ]
}
