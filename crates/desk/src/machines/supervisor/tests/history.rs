//! Whatever happens.

use proptest::prelude::*;

use super::*;

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
