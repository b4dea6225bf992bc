//! Who answered when: each actor stores the number of the last beat it heard, without a message of its own. The watchdog's
//! thread reads them, whatever the arbiters do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// One actor's pulse; clones are the same.
#[derive(Clone, Debug)]
pub struct Pulse {
    name: &'static str,
    beat: Arc<AtomicU64>,
    down: Arc<AtomicBool>,
}

impl Pulse {
    /// A pulse that has not been felt yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, beat: Arc::default(), down: Arc::default() }
    }

    /// Whose.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The actor has heard this beat.
    pub fn answer(&self, beat: u64) {
        self.beat.fetch_max(beat, Ordering::SeqCst);
    }

    /// The last beat it has heard.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.beat.load(Ordering::SeqCst)
    }

    /// It has fallen and is being built anew: that is known, and no hang.
    pub fn lie_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Whether it is being built anew.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }
}
