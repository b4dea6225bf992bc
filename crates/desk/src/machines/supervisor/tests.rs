use proptest::prelude::*;

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
        match self.tell(command.clone()) {
            Verdict::Carry(carried) => match carried.answer {
                Answer::Accepted { message } => (carried.effects, message),
                Answer::Refused { .. } => panic!("{command:?}"),
            },
            other => panic!("{command:?}: {other:?}"),
        }
    }

    fn refused(&mut self, command: Command) -> Refusal {
        match self.tell(command.clone()) {
            Verdict::Refused { refusal, .. } => refusal,
            other => panic!("{command:?}: {other:?}"),
        }
    }

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
        assert_eq!(bot, self.bot);
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
        Command::CloseDay,
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

/// LIFE-1, LIFE-4: what each state makes of the commands that move it: the state it leads to, or the refusal's code.
#[test]
fn life_1_commands_move_the_state_as_the_table_says() {
    use BotState::*;
    #[rustfmt::skip]
    let table = [
        // state, Start, Stop, Acknowledge, Shutdown, Kill
        (Initialize, "not_set_up", "not_set_up", "not_set_up", "shutdown", "initialize"),
        (Provisioning, "not_set_up", "not_set_up", "not_set_up", "shutdown", "provisioning"),
        (Bootstrapping, "not_set_up", "not_set_up", "not_set_up", "shutdown", "bootstrapping"),
        (Registration, "not_set_up", "not_set_up", "not_set_up", "shutdown", "registration"),
        (Started, "idle", "graceful_closing_positions", "state", "shutdown", "emergency_closing_positions"),
        (Idle, "state", "graceful_closing_positions", "state", "shutdown", "emergency_closing_positions"),
        (Analyzing, "state", "graceful_closing_positions", "state", "shutdown", "emergency_closing_positions"),
        (Trading, "state", "graceful_closing_positions", "state", "shutdown", "emergency_closing_positions"),
        (Monitoring, "state", "graceful_closing_positions", "state", "shutdown", "emergency_closing_positions"),
        (Updating, "wait", "wait", "wait", "wait", "emergency_closing_positions"),
        (GracefulClosingPositions, "state", "graceful_closing_positions", "state", "shutdown", "emergency_closing_positions"),
        (EmergencyClosingPositions, "state", "state", "state", "shutdown", "emergency_closing_positions"),
        (Stopped, "idle", "state", "started", "shutdown", "emergency_closing_positions"),
        (Shutdown, "going_down", "going_down", "going_down", "shutdown", "emergency_closing_positions"),
        (ShutdownTriggered, "going_down", "going_down", "going_down", "shutdown_triggered", "shutdown_triggered"),
        (Error, "idle", "state", "started", "shutdown", "emergency_closing_positions"),
    ];
    assert_eq!(table.map(|row| row.0), BotState::ALL);
    for (state, start, stop, acknowledge, shutdown, kill) in table {
        for (command, expected) in [
            (Command::Start, start),
            (Command::Stop, stop),
            (Command::Acknowledge, acknowledge),
            (Command::Shutdown, shutdown),
            (Command::Kill, kill),
        ] {
            let mut life = in_state(state);
            let found = match life.tell(command.clone()) {
                Verdict::Carry(_) => life.bot.state().as_str(),
                Verdict::Refused { refusal, .. } => refusal.code(),
                Verdict::Wait => "wait",
                Verdict::Again(_) => "again",
            };
            assert_eq!(found, expected, "{command:?} in {state}");
        }
    }
}

#[test]
fn life_1_a_refused_way_names_both_states_in_words() {
    for (state, command, says) in [
        (
            BotState::EmergencyClosingPositions,
            Command::Start,
            "start is refused: from the state closing now the bot cannot become idle. Wait until it has stopped.",
        ),
        (
            BotState::Trading,
            Command::Acknowledge,
            "acknowledge is refused: from the state trading the bot cannot become started (not trading yet). Stop it first.",
        ),
        (
            BotState::Initialize,
            Command::Start,
            "start is refused: the bot is not set up (state not set up). Finish the set-up first.",
        ),
        (
            BotState::Shutdown,
            Command::Backup,
            "backup is refused: the process is shutting down. Wait until the process is back.",
        ),
    ] {
        assert_eq!(in_state(state).refused(command).to_string(), says);
    }
}

