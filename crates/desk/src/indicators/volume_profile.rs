use std::cmp::Reverse;

use super::length::LengthError;
use crate::domain::decimal::{Price, Quantity};
use crate::domain::market::Bar;
use crate::domain::wide::Overflow;

/// How many rows a profile has room for.
const ROWS: usize = 512;
const ROOM: i64 = 512;
/// The most ticks a row may begin with.
const MOST_TICKS: u32 = 1_000;

/// One row of a profile: prices from `low` up to, not including, `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its lowest price.
    pub low: Price,
    /// The lowest price of the row above.
    pub high: Price,
    /// Units traded in it.
    pub volume: Quantity,
}

/// Volume by price over a session: rows, point of control, value area. For people and predictors.
///
/// A bar does not tell at which of its prices it traded: its volume is spread evenly over the rows from its low to its
/// high, the indivisible rest going to its close's row. Rows are some ticks high. Where a session spans more
/// than 512 of them, neighbours are merged and rows are twice as high from then on; no volume is lost.
#[derive(Clone, Debug)]
pub struct VolumeProfile {
    /// Height of a row in steps of 10⁻⁸, first and now.
    first_height: i64,
    height: i64,
    /// The row with number n (from n·height on) stands at n modulo 512.
    volumes: [i64; ROWS],
    /// Numbers of the lowest and the highest row in use.
    used: Option<(i64, i64)>,
    total: i64,
}

impl VolumeProfile {
    /// With rows of 1 to 1000 ticks. A tick that is not above zero counts as 10⁻⁸.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(tick: Price, ticks: u32) -> Result<Self, LengthError> {
        let most = usize::try_from(MOST_TICKS).unwrap_or(usize::MAX);
        LengthError::check(usize::try_from(ticks).unwrap_or(usize::MAX), 1, most)?;
        let height = tick.raw().max(1).saturating_mul(i64::from(ticks));
        Ok(Self { first_height: height, height, volumes: [0; ROWS], used: None, total: 0 })
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.height = self.first_height;
        self.volumes = [0; ROWS];
        self.used = None;
        self.total = 0;
    }

    /// Takes a clean bar in.
    ///
    /// # Errors
    /// [`Overflow`], and nothing changes, where the volume's sum is beyond 64 bits.
    pub fn update(&mut self, bar: &Bar) -> Result<(), Overflow> {
        self.total = self.total.checked_add(bar.volume.raw()).ok_or(Overflow)?;
        let (from, to) = self.make_room(bar.low.min(bar.high), bar.high.max(bar.low));
        let rows = to.saturating_sub(from).saturating_add(1);
        let share = bar.volume.raw().checked_div(rows).unwrap_or(0);
        let rest = bar.volume.raw().checked_rem(rows).unwrap_or(0);
        for number in from..=to {
            self.add(number, share);
        }
        self.add(self.number(bar.close).clamp(from, to), rest);
        Ok(())
    }

    /// The rows from the lowest to the highest price traded, those without volume included.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.used.into_iter().flat_map(|(first, last)| first..=last).map(|number| self.row(number))
    }

    /// The row with the most volume; of several the one nearest to the middle of the range, then the
    /// lower one. Nothing before the first traded unit.
    #[must_use]
    pub fn point_of_control(&self) -> Option<Row> {
        self.control().map(|number| self.row(number))
    }

    /// The prices around the point of control in which at least 70 % of the volume traded, the upper one not included.
    ///
    /// From the point of control on, the larger of the two neighbouring rows is added, the upper one where they are alike, until
    /// 70 % are reached (Steidlmayer's value area, on volume). Nothing before the first traded unit.
    #[must_use]
    pub fn value_area(&self) -> Option<(Price, Price)> {
        let (first, last) = self.used?;
        let (mut bottom, mut top) = (self.control()?, self.control()?);
        let mut covered = i128::from(self.volume(top));
        let enough = i128::from(self.total).saturating_mul(7);
        while covered.saturating_mul(10) < enough && (bottom > first || top < last) {
            let (above, below) = (top.saturating_add(1), bottom.saturating_sub(1));
            let upward = below < first || (above <= last && self.volume(above) >= self.volume(below));
            if upward {
                top = above;
            } else {
                bottom = below;
            }
            covered = covered.saturating_add(i128::from(self.volume(if upward { above } else { below })));
        }
        Some((self.row(bottom).low, self.row(top).high))
    }

    fn control(&self) -> Option<i64> {
        let (first, last) = self.used?;
        let span = i128::from(first).saturating_add(i128::from(last));
        let off_middle = |number: i64| i128::from(number).saturating_mul(2).saturating_sub(span).saturating_abs();
        let found = (first..=last).rev().max_by_key(|number| (self.volume(*number), Reverse(off_middle(*number))))?;
        (self.total > 0).then_some(found)
    }

    fn number(&self, price: Price) -> i64 {
        price.raw().checked_div_euclid(self.height).unwrap_or(0)
    }

    fn row(&self, number: i64) -> Row {
        let low = number.saturating_mul(self.height);
        let high = low.saturating_add(self.height);
        Row { low: Price::from_raw(low), high: Price::from_raw(high), volume: Quantity::from_raw(self.volume(number)) }
    }

    fn volume(&self, number: i64) -> i64 {
        self.volumes.get(place(number)).copied().unwrap_or(0)
    }

    /// The total was checked before, and no row holds more than the total.
    fn add(&mut self, number: i64, volume: i64) {
        if let Some(slot) = self.volumes.get_mut(place(number)) {
            *slot = slot.saturating_add(volume);
        }
    }

    /// Merges neighbours until both prices have a row; tells their rows' numbers.
    fn make_room(&mut self, low: Price, high: Price) -> (i64, i64) {
        loop {
            let (from, to) = (self.number(low), self.number(high));
            let (first, last) = self.used.map_or((from, to), |(first, last)| (first.min(from), last.max(to)));
            if last.checked_sub(first).is_some_and(|rows| rows < ROOM) {
                self.used = Some((first, last));
                return (from, to);
            }
            self.merge();
        }
    }

    fn merge(&mut self) {
        let before = std::mem::replace(&mut self.volumes, [0; ROWS]);
        self.height = self.height.saturating_mul(2);
        if let Some((first, last)) = self.used {
            for number in first..=last {
                let volume = before.get(place(number)).copied().unwrap_or(0);
                self.add(number.div_euclid(2), volume);
            }
            self.used = Some((first.div_euclid(2), last.div_euclid(2)));
        }
    }
}

fn place(number: i64) -> usize {
    usize::try_from(number.rem_euclid(ROOM)).unwrap_or(0)
}

#[cfg(test)]
#[path = "volume_profile_tests.rs"]
mod tests;
