//! OPS-3, decision 0022: strategies are switched and changed while the bot runs, for everybody and for the record.

use std::time::Duration;

use desk::domain::bot::Command;
use desk::domain::event::{Body, Event};
use desk::domain::ids::StrategyName;
use desk::domain::order::Purpose;
use desk::strategies::{Chosen, Line, Parameters};
use desk::world::backtest::Backtest;
use desk::world::playback::Playback;
use desk::world::resume::resume;

use super::{Bot, Nobody, Scene, run};
use crate::messages::board::{Board, StrategyLine};

/// Version 3 has `open` off; 4 has it on again, with another timeout; 5 with another range, too.
pub(super) fn chosen(version: u32) -> Chosen {
    let line = |strategy| {
        let mut parameters = Parameters::of(strategy);
        if strategy == StrategyName::Open && version > 3 {
            parameters.set(strategy, "timeout", "7").unwrap();
            parameters.set(strategy, "range_minutes", if version > 4 { "20" } else { "15" }).unwrap();
        }
        Line { strategy, on: version > 3 || strategy != StrategyName::Open, parameters }
    };
    let strategies = StrategyName::TRADING.map(line).into();
    Chosen { version, by: "ann".to_owned(), strategies, screen: None }
}

fn read(events: &[Vec<u8>]) -> Vec<Event> {
    events.iter().map(|bytes| Event::from_bytes(bytes).unwrap()).collect()
}

/// What is chosen before a session is the record's first event; the day leaves the bytes of a backtest in which the same was
/// chosen there (RES-8).
#[test]
fn ops_3_a_strategy_that_is_off_leaves_the_bytes_of_a_backtest_without_its_entries() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let bot = Bot::new("off", &scene, None).await;
        let told = bot.tell(Command::ApplyConfig(3)).await.unwrap().message;
        assert_eq!(told, "Version 3 is being applied. At the next start: lifecycle.autostart.");
        bot.until("off", |b| b.strategies.iter().any(|s| s.name == StrategyName::Open && !s.on)).await;
        bot.tell(Command::Start).await.unwrap();
        let closed = bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
        assert_eq!(closed.strategies[0].signals, 0);
        assert!(closed.strategies.iter().any(|s| s.signals > 0), "the others trade on");

        let (events, entries) = bot.written().await;
        let first = Event::from_bytes(&events[0]).unwrap();
        let Body::Configured(said) = &first.body else { panic!("{first:?}") };
        assert_eq!((said.version, said.by.as_str()), (3, "ann"));
        let mut backtest = Backtest::new(scene.setup.clone(), Scene::fees()).unwrap();
        backtest.trader.choose(first.at, chosen(3)).unwrap();
        backtest.run(&scene.tapes, &mut Nobody).unwrap();
        let record = backtest.trader.record;
        let expected: Vec<_> = record.events.iter().map(|e| e.to_bytes().unwrap()).collect();
        assert!(expected == events, "{} and {} events", expected.len(), events.len());
        let expected: Vec<_> = record.entries.iter().map(|e| e.bytes.clone()).collect();
        assert_eq!(expected, entries);
    });
}

/// In the middle of a session: no entry of it leaves the house after it was switched off; it comes back in the same session; what
/// its indicators are made with waits, and the answer says so. A new process folds the same from the record.
#[test]
fn ops_3_a_strategy_is_switched_in_the_middle_of_a_session() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let bot = Bot::new("switched", &scene, Some(Duration::from_millis(20))).await;
        bot.tell(Command::Start).await.unwrap();
        let comes = |b: &Board, what: &str| b.session.as_ref().unwrap().next.iter().any(|n| n.what == what);
        let of_open = |s: &StrategyLine| s.name == StrategyName::Open;
        let trading = bot.until("a signal", |b| b.strategies.iter().any(|s| of_open(s) && s.signals > 0)).await;
        bot.tell(Command::ApplyConfig(3)).await.unwrap();
        let off = bot.until("off", |b| b.strategies.iter().any(|s| of_open(s) && !s.on)).await;
        // A window that nobody trades in is none that comes (WEB-1).
        assert!(comes(&trading, "open ends") && comes(&trading, "close opens") && comes(&off, "close opens"));
        let opened = |b: &Board| b.session.as_ref().unwrap().windows.contains(&StrategyName::Open);
        assert!(opened(&trading) && !opened(&off) && !comes(&off, "open ends"));
        bot.until("ten minutes more", |b| (b.at - off.at).as_minutes() >= 10).await;
        bot.tell(Command::ApplyConfig(4)).await.unwrap();
        bot.until("on", |b| b.strategies.iter().any(|s| of_open(s) && s.on && !s.changes)).await;
        let told = bot.tell(Command::ApplyConfig(5)).await.unwrap().message;
        assert!(told.contains("From the next session's open on: the parameters of open."), "{told}");
        bot.until("waits", |b| b.strategies.iter().any(|s| of_open(s) && s.on && s.changes)).await;
        bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;

        let (bytes, entries) = bot.written().await;
        let events = read(&bytes);
        let versions = events.iter().filter_map(|e| match &e.body {
            Body::Configured(chosen) => Some((chosen.version, e.seq)),
            _ => None,
        });
        let versions: Vec<(u32, u64)> = versions.collect();
        assert_eq!(versions.iter().map(|(v, _)| *v).collect::<Vec<_>>(), [3, 4, 5]);
        let (off, on) = (versions[0].1, versions[1].1);
        let sent = events.iter().filter(|e| off < e.seq && e.seq < on).filter_map(|e| match &e.body {
            Body::Intended(i) if i.strategy == StrategyName::Open && matches!(i.purpose, Purpose::Entry { .. }) => {
                Some(&i.order)
            }
            _ => None,
        });
        // One that was on its way to the record when it was switched off is not sent.
        for order in sent {
            let accepted = |e: &Event| matches!(&e.body, Body::Accepted { order: o } if o == order);
            assert!(!events.iter().any(accepted), "{order} went out");
        }
        let mut playback = Playback::new(scene.tapes.clone(), Scene::fees());
        let (again, _) = resume(&scene.setup, &bytes, &entries, &mut playback, |_| {}).unwrap();
        assert_eq!(again.strategies()[0].chosen(), chosen(5).strategies[0]);
        assert_eq!(again.strategies()[0].strategy().parameters().timeout, 7);
    });
}

/// A version that says the same of strategies is no event.
#[test]
fn ops_3_limits_alone_leave_the_strategies_out_of_the_record() {
    run(async {
        let bot = Bot::new("limits-alone", &Scene::new(7, &["2024-05-28"]), None).await;
        bot.tell(Command::ApplyConfig(3)).await.unwrap();
        bot.tell(Command::ApplyConfig(2)).await.unwrap();
        bot.until("in force", |b| b.day.loss_limit == desk::domain::decimal::Money::whole(900)).await;
        assert_eq!(bot.written().await.0.len(), 1);
    });
}
