use super::length::LengthError;
use crate::domain::decimal::Price;
use crate::domain::market::Bar;

/// The longest look back, in bars.
pub const MOST: usize = 120;

/// Highest high and lowest low of the last N clean bars *before* the current one (STRAT-20).
///
/// The bars stand in blocks of N. When a block is full, each place is given the extreme from there to
/// the block's end; the last N bars are then one place of the old block and the running extreme of the new one, which
/// overwrites exactly the places that nobody needs any more. Two comparisons a bar on average, no search
/// (van Herk 1992, Gil and Werman 1993).
#[derive(Clone, Debug)]
pub struct Extremes {
    length: usize,
    highs: [i64; MOST],
    lows: [i64; MOST],
    /// How many bars the new block holds.
    new: usize,
    /// The extremes of the new block.
    top: i64,
    bottom: i64,
    /// Whether there is an old block.
    full: bool,
    before: Option<(Price, Price)>,
}

impl Extremes {
    /// Over the last `length` bars, 1 to 120.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(length: usize) -> Result<Self, LengthError> {
        let length = LengthError::check(length, 1, MOST)?;
        Ok(Self {
            length,
            highs: [0; MOST],
            lows: [0; MOST],
            new: 0,
            top: i64::MIN,
            bottom: i64::MAX,
            full: false,
            before: None,
        })
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.new = 0;
        self.top = i64::MIN;
        self.bottom = i64::MAX;
        self.full = false;
        self.before = None;
    }

    /// Takes a clean bar in, which becomes the current one.
    pub fn update(&mut self, bar: &Bar) {
        let (high, low) = (bar.high.raw(), bar.low.raw());
        if let (Some(top), Some(bottom)) = (self.highs.get_mut(self.new), self.lows.get_mut(self.new)) {
            if self.full {
                let highest = (*top).max(self.top);
                let lowest = (*bottom).min(self.bottom);
                self.before = Some((Price::from_raw(highest), Price::from_raw(lowest)));
            }
            *top = high;
            *bottom = low;
        }
        self.top = self.top.max(high);
        self.bottom = self.bottom.min(low);
        self.new = self.new.saturating_add(1);
        if self.new >= self.length {
            self.close_block();
        }
    }

    /// The highest high of the N bars before the current one; nothing with N clean bars or fewer.
    #[must_use]
    pub fn highest(&self) -> Option<Price> {
        self.before.map(|(highest, _)| highest)
    }

    /// The lowest low of the N bars before the current one; nothing with N clean bars or fewer.
    #[must_use]
    pub fn lowest(&self) -> Option<Price> {
        self.before.map(|(_, lowest)| lowest)
    }

    /// Turns each place into the extreme from there to the block's end.
    fn close_block(&mut self) {
        let (mut top, mut bottom) = (i64::MIN, i64::MAX);
        for (high, low) in self.highs.iter_mut().zip(&mut self.lows).take(self.length).rev() {
            top = top.max(*high);
            bottom = bottom.min(*low);
            *high = top;
            *low = bottom;
        }
        self.new = 0;
        self.top = i64::MIN;
        self.bottom = i64::MAX;
        self.full = true;
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
                }
            }
        }
    }
}
