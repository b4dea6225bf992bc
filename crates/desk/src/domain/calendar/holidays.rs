//! Holidays of the United States' exchanges and banks, each with its rule of observance.
//!
//! Sources: NYSE Rule 7.2 and the exchange's yearly announcements; the holiday schedule of the
//! Federal Reserve. Valid for 2005 to 2035.

use std::fmt;

use crate::domain::time::{Date, Weekday};

/// A holiday that the exchange announces years ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holiday {
    /// 1 January; a Sunday's is kept on Monday, a Saturday's not at all.
    NewYear,
    /// The third Monday of January.
    MartinLutherKing,
    /// The third Monday of February.
    Washington,
    /// The Friday before Easter.
    GoodFriday,
    /// The last Monday of May.
    Memorial,
    /// 19 June or the weekday next to it, since 2022.
    Juneteenth,
    /// 4 July or the weekday next to it.
    Independence,
    /// The first Monday of September.
    Labor,
    /// The fourth Thursday of November.
    Thanksgiving,
    /// 25 December or the weekday next to it.
    Christmas,
}

/// Why an exchange is closed for a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closure {
    /// Saturday or Sunday.
    Weekend,
    /// A holiday known years ahead.
    Holiday(Holiday),
    /// A national day of mourning, named after whom it honoured.
    Mourning(&'static str),
    /// A storm, by its name.
    Storm(&'static str),
}

/// The exchange holiday kept on that day; nothing on weekends.
///
/// New Year's Day is the only one that is not moved to the Friday before: that Friday ends the
/// accounting year, and the exchange stays open (NYSE Rule 7.2).
#[must_use]
pub(super) fn holiday(date: Date) -> Option<Holiday> {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday};
    let (year, month, day) = date.ymd();
    match (month, day, date.weekday()) {
        (_, _, Saturday | Sunday) => None,
        (1, 1, _) | (1, 2, Monday) => Some(Holiday::NewYear),
        (1, 15..=21, Monday) => Some(Holiday::MartinLutherKing),
        (2, 15..=21, Monday) => Some(Holiday::Washington),
        (3 | 4, _, Friday) => (easter(year) == Some(date.plus(2))).then_some(Holiday::GoodFriday),
        (5, 25..=31, Monday) => Some(Holiday::Memorial),
        (6, 19, _) | (6, 18, Friday) | (6, 20, Monday) if year >= 2022 => Some(Holiday::Juneteenth),
        (7, 4, _) | (7, 3, Friday) | (7, 5, Monday) => Some(Holiday::Independence),
        (9, 1..=7, Monday) => Some(Holiday::Labor),
        (11, 22..=28, Thursday) => Some(Holiday::Thanksgiving),
        (12, 25, _) | (12, 24, Friday) | (12, 26, Monday) => Some(Holiday::Christmas),
        _ => None,
    }
}

/// A day on which the Federal Reserve and the banks rest while the exchanges trade: Columbus Day
/// (the second Monday of October) and Veterans Day (11 November; a Sunday's is kept on Monday, a
/// Saturday's not at all).
#[must_use]
pub(super) fn is_bank_holiday_only(date: Date) -> bool {
    use Weekday::{Monday, Saturday, Sunday};
    let (_, month, day) = date.ymd();
    match (month, day, date.weekday()) {
        (_, _, Saturday | Sunday) => false,
        (10, 8..=14, Monday) | (11, 11, _) | (11, 12, Monday) => true,
        _ => false,
    }
}

/// Easter Sunday of the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher.
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "years are four digits; nothing here comes near 64 bits")]
fn easter(year: i64) -> Option<Date> {
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, n / 31, n % 31 + 1)
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NewYear => "New Year's Day",
            Self::MartinLutherKing => "Martin Luther King Jr. Day",
            Self::Washington => "Washington's Birthday",
            Self::GoodFriday => "Good Friday",
            Self::Memorial => "Memorial Day",
            Self::Juneteenth => "Juneteenth",
            Self::Independence => "Independence Day",
            Self::Labor => "Labor Day",
            Self::Thanksgiving => "Thanksgiving Day",
            Self::Christmas => "Christmas Day",
        })
    }
}

impl fmt::Display for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekend => f.write_str("weekend"),
            Self::Holiday(holiday) => write!(f, "{holiday}"),
            Self::Mourning(name) => write!(f, "day of mourning for {name}"),
            Self::Storm(name) => write!(f, "{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_agrees_with_the_almanac() {
        // U.S. Naval Observatory, "The Date of Easter".
        for text in [
            "2005-03-27",
            "2008-03-23",
            "2011-04-24",
            "2016-03-27",
            "2019-04-21",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2030-04-21",
            "2032-03-28",
            "2035-03-25",
        ] {
            let date: Date = text.parse().unwrap();
            assert_eq!(easter(date.year()), Some(date));
            assert_eq!(holiday(date.plus(-2)), Some(Holiday::GoodFriday), "{text}");
        }
    }

    #[test]
    fn a_holiday_is_kept_on_the_weekday_that_its_rule_names() {
        for (text, expected) in [
            ("2022-01-01", None), // a Saturday's New Year is not kept …
            ("2021-12-31", None), // … and certainly not in the old year
            ("2023-01-02", Some(Holiday::NewYear)),
            ("2021-06-18", None), // Juneteenth was a federal holiday in 2021, not yet one of the exchange
            ("2022-06-20", Some(Holiday::Juneteenth)),
            ("2027-06-18", Some(Holiday::Juneteenth)),
            ("2020-07-03", Some(Holiday::Independence)),
            ("2021-07-05", Some(Holiday::Independence)),
            ("2021-12-24", Some(Holiday::Christmas)),
            ("2022-12-26", Some(Holiday::Christmas)),
            ("2023-11-23", Some(Holiday::Thanksgiving)),
            ("2023-11-30", None),
            ("2026-10-12", None), // Columbus Day: banks only
        ] {
            assert_eq!(holiday(text.parse().unwrap()), expected, "{text}");
        }
    }
}
