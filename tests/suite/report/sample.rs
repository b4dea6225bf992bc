//! A seeded run that never happened: random walks, trades on them, traces, sessions. Plausible enough to look at.

use std::collections::BTreeSet;

use desk::domain::chain::Hash;
use desk::domain::decimal::{Money, Price, Quantity, Ratio};
use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::journal::FeeKind;
use desk::domain::market::{Bar, Side};
use desk::domain::records::*;
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Span, Timestamp, Weekday};
use desk::research::luck::SplitMix;
use desk::research::{DailySummary, Material, Summary, summaries};
use tbot::render::{BooksCheck, ChartDay, ChartRange, ReportInput, chosen_days};

const CENT: i64 = 1_000_000;

/// All records of the sample, owned.
pub(crate) struct Sample {
    pub(crate) run: RunRecord,
    pub(crate) assumptions: Assumptions,
    pub(crate) sessions: Vec<SessionRecord>,
    pub(crate) trades: Vec<TradeRecord>,
    pub(crate) decisions: Vec<DecisionRecord>,
    pub(crate) counted: Vec<CountedReason>,
    pub(crate) equity: Vec<EquityPoint>,
    pub(crate) charts: Vec<ChartDay>,
    pub(crate) books: BooksCheck,
    pub(crate) days: Vec<DailySummary>,
    pub(crate) summary: Summary,
}

impl Sample {
    pub(crate) fn material(&self) -> Material<'_> {
        Material {
            run: &self.run,
            assumptions: &self.assumptions,
            sessions: &self.sessions,
            trades: &self.trades,
            decisions: &self.decisions,
            counted: &self.counted,
            equity: &self.equity,
        }
    }

    pub(crate) fn input(&self) -> ReportInput<'_> {
        ReportInput { material: self.material(), summary: &self.summary, charts: &self.charts, books: &self.books }
    }
}

struct Dice(SplitMix);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0.below(usize::try_from(n).unwrap()) as i64
    }
    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }
}

fn price(cents: i64) -> Price {
    Price::from_raw(cents * CENT)
}

/// A day of bars as a walk in cents, with a hole and a corrupt bar now and then.
fn chart_day(
    dice: &mut Dice,
    session: SessionId,
    ticker: Symbol,
    open: Timestamp,
    minutes: i64,
    start: i64,
) -> ChartDay {
    let (mut last, mut bars, mut vwap, mut corrupt) = (start, Vec::new(), Vec::new(), Vec::new());
    let (mut value, mut volume_sum) = (0_i128, 0_i128);
    let hole = dice.chance(30).then(|| 60 + dice.below(200));
    for k in 0..minutes {
        if hole.is_some_and(|h| (h..h + 6).contains(&k)) {
            continue;
        }
        let o = last + dice.below(5) - 2;
        let c = (o + dice.below(1 + start / 1_200) - start / 2_400).max(100);
        let (h, l) = (o.max(c) + dice.below(1 + start / 3_000), o.min(c) - dice.below(1 + start / 3_000));
        let at = open + Span::minutes(k);
        let bad = dice.below(400) == 0 && k > 10;
        if bad {
            corrupt.push(at);
        }
        let volume = (3_000 + dice.below(9_000)) * if bad { 40 } else { 1 };
        bars.push(Bar {
            start: at,
            open: price(o),
            high: price(h),
            low: price(l),
            close: price(c),
            volume: Quantity::whole(volume),
        });
        value += i128::from(h + l + c) * i128::from(volume);
        volume_sum += i128::from(volume) * 3;
        vwap.push(Some(Price::from_raw(i64::try_from(value * i128::from(CENT) / volume_sum).unwrap())));
        last = c;
    }
    let first: Vec<&Bar> = bars.iter().take(15).collect();
    let range = ChartRange {
        from: open,
        to: open + Span::minutes(15),
        low: first.iter().map(|b| b.low).min().unwrap(),
        high: first.iter().map(|b| b.high).max().unwrap(),
        label: "opening range".to_owned(),
    };
    ChartDay { session, ticker, open, close: open + Span::minutes(minutes), bars, vwap, corrupt, ranges: vec![range] }
}

