use std::cmp::Ordering;
use std::fmt;

use crate::domain::market::Bar;

/// How many bars before count for the median.
const WINDOW: usize = 30;
/// Rounded up to a whole number of vector registers; the last places stay empty.
const PLACES: usize = 32;
/// How many bars before are needed for a median.
const LEAST: usize = 5;
/// How many medians a volume may be.
const TIMES: i64 = 8;
/// Minutes at each end of the session whose volumes are not judged.
const EDGE: u32 = 5;
/// A place without a bar. It counts with the large volumes, which decide nothing.
const EMPTY: i64 = i64::MAX;

/// Why a bar is corrupt (STRAT-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corruption {
    /// Its volume is zero although its high and low differ.
    RangeWithoutVolume,
    /// Its volume is over 8 times the median of the up to 30 bars before it.
    VolumeSpike,
}

impl Corruption {
    /// The name in records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::RangeWithoutVolume => "range_without_volume",
            Self::VolumeSpike => "volume_spike",
        }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RangeWithoutVolume => "the volume is zero although high and low differ",
            Self::VolumeSpike => "the volume is over 8 times the median of the up to 30 bars before",
        })
    }
}

/// Tells corrupt bars of one symbol and session from clean ones (STRAT-2).
///
/// The median is compared and never computed: a volume is over 8 medians when more than half of the bars before are
/// under an eighth of it. Only when exactly half of an even number are, the middle two have to be looked up. The last
/// count stays true while bars come and go, and answers for every volume up to 8 times its floor without a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorruptBars {
    volumes: [i64; PLACES],
    next: usize,
    filled: usize,
    /// A volume, how many of the bars before reach it, and 8 times it.
    floor: i64,
    reaching: usize,
    times_floor: i64,
    session_minutes: u32,
}

impl CorruptBars {
    /// For a session of so many minutes.
    #[must_use]
    pub const fn new(session_minutes: u32) -> Self {
        Self { volumes: [EMPTY; PLACES], next: 0, filled: 0, floor: 0, reaching: 0, times_floor: 0, session_minutes }
    }

    /// Forgets the session; the next one has so many minutes.
    pub const fn reset(&mut self, session_minutes: u32) {
        *self = Self::new(session_minutes);
    }

    /// Judges a bar that starts `minute` minutes after the open, and takes its volume in, corrupt or not.
    #[inline]
    pub fn update(&mut self, bar: &Bar, minute: u32) -> Option<Corruption> {
        let volume = bar.volume.raw();
        let at_edge = minute < EDGE || minute >= self.session_minutes.saturating_sub(EDGE);
        let verdict = if volume == 0 && bar.high != bar.low {
            Some(Corruption::RangeWithoutVolume)
        } else if !at_edge && self.is_spike(volume) {
            Some(Corruption::VolumeSpike)
        } else {
            None
        };
        self.push(volume);
        verdict
    }

    fn push(&mut self, volume: i64) {
        if let Some(place) = self.volumes.get_mut(self.next) {
            let left = std::mem::replace(place, volume);
            let lost = usize::from(self.filled == WINDOW && left >= self.floor);
            self.reaching = self.reaching.saturating_add(usize::from(volume >= self.floor)).saturating_sub(lost);
        }
        let next = self.next.saturating_add(1);
        self.next = if next >= WINDOW { 0 } else { next };
        self.filled = self.filled.saturating_add(1).min(WINDOW);
    }

    /// Whether there are enough bars, their median is above 0, and the volume is over 8 medians.
    #[inline]
    fn is_spike(&mut self, volume: i64) -> bool {
        // More than half reach the floor, so the median does.
        let answered = self.filled < LEAST || (self.reaching > self.filled / 2 && volume <= self.times_floor);
        !answered && self.count_anew(volume)
    }

    /// Whether a volume is over 8 medians that the last count does not answer for.
    #[inline(never)]
    fn count_anew(&mut self, volume: i64) -> bool {
        let half = self.filled / 2;
        // 8·x < v is the same as x ≤ ⌊(v − 1) ÷ 8⌋.
        let limit = volume.saturating_sub(1).div_euclid(TIMES);
        let under = self.count_up_to(limit);
        self.floor = limit.saturating_add(1);
        self.times_floor = self.floor.saturating_mul(TIMES);
        self.reaching = self.filled.saturating_sub(under);
        match under.cmp(&half) {
            Ordering::Less => false,
            Ordering::Greater => self.count_up_to(0) <= half,
            Ordering::Equal => self.filled.is_multiple_of(2) && self.middle_two_are_under(limit, volume),
        }
    }

    fn count_up_to(&self, limit: i64) -> usize {
        self.volumes.iter().map(|x| usize::from(*x <= limit)).sum()
    }

