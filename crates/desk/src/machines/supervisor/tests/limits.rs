//! RISK-11 to RISK-15, LIFE-9, LIFE-15, RES-1: what holds the bot back, and what lets go.

use super::*;

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
    // What no record explains is counted nowhere; the broker has not confirmed the end for it.
    (life.facts.positions, life.facts.working, life.facts.verified) = (0, 0, false);
    assert!(life.refused(Command::ResetKill).to_string().contains("the broker has not confirmed that nothing is left"));
    life.facts.verified = true;
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
    // RISK-12: what was let go stays as history, over restarts too.
    for _ in 0..2 {
        let kept: Vec<_> = life.bot.unlatched().map(|u| (u.set.who.to_string(), u.reset.why.as_str())).collect();
        assert_eq!(kept, [("ada".to_owned(), "for a test")]);
        life.restart();
    }
    life.done(Command::Start);
}

/// RISK-15a: a record with two kills under one latch tells the first one's words with the first one's time.
#[test]
fn risk_15a_a_second_kill_changes_neither_the_words_nor_the_time_of_the_first() {
    let mut bot = Supervisor::new(Deadlines::default(), Mode::Paper);
    let at = Timestamp::from_seconds(1_800_000_000);
    let mark = |who: &str| Mark { at, who: Who::Person(who.to_owned()), why: who.to_owned() };
    let bodies = [
        BotBody::LatchSet { mark: mark("ada") },
        BotBody::LatchSet { mark: mark("bob") },
        BotBody::LatchReset { mark: mark("eve") },
    ];
    for (body, second) in bodies.into_iter().zip(1..) {
        let written = Some(Timestamp::from_seconds(1_900_000_000 + second));
        let event = BotEvent { written, ..bot.stamped(at, body) };
        bot.apply(&event).unwrap();
    }
    let kept: Vec<_> = bot.unlatched().map(|u| (u.set.clone(), u.set_written)).collect();
    assert_eq!(kept, [(mark("ada"), Some(Timestamp::from_seconds(1_900_000_001)))]);
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
    assert!(matches!(life.give(&order), Verdict::Refused { refusal: Refusal::KeyReused { known: "Pause", .. }, .. }));
    order.command = Command::Kill;
    assert!(matches!(life.give(&order), Verdict::Carry(_)));
    assert!(matches!(life.give(&order), Verdict::Again(_)));
}

