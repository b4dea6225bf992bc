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
    work: Arc<AtomicBool>,
}

/// An actor is at work until this is dropped.
#[derive(Debug)]
pub struct AtWork(Arc<AtomicBool>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Pulse {
    /// A pulse that has not been felt yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, beat: Arc::default(), down: Arc::default(), work: Arc::default() }
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

    /// The actor begins to work on a message.
    #[must_use]
    pub fn begin(&self) -> AtWork {
        self.work.store(true, Ordering::SeqCst);
        AtWork(Arc::clone(&self.work))
    }

    /// Whether it works on a message.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.work.load(Ordering::SeqCst)
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
