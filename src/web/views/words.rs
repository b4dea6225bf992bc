//! Shares, clocks, ages: how a page says a number that is no money.

use chrono_tz::America::New_York;
use chrono_tz::Tz;
use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::market::Side;
use desk::domain::time::{Span, Timestamp};
use desk::domain::wide::{Wide, value_of};

use crate::render::numbers::{count, minus, span};

/// A count with its noun: `1 trade`, `2 trades`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{s}")
}

/// The help of a key without the number of its rule, which documents name and pages need not.
pub(crate) fn plain_help(help: &str) -> &str {
    let rule = |inside: &str| {
        inside.split_once('-').is_some_and(|(name, _)| name.len() > 2 && name.bytes().all(|b| b.is_ascii_uppercase()))
    };
    match help.rsplit_once(" (") {
        Some((words, inside)) if inside.ends_with(')') && rule(inside) => words,
        _ => help,
    }
}

/// Thousandths of a whole, from 0 to 1000; a whole of nothing has no parts.
pub(crate) fn permille(part: Money, whole: Money) -> i64 {
    let part = i128::from(part.raw().max(0)).saturating_mul(1_000);
    let share = part.checked_div(i128::from(whole.raw())).unwrap_or(0);
    i64::try_from(share.clamp(0, 1_000)).unwrap_or(0)
}

/// Thousandths as a percentage: `43.6`.
pub(crate) fn percent(permille: i64) -> String {
    format!("{}.{}", permille.div_euclid(10), permille.rem_euclid(10))
}

/// How long ago, in words that fit a cell.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now - at).as_seconds().max(0);
    span(Span::seconds(if seconds < 3_600 { seconds } else { seconds.div_euclid(60).saturating_mul(60) }))
}

/// How long until, in words.
pub(crate) fn left(at: Timestamp, now: Timestamp) -> String {
    let seconds = (at - now).as_seconds().max(0);
    span(Span::seconds(if seconds < 600 { seconds } else { seconds.div_euclid(60).saturating_mul(60) }))
}

/// The time of day in New York: `15:41:07`.
pub(crate) fn new_york(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp(at.seconds(), 0)
        .map_or_else(String::new, |t| t.with_timezone(&New_York).format("%H:%M:%S").to_string())
}

/// The time of day in a person's own zone, and the zone's short name; nothing where the page shows it anyway.
pub(crate) fn own_zone(at: Timestamp, zone: Tz) -> Option<(String, &'static str)> {
    let shown = [Tz::UTC, New_York].contains(&zone) || zone.name() == "Etc/UTC";
    let at = chrono::DateTime::from_timestamp(at.seconds(), 0).filter(|_| !shown)?;
    let place = zone.name().rsplit('/').next().unwrap_or_default();
    Some((at.with_timezone(&zone).format("%H:%M").to_string(), place))
}

/// The date in words: `Friday 20 November 2026`.
pub(crate) fn date(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp(at.seconds(), 0).map_or_else(String::new, |t| t.format("%A %-d %B %Y").to_string())
}

/// Date and time for a row of a log, as an element.
pub(crate) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("<time datetime=\"{text}\">{day} {}</time>", time.get(..8).unwrap_or(time))
}

/// What a quantity is worth at a price; nothing where that is beyond 64 bits.
pub(crate) fn worth(quantity: Quantity, price: Price) -> Money {
    value_of(quantity, price).unwrap_or_default()
}

/// What a position makes between two prices.
pub(crate) fn made(side: Side, quantity: Quantity, from: Price, to: Price) -> Money {
    let move_ = Wide::from(to) - Wide::from(from);
    let product = Wide::new(move_.raw().saturating_mul(i128::from(quantity.raw())));
    (product.half_even_to_scale() * side.sign()).money().unwrap_or_default()
}

/// A sum that stops at the largest money there is.
pub(crate) fn sum(all: impl Iterator<Item = Money>) -> Money {
    all.fold(Money::ZERO, |a, b| a.checked_add(b).unwrap_or(a))
}

/// The whole part with commas.
fn grouped(text: &str) -> String {
    let (whole, rest) = text.split_once('.').map_or((text, String::new()), |(w, r)| (w, format!(".{r}")));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let whole = digits.parse::<u64>().map_or_else(|_| digits.to_owned(), count);
    format!("{sign}{whole}{rest}")
}

/// A number of a gate, at most four decimals, with the wide minus.
pub(crate) fn figure(text: &str) -> String {
    let short = match grouped(text).split_once('.') {
        Some((whole, fraction)) => {
            let kept: String = fraction.chars().take(4).collect();
            let kept = kept.trim_end_matches('0');
            if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") }
        }
        None => grouped(text),
    };
    minus(&short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_results_are_exact() {
        let money = |t: &str| t.parse::<Money>().unwrap();
        assert_eq!(percent(permille(money("174.45"), money("400"))), "43.6");
        assert_eq!(permille(money("-1"), money("400")), 0);
        assert_eq!(permille(money("500"), money("400")), 1_000);
        assert_eq!(permille(money("5"), Money::ZERO), 0);
        let (price, quantity) = (|t: &str| t.parse::<Price>().unwrap(), "50".parse::<Quantity>().unwrap());
        assert_eq!(made(Side::Long, quantity, price("189.16"), price("187.30")), money("-93"));
        assert_eq!(made(Side::Short, quantity, price("189.16"), price("187.30")), money("93"));
        assert_eq!(figure("-0.87000000"), "−0.87");
        assert_eq!(figure("2.00000000"), "2");
        assert_eq!((figure("14879.85000000"), figure("-100000")), ("14,879.85".to_owned(), "−100,000".to_owned()));
    }

    #[test]
    fn clocks_follow_the_exchange() {
        let at: Timestamp = "2026-11-20T20:41:07Z".parse().unwrap();
        assert_eq!(new_york(at), "15:41:07");
        assert_eq!(date(at), "Friday 20 November 2026");
        assert!(moment(at).ends_with(">2026-11-20 20:41:07</time>"));
        assert_eq!(age(at, at + Span::seconds(83)), "1 min 23 s");
    }

    #[test]
    fn help_on_a_page_names_no_rule() {
        for (help, plain) in [
            ("gross exposure (RISK-5)", "gross exposure"),
            ("windows (LIFE-8a, OPS-3)", "windows"),
            ("the edge pays it so many times (gate turnover)", "the edge pays it so many times (gate turnover)"),
            ("net exposure, either sign", "net exposure, either sign"),
        ] {
            assert_eq!(plain_help(help), plain);
        }
    }
}
