//! The New York Stock Exchange: 09:30 to 16:00 in New York, or to 13:00 on the eve of a holiday.

use chrono_tz::America::New_York;

use super::holidays::{Closure, holiday};
use super::session::Session;
use super::zone::{Clock, civil, instant};
use crate::domain::ids::SessionId;
use crate::domain::time::{Date, Timestamp, Weekday};

const OPEN: Clock = Clock::at(9, 30);
const CLOSE: Clock = Clock::at(16, 0);
const EARLY: Clock = Clock::at(13, 0);

/// Why the exchange is closed for the whole of that day, if it is.
pub(super) fn closure(date: Date) -> Option<Closure> {
    if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return Some(Closure::Weekend);
    }
    holiday(date).map(Closure::Holiday).or_else(|| one_off(date))
}

/// Whether that trading day is the eve of a holiday, which ends at 13:00: 3 July, the day after
/// Thanksgiving, Christmas Eve.
///
/// Where 3 July or Christmas Eve is a Friday, it is the holiday itself and no trading day. Until 2012
/// a Thursday's Independence Day had its early close on the Friday after it; the last such year
/// was 2002, so that from 2005 on the eve alone is right.
pub(super) fn is_eve(date: Date) -> bool {
    let (_, month, day) = date.ymd();
    match (month, day) {
        (7, 3) | (12, 24) => true,
        (11, 23..=29) => date.weekday() == Weekday::Friday,
        _ => false,
    }
}

/// The session of that date, if it is a trading day.
pub(super) fn session(date: Date) -> Option<Session> {
    if closure(date).is_some() {
        return None;
    }
    let early_close = is_eve(date);
    let end = if early_close { EARLY } else { CLOSE };
    Some(Session {
        id: SessionId::xnys(date),
        open: instant(date, OPEN, New_York)?,
        close: instant(date, end, New_York)?,
        early_close,
    })
}

/// The date in New York.
pub(super) fn own_date(at: Timestamp) -> Option<Date> {
    Some(civil(at, New_York)?.0)
}

/// The midnight that ends a date in New York.
pub(super) fn own_end(date: Date) -> Option<Timestamp> {
    instant(date.plus(1), Clock::at(0, 0), New_York)
}

/// Closures that no rule foretells.
fn one_off(date: Date) -> Option<Closure> {
    match date.ymd() {
        (2007, 1, 2) => Some(Closure::Mourning("President Ford")),
        (2012, 10, 29 | 30) => Some(Closure::Storm("Hurricane Sandy")),
        (2018, 12, 5) => Some(Closure::Mourning("President George H. W. Bush")),
        (2025, 1, 9) => Some(Closure::Mourning("President Carter")),
        _ => None,
    }
}
