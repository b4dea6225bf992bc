//! OPS-3, decision 0022: strategies are switched and changed while the bot runs. What is open keeps the rules that it was opened
//! with, the next entry has the new ones, and a restart folds the same.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails should stop where it fails"
)]

mod common;

use std::collections::BTreeSet;

use common::{DAY, Scene};
use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Price, Quantity};
use desk::domain::event::{Body, Event};
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::StrategyName;
use desk::domain::order::Purpose;
use desk::domain::time::{Span, Timestamp};
use desk::machines::screener::Criteria;
use desk::strategies::{Chosen, Line, Parameters};
use desk::world::backtest::Backtest;
use desk::world::playback::{Playback, Tick};
use desk::world::resume::resume;
use desk::world::seats::Listener;
use desk::world::trader::Trader;

/// Two symbols that break out of their opening range at 100.50: A at minute 15, B at minute 30. After it they stand still.
const A: &str = "0-14 100 100.50 99.50 100 100000; 15 100.50 100.70 100.40 100.60 200000; 16-119 100.60 100.70 100.50 100.60 100000";
const B: &str =
    "0-14 100 100.50 99.50 100 100000; 15-29 100 100.10 99.90 100 100000; 30 100.50 100.70 100.40 100.60 200000;
    31-119 100.60 100.70 100.50 100.60 100000";

fn scene() -> Scene {
    let still = "open.timeout=30 open.trail_start=0 open.structural_closes=0 open.volatility_exit=0";
    Scene::new("open").with(still).bars("AAA", A).bars("BBB", B)
}

fn minute(n: i64) -> Timestamp {
    Calendar::XNYS.session(DAY.parse().unwrap()).unwrap().open + Span::minutes(n)
}

/// `open` as the scene has it, switched on or off, with these settings besides.
fn chosen(on: bool, settings: &[(&str, &str)]) -> Chosen {
    let mut parameters = scene().setup().strategies[0].1;
    for (name, value) in settings {
        parameters.set(StrategyName::Open, name, value).unwrap();
    }
    let strategies = vec![Line { strategy: StrategyName::Open, on, parameters }];
    Chosen { version: 2, by: "ann".to_owned(), strategies, screen: None }
}

/// A day on which this is chosen after these minutes.
fn run(scene: &Scene, choices: &[(i64, Chosen)]) -> Backtest {
    let mut run = Backtest::new(scene.setup(), FeeSchedule::us_sales().unwrap()).unwrap();
    run.choices = choices.iter().map(|(n, chosen)| (minute(*n), chosen.clone())).collect();
    run.run(&scene.tapes(), &mut common::Nobody).unwrap();
    run
}

/// `symbol entered-left reason`, minutes after the open.
fn trades(run: &Backtest) -> Vec<String> {
    let minutes = |at: Timestamp| (at - minute(0)).as_seconds() / 60;
    let closed = run.trader.record.events.iter().filter_map(|e| match &e.body {
        Body::TradeClosed(t) => {
            Some(format!("{} {}-{} {}", t.symbol, minutes(t.entered_at), minutes(t.exited_at), t.reason.label()))
        }
        _ => None,
    });
    closed.collect()
}

fn kinds(events: &[Event], kind: &str) -> usize {
    events.iter().filter(|e| e.body.kind() == kind).count()
}

/// Targets of the entries, with their symbols.
fn targets(run: &Backtest) -> Vec<(String, Price)> {
    let entries = run.trader.record.events.iter().filter_map(|e| match &e.body {
        Body::Intended(i) => match &i.purpose {
            Purpose::Entry { plan, .. } => Some((i.symbol.to_string(), plan.target)),
            Purpose::Exit { .. } => None,
        },
        _ => None,
    });
    entries.collect()
}

