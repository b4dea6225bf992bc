//! Who lives, who is late, who fails again and again, and what follows (LIFE-10, LIFE-11).
//!
//! An actor that panicked or stopped is rebuilt in place, later each time. One that hangs cannot be stopped from inside:
//! entries freeze, a durable mark suspends it where it is a strategy, and the process ends with code 75, to be started
//! again from outside.

/// What was found, and what follows.
mod finding;
/// Beats, failures, budgets.
mod machine;

#[cfg(test)]
mod tests;

pub use finding::{EXIT_CODE, Finding, Outcome, Trouble};
pub use machine::{Tolerance, Watchdog};
