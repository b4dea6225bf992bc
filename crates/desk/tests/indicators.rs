//! Our indicators against `kand`, a published implementation modelled on TA-Lib, over one seeded series.
//!
//! Not compared, because no published implementation defines it alike:
//! - ATR: STRAT-4 takes the simple mean of the last 14 true ranges with the first bar's `h − l`; `kand`'s ATR is
//!   Wilder's. Its true ranges and its simple mean, put together, are compared instead.
//! - SD of STRAT-4: around a VWAP that moves from bar to bar, since the open.
//! - Corrupt bars, data quality, opening range: our own rules.
//! - Volume profile: implementations differ in rows and spreading; it has a worked example and a plain map beside it.
//!
//! `kand` keeps running floating-point sums and fuses products, so the two agree to some 10⁻⁹ of a unit, not in bits.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "a test that fails should stop where it fails"
)]

use desk::domain::decimal::{Price, Quantity};
use desk::domain::market::Bar;
use desk::domain::time::{Span, Timestamp};
use desk::indicators::atr::Atr;
use desk::indicators::ema::Ema;
use desk::indicators::mean::RollingMean;
use desk::indicators::rolling::Extremes;
use desk::indicators::rsi::Rsi;
use desk::indicators::volume::VolumeSum;
use desk::indicators::vwap::Vwap;
use kand::ta::{ohlcv, stats};

const BARS: usize = 5_000;

/// The series as both sides take it.
struct Series {
    bars: Vec<Bar>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

/// A random walk in hundredths of a cent from 187.50 on, with gaps between bars and bars without volume.
fn series() -> Series {
    let mut state = 20_260_313_u64;
    let mut draw = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap() % below
    };
    let mut last = 1_875_000_i64;
    let bars: Vec<Bar> = (0..BARS)
        .map(|index| {
            let open = (last + draw(801) - 400).max(100_000);
            last = (open + draw(4_001) - 2_000).max(100_000);
            let [high, low] = [open.max(last) + draw(900), open.min(last) - draw(900)];
            let [open, high, low, close] = [open, high, low, last].map(|steps| Price::from_raw(steps * 10_000));
            let volume = Quantity::whole((draw(40_000) - 1_000).max(0));
            let start = Timestamp::from_seconds(1_700_000_040) + Span::minutes(i64::try_from(index).unwrap());
            Bar { start, open, high, low, close, volume }
        })
        .collect();
    let float = |steps: fn(&Bar) -> i64| bars.iter().map(|bar| steps(bar) as f64 / 1e8).collect();
    Series {
        high: float(|b| b.high.raw()),
        low: float(|b| b.low.raw()),
        close: float(|b| b.close.raw()),
        volume: float(|b| b.volume.raw()),
        bars,
    }
}

/// Each bar's value of ours against theirs, which is NaN where it does not exist.
fn compare(name: &str, ours: &[Option<f64>], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (bar, (our, their)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(our.is_none(), their.is_nan(), "{name} exists, bar {bar}");
        let apart = our.map_or(0.0, |our| (our - their).abs());
        assert!(apart <= tolerance, "{name}, bar {bar}: {our:?} against {their}");
    }
    assert!(ours.iter().flatten().count() > BARS / 2, "{name} has values to compare");
}

fn price(price: Option<Price>) -> Option<f64> {
    price.map(|p| p.raw() as f64 / 1e8)
}

#[test]
fn vwap_from_the_open() {
    let Series { bars, high, low, close, volume } = series();
    let mut vwap = Vwap::new();
    let ours: Vec<_> = bars
        .iter()
        .map(|bar| {
            vwap.update(bar).unwrap();
            price(vwap.value())
        })
        .collect();
    let [mut theirs, mut turnover, mut units] = [(); 3].map(|()| vec![0.0; BARS]);
    ohlcv::vwap::vwap(&high, &low, &close, &volume, &mut theirs, &mut turnover, &mut units).unwrap();
    // Ours is cut to 10⁻⁸, theirs is not.
    compare("VWAP", &ours, &theirs, 2e-8);
}