#[test]
fn ops_3_what_is_open_keeps_its_exit_rules_and_the_next_entry_has_the_new_ones() {
    assert_eq!(trades(&run(&scene(), &[])), ["AAA 16-46 time is up", "BBB 31-61 time is up"]);
    let timeout = run(&scene(), &[(20, chosen(true, &[("timeout", "10"), ("target_r", "3")]))]);
    assert_eq!(trades(&timeout), ["BBB 31-41 time is up", "AAA 16-46 time is up"]);
    let (usual, changed) = (targets(&run(&scene(), &[])), targets(&timeout));
    assert_eq!(usual[0], changed[0], "a plan stays");
    assert!(usual[1].1 < changed[1].1, "{usual:?}, {changed:?}");
    // By the clock: the one that is open stays until its own exit time.
    let clock = run(&scene(), &[(20, chosen(true, &[("exit_time", "O+35"), ("timeout", "0")]))]);
    assert_eq!(trades(&clock), ["BBB 31-35 window end", "AAA 16-46 time is up"]);
    // A stop that does not follow does not begin to; the next one does.
    let up = "16-24 100.60 100.70 100.50 100.60 100000; 25-39 101.60 101.70 101.50 101.60 100000; \
              40-119 100.60 100.70 100.50 100.60 100000";
    let a = A.split("; 16").next().unwrap();
    let b = B.split('\n').next().unwrap();
    let b = format!("{b} 31-39 101.60 101.70 101.50 101.60 100000; 40-119 100.60 100.70 100.50 100.60 100000");
    let climbs = Scene::new("open")
        .with("open.timeout=30 open.trail_start=0 open.structural_closes=0 open.volatility_exit=0 open.target_r=20")
        .bars("AAA", &format!("{a}; {up}"))
        .bars("BBB", &b);
    let mut trail = chosen(true, &[("target_r", "20"), ("trail_start", "0.1"), ("trail_distance", "0.1")]);
    let of = |run: &Backtest| {
        let amended = run.trader.record.events.iter().filter_map(|e| match &e.body {
            Body::AmendIntended { order, .. } => run.trader.broker().get(order).map(|t| t.symbol.to_string()),
            _ => None,
        });
        amended.collect::<BTreeSet<_>>()
    };
    assert_eq!(of(&run(&climbs, &[(20, trail.clone())])), BTreeSet::from(["BBB".to_owned()]));
    trail.version = 3;
    assert_eq!(of(&run(&climbs, &[(5, trail)])).len(), 2, "chosen before both, it is of both");
}

#[test]
fn ops_3_a_strategy_that_is_off_enters_nothing_and_manages_what_it_holds() {
    let off = run(&scene(), &[(20, chosen(false, &[]))]);
    assert_eq!(trades(&off), ["AAA 16-46 time is up"]);
    let back = run(&scene(), &[(20, chosen(false, &[])), (25, chosen(true, &[]))]);
    assert_eq!(trades(&back), trades(&run(&scene(), &[])), "its indicators went on meanwhile");
    assert!(off.trader.trading().len() == 1, "it has traded in this session");
    assert!(off.trader.strategies().iter().all(|s| !s.chosen().on));
}

/// Decision 0022: an entry that works when its strategy is switched off is withdrawn at once; what it has filled is managed.
#[test]
fn ops_3_a_strategy_that_goes_off_withdraws_what_it_has_not_filled() {
    let before_the_fill = run(&scene(), &[(16, chosen(false, &[]))]);
    assert_eq!(trades(&before_the_fill), [""; 0]);
    let events = &before_the_fill.trader.record.events;
    let withdrawn = events.iter().find(|e| e.body.kind() == "cancel_intended").map(|e| e.at);
    assert_eq!((withdrawn, kinds(events, "entry_missed")), (Some(minute(16)), 1));
    // A thin market fills a part of it each minute.
    let thin = A.replace("16-119 100.60 100.70 100.50 100.60 100000", "16-119 100.60 100.70 100.50 100.60 100");
    let thin = Scene::new("open")
        .with("open.timeout=30 open.trail_start=0 open.structural_closes=0 open.volatility_exit=0")
        .bars("AAA", &thin);
    let bought = |run: &Backtest| {
        let fills = run.trader.record.events.iter().filter_map(|e| match &e.body {
            Body::Executed { execution, .. } if execution.quantity > Quantity::ZERO => Some(execution.quantity),
            _ => None,
        });
        fills.collect::<Vec<_>>()
    };
    let (whole, cut) = (run(&thin, &[]), run(&thin, &[(17, chosen(false, &[]))]));
    assert!(bought(&whole).len() > 1, "{:?}", bought(&whole));
    assert_eq!(bought(&cut), bought(&whole)[..1]);
    assert_eq!(trades(&cut).len(), 1, "what was filled is left by its rules");
}

