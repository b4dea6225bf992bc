use desk::machines::watchdog::Tolerance;

use super::*;
use crate::actors::tree::{BROKER, KILL_SWITCH, LEDGER, MARKET_DATA, NOTIFIER, REPORTER, RISK, SUPERVISOR};
use crate::actors::watchdog;
use crate::messages::broker::ToBroker;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::ToLedger;
use crate::messages::market_data::ToMarketData;
use crate::messages::notifier::ToNotifier;
use crate::messages::reporter::ToReporter;
use crate::messages::risk::ToRisk;
use crate::messages::supervisor::ToSupervisor;

const ALL: [&str; 9] = [LEDGER, RISK, BROKER, MARKET_DATA, REPORTER, SUPERVISOR, KILL_SWITCH, NOTIFIER, "strategy mid"];

impl Bot {
    fn fault(&self, name: &str, fault: Fault) {
        let w = &self.tree.wiring;
        let delivered = match name {
            LEDGER => w.ledger.deliver(ToLedger::Fault(fault)),
            RISK => w.risk.deliver(ToRisk::Fault(fault)),
            BROKER => w.broker.deliver(ToBroker::Fault(fault)),
            MARKET_DATA => w.market_data.deliver(ToMarketData::Fault(fault)),
            REPORTER => w.reporter.deliver(ToReporter::Fault(fault)),
            SUPERVISOR => w.supervisor.deliver(ToSupervisor::Fault(fault)),
            KILL_SWITCH => w.kill_switch.deliver(ToKillSwitch::Fault(fault)),
            NOTIFIER => w.notifier.deliver(ToNotifier::Fault(fault)),
            _ => w.strategies[1].deliver(ToStrategy::Fault(fault)),
        };
        delivered.unwrap();
    }
}

/// LIFE-11: whoever panics is built anew in place, or by a new process where only that helps; nothing is lost or sent
/// twice: the day's books are whole, and no order id is there twice.
#[test]
fn life_11_who_panics_is_built_anew_and_nothing_is_sent_twice() {
    for name in ALL {
        run(async move {
            let bot =
                Bot::new(&format!("fall-{}", name.replace(' ', "-")), &Scene::new(7, &["2024-05-28"]), PACE).await;
            bot.tell(Command::Start).await.unwrap();
            bot.until("a position", |b| !b.positions.is_empty()).await;
            bot.fault(name, Fault::Panic);
            if [LEDGER, SUPERVISOR].contains(&name) {
                let mut ended = bot.ended.clone();
                let end = tokio::time::timeout(Duration::from_secs(2), ended.wait_for(Option::is_some)).await;
                assert_eq!(*end.expect("noticed within 2 s").unwrap(), Some(End::Anew), "{name}");
                return;
            }
            let fallen = |b: &Board| b.actors.iter().any(|a| a.name == name && a.restarts == 1 && a.well);
            bot.until("built anew", fallen).await;
            if [RISK, BROKER, MARKET_DATA].contains(&name) {
                let freeze = format!("lost-{}", name.replace(' ', "-"));
                bot.until("frozen", |b| b.freezes.iter().any(|f| f.name.as_str() == freeze)).await;
            }
            bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
            let (events, _) = bot.written().await;
            let mut orders: Vec<_> = events.iter().filter_map(|e| intended(e)).collect();
            let all = orders.len();
            orders.sort_unstable();
            orders.dedup();
            assert_eq!(orders.len(), all, "{name}: an order was sent twice");
            let report =
                store::verify(&Address::Sqlite(bot.folder.join("ledger.db")), &Check::default()).await.unwrap();
            assert!(report.is_sound(), "{name}: {report:?}");
        });
    }
}

const PACE: Option<Duration> = Some(Duration::from_millis(4));

/// The client order id of an intent.
fn intended(event: &[u8]) -> Option<String> {
    let event: serde_json::Value = serde_json::from_slice(event).unwrap();
    (event["kind"] == "intended").then(|| event["data"]["order"].as_str().unwrap().to_owned())
}

/// LIFE-11: whoever hangs is named within 2 s, by a thread that no actor can hinder.
#[test]
fn life_11_who_hangs_is_named_within_two_seconds() {
    for name in ALL {
        run(async move {
            let bot =
                Bot::new(&format!("hang-{}", name.replace(' ', "-")), &Scene::new(7, &["2024-05-28"]), PACE).await;
            bot.tell(Command::Start).await.unwrap();
            bot.until("minutes", |b| b.fed_at.is_some()).await;
            let (named, hears) = std::sync::mpsc::channel();
            watchdog::start(bot.tree.watched(), || {}, move |name| named.send(name).unwrap()).unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            bot.fault(name, Fault::Hang(4_000));
            let hung = tokio::task::spawn_blocking(move || hears.recv_timeout(Duration::from_millis(2_500)));
            assert_eq!(hung.await.unwrap(), Ok(name));
        });
    }
}

