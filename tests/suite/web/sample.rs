//! A board that looks like a trading day: positions, orders, decisions with their gates, trades, a curve.

use std::sync::Arc;

use desk::domain::bot::{BotState, Mode, VenueKind, Who};
use desk::domain::decimal::{Money, Price, Quantity, Ratio};
use desk::domain::event::{Decision, InputName};
use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::market::{Bar, Side};
use desk::domain::order::{ExitReason, Leg, OrderState, Plan};
use desk::domain::records::{GateName, Verdict};
use desk::domain::symbol::Symbol;
use desk::domain::time::{Date, Span, Timestamp};
use desk::domain::trade::Trade;
use desk::gates::{Check, GateResult, Reason};
use desk::machines::screener::Reason as ScreenedOut;
use desk::research::luck::SplitMix;
use desk::strategies::Parameters;
use tbot::messages::board::*;
use tbot::messages::past::{ClearedFreeze, Past, PastClosing};
use tbot::messages::screener::{Asked, ScreenBoard, ScreenLine};
use tbot::web::{BackupLine, HostLine, Period, Reports};

pub(crate) fn at(text: &str) -> Timestamp {
    format!("2026-11-20T{text}Z").parse().unwrap()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn session() -> SessionId {
    SessionId::xnys(Date::new(2026, 11, 20).unwrap())
}

/// Two that passed and one that did not.
fn screen() -> ScreenBoard {
    let line = |symbol: &str, last: &str, out: Option<ScreenedOut>| ScreenLine {
        symbol: symbol.parse().unwrap(),
        price: Some(price(last)),
        volume: Some(Quantity::whole(1_284_300)),
        as_of: Some(at("14:30:00")),
        out,
    };
    let below = ScreenedOut::PriceBelow { have: price("3.20"), least: price("5") };
    ScreenBoard {
        session: session(),
        at: at("14:30:00"),
        asks: true,
        asked: vec![Asked { name: "min_price", value: "5.00".to_owned(), unit: "USD" }],
        lines: vec![line("F", "12.40", None), line("PENNY", "3.20", Some(below)), line("SPY", "598.1", None)],
    }
}

fn plan(reference: &str, stop: &str, target: &str) -> Plan {
    let (reference, stop) = (price(reference), price(stop));
    let risk = Price::from_raw((reference.raw() - stop.raw()).abs());
    Plan { reference, stop, target: price(target), risk, atr: price("1.2345"), edge: None }
}

/// A decision: the gate that blocks it, if one does.
fn decision(
    time: &str,
    symbol: &str,
    strategy: StrategyName,
    blocked: Option<(GateName, Reason)>,
    outcome: &'static str,
) -> DecisionLine {
    let mut after = false;
    let trace = GateName::ALL
        .iter()
        .map(|gate| {
            let blocks = blocked.is_some_and(|(g, _)| g == *gate);
            let (reason, value, threshold) = match gate {
                GateName::Session => (Reason::Inside, "361", "21"),
                GateName::DataQuality => (Reason::Dvs, if blocks { "0.74" } else { "0.94" }, "0.8"),
                GateName::Fee => (Reason::Fee, if blocks { "1.4" } else { "4.8" }, "2"),
                GateName::Turnover => (Reason::Edge, if blocks { "1.2" } else { "3.8" }, "2"),
                GateName::PreTradeRisk => (Reason::RiskPerTrade, if blocks { "180" } else { "63" }, "150"),
                _ => {
                    let verdict = if *gate == GateName::State { Verdict::Pass } else { Verdict::NotApplicable };
                    return GateResult { gate: *gate, verdict, checks: vec![] };
                }
            };
            let verdict = match (blocks, after) {
                (true, _) => Verdict::Block,
                (false, true) => Verdict::WouldPass,
                (false, false) => Verdict::Pass,
            };
            after |= blocks;
            let check =
                Check { reason, value: value.parse().unwrap(), threshold: threshold.parse().unwrap(), holds: !blocks };
            GateResult { gate: *gate, verdict, checks: vec![check] }
        })
        .collect();
    let decision = Decision {
        id: format!("2026-11-20-{symbol}-{strategy}-{}", time.replace(':', "")).parse().unwrap(),
        session: session(),
        strategy,
        symbol: symbol.parse().unwrap(),
        side: if symbol == "F" { Side::Short } else { Side::Long },
        plan: plan("216.95", "215.45", "219.2"),
        size: Quantity::whole(42),
        trace,
        blocked,
        inputs: vec![
            (InputName::Close, "216.95".parse().unwrap()),
            (InputName::Vwap, "215.71234567".parse().unwrap()),
            (InputName::Volume, "184200".parse().unwrap()),
            (InputName::RangeHigh, "216.9".parse().unwrap()),
        ],
    };
    DecisionLine { at: at(time), decision, outcome }
}

fn trade(
    symbol: &str,
    strategy: StrategyName,
    (from, to): (&str, &str),
    (entry, exit): (&str, &str),
    reason: ExitReason,
) -> Trade {
    Trade {
        decision: format!("2026-11-20-{symbol}-{strategy}-{}", from.replace(':', "")).parse().unwrap(),
        session: session(),
        strategy,
        symbol: symbol.parse().unwrap(),
        side: Side::Long,
        size: Quantity::whole(60),
        plan: plan("100", "99", "102"),
        signal_at: at(from),
        entered_at: at(from),
        exited_at: at(to),
        entry_value: money(entry),
        exit_value: money(exit),
        entry_reference_value: money(entry),
        exit_reference_value: money(exit),
        commission: Money::ZERO,
        sec: money("0.30897192"),
        taf: money("0.01170000"),
        reason,
        synthetic: false,
        orders: vec!["RIGD01-261120-aaaa".parse().unwrap()],
    }
}

fn order(symbol: &str, leg: Leg, strategy: StrategyName, state: OrderState, asked: i64) -> OrderLine {
    OrderLine {
        order: format!("RIGD01-261120-{}{}", symbol.to_lowercase(), leg.as_str()).parse().unwrap(),
        leg,
        strategy,
        symbol: symbol.parse().unwrap(),
        state,
        asked: Quantity::whole(asked),
        filled: Quantity::ZERO,
    }
}

fn position(symbol: &str, strategy: StrategyName, quantity: i64, prices: [&str; 4], unrealised: &str) -> PositionLine {
    let [entry, last, stop, target] = prices.map(price);
    PositionLine {
        symbol: symbol.parse().unwrap(),
        strategy,
        side: Side::Long,
        quantity: Quantity::whole(quantity),
        entry,
        last: Some(last),
        stop,
        target,
        unrealised: money(unrealised),
        since: at("20:14:33"),
        decision: format!("2026-11-20-{symbol}-{strategy}-201400").parse().unwrap(),
    }
}

/// A walk of the day's net from the open to 20:41, in cents.
fn curve() -> Vec<(Timestamp, Money)> {
    let mut dice = SplitMix::new(7);
    let mut net = 0_i64;
    (0..=371)
        .map(|minute| {
            let step = i64::try_from(dice.below(900)).unwrap() - 470;
            net = if minute < 15 { 0 } else { (net + step).clamp(-21_000, 6_000) };
            let net = if minute == 371 { -17_445 } else { net };
            (at("14:30:00") + Span::minutes(minute), Money::from_raw(net * 1_000_000))
        })
        .collect()
}

fn decisions() -> Vec<DecisionLine> {
    use StrategyName::{Close, Mid, Open};
    let block = |gate, reason| Some((gate, reason));
    let mut all = vec![
        decision("20:40:00", "CAT", Close, None, "pending"),
        decision("20:36:00", "MU", Close, block(GateName::Turnover, Reason::Edge), "blocked"),
        decision("20:31:00", "AMD", Close, block(GateName::PreTradeRisk, Reason::RiskPerTrade), "blocked"),
        decision("20:29:00", "F", Close, block(GateName::Fee, Reason::Fee), "blocked"),
        decision("20:22:00", "SMCI", Close, block(GateName::DataQuality, Reason::Dvs), "blocked"),
        decision("20:14:00", "NVDA", Close, None, "executed"),
        decision("18:44:00", "UBER", Mid, None, "missed"),
        decision("18:07:00", "QCOM", Mid, None, "executed"),
    ];
    for (n, symbol) in ["INTC", "DIS", "PEP", "BAC", "XOM", "GE", "KO", "PFE", "HD", "MRK"].iter().enumerate() {
        all.push(decision(
            &format!("15:{:02}:00", 50 - n * 3),
            symbol,
            Open,
            block(GateName::Fee, Reason::Fee),
            "blocked",
        ));
    }
    all
}

fn strategies() -> Vec<StrategyLine> {
    let line = |name, from, to, counts: [u64; 4], net| StrategyLine {
        name,
        on: true,
        changes: false,
        in_force: Parameters::of(name),
        window: Some((at(from), at(to))),
        suspended: None,
        signals: counts[0],
        blocked: counts[1],
        trades: counts[2],
        won: counts[3],
        net: money(net),
    };
    vec![
        line(StrategyName::Open, "14:30:00", "15:30:00", [11, 10, 3, 2], "-94.11"),
        line(StrategyName::Mid, "16:00:00", "19:30:00", [6, 3, 2, 0], "-98.59"),
        line(StrategyName::Close, "20:00:00", "20:50:00", [6, 4, 0, 0], "0"),
    ]
}

fn actors() -> Vec<ActorLine> {
    let names = [
        "supervisor",
        "market data",
        "screener",
        "strategy",
        "risk",
        "ledger",
        "broker",
        "kill switch",
        "reporter",
        "notifier",
        "watchdog",
    ];
    names
        .iter()
        .map(|name| ActorLine {
            name: (*name).to_owned(),
            well: true,
            silent_ms: 400,
            waiting: 0,
            restarts: u32::from(*name == "screener"),
            fault: (*name == "screener").then(|| "a list could not be read; rebuilt".to_owned()),
        })
        .collect()
}

fn refusals() -> Vec<RefusalLine> {
    use StrategyName::{Close, Mid, Open};
    let line = |strategy, symbol: &str, gate, reason, count| RefusalLine {
        strategy,
        symbol: symbol.parse().unwrap(),
        gate,
        reason,
        count,
    };
    vec![
        line(Open, "INTC", GateName::Fee, Reason::Fee, 7),
        line(Open, "DIS", GateName::Fee, Reason::Fee, 3),
        line(Mid, "QCOM", GateName::DataQuality, Reason::Dvs, 3),
        line(Close, "MU", GateName::Turnover, Reason::Edge, 1),
        line(Close, "AMD", GateName::PreTradeRisk, Reason::RiskPerTrade, 2),
        line(Close, "AMD", GateName::Fee, Reason::Fee, 1),
    ]
}

fn skips() -> Vec<SkipLine> {
    use StrategyName::{Close, Mid, Open};
    let line = |strategy, symbol: &str, reason, count| {
        let (symbol, since) = (symbol.parse().unwrap(), at("14:31:00"));
        SkipLine { strategy, symbol, reason, count, since }
    };
    vec![
        line(Open, "INTC", "no_setup", 41),
        line(Open, "INTC", "insufficient_data", 5),
        line(Open, "DIS", "no_setup", 52),
        line(Mid, "QCOM", "no_setup", 180),
        line(Mid, "QCOM", "max_trades", 22),
        line(Close, "AMD", "no_setup", 30),
        line(Close, "AMD", "corrupt_bar", 2),
    ]
}

fn alerts() -> Vec<Alert> {
    let alert = |time, level, code: &str, text: &str| Alert {
        at: at(time),
        level,
        code: code.to_owned(),
        text: text.to_owned(),
    };
    vec![
        alert("20:12:09", AlertLevel::Critical, "actor_fell", "The screener fell and was built anew."),
        alert("19:02:00", AlertLevel::Warning, "limit_warning", "Half of the daily loss limit is used."),
        alert("14:30:00", AlertLevel::Info, "session_began", "The session of 2026-11-20 has begun."),
    ]
}

fn coming() -> Vec<Coming> {
    let coming = |when: &str, what: &str| Coming { at: at(when), what: what.to_owned() };
    vec![
        coming("20:41:57", "CAT entry ends if not filled"),
        coming("20:50:00", "close takes no more entries"),
        coming("20:55:00", "positions are closed"),
        coming("21:05:00", "books are checked and closed"),
    ]
}

/// Data with two symbols that had a blemish.
fn data() -> DataBoard {
    let line = |symbol: &str, score: &str, lowest: &str, corrupt| QualityLine {
        symbol: symbol.parse().unwrap(),
        score: score.parse().unwrap(),
        lowest: lowest.parse().unwrap(),
        corrupt,
    };
    let lowest = vec![line("SMCI", "0.91", "0.74", 3), line("F", "1", "0.97", 0)];
    DataBoard { symbols: 41, clean: 15_208, corrupt: 3, fallen: 12, lowest }
}

/// What is used of some limits: money, numbers, a share.
fn limits() -> Vec<UsedLimit> {
    let line = |key, used: &str, limit: &str, nearest: Option<&str>| UsedLimit {
        key,
        used: used.parse().unwrap(),
        limit: limit.parse().unwrap(),
        nearest: nearest.map(str::to_owned),
    };
    vec![
        line("risk.order_value", "9107.90", "10000", None),
        line("risk.collar", "0.0004", "0.02", None),
        line("risk.trades_strategy", "3", "10", Some("open")),
        line("risk.positions", "3", "3", None),
        line("risk.gross", "12941.75", "30000", None),
        line("risk.symbol", "9458", "10000", Some("NVDA")),
        line("risk.day_loss", "174.45164822", "400", None),
        line("risk.losing_row", "2", "6", Some("mid")),
        line("risk.drawdown", "174.45164822", "3000", None),
    ]
}

/// A freeze that was cleared, and a kill whose latch was reset.
fn past() -> Past {
    let mark =
        |time, who: &str, why: &str| Mark { at: at(time), who: Who::Person(who.to_owned()), why: why.to_owned() };
    let freeze = FreezeLine {
        name: "fomc".parse().unwrap(),
        strategy: None,
        mark: mark("15:10:00", "ann", "the minutes come out"),
        for_the_session: false,
    };
    let kill = PastClosing {
        verb: "kill".to_owned(),
        mark: mark("13:02:11", "ann", "quotes stood still"),
        also: vec![mark("13:02:12", "bob", "")],
        taken_up: None,
        entries: 1,
        protective: 4,
        positions: vec!["+50 NVDA".to_owned(), "-125 T".to_owned()],
        last_cancel_ms: Some(41),
        flat_ms: Some(1_312),
        receipt: Some("20261120T130212Z-kill".to_owned()),
        reset: Some(mark("13:40:00", "bob", "the feed is well again")),
    };
    let pause = PastClosing {
        verb: "pause".to_owned(),
        also: Vec::new(),
        taken_up: None,
        positions: Vec::new(),
        last_cancel_ms: None,
        flat_ms: None,
        receipt: Some("20261120T120000Z-pause".to_owned()),
        reset: None,
        ..kill.clone()
    };
    Past {
        freezes: vec![ClearedFreeze { freeze, cleared: mark("16:00:00", "bob", "they are out") }],
        closings: vec![kill, pause],
        unread: None,
    }
}

fn session_board() -> SessionBoard {
    SessionBoard {
        id: session(),
        open: at("14:30:00"),
        close: at("21:00:00"),
        windows: vec![StrategyName::Close],
        next: coming(),
        closed: false,
    }
}

/// The day at 20:41:07: losing, two positions, one entry working.
pub(crate) fn board() -> Board {
    use StrategyName::{Close, Mid, Open};
    Board {
        number: 1,
        at: at("20:41:07"),
        identity: "RIGD_US_SIM_01".parse().unwrap(),
        mode: Mode::Paper,
        venue: VenueKind::Simulated,
        feed_name: "generated".to_owned(),
        state: BotState::Trading,
        since: at("20:40:27"),
        reason: None,
        applying: None,
        rehearsing: false,
        open_days: Vec::new(),
        session: Some(session_board()),
        latch: None,
        latch_written: None,
        defense: None,
        freezes: vec![],
        fed_at: Some(at("20:41:00")),
        data: data(),
        float: Money::whole(30_000),
        floats: Vec::new(),
        day: Day {
            net: money("-174.45164822"),
            realised: money("-192.70164822"),
            unrealised: money("18.60"),
            fees: money("1.96164822"),
            open_fees: money("-0.35"),
            loss_limit: money("400"),
            at_stops: money("-296.95164822"),
            equity: money("49825.54835178"),
            curve: curve(),
            sent: 23,
        },
        limits: limits(),
        positions: vec![
            position("NVDA", Close, 50, ["188.72", "189.16", "187.3", "190.85"], "22"),
            position("T", Mid, 125, ["27.9", "27.87", "27.78", "28.02"], "-3.75"),
        ],
        orders: vec![
            order("CAT", Leg::Entry, Close, OrderState::Accepted, 15),
            order("NVDA", Leg::Stop, Close, OrderState::Accepted, 50),
            order("NVDA", Leg::Target, Close, OrderState::Accepted, 50),
            order("T", Leg::Stop, Mid, OrderState::Accepted, 125),
            order("T", Leg::Target, Mid, OrderState::Accepted, 125),
        ],
        strategies: strategies(),
        decisions: decisions(),
        trades: vec![
            trade("QCOM", Mid, ("18:07:00", "18:51:00"), ("10592.40", "10565.52"), ExitReason::Timeout),
            trade("JPM", Mid, ("17:14:00", "17:41:12"), ("18115.20", "17987.40"), ExitReason::StopLoss),
            trade("XOM", Open, ("15:50:00", "16:30:00"), ("6824.00", "6855.50"), ExitReason::WindowEnd),
            trade("MSFT", Open, ("14:58:00", "15:22:08"), ("25310.10", "25373.94"), ExitReason::TargetHit),
            trade("AMD", Open, ("14:46:00", "14:58:40"), ("13010.00", "12821.60"), ExitReason::StopLoss),
        ],
        screen: Some(screen()),
        actors: actors(),
        closing: None,
        drill: None,
        past: past(),
        refusals: refusals(),
        skips: skips(),
        alerts: alerts(),
    }
}

/// The same bot in the middle of a kill.
pub(crate) fn killing() -> Board {
    let mark = Mark { at: at("20:41:20"), who: Who::Person("ann".to_owned()), why: "feed looks wrong".to_owned() };
    Board {
        number: 2,
        at: at("20:41:23"),
        state: BotState::EmergencyClosingPositions,
        since: at("20:41:20"),
        latch: Some(mark.clone()),
        closing: Some(ClosingBoard {
            receipt: None,
            verb: "kill",
            mark,
            also: Vec::new(),
            cancels: 1,
            cancelled: 1,
            exits: 2,
            flat: 1,
            last_cancel_ms: Some(41),
            done_ms: None,
            pending: vec!["T is halted; its stop stays at the venue; asked again every second".to_owned()],
            progress: "0.6".parse::<Ratio>().unwrap(),
        }),
        orders: vec![],
        ..board()
    }
}

/// Bars of a symbol until now.
pub(crate) fn bars(symbol: Symbol) -> Vec<Bar> {
    let mut dice = SplitMix::new(u64::from(symbol.to_string().as_bytes()[0]));
    let mut last = 18_700_i64;
    (0..371)
        .map(|minute| {
            let open = last;
            last += i64::try_from(dice.below(21)).unwrap() - 10;
            let cents = |c: i64| Price::from_raw(c * 1_000_000);
            let (high, low) = (open.max(last) + 4, open.min(last) - 4);
            Bar {
                start: at("14:30:00") + Span::minutes(minute),
                open: cents(open),
                high: cents(high),
                low: cents(low),
                close: cents(last),
                volume: Quantity::whole(1_000),
            }
        })
        .collect()
}

/// A machine with room, whose clock was set by a little.
pub(crate) fn host() -> HostLine {
    HostLine { free: Some(9_876_543_210), clock_set: Span::nanos(12_000_000), since: at("13:02:44"), missing: None }
}

/// Two backups, one without its checksum.
pub(crate) fn backups() -> Vec<BackupLine> {
    let line = |time: &str, bytes, checksum| {
        let name = format!("RIGD_US_SIM_01_20261120T{}Z.backup", time.replace(':', ""));
        BackupLine { name, at: at(time), bytes, checksum }
    };
    vec![line("21:05:00", 2_345_678, true), line("14:00:10", 1_023, false)]
}

/// A session and its week.
pub(crate) fn reports() -> Reports {
    let pages = ["close.html", "mid.html", "open.html", "report.html"];
    let period = |name: &str, data: &str| Period {
        name: name.to_owned(),
        session: name.replacen('_', ":", 1).parse().ok(),
        trades: 6,
        won: 2,
        net: "-34.15".parse().unwrap(),
        readiness: (data == "summary.json").then(|| "3 of 8 met".to_owned()),
        files: pages.iter().chain([&data]).map(|f| (*f).to_owned()).collect(),
    };
    let listed = vec![period("XNYS_2026-11-20", "daily_summary.json"), period("2026-W47", "summary.json")];
    Reports {
        listed: Arc::new(move || Ok(listed.clone())),
        file: Arc::new(|period, name| {
            let there = period == "2026-W47" && ["report.html", "readiness.html", "readiness.md"].contains(&name);
            there.then(|| b"<!doctype html><script>1</script>".to_vec())
        }),
    }
}

/// A few lines of the program's logs.
pub(crate) fn logs() -> Vec<serde_json::Map<String, serde_json::Value>> {
    let lines = [
        ("14:29:58", "INFO", "system", "tbot::app", "the bot is ready"),
        ("20:12:09", "ERROR", "system", "tbot::actors::supervisor", "an actor fell"),
        ("20:12:10", "WARN", "orders", "orders", "an order was not sent"),
    ];
    let line = |(time, level, log, target, message): (&str, &str, &str, &str, &str)| {
        let value = serde_json::json!({
            "at": at(time), "level": level, "log": log, "target": target, "message": message, "why": "<script>x</script>",
        });
        value.as_object().unwrap().clone()
    };
    lines.map(line).into()
}