#[test]
fn ops_3_what_indicators_are_made_with_waits_for_the_next_session_and_the_rest_with_it() {
    let next = "2024-08-26";
    let two = scene().bars_on(next, "AAA", A).bars_on(next, "BBB", B);
    let longer = chosen(true, &[("range_minutes", "20"), ("timeout", "10")]);
    let ran = run(&two, &[(20, longer.clone())]);
    let open = Calendar::XNYS.session(next.parse().unwrap()).unwrap().open;
    let after: Vec<_> = ran.trader.record.events.iter().filter(|e| e.at >= open).collect();
    let held = after.iter().filter_map(|e| match &e.body {
        Body::TradeClosed(t) => Some((t.exited_at - t.entered_at).as_seconds() / 60),
        _ => None,
    });
    // A range of 20 minutes holds the bar that broke out of one of 15: only B comes out of it.
    assert_eq!(held.collect::<Vec<_>>(), [10]);
    let first = ran.trader.record.events.iter().filter(|e| e.at < open && e.body.kind() == "trade_closed");
    assert_eq!(first.count(), 2, "the session goes on as it began");
    // Off holds at once, whatever waits beside it.
    let off = run(
        &scene(),
        &[(20, Chosen { strategies: vec![Line { on: false, ..longer.strategies[0].clone() }], ..longer })],
    );
    assert_eq!(trades(&off), ["AAA 16-46 time is up"]);
}

#[test]
fn ops_3_what_is_chosen_again_is_no_event_and_a_strategy_that_is_not_there_stays_away() {
    let again = run(&scene(), &[(20, chosen(true, &[])), (21, chosen(false, &[])), (22, chosen(false, &[]))]);
    assert_eq!(kinds(&again.trader.record.events, "configured"), 1);
    let mut other = chosen(true, &[]);
    other.strategies.push(Line {
        strategy: StrategyName::Mid,
        on: true,
        parameters: Parameters::of(StrategyName::Mid),
    });
    assert_eq!(kinds(&run(&scene(), &[(20, other)]).trader.record.events, "configured"), 0);
}

#[test]
fn trade_4_another_screen_holds_from_the_next_session_on() {
    let next = "2024-08-26";
    let two = scene().bars_on(next, "AAA", A).bars_on(next, "BBB", B);
    let screen = Criteria {
        min_price: Price::whole(1),
        min_volume: Quantity::ZERO,
        max_age: Span::nanos(i64::MAX),
        flags: BTreeSet::new(),
        blocklist: BTreeSet::from(["BBB".parse().unwrap()]),
        ..Criteria::default()
    };
    let ran = run(&two, &[(20, Chosen { screen: Some(screen), ..chosen(true, &[]) })]);
    let symbols: Vec<_> = trades(&ran).iter().map(|t| t.chars().take(3).collect::<String>()).collect();
    assert_eq!(symbols, ["AAA", "BBB", "AAA"]);
    let lifted = run(&two, &[(20, chosen(true, &[]))]);
    assert_eq!(trades(&lifted).len(), 4);
}

/// A process that goes on from the record at any place, before the minute after a change or behind it, has the strategies and the
/// rules of what is open that a bot has which heard the same and never stopped.
#[test]
fn ops_3_a_restart_before_or_after_the_next_minute_folds_the_same() {
    let scene = scene();
    let whole =
        run(&scene, &[(20, chosen(true, &[("timeout", "10")])), (33, chosen(false, &[("range_minutes", "20")]))]);
    let record = &whole.trader.record;
    assert_eq!(kinds(&record.events, "configured"), 2);
    let mut heard = Trader::new(scene.setup(), Listener).unwrap();
    let mut market = Playback::new(scene.tapes(), FeeSchedule::us_sales().unwrap());
    for (at, event) in record.events.iter().enumerate() {
        while heard.feed() < event.feed || (event.body.kind() == "session_opened" && heard.terms().is_none()) {
            match market.step().unwrap().unwrap() {
                Tick::Open(terms) => heard.begin(terms).unwrap(),
                Tick::Moment(moment) => heard.observe(moment.at, &moment.ended()).unwrap(),
                Tick::Close { .. } => {}
            }
        }
        heard.follow(event).unwrap();
        let known = record.events[..=at].iter().map(|e| e.to_bytes().unwrap());
        let entries =
            record.entries.iter().filter(|e| e.entry().unwrap().booked_at <= event.at).map(|e| e.bytes.clone());
        let mut playback = Playback::new(scene.tapes(), FeeSchedule::us_sales().unwrap());
        let (again, _) = resume(&scene.setup(), known, entries, &mut playback, |_| {}).unwrap();
        let (one, other) = (&again.strategies()[0], &heard.strategies()[0]);
        assert!(one.agrees(other), "after event {}, {}", event.seq, event.body.kind());
        assert_eq!([0, 1].map(|place| one.exit_at_of(place)), [0, 1].map(|place| other.exit_at_of(place)));
    }
    let last = heard.strategies()[0].chosen();
    assert!(!last.on && last.parameters.range_minutes == 20 && heard.strategies()[0].waiting().is_some());
}
