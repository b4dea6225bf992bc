use super::length::LengthError;
use crate::domain::decimal::Price;
use crate::domain::market::Bar;

/// The shortest and the longest range, in minutes.
const MINUTES: (usize, usize) = (5, 60);

/// What is known of the opening range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeStatus {
    /// Its minutes are not over.
    Forming,
    /// Its minutes are over and fewer than 4 in 5 of them had a clean bar: no signal that day.
    TooFewBars {
        /// Clean bars that there were.
        have: u32,
        /// Clean bars that there had to be.
        need: u32,
    },
    /// Its edges stand for the day.
    Formed(Range),
}

/// A range of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The highest high.
    pub high: Price,
    /// The lowest low.
    pub low: Price,
}

/// High and low of the clean bars that start in the session's first minutes (STRAT-18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningRange {
    minutes: u32,
    edges: Option<Range>,
    bars: u32,
    over: bool,
}

impl OpeningRange {
    /// Over the first `minutes` of the session, 5 to 60.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(minutes: u32) -> Result<Self, LengthError> {
        let (least, most) = MINUTES;
        let asked = usize::try_from(minutes).unwrap_or(usize::MAX);
        LengthError::check(asked, least, most)?;
        Ok(Self { minutes, edges: None, bars: 0, over: false })
    }

    /// Forgets the session.
    pub const fn reset(&mut self) {
        self.edges = None;
        self.bars = 0;
        self.over = false;
    }

    /// Takes in a clean bar that starts `minute` minutes after the open.
    pub fn update(&mut self, bar: &Bar, minute: u32) {
        if minute < self.minutes {
            self.edges = Some(match self.edges {
                Some(edges) => Range { high: edges.high.max(bar.high), low: edges.low.min(bar.low) },
                None => Range { high: bar.high, low: bar.low },
            });
            self.bars = self.bars.saturating_add(1);
        }
        // Known at its end: the last minute's own bar completes the range.
        self.over = self.over || minute.saturating_add(1) >= self.minutes;
    }

    /// What is known at the end of the last bar taken in.
    #[must_use]
    pub fn status(&self) -> RangeStatus {
        let need = self.minutes.saturating_mul(4).div_ceil(5);
        match self.edges {
            _ if !self.over => RangeStatus::Forming,
            Some(edges) if self.bars >= need => RangeStatus::Formed(edges),
            _ => RangeStatus::TooFewBars { have: self.bars, need },
        }
    }

    /// The edges, once they stand.
    #[must_use]
    pub fn edges(&self) -> Option<Range> {
        match self.status() {
            RangeStatus::Formed(edges) => Some(edges),
            RangeStatus::Forming | RangeStatus::TooFewBars { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::Quantity;
    use crate::domain::time::Timestamp;

    fn bar(high: &str, low: &str) -> Bar {
        let [high, low] = [high, low].map(|p| p.parse().unwrap());
        Bar { start: Timestamp::default(), open: low, high, low, close: high, volume: Quantity::whole(1) }
    }

    // STRAT-18: at least 4 in 5, whatever the length; a range of 5 needs 4, of 14 needs 11.2, so 12.
    #[test]
    fn four_in_five_have_to_be_there() {
        for (minutes, present, need, formed) in [
            (5, 4, 4, true),
            (5, 3, 4, false),
            (14, 12, 12, true),
            (14, 11, 12, false),
            (15, 12, 12, true),
            (60, 47, 48, false),
        ] {
            let mut range = OpeningRange::new(minutes).unwrap();
            for minute in (minutes - present..minutes).chain([minutes + 3]) {
                range.update(&bar("11", "10"), minute);
            }
            let status = range.status();
            if formed {
                let edges = Range { high: Price::whole(11), low: Price::whole(10) };
                assert_eq!(status, RangeStatus::Formed(edges), "{present} of {minutes}");
            } else {
                assert_eq!(status, RangeStatus::TooFewBars { have: present, need }, "{present} of {minutes}");
                assert_eq!(range.edges(), None);
            }
        }
    }

    // STRAT-18, the worked trade of 2026-03-13: 184.42 to 186.09; later bars move nothing, short of 184.32779 signals.
    #[test]
    fn later_bars_do_not_move_the_edges() {
        let mut range = OpeningRange::new(15).unwrap();
        assert_eq!(range.status(), RangeStatus::Forming);
        for minute in 0..15 {
            let (high, low) = match minute {
                3 => ("186.09", "185.58"),
                6 => ("184.775", "184.42"),
                _ => ("185.50", "185.00"),
            };
            assert_eq!(range.edges(), None, "minute {minute}");
            range.update(&bar(high, low), minute);
        }
        for minute in [15, 32] {
            range.update(&bar("190", "180"), minute);
            let edges = range.edges().unwrap();
            assert_eq!((edges.high.to_string(), edges.low.to_string()), ("186.09".into(), "184.42".into()));
        }
        range.reset();
        assert_eq!(range.status(), RangeStatus::Forming);
    }

    #[test]
    fn without_a_single_bar_there_is_no_range() {
        let mut range = OpeningRange::new(5).unwrap();
        range.update(&bar("11", "10"), 5);
        assert_eq!(range.status(), RangeStatus::TooFewBars { have: 0, need: 4 });
        assert_eq!(OpeningRange::new(4).unwrap_err(), LengthError { asked: 4, least: 5, most: 60 });
    }
}
