//! A worked period of two sessions and four trades, small enough to be added up on paper.

use super::*;
use crate::domain::decimal::{Price, Quantity};
use crate::domain::market::Side;
use crate::domain::records::{
    ExitReason, Exposure, FeeSums, FreezeRecord, GateName, Outcome, RunCounts, RunKind, RunPlan, SymbolQuality,
};
use crate::research::luck::LuckVerdict;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn trade(day: u8, minute: i64, strategy: StrategyName, ticker: &str, gross: &str) -> TradeRecord {
    let open = at(&format!("2026-03-{day}T13:30:00Z"));
    let signal = open + Span::minutes(minute);
    let net = money(gross).checked_sub(money("2.50000001")).unwrap();
    TradeRecord {
        decision_id: format!("{day}-{minute}-{ticker}").parse().unwrap(),
        session: format!("XNYS:2026-03-{day}").parse().unwrap(),
        strategy_name: strategy,
        ticker: ticker.parse().unwrap(),
        trade_side: Side::Long,
        side: Side::Long,
        size: Quantity::whole(100),
        signal_trigger_time: signal,
        entry_timestamp: signal,
        exit_timestamp: signal + Span::minutes(10),
        entry_price: Price::whole(50),
        exit_price: Price::whole(50),
        fees: money("2.50000001"),
        commission: money("2.00"),
        sec_fee: money("0.50"),
        taf_fee: money("0.00000001"),
        pnl_gross: money(gross),
        pnl_net: net,
        pnl: net,
        currency: Currency::USD,
        exit_reason: ExitReason::TargetHit,
        broker: "SIM".into(),
        error_code: None,
        mode: Mode::Paper,
        synthetic: false,
        timestamp: signal + Span::minutes(10),
        ref_price: Price::whole(50),
        stop_price: Price::whole(49),
        target_price: Price::whole(52),
        risk_per_unit: Price::whole(1),
        last_stop_price: Price::whole(49),
        entry_arrival_price: Price::whole(50),
        exit_arrival_price: Price::whole(50),
        entry_slippage: money("1.25"),
        exit_slippage: money("-0.25"),
        order_ids: vec![],
        entry_ids: vec![],
        entry_seqs: vec![],
    }
}

fn decision(t: &TradeRecord, outcome: Outcome, blocked_by: Option<GateName>) -> DecisionRecord {
    DecisionRecord {
        decision_id: t.decision_id.clone(),
        at: t.signal_trigger_time,
        session: t.session,
        strategy_name: t.strategy_name,
        ticker: t.ticker,
        trade_side: t.side,
        inputs: BTreeMap::new(),
        ref_price: t.ref_price,
        stop_price: t.stop_price,
        target_price: t.target_price,
        risk_per_unit: t.risk_per_unit,
        size: t.size,
        gates: vec![],
        blocked_by,
        reason: blocked_by.map(|_| "edge".into()),
        outcome,
        order_ids: vec![],
        correlation_id: t.decision_id.clone(),
    }
}

fn session(day: u8, open: &str, close: &str) -> SessionRecord {
    SessionRecord {
        session: format!("XNYS:2026-03-{day}").parse().unwrap(),
        open: at(&format!("2026-03-{day}T13:30:00Z")),
        close: at(&format!("2026-03-{day}T20:00:00Z")),
        early_close: false,
        equity_open: money(open),
        equity_close: money(close),
        contributed_open: Money::ZERO,
        contributed_close: Money::ZERO,
        net: Money::ZERO,
        fees: FeeSums { commission: money("4.00"), sec: money("1.00"), taf: money("0.00000002") },
        fee_rounding: FeeSums { taf: money("0.00999998"), ..FeeSums::default() },
        max_drawdown: Money::ZERO,
        exposure: Exposure {
            peak_gross: Money::whole(5_000),
            average_gross: Money::whole(if day == 12 { 100 } else { 300 }),
            minutes_in_market: 20,
            minutes: 390,
            turnover: Money::whole(10_000),
        },
        data: vec![SymbolQuality {
            ticker: "AAA".parse().unwrap(),
            bars: 388,
            missing_minutes: 2,
            outside_session: 1,
            corrupt_bars: 3,
            lowest_dvs: None,
            fallen_bars: 0,
        }],
        freezes: vec![FreezeRecord {
            at: at("2026-03-12T15:00:00Z"),
            name: "day_loss".into(),
            strategy_name: None,
            value: "-2000.00".to_owned(),
            limit: "-2000.00".to_owned(),
        }],
        skipped_windows: vec![],
        orders: 4,
        fills: 4,
        last_entry_seq: 9,
        books_head: Hash::GENESIS,
    }
}

