//! The calendars against the exchanges' recorded days.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::ids::{CalendarName, SessionId};
use crate::domain::time::{Date, Span, Timestamp, Weekday};
use crate::test_data::market_data;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The recorded rows after the header, cut at their commas.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

/// Weekdays on which the calendar has no session, in a range of years.
fn closed_weekdays(calendar: Calendar, first: i64, last: i64) -> Vec<String> {
    let (mut day, end) = (Date::new(first, 1, 1).unwrap(), Date::new(last, 12, 31).unwrap());
    let mut closed = Vec::new();
    while day <= end {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        if !weekend && calendar.session(day).is_none() {
            closed.push(day.to_string());
        }
        day = day.plus(1);
    }
    closed
}

#[test]
fn every_recorded_session_of_new_york_agrees() {
    let Some(text) = market_data("calendar/xnys_sessions_2010_2030.csv") else { return };
    let rows = rows(&text);
    let ours: Vec<_> = Calendar::XNYS.sessions(date("2010-01-01"), date("2030-12-31")).unwrap().collect();
    assert_eq!(ours.len(), rows.len());
    for (session, row) in ours.iter().zip(&rows) {
        assert_eq!(session.id, SessionId::xnys(date(row[0])));
        assert_eq!((session.open, session.close), (at(row[1]), at(row[2])), "{}", session.id);
        assert_eq!(session.early_close, row[3] == "1", "{}", session.id);
        assert_eq!(session.minutes().to_string(), row[4], "{}", session.id);
    }
}

#[test]
fn every_recorded_closure_of_new_york_agrees() {
    let Some(text) = market_data("calendar/xnys_weekday_closures_2010_2030.csv") else { return };
    let recorded: Vec<_> = text.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(closed_weekdays(Calendar::XNYS, 2010, 2030), recorded);
}

#[test]
fn every_recorded_session_of_globex_agrees() {
    let Some(text) = market_data("calendar/cme_equity_sessions_2010_2030.csv") else { return };
    let rows = rows(&text);
    let ours: Vec<_> = Calendar::GLOBEX.sessions(date("2010-01-01"), date("2030-12-31")).unwrap().collect();
    assert_eq!(ours.len(), rows.len());
    for (session, row) in ours.iter().zip(&rows) {
        assert_eq!(session.id, SessionId { date: date(row[0]), calendar: CalendarName::Globex });
        assert_eq!((session.open, session.close), (at(row[1]), at(row[4])), "{}", session.id);
        // The record writes a session without a break as a break of no length.
        let recorded = (row[2] != row[3]).then(|| Pause { start: at(row[2]), end: at(row[3]) });
        assert_eq!(session.pause(), recorded, "{}", session.id);
    }
}

/// Closed weekdays of 2005 to 2009, as `exchange_calendars` 4.13.2 has them.
const CLOSED_2005: &str = "
    2005-01-17 2005-02-21 2005-03-25 2005-05-30 2005-07-04 2005-09-05 2005-11-24 2005-12-26
    2006-01-02 2006-01-16 2006-02-20 2006-04-14 2006-05-29 2006-07-04 2006-09-04 2006-11-23 2006-12-25
    2007-01-01 2007-01-02 2007-01-15 2007-02-19 2007-04-06 2007-05-28 2007-07-04 2007-09-03 2007-11-22 2007-12-25
    2008-01-01 2008-01-21 2008-02-18 2008-03-21 2008-05-26 2008-07-04 2008-09-01 2008-11-27 2008-12-25
    2009-01-01 2009-01-19 2009-02-16 2009-04-10 2009-05-25 2009-07-03 2009-09-07 2009-11-26 2009-12-25
";

/// Closed weekdays of 2031 to 2035, as `exchange_calendars` 4.13.2 has them.
const CLOSED_2031: &str = "
    2031-01-01 2031-01-20 2031-02-17 2031-04-11 2031-05-26 2031-06-19 2031-07-04 2031-09-01 2031-11-27 2031-12-25
    2032-01-01 2032-01-19 2032-02-16 2032-03-26 2032-05-31 2032-06-18 2032-07-05 2032-09-06 2032-11-25 2032-12-24
    2033-01-17 2033-02-21 2033-04-15 2033-05-30 2033-06-20 2033-07-04 2033-09-05 2033-11-24 2033-12-26
    2034-01-02 2034-01-16 2034-02-20 2034-04-07 2034-05-29 2034-06-19 2034-07-04 2034-09-04 2034-11-23 2034-12-25
    2035-01-01 2035-01-15 2035-02-19 2035-03-23 2035-05-28 2035-06-19 2035-07-04 2035-09-03 2035-11-22 2035-12-25
";

/// Early closes of 2005 to 2009 and 2031 to 2035, from the same source.
const EARLY_OUTSIDE: &str = "
    2005-11-25
    2006-07-03 2006-11-24
    2007-07-03 2007-11-23 2007-12-24
    2008-07-03 2008-11-28 2008-12-24
    2009-11-27 2009-12-24
    2031-07-03 2031-11-28 2031-12-24
    2032-11-26
    2033-11-25
    2034-07-03 2034-11-24
    2035-07-03 2035-11-23 2035-12-24