/// A trade between two bars of a day.
fn trade(dice: &mut Dice, day: &ChartDay, strategy: StrategyName, number: usize) -> TradeRecord {
    let count = day.bars.len() as i64;
    let from = match strategy {
        StrategyName::Open => 16 + dice.below(40),
        StrategyName::Mid => 95 + dice.below(60),
        _ => count - 55 + dice.below(20),
    };
    let to = (from + 3 + dice.below(55)).min(count - 1);
    let (entry, exit) = (day.bars[from as usize], day.bars[to as usize]);
    let side = if dice.chance(50) { Side::Long } else { Side::Short };
    let s = side.sign();
    let distance = (entry.open.raw() / 250 / CENT).max(5) * CENT;
    let size = (1_500_000_000_000 / entry.open.raw()).max(1);
    let off = |p: Price, steps: i64| Price::from_raw(p.raw() + steps * CENT);
    let (entry_price, exit_price) = (off(entry.open, s * 2), off(exit.open, -s * 2));
    let gross = Money::from_raw(s * (exit_price.raw() - entry_price.raw()) * size);
    let taf = Money::from_raw(size * 19_500);
    let commission = Money::from_raw(200_000_000 + dice.below(3) * 12_345_678);
    let fees = commission.checked_add(taf).unwrap();
    let net = gross.checked_sub(fees).unwrap();
    let stop = off(entry.open, -s * distance / CENT);
    let trailed = dice.chance(20);
    let reason = match (net > Money::ZERO, dice.below(4)) {
        (true, 0) => ExitReason::TargetHit,
        (true, 1) => ExitReason::TrailingStop,
        (false, 0 | 1) => ExitReason::StopLoss,
        (_, 2) => ExitReason::Timeout,
        _ => ExitReason::WindowEnd,
    };
    let id = format!("{}-{}-{}-{number:04}", day.session.date, day.ticker, strategy);
    let slip = Money::from_raw(2 * CENT * size);
    TradeRecord {
        decision_id: id.parse().unwrap(),
        session: day.session,
        strategy_name: strategy,
        ticker: day.ticker,
        trade_side: side,
        side,
        size: Quantity::whole(size),
        signal_trigger_time: entry.start,
        entry_timestamp: entry.start,
        exit_timestamp: exit.start + Span::seconds(if reason == ExitReason::StopLoss { 30 } else { 0 }),
        entry_price,
        exit_price,
        fees,
        commission,
        sec_fee: Money::ZERO,
        taf_fee: taf,
        pnl_gross: gross,
        pnl_net: net,
        pnl: net,
        currency: Currency::USD,
        exit_reason: reason,
        broker: "SIM".into(),
        error_code: None,
        mode: Mode::Paper,
        synthetic: dice.chance(3),
        timestamp: exit.start + Span::MINUTE,
        ref_price: entry.open,
        stop_price: stop,
        target_price: off(entry.open, s * 2 * distance / CENT),
        risk_per_unit: Price::from_raw(distance),
        last_stop_price: if trailed { off(stop, s * distance / CENT / 2) } else { stop },
        entry_arrival_price: entry.open,
        exit_arrival_price: exit.open,
        entry_slippage: slip,
        exit_slippage: if reason == ExitReason::TargetHit { Money::ZERO } else { slip },
        order_ids: ["e", "s", "t"].iter().map(|leg| format!("SIM01-{id}-{leg}").parse().unwrap()).collect(),
        entry_ids: vec![Hash::of(id.as_bytes()).base32(26).parse().unwrap()],
        entry_seqs: vec![number as u64 * 2 + 2],
    }
}

fn gates(blocked_by: Option<GateName>) -> Vec<GateRecord> {
    let mut after = false;
    GateName::ALL
        .iter()
        .map(|gate| {
            let blocks = blocked_by == Some(*gate);
            let (value, threshold, reason) = match gate {
                GateName::DataQuality => ("0.93", "0.80", None),
                GateName::Fee => (if blocks { "1.41" } else { "4.80" }, "2.00", None),
                GateName::Turnover => (if blocks { "1.20" } else { "3.80" }, "2.00", blocks.then_some("edge")),
                GateName::PreTradeRisk => ("103.68", "250.00", blocks.then_some("symbol_owned")),
                GateName::State | GateName::Session => ("0", "0", None),
                _ => ("", "", None),
            };
            let verdict = match gate {
                _ if blocks => Verdict::Block,
                GateName::Expectancy | GateName::Reliability => Verdict::NoHistory,
                _ if value.is_empty() => Verdict::NotApplicable,
                _ if after => Verdict::WouldPass,
                _ => Verdict::Pass,
            };
            after |= blocks;
            let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
            GateRecord {
                gate: *gate,
                value: text(value),
                threshold: text(threshold),
                verdict,
                reason: reason.map(Into::into),
            }
        })
        .collect()
}

