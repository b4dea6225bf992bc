//! The rehearsal (RES-1 to RES-3): whether it may start, its windows on a clock of their own, and its checklist.

/// Points with evidence, and the verdict.
mod checklist;
/// Whether it may start, and its windows.
mod plan;

pub use checklist::{Checked, Checklist, Digests, Point, Ran, WindowRan};
pub use plan::{MayNot, Plan, Quiet, Segment, may_start};
