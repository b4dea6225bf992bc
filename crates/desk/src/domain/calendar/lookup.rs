//! One door to all calendars.

use super::error::CalendarError;
use super::holidays::Closure;
use super::session::Session;
use super::{always, globex, nyse};
use crate::domain::ids::{CalendarName, SessionId};
use crate::domain::time::{Date, Timestamp};

const XNYS_YEARS: (Date, Date) = years(2005, 2035);
const GLOBEX_YEARS: (Date, Date) = years(2010, 2035);
const ALWAYS_YEARS: (Date, Date) = years(1970, 2261);

/// A calendar: which days are sessions, and from when to when. Costs nothing to make or copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Calendar {
    name: CalendarName,
}

impl Calendar {
    /// The New York Stock Exchange, 2005 to 2035.
    pub const XNYS: Self = Self::new(CalendarName::Xnys);
    /// CME Globex equity futures, 2010 to 2035: its earlier hours are not known for certain.
    pub const GLOBEX: Self = Self::new(CalendarName::Globex);
    /// The UTC day, 1970 to 2261.
    pub const ALWAYS: Self = Self::new(CalendarName::Always);

    /// The calendar of that name.
    #[must_use]
    pub const fn new(name: CalendarName) -> Self {
        Self { name }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> CalendarName {
        self.name
    }

    /// The first and the last day that it knows.
    #[must_use]
    pub const fn range(self) -> (Date, Date) {
        match self.name {
            CalendarName::Xnys => XNYS_YEARS,
            CalendarName::Globex => GLOBEX_YEARS,
            CalendarName::Always => ALWAYS_YEARS,
        }
    }

    /// Nothing where the calendar knows that day.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`].
    pub fn check(self, date: Date) -> Result<(), CalendarError> {
        let (first, last) = self.range();
        if (first..=last).contains(&date) { Ok(()) } else { Err(self.outside(date)) }
    }

    /// The session of that date; nothing where the exchange is closed, or outside of [`Self::range`].
    #[must_use]
    pub fn session(self, date: Date) -> Option<Session> {
        self.check(date).ok()?;
        match self.name {
            CalendarName::Xnys => nyse::session(date),
            CalendarName::Globex => globex::session(date),
            CalendarName::Always => Some(always::session(date)),
        }
    }

    /// The session of that date, or why there is none.
    ///
    /// # Errors
    /// [`CalendarError::NoSession`], [`CalendarError::OutOfRange`].
    pub fn require(self, date: Date) -> Result<Session, CalendarError> {
        self.check(date)?;
        if let Some(closure) = self.closure(date) {
            return Err(CalendarError::NoSession { calendar: self.name, date, closure });
        }
        self.session(date).ok_or_else(|| self.outside(date))
    }

    /// Whether that date is a session; quicker than making one.
    #[must_use]
    pub fn is_session(self, date: Date) -> bool {
        self.check(date).is_ok() && self.closure(date).is_none()
    }

    /// Why there is no session on that date; nothing where there is one. Only right inside of [`Self::range`].
    #[must_use]
    pub fn closure(self, date: Date) -> Option<Closure> {
        match self.name {
            CalendarName::Xnys => nyse::closure(date),
            CalendarName::Globex => globex::closure(date),
            CalendarName::Always => None,
        }
    }

    /// The session that trades at that instant; nothing while the exchange is closed or pauses.
    #[must_use]
    pub fn session_at(self, instant: Timestamp) -> Option<Session> {
        self.session(self.own_date(instant)?).filter(|s| s.contains(instant))
    }

    /// The trade session of an instant: the exchange's own date where that is a session, otherwise
    /// the next session (BOOKS.md section 3).
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`].
    pub fn trade_session(self, instant: Timestamp) -> Result<SessionId, CalendarError> {
        let date = self.own_date(instant).ok_or_else(|| self.outside(instant.utc_date()))?;
        self.check(date)?;
        self.first_from(date, 1).map(|date| SessionId { date, calendar: self.name })
    }

    /// The instant at which the exchange's own date is over: the first that belongs to the one after it. Nothing outside of
    /// what times can say.
    #[must_use]
    pub fn own_end(self, date: Date) -> Option<Timestamp> {
        match self.name {
            CalendarName::Xnys => nyse::own_end(date),
            CalendarName::Globex => globex::own_end(date),
            CalendarName::Always => Some(date.plus(1).midnight()),
        }
    }

    /// The last session up to that date, itself included.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`].
    pub fn last_up_to(self, date: Date) -> Result<SessionId, CalendarError> {
        self.check(date)?;
        self.first_from(date, -1).map(|date| SessionId { date, calendar: self.name })
    }

    /// The first session after that date.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`].
    pub fn next(self, date: Date) -> Result<Session, CalendarError> {
        self.beside(date, 1)
    }

    /// The last session before that date.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`].
    pub fn previous(self, date: Date) -> Result<Session, CalendarError> {
        self.beside(date, -1)
    }

    /// All sessions from one date to another, both inclusive.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`], [`CalendarError::Backwards`].
    pub fn sessions(self, from: Date, to: Date) -> Result<Sessions, CalendarError> {
        self.check(from)?;
        self.check(to)?;
        if from > to {
            return Err(CalendarError::Backwards { from, to });
        }
        Ok(Sessions { calendar: self, next: from, last: to })
    }

    /// The exchange's own date at that instant, whether a session or not.
    pub(super) fn own_date(self, instant: Timestamp) -> Option<Date> {
        match self.name {
            CalendarName::Xnys => nyse::own_date(instant),
            CalendarName::Globex => globex::own_date(instant),
            CalendarName::Always => Some(instant.utc_date()),
        }
    }

    fn beside(self, date: Date, step: i64) -> Result<Session, CalendarError> {
        self.check(date)?;
        let found = self.first_from(date.plus(step), step)?;
        self.session(found).ok_or_else(|| self.outside(found))
    }

    /// The first date that is a session, from that one on in steps of a day.
    fn first_from(self, mut date: Date, step: i64) -> Result<Date, CalendarError> {
        loop {
            self.check(date)?;
            if self.closure(date).is_none() {
                return Ok(date);
            }
            date = date.plus(step);
        }
    }

    const fn outside(self, date: Date) -> CalendarError {
        let (first, last) = self.range();
        CalendarError::OutOfRange { calendar: self.name, date, first, last }
    }
}

/// The sessions of a range of days, in order.
#[derive(Clone, Debug)]
pub struct Sessions {
    calendar: Calendar,
    next: Date,
    last: Date,
}

impl Iterator for Sessions {
    type Item = Session;

    fn next(&mut self) -> Option<Session> {
        while self.next <= self.last {
            let date = self.next;
            self.next = date.plus(1);
            if let Some(session) = self.calendar.session(date) {
                return Some(session);
            }
        }
        None
    }
}

/// The first and the last day of a range of years.
const fn years(first: i64, last: i64) -> (Date, Date) {
    match (Date::new(first, 1, 1), Date::new(last, 12, 31)) {
        (Some(first), Some(last)) => (first, last),
        // An empty range, which refuses every day.
        _ => (Date::from_days(1), Date::from_days(0)),
    }
}
