//! LEDG-5: the lot method of an identity, from the configuration to the books: on trades computed by hand, over a change between
//! two sessions, and after a restart.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails should stop where it fails"
)]

mod common;

use common::Scene;
use desk::domain::event::Body;
use desk::domain::fees::FeeSchedule;
use desk::domain::journal::{AccountCode, EntryKind, Fact};
use desk::domain::lots::LotMethod;
use desk::machines::ledger::Stored;
use desk::world::backtest::Backtest;
use desk::world::playback::Playback;
use desk::world::resume::resume;
use desk::world::trader::Setup;

/// `open`, long, as in `hand_trades`: 149 shares, a tenth of each bar, which costs 0.1 × reference × 0.01. Three bars let 50, 50 and 49 of them in, the second one dearer and the third one
/// cheaper; two let 60 and 89 of them out at the target of 101.80.
const DAY: &str = "0-14 100 100.50 99.50 100 100000; 15 100.50 100.70 100.40 100.60 200000;
    16 100.62 100.70 100.55 100.65 500; 17 100.82 100.90 100.75 100.85 500; 18 100.52 100.60 100.45 100.55 490;
    19 100.70 101.81 100.65 101.70 600; 20 101.70 101.90 101.65 101.80 890";
const DATES: [&str; 2] = ["2024-08-23", "2024-08-26"];

fn scene() -> Scene {
    DATES.iter().fold(Scene::new("open"), |scene, date| scene.bars_on(date, "AAA", DAY))
}

fn backtest(setup: Setup) -> Backtest {
    Backtest::new(setup, FeeSchedule::us_sales().unwrap()).unwrap()
}

/// Each closing entry: `session method: units@gain …`, in the order of its lots.
fn closings(entries: &[Stored]) -> Vec<String> {
    let fills = entries.iter().map(|e| e.entry().unwrap().draft).filter(|d| d.kind == EntryKind::Fill);
    let closing = fills.filter_map(|d| {
        let method = d.facts.get("lot_method").and_then(Fact::as_str)?;
        let left = d.postings.iter().filter(|p| p.account == AccountCode::LONG_POSITIONS);
        let line = |p: &desk::domain::journal::Posting| {
            let gains = d.postings.iter().filter(|g| g.account == AccountCode::GAINS_SHORT_TERM);
            let gain = gains.filter(|g| g.tags.lot == p.tags.lot).map(|g| g.amount.negated()).next().unwrap();
            format!("{}@{gain}", p.holding.unwrap().units.negated())
        };
        Some(format!("{} {method}: {}", d.session.date, left.map(line).collect::<Vec<_>>().join(" ")))
    });
    closing.collect()
}

/// Day one by this method; day two by another, where one is given.
fn closed_by(first: LotMethod, second: Option<LotMethod>) -> (Vec<String>, Backtest) {
    let scene = scene();
    let mut run = backtest(Setup { lots: first, ..scene.setup() });
    let days: Vec<_> = DATES.map(|date| Scene::new("open").bars_on(date, "AAA", DAY).tapes()).into();
    run.run(&days[0], &mut common::Nobody).unwrap();
    if let Some(second) = second {
        let setup = scene.setup();
        run.trader.configure(setup.limits, setup.time_to_live, second);
        assert_eq!(run.trader.books().lots(), first, "a session keeps the method that it was opened with");
    }
    run.run(&days[1], &mut common::Nobody).unwrap();
    (closings(&run.trader.record.entries), run)
}

/// Lots of 50, 50 and 49 at 100.74, 100.94 and 100.64; all leave at 101.80, where a share of them earns 1.06, 0.86 and 1.16.
#[test]
fn ledg_5_each_method_closes_the_lots_that_it_should() {
    for (method, expected) in [
        (LotMethod::Fifo, ["fifo: 50@53.00 10@8.60", "fifo: 40@34.40 49@56.84"]),
        (LotMethod::Lifo, ["lifo: 49@56.84 11@9.46", "lifo: 39@33.54 50@53.00"]),
        (LotMethod::HighestCost, ["highest_cost: 50@43.00 10@10.60", "highest_cost: 40@42.40 49@56.84"]),
    ] {
        let (closed, run) = closed_by(method, None);
        let expected: Vec<String> =
            DATES.iter().flat_map(|d| expected.iter().map(move |e| format!("{d} {e}"))).collect();
        assert_eq!(closed, expected);
        let chosen = run.trader.record.events.iter().filter(|e| e.body.kind() == "lots_chosen").count();
        assert_eq!(chosen, usize::from(method != LotMethod::Fifo), "it is told once, and FIFO not at all");
    }
}

/// A change between two sessions is of the second alone; the record says so, and whoever folds it has the same books and goes on
/// by the same method.
#[test]
fn ledg_5_a_change_holds_from_the_next_session_on_and_a_restart_folds_the_same() {
    let (closed, run) = closed_by(LotMethod::Fifo, Some(LotMethod::Lifo));
    let methods: Vec<&str> = closed.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(methods, ["2024-08-23 fifo", "2024-08-23 fifo", "2024-08-26 lifo", "2024-08-26 lifo"]);
    let memory = &run.trader.record;
    let at = |kind: &str| memory.events.iter().rposition(|e| e.body.kind() == kind).unwrap();
    assert_eq!(at("lots_chosen"), at("session_opened") + 1);
    assert!(matches!(&memory.events[at("lots_chosen")].body,
        Body::LotsChosen { session, method: LotMethod::Lifo } if session.date.to_string() == DATES[1]));

    // Another method is in the configuration by now: the next session's open would tell of it, the fold does not.
    let setup = Setup { lots: LotMethod::HighestCost, ..scene().setup() };
    let mut playback = Playback::new(scene().tapes(), FeeSchedule::us_sales().unwrap());
    let events = memory.events.iter().map(|e| e.to_bytes().unwrap());
    let entries = memory.entries.iter().map(|e| e.bytes.clone());
    let (again, _) = resume(&setup, events, entries, &mut playback, |_| {}).unwrap();
    assert_eq!(again.books(), run.trader.books());
    assert_eq!(again.books().lots(), LotMethod::Lifo);
}
