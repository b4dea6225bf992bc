//! LIFE-1 to LIFE-7: states, commands, restarts, keys.

use super::*;

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
fn life_1_a_refusal_says_what_is_and_what_to_do_in_the_operators_words() {
    use BotState::*;
    for (state, command, says) in [
        (Analyzing, Command::Start, "Start changes nothing: the bot is already running (analyzing)."),
        (
            GracefulClosingPositions,
            Command::Start,
            "Start has to wait: the bot is stopping. Give it again when it has stopped.",
        ),
        (
            EmergencyClosingPositions,
            Command::Start,
            "Start has to wait: a kill is closing everything. Give it again when it has ended.",
        ),
        (
            EmergencyClosingPositions,
            Command::Stop,
            "Stop changes nothing: a kill is closing everything already, and faster.",
        ),
        (Stopped, Command::Stop, "Stop changes nothing: the bot has stopped already."),
        (
            Error,
            Command::Stop,
            "Stop changes nothing: the bot is halted by an error and opens nothing. Flatten or Kill closes what is open; \
             Acknowledge leads out of it.",
        ),
        (
            Trading,
            Command::Acknowledge,
            "Acknowledge changes nothing: the bot is running (trading), and no stop or error waits to be seen.",
        ),
        (
            Started,
            Command::Acknowledge,
            "Acknowledge changes nothing: no stop or error waits to be seen. Start lets the bot trade.",
        ),
        (Initialize, Command::Start, "Start has to wait: the bot is not set up. Finish the set-up first."),
        (
            Shutdown,
            Command::Backup,
            "Backup comes too late: the bot is shutting down. Start it again on the machine: tbot service start, or tbot \
             run.",
        ),
    ] {
        assert_eq!(in_state(state).refused(command).to_string(), says);
    }
}

/// LIFE-4: no refusal of any command in any state speaks in names of programs.
#[test]
fn life_4_no_refusal_speaks_in_machine_words() {
    let scope = || Scope::All;
    let commands = [
        Command::Start,
        Command::Stop,
        Command::Pause,
        Command::Resume,
        Command::CancelAll(scope()),
        Command::Flatten(scope()),
        Command::ResetKill,
        Command::LeaveDefense,
        Command::SetMode(Mode::Live),
        Command::ApplyConfig(2),
        Command::Rehearse,
        Command::CloseDay(None),
        Command::Acknowledge,
    ];
    let mut refusals = 0;
    for state in BotState::ALL {
        for command in &commands {
            let Verdict::Refused { refusal, .. } = in_state(state).tell(command.clone()) else { continue };
            let said = refusal.to_string();
            assert!(!said.contains('_'), "{command:?} in {state}: {said}");
            assert!(said.starts_with(|c: char| c.is_ascii_uppercase()) && said.ends_with('.'), "{said}");
            refusals += 1;
        }
    }
    assert!(refusals > 60, "{refusals}");
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
        // RES-3: a rehearsal stands in the audit alone.
        if command == Command::Rehearse {
            assert!(events.is_empty(), "{events:?}");
            continue;
        }
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
