//! How many nanoseconds a bar costs in each exact indicator: `cargo run --release -p desk --example indicator_speed`.

use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use desk::domain::decimal::{Price, Quantity};
use desk::domain::market::Bar;
use desk::domain::time::{Span, Timestamp};
use desk::indicators::atr::Atr;
use desk::indicators::corrupt::CorruptBars;
use desk::indicators::deviation::Deviation;
use desk::indicators::quality::Quality;
use desk::indicators::rolling::Extremes;
use desk::indicators::volume::VolumeSum;
use desk::indicators::vwap::Vwap;

type Failure = Box<dyn std::error::Error>;
type Day = [(u32, Bar)];

const SESSION: u32 = 390;
const DAYS: usize = 2_000;

/// One session of a random walk around 500.00 on the tick, the volumes spread over three orders of magnitude.
fn day(seed: u64) -> Vec<(u32, Bar)> {
    let mut state = seed;
    let mut draw = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap_or(0).rem_euclid(below)
    };
    let cents = |cents: i64| Price::from_raw(cents.saturating_mul(1_000_000));
    let mut last = 50_000_i64;
    let mut bars = Vec::new();
    for minute in 0..SESSION {
        let open = last;
        last = last.saturating_add(draw(41)).saturating_sub(20);
        let (high, low) = (open.max(last).saturating_add(draw(15)), open.min(last).saturating_sub(draw(15)));
        let volume = Quantity::whole(draw(1_000).saturating_mul(draw(100)).saturating_add(1_000));
        let start = Timestamp::from_seconds(1_700_000_000) + Span::minutes(minute.into());
        bars.push((
            minute,
            Bar { start, open: cents(open), high: cents(high), low: cents(low), close: cents(last), volume },
        ));
    }
    bars
}

/// Runs the days through a piece of work and tells the nanoseconds a bar.
#[expect(clippy::disallowed_methods, reason = "measuring takes the clock; nothing of the product runs here")]
fn time(
    name: &str,
    days: &[Vec<(u32, Bar)>],
    mut work: impl FnMut(&Day) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut best = u128::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for day in days.iter().cycle().take(DAYS) {
            work(black_box(day))?;
        }
        best = best.min(start.elapsed().as_nanos());
    }
    let bars = u128::from(SESSION).saturating_mul(u128::try_from(DAYS)?);
    let tenths = best.saturating_mul(10).checked_div(bars).unwrap_or(0);
    writeln!(std::io::stdout(), "{name:<28} {:>4}.{} ns a bar", tenths / 10, tenths % 10)?;
    Ok(())
}

fn main() -> Result<(), Failure> {
    let days: Vec<_> = (1..=20).map(day).collect();
    averages(&days)?;
    windows(&days)?;
    together(&days)
}

fn averages(days: &[Vec<(u32, Bar)>]) -> Result<(), Failure> {
    let (mut vwap, mut atr, mut deviation) = (Vwap::new(), Atr::new(14)?, Deviation::new());
    time("VWAP, sums", days, |day| {
        vwap.reset();
        day.iter().try_for_each(|(_, bar)| vwap.update(bar))?;
        black_box(vwap.value());
        Ok(())
    })?;
    time("VWAP, quotient too", days, |day| {
        vwap.reset();
        for (_, bar) in day {
            vwap.update(bar)?;
            black_box(vwap.value());
        }
        Ok(())
    })?;
    time("ATR, value too", days, |day| {
        atr.reset();
        for (_, bar) in day {
            atr.update(bar)?;
            black_box(atr.value());
        }
        Ok(())
    })?;
    time("deviation, VWAP too", days, |day| {
        vwap.reset();
        deviation.reset();
        for (_, bar) in day {
            vwap.update(bar)?;
            deviation.update(bar.close, vwap.value())?;
        }
        black_box(deviation.value());
        Ok(())
    })?;
    time("deviation, root too", days, |day| {
        vwap.reset();
        deviation.reset();
        for (_, bar) in day {
            vwap.update(bar)?;
            deviation.update(bar.close, vwap.value())?;
            black_box(deviation.value());
        }
        Ok(())
    })
}

fn windows(days: &[Vec<(u32, Bar)>]) -> Result<(), Failure> {
    let (mut long, mut sum) = (Extremes::new(30)?, VolumeSum::new(10)?);
    let (mut corrupt, mut quality) = (CorruptBars::new(SESSION), Quality::new());
    time("extremes of 30", days, |day| {
        long.reset();
        for (_, bar) in day {
            long.update(bar);
            black_box((long.highest(), long.lowest()));
        }
        Ok(())
    })?;
    time("volumes of 10", days, |day| {
        sum.reset();
        for (_, bar) in day {
            sum.update(bar.volume);
            black_box(sum.before());
        }
        Ok(())
    })?;
    time("corrupt bars", days, |day| {
        corrupt.reset(SESSION);
        for (minute, bar) in day {
            black_box(corrupt.update(bar, *minute));
        }
        Ok(())
    })?;
    time("quality", days, |day| {
        quality.reset();
        for (minute, bar) in day {
            quality.update(*minute, bar.close, false)?;
            black_box((quality.score(), quality.hold()));
        }
        Ok(())
    })
}

fn together(days: &[Vec<(u32, Bar)>]) -> Result<(), Failure> {
    let (mut vwap, mut atr, mut sum) = (Vwap::new(), Atr::new(14)?, VolumeSum::new(10)?);
    let (mut long, mut short) = (Extremes::new(30)?, Extremes::new(120)?);
    let (mut corrupt, mut quality) = (CorruptBars::new(SESSION), Quality::new());
    time("all of a strategy's", days, |day| {
        vwap.reset();
        atr.reset();
        long.reset();
        short.reset();
        sum.reset();
        corrupt.reset(SESSION);
        quality.reset();
        for (minute, bar) in day {
            let bad = corrupt.update(bar, *minute).is_some();
            quality.update(*minute, bar.close, bad)?;
            if bad {
                continue;
            }
            vwap.update(bar)?;
            atr.update(bar)?;
            long.update(bar);
            short.update(bar);
            sum.update(bar.volume);
            black_box((vwap.value(), atr.value(), long.highest(), short.lowest(), sum.before()));
        }
        Ok(())
    })
}
