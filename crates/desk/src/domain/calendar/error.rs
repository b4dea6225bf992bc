//! Why a day or an instant was refused.

use std::fmt;

use super::holidays::Closure;
use crate::domain::ids::CalendarName;
use crate::domain::time::Date;

/// Why a calendar has no answer. It never guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarError {
    /// The day lies outside of what the calendar knows.
    OutOfRange {
        /// Whose calendar.
        calendar: CalendarName,
        /// The day asked for.
        date: Date,
        /// The first day known.
        first: Date,
        /// The last day known.
        last: Date,
    },
    /// The exchange is closed on that day.
    NoSession {
        /// Whose calendar.
        calendar: CalendarName,
        /// The day asked for.
        date: Date,
        /// Why it is closed.
        closure: Closure,
    },
    /// A range of days ends before it begins.
    Backwards {
        /// Its first day.
        from: Date,
        /// Its last day.
        to: Date,
    },
}

impl CalendarError {
    /// A stable name for records and programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "calendar_out_of_range",
            Self::NoSession { .. } => "calendar_no_session",
            Self::Backwards { .. } => "calendar_range_backwards",
        }
    }
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { calendar, date, first, last } => {
                write!(f, "the calendar {} knows {first} to {last}; {date} lies outside", calendar.as_str())
            }
            Self::NoSession { calendar, date, closure } => {
                write!(f, "{} has no session on {date}: {closure}", calendar.as_str())
            }
            Self::Backwards { from, to } => {
                write!(f, "the range from {from} to {to} ends before it begins; give the earlier day first")
            }
        }
    }
}

impl std::error::Error for CalendarError {}
