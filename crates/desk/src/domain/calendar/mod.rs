//! Sessions and settlement days, by the exchanges' own rules.
//!
//! Every day is decided by its own date, without tables of years: a lookup costs a few comparisons
//! and, where instants are asked for, two conversions of the exchange's time zone.

/// Around the clock: the UTC day.
mod always;
/// Why a day or an instant was refused.
mod error;
/// CME Globex equity futures.
mod globex;
/// Holidays of the United States' exchanges and banks.
mod holidays;
/// One door to all calendars.
mod lookup;
/// The New York Stock Exchange.
mod nyse;
/// A session and its hours.
mod session;
/// Settlement days of United States equities.
pub mod settlement;
/// The calendars against the exchanges' recorded days.
#[cfg(test)]
mod tests;
/// Civil time in the exchanges' own zones.
mod zone;

pub use error::CalendarError;
pub use holidays::{Closure, Holiday};
pub use lookup::{Calendar, Sessions};
pub use session::{Pause, Session};
