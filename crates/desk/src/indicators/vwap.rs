use std::cell::Cell;
use std::cmp::Ordering;

use crate::domain::decimal::Price;
use crate::domain::market::Bar;
use crate::domain::wide::{Overflow, Wide};

/// VWAP of STRAT-4 since the open: `⌊Σ (h + l + c)·v ÷ (3·Σ v)⌋`, from exact sums.
///
/// A bar moves the sums alone; the quotient is worked out when somebody asks, once a bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vwap {
    /// `Σ (h + l + c)·v`.
    turnover: i128,
    /// `3·Σ v`.
    weight: i128,
    quotient: Cell<Option<Price>>,
}

impl Vwap {
    /// Before the first bar.
    #[must_use]
    pub const fn new() -> Self {
        Self { turnover: 0, weight: 0, quotient: Cell::new(None) }
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes a clean bar in.
    ///
    /// # Errors
    /// [`Overflow`], and nothing changes, where the prices' sum is beyond 64 bits or the turnover beyond 128.
    pub fn update(&mut self, bar: &Bar) -> Result<(), Overflow> {
        let prices = bar.high.checked_add(bar.low).and_then(|sum| sum.checked_add(bar.close)).ok_or(Overflow)?;
        let turnover = Wide::product(prices.raw(), bar.volume.raw()).raw();
        let turnover = self.turnover.checked_add(turnover).ok_or(Overflow)?;
        self.weight = self.weight.checked_add(Wide::product(bar.volume.raw(), 3).raw()).ok_or(Overflow)?;
        self.turnover = turnover;
        self.quotient.set(None);
        Ok(())
    }

    /// Whether a unit has been traded. The average of prices that fit 64 bits fits them too.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.weight > 0
    }

    /// The average price, cut to 10⁻⁸; nothing before the first traded unit.
    #[must_use]
    pub fn value(&self) -> Option<Price> {
        if self.quotient.get().is_none() && self.weight > 0 {
            let quotient = Wide::new(self.turnover).cut(self.weight).and_then(|q| q.price().ok());
            self.quotient.set(quotient);
        }
        self.quotient.get()
    }

    /// How a price stands to [`value`](Self::value), by one product in place of the division.
    #[must_use]
    pub fn compare(&self, price: Price) -> Option<Ordering> {
        if self.quotient.get().is_none() && self.weight > 0 && self.turnover >= 0 {
            // p > ⌊n ÷ d⌋ is p·d > n, and p ≥ ⌊n ÷ d⌋ is p·d + d > n.
            let scaled = Wide::new(self.weight).times(price.raw()).map(Wide::raw);
            if let Some((scaled, next)) = scaled.and_then(|p| Some((p, p.checked_add(self.weight)?))) {
                return Some(if scaled > self.turnover {
                    Ordering::Greater
                } else if next > self.turnover {
                    Ordering::Equal
                } else {
                    Ordering::Less
                });
            }
        }
        self.value().map(|value| price.cmp(&value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::decimal::Quantity;
    use crate::domain::time::Timestamp;

    fn bar(high: i64, low: i64, close: i64, volume: i64) -> Bar {
        let [open, high, low, close] = [low, high, low, close].map(Price::from_raw);
        Bar { start: Timestamp::default(), open, high, low, close, volume: Quantity::from_raw(volume) }
    }

    // STRAT-4, by hand.
    #[test]
    fn the_quotient_is_cut() {
        let mut vwap = Vwap::new();
        assert_eq!((vwap.value(), vwap.compare(Price::whole(1))), (None, None));
        for (bar, expected) in [
            (bar(12, 10, 11, 0), None),
            (bar(12, 10, 11, 4), Some(11)),    // 33·4 ÷ 12
            (bar(20, 20, 20, 1), Some(12)),    // (132 + 60) ÷ 15 = 12.8
            (bar(14, 12, 14, 7), Some(13)),    // (192 + 280) ÷ 36 = 13.1
            (bar(1_000, 1, 1, 0), Some(13)),   // no volume, no weight
            (bar(500, 499, 500, 1), Some(50)), // (472 + 1499) ÷ 39 = 50.5
        ] {
            vwap.update(&bar).unwrap();
            assert_eq!(vwap.value(), expected.map(Price::from_raw), "{bar:?}");
        }
        vwap.reset();
        assert_eq!(vwap.value(), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let mut vwap = Vwap::new();
        vwap.update(&bar(30, 10, 20, 5)).unwrap();
        let third = i64::MAX / 3;
        assert_eq!(vwap.update(&bar(i64::MAX, 1, 1, 1)), Err(Overflow));
        for _ in 0..2 {
            vwap.update(&bar(third, third, third, i64::MAX)).unwrap();
        }
        let before = vwap.value();
        assert!(before.is_some());
        assert_eq!(vwap.update(&bar(third, third, third, i64::MAX)), Err(Overflow));
        assert_eq!(vwap.value(), before);
    }

    proptest! {
        // STRAT-4: sums exact from the open, one cut at the end; the comparison agrees with it.
        #[test]
        fn it_is_the_quotient_of_the_sums(
            bars in prop::collection::vec((1_i64..100_000_000_000, 0_i64..1_000, 0_i64..1_000, 0_i64..500), 1..40),
        ) {
            let mut vwap = Vwap::new();
            let (mut turnover, mut volume) = (0_i128, 0_i128);
            for (low, up, down, v) in bars {
                let b = bar(low + up + down, low, low + up, v);
                vwap.update(&b).unwrap();
                turnover += i128::from(b.high.raw() + b.low.raw() + b.close.raw()) * i128::from(v);
                volume += i128::from(v);
                let expected = (volume > 0).then(|| Price::from_raw(i64::try_from(turnover / (3 * volume)).unwrap()));
                let near = expected.map_or(low, Price::raw);
                for price in (near - 2..=near + 2).map(Price::from_raw) {
                    prop_assert_eq!(vwap.compare(price), expected.map(|e| price.cmp(&e)));
                }
                prop_assert_eq!(vwap.value(), expected);
            }
        }

        // Prices below zero are cut towards zero too.
        #[test]
        fn negative_prices_compare_alike(close in -1_000_i64..10, volume in 1_i64..50, price in -1_010_i64..20) {
            let mut vwap = Vwap::new();
            vwap.update(&bar(close + 5, close - 7, close, volume)).unwrap();
            let asked = vwap.compare(Price::from_raw(price));
            prop_assert_eq!(vwap.value(), Some(Price::from_raw((3 * close - 2) / 3)));
            prop_assert_eq!(asked, vwap.value().map(|v| Price::from_raw(price).cmp(&v)));
        }
    }
}