";

#[test]
fn the_years_around_the_record_agree_with_an_independent_calendar() {
    for (closed, first) in [(CLOSED_2005, 2005), (CLOSED_2031, 2031)] {
        let known: Vec<_> = closed.split_whitespace().collect();
        assert_eq!(closed_weekdays(Calendar::XNYS, first, first + 4), known);
    }
    let early: Vec<_> = [("2005-01-01", "2009-12-31"), ("2031-01-01", "2035-12-31")]
        .into_iter()
        .flat_map(|(from, to)| Calendar::XNYS.sessions(date(from), date(to)).unwrap())
        .filter(|s| s.early_close)
        .map(|s| s.id.date.to_string())
        .collect();
    assert_eq!(early, EARLY_OUTSIDE.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn the_closings_that_no_rule_foretells_say_why() {
    for (day, reason) in [
        ("2007-01-02", "day of mourning for President Ford"),
        ("2012-10-30", "Hurricane Sandy"),
        ("2025-01-09", "day of mourning for President Carter"),
        ("2026-11-26", "Thanksgiving Day"),
        ("2026-11-28", "weekend"),
    ] {
        let error = Calendar::XNYS.require(date(day)).unwrap_err();
        assert_eq!(error.to_string(), format!("XNYS has no session on {day}: {reason}"));
        assert_eq!(error.code(), "calendar_no_session");
    }
}

#[test]
fn globex_keeps_holidays_in_its_own_way() {
    let hours = |day: &str| Calendar::GLOBEX.session(date(day)).map(|s| (s.close.to_string(), s.early_close));
    for (day, expected) in [
        ("2026-11-26", Some("2026-11-26T18:00:00Z")), // Thanksgiving: halts at noon in Chicago
        ("2026-11-27", Some("2026-11-27T18:00:00Z")),
        ("2022-04-15", None),                         // Good Friday without an employment report
        ("2021-04-02", Some("2021-04-02T13:15:00Z")), // Good Friday with one
        ("2025-04-18", Some("2025-04-18T13:15:00Z")), // Good Friday since 2023
        ("2025-12-25", None),
        ("2025-01-09", None), // a day of mourning
    ] {
        assert_eq!(hours(day), expected.map(|close| (close.to_owned(), true)), "{day}");
    }
    // New York's storm.
    assert_eq!(hours("2012-10-29"), Some(("2012-10-29T20:15:00Z".to_owned(), false)));
}

#[test]
fn a_session_runs_from_its_open_up_to_its_close_without_the_break() {
    let new_york = Calendar::XNYS.session(date("2024-11-29")).unwrap();
    assert_eq!((new_york.minutes(), new_york.early_close), (210, true));
    for (instant, inside) in [
        ("2024-11-29T14:29:59.999999999Z", false),
        ("2024-11-29T14:30:00Z", true),
        ("2024-11-29T17:59:59.999999999Z", true),
        ("2024-11-29T18:00:00Z", false),
    ] {
        assert_eq!(new_york.contains(at(instant)), inside, "{instant}");
        assert_eq!(Calendar::XNYS.session_at(at(instant)), inside.then_some(new_york), "{instant}");
    }
    let globex = Calendar::GLOBEX.session(date("2019-06-04")).unwrap();
    assert_eq!(globex.minutes(), 23 * 60 - 15);
    for (instant, inside) in [
        ("2019-06-03T22:00:00Z", true),
        ("2019-06-04T20:14:59Z", true),
        ("2019-06-04T20:15:00Z", false),
        ("2019-06-04T20:30:00Z", true),
        ("2019-06-04T21:00:00Z", false),
    ] {
        assert_eq!(Calendar::GLOBEX.session_at(at(instant)), inside.then_some(globex), "{instant}");
    }
}

/// BOOKS.md section 3.
#[test]
fn an_instant_belongs_to_the_exchange_s_own_date_or_to_the_next_session() {
    for (calendar, instant, session) in [
        (Calendar::XNYS, "2026-11-20T02:00:00Z", "XNYS:2026-11-19"), // 21:00 in New York, the day before
        (Calendar::XNYS, "2026-11-20T23:00:00Z", "XNYS:2026-11-20"), // after the close
        (Calendar::XNYS, "2026-11-21T17:00:00Z", "XNYS:2026-11-23"), // Saturday
        (Calendar::XNYS, "2026-11-26T17:00:00Z", "XNYS:2026-11-27"), // Thanksgiving
        (Calendar::XNYS, "2012-10-29T14:00:00Z", "XNYS:2012-10-31"), // the storm
        (Calendar::GLOBEX, "2026-11-19T22:59:59Z", "GLBX:2026-11-19"),
        (Calendar::GLOBEX, "2026-11-19T23:00:00Z", "GLBX:2026-11-20"), // 17:00 in Chicago
        (Calendar::GLOBEX, "2026-11-20T23:00:00Z", "GLBX:2026-11-23"), // Friday evening
        (Calendar::GLOBEX, "2010-01-03T21:30:00Z", "GLBX:2010-01-04"), // the older hours
        (Calendar::ALWAYS, "2026-11-21T23:59:59.999999999Z", "24X7:2026-11-21"),
        (Calendar::ALWAYS, "2026-11-22T00:00:00Z", "24X7:2026-11-22"),
    ] {
        assert_eq!(calendar.trade_session(at(instant)).unwrap().to_string(), session, "{instant}");
    }
}

#[test]
fn what_a_calendar_does_not_know_it_refuses() {
    let (xnys, globex) = (Calendar::XNYS, Calendar::GLOBEX);
    let outside = [
        xnys.require(date("2004-12-31")).unwrap_err(),
        xnys.require(date("2036-01-02")).unwrap_err(),
        xnys.next(date("2035-12-31")).unwrap_err(),
        xnys.previous(date("2005-01-03")).unwrap_err(),
        xnys.trade_session(at("2004-06-11T15:00:00Z")).unwrap_err(),
        xnys.sessions(date("2004-01-01"), date("2006-01-01")).unwrap_err(),
        globex.require(date("2009-12-31")).unwrap_err(),
        globex.trade_session(at("2036-01-01T00:00:00Z")).unwrap_err(),
    ];
    for error in outside {
        assert_eq!(error.code(), "calendar_out_of_range", "{error}");
    }
    assert_eq!(
        xnys.require(date("2004-12-31")).unwrap_err().to_string(),
        "the calendar XNYS knows 2005-01-01 to 2035-12-31; 2004-12-31 lies outside"
    );
    assert_eq!(xnys.session(date("2036-01-02")), None);
    assert!(!xnys.is_session(date("2036-01-02")));
    assert_eq!(xnys.session_at(at("2036-01-02T15:00:00Z")), None);
    let backwards = xnys.sessions(date("2026-01-02"), date("2026-01-01")).unwrap_err();
    assert_eq!(backwards.code(), "calendar_range_backwards");
}

proptest! {
    #[test]
    fn next_and_previous_are_the_neighbours_in_the_walk(
        name in prop_oneof![Just(Calendar::XNYS), Just(Calendar::GLOBEX), Just(Calendar::ALWAYS)],
        offset in 0_i64..9000,
    ) {
        let day = date("2010-06-01").plus(offset);
        let next = name.next(day).unwrap();
        let previous = name.previous(day).unwrap();
        prop_assert!(previous.id.date < day && day < next.id.date);
        let walk: Vec<_> = name.sessions(previous.id.date, next.id.date).unwrap().collect();
        let between = usize::from(name.is_session(day));
        prop_assert_eq!(walk.len(), between + 2);
        prop_assert_eq!((walk[0], walk[walk.len() - 1]), (previous, next));
        prop_assert!(walk.windows(2).all(|w| w[0].close <= w[1].open && w[0].open < w[0].close));
    }

    #[test]
    fn an_instant_of_a_session_is_found_in_it(
        name in prop_oneof![Just(Calendar::XNYS), Just(Calendar::GLOBEX), Just(Calendar::ALWAYS)],
        offset in 0_i64..9000,
        share in 0_i64..1000,
    ) {
        let session = name.next(date("2010-06-01").plus(offset)).unwrap();
        let length = (session.close - session.open).as_nanos();
        let instant = session.open + crate::domain::time::Span::nanos(length / 1000 * share);
        prop_assert_eq!(name.trade_session(instant).unwrap(), session.id);
        prop_assert_eq!(name.session_at(instant), session.contains(instant).then_some(session));
    }
}

#[test]
fn the_reasons_of_closed_weekdays_are_few_and_named() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for day in closed_weekdays(Calendar::XNYS, 2005, 2035) {
        let closure = Calendar::XNYS.closure(date(&day)).unwrap();
        *count.entry(closure.to_string()).or_default() += 1;
    }
    // Every holiday falls once a year, but for a New Year's Day on Saturday (2005, 2011, 2022, 2028, 2033).
    assert_eq!(count["New Year's Day"], 31 - 5);
    assert_eq!(count["Juneteenth"], 2035 - 2022 + 1);
    for holiday in ["Good Friday", "Christmas Day", "Independence Day", "Thanksgiving Day", "Memorial Day"] {
        assert_eq!(count[holiday], 31, "{holiday}");
    }
}

/// BOOKS.md section 3: an own date ends where the next one begins, to the nanosecond, through each change of the clocks.
#[test]
fn an_own_date_ends_where_the_next_begins() {
    for calendar in [Calendar::XNYS, Calendar::GLOBEX, Calendar::ALWAYS] {
        let mut day = date("2010-03-10");
        while day < date("2030-12-20") {
            let end = calendar.own_end(day).unwrap();
            let own = |at| calendar.own_date(at).unwrap();
            assert_eq!((own(end - Span::nanos(1)), own(end)), (day, day.plus(1)), "{calendar:?}");
            day = day.plus(1);
        }
        let last = calendar.last_up_to(date("2026-06-14")).unwrap().date;
        assert_eq!(last, date(if calendar == Calendar::ALWAYS { "2026-06-14" } else { "2026-06-12" }));
    }
}
