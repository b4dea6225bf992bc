//! Partial fills, missed entries and every gate that bars allow, by hand (STRAT-11 to STRAT-14, STRAT-16).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails should stop where it fails"
)]

mod common;

use common::Scene;
use desk::domain::decimal::Money;

/// `open`, long, at 10 USD: range 9.95 to 10.05, ref 10.07, stop 10.00, R 0.07, target 10.21;
/// size = min(15 000 ÷ 10.07 = 1 489.5, 100 ÷ 0.07 = 1 428.5) = 1 428, a commission of 7.14.
const TEN: &str = "0-14 10 10.05 9.95 10 10000; 15 10.05 10.08 10.04 10.07 20000;";

#[test]
fn strat_13_entry_and_stop_fill_in_pieces() {
    // Entry: bar 16 room 500, 10.07 + 0.01 + 0.01007 + 0.00033334 → 10.10; bar 17 room 800, 10.08 + 0.01 + 0.01008 +
    // 0.00033334 → 10.11; bar 18 the last 128 at share 0.0064, 10.09 + 0.01 + 0.00004133 + 0.00033334 → 10.11.
    // 5 050 + 8 088 + 1 294.08 = 14 432.08, ÷ 1 428 = 10.1064986. Commission 2.50, then up to 6.50, then up to 7.14.
    // Stop: bar 19 room 600, 10.00 − 0.01 − 0.01 = 9.98; the rest at the open without latency: bar 20 room 400,
    // 9.97 − 0.01 − 0.00997 → 9.95; bar 21 no room; bar 22 the last 428, 9.96 − 0.01 − 0.00007299 → 9.94.
    // 5 988 + 3 980 + 4 254.32 = 14 222.32. One stop order: 7.14. SEC 0.1664664 + 0.110644 + 0.1182701; TAF 0.237048.
    let after = "16 10.07 10.09 10.05 10.08 5000; 17 10.08 10.10 10.06 10.09 8000; 18 10.09 10.11 10.07 10.10 20000;
        19 10.05 10.06 9.98 9.99 6000; 20 9.97 9.99 9.95 9.96 4000; 21 9.96 9.97 9.94 9.95 5; 22 9.96 9.97 9.94 9.95 50000";
    let ran = Scene::new("open").bars("TEN", TEN).bars("TEN", after).run();
    let trade = "long 1428 10.1064986@16:00 9.95960784@22:00 -209.76 14.9124285 -224.6724285 stop_loss";
    assert_eq!(ran.trades(), [trade]);
}

/// EXEC-13a: what is left of a stop fills at the bid where there is one, and has paid half the spread by that: in bar 20
/// 9.96 − 0.00996 → 9.95; in bar 22 9.95 − 0.00007292 → 9.94. Half the spread of the model is as much: the same trade as above.
#[test]
fn exec_13a_the_rest_of_a_stop_pays_half_the_spread_once() {
    let after = "16 10.07 10.09 10.05 10.08 5000; 17 10.08 10.10 10.06 10.09 8000; 18 10.09 10.11 10.07 10.10 20000;
        19 10.05 10.06 9.98 9.99 6000; 20 9.97 9.99 9.95 9.96 4000; 21 9.96 9.97 9.94 9.95 5; 22 9.96 9.97 9.94 9.95 50000";
    let scene = Scene::new("open").bars("TEN", TEN).bars("TEN", after);
    let quoted = scene.clone().quotes("TEN", "20 9.96 9.98; 22 9.95 9.97").run();
    assert_eq!(quoted.trades(), scene.run().trades());
    let lower = scene.quotes("TEN", "20 9.96 9.98; 22 9.90 10.02").run();
    // 428 at 9.90 − 0.00007255 → 9.89, where the half of that spread again would make it 9.83.
    let trade = "long 1428 10.1064986@16:00 9.94462185@22:00 -231.16 14.91183358 -246.07183358 stop_loss";
    assert_eq!(lower.trades(), [trade]);
}

