//! A market that does not exist: bars from a seed, for the demonstration. Integers only, so that the same seed gives
//! the same bars on every machine.

/// What happens in a symbol's day.
mod act;
/// The bars of a session.
mod market;
/// The day's shape: volatility and volume by minute.
mod shape;
/// Which symbols there are, and what is planned for them.
mod spec;
/// Several sessions, one after the other.
mod tapes;

#[cfg(test)]
mod tests;

pub use market::{GeneratedMarket, GeneratedSymbol};
pub use spec::{Listing, MarketSpec, Plot};
pub use tapes::tapes;