#[test]
fn life_1_the_set_up_goes_step_by_step_and_never_again() {
    let mut life = fresh();
    let step = |life: &Life, to| life.bot.notice(life.at, &Happening::SetUp(to), &life.facts);
    assert!(step(&life, BotState::Bootstrapping).is_err());
    assert!(step(&life, BotState::Idle).is_err());
    life = in_state(BotState::Stopped);
    for to in BotState::ALL {
        assert_eq!(step(&life, to).unwrap_err().code(), "state", "{to}");
    }
}

/// LIFE-1: derived, not commanded; the first that applies is shown.
#[test]
fn life_1_the_running_four_follow_the_facts() {
    let mut life = in_state(BotState::Idle);
    for (entries, positions, window, state) in [
        (0, 0, true, BotState::Analyzing),
        (1, 0, true, BotState::Trading),
        (1, 1, false, BotState::Trading),
        (0, 1, true, BotState::Monitoring),
        (0, 0, false, BotState::Idle),
        (2, 0, false, BotState::Trading),
        (0, 0, true, BotState::Analyzing),
        (0, 3, false, BotState::Monitoring),
    ] {
        (life.facts.entries, life.facts.positions, life.facts.window_open) = (entries, positions, window);
        assert_eq!(life.settle(), state);
        assert_eq!(life.bot.observe(life.at, &life.facts), None, "settled");
    }
}

#[test]
fn life_1_start_needs_checks_a_clean_reconciliation_and_a_clear_latch() {
    let mut life = in_state(BotState::Started);
    life.facts.reconciliation = Err("SPY: books 10, broker 0".to_owned());
    let said = life.refused(Command::Start).to_string();
    assert!(said.contains("SPY: books 10, broker 0"), "{said}");
    life.facts.reconciliation = Ok(());
    life.facts.failing = vec!["no market data come in".to_owned(), "no float is assigned".to_owned()];
    assert_eq!(
        life.refused(Command::Start).to_string(),
        "Self-checks fail: no market data come in; no float is assigned."
    );
    life.facts.failing.clear();
    life.facts.latch = Some(Mark { at: life.at, who: Who::Owner, why: "SIGUSR2".to_owned() });
    assert_eq!(life.refused(Command::Start).code(), "latched");
    // Autostart is for `started`; out of `stopped` and `error` only a person leads.
    let bot = || Caller::bot("schedule");
    for (state, goes) in [(BotState::Started, true), (BotState::Stopped, false), (BotState::Error, false)] {
        let verdict = in_state(state).tell_as(Command::Start, bot());
        assert_eq!(matches!(verdict, Verdict::Carry(_)), goes, "{state}: {verdict:?}");
        assert!(!matches!(in_state(state).tell_as(Command::Acknowledge, bot()), Verdict::Carry(_)), "{state}");
    }
}

#[test]
fn life_2_commands_wait_for_an_update_and_kill_does_not() {
    for command in commands() {
        let mut life = in_state(BotState::Updating);
        let verdict = life.tell(command.clone());
        if command == Command::Kill {
            assert!(matches!(verdict, Verdict::Carry(_)));
            assert_eq!(life.bot.state(), BotState::EmergencyClosingPositions);
        } else {
            assert_eq!(verdict, Verdict::Wait, "{command:?}");
        }
    }
    let mut life = in_state(BotState::Updating);
    life.facts.positions = 1;
    life.notice(Happening::Configured { number: 2, result: Ok(()) });
    assert_eq!((life.bot.state(), life.bot.config()), (BotState::Monitoring, 2));
    life.done(Command::ApplyConfig(3));
    life.notice(Happening::Configured { number: 3, result: Err("no such field".to_owned()) });
    assert_eq!((life.bot.state(), life.bot.config()), (BotState::Monitoring, 2));
}

#[test]
fn life_2_an_update_that_does_not_end_is_an_error() {
    let mut life = in_state(BotState::Updating);
    assert_eq!(life.wait(9).settle(), BotState::Updating);
    assert_eq!(life.wait(1).settle(), BotState::Error);
    assert!(life.bot.fault().unwrap().mark.why.contains("within 10 s"));
}