fn decision(t: &TradeRecord, outcome: Outcome, blocked_by: Option<GateName>) -> DecisionRecord {
    let trace = gates(blocked_by);
    let reason = trace.iter().find(|g| Some(g.gate) == blocked_by).and_then(|g| g.reason.clone());
    let inputs = [("atr", "0.23292142"), ("close", "561.21"), ("vwap", "560.50")];
    DecisionRecord {
        decision_id: t.decision_id.clone(),
        at: t.signal_trigger_time,
        session: t.session,
        strategy_name: t.strategy_name,
        ticker: t.ticker,
        trade_side: t.side,
        inputs: inputs.iter().map(|(k, v)| ((*k).into(), (*v).to_owned())).collect(),
        ref_price: t.ref_price,
        stop_price: t.stop_price,
        target_price: t.target_price,
        risk_per_unit: t.risk_per_unit,
        size: t.size,
        gates: trace,
        blocked_by,
        reason,
        outcome,
        order_ids: if outcome == Outcome::Executed { t.order_ids.clone() } else { vec![] },
        correlation_id: t.decision_id.clone(),
    }
}

/// The sessions of the sample: weekdays from the second of March 2026.
fn sessions(count: usize) -> Vec<SessionId> {
    let mut date = Date::new(2026, 3, 2).unwrap();
    let mut found = Vec::new();
    while found.len() < count {
        if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            found.push(SessionId::xnys(date));
        }
        date = date.plus(1);
    }
    found
}

fn plan(symbols: &[Symbol], ids: &[SessionId], market: MarketSource) -> RunPlan {
    let first = ids.first().map_or(Date::from_days(20_514), |s| s.date);
    let input = |s: &Symbol| InputFile {
        kind: InputKind::Bars,
        name: format!("{s}.csv"),
        sha256: Hash::of(s.as_str().as_bytes()),
        bytes: 2_345_678,
        rows: Some(31_200),
    };
    let configuration = [("open.range_minutes", "15"), ("open.target_r", "2.0"), ("risk.day_loss", "2000.00")];
    RunPlan {
        kind: if market == MarketSource::Generated { RunKind::Demo } else { RunKind::Backtest },
        identity: "TBOT_US_SIM_01".parse().unwrap(),
        mode: Mode::Paper,
        market,
        version: "0.1.0".into(),
        seed: 7,
        symbols: symbols.iter().copied().collect(),
        from: first,
        to: ids.last().map_or(first, |s| s.date),
        strategies: StrategyName::TRADING.to_vec(),
        configuration: configuration.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        inputs: symbols.iter().map(input).collect::<BTreeSet<_>>(),
    }
}

fn assumptions() -> Assumptions {
    let rule = |rule: &'static str, text: &'static str| StatedRule { rule: rule.into(), text: text.into() };
    let fee = |fee, from: &str, rate: &str, per: &'static str, cap: Option<&str>, evidence: &str| FeeRow {
        fee,
        from_session: from.parse().unwrap(),
        rate: rate.parse().unwrap(),
        per: per.into(),
        cap_per_trade: cap.map(|c| c.parse().unwrap()),
        evidence: evidence.to_owned(),
        before_first_row: false,
    };
    Assumptions {
        float: Money::whole(100_000),
        currency: Currency::USD,
        parameters: 58,
        quotes: false,
        rules: vec![
            rule(
                "STRAT-13",
                "An order decided at a bar’s close fills at the next bar’s open; at most 10 % of a bar’s volume; a stop stands before a target.",
            ),
            rule(
                "STRAT-14",
                "Fills pay half a spread of at least one tick or 1 bp, impact 0.1 × share² of the bar’s volume, and 500 ms of latency.",
            ),
            rule(
                "STRAT-15",
                "What is held at the close is closed at the session’s last price, moved against us, and marked synthetic.",
            ),
            rule(
                "STRAT-16",
                "Commission 0.005 a share, at least 1.00 an order, at most 1 % of its value; SEC and TAF on sales.",
            ),
        ],
        fees: vec![
            fee(FeeKind::Sec, "2025-05-14", "0", "usd_per_million_of_sales", None, "published notice"),
            fee(FeeKind::Taf, "2026-01-01", "0.000195", "usd_per_share_sold", Some("9.79"), "recalled"),
        ],
    }
}

