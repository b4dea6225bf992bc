//! The luck test (RES-7a): a bootstrap of the trades. The same trades, drawn again with replacement many times, say how
//! often the same strategy would have ended without a gain, had other trades of the same kind come.

use serde::Serialize;

use super::figure::{Figure, Unknown};
use crate::domain::decimal::Money;
use crate::domain::wide::{Overflow, Wide, widen};

/// How often the trades are drawn again.
pub const RESAMPLES: u32 = 2_000;
/// Where the drawing begins; the same for every run, so that two reports can be compared.
pub const SEED: u64 = 0x0007_B075_EED5;
/// With fewer trades nothing is concluded.
pub const ENOUGH: usize = 30;

/// What the luck test says in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LuckVerdict {
    /// Fewer than [`ENOUGH`] trades.
    TooFewTrades,
    /// The trades lost money.
    NoGain,
    /// At least one resample in twenty has no gain.
    LuckPossible,
    /// Fewer than one resample in twenty has no gain.
    LuckUnlikely,
}

/// The luck test of a run's trades.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LuckTest {
    /// How it is done.
    pub method: &'static str,
    /// Where the drawing began.
    pub seed: u64,
    /// How often the trades were drawn again.
    pub resamples: u32,
    /// How many trades there are.
    pub trades: usize,
    /// The share of resamples whose net is not above zero.
    pub share_not_above_zero: Option<Figure>,
    /// Mean net of a trade.
    pub mean: Option<Money>,
    /// 2.5 % of the resampled means lie below.
    pub mean_low: Option<Money>,
    /// 2.5 % of the resampled means lie above.
    pub mean_high: Option<Money>,
    /// The result in a word.
    pub verdict: LuckVerdict,
    /// Why something is missing.
    pub unknown: Unknown,
}

/// S. Vigna's `splitmix64`: 64 bits of state, one multiplication chain an output.
#[derive(Clone, Copy, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// An index below `count` (by multiplication and shift; the bias is below 2⁻⁴⁰ for any real count).
    pub fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.draw()).saturating_mul(u128::try_from(count).unwrap_or(0));
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}

/// Draws the trades' net results again and again. Fewer than two trades give no figures.
///
/// # Errors
/// [`Overflow`].
pub fn luck_test(nets: &[Money]) -> Result<LuckTest, Overflow> {
    let mut test = LuckTest {
        method: "bootstrap of the trades' net results, with replacement; 95 % percentile interval of the mean",
        seed: SEED,
        resamples: RESAMPLES,
        trades: nets.len(),
        share_not_above_zero: None,
        mean: None,
        mean_low: None,
        mean_high: None,
        verdict: LuckVerdict::TooFewTrades,
        unknown: Unknown::default(),
    };
    if nets.len() < 2 {
        for name in ["share_not_above_zero", "mean", "mean_low", "mean_high"] {
            test.unknown.or::<()>(name, "needs at least 2 trades", None);
        }
        return Ok(test);
    }
    let sums = resampled_sums(nets);
    let without_gain = sums.iter().filter(|sum| **sum <= 0).count();
    let count = i128::try_from(nets.len()).map_err(|_| Overflow)?;
    let total = nets.iter().map(|n| Wide::from(*n)).fold(Wide::ZERO, |a, b| a + b);
    let mean = |sum: i128| Wide::new(sum).half_even(count).ok_or(Overflow)?.money().map(Some);
    let at = |permille: usize| {
        let last = sums.len().saturating_sub(1);
        sums.get(last.saturating_mul(permille) / 1000).copied().unwrap_or_default()
    };
    test.share_not_above_zero =
        Figure::share(i128::try_from(without_gain).map_err(|_| Overflow)?, i128::from(RESAMPLES));
    test.mean = mean(total.raw())?;
    test.mean_low = mean(at(25))?;
    test.mean_high = mean(at(975))?;
    test.verdict = if nets.len() < ENOUGH {
        LuckVerdict::TooFewTrades
    } else if total.raw() <= 0 {
        LuckVerdict::NoGain
    } else if without_gain.saturating_mul(20) >= sums.len() {
        LuckVerdict::LuckPossible
    } else {
        LuckVerdict::LuckUnlikely
    };
    Ok(test)
}

/// The net of each resample, smallest first.
fn resampled_sums(nets: &[Money]) -> Vec<i128> {
    let mut source = SplitMix::new(SEED);
    let mut sums: Vec<i128> = (0..RESAMPLES)
        .map(|_| {
            (0..nets.len()).fold(0_i128, |sum, _| {
                let net = nets.get(source.below(nets.len())).copied().unwrap_or_default();
                sum.saturating_add(widen(net.raw()))
            })
        })
        .collect();
    sums.sort_unstable();
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(values: &[i64]) -> Vec<Money> {
        values.iter().map(|v| Money::whole(*v)).collect()
    }

    #[test]
    fn splitmix_is_the_published_sequence() {
        // The reference outputs of seed 1234567 (Vigna's splitmix64.c).
        let mut source = SplitMix::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| source.draw()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn the_luck_test_says_what_the_trades_allow() {
        // RES-7a
        let coin: Vec<i64> = (0..60).map(|i| if i % 2 == 0 { 101 } else { -100 }).collect();
        let sure: Vec<i64> = (0..60).map(|i| 10 + i % 5).collect();
        for (values, verdict) in [
            (vec![], LuckVerdict::TooFewTrades),
            (vec![500], LuckVerdict::TooFewTrades),
            (vec![5; 29], LuckVerdict::TooFewTrades),
            (vec![-5; 30], LuckVerdict::NoGain),
            (coin, LuckVerdict::LuckPossible),
            (sure, LuckVerdict::LuckUnlikely),
        ] {
            let test = luck_test(&nets(&values)).unwrap();
            assert_eq!(test.verdict, verdict, "{values:?}");
            assert_eq!(test.mean.is_none(), values.len() < 2);
            assert_eq!(test.unknown.is_empty(), test.mean.is_some());
            if let (Some(low), Some(mean), Some(high)) = (test.mean_low, test.mean, test.mean_high) {
                assert!(low <= mean && mean <= high, "{low} {mean} {high}");
            }
            assert_eq!(luck_test(&nets(&values)).unwrap(), test);
        }
    }
}
