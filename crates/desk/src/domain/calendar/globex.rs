//! CME Globex equity futures: a session is labelled by its trade date and opens on the evening before.
//!
//! Hours in Chicago: 17:00 to 16:00, with a break from 15:15 to 15:30 up to 2021-06-25; before
//! 2012-11-19, 15:30 to 15:15. Holidays follow New York's: most of them are sessions that halt at noon.
//!
//! The rules are those of the recorded sessions of 2010 to 2030, which simplify in places where the
//! exchange's notices went by minutes: an eve's halt at 12:15 stands at 12:00, a holiday's older one at 10:30
//! too; a day of mourning counts as closed though the night before it traded; of New York's storm
//! nothing is seen. For an order, the venue's own state of the instrument decides, not this calendar.

use chrono_tz::America::Chicago;

use super::holidays::{Closure, Holiday};
use super::nyse;
use super::session::{Pause, Session};
use super::zone::{Clock, civil, instant};
use crate::domain::ids::{CalendarName, SessionId};
use crate::domain::time::{Date, Timestamp};

const EVENING: Clock = Clock::at(17, 0);
const CLOSE: Clock = Clock::at(16, 0);
const OLD_EVENING: Clock = Clock::at(15, 30);
const OLD_CLOSE: Clock = Clock::at(15, 15);
const BREAK_START: Clock = Clock::at(15, 15);
const BREAK_END: Clock = Clock::at(15, 30);
const NOON: Clock = Clock::at(12, 0);
/// A quarter of an hour before New York would open.
const GOOD_FRIDAY_HALT: Clock = Clock::at(8, 15);

/// How a trade date runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    Closed(Closure),
    Regular,
    Halts(Clock),
}

/// Why there is no session with that label, if there is none.
pub(super) fn closure(date: Date) -> Option<Closure> {
    match day(date) {
        Day::Closed(closure) => Some(closure),
        Day::Regular | Day::Halts(_) => None,
    }
}

/// The session with that label.
pub(super) fn session(date: Date) -> Option<Session> {
    let (evening, regular) = if is_since(date, 2012, 11, 19) { (EVENING, CLOSE) } else { (OLD_EVENING, OLD_CLOSE) };
    let (end, early_close) = match day(date) {
        Day::Closed(_) => return None,
        Day::Regular => (regular, false),
        Day::Halts(clock) => (clock, true),
    };
    Some(Session {
        id: SessionId { date, calendar: CalendarName::Globex },
        open: instant(date.plus(-1), evening, Chicago)?,
        close: instant(date, end, Chicago)?,
        early_close,
    })
}

/// The daily break of a session: 2012-11-19 to 2021-06-25, where it ran to its regular end.
pub(super) fn pause(session: &Session) -> Option<Pause> {
    let date = session.id.date;
    if session.early_close || !is_since(date, 2012, 11, 19) || is_since(date, 2021, 6, 28) {
        return None;
    }
    Some(Pause { start: instant(date, BREAK_START, Chicago)?, end: instant(date, BREAK_END, Chicago)? })
}

/// The trade date that an instant belongs to: Chicago's date, from the evening's opening on the next.
pub(super) fn own_date(at: Timestamp) -> Option<Date> {
    let (date, clock) = civil(at, Chicago)?;
    let next = date.plus(1);
    Some(if clock >= evening(next) { next } else { date })
}

/// The evening on which the next trade date begins.
pub(super) fn own_end(date: Date) -> Option<Timestamp> {
    instant(date, evening(date.plus(1)), Chicago)
}

/// When, on the day before, a trade date begins.
fn evening(date: Date) -> Clock {
    if is_since(date, 2012, 11, 19) { EVENING } else { OLD_EVENING }
}

fn day(date: Date) -> Day {
    let Some(closure) = nyse::closure(date) else {
        return if nyse::is_eve(date) { Day::Halts(NOON) } else { Day::Regular };
    };
    match closure {
        Closure::Weekend | Closure::Mourning(_) | Closure::Holiday(Holiday::NewYear | Holiday::Christmas) => {
            Day::Closed(closure)
        }
        // New York's storm: Chicago's machines ran.
        Closure::Storm(_) => Day::Regular,
        Closure::Holiday(Holiday::GoodFriday) if trades_on_good_friday(date) => Day::Halts(GOOD_FRIDAY_HALT),
        Closure::Holiday(Holiday::GoodFriday) => Day::Closed(closure),
        Closure::Holiday(
            Holiday::MartinLutherKing
            | Holiday::Washington
            | Holiday::Memorial
            | Holiday::Juneteenth
            | Holiday::Independence
            | Holiday::Labor
            | Holiday::Thanksgiving,
        ) => Day::Halts(NOON),
    }
}

/// Up to 2022 Good Friday had a short session only where it was the first Friday of the month, on
/// which the employment report is published; since 2023 it always has one.
fn trades_on_good_friday(date: Date) -> bool {
    let (year, _, day) = date.ymd();
    year >= 2023 || day <= 7
}

fn is_since(date: Date, year: i64, month: i64, day: i64) -> bool {
    date.ymd() >= (year, month, day)
}
