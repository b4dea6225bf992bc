//! The day's order: windows, what comes next, phases, and the readiness gate before each window (LIFE-8, LIFE-8a).

/// Windows, phases, what comes next.
mod day;
/// Whether a window's entries may begin.
mod readiness;

pub use day::{Coming, Phase, Planned, Progress, Schedule};
pub use readiness::{Evidence, Gate, Missing, Needs, readiness};
