//! Decimal figures as brokers write them, exactly.

use super::line::UnitPrice;

/// Which sign stands before the decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Decimals {
    /// `1,234.56`
    #[default]
    Point,
    /// `1.234,56`
    Comma,
}

/// A figure as plain text: `-1234.56`. Groups of thousands are taken out, brackets and a sign behind mean less than nothing.
/// Nothing where it is no figure.
pub(super) fn plain(text: &str, decimals: Decimals) -> Option<String> {
    let text = text.trim().replace('\u{2212}', "-");
    let (bracketed, text) = match text.strip_prefix('(').map(|t| t.strip_suffix(')')) {
        Some(Some(inside)) => (true, inside.trim().to_owned()),
        Some(None) => return None,
        None => (false, text),
    };
    let (signed, bare) = match text.strip_prefix('-').or_else(|| text.strip_suffix('-')) {
        Some(bare) => (true, bare),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    if bracketed && signed {
        return None;
    }
    let (point, group) = match decimals {
        Decimals::Point => ('.', ','),
        Decimals::Comma => (',', '.'),
    };
    let (whole, fraction) = bare.split_once(point).unwrap_or((bare, ""));
    let ends_in_point = bare.ends_with(point);
    let whole = ungrouped(whole, group)?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if ends_in_point || !digits(fraction) {
        return None;
    }
    let sign = if bracketed || signed { "-" } else { "" };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// Whole digits without their groups: three digits each, but the first, which has one to three. `.50` has none.
fn ungrouped(whole: &str, group: char) -> Option<String> {
    let mut groups = whole.split(group);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let grouped = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|g| g.len() == 3));
    if !grouped || !digits(first) || !rest.iter().all(|g| digits(g)) {
        return None;
    }
    Some(if first.is_empty() { "0".to_owned() } else { format!("{first}{}", rest.concat()) })
}

/// A price.
pub(super) fn price(text: &str, decimals: Decimals) -> Option<UnitPrice> {
    plain(text, decimals)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledg_9_figures_are_read_as_they_are_meant_or_not_at_all() {
        for (text, decimals, read) in [
            ("1,234.56", Decimals::Point, Some("1234.56")),
            ("1.234,56", Decimals::Comma, Some("1234.56")),
            ("(12.50)", Decimals::Point, Some("-12.50")),
            ("12.50-", Decimals::Point, Some("-12.50")),
            ("\u{2212}3", Decimals::Point, Some("-3")),
            ("+7", Decimals::Point, Some("7")),
            (".5", Decimals::Point, Some("0.5")),
            ("1,5", Decimals::Point, None),
            ("1.5", Decimals::Comma, None),
            ("12,34.5", Decimals::Point, None),
            ("1.234.567,8", Decimals::Comma, Some("1234567.8")),
            ("5.", Decimals::Point, None),
            ("$5", Decimals::Point, None),
            ("1e5", Decimals::Point, None),
            ("(-5)", Decimals::Point, None),
            ("(5", Decimals::Point, None),
            ("--5", Decimals::Point, None),
            ("", Decimals::Point, Some("0")),
        ] {
            assert_eq!(plain(text, decimals).as_deref(), read, "{text}");
        }
    }
}
