//! WORDS: values and laws about money, orders and time.

/// The hash chains of event log and books.
pub mod chain;
/// Prices, quantities, money and ratios at 10⁻⁸.
pub mod decimal;
/// One newtype an identifier.
pub mod ids;
/// Accounts, postings, entries.
pub mod journal;
/// Bars, quotes, instruments.
pub mod market;
/// Randomness as an input.
pub mod seed;
/// Short names held inline.
pub mod symbol;
/// Instants and days.
pub mod time;
/// Exact products and their rounding.
pub mod wide;
