use super::length::LengthError;
use super::ring::Ring;
use crate::domain::decimal::Quantity;
use crate::domain::wide::Wide;

/// The longest sum, in bars.
pub const MOST: usize = 60;

/// Sum of the volumes of the last N clean bars *before* the current one (STRAT-18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSum {
    volumes: Ring<MOST>,
    /// Of all volumes held, the current one included. 60 values of 64 bits never fill 128.
    sum: Wide,
    before: Option<Wide>,
}

impl VolumeSum {
    /// Over the last `length` bars, 1 to 60.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(length: usize) -> Result<Self, LengthError> {
        Ok(Self { volumes: Ring::new(length)?, sum: Wide::ZERO, before: None })
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.volumes.clear();
        self.sum = Wide::ZERO;
        self.before = None;
    }

    /// Takes a clean bar's volume in, which becomes the current one.
    pub fn update(&mut self, volume: Quantity) {
        if let Some(leaving) = self.volumes.leaving() {
            self.before = Some(self.sum);
            self.sum = self.sum - Quantity::from_raw(leaving).into();
        }
        self.sum += volume.into();
        self.volumes.push(volume.raw());
    }

    /// The sum over the N bars before the current one, in steps of 10⁻⁸; nothing with N clean bars or fewer.
    #[must_use]
    pub const fn before(&self) -> Option<Wide> {
        self.before
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_current_bar_is_left_out() {
        let mut sum = VolumeSum::new(3).unwrap();
        for (volume, before) in [(5, None), (7, None), (i64::MAX, None), (1, Some(12)), (2, Some(8))] {
            sum.update(Quantity::from_raw(volume));
            let before = before.map(|rest| Wide::new(rest + i128::from(i64::MAX)));
            assert_eq!(sum.before(), before, "{volume}");
        }
        sum.reset();
        sum.update(Quantity::whole(1));
        assert_eq!(sum.before(), None);
        assert_eq!(VolumeSum::new(61).unwrap_err(), LengthError { asked: 61, least: 1, most: 60 });
    }

    // STRAT-18, the worked trade of 2026-03-13: 809 442 against 1.5 × 466 304.8, the mean of ten bars before.
    #[test]
    fn the_confirmation_is_made_on_exact_products() {
        let mut sum = VolumeSum::new(10).unwrap();
        for volume in [466_304; 9].into_iter().chain([466_312, 809_442]) {
            sum.update(Quantity::whole(volume));
        }
        let mean = sum.before().unwrap().cut(10).unwrap().quantity().unwrap();
        assert_eq!(mean.to_string(), "466304.8");
        let factor: Quantity = "1.5".parse().unwrap();
        let volume = Wide::from(Quantity::whole(809_442)) * 10 * Quantity::whole(1).raw();
        assert!(volume > sum.before().unwrap() * factor.raw());
    }

    proptest! {
        #[test]
        fn it_is_the_sum_of_the_bars_before(
            length in 1_usize..=60,
            volumes in prop::collection::vec(0_i64..=i64::MAX, 0..200),
        ) {
            let mut sum = VolumeSum::new(length).unwrap();
            for (index, volume) in volumes.iter().enumerate() {
                sum.update(Quantity::from_raw(*volume));
                let window = index.checked_sub(length).map(|from| &volumes[from..index]);
                let expected = window.map(|w| w.iter().map(|v| i128::from(*v)).sum());
                prop_assert_eq!(sum.before(), expected.map(Wide::new));
            }
        }
    }
}
