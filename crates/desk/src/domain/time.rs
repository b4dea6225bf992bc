//! Instants and days. Time is always an input: nothing here reads a clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const NANOS: i64 = 1_000_000_000;
const MINUTE: i64 = NANOS * 60;
const DAY_SECONDS: i64 = 86_400;

/// A length of time in nanoseconds; sums saturate at ±292 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// One minute.
    pub const MINUTE: Self = Self(MINUTE);

    /// From nanoseconds.
    #[must_use]
    pub const fn nanos(n: i64) -> Self {
        Self(n)
    }

    /// From seconds.
    #[must_use]
    pub const fn seconds(n: i64) -> Self {
        Self(n.saturating_mul(NANOS))
    }

    /// From minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Self {
        Self(n.saturating_mul(MINUTE))
    }

    /// In nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// In whole seconds, cut.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0 / NANOS
    }

    /// In whole minutes, cut.
    #[must_use]
    pub const fn as_minutes(self) -> i64 {
        self.0 / MINUTE
    }
}

/// An instant: nanoseconds since 1970-01-01T00:00:00Z. As text RFC 3339 with `Z`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest instant that can be written.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From seconds since the epoch; saturates in the year 2262.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NANOS))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(NANOS)
    }

    /// Whether this is a whole minute.
    #[must_use]
    pub const fn is_whole_minute(self) -> bool {
        self.0 % MINUTE == 0
    }

    /// The day in UTC.
    #[must_use]
    pub const fn utc_date(self) -> Date {
        let days = self.seconds().div_euclid(DAY_SECONDS);
        Date(if days > MAX_DAY { MAX_DAY } else { days })
    }

    /// Seconds since midnight UTC.
    #[must_use]
    pub const fn second_of_day(self) -> i64 {
        self.seconds().rem_euclid(DAY_SECONDS)
    }

    /// The text, on the stack.
    pub(crate) fn text(self) -> Text {
        let mut text = self.utc_date().text();
        let second = self.second_of_day();
        text.push(b'T');
        text.digits(second / 3600, 2);
        text.push(b':');
        text.digits(second / 60 % 60, 2);
        text.push(b':');
        text.digits(second % 60, 2);
        let mut fraction = self.0.rem_euclid(NANOS);
        if fraction != 0 {
            let mut width = 9;
            while fraction % 10 == 0 {
                fraction /= 10;
                width = u32::saturating_sub(width, 1);
            }
            text.push(b'.');
            text.digits(fraction, width);
        }
        text.push(b'Z');
        text
    }
}

/// A date, an instant or a session on the stack: `2026-03-13T14:03:00.123456789Z` at the most.
#[derive(Default)]
pub(crate) struct Text {
    bytes: [u8; 32],
    len: usize,
}

impl Text {
    /// Adds a short text; what finds no room is left out.
    pub(crate) fn extend(&mut self, text: &str) {
        let end = self.len.saturating_add(text.len());
        match self.bytes.get_mut(self.len..end) {
            Some(place) => {
                place.copy_from_slice(text.as_bytes());
                self.len = end;
            }
            None => text.bytes().for_each(|b| self.push(b)),
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len = self.len.saturating_add(1);
        }
    }

    /// A number of so many digits, zeros before it.
    pub(crate) fn digits(&mut self, number: i64, width: u32) {
        let from = self.len;
        (0..width).for_each(|_| self.push(b'0'));
        let (mut left, mut places) = (number, self.bytes.get_mut(from..self.len).unwrap_or_default());
        while let Some((last, before)) = places.split_last_mut() {
            *last = b'0'.saturating_add(u8::try_from(left % 10).unwrap_or(0));
            left /= 10;
            places = before;
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, other: Self) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text().as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a time or a date was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Not of the form `2026-03-13T14:03:00Z` (or `2026-03-13` for a date).
    Form,
    /// The zone is missing.
    NoZone,
    /// There is no such day or time of day.
    Impossible,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "is not of the form 2026-03-13T14:03:00Z (a date: 2026-03-13)",
            Self::NoZone => "has no time zone; UTC with a final Z is needed",
            Self::Impossible => "is no day or time that exists",
        })
    }
}

impl std::error::Error for TimeError {}

/// Reads `count` digits at the head of `text`.
fn digits(text: &mut &[u8], count: usize) -> Result<i64, TimeError> {
    let (head, rest) = text.split_at_checked(count).ok_or(TimeError::Form)?;
    *text = rest;
    head.iter()
        .try_fold(0_i64, |sum, b| {
            b.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(i64::from(b.wrapping_sub(b'0'))))
        })
        .ok_or(TimeError::Form)
}

fn literal(text: &mut &[u8], byte: u8) -> Result<(), TimeError> {
    match text.split_first() {
        Some((first, rest)) if *first == byte => {
            *text = rest;
            Ok(())
        }
        _ => Err(TimeError::Form),
    }
}

fn date_part(text: &mut &[u8]) -> Result<Date, TimeError> {
    let year = digits(text, 4)?;
    literal(text, b'-')?;
    let month = digits(text, 2)?;
    literal(text, b'-')?;
    let day = digits(text, 2)?;
    Date::new(year, month, day).ok_or(TimeError::Impossible)
}

