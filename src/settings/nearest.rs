/// The up to three of `names` that resemble `wanted` most, best first; where none does, the first of them.
///
/// Resemblance is the edit distance of A. Wagner and M. Fischer (1974) between the names in capitals.
#[must_use]
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_ascii_uppercase();
    let mut ranked: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(wanted.as_bytes(), name.to_ascii_uppercase().as_bytes()), name))
        .collect();
    ranked.sort_unstable();
    let near = (wanted.len() / 2).max(1);
    let close = ranked.iter().filter(|(d, _)| *d <= near).count().min(3);
    ranked.into_iter().take(if close == 0 { 3 } else { close }).map(|(_, name)| name).collect()
}

fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let swap = diagonal.saturating_add(usize::from(x != y));
            diagonal = *cell;
            left = swap.min(diagonal.saturating_add(1)).min(left.saturating_add(1));
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["AAPL", "AMZN", "MSFT", "SPY", "TSLA"];
        for (wanted, expected) in [
            ("APPL", &["AAPL"][..]),
            ("spy", &["SPY"]),
            ("SPYY", &["SPY"]),
            ("AAZN", &["AMZN", "AAPL"]),
            ("XXXXXXXXXX", &["AAPL", "AMZN", "MSFT"]),
        ] {
            assert_eq!(nearest(wanted, names), expected, "{wanted}");
        }
        for (a, b, d) in [("", "", 0), ("kitten", "sitting", 3), ("abc", "", 3), ("flaw", "lawn", 2)] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), d, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes()), d, "{b} {a}");
        }
    }
}