/// LIFE-3: not the state that was last written, but the one that is safe.
#[test]
fn life_3_a_restart_takes_up_the_safe_state() {
    use BotState::*;
    for (state, safe) in [
        (Initialize, Initialize),
        (Provisioning, Initialize),
        (Bootstrapping, Initialize),
        (Registration, Registration),
        (Started, Started),
        (Idle, Started),
        (Analyzing, Started),
        (Trading, Started),
        (Monitoring, Started),
        (Updating, Started),
        (GracefulClosingPositions, GracefulClosingPositions),
        (EmergencyClosingPositions, EmergencyClosingPositions),
        (Stopped, Stopped),
        (Shutdown, Started),
        (ShutdownTriggered, Started),
        (Error, Error),
    ] {
        let mut life = in_state(state);
        let latch = life.bot.latch().cloned();
        assert_eq!(life.restart(), safe, "{state}");
        assert_eq!(life.bot.latch(), latch.as_ref());
        // The process ends in order: what was before it began to end counts.
        let mut life = in_state(state);
        if state != Updating && state != ShutdownTriggered {
            life.done(Command::Shutdown);
            assert_eq!(life.restart(), safe, "{state}, then shut down");
        }
    }
}

#[test]
fn life_3_an_unfinished_stop_or_kill_goes_on() {
    let mut life = in_state(BotState::GracefulClosingPositions);
    life.wait(100).restart();
    let stop = [Effect::CancelEntries(Scope::All), Effect::LeaveInOrder];
    assert_eq!(life.bot.standing(&life.facts), stop);
    // Its deadline is counted from the command, not from the restart.
    assert_eq!(life.wait(20).settle(), BotState::EmergencyClosingPositions);

    let mut life = in_state(BotState::EmergencyClosingPositions);
    life.restart();
    life.facts.latch = None;
    let mark = life.bot.latch().unwrap().clone();
    let kill = [Effect::TripLatch(mark), Effect::CancelEntries(Scope::All), Effect::Flatten(Scope::All)];
    assert_eq!(life.bot.standing(&life.facts), kill);
}

#[test]
fn life_3_a_set_up_that_failed_begins_anew_and_never_leads_to_trading() {
    let mut life = in_state(BotState::Bootstrapping);
    let text = str::to_owned;
    life.notice(Happening::Fault { part: text("store"), what: text("disk full"), remedy: text("make room") });
    assert_eq!(life.bot.state(), BotState::Error);
    for command in [Command::Start, Command::Acknowledge] {
        assert_eq!(life.refused(command).code(), "not_set_up");
    }
    life.done(Command::Kill);
    assert_eq!(life.settle(), BotState::Error);
    assert_eq!(life.restart(), BotState::Initialize);
}

#[test]
fn life_4_each_command_is_recorded_with_its_caller_and_its_result() {
    for command in commands() {
        let mut life = in_state(BotState::Stopped);
        let order = life.ordered(command.clone(), admin());
        let before = life.log.len();
        let acts_first = match life.give(&order) {
            Verdict::Carry(carried) => carried.acts_first,
            Verdict::Refused { .. } => false,
            other => panic!("{other:?}"),
        };
        assert_eq!(acts_first, command == Command::Kill, "Kill alone acts first");
        let events = &life.log[before..];
        let BotBody::Commanded { key, command: c, caller, why } = &events.first().unwrap().body else { panic!() };
        assert_eq!((key, c, caller, why), (&order.key, &command, &order.caller, &order.why));
        let BotBody::Answered { key, answer } = &events.last().unwrap().body else { panic!() };
        assert_eq!(key, &order.key);
        let (Answer::Accepted { message } | Answer::Refused { message, .. }) = answer;
        assert!(message.ends_with('.') && !message.contains('!'), "{message}");
    }
}

/// WEB-2a, WEB-3: who may not, or did not step up, leaves no trace in the bot's own record, and changes nothing.
#[test]
fn web_2a_the_roles_decide_before_anything_else() {
    for command in commands() {
        let mut life = in_state(BotState::Idle);
        let before = life.log.len();
        let Verdict::Refused { events, refusal } = life.tell_as(command.clone(), person(&[Role::Viewer], true)) else {
            panic!("{command:?}")
        };
        assert_eq!((events.len(), refusal.code()), (0, "forbidden"));
        let needs_code = matches!(
            command,
            Command::ResetKill
                | Command::Unfreeze(_)
                | Command::LeaveDefense
                | Command::SetMode(_)
                | Command::ApplyConfig(_)
                | Command::ApproveProposal(_)
        );
        let all = [Role::Administrator, Role::Operator, Role::Reviewer, Role::RiskOfficer];
        if let Verdict::Refused { refusal: Refusal::StepUp { .. }, events } =
            life.tell_as(command.clone(), person(&all, false))
        {
            assert!(needs_code && events.is_empty(), "{command:?}");
            assert_eq!(life.log.len(), before);
        } else {
            assert!(!needs_code, "{command:?}");
        }
    }
}