#[test]
fn strat_13_a_partly_filled_target_leaves_the_stop_for_the_rest() {
    // Entry 10.07 + 0.01 + 0.00020535 + 0.00033334 → 10.09. Target: room 500 at 10.21. The close 10.20 draws the stop
    // to 10.13: 928 at share 0.00928, 10.13 − 0.01 − 0.00008724 → 10.11. 5 105 + 9 382.08 = 14 487.08.
    // Commission 7.14 + 2.50 + 4.64; SEC 0.141919 + 0.26082182; TAF 0.083 + 0.154048.
    let after = "16 10.07 10.09 10.05 10.08 100000; 17 10.10 10.22 10.08 10.20 5000; 18 10.18 10.19 10.12 10.15 80000";
    let ran = Scene::new("open").bars("TEN", TEN).bars("TEN", after).run();
    let trade = "long 1428 10.09@16:00 10.14501401@18:30 78.56 14.91978882 63.64021118 trailing_stop";
    assert_eq!(ran.trades(), [trade]);
}

#[test]
fn strat_13_an_entry_lives_five_minutes() {
    // Bars 16 to 20 leave no room: missed. Bar 21 starts 5 minutes after T and fills nothing.
    let after = "16-20 10.07 10.09 10.05 10.08 5; 21-25 10.07 10.09 10.05 10.08 50000";
    let ran = Scene::new("open").bars("TEN", TEN).bars("TEN", after).run();
    assert_eq!(ran.decisions(), ["16 open TEN long 1428 10.07 10.00 10.21 missed"]);
    assert_eq!(ran.trades(), [""; 0]);

    // Room 50 in each: 250 are kept. 5 × 50 at 10.10: commission 1.00, then up to 1.25. Target in bar 21: 250 at 10.21.
    let after = "16-20 10.07 10.09 10.05 10.08 500; 21 10.10 10.22 10.08 10.20 50000";
    let ran = Scene::new("open").bars("TEN", TEN).bars("TEN", after).run();
    assert_eq!(ran.trades(), ["long 250 10.10@16:00 10.21@21:30 27.50 2.6124595 24.8875405 target_hit"]);
}

#[test]
fn strat_16_commission_is_at_most_one_percent_and_fees_have_their_day() {
    // One share of 60: 1 % = 0.60 counts, not 1.00. Range 58 to 60, ref 62, stop 61 − 0.00 → distance 2 + 1 = 3: 59.00,
    // R 3, target 68. Entry 62.10 + 0.01 + ⌈0.1 × 62.10 × 0.0001²⌉ 0.00000007 + 0.00083334 → 62.12; 0.6212.
    // Target 68.00: commission 0.68. Before 2012-04-01 the first SEC row holds: 68 × 22.40 ÷ 10⁶ = 0.0015232; TAF 0.00009.
    let bars =
        "0-14 59 60 58 59 10000; 15 60 62.10 60 62 20000; 16 62.10 62.15 62.05 62.10 10000; 17 62 68.01 62 67 10000";
    let scene = Scene::new("open").with("open.notional=100").bars_on("2012-03-15", "ONE", bars);
    assert_eq!(scene.run().trades(), ["long 1 62.12@16:00 68.00@17:30 5.88 1.3028132 4.5771868 target_hit"]);
    // A year on SEC charges 22.40 still and TAF 0.000119; from 2025-05-14 SEC charges nothing, TAF 0.000166.
    for (date, fees, net) in [("2013-03-15", "1.3028422", "4.5771578"), ("2025-06-02", "1.301366", "4.578634")] {
        let scene = Scene::new("open").with("open.notional=100").bars_on(date, "ONE", bars);
        let trade = format!("long 1 62.12@16:00 68.00@17:30 5.88 {fees} {net} target_hit");
        assert_eq!(scene.run().trades(), [trade]);
    }
}

