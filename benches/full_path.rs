//! Million bars a second of the full path, beside the two yardsticks, in one run (`docs/PERFORMANCE.md`).
//!
//! `cargo bench --bench full_path` prints a table; `-- --json` prints one JSON object.
//! 20 symbols × 252 full sessions × 390 minutes of a seeded walk, merged in time order. The full path is data checks,
//! strategy, gates, risk, orders, venue and books in memory, as `tbot backtest` runs it. The limits are set so wide that
//! trading goes on to the last session: a frozen account would flatter the figure.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::doc_markdown,
    clippy::many_single_char_names,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench measures wall time, prints it, and stops where it fails; the yardstick is to be plain"
)]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use desk::domain::calendar::{Calendar, Session};
use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::event::Body;
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::StrategyName;
use desk::domain::market::{Bar, Instrument};
use desk::domain::symbol::Symbol;
use desk::domain::time::Span;
use desk::risk::Limits;
use desk::strategies::Parameters;
use desk::world::backtest::{Backtest, Closed, Progress, Tape, Watcher};
use desk::world::trader::{Halt, Setup};

mod yardstick;

use yardstick::{Columns, DAYS, MINUTES, SYMBOLS};

/// How often each figure is taken; the best counts. `-- --once` takes it once, to count instructions.
const ROUNDS: usize = 5;

struct Nobody;

impl Watcher for Nobody {
    fn instant(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn session(&mut self, _: &Closed<'_>) -> Result<(), Halt> {
        Ok(())
    }
}

/// The first 252 sessions from 2024 on that are not cut short.
fn sessions() -> Vec<Session> {
    let days = Calendar::XNYS.sessions("2024-01-02".parse().unwrap(), "2025-12-31".parse().unwrap()).unwrap();
    days.filter(|s| !s.early_close).take(DAYS).collect()
}

/// The yardstick's own walk as bars: its ten-thousandths are steps of 10⁻⁸ times 10⁴.
fn tape(columns: &Columns, sessions: &[Session]) -> Tape {
    let price = |ten_thousandths: i64| Price::from_raw(ten_thousandths * 10_000);
    let starts = sessions.iter().flat_map(|s| (0..MINUTES as i64).map(|m| s.open + Span::minutes(m)));
    let bars = starts.enumerate().map(|(i, start)| Bar {
        start,
        open: price(columns.open[i]),
        high: price(columns.high[i]),
        low: price(columns.low[i]),
        close: price(columns.close[i]),
        volume: Quantity::whole(columns.volume[i]),
    });
    Tape { bars: bars.collect(), quotes: Vec::new() }
}

fn setup(strategies: &[StrategyName]) -> Setup {
    let symbols = (0..SYMBOLS).map(|i| format!("SYM{i:02}").parse::<Symbol>().unwrap());
    let usual = Setup::usual("BENCH_US_SIM_01".parse().unwrap(), symbols.map(Instrument::us_equity).collect());
    Setup {
        limits: Limits {
            float: Money::whole(10_000_000),
            gross: Money::whole(10_000_000),
            net: Money::whole(10_000_000),
            day_loss: Money::whole(1_000_000),
            strategy_loss: Money::whole(1_000_000),
            drawdown: Money::whole(5_000_000),
            losing_row: 1_000,
            positions: 20,
            trades_day: 1_000,
            trades_strategy: 1_000,
            ..Limits::default()
        },
        strategies: strategies.iter().map(|s| (*s, Parameters::of(*s))).collect(),
        ..usual
    }
}

/// One figure: million bars a second, and how many trades and entries it made.
struct Figure {
    rate: f64,
    trades: usize,
    entries: usize,
}

fn full_path(tapes: &[Tape], strategies: &[StrategyName], bars: f64) -> Figure {
    let mut best = Figure { rate: 0.0, trades: 0, entries: 0 };
    let rounds = if asked("--once") { 1 } else { ROUNDS };
    for _ in 0..rounds {
        let mut run = Backtest::new(setup(strategies), FeeSchedule::us_sales().unwrap()).unwrap();
        let begin = Instant::now();
        run.run(black_box(tapes), &mut Nobody).unwrap();
        let rate = bars / begin.elapsed().as_secs_f64() / 1e6;
        let record = &run.trader.record;
        let trades = record.events.iter().filter(|e| matches!(e.body, Body::TradeClosed(_))).count();
        best = Figure { rate: best.rate.max(rate), trades, entries: record.entries.len() };
    }
    best
}

fn asked(word: &str) -> bool {
    std::env::args().any(|a| a == word)
}

/// Peak memory of this process in MiB, where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn main() {
    let all: Vec<Columns> = (0..SYMBOLS).map(yardstick::generate).collect();
    let bars = (SYMBOLS * DAYS * MINUTES) as f64;
    let yards = yardstick::measure(&all, bars);
    let sessions = sessions();
    let tapes: Vec<Tape> = all.into_iter().map(|columns| tape(&columns, &sessions)).collect();
    let open = full_path(&tapes, &[StrategyName::Open], bars);
    let three = full_path(&tapes, &StrategyName::TRADING, bars);
    let memory = peak_memory();
    if asked("--json") {
        println!(
            "{{\"bars\":{bars},\"yardstick_loop\":{:.2},\"yardstick_event\":{:.2},\"open\":{:.3},\"open_trades\":{},\"open_entries\":{},\"open_ratio\":{:.4},\"three\":{:.3},\"three_trades\":{},\"three_entries\":{},\"three_ratio\":{:.4},\"peak_mib\":{}}}",
            yards.plain,
            yards.event,
            open.rate,
            open.trades,
            open.entries,
            open.rate / yards.event,
            three.rate,
            three.trades,
            three.entries,
            three.rate / yards.event,
            memory.map_or("null".to_owned(), |m| format!("{m:.0}"))
        );
        return;
    }
    println!("{bars} bars, one core, best of {ROUNDS}; rates in million bars a second");
    println!("{:<28}{:>9}{:>9}{:>10}{:>10}", "", "rate", "ns/bar", "trades", "of event");
    for (name, rate, trades) in [
        ("yardstick: loop", yards.plain, yards.trades),
        ("yardstick: event", yards.event, yards.trades),
        ("full path: open", open.rate, open.trades),
        ("full path: open, mid, close", three.rate, three.trades),
    ] {
        println!("{name:<28}{rate:>9.2}{:>9.1}{trades:>10}{:>10.3}", 1e3 / rate, rate / yards.event);
    }
    println!("journal entries: {} and {}", open.entries, three.entries);
    if let Some(memory) = memory {
        println!("peak memory: {memory:.0} MiB");
    }
}
