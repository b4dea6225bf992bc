use crate::domain::decimal::Price;
use crate::domain::wide::{Overflow, Wide};

/// SD of STRAT-4: `⌊√⌊Σ (c − VWAP at that bar)² ÷ n⌋⌋` in steps of 10⁻⁸ over all clean bars so far (population).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deviation {
    squares: i128,
    bars: u32,
}

impl Deviation {
    /// Before the first bar.
    #[must_use]
    pub const fn new() -> Self {
        Self { squares: 0, bars: 0 }
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes in a clean bar's close and the VWAP which includes that bar; without VWAP the bar adds 0 to the sum
    /// and counts.
    ///
    /// # Errors
    /// [`Overflow`], and nothing changes, where the squares' sum is beyond 128 bits.
    pub fn update(&mut self, close: Price, vwap: Option<Price>) -> Result<(), Overflow> {
        let away = match vwap {
            Some(vwap) => close.checked_sub(vwap).ok_or(Overflow)?,
            None => Price::ZERO,
        };
        let squares = self.squares.checked_add(Wide::product(away.raw(), away.raw()).raw()).ok_or(Overflow)?;
        self.bars = self.bars.checked_add(1).ok_or(Overflow)?;
        self.squares = squares;
        Ok(())
    }

    /// The deviation; nothing before the first bar.
    #[must_use]
    pub fn value(&self) -> Option<Price> {
        let mean = Wide::new(self.squares).cut(i128::from(self.bars))?;
        mean.root()?.price().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // STRAT-4, by hand: close, VWAP, deviation.
    #[test]
    fn mean_and_root_are_cut() {
        let mut deviation = Deviation::new();
        assert_eq!(deviation.value(), None);
        for (close, vwap, expected) in [
            (50, None, 0),
            (14, Some(10), 2),   // 16 ÷ 2 = 8, √8 = 2.8
            (7, Some(11), 3),    // 32 ÷ 3 = 10.7, √10 = 3.2
            (12, Some(12), 2),   // 32 ÷ 4 = 8
            (112, Some(12), 44), // 10 032 ÷ 5 = 2006.4, √2006 = 44.8
        ] {
            deviation.update(Price::from_raw(close), vwap.map(Price::from_raw)).unwrap();
            assert_eq!(deviation.value(), Some(Price::from_raw(expected)), "{close}");
        }
        deviation.reset();
        assert_eq!(deviation.value(), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let mut deviation = Deviation::new();
        deviation.update(Price::MAX, Some(Price::ZERO)).unwrap();
        assert_eq!(deviation.value(), Some(Price::MAX));
        assert_eq!(deviation.update(Price::MAX, Some(Price::from_raw(-1))), Err(Overflow));
        deviation.update(Price::MAX, Some(Price::ZERO)).unwrap();
        assert_eq!(deviation.update(Price::MAX, Some(Price::ZERO)), Err(Overflow));
        assert_eq!(deviation.value(), Some(Price::MAX));
    }

    proptest! {
        // STRAT-4: the root's square does not pass the mean, the next one's does.
        #[test]
        fn it_is_the_largest_root_below(away in prop::collection::vec(prop::option::of(-5_000_000_000_i64..5_000_000_000), 1..60)) {
            let mut deviation = Deviation::new();
            let (mut sum, mut n) = (0_i128, 0_i128);
            for d in away {
                deviation.update(Price::from_raw(600 + d.unwrap_or(0)), d.map(|_| Price::from_raw(600))).unwrap();
                sum += i128::from(d.unwrap_or(0)).pow(2);
                n += 1;
                let root = i128::from(deviation.value().unwrap().raw());
                prop_assert!(root * root <= sum / n && (root + 1) * (root + 1) > sum / n);
            }
        }
    }
}