/// Quiet until bar 14, a breakout in bar 15, the entry's fill in bar 16: executed when no gate stands in its way.
const QUIET: &str = "0-14 100 100.50 99.50 100 100000;";
const BREAKOUT: &str = "15 100.50 100.70 100.40 100.60 200000; 16 100.62 100.70 100.55 100.65 14900;";
/// The same in bars 17 and 18.
const LATER: &str = "0-16 100 100.50 99.50 100 100000; 17 100.50 100.70 100.40 100.60 200000;
    18 100.62 100.70 100.55 100.65 14900;";
/// Out at the stop in bar 17 with −100.77887116.
const STOPPED: &str = "17 100.60 100.60 99.95 100.10 14900;";

/// STRAT-12: one decision, alone.
#[test]
fn a_signal_alone_is_blocked_by_the_first_gate_that_fails() {
    let calm = format!("{QUIET}{BREAKOUT}");
    let holes = format!("{QUIET} 21 100.50 100.70 100.40 100.60 200000; 22 100.62 100.70 100.55 100.65 14900");
    let corrupt = format!("{QUIET} 15 100 100.10 99.90 100 0; 16 100.50 100.70 100.40 100.60 200000");
    let recovered = format!(
        "{QUIET} 15 100 100.10 99.90 100 0; 16-19 100 100000; 20 100.50 100.70 100.40 100.60 200000;
        21 100.62 100.70 100.55 100.65 14900"
    );
    let penny = "0-14 0.40 0.40 0.35 0.40 1000000; 15 0.42 0.43 0.41 0.42 2000000";
    #[rustfmt::skip]
    let rows = [
        ("", calm.as_str(), "16 open AAA long 149 100.60 100.00 101.80 executed"),
        // Six of 22 minutes are missing: 1 − 0.2727 < 0.80.
        ("", &holes, "22 open AAA long 149 100.60 100.00 101.80 data_quality/dvs"),
        // A corrupt bar before the first clean one: hold is 4. At the fifth clean bar it is 0.
        ("", &corrupt, "17 open AAA long 149 100.60 100.00 101.80 data_quality/corrupt_hold"),
        ("", &recovered, "21 open AAA long 149 100.60 100.00 101.80 executed"),
        // 2 shares: move 2.40 < 2 × (0.04024 + 2.00 + 0.00559336 + 0.000332).
        ("open.notional=300", &calm, "16 open AAA long 2 100.60 100.00 101.80 fee/fee"),
        // 4 shares: move 4.80 ≥ 2 × 2.09233072, but 4.80 − 2.09 is not.
        ("open.notional=403", &calm, "16 open AAA long 4 100.60 100.00 101.80 turnover/edge"),
        // distance 0.10 + 1.00: 1 USD at risk buys 0.9 shares.
        ("open.risk_per_trade=1 open.stop_fraction=1", &calm, "16 open AAA long 0 100.60 99.50 102.80 pre_trade_risk/zero_size"),
        // half spread 0.01 is 2.38 % of 0.42; distance 0.02 + 0.025, stop 0.375 → 0.37; move 200 ≥ 3 × 57.16.
        ("", penny, "16 open AAA long 2000 0.42 0.37 0.52 pre_trade_risk/price_collar"),
    ];
    for (settings, bars, expected) in rows {
        let ran = Scene::new("open").with(settings).bars("AAA", bars).run();
        assert_eq!(ran.decisions(), [expected], "{settings} {bars}");
    }
}

/// STRAT-5, STRAT-11, STRAT-12: of two symbols with the same bars, the first in byte order is executed.
#[test]
fn the_second_of_two_signals_meets_the_counts() {
    for (reason, scene) in [
        ("turnover/trades", Scene::new("open").limit(|l| l.trades_strategy = 1)),
        ("pre_trade_risk/trades_day", Scene::new("open").limit(|l| l.trades_day = 1)),
        ("pre_trade_risk/positions", Scene::new("open").limit(|l| l.positions = 1)),
    ] {
        let bars = format!("{QUIET}{BREAKOUT}");
        let ran = scene.bars("BBB", &bars).bars("AAA", &bars).run();
        let second = format!("16 open BBB long 149 100.60 100.00 101.80 {reason}");
        assert_eq!(ran.decisions(), ["16 open AAA long 149 100.60 100.00 101.80 executed", &second]);
    }
}

