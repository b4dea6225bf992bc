//! STRAT-1 to STRAT-20 by two implementations that never met: the decisions and trades in `second_opinion/expected.txt` were
//! written by another program, in another language, from the specification's text alone. Ours must be the same, to the cent.
//!
//! The market is generated, so that everybody can run this; sessions in three years, an early close among them, so that
//! three fee schedules and two settlement cycles are met.
#![allow(clippy::unwrap_used, reason = "a test that fails should stop where it fails")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use desk::domain::calendar::Calendar;
use desk::domain::event::{Body, Event};
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::{DecisionId, StrategyName};
use desk::domain::market::{Bar, Instrument};
use desk::domain::symbol::Symbol;
use desk::world::backtest::{Backtest, Closed, Progress, Tape, Watcher};
use desk::world::generated::{GeneratedMarket, MarketSpec};
use desk::world::trader::{Halt, Setup};

/// The sessions, each with a market of its own.
const SESSIONS: [(&str, u64); 6] = [
    ("2017-09-01", 11),
    ("2023-11-24", 12),
    ("2024-05-21", 13),
    ("2024-05-28", 14),
    ("2026-03-13", 15),
    ("2026-04-06", 16),
];

struct Nobody;

impl Watcher for Nobody {
    fn instant(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn session(&mut self, _: &Closed<'_>) -> Result<(), Halt> {
        Ok(())
    }
}

/// All sessions' bars of each symbol, in the byte order of the symbols.
fn market() -> Vec<(Symbol, Vec<Bar>)> {
    let mut tapes: std::collections::BTreeMap<Symbol, Vec<Bar>> = std::collections::BTreeMap::new();
    for (date, seed) in SESSIONS {
        let session = Calendar::XNYS.session(date.parse().unwrap()).unwrap();
        let market =
            GeneratedMarket::new(desk::domain::seed::Seed(seed), session.open, session.close, MarketSpec::demo());
        for generated in market.symbols() {
            tapes.entry(generated.symbol).or_default().extend(generated.bars);
        }
    }
    tapes.into_iter().collect()
}

fn line(event: &Event, missed: &BTreeSet<DecisionId>) -> Option<String> {
    let mut text = String::new();
    match &event.body {
        Body::Decided(d) => {
            let (by, outcome) = match d.blocked {
                Some((gate, _)) => (gate.as_str(), "blocked"),
                None if missed.contains(&d.id) => ("null", "missed"),
                None => ("null", "executed"),
            };
            let plan = &d.plan;
            write!(text, "D {} {} {} {} size={} ", event.at, d.strategy, d.symbol, d.side.as_str(), d.size).unwrap();
            write!(text, "ref={} stop={} target={} {by} {outcome}", plan.reference, plan.stop, plan.target).unwrap();
        }
        Body::TradeClosed(t) => {
            write!(text, "T {} {} {} size={} ", t.strategy, t.symbol, t.side.as_str(), t.size).unwrap();
            write!(text, "sig={} in={} out={} ", t.signal_at, t.entered_at, t.exited_at).unwrap();
            write!(text, "{} {} ", t.entry_price().unwrap(), t.exit_price().unwrap()).unwrap();
            write!(text, "fees={} gross={} ", t.fees().unwrap(), t.gross().unwrap()).unwrap();
            write!(text, "net={} {} {}", t.net().unwrap(), t.reason.as_str(), t.synthetic).unwrap();
        }
        _ => return None,
    }
    Some(text)
}

#[test]
fn strat_1_to_20_another_implementation_writes_the_same_trades() {
    let market = market();
    let instruments = market.iter().map(|(symbol, _)| Instrument::us_equity(*symbol)).collect();
    let setup = Setup::usual("SECOND_US_SIM_01".parse().unwrap(), instruments);
    let tapes: Vec<Tape> = market.into_iter().map(|(_, bars)| Tape { bars, quotes: Vec::new() }).collect();
    let mut run = Backtest::new(setup, FeeSchedule::us_sales().unwrap()).unwrap();
    run.run(&tapes, &mut Nobody).unwrap();
    let events = &run.trader.record.events;
    let missed = events.iter().filter_map(|e| match &e.body {
        Body::EntryMissed { decision, .. } => Some(decision.clone()),
        _ => None,
    });
    let missed: BTreeSet<DecisionId> = missed.collect();
    let mut ours: Vec<String> = events.iter().filter_map(|e| line(e, &missed)).collect();
    ours.sort();
    let expected: Vec<&str> = include_str!("second_opinion/expected.txt").lines().collect();
    for strategy in StrategyName::TRADING {
        assert!(
            expected.iter().any(|l| l.starts_with(&format!("T {strategy} "))),
            "{strategy} trades in the expectation"
        );
    }
    assert_eq!(ours, expected);
}
