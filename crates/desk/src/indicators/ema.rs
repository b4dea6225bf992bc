#![expect(clippy::float_arithmetic, reason = "for people and predictors; only + − × ÷")]

use super::float::{count, units};
use super::length::LengthError;
use crate::domain::decimal::Price;
use crate::domain::wide::Wide;

/// The longest average, in bars.
pub const MOST: usize = 250;

/// Exponential moving average of closes with the weight `2 ÷ (N + 1)`, begun as the mean of the first N (as
/// TA-Lib does). Floating point: for people and predictors, never for a price of ours.
#[derive(Clone, Debug)]
pub struct Ema {
    length: usize,
    bars: usize,
    sum: f64,
    value: f64,
}

impl Ema {
    /// Over `length` bars, 1 to 250.
    ///
    /// # Errors
    /// [`LengthError`].
    pub const fn new(length: usize) -> Result<Self, LengthError> {
        match LengthError::check(length, 1, MOST) {
            Ok(length) => Ok(Self { length, bars: 0, sum: 0.0, value: 0.0 }),
            Err(error) => Err(error),
        }
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.bars = 0;
        self.sum = 0.0;
        self.value = 0.0;
    }

    /// Takes a clean bar's close in.
    pub fn update(&mut self, close: Price) {
        let close = units(Wide::from(close).raw());
        if self.bars < self.length {
            self.bars = self.bars.saturating_add(1);
            self.sum += close;
            self.value = self.sum / count(self.length);
        } else {
            self.value += (close - self.value) * (2.0 / (count(self.length) + 1.0));
        }
    }

    /// The average in units of the price; nothing before the Nth bar.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.bars >= self.length).then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_as_a_mean_and_then_follows() {
        let mut ema = Ema::new(3).unwrap();
        for round in 0..2 {
            for (close, expected) in
                [(1, None), (2, None), (6, Some(3.0)), (5, Some(4.0)), (-4, Some(0.0)), (0, Some(0.0))]
            {
                ema.update(Price::whole(close));
                assert_eq!(ema.value(), expected, "{close} in round {round}");
            }
            ema.reset();
        }
        assert_eq!(Ema::new(0).unwrap_err(), LengthError { asked: 0, least: 1, most: 250 });
    }
}
