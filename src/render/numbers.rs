//! Numbers as people read them: a sign on every result, thousands with a comma, digits beyond the cent dimmed and
//! never dropped, decimal points in line.

use std::fmt::Write;

use desk::domain::decimal::{DecimalText, Money, Price, Quantity};
use desk::domain::time::{Span, Timestamp};
use desk::domain::wide::Wide;
use desk::research::Figure;

/// A cent in steps of 10⁻⁸.
const CENT: i64 = 1_000_000;

/// Whether a number is a result, which always carries its sign and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A result: `+` or `−`, and the colour of gain or loss.
    Result,
    /// A plain amount.
    Plain,
}

/// A whole number with commas: `12,345`.
#[must_use]
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A count with its noun: `1 trade`, `2 trades`, `3 entries`.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    let number = count(value);
    match noun.strip_suffix("ry") {
        _ if value == 1 => format!("{number} {noun}"),
        Some(stem) => format!("{number} {stem}ries"),
        None => format!("{number} {noun}s"),
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && digits.len().saturating_sub(i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Sign, whole part with commas and two decimals; and the digits beyond.
fn parts(steps: i64, sign: Sign) -> (String, String) {
    let text = DecimalText::new(steps, 2);
    let (negative, digits) = text.as_str().strip_prefix('-').map_or((false, text.as_str()), |d| (true, d));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "00"));
    let (cents, tail) = fraction.split_at_checked(2).unwrap_or((fraction, ""));
    let mark = match (negative, sign) {
        (true, _) => "−",
        (false, Sign::Result) if steps > 0 => "+",
        (false, _) => "",
    };
    (format!("{mark}{}.{cents}", grouped(whole)), tail.to_owned())
}

fn class(steps: i64, sign: Sign) -> &'static str {
    match (sign, steps) {
        (Sign::Result, 1..) => "g",
        (Sign::Result, ..=-1) => "l",
        _ => "",
    }
}

/// Every digit as plain text: `−27.06336902`.
#[must_use]
pub fn plain(value: Money, sign: Sign) -> String {
    let (head, tail) = parts(value.raw(), sign);
    head + &tail
}

/// Rounded to the cent (half to even) as plain text.
#[must_use]
pub fn cents_text(value: Money, sign: Sign) -> String {
    parts(to_cent(value), sign).0
}

fn to_cent(value: Money) -> i64 {
    let cents = Wide::from(value).half_even(i128::from(CENT)).unwrap_or_default();
    (cents * CENT).narrow().unwrap_or(value.raw())
}

/// HTML for a glance: rounded to the cent, the exact number on hover, focus and press where it differs.
#[must_use]
pub fn glance(value: Money, sign: Sign) -> String {
    let rounded = to_cent(value);
    let text = parts(rounded, sign).0;
    let class = class(value.raw(), sign);
    if rounded == value.raw() {
        return format!("<span class=\"{class}\">{text}</span>");
    }
    format!(
        "<span class=\"{class} exact\" tabindex=\"0\">{text}<span class=\"full\">exactly {}</span></span>",
        plain(value, sign)
    )
}

/// A column of exact amounts whose decimal points stand in line.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    tail: usize,
    sign: Sign,
}

impl Column {
    /// A column that shows these amounts.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = Money>, sign: Sign) -> Self {
        let tail = values.into_iter().map(|v| parts(v.raw(), sign).1.len()).max().unwrap_or(0);
        Self { tail, sign }
    }

    /// One amount as HTML: tail dimmed, padded invisibly.
    #[must_use]
    pub fn cell(&self, value: Money) -> String {
        let (head, tail) = parts(value.raw(), self.sign);
        let mut html = format!("<span class=\"{}\">{head}", class(value.raw(), self.sign));
        if !tail.is_empty() {
            let _ = write!(html, "<span class=\"tail\">{tail}</span>");
        }
        html.push_str("</span>");
        html + &self.pad(tail.len())
    }

    /// Invisible digits that bring the column's heading over the cents.
    #[must_use]
    pub fn pad(&self, used: usize) -> String {
        match self.tail.saturating_sub(used) {
            0 => String::new(),
            n => format!("<span class=\"pad\" aria-hidden=\"true\">{}</span>", "0".repeat(n)),
        }
    }
}

