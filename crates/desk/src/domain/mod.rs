//! WORDS: values and laws about money, orders and time.

/// The bot as a whole: states, commands, roles.
pub mod bot;
/// Sessions and settlement days.
pub mod calendar;
/// The hash chains of event log and books.
pub mod chain;
/// The default chart of accounts.
pub mod chart;
/// Prices, quantities, money and ratios at 10⁻⁸.
pub mod decimal;
/// The event log.
pub mod event;
/// Fees and commissions, by dated schedules.
pub mod fees;
/// The float that accounting assigns.
pub mod float;
/// One newtype an identifier.
pub mod ids;
/// Accounts, postings, entries.
pub mod journal;
/// Which lots close first.
pub mod lots;
/// Bars, quotes, instruments.
pub mod market;
/// Orders and brackets.
pub mod order;
/// A trade in the making.
pub mod position;
/// What a run leaves behind for people and programs.
pub mod records;
/// Randomness as an input.
pub mod seed;
/// Short names held inline.
pub mod symbol;
/// Instants and days.
pub mod time;
/// A closed trade.
pub mod trade;
/// Exact products and their rounding.
pub mod wide;
