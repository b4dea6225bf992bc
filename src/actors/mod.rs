//! SHELLS: each actor stamps, steps its machine, records, performs. They share nothing but the kill latch; all that
//! passes between them are messages, and each keeps a fold of the same chronicle.

/// Backups, beside everything else.
pub mod backing_up;
/// Sends, and hears the venue's answers.
mod broker;
/// A stop or a kill, step by step.
mod closing;
/// Another configuration while the bot runs.
pub mod configuring;
/// A fold of the chronicle.
pub mod follower;
/// Polls one actor, and builds it anew when it falls.
mod guard;
/// Cancels, flattens, kills, until the venue has confirmed the end.
pub mod kill_switch;
/// The kill latch.
pub mod latch;
/// Numbers, books, makes durable, tells everybody.
mod ledger;
/// The bot's life, and its log.
pub mod life;
/// Brings instants, one when the last one is settled.
mod market_data;
/// What somebody should know.
mod notifier;
/// Who answered when.
pub mod pulse;
/// Which questions of the review are open.
pub mod questions;
/// A dry session beside the real one.
pub mod rehearsal;
/// Writes the board.
pub mod reporter;
/// The only way from a signal to an order.
mod risk;
/// Which symbols are looked at.
mod screener;
/// How long it takes from a tick on.
mod speed;
/// One strategy.
mod strategy;
/// Commands, states, faults.
pub mod supervisor;
/// What happens, in the logs.
mod told;
/// All actors, wired.
pub mod tree;
/// Notices who hangs.
pub mod watchdog;

#[cfg(test)]
mod tests;
