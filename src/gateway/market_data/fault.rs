use std::fmt;

use desk::domain::decimal::{DecimalError, Price};
use desk::domain::time::{TimeError, Timestamp};

use super::check::{HIGHEST_PRICE, LARGEST_VOLUME};

/// What is wrong with one row of a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A row with fewer columns than the header.
    ShortRow {
        /// Columns in the row.
        found: usize,
        /// Columns in the header.
        expected: usize,
    },
    /// A row with more columns than the header.
    LongRow {
        /// Columns in the row.
        found: usize,
        /// Columns in the header.
        expected: usize,
    },
    /// Nothing where a value is needed.
    Missing {
        /// The column.
        column: &'static str,
    },
    /// A number that is none, or does not fit at 10⁻⁸.
    Number {
        /// The column.
        column: &'static str,
        /// Its text.
        value: String,
        /// Why it was refused.
        why: DecimalError,
    },
    /// NaN or an infinity.
    NotFinite {
        /// The column.
        column: &'static str,
        /// Its text.
        value: String,
    },
    /// A price that is not above 0, or above [`HIGHEST_PRICE`].
    PriceOutOfBounds {
        /// The column.
        column: &'static str,
        /// Its text.
        value: String,
    },
    /// A volume or size below 0 or above [`LARGEST_VOLUME`].
    VolumeOutOfBounds {
        /// The column.
        column: &'static str,
        /// Its text.
        value: String,
    },
    /// A time that is none.
    Time {
        /// Its text.
        value: String,
        /// Why it was refused.
        why: TimeError,
    },
    /// A start between two whole minutes (STRAT-1).
    NotWholeMinute {
        /// Its text.
        value: String,
    },
    /// The high is below the low.
    HighBelowLow {
        /// The high.
        high: Price,
        /// The low.
        low: Price,
        /// The columns of both.
        columns: (&'static str, &'static str),
    },
    /// The open or the close lies outside of low to high.
    OutsideRange {
        /// The column.
        column: &'static str,
        /// Its price.
        value: Price,
        /// The low.
        low: Price,
        /// The high.
        high: Price,
    },
    /// The row starts before the one above it.
    OutOfOrder {
        /// Its start.
        start: Timestamp,
        /// The start of the row above.
        before: Timestamp,
    },
    /// The row starts when the one above it does.
    Duplicate {
        /// Its start.
        start: Timestamp,
    },
    /// One side of a quote is there in part.
    PartialSide {
        /// The column that is empty.
        column: &'static str,
    },
}

impl Fault {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ShortRow { .. } => "data_short_row",
            Self::LongRow { .. } => "data_long_row",
            Self::Missing { .. } => "data_value_missing",
            Self::Number { .. } => "data_not_a_number",
            Self::NotFinite { .. } => "data_not_finite",
            Self::PriceOutOfBounds { .. } => "data_price_out_of_bounds",
            Self::VolumeOutOfBounds { .. } => "data_volume_out_of_bounds",
            Self::Time { why: TimeError::NoZone, .. } => "data_time_zone_missing",
            Self::Time { why: TimeError::Impossible, .. } => "data_time_impossible",
            Self::Time { why: TimeError::Form, .. } => "data_time_malformed",
            Self::NotWholeMinute { .. } => "data_not_whole_minute",
            Self::HighBelowLow { .. } => "data_high_below_low",
            Self::OutsideRange { .. } => "data_outside_high_low",
            Self::OutOfOrder { .. } => "data_out_of_order",
            Self::Duplicate { .. } => "data_duplicate_bar",
            Self::PartialSide { .. } => "data_partial_side",
        }
    }

    /// The column it is about, where it is about one.
    #[must_use]
    pub const fn column(&self) -> Option<&'static str> {
        match self {
            Self::ShortRow { .. } | Self::LongRow { .. } => None,
            Self::Missing { column }
            | Self::Number { column, .. }
            | Self::NotFinite { column, .. }
            | Self::PriceOutOfBounds { column, .. }
            | Self::VolumeOutOfBounds { column, .. }
            | Self::OutsideRange { column, .. }
            | Self::PartialSide { column } => Some(column),
            Self::HighBelowLow { columns, .. } => Some(columns.0),
            Self::Time { .. } | Self::NotWholeMinute { .. } | Self::OutOfOrder { .. } | Self::Duplicate { .. } => {
                Some("ts_utc")
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortRow { found, expected } => {
                let s = if *found == 1 { "" } else { "s" };
                write!(f, "the row has {found} column{s}, the header {expected}; is it cut off?")
            }
            Self::LongRow { found, expected } => {
                write!(f, "the row has {found} columns, the header {expected}; numbers are written without commas")
            }
            Self::Missing { .. } => f.write_str("the value is missing; every row needs one"),
            Self::Number { value, why, .. } => write!(f, "\"{value}\" {why}; {Allowed}"),
            Self::NotFinite { value, .. } => write!(f, "\"{value}\" is not a finite number; {Allowed}"),
            Self::PriceOutOfBounds { value, .. } => {
                write!(f, "{value} is no believable price; above 0 and at most {HIGHEST_PRICE} is allowed")
            }
            Self::VolumeOutOfBounds { value, .. } => {
                write!(f, "{value} is no believable volume; 0 to {LARGEST_VOLUME} is allowed")
            }
            Self::Time { value, why } => {
                write!(f, "\"{value}\" {why}; the bar's start in UTC is needed, e.g. 2026-03-13T14:03:00Z")
            }
            Self::NotWholeMinute { value } => {
                write!(f, "{value} is not a whole minute; one-minute bars start at second 0")
            }
            Self::HighBelowLow { high, low, .. } => {
                write!(f, "the high {high} is below the low {low}; the high must be at or above it")
            }
            Self::OutsideRange { column, value, low, high } => {
                write!(f, "the {column} {value} lies outside of low {low} to high {high}; it must lie within")
            }
            Self::OutOfOrder { start, before } => {
                write!(f, "{start} comes after {before}; rows must be in order of time, each later than the one before")
            }
            Self::Duplicate { start } => {
                write!(f, "{start} is there twice; each minute may have one row")
            }
            Self::PartialSide { .. } => {
                f.write_str("is empty while the rest of its side is not; a side has all four prices or none")
            }
        }
    }
}

/// What a number may be; in one place, so that the messages agree.
struct Allowed;

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "prices above 0 and at most {HIGHEST_PRICE} and volumes from 0 to {LARGEST_VOLUME} are allowed, \
             with up to 8 places after a point"
        )
    }
}
