//! Closing: what is sent, in which order and how often, until the broker has confirmed that nothing is left (RISK-13 to
//! RISK-16, EXEC-8, EXEC-10a). It serves the kill switch, `flatten`, `cancel`, and the drill.
//!
//! It knows nothing but what the broker confirms. A step can only cancel, ask, or make a position smaller.

/// The kill switch on a scratch venue.
mod drill;
/// What is sent next.
mod machine;
/// What was done, to be signed.
mod receipt;
/// What the broker confirms.
mod view;

#[cfg(test)]
mod tests;

pub use drill::{DrillReport, DrillStep, drill};
pub use machine::{Exit, KillSwitch, Step, Verb};
pub use receipt::{Left, Line, Receipt, Said};
pub use view::{Confirmed, Entry, Held, Protective, Unexplained};
