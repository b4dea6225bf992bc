//! The least work that an opening-range breakout over one-minute bars can be: what the full path is held against.
//!
//! `plain` goes symbol by symbol over columns. `event` takes one bar at a time, all symbols merged in time order, through
//! a strategy behind a `dyn` call, with orders, positions and cash; nothing is checked, recorded or explained. 15 minutes
//! of range, long only; in at the next open after a close above the range, out at the next open after a close under it,
//! or at minute 384. Prices are ten-thousandths; the walk is seeded, so both make the same trades.

use std::hint::black_box;
use std::time::Instant;

pub(crate) const SYMBOLS: usize = 20;
pub(crate) const DAYS: usize = 252;
pub(crate) const MINUTES: usize = 390;
const RANGE: usize = 15;
const CUT: usize = 384;
const SHARES: i64 = 100;
const FEE: i64 = 50;
const ROUNDS: usize = 7;

/// One symbol's bars, column by column.
#[derive(Default)]
pub(crate) struct Columns {
    at: Vec<i64>,
    pub(crate) open: Vec<i64>,
    pub(crate) high: Vec<i64>,
    pub(crate) low: Vec<i64>,
    pub(crate) close: Vec<i64>,
    pub(crate) volume: Vec<i64>,
}

/// Rates in million bars a second, and the round trips that both made.
pub(crate) struct Yards {
    pub(crate) plain: f64,
    pub(crate) event: f64,
    pub(crate) trades: usize,
}

/// SplitMix64.
fn draw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

pub(crate) fn generate(symbol: usize) -> Columns {
    let mut seed = symbol as u64 + 1;
    let mut price = 1_000_000_i64;
    let mut columns = Columns::default();
    for i in 0..DAYS * MINUTES {
        let (day, minute) = (i / MINUTES, i % MINUTES);
        let open = price;
        let close = (open + (draw(&mut seed) % 1601) as i64 - 800).max(10_000);
        let wick = (draw(&mut seed) % 400) as i64;
        columns.at.push((day * 1440 + 870 + minute) as i64 * 60_000_000_000);
        columns.open.push(open);
        columns.high.push(open.max(close) + wick);
        columns.low.push(open.min(close) - wick);
        columns.close.push(close);
        columns.volume.push((draw(&mut seed) % 100_000) as i64);
        price = close;
    }
    columns
}

/// Result in ten-thousandths, and round trips.
type Outcome = (i64, u32);

#[inline(never)]
fn plain(bars: &Columns) -> Outcome {
    let (mut cash, mut trades) = (0, 0);
    let n = bars.close.len();
    let (open, high, low, close) = (&bars.open[..n], &bars.high[..n], &bars.low[..n], &bars.close[..n]);
    for day in (0..n).step_by(MINUTES) {
        let top = high[day..day + RANGE].iter().copied().fold(i64::MIN, i64::max);
        let bottom = low[day..day + RANGE].iter().copied().fold(i64::MAX, i64::min);
        let (mut held, mut done) = (false, false);
        for minute in RANGE..MINUTES - 1 {
            let i = day + minute;
            if held {
                if close[i] < bottom || minute == CUT {
                    cash += SHARES * open[i + 1] - FEE;
                    trades += 1;
                    held = false;
                }
            } else if !done && minute < CUT && close[i] > top {
                cash -= SHARES * open[i + 1] + FEE;
                (held, done) = (true, true);
            }
        }
    }
    (cash, trades)
}

struct Bar {
    symbol: usize,
    at: i64,
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
}

trait Strategy {
    /// Shares to buy (positive) or sell at this symbol's next open.
    fn on_bar(&mut self, bar: &Bar, position: i64) -> i64;
}

#[derive(Clone, Copy)]
struct Range {
    day: i64,
    start: i64,
    top: i64,
    bottom: i64,
    done: bool,
}

struct Breakout(Vec<Range>);

impl Strategy for Breakout {
    fn on_bar(&mut self, bar: &Bar, position: i64) -> i64 {
        let range = &mut self.0[bar.symbol];
        let day = bar.at / 86_400_000_000_000;
        if day != range.day {
            *range = Range { day, start: bar.at, top: i64::MIN, bottom: i64::MAX, done: false };
        }
        let minute = ((bar.at - range.start) / 60_000_000_000) as usize;
        if minute < RANGE {
            range.top = range.top.max(bar.high);
            range.bottom = range.bottom.min(bar.low);
            0
        } else if position > 0 {
            if bar.close < range.bottom || minute == CUT { -SHARES } else { 0 }
        } else if !range.done && minute < CUT && bar.close > range.top {
            range.done = true;
            SHARES
        } else {
            0
        }
    }
}

#[inline(never)]
fn events(all: &[Columns], strategy: &mut dyn Strategy) -> Outcome {
    let (mut cash, mut trades) = (0, 0);
    let (mut at, mut position, mut pending) = (vec![0; all.len()], vec![0_i64; all.len()], vec![0_i64; all.len()]);
    loop {
        let mut now = i64::MAX;
        for (symbol, bars) in all.iter().enumerate() {
            if at[symbol] < bars.at.len() {
                now = now.min(bars.at[at[symbol]]);
            }
        }
        if now == i64::MAX {
            return (cash, trades);
        }
        for (symbol, bars) in all.iter().enumerate() {
            let i = at[symbol];
            if i >= bars.at.len() || bars.at[i] != now {
                continue;
            }
            at[symbol] += 1;
            let (open, high, low, close) = (bars.open[i], bars.high[i], bars.low[i], bars.close[i]);
            let bar = Bar { symbol, at: now, open, high, low, close, volume: bars.volume[i] };
            let shares = std::mem::take(&mut pending[symbol]);
            if shares != 0 {
                cash -= shares * bar.open + FEE;
                position[symbol] += shares;
                trades += u32::from(shares < 0);
            }
            pending[symbol] = strategy.on_bar(&bar, position[symbol]);
            black_box(bar.volume);
        }
    }
}

/// Both yardsticks over the same bars, best of seven.
pub(crate) fn measure(all: &[Columns], bars: f64) -> Yards {
    let mut best = Yards { plain: 0.0, event: 0.0, trades: 0 };
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let by_loop = all.iter().map(|b| plain(black_box(b))).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        best.plain = best.plain.max(bars / begin.elapsed().as_secs_f64() / 1e6);
        let fresh = Range { day: -1, start: 0, top: 0, bottom: 0, done: false };
        let mut strategy: Box<dyn Strategy> = black_box(Box::new(Breakout(vec![fresh; SYMBOLS])));
        let begin = Instant::now();
        let by_event = events(black_box(all), strategy.as_mut());
        best.event = best.event.max(bars / begin.elapsed().as_secs_f64() / 1e6);
        assert_eq!(by_loop, by_event, "the two yardsticks disagree");
        best.trades = by_event.1 as usize;
    }
    best
}
