//! OUTSIDE: somebody else's formats and addresses.

/// Recorded bars and quotes in a folder.
pub mod market_data;
