//! Wires everything on a virtual clock.

/// Bars of many symbols, merged in order of time.
pub mod feed;
/// A market that does not exist, from a seed.
pub mod generated;
