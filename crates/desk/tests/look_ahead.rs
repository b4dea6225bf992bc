//! Nothing is decided on what is not known yet (RES-6), and a strategy that peeks is caught.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that fails should stop where it fails"
)]

mod common;
#[path = "common/guard.rs"]
mod guard;

use std::any::Any;

use common::{Nobody, Scene};
use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Price, Ratio};
use desk::domain::event::Event;
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::StrategyName;
use desk::domain::market::{Bar, Side};
use desk::domain::order::{ExitReason, Plan};
use desk::domain::seed::Seed;
use desk::domain::symbol::Symbol;
use desk::domain::wide::{Overflow, Wide};
use desk::machines::market_data::View;
use desk::strategies::{Detection, Held, Parameters, Setup, Strategy, TargetRule, plan};
use desk::world::backtest::{Backtest, Memory};
use desk::world::generated::{GeneratedMarket, MarketSpec};
use desk::world::trader::Trader;

/// Sessions of a generated market, one with an early close. All three strategies trade in it.
const SESSIONS: [(&str, u64); 4] = [("2017-09-01", 11), ("2023-11-24", 12), ("2024-05-28", 14), ("2026-04-06", 16)];

fn session(date: &str, seed: u64) -> (Vec<Symbol>, Vec<Vec<Bar>>) {
    let hours = Calendar::XNYS.session(date.parse().unwrap()).unwrap();
    let market = GeneratedMarket::new(Seed(seed), hours.open, hours.close, MarketSpec::demo());
    market.symbols().into_iter().map(|s| (s.symbol, s.bars)).unzip()
}

fn scene(symbols: &[Symbol], tapes: &[Vec<Bar>]) -> Scene {
    let pairs = symbols.iter().zip(tapes);
    pairs.fold(Scene::new("open,mid,close"), |scene, (symbol, bars)| scene.tape(*symbol, bars.clone()))
}

#[test]
fn res_6_another_future_leaves_the_past_as_it_was() {
    let mut traded = Vec::new();
    for (date, seed) in SESSIONS {
        let (symbols, tapes) = session(date, seed);
        let run = |tapes: &[Vec<Bar>]| scene(&symbols, tapes).run().events;
        let (seen, broken) = guard::guard(&tapes, seed, run, guard::MOMENTS / SESSIONS.len() as u64);
        assert_eq!(broken, [], "{date}: the future changed what was recorded before these moments");
        assert!(seen.decisions > 1_000 && seen.trades > 200, "{date}: too little was compared: {seen:?}");
        traded.extend(scene(&symbols, &tapes).run().strategies());
    }
    for strategy in StrategyName::TRADING {
        assert!(traded.contains(&strategy), "{strategy} trades in the market of this test");
    }
}

/// Knows the whole tape, and goes where the next bar will go.
#[derive(Debug, PartialEq)]
struct Peeker {
    parameters: Parameters,
    tapes: Vec<Vec<Bar>>,
}

impl Peeker {
    fn new(tapes: &[Vec<Bar>]) -> Self {
        let parameters = Parameters { max_trades: 1_000, timeout: 1, ..Parameters::of(StrategyName::Open) };
        Self { parameters, tapes: tapes.to_vec() }
    }
}

impl Strategy for Peeker {
    fn name(&self) -> StrategyName {
        StrategyName::Open
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    fn reset(&mut self) {}

    fn observe(&mut self, _: usize, _: &View<'_>) -> Result<(), Overflow> {
        Ok(())
    }

    fn detect(&self, symbol: usize, view: &View<'_>) -> Result<Detection, Overflow> {
        let Some(next) = self.tapes[symbol].iter().find(|b| b.start >= view.now) else { return Ok(Detection::NoSetup) };
        let side = if next.close > view.bar.close { Side::Long } else { Side::Short };
        let distance = Wide::from(Price::whole(1));
        let target = TargetRule::InR(Ratio::whole(2));
        let setup = Setup { side, distance, target, edge: None, inputs: Vec::new() };
        Ok(Detection::Setup(Box::new(setup)))
    }

    fn plan_entry(&self, setup: &Setup, view: &View<'_>) -> Result<Option<Plan>, Overflow> {
        plan(setup, view.bar.close, Price::whole(1), &self.parameters, view.instrument.tick)
    }

    fn plan_management(&self, _: &Held<'_>, _: &View<'_>) -> Result<Option<Price>, Overflow> {
        Ok(None)
    }

    fn plan_exit(&self, _: &Held<'_>, _: &View<'_>) -> Result<Option<ExitReason>, Overflow> {
        Ok(None)
    }

    fn returns(&self, _: Side, _: &View<'_>) -> bool {
        true
    }

    fn agrees(&self, other: &dyn Strategy) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref() == Some(self)
    }
}

fn peek(symbols: &[Symbol], tapes: &[Vec<Bar>]) -> Vec<Event> {
    let scene = scene(symbols, tapes);
    let mut setup = scene.setup();
    let peeker = Peeker::new(tapes);
    setup.strategies = vec![(StrategyName::Open, peeker.parameters)];
    let trader = Trader::with_strategies(setup, vec![Box::new(peeker)], Memory::default());
    let mut backtest = Backtest::of(trader, FeeSchedule::us_sales().unwrap());
    backtest.run(&scene.tapes(), &mut Nobody).unwrap();
    backtest.trader.record.events
}

#[test]
fn res_6_a_strategy_that_peeks_is_caught() {
    let (date, seed) = SESSIONS[0];
    let (symbols, mut tapes) = session(date, seed);
    // It trades in the first hour: moments are drawn there.
    for tape in &mut tapes {
        tape.truncate(60);
    }
    let (seen, broken) = guard::guard(&tapes, seed, |tapes| peek(&symbols, tapes), 10);
    assert!(broken.len() * 2 > seen.moments as usize, "caught at {} of {} moments", broken.len(), seen.moments);
}