fn run() -> RunRecord {
    let plan = RunPlan {
        kind: RunKind::Backtest,
        identity: "TBOT_US_SIM_01".parse().unwrap(),
        mode: Mode::Paper,
        market: MarketSource::Recorded,
        version: "0.1.0".into(),
        seed: 1,
        symbols: ["BBB", "AAA"].iter().map(|s| s.parse().unwrap()).collect(),
        from: "2026-03-12".parse().unwrap(),
        to: "2026-03-13".parse().unwrap(),
        strategies: StrategyName::TRADING.to_vec(),
        configuration: BTreeMap::new(),
        inputs: std::collections::BTreeSet::new(),
    };
    RunRecord {
        run_id: plan.id().unwrap(),
        plan,
        counts: RunCounts::default(),
        books: crate::domain::records::ChainHead::default(),
        events: crate::domain::records::ChainHead::default(),
    }
}

fn assumptions() -> Assumptions {
    Assumptions {
        float: Money::whole(100_000),
        currency: Currency::USD,
        parameters: 42,
        quotes: false,
        rules: vec![],
        fees: vec![],
    }
}

/// What paper says, by the place in `summary.json`.
const PAPER: &[(&str, &str)] = &[
    ("/total_trades", "4"),
    ("/trades/net", "\"49.99999996\""),
    ("/trades/gross", "\"60.00\""),
    ("/average_pnl_per_trade", "\"12.49999999\""),
    ("/max_gain", "\"97.49999999\""),
    ("/max_loss", "\"-52.50000001\""),
    ("/win_rate_per_strategy/open", "\"0.500000\""),
    ("/win_rate_per_strategy/close", "\"0.000000\""),
    ("/trade_count_vs_signals_triggered/signals", "7"),
    ("/trade_count_vs_signals_triggered/blocked", "2"),
    ("/trade_count_vs_signals_triggered/missed", "1"),
    ("/trade_count_vs_signals_triggered/trades", "4"),
    ("/average_holding_time", "600"),
    ("/most_profitable_tickers/0/ticker", "\"AAA\""),
    ("/most_profitable_tickers/0/net", "\"104.99999998\""),
    ("/worst_tickers/0/net", "\"-55.00000002\""),
    ("/trades/profit_factor", "\"1.909091\""),
    ("/trades/expectancy_r", "\"0.125000\""),
    ("/slippage_against_arrival/total", "\"4.00\""),
    ("/slippage_against_arrival/basis_points_of_turnover", "\"2.000000\""),
    ("/fees/total", "\"10.02\""),
    ("/fees/taf_rounding", "\"0.01999996\""),
    ("/exposure/average_gross", "\"200.00\""),
    ("/turnover_of_float", "\"0.200000\""),
    ("/blocked_by_gate/0/gate", "\"turnover\""),
    ("/blocked_by_gate/0/count", "2"),
    ("/data_quality/AAA/corrupt_bars", "6"),
    ("/drawdown/max", "\"57.50\""),
    ("/drawdown/trough_at", "\"2026-03-13T15:00:00Z\""),
    ("/equity_change", "\"49.98\""),
    ("/per_weekday/1/weekday", "\"friday\""),
    ("/per_hour/0/hour_of_session", "1"),
    ("/per_hour/1/hour_of_session", "2"),
    ("/per_hour/2/hour_of_session", "6"),
    ("/luck_test/verdict", "\"too_few_trades\""),
    ("/assumptions/parameters", "42"),
];

