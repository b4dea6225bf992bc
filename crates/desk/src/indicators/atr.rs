use super::length::LengthError;
use super::ring::Ring;
use crate::domain::decimal::Price;
use crate::domain::market::Bar;
use crate::domain::wide::Overflow;

/// The longest mean, in bars.
pub const MOST: usize = 64;

/// TR and ATR of STRAT-4: the simple mean of the last true ranges, cut to 10⁻⁸.
///
/// The true range is Wilder's (*New Concepts in Technical Trading Systems*, 1978); his smoothing is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atr {
    ranges: Ring<MOST>,
    length: i64,
    sum: i64,
    last_close: Option<Price>,
    last_range: Option<Price>,
}

impl Atr {
    /// Over `length` bars, 1 to 64; the strategies' is 14.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(length: usize) -> Result<Self, LengthError> {
        let ranges = Ring::new(length)?;
        let length = i64::try_from(length).map_err(|_| LengthError { asked: length, least: 1, most: MOST })?;
        Ok(Self { ranges, length, sum: 0, last_close: None, last_range: None })
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.ranges.clear();
        self.sum = 0;
        self.last_close = None;
        self.last_range = None;
    }

    /// Takes a clean bar in.
    ///
    /// # Errors
    /// [`Overflow`], and nothing changes, where the ranges' sum is beyond 64 bits.
    pub fn update(&mut self, bar: &Bar) -> Result<(), Overflow> {
        let (top, bottom) = match self.last_close {
            Some(close) => (bar.high.max(close), bar.low.min(close)),
            None => (bar.high, bar.low),
        };
        let range = top.checked_sub(bottom).ok_or(Overflow)?;
        let rest = self.sum.checked_sub(self.ranges.leaving().unwrap_or(0)).ok_or(Overflow)?;
        self.sum = rest.checked_add(range.raw()).ok_or(Overflow)?;
        self.ranges.push(range.raw());
        self.last_close = Some(bar.close);
        self.last_range = Some(range);
        Ok(())
    }

    /// The last bar's true range; nothing before the first bar.
    #[must_use]
    pub const fn true_range(&self) -> Option<Price> {
        self.last_range
    }

    /// Whether there are enough bars.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.ranges.is_full()
    }

    /// The mean of the last true ranges; nothing before there are enough bars.
    #[must_use]
    pub fn value(&self) -> Option<Price> {
        if !self.exists() {
            return None;
        }
        self.sum.checked_div(self.length).map(Price::from_raw)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::decimal::Quantity;
    use crate::domain::time::Timestamp;

    fn bar(high: i64, low: i64, close: i64) -> Bar {
        let [high, low, close] = [high, low, close].map(Price::from_raw);
        Bar { start: Timestamp::default(), open: low, high, low, close, volume: Quantity::ZERO }
    }

    // STRAT-4, by hand: high, low, close, true range, mean of the last three.
    #[test]
    fn the_true_range_reaches_to_the_close_before() {
        let mut atr = Atr::new(3).unwrap();
        assert_eq!(atr.true_range(), None);
        for (h, l, c, range, mean) in [
            (12, 10, 11, 2, None),
            (15, 13, 14, 4, None),    // from 11 up to 15
            (14, 12, 12, 2, Some(2)), // inside: 14 − 12; (2 + 4 + 2) ÷ 3 = 2.67
            (9, 8, 9, 4, Some(3)),    // from 12 down to 8; 10 ÷ 3
            (9, 9, 9, 0, Some(2)),    // 6 ÷ 3
            (20, 9, 10, 11, Some(5)), // 15 ÷ 3
        ] {
            atr.update(&bar(h, l, c)).unwrap();
            assert_eq!(atr.true_range(), Some(Price::from_raw(range)), "{h} {l} {c}");
            assert_eq!(atr.value(), mean.map(Price::from_raw), "{h} {l} {c}");
        }
        atr.reset();
        atr.update(&bar(3, 2, 2)).unwrap();
        assert_eq!((atr.true_range(), atr.value()), (Some(Price::from_raw(1)), None));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let mut atr = Atr::new(2).unwrap();
        for _ in 0..2 {
            atr.update(&bar(6, 2, 4)).unwrap();
        }
        assert_eq!(atr.update(&bar(i64::MAX, -5, 4)), Err(Overflow));
        assert_eq!(atr.update(&bar(i64::MAX, 0, 4)), Err(Overflow));
        assert_eq!((atr.value(), atr.true_range()), (Some(Price::from_raw(4)), Some(Price::from_raw(4))));
        assert_eq!(Atr::new(65).unwrap_err(), LengthError { asked: 65, least: 1, most: 64 });
    }

    proptest! {
        // STRAT-4: exists from bar `length` on and is the cut mean of exactly the last `length`.
        #[test]
        fn it_is_the_cut_mean_of_the_last_ranges(
            length in 1_usize..=64,
            bars in prop::collection::vec((1_000_i64..2_000, 0_i64..300, 0_i64..300), 1..150),
        ) {
            let mut atr = Atr::new(length).unwrap();
            let mut ranges: Vec<i64> = Vec::new();
            let mut before = None;
            for (close, up, down) in bars {
                let (high, low) = (close + up, close - down);
                atr.update(&bar(high, low, close)).unwrap();
                ranges.push(before.map_or(high - low, |b: i64| high.max(b) - low.min(b)));
                before = Some(close);
                let mean = ranges.len().checked_sub(length).map(|from| {
                    ranges[from..].iter().sum::<i64>() / i64::try_from(length).unwrap()
                });
                prop_assert_eq!(atr.value(), mean.map(Price::from_raw));
            }
        }
    }
}
