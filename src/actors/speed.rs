//! How long the bot takes from a tick on; the real clock stays here, the counts are everybody's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::gateway::clock::Stopwatch;
use crate::messages::latency::Latencies;

/// Measures from the latest tick.
#[derive(Debug)]
pub(super) struct Speed {
    since: Stopwatch,
    tick: AtomicU64,
    pub(super) latencies: Arc<Latencies>,
}

impl Default for Speed {
    fn default() -> Self {
        Self { since: Stopwatch::start(), tick: AtomicU64::new(0), latencies: Arc::default() }
    }
}

impl Speed {
    /// A tick is sent into the bot.
    pub(super) fn tick(&self) {
        self.tick.store(self.now(), Ordering::Relaxed);
    }

    /// An entry that follows from it is sent to the venue.
    pub(super) fn intent(&self) {
        self.latencies.intent.note(self.since_tick());
    }

    /// Nothing more follows from it.
    pub(super) fn settled(&self) {
        self.latencies.settled.note(self.since_tick());
    }

    fn since_tick(&self) -> Duration {
        Duration::from_nanos(self.now().saturating_sub(self.tick.load(Ordering::Relaxed)))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
