//! The same inputs give the same bytes, and what does not trade changes nothing (RES-4).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails should stop where it fails"
)]

mod common;

use common::Scene;
use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Price, Quantity};
use desk::domain::market::Bar;
use desk::domain::seed::Seed;
use desk::domain::time::Span;
use desk::world::generated::{GeneratedMarket, MarketSpec};
use proptest::prelude::*;

/// A generated session with any subset of its symbols.
fn scene(seed: u64, subset: u8) -> Scene {
    let hours = Calendar::XNYS.session("2024-05-28".parse().unwrap()).unwrap();
    let market = GeneratedMarket::new(Seed(seed), hours.open, hours.close, MarketSpec::demo());
    let chosen = market.symbols().into_iter().enumerate().filter(|(place, _)| subset >> place & 1 == 1);
    chosen.fold(Scene::new("open,mid,close"), |scene, (_, s)| scene.tape(s.symbol, s.bars))
}

/// A symbol that trades one share at one price all day.
fn still() -> Vec<Bar> {
    let open = Calendar::XNYS.session("2024-05-28".parse().unwrap()).unwrap().open;
    let price = Price::whole(50);
    let bar = |minute| Bar {
        start: open + Span::minutes(minute),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Quantity::whole(1),
    };
    (0..390).map(bar).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// RES-4: a second run records the same bytes.
    #[test]
    fn a_second_run_records_the_same_bytes(seed in any::<u64>(), subset in 1_u8..) {
        let bytes = || serde_json::to_string(&scene(seed, subset).run().events).unwrap();
        prop_assert_eq!(bytes(), bytes());
    }

    /// STRAT-5, STRAT-12: what a symbol of its own does not touch is as it was, wherever its name sorts.
    #[test]
    fn a_symbol_that_never_trades_changes_nothing(seed in any::<u64>(), subset in 1_u8.., name in "[A-Z]{1,4}") {
        let alone = scene(seed, subset).run();
        let beside = scene(seed, subset).tape(name.parse().unwrap(), still()).run();
        prop_assert_eq!(alone.decisions(), beside.decisions());
        prop_assert_eq!(alone.trades(), beside.trades());
    }
}