#[test]
fn risk_4_trades_of_a_symbol_are_counted_over_both_sides() {
    // Stopped out in bar 17; bar 18 closes below the range with 200 000 × 10 > 1.5 × 929 800.
    let bars = format!("{QUIET}{BREAKOUT}{STOPPED} 18 99.50 99.60 99.30 99.40 200000");
    let scene = Scene::new("open").with("open.max_trades=2").limit(|l| l.trades_symbol = 1);
    assert_eq!(
        scene.bars("AAA", &bars).run().decisions(),
        [
            "16 open AAA long 149 100.60 100.00 101.80 executed",
            "19 open AAA short 150 99.40 100.00 98.20 pre_trade_risk/trades_symbol",
        ]
    );
}

#[test]
fn trade_7a_a_symbol_has_one_owner() {
    // `close` sees the same bar: 100.60 > 100.50, the highest of 5 bars; 60 bp; 3 × ATR 0.97857142: stop 97.66, R 2.94,
    // target 109.42, 100 ÷ 2.94 = 34. The order of the strategies decides whose it is.
    let settings = "close.window_start=O+0 close.window_end=O+60 close.lookback=5";
    let bars = format!("{QUIET}{BREAKOUT}");
    let (open, close) = ("16 open AAA long 149 100.60 100.00 101.80", "16 close AAA long 34 100.60 97.66 109.42");
    for (order, first, second) in [("open,close", open, close), ("close,open", close, open)] {
        let ran = Scene::new(order).with(settings).bars("AAA", &bars).run();
        let expected = [format!("{first} executed"), format!("{second} pre_trade_risk/symbol_owned")];
        assert_eq!(ran.decisions(), expected);
    }
}

/// RISK-10: what is lost in AAA freezes the signal in BBB, at the same instant.
#[test]
fn each_freeze_bars_the_state_gate() {
    let lost = format!("{QUIET}{BREAKOUT}{STOPPED}");
    // 60 ÷ 0.60 = 100 shares, entered at 100.64 with 1.00 commission; at 100.05 they stand at −59.00 − 1.00 = −60.00.
    let open_loss = format!("{QUIET}{BREAKOUT} 17 100.60 100.62 100.02 100.05 14900");
    let money = Money::whole;
    for (scene, bars, size, reason) in [
        (Scene::new("open").limit(|l| l.day_loss = money(60)), &open_loss, 0, "day_loss"),
        (Scene::new("open").limit(|l| l.strategy_loss = money(100)), &lost, 149, "strategy_loss"),
        (Scene::new("open").limit(|l| l.losing_row = 1), &lost, 149, "losing_row"),
        (Scene::new("open").limit(|l| l.drawdown = money(100)), &lost, 149, "drawdown"),
    ] {
        let ran = scene.bars("AAA", bars).bars("BBB", LATER).run();
        let blocked = format!("18 open BBB long {size} 100.60 100.00 101.80 state/{reason}");
        assert_eq!(ran.decisions().last(), Some(&blocked));
    }
    // A cent more room and nothing freezes: −100.77887116 is the day's result.
    let scene = Scene::new("open").limit(|l| l.strategy_loss = "100.78".parse().unwrap());
    let ran = scene.bars("AAA", &lost).bars("BBB", LATER).run();
    assert_eq!(ran.decisions()[1], "18 open BBB long 149 100.60 100.00 101.80 executed");
}

