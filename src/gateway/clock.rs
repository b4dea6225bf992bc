//! The real clock: the one file that knows it.

use std::time::{Duration, Instant, SystemTime};

use desk::domain::time::Timestamp;

/// How long a wait lasts at most before it asks whether to go on.
const SLICE: Duration = Duration::from_millis(50);

/// The time of the real clock, UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one file that knows the clock")]
pub fn now() -> Timestamp {
    of_file(SystemTime::now())
}

/// A file's own time.
#[must_use]
pub fn of_file(at: SystemTime) -> Timestamp {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Measures real time from its start.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one file that knows the clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long ago it was started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Waits until so much time has passed since the start, as long as `go_on` says so.
    pub fn wait_until(&self, due: Duration, go_on: impl Fn() -> bool) {
        while let Some(left) = due.checked_sub(self.elapsed()).filter(|left| !left.is_zero()) {
            if !go_on() {
                return;
            }
            std::thread::sleep(left.min(SLICE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_lasts_as_long_as_asked_and_ends_at_once_where_it_should() {
        let watch = Stopwatch::start();
        watch.wait_until(Duration::from_millis(120), || true);
        assert!(watch.elapsed() >= Duration::from_millis(120));
        watch.wait_until(Duration::from_hours(1), || false);
        assert!(watch.elapsed() < Duration::from_mins(1));
    }
}
