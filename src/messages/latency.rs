//! How long things take, counted as they happen: what the metrics say of the way from a tick to an intent.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Steps from one doubling to the next: a reading is at most a sixteenth above the truth.
const STEPS: u64 = 16;
/// Places for every number of nanoseconds.
const PLACES: usize = 976;

/// Durations, counted by their size.
#[derive(Debug)]
pub struct Histogram {
    counts: Box<[AtomicU64]>,
    total: AtomicU64,
}

/// What is measured in a running bot.
#[derive(Debug, Default)]
pub struct Latencies {
    /// From a tick to an entry that is decided, recorded and sent.
    pub intent: Histogram,
    /// From a tick to its last consequence.
    pub settled: Histogram,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: (0..PLACES).map(|_| AtomicU64::new(0)).collect(), total: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Counts one.
    pub fn note(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get(place(nanos)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.total.fetch_add(nanos, Ordering::Relaxed);
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|c| c.load(Ordering::Relaxed)).sum()
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.total.load(Ordering::Relaxed))
    }

    /// So many thousandths of them took no longer; nothing where none was counted.
    #[must_use]
    pub fn quantile(&self, thousandths: u64) -> Option<Duration> {
        let due = self.count().saturating_mul(thousandths).div_ceil(1_000).max(1);
        let mut seen = 0_u64;
        self.counts.iter().enumerate().find_map(|(place, count)| {
            seen = seen.saturating_add(count.load(Ordering::Relaxed));
            (seen >= due).then(|| Duration::from_nanos(most(place)))
        })
    }
}

/// Where a duration is counted: by its first five binary digits and how many follow.
fn place(nanos: u64) -> usize {
    let more = nanos.checked_ilog2().and_then(|digits| digits.checked_sub(4)).unwrap_or(0);
    let first = nanos.checked_shr(more).unwrap_or(0);
    usize::try_from(u64::from(more).saturating_mul(STEPS).saturating_add(first)).unwrap_or(usize::MAX)
}

/// The longest that is counted there.
fn most(place: usize) -> u64 {
    let place = u64::try_from(place).unwrap_or(u64::MAX);
    let more = place.div_euclid(STEPS).saturating_sub(1);
    let first = place.saturating_sub(more.saturating_mul(STEPS));
    let beyond =
        u32::try_from(more).ok().and_then(|more| first.saturating_add(1).checked_mul(1_u64.checked_shl(more)?));
    beyond.map_or(u64::MAX, |b| b.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_has_a_place_whose_reading_is_at_most_a_sixteenth_above_it() {
        let powers = (0..64).flat_map(|n| [1_u64 << n, (1 << n) - 1, (1_u64 << n).wrapping_mul(3) / 2]);
        for nanos in powers.chain([0, u64::MAX, 1_234_567, 999_999_999]) {
            let read = most(place(nanos));
            assert!(place(nanos) < PLACES, "{nanos}");
            assert!(nanos <= read && read - nanos <= nanos / 16, "{nanos} is read as {read}");
        }
    }

    #[test]
    fn quantiles_are_those_of_what_was_counted() {
        let histogram = Histogram::default();
        assert_eq!((histogram.quantile(500), histogram.count()), (None, 0));
        for micros in 1..=1_000 {
            histogram.note(Duration::from_micros(micros));
        }
        for (thousandths, micros) in [(500, 500), (990, 990), (1_000, 1_000), (1, 1)] {
            let read = histogram.quantile(thousandths).unwrap();
            let truth = Duration::from_micros(micros);
            assert!(truth <= read && read <= truth + truth / 16, "{thousandths}: {read:?}");
        }
        assert_eq!((histogram.count(), histogram.total()), (1_000, Duration::from_micros(500_500)));
    }
}