/// LIFE-11: a strategy whose steps take longer than they may is out before it hangs, with the reason; the others trade on,
/// and it is in again with the next session.
#[test]
fn life_11_a_strategy_over_its_budget_is_out_and_the_others_trade_on() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28", "2024-05-29"]);
        let bearing = Bearing { budget: Span::nanos(200_000_000), ..Bearing::default() };
        let bot = Bot::bearing("budget", &scene, PACE, (bearing, &[])).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("minutes", |b| b.fed_at.is_some()).await;
        let slow = Fault::Hang(300);
        for _ in 0..2 {
            bot.fault("strategy mid", slow);
        }
        let mid = |b: &Board| b.actors.iter().find(|a| a.name == "strategy mid").cloned();
        let fault = |b: &Board| mid(b).and_then(|a| a.fault).unwrap_or_default();
        let board = bot.until("counted", |b| fault(b).contains("2 times lately")).await;
        assert!(board.strategies.iter().all(|s| s.suspended.is_none()), "twice is borne: {:?}", board.strategies);
        bot.fault("strategy mid", slow);
        let board = bot.until("suspended", |b| b.strategies.iter().any(|s| s.suspended.is_some())).await;
        let out: Vec<_> = board.strategies.iter().filter_map(|s| Some((s.name, s.suspended.clone()?))).collect();
        assert_eq!(out.len(), 1, "{out:?}");
        assert_eq!(out[0].0, StrategyName::Mid);
        assert!(out[0].1.contains("for a step of at most 200 ms, 3 times lately"), "{out:?}");
        assert_eq!(mid(&board).unwrap().restarts, 0, "it has not fallen");
        let first = board.session.as_ref().map(|s| s.id);
        let over = bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
        let traded = |name| over.trades.iter().any(|t| t.strategy == name);
        assert!(traded(StrategyName::Open) && !traded(StrategyName::Mid), "{:?}", over.trades);
        bot.until("in again", |b| {
            b.session.as_ref().map(|s| s.id) != first && b.strategies.iter().all(|s| s.suspended.is_none())
        })
        .await;
    });
}

/// LIFE-11, RISK-13: three failures within the window are borne; one more takes the bot into error with its positions
/// protected, or kills where that is set. What earlier processes have left counts, as long as it is recent.
#[test]
fn life_11_more_failures_than_are_borne_escalate() {
    let minutes_ago = |minutes: i64, weighed| Failed {
        at: crate::gateway::clock::now() - Span::minutes(minutes),
        actor: REPORTER.to_owned(),
        why: "it hung".to_owned(),
        weighed,
    };
    let (kill, error) = (BotState::Stopped, BotState::Error);
    let cases = [
        ("three", vec![], 3, false, None),
        ("four", vec![], 4, false, Some(error)),
        ("four-kill", vec![], 4, true, Some(kill)),
        ("old", vec![minutes_ago(6, true); 4], 1, false, None),
        ("recent", vec![minutes_ago(4, true); 3], 1, false, Some(error)),
        ("others", vec![Failed { actor: RISK.to_owned(), ..minutes_ago(1, true) }; 4], 1, false, None),
        ("left", [vec![minutes_ago(2, true); 3], vec![minutes_ago(1, false)]].concat(), 0, false, Some(error)),
        ("left-weighed", vec![minutes_ago(1, true); 4], 0, false, None),
    ];
    for (name, failed, falls, kills, ends) in cases {
        run(async move {
            let bearing = Bearing { kills, tolerance: Tolerance::default(), ..Bearing::default() };
            let bot = Bot::bearing(name, &Scene::new(7, &["2024-05-28"]), PACE, (bearing, &failed)).await;
            if falls > 0 {
                bot.tell(Command::Start).await.unwrap();
                bot.until("minutes", |b| b.fed_at.is_some()).await;
            }
            for time in 1..=falls {
                bot.fault(REPORTER, Fault::Panic);
                bot.until("built anew", |b| {
                    b.actors.iter().any(|a| a.name == REPORTER && a.restarts == time && a.well)
                })
                .await;
            }
            if let Some(state) = ends {
                let board = bot.until("escalated", |b| b.state == state).await;
                let why = board.reason.clone().unwrap_or_default();
                assert!(why.contains("it failed 4 times within 300 s"), "{name}: {why}");
                assert_eq!(board.latch.is_some(), kills, "{name}");
            } else {
                tokio::time::sleep(Duration::from_millis(600)).await;
                let state = bot.tree.board.borrow().state;
                assert!(state.is_running() || state == BotState::Started, "{name}: {state:?}");
            }
            let failures = Failures::new(&ControlFolder::open(&bot.folder.join("control")).unwrap()).read();
            assert!(failures.len() >= usize::try_from(falls).unwrap() && failures.iter().all(|f| f.weighed), "{name}");
        });
    }
}

/// LIFE-8a: a process that begins in the middle of a session checks whether the windows are ready as the one before it did.
#[test]
fn life_8a_windows_are_checked_after_a_restart_in_the_middle_of_a_session_too() {
    run(async {
        let mut scene = Scene::new(7, &["2024-05-28"]);
        let kept_out = |b: &Board| b.freezes.iter().any(|f| f.name.as_str().starts_with("not-ready-"));
        // Nobody can risk that much: no strategy is ready.
        scene.setup.limits.risk_per_trade = Money::whole(10_000_000);
        let pace = Some(Duration::from_millis(20));
        let bot = Bot::new("mid-session", &scene, pace).await;
        bot.tell(Command::Start).await.unwrap();
        let before = bot.until("kept out", kept_out).await;
        let bot = bot.again(&scene, pace).await;
        bot.tell(Command::Start).await.unwrap();
        let after = bot.until("a minute", |b| b.fed_at.is_some()).await;
        assert!(kept_out(&after), "no minute passes before the check is answered");
        assert_eq!(after.session.as_ref().map(|s| s.id), before.session.as_ref().map(|s| s.id));
    });
}