#[test]
fn risk_12_a_drawdown_is_cleared_by_a_person_with_a_reason_alone() {
    let mut life = in_state(BotState::Analyzing);
    let clear = || Command::Unfreeze(freeze_name("drawdown"));
    assert_eq!(life.refused(clear()).to_string(), "There is no freeze drawdown; nothing is frozen.");
    life.facts.drawn_down = true;
    let silent = Ordered { why: String::new(), ..life.ordered(clear(), admin()) };
    assert!(matches!(life.give(&silent), Verdict::Refused { refusal: Refusal::ReasonNeeded { .. }, .. }));
    let (effects, said) = life.done(clear());
    let [Effect::ClearDrawdown(mark)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(
        (mark.why.as_str(), said.as_str()),
        ("for a test", "drawdown is cleared. The equity of now is the peak from which the next one is measured.",)
    );
}

#[test]
fn risk_12_freezes_are_named_latched_and_cleared_one_by_one() {
    let mut life = in_state(BotState::Analyzing);
    life.facts.window_open = true;
    let name = freeze_name;
    life.done(Command::Pause);
    life.done(Command::Freeze(name("earnings")));
    let again = life.done(Command::Pause).1;
    assert!(
        again.starts_with("pause stands already, set by ada at ") && again.ends_with("Nothing was changed."),
        "{again}"
    );
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
    let Verdict::Carry(carried) = life.tell_as(Command::EnterDefense, Caller::bot("risk")) else { panic!() };
    assert_eq!(carried.effects, [Effect::SetLimits]);
    life.restart();
    assert!(life.bot.defense().is_some());
    let mut order = life.ordered(Command::LeaveDefense, admin());
    order.why.clear();
    assert!(matches!(life.give(&order), Verdict::Refused { refusal: Refusal::ReasonNeeded { .. }, .. }));
    let bot = Caller { stepped_up: true, ..Caller::bot("risk") };
    assert!(matches!(
        life.tell_as(Command::LeaveDefense, bot),
        Verdict::Refused { refusal: Refusal::NeedsPerson { .. }, .. }
    ));
    assert_eq!(life.done(Command::LeaveDefense).0, [Effect::SetLimits]);
    assert!(life.bot.defense().is_none());
}

#[test]
fn risk_12_a_freeze_of_a_strategy_holds_it_alone() {
    let mut life = in_state(BotState::Idle);
    let (_, said) = life.done(Command::Freeze(freeze_name("strategy-mid")));
    assert_eq!(said, "No new entries of mid until strategy-mid is cleared. Exits go on.");
    assert!(!life.bot.may_enter(StrategyName::Mid) && life.bot.may_enter(StrategyName::Open));
    let (_, said) = life.done(Command::Freeze(freeze_name("strategy-mid")));
    assert!(said.starts_with("strategy-mid stands already"), "{said}");
    life.done(Command::Unfreeze(freeze_name("strategy-mid")));
    assert!(life.bot.may_enter(StrategyName::Mid));
}

#[test]
fn web_2a_there_is_no_proposal_to_approve_or_reject() {
    let mut life = in_state(BotState::Idle);
    for command in [Command::ApproveProposal(4), Command::RejectProposal(4)] {
        let refusal = life.refused(command);
        assert_eq!(refusal.code(), "no_such_proposal");
        assert!(refusal.to_string().starts_with("There is no proposal 4; none is waiting."), "{refusal}");
    }
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
    let written = life.log.clone();
    let order = life.ordered(Command::Rehearse, admin());
    let Verdict::Carry(carried) = life.give(&order) else { panic!("{order:?}") };
    assert_eq!((carried.effects.as_slice(), life.log.len()), ([Effect::StartRehearsal].as_slice(), written.len()));
    // LIFE-7: the same command again is answered again.
    assert_eq!(life.give(&order), Verdict::Again(carried.answer));
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
    // RES-3: its end is no event either, and what comes next has the next number.
    let mut ended = life.clone();
    ended.bot.rehearsal_ended();
    assert!(ended.bot.rehearsing().is_none() && ended.log.len() == life.log.len());
    ended.done(Command::Pause);
    ended.restart();
    // RES-2: a restart never resumes one.
    life.restart();
    assert!(life.bot.rehearsing().is_none());
}

#[test]
fn a_day_is_closed_once_and_after_its_end() {
    let mut life = in_state(BotState::Idle);
    let close = || Command::CloseDay(None);
    assert_eq!(life.refused(close()).code(), "no_session");
    life.notice(Happening::SessionBegan(session(20)));
    life.facts.market_open = true;
    assert_eq!(life.refused(close()).code(), "market_open");
    life.facts.market_open = false;
    assert_eq!(life.done(close()).0, [Effect::CloseDay(session(20))]);
    life.facts.books_closed = true;
    assert_eq!(life.refused(close()).to_string(), "The books of XNYS:2026-11-20 are closed already.");
}

/// LEDG-12, decision 0026: of several open days the earliest is closed first, also while a later session trades; a refusal names it.
#[test]
fn ledg_12_open_days_are_closed_in_their_order() {
    let mut life = in_state(BotState::Idle);
    life.notice(Happening::SessionBegan(session(20)));
    life.facts.market_open = true;
    let (one, two, three) = (session(17), session(18), session(19));
    let open = |day, closable, after| OpenBooks { day, closable, after };
    life.facts.open_days = vec![open(one, false, None), open(two, true, None), open(three, false, Some(two))];
    let close = |day: SessionId| Command::CloseDay(Some(day.date));
    assert_eq!(life.done(Command::CloseDay(None)).0, [Effect::CloseDay(two)], "the first that can be");
    assert_eq!(life.done(close(two)).0, [Effect::CloseDay(two)]);
    let cases = [
        (close(one), "closes_with_later", "No figures of the broker were kept at the end of XNYS:2026-11-17"),
        (close(three), "earlier_day_open", "XNYS:2026-11-18 is open and comes before XNYS:2026-11-19"),
        (close(session(20)), "market_open", "The session XNYS:2026-11-20 still trades."),
        (close(session(16)), "not_to_close", "Open: XNYS:2026-11-17, XNYS:2026-11-18, XNYS:2026-11-19."),
    ];
    for (command, code, said) in cases {
        let refused = life.refused(command);
        assert_eq!(refused.code(), code);
        assert!(refused.to_string().contains(said), "{refused}");
    }
}
