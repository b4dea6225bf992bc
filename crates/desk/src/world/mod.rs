//! Wires the machines on a virtual clock.

/// Recorded or generated bars through all machines.
pub mod backtest;
/// Which strategies trade and how, changed while the bot runs.
mod choosing;
/// What the kill switch sees, and what its steps record.
pub mod closing;
/// The order of one instant among parts that share nothing.
pub mod conductor;
/// The day's ends: settlement and charges at its start, rounding and close at its end.
pub mod day;
/// What persons enter.
pub mod entering;
/// Sessions under faults, and the auditor that looks on.
pub mod faults;
/// Bars of many symbols, merged in order of time.
pub mod feed;
/// A market that does not exist, from a seed.
pub mod generated;
/// Why a bot stops where it stands.
mod halt;
/// What a run leaves behind, as records.
pub mod harvest;
/// How positions are left.
mod leaving;
/// Which symbols have an owner, by place.
mod occupied;
/// Bugs planted on purpose, for the world simulator's own proof.
#[cfg(feature = "planted-bugs")]
pub mod planted;
/// Tapes as a live feed would bring them.
pub mod playback;
/// Events and entries, made and folded.
mod recording;
/// From a stored log back to a running bot.
pub mod recovery;
/// From stored bytes and a feed back to a bot that goes on.
pub mod resume;
/// The bot's parts for actors that share nothing.
pub mod seats;
/// How a bot is set up, and what holds in a session.
mod setup;
/// From a signal to an approved order.
mod signal;
/// All machines of one bot, wired.
pub mod trader;
/// What time alone asks of a bot: look-ups, polls, repeats, repairs.
mod upkeep;
/// Equity by the books.
pub mod worth;
