//! A session and its hours.

use super::globex;
use crate::domain::ids::{CalendarName, SessionId};
use crate::domain::time::{Span, Timestamp};

/// One trading day's regular hours: from `open` up to, and without, `close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The calendar and the exchange's own date.
    pub id: SessionId,
    /// The first instant of trading; of Globex on the evening before the date.
    pub open: Timestamp,
    /// The instant at which trading has ended.
    pub close: Timestamp,
    /// Whether it closes before the regular time.
    pub early_close: bool,
}

/// A daily break inside of a session: from `start` up to, and without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Trading stops.
    pub start: Timestamp,
    /// Trading goes on.
    pub end: Timestamp,
}

impl Session {
    /// The daily break, where the calendar had one on that date.
    #[must_use]
    pub fn pause(&self) -> Option<Pause> {
        match self.id.calendar {
            CalendarName::Globex => globex::pause(self),
            CalendarName::Xnys | CalendarName::Always => None,
        }
    }

    /// Minutes of trading, the break left out.
    #[must_use]
    pub fn minutes(&self) -> i64 {
        let rest = self.pause().map_or(Span::ZERO, |p| p.end - p.start);
        (self.close - self.open - rest).as_minutes()
    }

    /// Whether there is trading at that instant: in `[open, close)` and not in the break.
    #[must_use]
    pub fn contains(&self, instant: Timestamp) -> bool {
        let paused = || self.pause().is_some_and(|p| p.start <= instant && instant < p.end);
        self.open <= instant && instant < self.close && !paused()
    }
}