fn session_record(
    id: SessionId,
    open: Timestamp,
    minutes: i64,
    charts: &[ChartDay],
    equity: (Money, Money),
) -> SessionRecord {
    let data = charts
        .iter()
        .map(|d| SymbolQuality {
            ticker: d.ticker,
            bars: d.bars.len() as u64,
            missing_minutes: minutes as u64 - d.bars.len() as u64,
            outside_session: 2,
            corrupt_bars: d.corrupt.len() as u64,
            lowest_dvs: Some(Ratio::from_raw(100_000_000 - d.corrupt.len() as i64 * 6_666_667)),
            fallen_bars: u64::from(d.corrupt.len() > 3),
        })
        .collect();
    SessionRecord {
        session: id,
        open,
        close: open + Span::minutes(minutes),
        early_close: minutes < 390,
        equity_open: equity.0,
        equity_close: equity.1,
        contributed_open: Money::ZERO,
        contributed_close: Money::ZERO,
        net: Money::ZERO,
        fees: FeeSums::default(),
        fee_rounding: FeeSums::default(),
        max_drawdown: Money::ZERO,
        exposure: Exposure { minutes: minutes as u64, ..Exposure::default() },
        data,
        freezes: vec![],
        skipped_windows: vec![],
        orders: 0,
        fills: 0,
        last_entry_seq: 0,
        books_head: Hash::of(id.to_string().as_bytes()),
    }
}

/// Sums a session's trades into its record and gives its points of equity.
fn settle(record: &mut SessionRecord, trades: &[TradeRecord], peak: &mut Money) -> Vec<EquityPoint> {
    let plus = |a: Money, b: Money| a.checked_add(b).unwrap();
    let mut points = Vec::new();
    let minutes = (record.close - record.open).as_minutes();
    for k in (0..=minutes).step_by(5) {
        let at = record.open + Span::minutes(k);
        let equity =
            trades.iter().filter(|t| t.exit_timestamp <= at).fold(record.equity_open, |e, t| plus(e, t.pnl_net));
        *peak = (*peak).max(equity);
        record.max_drawdown = record.max_drawdown.max(peak.checked_sub(equity).unwrap());
        points.push(EquityPoint { at, equity });
    }
    for t in trades {
        record.net = plus(record.net, t.pnl_net);
        record.fees.commission = plus(record.fees.commission, t.commission);
        record.fees.taf = plus(record.fees.taf, t.taf_fee);
        record.exposure.turnover = plus(record.exposure.turnover, Money::whole(30_000));
        record.exposure.minutes_in_market += t.held().as_minutes() as u64;
        record.fills += 2;
        record.orders += 3;
    }
    record.exposure.minutes_in_market = record.exposure.minutes_in_market.min(record.exposure.minutes);
    record.exposure.peak_gross = Money::whole(if trades.is_empty() { 0 } else { 45_000 });
    record.exposure.average_gross = Money::from_raw(trades.len() as i64 * 91_234_567_891);
    let up = (CENT - record.fees.taf.raw() % CENT) % CENT;
    record.fee_rounding.taf = Money::from_raw(up);
    record.equity_close = plus(record.equity_open, plus(record.net, Money::from_raw(-up)));
    if record.net < Money::whole(-400) {
        record.freezes.push(FreezeRecord {
            at: record.open + Span::minutes(200),
            name: "losing_trades".into(),
            strategy_name: Some(StrategyName::Mid),
            value: "6".to_owned(),
            limit: "6".to_owned(),
        });
    }
    points
}