#[test]
fn life_6_a_stop_is_orderly_until_its_deadline_and_leaves_no_latch() {
    let mut life = in_state(BotState::Monitoring);
    (life.facts.positions, life.facts.market_open) = (2, true);
    let (effects, said) = life.done(Command::Stop);
    assert_eq!(effects, [Effect::CancelEntries(Scope::All), Effect::LeaveInOrder]);
    assert_eq!(said, "Stopping: no new entries; 2 positions are closed in order, at once after 2027-01-15T08:02:00Z.");
    assert_eq!(life.wait(119).settle(), BotState::GracefulClosingPositions);
    assert_eq!(life.bot.pending(&life.facts), ["2 other working orders", "2 positions"]);
    assert_eq!(life.wait(1).settle(), BotState::EmergencyClosingPositions);
    let flatten = [Effect::CancelEntries(Scope::All), Effect::Flatten(Scope::All)];
    assert_eq!(life.bot.standing(&life.facts), flatten);
    assert_eq!(life.bot.closing().unwrap().why, "the stop was not finished within 120 s");
    // Flat is not enough: the broker has to say so.
    (life.facts.positions, life.facts.working, life.facts.verified) = (0, 0, false);
    assert_eq!(life.settle(), BotState::EmergencyClosingPositions);
    assert_eq!(life.bot.pending(&life.facts), ["the broker has not confirmed that nothing is left"]);
    life.facts.verified = true;
    assert_eq!(life.settle(), BotState::Stopped);
    assert_eq!(life.bot.latch(), None);
    life.done(Command::Start);
}

#[test]
fn life_6_a_stop_with_the_market_closed_leaves_positions_with_their_stops() {
    let mut life = in_state(BotState::GracefulClosingPositions);
    (life.facts.market_open, life.facts.unprotected, life.facts.entries) = (false, 1, 1);
    assert_eq!(life.settle(), BotState::GracefulClosingPositions);
    life.facts.entries = 0;
    assert_eq!(life.settle(), BotState::GracefulClosingPositions, "one position is bare");
    life.facts.unprotected = 0;
    assert_eq!(life.settle(), BotState::Stopped);
}

/// RISK-14, RISK-15: the latch first; it stays until an administrator resets it, after the end, with a reason.
#[test]
fn risk_15_a_kill_latches_until_it_is_reset() {
    let mut life = in_state(BotState::Monitoring);
    life.facts.market_open = true;
    let (effects, said) = life.done(Command::Kill);
    assert!(matches!(effects.first(), Some(Effect::TripLatch(_))), "{effects:?}");
    assert_eq!(said, "Killed: entries are refused. 0 entry orders are cancelled, 1 position is closed now.");
    assert!(!life.bot.may_enter(StrategyName::Open));
    assert_eq!(
        life.refused(Command::ResetKill).to_string(),
        "The kill is not finished: 1 position and 2 working orders are left. It can be reset when the broker has \
         confirmed the end."
    );
    (life.facts.positions, life.facts.working) = (0, 0);
    assert_eq!(life.settle(), BotState::Stopped);
    assert_eq!(life.refused(Command::Start).code(), "latched");
    life.restart();
    assert_eq!(life.refused(Command::Start).code(), "latched");
    let mut order = life.ordered(Command::ResetKill, admin());
    order.why = "  ".to_owned();
    assert!(matches!(life.give(&order), Verdict::Refused { refusal: Refusal::ReasonNeeded { .. }, .. }));
    life.facts.reconciliation = Err("not asked yet".to_owned());
    assert_eq!(life.refused(Command::ResetKill).code(), "not_reconciled");
    life.facts.reconciliation = Ok(());
    let (effects, _) = life.done(Command::ResetKill);
    assert_eq!((effects.as_slice(), life.facts.latch.as_ref()), ([Effect::ResetLatch].as_slice(), None));
    assert_eq!(life.refused(Command::ResetKill), Refusal::NotLatched);
    life.done(Command::Start);
}

