#![expect(clippy::float_arithmetic, reason = "for people and predictors; only + − × ÷ √")]

use super::float::{count, units};
use super::length::LengthError;
use super::ring::Ring;
use crate::domain::decimal::Price;
use crate::domain::wide::Wide;

/// The longest window, in bars.
pub const MOST: usize = 250;

/// Mean and standard deviation (population) of the last N closes, the current one included.
///
/// The sum is an exact integer, so nothing drifts however long the session is. The values are floating point: for people
/// and predictors, never for a price of ours.
#[derive(Clone, Debug)]
pub struct RollingMean {
    closes: Ring<MOST>,
    /// 250 values of 64 bits never fill 128.
    sum: Wide,
}

impl RollingMean {
    /// Over the last `length` bars, 1 to 250.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(length: usize) -> Result<Self, LengthError> {
        Ok(Self { closes: Ring::new(length)?, sum: Wide::ZERO })
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.closes.clear();
        self.sum = Wide::ZERO;
    }

    /// Takes a clean bar's close in.
    pub fn update(&mut self, close: Price) {
        let leaving = self.closes.leaving().unwrap_or(0);
        self.sum = self.sum + close.into() - Price::from_raw(leaving).into();
        self.closes.push(close.raw());
    }

    /// The mean in units of the price; nothing before the Nth bar.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.closes.is_full().then(|| units(self.sum.raw()) / count(self.closes.length()))
    }

    /// The standard deviation in units of the price, worked out anew over the N closes when asked (two
    /// passes, which lose no digits to a large price); nothing before the Nth bar.
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        let squares = self.closes.values().map(|close| {
            let away = units(i128::from(close)) - mean;
            away * away
        });
        Some((squares.sum::<f64>() / count(self.closes.length())).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_of_the_last_four() {
        let mut rolling = RollingMean::new(4).unwrap();
        for round in 0..2 {
            for (close, expected) in [
                (2, None),
                (4, None),
                (4, None),
                (6, Some((4.0, 2.0_f64.sqrt()))),
                (10, Some((6.0, 6.0_f64.sqrt()))),
                (4, Some((6.0, 6.0_f64.sqrt()))),
                (-20, Some((0.0, 138.0_f64.sqrt()))),
            ] {
                rolling.update(Price::whole(close));
                let found = rolling.mean().zip(rolling.standard_deviation());
                assert_eq!(found, expected, "{close} in round {round}");
            }
            rolling.reset();
        }
        assert_eq!(RollingMean::new(0).unwrap_err(), LengthError { asked: 0, least: 1, most: 250 });
    }

    // A running sum of floating-point numbers would keep the rounding of the billions that went by.
    #[test]
    fn nothing_is_left_of_what_went_by() {
        let mut rolling = RollingMean::new(2).unwrap();
        for close in [Price::MAX, Price::MAX, Price::from_raw(1), Price::from_raw(1)] {
            rolling.update(close);
        }
        assert_eq!((rolling.mean(), rolling.standard_deviation()), (Some(0.000_000_01), Some(0.0)));
    }
}