impl Timestamp {
    /// Parses RFC 3339 text in UTC: `Z`, `+00:00`, or a numeric offset that is applied; `T` or a space between
    /// date and time.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn parse(text: &[u8]) -> Result<Self, TimeError> {
        let mut rest = text;
        let date = date_part(&mut rest)?;
        if !matches!(rest.first(), Some(b'T' | b't' | b' ')) {
            return Err(TimeError::Form);
        }
        rest = rest.get(1..).unwrap_or_default();
        let hour = digits(&mut rest, 2)?;
        literal(&mut rest, b':')?;
        let minute = digits(&mut rest, 2)?;
        literal(&mut rest, b':')?;
        let second = digits(&mut rest, 2)?;
        if hour > 23 || minute > 59 || second > 59 {
            return Err(TimeError::Impossible);
        }
        let mut fraction = 0_i64;
        if rest.first() == Some(&b'.') {
            rest = rest.get(1..).unwrap_or_default();
            let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            if count == 0 || count > 9 {
                return Err(TimeError::Form);
            }
            fraction = digits(&mut rest, count)?;
            for _ in count..9 {
                fraction = fraction.saturating_mul(10);
            }
        }
        let offset = match rest {
            [] => return Err(TimeError::NoZone),
            b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), offset @ ..] => {
                let mut offset = offset;
                let hours = digits(&mut offset, 2)?;
                literal(&mut offset, b':')?;
                let minutes = digits(&mut offset, 2)?;
                if !offset.is_empty() || hours > 23 || minutes > 59 {
                    return Err(TimeError::Form);
                }
                let seconds = hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60));
                if *sign == b'-' { seconds.saturating_neg() } else { seconds }
            }
            _ => return Err(TimeError::Form),
        };
        let of_day = hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
        Ok(date.midnight() + Span::seconds(of_day.saturating_sub(offset)) + Span::nanos(fraction))
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text.as_bytes())
    }
}

/// The last day that can be written as an instant (2262-04-11).
const MAX_DAY: i64 = 106_751;

/// A civil day, counted from 1970-01-01. As text `2026-03-13`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the week's days")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Date {
    /// The day, where it exists (years 1900 to 2261).
    ///
    /// The counting is that of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "all factors are bounded by the range check above them")]
    pub const fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        if year < 1900 || year > 2261 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let of_era = y - era * 400;
        let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// Year, month, day.
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "days are bounded by the years 1677 to 2262")]
    pub const fn ymd(self) -> (i64, i64, i64) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z - era * 146_097;
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day)
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> i64 {
        self.ymd().0
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i64 {
        self.0
    }

    /// From days since 1970-01-01; clamped to what an instant can hold.
    #[must_use]
    pub const fn from_days(days: i64) -> Self {
        Self(if days > MAX_DAY {
            MAX_DAY
        } else if days < -MAX_DAY {
            -MAX_DAY
        } else {
            days
        })
    }

    /// The day `n` days later (earlier, where negative).
    #[must_use]
    pub const fn plus(self, n: i64) -> Self {
        Self::from_days(self.0.saturating_add(n))
    }

    /// The day of the week.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        match self.0.rem_euclid(7) {
            0 => Weekday::Thursday,
            1 => Weekday::Friday,
            2 => Weekday::Saturday,
            3 => Weekday::Sunday,
            4 => Weekday::Monday,
            5 => Weekday::Tuesday,
            _ => Weekday::Wednesday,
        }
    }

    /// Midnight UTC at its start.
    #[must_use]
    pub const fn midnight(self) -> Timestamp {
        Timestamp::from_seconds(self.0.saturating_mul(DAY_SECONDS))
    }
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    /// The text, on the stack.
    pub(crate) fn text(self) -> Text {
        let (year, month, day) = self.ymd();
        let mut text = Text::default();
        text.digits(year, 4);
        text.push(b'-');
        text.digits(month, 2);
        text.push(b'-');
        text.digits(day, 2);
        text
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text().as_str())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Date {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let mut rest = text.as_bytes();
        let date = date_part(&mut rest)?;
        if rest.is_empty() { Ok(date) } else { Err(TimeError::Form) }
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.text().as_str())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
            }
        }
    };
}

as_text!(Timestamp);
as_text!(Date);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_text_agree_over_two_centuries() {
        let mut date = Date::new(1900, 1, 1).unwrap();
        while date.year() < 2200 {
            let (y, m, d) = date.ymd();
            assert_eq!(Date::new(y, m, d), Some(date));
            assert_eq!(date.to_string().parse(), Ok(date));
            date = date.plus(1);
        }
        assert_eq!("2026-11-20".parse::<Date>().unwrap().weekday(), Weekday::Friday);
    }

    #[test]
    fn instants_are_rfc_3339() {
        for (text, shown) in [
            ("2026-03-13T14:03:00Z", "2026-03-13T14:03:00Z"),
            ("2026-03-13 14:03:00+00:00", "2026-03-13T14:03:00Z"),
            ("2026-03-13T10:03:00-04:00", "2026-03-13T14:03:00Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
            ("2026-03-13T14:03:00.000000120Z", "2026-03-13T14:03:00.00000012Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), shown);
        }
        for (text, error) in [
            ("2026-03-13T14:03:00", TimeError::NoZone),
            ("2026-02-30T14:03:00Z", TimeError::Impossible),
            ("2026-03-13T24:03:00Z", TimeError::Impossible),
            ("13/03/2026", TimeError::Form),
            ("2026-03-13", TimeError::Form),
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(error), "{text}");
        }
    }
}