#[test]
fn risk_13_a_latch_that_was_set_elsewhere_is_recorded_and_carried_out() {
    for state in BotState::ALL.into_iter().filter(|s| s.is_set_up()) {
        let mut life = in_state(state);
        let old = life.bot.latch().cloned();
        life.facts.positions = 1;
        let mark = Mark { at: life.at, who: Who::Bot("day loss".to_owned()), why: "-2000.00".to_owned() };
        life.facts.latch = Some(mark.clone());
        let now = life.settle();
        assert_eq!(life.bot.latch(), Some(&old.unwrap_or(mark)), "{state}");
        let expected = if state == BotState::ShutdownTriggered { state } else { BotState::EmergencyClosingPositions };
        assert_eq!(now, expected, "{state}");
        assert_eq!(life.restart(), BotState::EmergencyClosingPositions, "{state}");
    }
}

#[test]
fn risk_15_a_mark_that_outlived_its_reset_does_not_kill_again() {
    let mut life = in_state(BotState::Idle);
    life.done(Command::Kill);
    let mark = life.facts.latch.clone();
    assert_eq!(life.settle(), BotState::Stopped);
    life.done(Command::ResetKill);
    life.facts.latch = mark;
    assert_eq!(life.restart(), BotState::Stopped);
    assert_eq!(life.settle(), BotState::Stopped);
    assert_eq!(life.bot.standing(&life.facts), [Effect::ResetLatch]);
    // Another one does.
    life.facts.latch = Some(Mark { at: life.at, who: Who::Owner, why: "again".to_owned() });
    life.facts.positions = 1;
    assert_eq!(life.settle(), BotState::EmergencyClosingPositions);
}

#[test]
fn life_7_a_repeat_has_the_effect_of_one_and_the_first_answer() {
    for command in commands() {
        let mut life = in_state(BotState::Monitoring);
        let order = life.ordered(command.clone(), admin());
        let first = match life.give(&order) {
            Verdict::Carry(carried) => carried.answer,
            Verdict::Refused { refusal, .. } => {
                Answer::Refused { code: refusal.code().to_owned(), message: refusal.to_string() }
            }
            other => panic!("{other:?}"),
        };
        let recorded = life.log.len();
        life.wait(5);
        assert_eq!(life.give(&order), Verdict::Again(first.clone()), "{command:?}");
        life.restart();
        assert_eq!(life.give(&order), Verdict::Again(first), "{command:?} after a restart");
        assert_eq!(life.log.len(), recorded + 1);
    }
}

#[test]
fn life_7_a_key_of_another_command_is_refused_except_for_a_kill() {
    let mut life = in_state(BotState::Idle);
    let mut order = life.ordered(Command::Pause, admin());
    life.give(&order);
    order.command = Command::Resume;
    assert!(matches!(life.give(&order), Verdict::Refused { refusal: Refusal::KeyReused { known: "pause", .. }, .. }));
    order.command = Command::Kill;
    assert!(matches!(life.give(&order), Verdict::Carry(_)));
    assert!(matches!(life.give(&order), Verdict::Again(_)));
}

