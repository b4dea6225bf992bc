#![allow(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "a tool for comparing runs, not a part of the product"
)]
use desk::domain::event::Body;
use desk::domain::*;
use desk::world::backtest::*;
use desk::world::trader::Setup;
use std::ops::ControlFlow;
use std::path::Path;
use tbot::gateway::market_data::DataFolder;
struct W;
impl Watcher for W {
    fn instant(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn session(&mut self, _: &Closed<'_>) -> Result<(), desk::world::trader::Halt> {
        Ok(())
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let folder = DataFolder::open(Path::new(&a[1])).unwrap();
    let strategies: Vec<ids::StrategyName> =
        a[2].split(',').map(|s| ids::StrategyName::TRADING.into_iter().find(|n| n.as_str() == s).unwrap()).collect();
    let (from, to): (time::Date, time::Date) = (a[3].parse().unwrap(), a[4].parse().unwrap());
    let mut symbols: Vec<_> = folder.symbols().collect();
    if let Some(only) = a.get(5) {
        symbols.retain(|s| only.split(',').any(|o| o == s.as_str()));
    }
    symbols.sort();
    let tapes: Vec<Tape> = symbols
        .iter()
        .map(|s| Tape { bars: folder.read(*s, from.midnight(), to.plus(1).midnight()).unwrap().bars, quotes: vec![] })
        .collect();
    let setup = Setup {
        identity: "TEST_US_SIM_01".parse().unwrap(),
        epoch: 1,
        limits: Default::default(),
        strategies: strategies.iter().map(|s| (*s, desk::strategies::Parameters::of(*s))).collect(),
        instruments: symbols.iter().map(|s| folder.instrument(*s)).collect(),
        rules: Default::default(),
        commission: Default::default(),
        time_to_live: time::Span::minutes(5),
    };
    let mut run = Backtest::new(setup, desk::domain::fees::FeeSchedule::us_sales().unwrap()).unwrap();
    let t = std::time::Instant::now();
    run.run(&tapes, &mut W).unwrap();
    eprintln!(
        "{:?} bars {} events {} entries {}",
        t.elapsed(),
        run.bars(),
        run.trader.record.events.len(),
        run.trader.record.entries.len()
    );
    let missed: std::collections::BTreeSet<_> = run
        .trader
        .record
        .events
        .iter()
        .filter_map(|e| match &e.body {
            Body::EntryMissed { decision, .. } => Some(decision.clone()),
            _ => None,
        })
        .collect();
    for e in &run.trader.record.events {
        match &e.body {
            Body::Decided(d) => println!(
                "D {} {} {} {} size={} ref={} stop={} target={} {} {}",
                e.at,
                d.strategy,
                d.symbol,
                d.side.as_str(),
                d.size,
                d.plan.reference,
                d.plan.stop,
                d.plan.target,
                d.blocked.map_or("null".into(), |(g, _)| g.to_string()),
                if d.blocked.is_some() {
                    "blocked"
                } else if missed.contains(&d.id) {
                    "missed"
                } else {
                    "executed"
                }
            ),
            Body::TradeClosed(t) => println!(
                "T {} {} {} size={} sig={} in={} out={} {} {} fees={} gross={} net={} {} {}",
                t.strategy,
                t.symbol,
                t.side.as_str(),
                t.size,
                t.signal_at,
                t.entered_at,
                t.exited_at,
                t.entry_price().unwrap(),
                t.exit_price().unwrap(),
                t.fees().unwrap(),
                t.gross().unwrap(),
                t.net().unwrap(),
                t.reason.as_str(),
                t.synthetic
            ),
            _ => {}
        }
    }
}
