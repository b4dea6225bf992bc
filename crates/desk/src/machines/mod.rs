//! DECISIONS: one pure machine an actor, each with two doors, `decide` and `apply`.

/// Order tracking: what became of every order.
pub mod broker;
/// Closing: cancel, flatten, kill, drill.
pub mod kill_switch;
/// Bookkeeping: facts become balanced entries, entries become balances.
pub mod ledger;
/// Data checks and indicators, symbol by symbol.
pub mod market_data;
/// Positions folded from events.
pub mod portfolio;
/// A dry session: may it start, its windows, its checklist.
pub mod rehearsal;
/// Limits, freezes, exposure, and the way from a signal to an approved order.
pub mod risk;
/// Windows, phases, readiness.
pub mod schedule;
/// Which symbols are looked at, and why the others are not.
pub mod screener;
/// One strategy over all its symbols: entries, exits, trails.
pub mod strategy;
/// The bot's life: commands, states, freezes.
pub mod supervisor;
/// Who lives, who is late, and what follows.
pub mod watchdog;
