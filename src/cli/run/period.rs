//! From date to date: the exchange's dates, both inclusive (RES-6).

use desk::domain::calendar::{Calendar, Session};
use desk::domain::time::{Date, Span, Timestamp};

use crate::cli::failure::Failure;

/// How long before its open the exchange's own day begins: 09:30 in New York.
const MORNING: Span = Span::minutes(570);
/// A day.
const DAY: Span = Span::minutes(1440);

/// The dates asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Period {
    /// The first one.
    pub(in crate::cli) from: Option<Date>,
    /// The last one.
    pub(in crate::cli) to: Option<Date>,
}

impl Period {
    /// Reads both dates.
    ///
    /// # Errors
    /// A text that is no date, dates the wrong way round, outside of the calendar, or without any session.
    pub(in crate::cli) fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, Failure> {
        let period = Self { from: date("--from", from)?, to: date("--to", to)? };
        for date in [period.from, period.to].into_iter().flatten() {
            Calendar::XNYS.check(date).map_err(|e| Failure::bad_input(e.code(), e))?;
        }
        if let (Some(from), Some(to)) = (period.from, period.to) {
            if from > to {
                let message = format!("--from {from} is later than --to {to}; give the earlier date as --from");
                return Err(Failure::bad_input("dates_swapped", message));
            }
            if period.first().is_none_or(|first| first.id.date > to) {
                let message = format!("the exchange has no session from {from} to {to}; choose dates with one");
                return Err(Failure::bad_input("dates_without_session", message));
            }
        }
        Ok(period)
    }

    /// The starts of bars that are asked for: from the first up to, and without, the second.
    pub(in crate::cli) fn range(&self) -> (Timestamp, Timestamp) {
        let from = self.first().map_or(Timestamp::from_nanos(i64::MIN), |s| s.open - MORNING);
        let to = self.last().map_or(Timestamp::MAX, |s| s.open - MORNING + DAY);
        (from, to)
    }

    fn first(&self) -> Option<Session> {
        let from = self.from?;
        Calendar::XNYS.session(from).or_else(|| Calendar::XNYS.next(from).ok())
    }

    fn last(&self) -> Option<Session> {
        let to = self.to?;
        Calendar::XNYS.session(to).or_else(|| Calendar::XNYS.previous(to).ok())
    }
}

fn date(option: &str, text: Option<&str>) -> Result<Option<Date>, Failure> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(date) => Ok(Some(date)),
        Err(why) => {
            let message = format!("{option} \"{text}\" {why}; a date as 2026-03-13 is needed");
            Err(Failure::bad_input("date", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn res_6_both_dates_are_the_exchange_s_and_inclusive() {
        let period = Period::parse(Some("2026-03-07"), Some("2026-03-13")).unwrap();
        let (from, to) = period.range();
        // 7 March 2026 is a Saturday; summer time begins on the 8th.
        assert_eq!(from.to_string(), "2026-03-09T04:00:00Z");
        assert_eq!(to.to_string(), "2026-03-14T04:00:00Z");
        assert_eq!(Period::default().range(), (Timestamp::from_nanos(i64::MIN), Timestamp::MAX));
    }

    #[test]
    fn dates_that_cannot_be_are_refused() {
        for (from, to, code) in [
            ("2026-03-13", "2026-03-12", "dates_swapped"),
            ("2026-02-30", "2026-03-12", "date"),
            ("13.03.2026", "2026-03-14", "date"),
            ("2026-03-14", "2026-03-15", "dates_without_session"),
            ("1999-03-14", "2026-03-15", "calendar_out_of_range"),
        ] {
            assert_eq!(Period::parse(Some(from), Some(to)).unwrap_err().code, code, "{from} {to}");
        }
    }
}