#[test]
fn risk_12_freezes_are_named_latched_and_cleared_one_by_one() {
    let mut life = in_state(BotState::Analyzing);
    life.facts.window_open = true;
    let name = freeze_name;
    life.done(Command::Pause);
    life.done(Command::Freeze(name("earnings")));
    assert!(life.done(Command::Pause).1.starts_with("pause stands already, set by ada at "));
    let freeze = |life: &mut Life, text: &str, strategy, for_the_session| {
        let (part, why) = ("risk".to_owned(), "limit".to_owned());
        life.notice(Happening::Freeze { name: name(text), strategy, part, why, for_the_session });
    };
    freeze(&mut life, "strategy_loss-mid", Some(StrategyName::Mid), true);
    let names = |life: &Life| life.bot.freezes().map(|f| f.name.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&life), "earnings pause strategy_loss-mid");
    assert_eq!(life.done(Command::Resume).1, "pause is cleared. Still frozen: earnings, strategy_loss-mid.");
    assert_eq!(
        life.refused(Command::Unfreeze(name("pause"))).to_string(),
        "There is no freeze pause. There is earnings, strategy_loss-mid."
    );
    life.done(Command::Unfreeze(name("earnings")));
    assert!(life.bot.may_enter(StrategyName::Open) && !life.bot.may_enter(StrategyName::Mid));
    // Latched: a restart and a stop keep it; the session's end takes what was for the session.
    life.restart();
    assert_eq!(names(&life), "strategy_loss-mid");
    freeze(&mut life, "drawdown", None, false);
    life.notice(Happening::SessionBegan(session(20)));
    assert_eq!(names(&life), "drawdown strategy_loss-mid");
    life.notice(Happening::SessionEnded(session(20)));
    assert_eq!(names(&life), "drawdown");
    let history: Vec<_> = life.bot.cleared().map(|c| (c.freeze.name.to_string(), c.mark.who.to_string())).collect();
    let expected = [("pause", "ada"), ("earnings", "ada"), ("strategy_loss-mid", "the bot (session)")];
    assert_eq!(history, expected.map(|(n, w)| (n.to_owned(), w.to_owned())));
}

#[test]
fn risk_12_a_freeze_of_one_name_only_grows() {
    let mut life = in_state(BotState::Idle);
    let mut freeze = |strategy, for_the_session| {
        let (part, why, name) = ("risk".to_owned(), String::new(), freeze_name("x"));
        let before = life.log.len();
        life.notice(Happening::Freeze { name, strategy, part, why, for_the_session });
        let f = life.bot.freezes().next().unwrap();
        (f.strategy, f.for_the_session, life.log.len() - before)
    };
    let (mid, open) = (Some(StrategyName::Mid), Some(StrategyName::Open));
    assert_eq!(freeze(mid, true), (mid, true, 1));
    assert_eq!(freeze(mid, true), (mid, true, 0));
    assert_eq!(freeze(open, true), (None, true, 1));
    assert_eq!(freeze(open, false), (None, false, 1));
    assert_eq!(freeze(mid, true), (None, false, 0));
}

#[test]
fn life_9_a_suspended_strategy_is_out_for_the_session_alone() {
    let mut life = in_state(BotState::Idle);
    life.notice(Happening::SessionBegan(session(20)));
    let effects = life.notice(Happening::Suspend {
        strategy: StrategyName::Mid,
        part: "watchdog".to_owned(),
        why: "over its budget".to_owned(),
    });
    let scope = Scope::Strategy(StrategyName::Mid);
    assert_eq!(effects, [Effect::Suspend(StrategyName::Mid), Effect::CancelEntries(scope)]);
    assert!(!life.bot.may_enter(StrategyName::Mid) && life.bot.may_enter(StrategyName::Close));
    life.restart();
    life.done(Command::Start);
    life.notice(Happening::SessionBegan(session(20)));
    assert!(!life.bot.may_enter(StrategyName::Mid), "a restart in the session does not bring it back");
    life.notice(Happening::SessionBegan(session(23)));
    assert!(life.bot.may_enter(StrategyName::Mid));
    // Taken out before the session begins, it is out for that session.
    life.notice(Happening::SessionEnded(session(23)));
    life.done(Command::SuspendStrategy(StrategyName::Open));
    life.notice(Happening::SessionBegan(session(24)));
    assert!(!life.bot.may_enter(StrategyName::Open));
    assert_eq!(life.refused(Command::SuspendStrategy(StrategyName::External)).code(), "no_such_strategy");
}

#[test]
fn risk_11_defense_is_left_by_hand_with_a_reason() {
    let mut life = in_state(BotState::Idle);
    assert_eq!(life.refused(Command::LeaveDefense), Refusal::NotInDefense);
    life.tell_as(Command::EnterDefense, Caller::bot("risk"));
    life.restart();
    assert!(life.bot.defense().is_some());
    let mut order = life.ordered(Command::LeaveDefense, admin());
    order.why.clear();
    assert!(matches!(life.give(&order), Verdict::Refused { refusal: Refusal::ReasonNeeded { .. }, .. }));
    life.done(Command::LeaveDefense);
    assert!(life.bot.defense().is_none());
}