#[test]
fn the_worked_period_adds_up() {
    // REP-4, RES-7: nets are 97.49999999, −52.50000001, 7.49999999 and −2.50000001.
    let trades = [
        trade(12, 60, StrategyName::Open, "AAA", "100.00"),
        trade(12, 61, StrategyName::Open, "BBB", "-50.00"),
        trade(13, 120, StrategyName::Mid, "AAA", "10.00"),
        trade(13, 340, StrategyName::Close, "BBB", "0.00"),
    ];
    let mut decisions: Vec<_> = trades.iter().map(|t| decision(t, Outcome::Executed, None)).collect();
    decisions.push(decision(&trades[0], Outcome::Blocked, Some(GateName::Turnover)));
    decisions.push(decision(&trades[0], Outcome::Blocked, Some(GateName::Turnover)));
    decisions.push(decision(&trades[3], Outcome::Missed, None));
    let sessions = [session(12, "100000.00", "100044.99"), session(13, "100044.99", "100049.98")];
    let point = |when: &str, equity| EquityPoint { at: at(when), equity: money(equity) };
    let equity = [
        point("2026-03-12T13:30:00Z", "100000.00"),
        point("2026-03-12T14:40:00Z", "100097.50"),
        point("2026-03-12T20:00:00Z", "100045.00"),
        point("2026-03-13T15:00:00Z", "100040.00"),
        point("2026-03-13T20:00:00Z", "100050.00"),
    ];
    let (run, assumptions) = (run(), assumptions());
    let material = Material {
        run: &run,
        assumptions: &assumptions,
        sessions: &sessions,
        trades: &trades,
        decisions: &decisions,
        counted: &[],
        equity: &equity,
    };
    let (days, all) = summaries(&material).unwrap();
    let text = serde_json::to_value(&all).unwrap();
    for (pointer, expected) in PAPER {
        assert_eq!(text.pointer(pointer).map(ToString::to_string).as_deref(), Some(*expected), "{pointer}");
    }
    assert_eq!(days.len(), 2);
    assert_eq!(days[0].overview.total_trades + days[1].overview.total_trades, 4);
    assert_eq!(days[0].drawdown.max, money("52.50"));
    assert_eq!(days[1].overview.trades.net, money("4.99999998"));
}

#[test]
fn a_run_without_trades_says_so() {
    // REP-4: nulls with reasons, never NaN.
    let (run, assumptions) = (run(), assumptions());
    let sessions = [session(12, "100000.00", "100000.00")];
    for sessions in [&sessions[..], &[]] {
        let material = Material {
            run: &run,
            assumptions: &assumptions,
            sessions,
            trades: &[],
            decisions: &[],
            counted: &[],
            equity: &[],
        };
        let (days, all) = summaries(&material).unwrap();
        assert_eq!(days.len(), sessions.len());
        for name in ["average_pnl_per_trade", "max_gain", "max_loss", "average_holding_time"] {
            let reason = all.overview.unknown.why(name);
            assert!(reason.is_some_and(|r| !r.is_empty()), "{name}");
        }
        let text = serde_json::to_string(&all).unwrap();
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        assert_eq!(all.luck_test.verdict, LuckVerdict::TooFewTrades);
        assert_eq!(all.overview.win_rate_per_strategy.get(&StrategyName::Mid), Some(&None));
    }
}

#[test]
fn a_trade_record_must_agree_with_itself() {
    // STRAT-17
    type Spoil = (&'static str, fn(&mut TradeRecord));
    let good = trade(12, 60, StrategyName::Open, "AAA", "100.00");
    assert_eq!(good.check(), Ok(()));
    let spoil: [Spoil; 5] = [
        ("fees = commission + sec_fee + taf_fee", |t| t.commission = Money::ZERO),
        ("pnl_net = pnl_gross − fees", |t| t.pnl_gross = Money::ZERO),
        ("PnL = pnl_net", |t| t.pnl = Money::ZERO),
        ("side = trade_side", |t| t.side = Side::Short),
        ("size > 0", |t| t.size = Quantity::ZERO),
    ];
    for (law, spoil) in spoil {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(bad.check().map_err(|e| e.law), Err(law));
    }
    let json = serde_json::to_value(&good).unwrap();
    assert_eq!(json["PnL"], json["pnl_net"]);
    assert_eq!(serde_json::from_value::<TradeRecord>(json).unwrap(), good);
}
