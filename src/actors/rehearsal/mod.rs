//! The rehearsal (RES-1 to RES-3): the bot's own machines, one strategy after the other, on a simulated clock, a simulated
//! venue and books in memory, on a thread of its own. It has no line to the ledger, the broker, risk or whoever alerts:
//! what it can reach is its own page, the audit log, and at its end the supervisor.

/// Begins one, ends one.
mod house;
/// From the first window to the checklist.
mod run;
/// What a rehearsal stands on.
mod stage;
/// Tells its page and the audit log.
mod teller;
/// One window.
mod window;
/// Events in words.
mod words;

#[cfg(test)]
pub(super) mod tests;

pub use house::House;
pub use stage::{Scene, Seen, Stage, Terms};
