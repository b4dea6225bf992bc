//! Wires everything on a virtual clock.

/// Bars of many symbols, merged in order of time.
pub mod feed;