#[test]
fn life_15_the_mode_is_observe_or_the_identitys_own_kind() {
    let mut life = in_state(BotState::Idle);
    assert_eq!(
        life.refused(Command::SetMode(Mode::Live)).to_string(),
        "This identity trades on the simulated venue for good and cannot be in mode live. Another venue is another \
         identity."
    );
    life.facts.positions = 1;
    assert_eq!(life.refused(Command::SetMode(Mode::Observe)).code(), "not_flat");
    life.facts.positions = 0;
    life.done(Command::SetMode(Mode::Observe));
    life.restart();
    assert_eq!(life.bot.mode(), Mode::Observe);
}

#[test]
fn res_1_a_rehearsal_is_a_mark_beside_the_state_and_stop_flatten_kill_end_it() {
    let mut life = in_state(BotState::Idle);
    life.facts.rehearsal = Err("the window of mid is open".to_owned());
    assert_eq!(life.refused(Command::Rehearse).to_string(), "A rehearsal cannot start: the window of mid is open.");
    life.facts.rehearsal = Ok(());
    life.facts.working = 1;
    assert_eq!(life.refused(Command::Rehearse).code(), "not_flat");
    life.facts.working = 0;
    assert_eq!(life.done(Command::Rehearse).0, [Effect::StartRehearsal]);
    assert_eq!(life.bot.state(), BotState::Idle);
    assert!(!life.bot.may_enter(StrategyName::Open));
    for command in [Command::Rehearse, Command::CancelAll(Scope::All), Command::ApplyConfig(9), Command::Resume] {
        assert_eq!(life.refused(command).code(), "rehearsing");
    }
    for command in [Command::Stop, Command::Flatten(Scope::All), Command::Kill] {
        let mut life = life.clone();
        assert!(life.done(command).0.contains(&Effect::EndRehearsal));
        assert!(life.bot.rehearsing().is_none());
    }
    // RES-2: a restart never resumes one.
    life.restart();
    assert!(life.bot.rehearsing().is_none());
}

#[test]
fn a_day_is_closed_once_and_after_its_end() {
    let mut life = in_state(BotState::Idle);
    assert_eq!(life.refused(Command::CloseDay).code(), "no_session");
    life.notice(Happening::SessionBegan(session(20)));
    life.facts.market_open = true;
    assert_eq!(life.refused(Command::CloseDay).code(), "market_open");
    life.facts.market_open = false;
    assert_eq!(life.done(Command::CloseDay).0, [Effect::CloseDay]);
    life.facts.books_closed = true;
    assert_eq!(life.refused(Command::CloseDay).to_string(), "The books of XNYS:2026-11-20 are closed already.");
}

#[test]
fn life_1_a_second_signal_or_the_deadline_forces_the_end() {
    let mut life = in_state(BotState::Shutdown);
    assert_eq!(life.done(Command::Shutdown).0, []);
    let forced = life.tell_as(Command::Shutdown, Caller::owner(Origin::Signal));
    assert!(matches!(forced, Verdict::Carry(c) if c.effects == [Effect::ShutDownNow]));
    let mut life = in_state(BotState::Shutdown);
    assert_eq!(life.wait(29).settle(), BotState::Shutdown);
    assert_eq!(life.wait(1).settle(), BotState::ShutdownTriggered);
    assert_eq!(life.bot.standing(&life.facts), [Effect::ShutDownNow]);
}

#[test]
fn a_fault_during_a_kill_does_not_end_the_kill() {
    let text = str::to_owned;
    let fault = Happening::Fault { part: text("ledger"), what: text("disk full"), remedy: text("make room") };
    let mut life = in_state(BotState::EmergencyClosingPositions);
    life.notice(fault.clone());
    assert_eq!(life.settle(), BotState::EmergencyClosingPositions);
    assert_eq!(life.bot.fault().unwrap().remedy, "make room");
    // During the end of the process it is what the next start finds.
    let mut life = in_state(BotState::Shutdown);
    life.notice(fault);
    assert_eq!((life.bot.state(), life.restart()), (BotState::Shutdown, BotState::Error));
}

#[test]
fn the_fold_refuses_a_gap_and_a_step_that_cannot_be() {
    let life = in_state(BotState::Idle);
    let mut bot = Supervisor::new(Deadlines::default(), Mode::Paper);
    let before = bot.clone();
    assert_eq!(bot.apply(&life.log[1]), Err(Unfoldable::Gap { expected: 1, found: 2 }));
    let mut skipped = life.log[1].clone();
    skipped.seq = 1;
    let said = bot.apply(&skipped).unwrap_err().to_string();
    assert_eq!(said, "bot event 1 leads from provisioning to bootstrapping, which cannot follow the state initialize");
    assert_eq!(bot, before);
}

