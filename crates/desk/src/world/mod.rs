//! Wires the machines on a virtual clock.

/// From a signal to an approved order.
mod signal;
/// All machines of one bot, wired.
pub mod trader;
//! Wires everything on a virtual clock.

/// Bars of many symbols, merged in order of time.
pub mod feed;
