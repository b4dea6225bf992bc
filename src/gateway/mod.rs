//! OUTSIDE: somebody else's formats and addresses.

/// The real clock.
pub mod clock;
/// Recorded bars and quotes in a folder.
pub mod market_data;
/// What the operating system said.
mod reason;

pub use reason::reason;