/// A price with all its digits, those beyond the cent dimmed.
#[must_use]
pub fn price(value: Price) -> String {
    decimal(value.raw())
}

/// Steps of 10⁻⁸ with all their digits, those beyond the second decimal dimmed.
#[must_use]
pub fn decimal(steps: i64) -> String {
    let (head, tail) = parts(steps, Sign::Plain);
    if tail.is_empty() { head } else { format!("{head}<span class=\"tail\">{tail}</span>") }
}

/// A quantity with commas.
#[must_use]
pub fn quantity(value: Quantity) -> String {
    let text = value.to_string();
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(w, r)| (w, r));
    let (mark, whole) = whole.strip_prefix('-').map_or(("", whole), |w| ("−", w));
    let point = if rest.is_empty() { "" } else { "." };
    format!("{mark}{}{point}{rest}", grouped(whole))
}

/// A share as a percentage with one decimal: `43.6 %`.
#[must_use]
#[expect(clippy::float_arithmetic, reason = "a percentage for people")]
pub fn percent(value: Figure) -> String {
    Figure::new(value.value() * 100.0).map_or_else(String::new, |p| format!("{}\u{a0}%", minus(&format!("{p:.1}"))))
}

/// A ratio with two decimals.
#[must_use]
pub fn ratio(value: Figure) -> String {
    minus(&format!("{value:.2}"))
}

/// With the minus that has the width of a plus.
#[must_use]
pub fn minus(text: &str) -> String {
    text.strip_prefix('-').map_or_else(|| text.to_owned(), |t| format!("−{t}"))
}

/// A length of time: `1 h 03 min`, `12 min 30 s`, `45 s`.
#[must_use]
pub fn span(value: Span) -> String {
    let seconds = value.as_seconds();
    let (minutes, rest) = (seconds.div_euclid(60), seconds.rem_euclid(60));
    match (minutes, rest) {
        (0, s) => format!("{s} s"),
        (m, 0) if m < 60 => format!("{m} min"),
        (m, s) if m < 60 => format!("{m} min {s:02} s"),
        (m, _) => format!("{} h {:02} min", m.div_euclid(60), m.rem_euclid(60)),
    }
}

/// The time of day in UTC: `14:03:00`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    let s = at.second_of_day();
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// The time of day as an element for people and machines.
#[must_use]
pub fn time(at: Timestamp) -> String {
    format!("<time datetime=\"{at}\">{}</time>", clock(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digit_is_dropped_and_points_stand_in_line() {
        let amounts: Vec<Money> =
            ["-27.06336902", "63.5", "0", "1234567.89"].iter().map(|t| t.parse().unwrap()).collect();
        let column = Column::of(amounts.iter().copied(), Sign::Result);
        let cells: Vec<String> = amounts.iter().map(|a| column.cell(*a)).collect();
        assert_eq!(cells[0], "<span class=\"l\">−27.06<span class=\"tail\">336902</span></span>");
        assert_eq!(cells[1], "<span class=\"g\">+63.50</span><span class=\"pad\" aria-hidden=\"true\">000000</span>");
        assert!(cells[2].starts_with("<span class=\"\">0.00</span>"), "{}", cells[2]);
        assert!(cells[3].contains("+1,234,567.89"));
        assert_eq!(glance(amounts[0], Sign::Result).matches("−27.06").count(), 2);
        assert!(!glance(amounts[1], Sign::Plain).contains("exact"));
        assert_eq!(cents_text("-0.004".parse().unwrap(), Sign::Result), "0.00");
        assert_eq!(quantity("-12345.5".parse().unwrap()), "−12,345.5");
        assert_eq!(span(Span::seconds(3_780)), "1 h 03 min");
    }
}
