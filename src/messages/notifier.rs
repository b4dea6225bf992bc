//! What the notifier can be told.

use super::board::Alert;

/// What the notifier can be told.
#[derive(Debug)]
pub enum ToNotifier {
    /// Somebody should know this.
    Alert(Alert),
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
}
