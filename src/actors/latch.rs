//! The kill latch: shared memory that anybody can set and that the broker reads before each send. It is the one thing that
//! actors share. Setting it is one atomic store; who and why follow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The latch; clones are the same latch.
#[derive(Clone, Debug, Default)]
pub struct Latch(Arc<AtomicBool>);

impl Latch {
    /// Shuts it: from this instant no entry is sent.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Opens it. The supervisor alone does this, when a person may and has said why (RISK-15).
    pub(super) fn reset(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Whether it is shut.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
