//! The three worked trades of STRAT-18 to STRAT-20 on the real recordings, each with its symbol run alone.
//!
//! The arithmetic stands in the specification ("Three trades by hand"); the bars are not part of this repository.

use desk::domain::time::Date;
use tbot::gateway::market_data::DataFolder;

use crate::cli::recorded::recordings;
use crate::scene::Scene;

#[test]
fn strat_18_to_20_the_worked_trades_come_out_to_the_cent() {
    for (strategy, folder, symbol, date, trade) in [
        (
            "open",
            "us2026_spring",
            "NVDA",
            "2026-03-13",
            "short 81 184.18@33:00 182.05@87:30 172.53 2.015795 170.514205 target_hit",
        ),
        (
            "mid",
            "us2026_spring",
            "QQQ",
            "2026-03-24",
            "short 25 586.77@138:00 585.09@188:00 42.00 2.004875 39.995125 vwap",
        ),
        (
            "close",
            "spy2024",
            "SPY",
            "2024-08-23",
            "long 26 561.30@342:00 561.41@366:30 2.86 2.41010315 0.44989685 trailing_stop",
        ),
    ] {
        let Some(data) = recordings("equities_1m").map(|d| d.join(folder)) else { return };
        let folder = DataFolder::open(&data).unwrap();
        let (symbol, day) = (symbol.parse().unwrap(), date.parse::<Date>().unwrap());
        let bars = folder.read(symbol, day.midnight(), day.plus(1).midnight()).unwrap().bars;
        let trades = Scene::new(strategy).tape(symbol, bars).run().trades();
        assert!(trades.iter().any(|t| t == trade), "{strategy} {symbol} {date}: {trades:?}");
    }
}
