//! Ctrl-C: asked for once, heeded between two steps, so that nothing half-done is left behind.

use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on.
///
/// # Errors
/// Where the system does not let us listen.
pub fn listen() -> Result<(), Failure> {
    ctrlc::set_handler(|| ASKED.store(true, Ordering::Relaxed))
        .map_err(|e| Failure::failed("signal", format!("cannot listen for Ctrl-C: {e}")))
}

/// Whether Ctrl-C was pressed.
#[must_use]
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Ends a step where Ctrl-C was pressed.
///
/// # Errors
/// [`Failure::interrupted`].
pub fn heed() -> Result<(), Failure> {
    if asked() { Err(Failure::interrupted()) } else { Ok(()) }
}
