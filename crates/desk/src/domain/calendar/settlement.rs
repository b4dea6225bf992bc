//! Settlement days of United States equities (BOOKS.md section 6).
//!
//! A settlement day is one on which the clearing house delivers and the banks pay. It is not the same
//! as a session:
//!
//! * On Columbus Day and Veterans Day the exchanges trade, the banks rest and nothing settles, so that
//!   the trades of that day and of the day before settle together (FINRA Notices 95-77, 99-83).
//! * On Good Friday, and on the Friday before a holiday that falls on a Saturday, the banks are open
//!   but the exchange keeps a holiday; the clearing house then processes little, and it is no
//!   settlement day either (FINRA Notice 97-93, the schedule for Good Friday 1998).
//! * When the exchanges close at short notice, for a day of mourning or a storm, clearing house and
//!   banks go on: those days settle (the clearing house's announcements for 2012-10-29, 2018-12-05
//!   and 2025-01-09).
//!
//! Where a broker states a settlement date, the broker's holds (LEDG-2).

use super::error::CalendarError;
use super::holidays::{Closure, is_bank_holiday_only};
use super::lookup::Calendar;
use crate::domain::time::Date;

/// The day on which a trade of United States equities settles: one settlement day after its trade date
/// since 2024-05-28, two since 2017-09-05, three before.
///
/// # Errors
/// [`CalendarError::NoSession`] where the exchange is closed on the trade date,
/// [`CalendarError::OutOfRange`] where either day is beyond the calendar.
pub fn settlement_date(trade: Date) -> Result<Date, CalendarError> {
    Calendar::XNYS.require(trade)?;
    (0..cycle(trade)).try_fold(trade, |date, _| next_settlement_day(date))
}

/// Settlement days between trade date and settlement date, by the rule in force on the trade date
/// (SEC Rule 15c6-1 and its amendments).
#[must_use]
pub fn cycle(trade: Date) -> u32 {
    match trade.ymd() {
        day if day >= (2024, 5, 28) => 1,
        day if day >= (2017, 9, 5) => 2,
        _ => 3,
    }
}

/// The first settlement day after that date; also the next business day, on which a future's daily
/// variation is paid.
///
/// # Errors
/// [`CalendarError::OutOfRange`].
pub fn next_settlement_day(date: Date) -> Result<Date, CalendarError> {
    let mut day = date;
    loop {
        Calendar::XNYS.check(day)?;
        day = day.plus(1);
        if is_settlement_day(day)? {
            return Ok(day);
        }
    }
}

/// Whether trades settle on that date.
///
/// # Errors
/// [`CalendarError::OutOfRange`].
pub fn is_settlement_day(date: Date) -> Result<bool, CalendarError> {
    Calendar::XNYS.check(date)?;
    Ok(match Calendar::XNYS.closure(date) {
        Some(Closure::Weekend | Closure::Holiday(_)) => false,
        Some(Closure::Mourning(_) | Closure::Storm(_)) => true,
        None => !is_bank_holiday_only(date),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn settles(trade: &str) -> String {
        settlement_date(date(trade)).unwrap().to_string()
    }

    #[test]
    fn the_cycle_is_that_of_the_trade_date() {
        for (trade, settlement) in [
            ("2017-08-31", "2017-09-06"), // three days, over Labor Day
            ("2017-09-01", "2017-09-07"), // the last one of three …
            ("2017-09-05", "2017-09-07"), // … and the first one of two meet
            ("2024-05-23", "2024-05-28"), // two days, over Memorial Day
            ("2024-05-24", "2024-05-29"), // the last one of two …
            ("2024-05-28", "2024-05-29"), // … and the first one of one meet
            ("2026-11-25", "2026-11-27"), // over Thanksgiving, to a short session
            ("2026-12-31", "2027-01-04"), // over New Year and a weekend
        ] {
            assert_eq!(settles(trade), settlement, "{trade}");
        }
    }

    #[test]
    fn trades_of_a_bank_holiday_and_of_the_day_before_settle_together() {
        for (before, holiday, settlement) in [
            ("2025-10-10", "2025-10-13", "2025-10-14"), // Columbus Day, one day
            ("2025-11-10", "2025-11-11", "2025-11-12"), // Veterans Day on a Tuesday
            ("2022-11-10", "2022-11-11", "2022-11-15"), // on a Friday, two days
            ("2018-11-09", "2018-11-12", "2018-11-14"), // a Sunday's, kept on Monday
            ("2015-10-09", "2015-10-12", "2015-10-15"), // three days
        ] {
            assert!(Calendar::XNYS.is_session(date(holiday)));
            assert!(!is_settlement_day(date(holiday)).unwrap());
            assert_eq!((settles(before), settles(holiday)), (settlement.to_owned(), settlement.to_owned()));
        }
        // A Saturday's Veterans Day moves nowhere: the Friday before settles as ever.
        assert!(is_settlement_day(date("2023-11-10")).unwrap());
        assert_eq!(settles("2023-11-08"), "2023-11-10");
    }

    #[test]
    fn a_holiday_of_the_exchange_settles_nothing_though_banks_are_open() {
        for (trade, settlement) in [
            ("2025-04-17", "2025-04-21"), // over Good Friday
            ("2010-03-31", "2010-04-06"), // three days, over Good Friday
            ("2026-07-02", "2026-07-06"), // Saturday's Independence Day, kept on Friday
        ] {
            assert_eq!(settles(trade), settlement, "{trade}");
        }
    }

    #[test]
    fn a_closing_at_short_notice_settles_what_was_traded_before() {
        for (trade, settlement) in [
            ("2025-01-08", "2025-01-09"), // mourning for President Carter
            ("2018-12-03", "2018-12-05"), // mourning for President Bush
            ("2012-10-24", "2012-10-29"), // the storm
            ("2012-10-26", "2012-10-31"),
        ] {
            assert_eq!(settles(trade), settlement, "{trade}");
        }
    }

    #[test]
    fn no_settlement_date_is_guessed() {
        for (trade, code) in [
            ("2026-07-04", "calendar_no_session"),
            ("2025-04-18", "calendar_no_session"),
            ("2004-12-31", "calendar_out_of_range"),
            ("2035-12-31", "calendar_out_of_range"), // would settle in 2036
        ] {
            assert_eq!(settlement_date(date(trade)).unwrap_err().code(), code, "{trade}");
        }
    }

    #[test]
    fn over_all_years_two_sessions_settle_together_only_where_a_rule_says_so() {
        let days: Vec<_> =
            Calendar::XNYS.sessions(date("2005-01-01"), date("2035-12-20")).unwrap().map(|s| s.id.date).collect();
        for pair in days.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let (settled, later) = (settlement_date(first).unwrap(), settlement_date(second).unwrap());
            assert!(first < settled && settled <= later, "{first}");
            assert!(is_settlement_day(settled).unwrap(), "{first}");
            // Over a bank holiday, or where the cycle became shorter.
            let together = cycle(second) < cycle(first) || !is_settlement_day(second).unwrap();
            assert_eq!(settled == later, together, "{first} and {second}");
        }
    }
}