/// A run of some sessions over some symbols.
pub(crate) fn sample(session_count: usize, symbols: &[&str], seed: u64) -> Sample {
    let mut dice = Dice(SplitMix::new(seed));
    let symbols: Vec<Symbol> = symbols.iter().map(|s| s.parse().unwrap()).collect();
    let ids = sessions(session_count);
    let market = if session_count == 1 { MarketSource::Generated } else { MarketSource::Recorded };
    let (mut all_charts, mut trades, mut decisions, mut counted) = (vec![], vec![], vec![], vec![]);
    let (mut records, mut equity, mut money, mut peak) = (vec![], vec![], Money::whole(100_000), Money::whole(100_000));
    for (number, id) in ids.iter().enumerate() {
        let minutes = if number % 9 == 8 { 210 } else { 390 };
        let open = id.date.midnight() + Span::minutes(if number < 5 { 870 } else { 810 });
        let charts: Vec<ChartDay> = symbols
            .iter()
            .zip([18_500, 56_100, 4_200, 9_900, 27_000, 1_250, 43_000, 15_500].iter().cycle())
            .map(|(s, start)| chart_day(&mut dice, *id, *s, open, minutes, *start))
            .collect();
        let mut of_day = Vec::new();
        for day in &charts {
            for strategy in StrategyName::TRADING {
                if dice.chance(22) {
                    let t = trade(&mut dice, day, strategy, decisions.len());
                    decisions.push(decision(&t, Outcome::Executed, None));
                    of_day.push(t);
                }
                for (chance, gate) in [
                    (12, GateName::Fee),
                    (16, GateName::Turnover),
                    (5, GateName::PreTradeRisk),
                    (2, GateName::DataQuality),
                ] {
                    if dice.chance(chance) {
                        let t = trade(&mut dice, day, strategy, decisions.len());
                        decisions.push(decision(&t, Outcome::Blocked, Some(gate)));
                    }
                }
                for (reason, count) in
                    [("no_setup", 280), ("outside_window", 70), ("insufficient_data", 14), ("spent", 9)]
                {
                    counted.push(CountedReason {
                        session: *id,
                        strategy_name: strategy,
                        ticker: day.ticker,
                        reason: reason.into(),
                        count: count + dice.below(9) as u64,
                        last_at: day.close,
                    });
                }
            }
        }
        of_day.sort_by_key(|t: &TradeRecord| (t.exit_timestamp, t.decision_id.clone()));
        let mut record = session_record(*id, open, minutes, &charts, (money, money));
        equity.extend(settle(&mut record, &of_day, &mut peak));
        money = record.equity_close;
        records.push(record);
        trades.extend(of_day);
        all_charts.extend(charts);
    }
    decisions.sort_by_key(|d| (d.at, d.decision_id.clone()));
    let chosen: BTreeSet<_> = chosen_days(&trades).unwrap().into_iter().collect();
    all_charts.retain(|c| chosen.contains(&(c.session, c.ticker)));
    let counts = RunCounts {
        sessions: ids.len() as u64,
        bars: 390 * symbols.len() as u64 * ids.len() as u64,
        evaluations: counted.iter().map(|c| c.count).sum(),
        decisions: decisions.len() as u64,
        orders: trades.len() as u64 * 3,
        fills: trades.len() as u64 * 2,
        trades: trades.len() as u64,
    };
    finish(plan(&symbols, &ids, market), counts, (records, trades, decisions, counted, equity, all_charts))
}

type Parts =
    (Vec<SessionRecord>, Vec<TradeRecord>, Vec<DecisionRecord>, Vec<CountedReason>, Vec<EquityPoint>, Vec<ChartDay>);

fn finish(plan: RunPlan, counts: RunCounts, parts: Parts) -> Sample {
    let (sessions, trades, decisions, counted, equity, charts) = parts;
    let head = |records, name: &str| ChainHead { records, head: Hash::of(name.as_bytes()) };
    let run = RunRecord {
        run_id: plan.id().unwrap(),
        plan,
        counts,
        books: head(counts.fills + 2 * counts.sessions + 1, "books"),
        events: head(counts.orders * 4, "events"),
    };
    let assumptions = assumptions();
    let (days, summary) = summaries(&Material {
        run: &run,
        assumptions: &assumptions,
        sessions: &sessions,
        trades: &trades,
        decisions: &decisions,
        counted: &counted,
        equity: &equity,
    })
    .unwrap();
    let books = BooksCheck {
        verified: true,
        checks: [
            "Every entry balances in every currency and commodity.",
            "The hash chain is whole from the first entry to the head.",
            "Positions are flat at each session’s end.",
        ]
        .map(str::to_owned)
        .to_vec(),
        first_wrong: None,
    };
    Sample { run, assumptions, sessions, trades, decisions, counted, equity, charts, books, days, summary }
}

/// A run in which nothing happened: no signal, no trade.
pub(crate) fn empty() -> Sample {
    let mut quiet = sample(2, &["SPY"], 1);
    let sessions: Vec<SessionRecord> = quiet
        .sessions
        .drain(..)
        .map(|s| {
            let float = Money::whole(100_000);
            let points: &mut Money = &mut Money::whole(100_000);
            let mut bare = session_record(s.session, s.open, 390, &[], (float, float));
            settle(&mut bare, &[], points);
            bare
        })
        .collect();
    let counts = RunCounts { sessions: 2, bars: 780, evaluations: 2_300, ..RunCounts::default() };
    finish(quiet.run.plan, counts, (sessions, vec![], vec![], quiet.counted, vec![], vec![]))
}