#[test]
fn true_range_and_its_simple_mean() {
    let Series { bars, high, low, close, .. } = series();
    for length in [1, 14, 64] {
        let mut atr = Atr::new(length).unwrap();
        let mut ours = Vec::new();
        let mut means = Vec::new();
        for bar in &bars {
            atr.update(bar).unwrap();
            ours.push(price(atr.true_range()));
            means.push(price(atr.value()));
        }
        let mut theirs = vec![0.0; BARS];
        ohlcv::trange::trange(&high, &low, &close, &mut theirs).unwrap();
        // Theirs needs a close before; ours takes `h − l` for the first (STRAT-4).
        theirs[0] = high[0] - low[0];
        compare("true range", &ours, &theirs, 1e-10);
        if length > 1 {
            let mut mean = vec![0.0; BARS];
            ohlcv::sma::sma(&theirs, length, &mut mean).unwrap();
            compare("mean of true ranges", &means, &mean, 2e-8);
        } else {
            assert_eq!(means, ours);
        }
    }
}

#[test]
fn extremes_and_volumes_of_the_bars_before() {
    let Series { bars, high, low, volume, .. } = series();
    for length in [2, 10, 30, 60] {
        let mut extremes = Extremes::new(length).unwrap();
        let mut sum = VolumeSum::new(length).unwrap();
        let [mut highest, mut lowest, mut sums] = [(); 3].map(|()| Vec::new());
        for bar in &bars {
            extremes.update(bar);
            sum.update(bar.volume);
            highest.push(price(extremes.highest()));
            lowest.push(price(extremes.lowest()));
            sums.push(sum.before().map(|wide| wide.raw() as f64 / 1e8));
        }
        let [mut max, mut min, mut total] = [(); 3].map(|()| vec![0.0; BARS]);
        stats::max::max(&high, length, &mut max).unwrap();
        stats::min::min(&low, length, &mut min).unwrap();
        stats::sum::sum(&volume, length, &mut total).unwrap();
        // Theirs includes the current bar, ours ends before it: one bar apart.
        for theirs in [&mut max, &mut min, &mut total] {
            theirs.pop();
            theirs.insert(0, f64::NAN);
        }
        compare("highest high", &highest, &max, 0.0);
        compare("lowest low", &lowest, &min, 0.0);
        compare("sum of volumes", &sums, &total, 0.0);
    }
}

#[test]
fn exponential_average() {
    let Series { bars, close, .. } = series();
    for length in [2, 9, 21, 250] {
        let mut ema = Ema::new(length).unwrap();
        let ours: Vec<_> = bars
            .iter()
            .map(|bar| {
                ema.update(bar.close);
                ema.value()
            })
            .collect();
        let mut theirs = vec![0.0; BARS];
        ohlcv::ema::ema(&close, length, None, &mut theirs).unwrap();
        compare("EMA", &ours, &theirs, 1e-10);
    }
}

#[test]
fn relative_strength() {
    let Series { bars, close, .. } = series();
    for length in [2, 14, 250] {
        let mut rsi = Rsi::new(length).unwrap();
        let ours: Vec<_> = bars
            .iter()
            .map(|bar| {
                rsi.update(bar.close);
                rsi.value()
            })
            .collect();
        let [mut theirs, mut gain, mut loss] = [(); 3].map(|()| vec![0.0; BARS]);
        ohlcv::rsi::rsi(&close, length, &mut theirs, &mut gain, &mut loss).unwrap();
        // Without any movement theirs says 100 and ours 50; this series always moves.
        compare("RSI", &ours, &theirs, 1e-9);
    }
}

#[test]
fn mean_and_standard_deviation() {
    let Series { bars, close, .. } = series();
    for length in [2, 20, 250] {
        let mut rolling = RollingMean::new(length).unwrap();
        let [mut means, mut deviations] = [(); 2].map(|()| Vec::new());
        for bar in &bars {
            rolling.update(bar.close);
            means.push(rolling.mean());
            deviations.push(rolling.standard_deviation());
        }
        let mut mean = vec![0.0; BARS];
        ohlcv::sma::sma(&close, length, &mut mean).unwrap();
        compare("mean", &means, &mean, 1e-9);
        // Theirs takes the squares' sum less the mean's square, which costs it digits and may end below 0.
        let [mut variance, mut sum, mut squares] = [(); 3].map(|()| vec![0.0; BARS]);
        stats::var::var(&close, length, &mut variance, &mut sum, &mut squares).unwrap();
        let ours: Vec<_> = deviations.iter().map(|d| d.map(|d| d * d)).collect();
        compare("variance", &ours, &variance, 1e-7);
    }
}
