//! Randomness as an input: one seed gives the same numbers on every machine, for ever.
//!
//! The generator is `SplitMix64` (G. Steele, D. Lea, C. Flood: "Fast Splittable Pseudorandom Number Generators", 2014,
//! in the constants of S. Vigna's reference implementation). It is for simulation, never for secrets. Only integers
//! come out of it, so that no platform's floating point can change a result.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Where randomness begins. As text a decimal number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of a part: streams of different names or numbers are independent, whatever is drawn from the others.
    #[must_use]
    pub fn part(self, name: &str, number: u64) -> Self {
        let mut state = mix(self.0 ^ GOLDEN);
        for byte in name.bytes() {
            state = mix(state.wrapping_add(GOLDEN) ^ u64::from(byte));
        }
        Self(mix(state.wrapping_add(GOLDEN) ^ number))
    }

    /// A generator that begins here.
    #[must_use]
    pub const fn rng(self) -> Rng {
        Rng { state: self.0 }
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seed {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A stream of random numbers. A copy draws the same numbers again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number from 0 to `bound` − 1, each alike; 0 where `bound` is 0.
    ///
    /// The high half of a 128-bit product, by D. Lemire: "Fast Random Integer Generation in an Interval" (2019), with
    /// its rejection of the few draws that would make some numbers likelier.
    pub fn below(&mut self, bound: u64) -> u64 {
        let Some(threshold) = bound.wrapping_neg().checked_rem(bound) else { return 0 };
        loop {
            let product = u128::from(self.next()).saturating_mul(u128::from(bound));
            let (high, low) = halves(product);
            if low >= threshold {
                return high;
            }
        }
    }

    /// A number from `low` to `high`, both inclusive, each alike; `low` where `high` is not above it.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        // The whole of 64 bits has no count in 64 bits.
        let offset = match high.abs_diff(low).checked_add(1) {
            Some(count) => self.below(count),
            None => self.next(),
        };
        low.wrapping_add_unsigned(offset)
    }

    /// Whether something happens that happens `times` in `of`; never where `of` is 0.
    pub fn chance(&mut self, times: u64, of: u64) -> bool {
        self.below(of) < times && of > 0
    }

    /// A whole number of bell shape: mean 0, standard deviation `deviation`, none beyond six of them.
    ///
    /// The sum of twelve uniform draws has variance 1 (J. Irwin and P. Hall, 1927).
    pub fn bell(&mut self, deviation: i64) -> i64 {
        const STEPS: i64 = 1 << 20;
        let sum = (0..12).fold(0_i64, |sum, _| sum.saturating_add(self.range(0, STEPS)));
        let centred = sum.saturating_sub(STEPS.saturating_mul(6));
        let scaled =
            i128::from(centred).saturating_mul(i128::from(deviation)).checked_div(i128::from(STEPS)).unwrap_or(0);
        i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
    }

    /// One of these, each alike; nothing where there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.below(u64::try_from(from.len()).unwrap_or(u64::MAX));
        from.get(usize::try_from(place).unwrap_or(usize::MAX))
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The high and the low 64 bits.
fn halves(product: u128) -> (u64, u64) {
    let low = u64::try_from(product & u128::from(u64::MAX)).unwrap_or_default();
    (u64::try_from(product >> 64).unwrap_or_default(), low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_draws_the_published_numbers() {
        // Vigna's splitmix64.c from seed 1234567.
        let mut rng = Seed(1_234_567).rng();
        for expected in [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ] {
            assert_eq!(rng.next(), expected);
        }
    }

    #[test]
    fn parts_do_not_disturb_each_other() {
        let parts: Vec<u64> =
            (0..64).flat_map(|n| [Seed(7).part("venue", n), Seed(7).part("market", n)]).map(|s| s.0).collect();
        let mut distinct = parts.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), parts.len());
        assert_eq!(Seed(7).part("venue", 3), Seed(7).part("venue", 3));
        assert_ne!(Seed(7).part("venue", 3), Seed(8).part("venue", 3));
        assert_eq!("42".parse(), Ok(Seed(42)));
    }

    #[test]
    fn each_number_is_alike() {
        let mut rng = Seed(1).rng();
        let mut counts = [0_i64; 10];
        for _ in 0..100_000 {
            counts[usize::try_from(rng.below(10)).unwrap()] += 1;
        }
        // Nine degrees of freedom: beyond 27.9 with a chance of 1 in 1000; in tenths of a count.
        let chi: i64 = counts.iter().map(|n| (n - 10_000).pow(2)).sum::<i64>() / 1000;
        assert!(chi < 279, "{counts:?}");
    }

    #[test]
    fn the_bell_has_its_mean_and_deviation() {
        let mut rng = Seed(2).rng();
        let draws: Vec<i64> = (0..100_000).map(|_| rng.bell(10_000)).collect();
        let mean = draws.iter().sum::<i64>() / 100_000;
        let variance = draws.iter().map(|d| d * d).sum::<i64>() / 100_000;
        assert!(mean.abs() < 150, "{mean}");
        assert!((98_000_000..102_000_000).contains(&variance), "{variance}");
        assert!(draws.iter().all(|d| d.abs() <= 60_000));
    }

    proptest! {
        #[test]
        fn draws_stay_within_their_bounds(seed: u64, a: i64, b: i64, bound: u64) {
            let mut rng = Seed(seed).rng();
            let drawn = rng.range(a, b);
            prop_assert!((a..=b.max(a)).contains(&drawn));
            let below = rng.below(bound);
            prop_assert!(below < bound.max(1));
            prop_assert!(!rng.chance(0, bound));
            prop_assert_eq!(rng.chance(bound, bound), bound > 0);
            prop_assert_eq!(rng.pick::<u8>(&[]), None);
            let one = [a];
            prop_assert_eq!(rng.pick(&one), Some(&a));
        }
    }
}