fn callers() -> impl Strategy<Value = Caller> {
    prop_oneof![
        Just(admin()),
        Just(person(&[Role::Operator], false)),
        Just(person(&[Role::Viewer], false)),
        Just(Caller::bot("schedule")),
        Just(Caller::owner(Origin::Signal)),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Tell(Command, Caller, u8),
    Notice(Happening),
    Facts(usize, usize, [bool; 5]),
    Wait(i64),
    Restart,
}

fn steps() -> impl Strategy<Value = Step> {
    let text = || "text".to_owned();
    let happenings = vec![
        Happening::SetUp(BotState::Provisioning),
        Happening::SetUp(BotState::Bootstrapping),
        Happening::SetUp(BotState::Registration),
        Happening::SetUp(BotState::Started),
        Happening::Fault { part: text(), what: text(), remedy: text() },
        Happening::Configured { number: 3, result: Ok(()) },
        Happening::Suspend { strategy: StrategyName::Open, part: text(), why: text() },
        Happening::Rehearsed { passed: true, why: text() },
        Happening::SessionBegan(session(20)),
        Happening::SessionEnded(session(20)),
    ];
    prop_oneof![
        6 => (prop::sample::select(commands()), callers(), any::<u8>()).prop_map(|(c, w, k)| Step::Tell(c, w, k)),
        3 => prop::sample::select(happenings).prop_map(Step::Notice),
        3 => (0_usize..3, 0_usize..3, any::<[bool; 5]>()).prop_map(|(p, e, b)| Step::Facts(p, e, b)),
        1 => (0_i64..200).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever happens: the log folds to the same bot, states move by the table alone, a latched bot never trades, and
    /// a kill is never refused to those who may.
    #[test]
    fn life_1_to_7_hold_for_every_history(steps in prop::collection::vec(steps(), 1..60), set_up: bool) {
        let mut life = if set_up { in_state(BotState::Idle) } else { fresh() };
        for step in steps {
            match step {
                Step::Tell(command, caller, key) => {
                    let order = Ordered { key: Key::of(&format!("p{key}")), command, caller, why: String::new() };
                    let may = crate::domain::bot::permit(order.caller.roles, order.command.action()).is_ok();
                    let verdict = life.give(&order);
                    if order.command == Command::Kill && may {
                        prop_assert!(matches!(verdict, Verdict::Carry(_) | Verdict::Again(_)), "{verdict:?}");
                        if matches!(verdict, Verdict::Carry(_)) {
                            prop_assert!(life.bot.latch().is_some());
                        }
                    }
                }
                Step::Notice(happening) => {
                    if let Ok(noticed) = life.bot.notice(life.at, &happening, &life.facts) {
                        life.record(&noticed.events);
                    }
                }
                Step::Facts(positions, entries, [verified, market_open, window_open, clean, protected]) => {
                    let f = &mut life.facts;
                    (f.positions, f.entries, f.working) = (positions, entries, entries + 2 * positions);
                    (f.verified, f.market_open, f.window_open) = (verified, market_open, window_open);
                    f.unprotected = if protected { 0 } else { positions };
                    f.reconciliation = if clean { Ok(()) } else { Err("differs".to_owned()) };
                }
                Step::Wait(seconds) => drop(life.wait(seconds).settle()),
                Step::Restart => {
                    let safe = life.restart();
                    prop_assert!(!safe.is_running() && safe != BotState::Updating, "{safe}");
                }
            }
            life.settle();
            let state = life.bot.state();
            if life.bot.latch().is_some() {
                prop_assert!(!state.is_running() && state != BotState::Updating, "latched and {state}");
                prop_assert!(!StrategyName::TRADING.iter().any(|s| life.bot.may_enter(*s)));
            }
            if state.is_running() {
                prop_assert!(life.bot.fault().is_none());
            }
        }
        for (event, number) in life.log.iter().zip(1..) {
            prop_assert_eq!(event.seq, number);
        }
        prop_assert!(life.log.windows(2).all(|w| w[0].at <= w[1].at));
        life.restart();
    }
}