/// STRAT-11: a day's freeze ends with its session, a drawdown stays.
#[test]
fn a_drawdown_outlasts_the_night() {
    let lost = format!("{QUIET}{BREAKOUT}{STOPPED}");
    let next = format!("{QUIET}{BREAKOUT}");
    for (scene, outcome) in [
        (Scene::new("open").limit(|l| l.losing_row = 1), "executed"),
        (Scene::new("open").limit(|l| l.drawdown = Money::whole(100)), "state/drawdown"),
    ] {
        let ran = scene.bars("AAA", &lost).bars_on("2024-08-26", "AAA", &next).run();
        assert_eq!(ran.decisions()[1], format!("16 open AAA long 149 100.60 100.00 101.80 {outcome}"));
    }
}

/// RISK-11: the second day of a bot that traded on its first, in defense mode since then.
fn second_day(symbol: &str, price_min: i64, volume_min: i64) -> desk::domain::event::Decision {
    use desk::domain::decimal::{Price, Quantity, Ratio, SCALE};
    use desk::domain::event::Body;
    let bars = format!("{QUIET} {BREAKOUT}");
    let first = Scene::new("open").bars_on("2024-08-22", "AAA", &bars).bars_on("2024-08-22", "BBB", "0-14 50 100");
    let second = Scene::new("open").bars("AAA", "0 50 100").bars("BBB", "0 50 100");
    let second = match symbol {
        "AAA" => Scene::new("open").bars("AAA", &bars).bars("BBB", "0 50 100"),
        _ => second.tape("BBB".parse().unwrap(), Scene::new("open").bars("BBB", &bars).tapes()[0].bars.clone()),
    };
    let fees = desk::domain::fees::FeeSchedule::us_sales().unwrap();
    let mut backtest = desk::world::backtest::Backtest::new(first.setup(), fees).unwrap();
    backtest.run(&first.tapes(), &mut common::Nobody).unwrap();
    let profile = desk::risk::Defense {
        share: Ratio::from_raw(SCALE / 2),
        price_min: Price::whole(price_min),
        volume_min: Quantity::whole(volume_min),
    };
    let before = backtest.trader.record.events.len();
    let (limits, lots) = (first.limits.in_defense(profile), desk::domain::lots::LotMethod::Fifo);
    backtest.trader.configure(limits, desk::domain::time::Span::minutes(5), lots);
    backtest.run(&second.tapes(), &mut common::Nobody).unwrap();
    let decided = backtest.trader.record.events[before..].iter().find_map(|e| match &e.body {
        Body::Decided(decision) => Some(decision.as_ref().clone()),
        _ => None,
    });
    decided.unwrap()
}

#[test]
fn risk_11_defense_mode_halves_sizes_and_takes_only_known_liquid_symbols() {
    use desk::domain::decimal::{Ratio, SCALE};
    use desk::gates::Reason;
    for (symbol, price_min, volume_min, blocked) in [
        ("AAA", 5, 1_000_000, None),
        // 1 714 900 shares were traded the day before.
        ("AAA", 5, 1_714_901, Some(Reason::DefenseVolume)),
        ("AAA", 101, 1_000_000, Some(Reason::DefensePrice)),
        ("BBB", 5, 0, Some(Reason::DefenseSymbol)),
    ] {
        let decision = second_day(symbol, price_min, volume_min);
        assert_eq!(decision.blocked.map(|(_, reason)| reason), blocked, "{symbol} {price_min} {volume_min}");
        let risk = decision.trace.last().unwrap();
        let limit = risk.checks.iter().find(|c| c.reason == Reason::RiskPerTrade).unwrap();
        assert_eq!(limit.threshold, Ratio::whole(125));
        let mark = risk.checks.iter().find(|c| c.reason == Reason::Defense).unwrap();
        assert_eq!((mark.value, mark.holds), (Ratio::from_raw(SCALE / 2), true));
    }
    let usual = Scene::new("open").bars("AAA", QUIET).bars("AAA", BREAKOUT).run();
    assert!(!serde_json::to_string(&usual.events).unwrap().contains("defense"), "off, it leaves no trace");
}
