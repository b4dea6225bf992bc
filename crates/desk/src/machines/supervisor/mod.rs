//! The life of the bot: what it is told, what it answers, in which state it is, and what holds it back (LIFE-1 to LIFE-7).
//!
//! Whoever drives it records the events of a verdict in one step, applies them, and then performs the effects in their
//! order; a verdict that acts first has its effects performed before.

/// What earlier commands were answered.
mod answers;
/// A command decided on.
mod decide;
/// What the shell knows.
mod facts;
/// Freezes, latch, defense, mode: what holds the bot back, and what lets go.
mod holds;
/// The state, folded from events.
mod machine;
/// What happens without a command.
mod notice;
/// What follows from the facts alone.
mod observe;
/// Why a command is refused.
mod refusal;
/// What a command brings.
mod verdict;

#[cfg(test)]
mod tests;

pub use facts::{Facts, OpenBooks};
pub use machine::{Cleared, Deadlines, Fault, Supervisor, Unfoldable, Unlatched};
pub use notice::{Happening, Noticed};
pub use refusal::Refusal;
pub use verdict::{Carried, Effect, Ordered, Verdict};
