//! Civil time in the exchanges' own zones, by the IANA time zone database.

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::domain::time::{Date, Span, Timestamp};

/// A time of day on the exchange's clock, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock(i64);

impl Clock {
    /// Hours and minutes.
    pub(super) const fn at(hour: i64, minute: i64) -> Self {
        Self(hour.saturating_mul(60).saturating_add(minute))
    }
}

/// The instant at which the clock in `zone` shows that time of that day. Nothing where the clock
/// skips it, which never happens at an exchange's hours; of a repeated time the first.
pub(super) fn instant(date: Date, clock: Clock, zone: Tz) -> Option<Timestamp> {
    let wall = date.midnight() + Span::minutes(clock.0);
    let offset = zone.offset_from_local_datetime(&naive(wall)?).earliest()?;
    Some(wall - Span::seconds(i64::from(offset.fix().local_minus_utc())))
}

/// The day and the time of day that the clock in `zone` shows at that instant, cut to the minute.
pub(super) fn civil(instant: Timestamp, zone: Tz) -> Option<(Date, Clock)> {
    let offset = zone.offset_from_utc_datetime(&naive(instant)?);
    let wall = instant + Span::seconds(i64::from(offset.fix().local_minus_utc()));
    Some((wall.utc_date(), Clock(wall.second_of_day() / 60)))
}

fn naive(wall: Timestamp) -> Option<NaiveDateTime> {
    Some(DateTime::from_timestamp(wall.seconds(), 0)?.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_s_clock_and_the_instant_agree_through_summer_and_winter() {
        let zone = Tz::America__New_York;
        for (date, utc) in [
            ("2026-03-06", "2026-03-06T14:30:00Z"),
            ("2026-03-09", "2026-03-09T13:30:00Z"),
            ("2026-10-30", "2026-10-30T13:30:00Z"),
            ("2026-11-02", "2026-11-02T14:30:00Z"),
            ("2006-04-03", "2006-04-03T13:30:00Z"), // the older rule: first Sunday of April
            ("2006-03-31", "2006-03-31T14:30:00Z"),
        ] {
            let (date, utc) = (date.parse().unwrap(), utc.parse().unwrap());
            assert_eq!(instant(date, Clock::at(9, 30), zone), Some(utc));
            assert_eq!(civil(utc, zone), Some((date, Clock::at(9, 30))));
        }
        let night = "2026-03-07T03:00:00Z".parse().unwrap();
        assert_eq!(civil(night, zone), Some(("2026-03-06".parse().unwrap(), Clock::at(22, 0))));
    }
}
