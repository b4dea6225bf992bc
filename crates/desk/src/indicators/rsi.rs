#![expect(clippy::float_arithmetic, reason = "for people and predictors; only + − × ÷")]

use super::float::{count, units};
use super::length::LengthError;
use crate::domain::decimal::Price;
use crate::domain::wide::Wide;

/// The longest average, in changes.
pub const MOST: usize = 250;

/// Relative strength index of closes, 0 to 100 (Wilder, *New Concepts in Technical Trading Systems*, 1978):
/// the mean gain's share of mean gain and mean loss, begun as the means of the first N changes, then each
/// `(mean·(N − 1) + change) ÷ N`. Floating point: for people and predictors, never for a price of ours.
#[derive(Clone, Debug)]
pub struct Rsi {
    length: usize,
    changes: usize,
    last: Option<Price>,
    gain: f64,
    loss: f64,
}

impl Rsi {
    /// Over `length` changes, 1 to 250; Wilder's is 14.
    ///
    /// # Errors
    /// [`LengthError`].
    pub const fn new(length: usize) -> Result<Self, LengthError> {
        match LengthError::check(length, 1, MOST) {
            Ok(length) => Ok(Self { length, changes: 0, last: None, gain: 0.0, loss: 0.0 }),
            Err(error) => Err(error),
        }
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.changes = 0;
        self.last = None;
        self.gain = 0.0;
        self.loss = 0.0;
    }

    /// Takes a clean bar's close in.
    pub fn update(&mut self, close: Price) {
        let Some(last) = self.last.replace(close) else { return };
        let change = units((Wide::from(close) - Wide::from(last)).raw());
        let (gain, loss) = if change > 0.0 { (change, 0.0) } else { (0.0, -change) };
        let length = count(self.length);
        if self.changes < self.length {
            self.changes = self.changes.saturating_add(1);
            self.gain += gain / length;
            self.loss += loss / length;
        } else {
            self.gain = (self.gain * (length - 1.0) + gain) / length;
            self.loss = (self.loss * (length - 1.0) + loss) / length;
        }
    }

    /// The index; nothing before N changes, so before bar N + 1; 50 where no price moved.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        if self.changes < self.length {
            return None;
        }
        let moved = self.gain + self.loss;
        Some(if moved > 0.0 { 100.0 * self.gain / moved } else { 50.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_gains_share() {
        for (closes, expected) in [
            (&[1, 2][..], None),
            (&[1, 2, 3], Some(100.0)),
            (&[3, 2, 1], Some(0.0)),
            (&[7, 7, 7, 7], Some(50.0)),
            (&[4, 7, 6], Some(75.0)),    // gains 3, losses 1
            (&[4, 7, 6, 8], Some(87.5)), // gain (1.5 + 2) ÷ 2, loss 0.5 ÷ 2
        ] {
            let mut rsi = Rsi::new(2).unwrap();
            rsi.update(Price::whole(99));
            rsi.update(Price::whole(1));
            rsi.reset();
            for close in closes {
                rsi.update(Price::whole(*close));
            }
            assert_eq!(rsi.value(), expected, "{closes:?}");
        }
        assert_eq!(Rsi::new(251).unwrap_err(), LengthError { asked: 251, least: 1, most: 250 });
    }
}
