//! The week of a session, as ISO 8601 counts it.

use desk::domain::time::{Date, Weekday};

/// `2026-W47`: a week belongs to the year that its Thursday lies in.
#[must_use]
pub fn week(date: Date) -> String {
    let back = match date.weekday() {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    };
    let thursday = date.plus(3_i64.saturating_sub(back));
    let first = Date::new(thursday.year(), 1, 1).unwrap_or(thursday);
    let number = thursday.days().saturating_sub(first.days()).div_euclid(7).saturating_add(1);
    format!("{}-W{number:02}", thursday.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_that_of_iso_8601_also_around_new_year() {
        for (date, expected) in [
            ("2026-11-20", "2026-W47"),
            ("2026-11-23", "2026-W48"),
            ("2026-01-01", "2026-W01"),
            ("2027-01-01", "2026-W53"),
            ("2027-01-04", "2027-W01"),
            ("2024-12-30", "2025-W01"),
            ("2021-01-03", "2020-W53"),
        ] {
            assert_eq!(week(date.parse().unwrap()), expected, "{date}");
        }
    }
}