    /// Of an even number of bars, half up to the limit: whether 8 times the mean of the middle two, which
    /// is above 0, is under the volume.
    fn middle_two_are_under(&self, limit: i64, volume: i64) -> bool {
        let lower = self.volumes.iter().filter(|x| **x <= limit).max();
        let upper = self.volumes.iter().filter(|x| **x > limit).min();
        let (Some(lower), Some(upper)) = (lower, upper) else { return false };
        let sum = i128::from(*lower).saturating_add(i128::from(*upper));
        sum > 0 && sum.saturating_mul(i128::from(TIMES / 2)) < i128::from(volume)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::decimal::{Price, Quantity};
    use crate::domain::time::Timestamp;

    fn bar(volume: i64, range: i64) -> Bar {
        let low = Price::whole(10);
        let high = Price::from_raw(low.raw() + range);
        Bar { start: Timestamp::default(), open: low, high, low, close: low, volume: Quantity::from_raw(volume) }
    }

    /// STRAT-2 by sorting: the volumes before (all of the session), the minute of a session of 390, the bar.
    fn by_sorting(before: &[i64], minute: u32, bar: &Bar) -> Option<Corruption> {
        let volume = i128::from(bar.volume.raw());
        if volume == 0 && bar.high != bar.low {
            return Some(Corruption::RangeWithoutVolume);
        }
        let mut last: Vec<i128> = before.iter().rev().take(30).map(|v| i128::from(*v)).collect();
        last.sort_unstable();
        let n = last.len();
        if n < 5 || !(5..385).contains(&minute) {
            return None;
        }
        let twice_median = if n.is_multiple_of(2) { last[n / 2 - 1] + last[n / 2] } else { 2 * last[n / 2] };
        (twice_median > 0 && volume > 4 * twice_median).then_some(Corruption::VolumeSpike)
    }

    // STRAT-2, the edges of each word: five bars, over (not at) 8 medians, a median above 0, an even number.
    #[test]
    fn over_eight_medians_is_a_spike() {
        let spike = Some(Corruption::VolumeSpike);
        for (before, volume, expected) in [
            (&[3, 3, 3, 3][..], 1_000, None),
            (&[1, 2, 3, 4, 5], 24, None),
            (&[1, 2, 3, 4, 5], 25, spike),
            (&[0, 0, 0, 4, 5], 1_000, None),
            (&[0, 0, 1, 4, 5], 9, spike),
            (&[1, 1, 2, 5, 9, 9], 28, None), // the middle two are 2 and 5: 8 × 3.5
            (&[1, 1, 2, 5, 9, 9], 29, spike),
            (&[0, 0, 0, 1, 9, 9], 4, None), // 8 × 0.5
            (&[0, 0, 0, 1, 9, 9], 5, spike),
            (&[0, 0, 0, 0, 9, 9], 1_000, None),
            (&[7, 7, 7, 7, 7, 7], 0, None),
        ] {
            let mut bars = CorruptBars::new(390);
            for v in before {
                bars.update(&bar(*v, 0), 100);
            }
            assert_eq!(bars.update(&bar(volume, 0), 100), expected, "{volume} after {before:?}");
        }
    }

    // STRAT-2: the first and the last five minutes are not judged by volume; no volume with a range always is.
    #[test]
    fn the_edges_of_the_session_are_let_be() {
        for (session, minute, judged) in
            [(390, 4, false), (390, 5, true), (390, 384, true), (390, 385, false), (210, 204, true), (210, 205, false)]
        {
            let mut bars = CorruptBars::new(390);
            bars.reset(session);
            for _ in 0..10 {
                bars.update(&bar(1, 0), 0);
            }
            let expected = judged.then_some(Corruption::VolumeSpike);
            assert_eq!(bars.clone().update(&bar(100, 1), minute), expected, "minute {minute} of {session}");
            assert_eq!(bars.update(&bar(0, 1), minute), Some(Corruption::RangeWithoutVolume));
            assert_eq!(bars.update(&bar(0, 0), minute), None);
        }
    }

    fn volumes() -> impl Strategy<Value = Vec<i64>> {
        prop_oneof![
            prop::collection::vec(0_i64..40, 1..120),
            prop::collection::vec(prop_oneof![0_i64..5, 8_i64..80, 1_000_i64..9_000], 1..120),
            prop::collection::vec(prop_oneof![Just(0), Just(1), Just(i64::MAX), 0_i64..=i64::MAX], 1..120),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        // STRAT-2: counting agrees with sorting on every bar, corrupt ones included in the window.
        #[test]
        fn counting_agrees_with_sorting(volumes in volumes(), first in 0_u32..380, range in 0_i64..2) {
            let mut bars = CorruptBars::new(390);
            for (index, volume) in volumes.iter().enumerate() {
                let minute = first + u32::try_from(index).unwrap();
                let bar = bar(*volume, range);
                prop_assert_eq!(bars.update(&bar, minute), by_sorting(&volumes[..index], minute, &bar));
            }
        }

        // The tie of an even number, hit on purpose: a volume around 4 × the sum of the middle two.
        #[test]
        fn the_middle_two_are_summed_exactly(
            half in 3_usize..=15, lower in 0_i64..1_000, gap in 0_i64..20_000, off in -2_i64..=2,
        ) {
            let upper = lower + gap;
            let before: Vec<i64> = (0..2 * half).map(|i| if i % 2 == 0 { lower } else { upper }).collect();
            let mut bars = CorruptBars::new(390);
            for volume in &before {
                bars.update(&bar(*volume, 0), 0);
            }
            let bar = bar((4 * (lower + upper) + off).max(0), 0);
            prop_assert_eq!(bars.update(&bar, 50), by_sorting(&before, 50, &bar));
        }
    }
}
