//! What the screener asks of a symbol (TRADE-4), as the pure screen wants it.

use std::collections::BTreeSet;

use desk::domain::symbol::Symbol;
use desk::domain::time::Span;
use desk::machines::screener::{Criteria, Flag};

use super::{Runtime, Screener};

impl Screener {
    /// What is asked of a symbol; nothing where nothing is asked, so that every symbol of the feed is taken. `file` holds
    /// the symbols of [`Screener::file`], where one is named.
    #[must_use]
    pub fn criteria(&self, file: Option<BTreeSet<Symbol>>) -> Option<Criteria> {
        if *self == Runtime::default().screener {
            return None;
        }
        let flags = [(self.shortable, Flag::Shortable), (self.fractionable, Flag::Fractionable)];
        Some(Criteria {
            min_price: self.price_min,
            max_price: self.price_max,
            min_volume: self.volume_min,
            max_age: if self.age_max_minutes == 0 {
                Span::nanos(i64::MAX)
            } else {
                Span::minutes(i64::from(self.age_max_minutes))
            },
            flags: flags.into_iter().filter(|(asked, _)| *asked).map(|(_, flag)| flag).collect(),
            exchanges: BTreeSet::new(),
            blocklist: self.excluded.iter().copied().collect(),
            allowlist: self.symbols.iter().copied().collect(),
            file,
            max_symbols: usize::try_from(self.symbols_max).unwrap_or(usize::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use desk::domain::decimal::{Price, Quantity};
    use desk::domain::time::Timestamp;
    use desk::machines::screener::{Candidate, screen};

    use super::*;

    #[test]
    fn trade_4_nothing_is_asked_until_somebody_asks_and_then_every_key_counts() {
        assert_eq!(Runtime::default().screener.criteria(None), None);
        let known = |symbol: &str| Candidate {
            price: Some(Price::whole(100)),
            volume: Some(Quantity::whole(1_000)),
            as_of: Some(Timestamp::default()),
            shortable: Some(true),
            fractionable: Some(false),
            ..Candidate::unknown(symbol.parse().unwrap())
        };
        let now = Timestamp::default() + Span::minutes(90);
        for (key, value, code) in [
            ("screener.symbols", "QQQ", "not_allowed"),
            ("screener.excluded", "SPY", "blocked"),
            ("screener.price_min", "100.01", "price_below"),
            ("screener.price_max", "99.99", "price_above"),
            ("screener.volume_min", "1001", "volume_below"),
            ("screener.age_max_minutes", "89", "stale"),
            ("screener.fractionable", "true", "lacks"),
        ] {
            let mut runtime = Runtime::default();
            runtime.set(key, value, "test").unwrap();
            let criteria = runtime.screener.criteria(None).unwrap();
            let found = screen(now, &criteria, &[known("SPY")]);
            let codes: Vec<_> = found.rejected.iter().map(|(_, why)| why.code()).collect();
            assert_eq!(codes, [code], "{key}");
        }
        let mut runtime = Runtime::default();
        runtime.set("screener.symbols_max", "1", "test").unwrap();
        runtime.set("screener.shortable", "true", "test").unwrap();
        let found = screen(now, &runtime.screener.criteria(None).unwrap(), &[known("SPY"), known("QQQ")]);
        assert_eq!((found.chosen.len(), found.rejected[0].1.code()), (1, "full"));
        runtime.set("screener.file", "lists/mine.txt", "test").unwrap();
        let own = Some(BTreeSet::from(["IWM".parse().unwrap()]));
        let found = screen(now, &runtime.screener.criteria(own).unwrap(), &[known("SPY")]);
        assert_eq!(found.rejected[0].1.code(), "not_in_file");
        assert!(runtime.set("screener.file", "a\nb", "test").is_err());
    }
}
