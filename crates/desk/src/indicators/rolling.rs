use std::cmp::Ordering;

use super::length::LengthError;
use super::ring::Ring;
use crate::domain::decimal::Price;
use crate::domain::market::Bar;

/// The longest look back, in bars.
pub const MOST: usize = 120;

/// Highest high and lowest low of the last N clean bars *before* the current one (STRAT-20).
///
/// Every bar of the session is taken in, and only the last hour asks: a bar costs two writes, and the extremes are
/// searched for when somebody wants them. Most ask only how a price stands to them, and the first bar that reaches it ends
/// that search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extremes {
    highs: Ring<MOST>,
    lows: Ring<MOST>,
    /// High and low of the current bar, which counts from the next one on.
    current: Option<(i64, i64)>,
}

impl Extremes {
    /// Over the last `length` bars, 1 to 120.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(length: usize) -> Result<Self, LengthError> {
        Ok(Self { highs: Ring::new(length)?, lows: Ring::new(length)?, current: None })
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.highs.clear();
        self.lows.clear();
        self.current = None;
    }

    /// Takes a clean bar in, which becomes the current one.
    pub fn update(&mut self, bar: &Bar) {
        if let Some((high, low)) = self.current.replace((bar.high.raw(), bar.low.raw())) {
            self.highs.push(high);
            self.lows.push(low);
        }
    }

    /// The highest high of the N bars before the current one; nothing with N clean bars or fewer.
    #[must_use]
    pub fn highest(&self) -> Option<Price> {
        self.highs.all()?.iter().copied().max().map(Price::from_raw)
    }

    /// The lowest low of the N bars before the current one; nothing with N clean bars or fewer.
    #[must_use]
    pub fn lowest(&self) -> Option<Price> {
        self.lows.all()?.iter().copied().min().map(Price::from_raw)
    }

    /// Whether a price lies above the highest high, below the lowest low, or between them; nothing with N clean bars or
    /// fewer.
    #[must_use]
    pub fn compare(&self, price: Price) -> Option<Ordering> {
        let (highs, lows, price) = (self.highs.all()?, self.lows.all()?, price.raw());
        Some(if highs.iter().all(|high| price > *high) {
            Ordering::Greater
        } else if lows.iter().all(|low| price < *low) {
            Ordering::Less
        } else {
            Ordering::Equal
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::decimal::Quantity;
    use crate::domain::time::Timestamp;

    fn bar(high: i64, low: i64) -> Bar {
        let [high, low] = [high, low].map(Price::from_raw);
        Bar { start: Timestamp::default(), open: low, high, low, close: high, volume: Quantity::ZERO }
    }

    // STRAT-20: needs more than `lookback` clean bars, and leaves the current one out.
    #[test]
    fn the_current_bar_is_left_out() {
        let mut extremes = Extremes::new(2).unwrap();
        for (high, low, expected) in [
            (10, 5, None),
            (12, 6, None),
            (99, 1, Some((12, 5))),
            (11, 7, Some((99, 1))),
            (10, 8, Some((99, 1))),
            (10, 8, Some((11, 7))),
        ] {
            extremes.update(&bar(high, low));
            assert_eq!(extremes.highest(), expected.map(|e| Price::from_raw(e.0)), "{high} {low}");
            assert_eq!(extremes.lowest(), expected.map(|e| Price::from_raw(e.1)), "{high} {low}");
        }
        extremes.reset();
        extremes.update(&bar(3, 2));
        assert_eq!(extremes.highest(), None);
    }

    #[test]
    fn a_length_without_room_is_refused() {
        for asked in [0, 121] {
            assert_eq!(Extremes::new(asked).unwrap_err(), LengthError { asked, least: 1, most: 120 });
        }
    }

    proptest! {
        // STRAT-20, against a plain search, across a reset.
        #[test]
        fn it_is_the_extreme_of_the_bars_before(
            length in 1_usize..=120,
            sessions in prop::collection::vec(prop::collection::vec((-50_i64..50, 0_i64..20), 0..400), 1..3),
        ) {
            let mut extremes = Extremes::new(length).unwrap();
            for bars in sessions {
                extremes.reset();
                for (index, (low, range)) in bars.iter().enumerate() {
                    extremes.update(&bar(low + range, *low));
                    let window = index.checked_sub(length).map(|from| &bars[from..index]);
                    let highest = window.and_then(|w| w.iter().map(|b| b.0 + b.1).max());
                    let lowest = window.and_then(|w| w.iter().map(|b| b.0).min());
                    prop_assert_eq!(extremes.highest(), highest.map(Price::from_raw));
                    prop_assert_eq!(extremes.lowest(), lowest.map(Price::from_raw));
                    for price in [highest, lowest].into_iter().flatten().flat_map(|edge| edge - 1..=edge + 1) {
                        let stands = if Some(price) > highest {
                            Ordering::Greater
                        } else if Some(price) < lowest {
                            Ordering::Less
                        } else {
                            Ordering::Equal
                        };
                        prop_assert_eq!(extremes.compare(Price::from_raw(price)), Some(stands));
                    }
                }
            }
        }
    }
}
