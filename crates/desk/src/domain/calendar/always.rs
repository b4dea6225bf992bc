//! Around the clock: every UTC day is a session.

use super::session::Session;
use crate::domain::ids::{CalendarName, SessionId};
use crate::domain::time::Date;

/// The session of that date.
pub(super) fn session(date: Date) -> Session {
    Session {
        id: SessionId { date, calendar: CalendarName::Always },
        open: date.midnight(),
        close: date.plus(1).midnight(),
        early_close: false,
    }
}
