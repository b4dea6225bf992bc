//! Bars of many symbols, merged in order of time: all bars that end at one instant arrive together (STRAT-1).

use crate::domain::market::Bar;
use crate::domain::time::{Span, Timestamp};

/// Goes through the bars of many symbols minute by minute.
///
/// The symbols' order in is their order within a minute; give them sorted by their bytes (STRAT-5). Each symbol's
/// bars must be in order of time, each minute once, as a reader of files has checked them; this is not checked again.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    symbols: Vec<Coming<'a>>,
    next: Timestamp,
    minute: Vec<(usize, &'a Bar)>,
}

/// What is still to come of one symbol.
#[derive(Clone, Debug)]
struct Coming<'a> {
    /// The start of the next bar; the end of time when there is none.
    start: Timestamp,
    bars: std::slice::Iter<'a, Bar>,
}

/// The bars that end at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute<'f, 'a> {
    /// The instant `T` at which they end and are known.
    pub at: Timestamp,
    /// The symbol's place in what the feed was made of, and its bar; by place ascending.
    pub bars: &'f [(usize, &'a Bar)],
}

impl<'a> Feed<'a> {
    /// A feed over these symbols' bars.
    pub fn new(symbols: impl IntoIterator<Item = &'a [Bar]>) -> Self {
        let symbols: Vec<Coming<'a>> = symbols.into_iter().map(Coming::new).collect();
        let next = symbols.iter().map(|symbol| symbol.start).min().unwrap_or(Timestamp::MAX);
        let minute = Vec::with_capacity(symbols.len());
        Self { symbols, next, minute }
    }

    /// The instant of the next minute, nothing at the end.
    #[must_use]
    pub fn peek(&self) -> Option<Timestamp> {
        (self.next < Timestamp::MAX).then(|| self.next + Span::MINUTE)
    }

    /// The bars of the next minute that has any, nothing at the end.
    ///
    /// Lends its bars until the next call, so that a minute costs no allocation; hence no `Iterator`.
    #[expect(clippy::should_implement_trait, reason = "what it gives borrows from itself")]
    pub fn next(&mut self) -> Option<Minute<'_, 'a>> {
        let at = self.peek()?;
        let now = self.next;
        let mut next = Timestamp::MAX;
        self.minute.clear();
        for (place, symbol) in self.symbols.iter_mut().enumerate() {
            if symbol.start == now
                && let Some(bar) = symbol.take()
            {
                self.minute.push((place, bar));
            }
            next = next.min(symbol.start);
        }
        self.next = next;
        Some(Minute { at, bars: &self.minute })
    }
}

impl<'a> Coming<'a> {
    fn new(bars: &'a [Bar]) -> Self {
        Self { start: bars.first().map_or(Timestamp::MAX, |bar| bar.start), bars: bars.iter() }
    }

    fn take(&mut self) -> Option<&'a Bar> {
        let bar = self.bars.next();
        self.start = self.bars.as_slice().first().map_or(Timestamp::MAX, |bar| bar.start);
        bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::{Price, Quantity};
    use proptest::prelude::*;

    fn bar(minute: i64) -> Bar {
        let price = Price::whole(minute + 1);
        let start = Timestamp::default() + Span::minutes(minute);
        Bar { start, open: price, high: price, low: price, close: price, volume: Quantity::whole(1) }
    }

    fn symbols() -> impl Strategy<Value = Vec<Vec<Bar>>> {
        let minutes = prop::collection::btree_set(0_i64..60, 0..40);
        prop::collection::vec(minutes.prop_map(|set| set.into_iter().map(bar).collect()), 0..8)
    }

    proptest! {
        // STRAT-1: all bars that end at one T arrive together; nothing is lost, added or filled.
        #[test]
        fn it_is_the_sorted_sum_of_its_symbols(symbols in symbols()) {
            let mut expected: Vec<(Timestamp, usize, Bar)> = Vec::new();
            for (place, bars) in symbols.iter().enumerate() {
                expected.extend(bars.iter().map(|bar| (bar.end(), place, *bar)));
            }
            expected.sort_by_key(|(at, place, _)| (*at, *place));
            let (mut merged, mut last) = (Vec::new(), None);
            let mut feed = Feed::new(symbols.iter().map(Vec::as_slice));
            loop {
                let peeked = feed.peek();
                let Some(minute) = feed.next() else { break };
                prop_assert_eq!(peeked, Some(minute.at));
                prop_assert!(last < Some(minute.at), "each instant once, in order");
                prop_assert!(!minute.bars.is_empty());
                last = Some(minute.at);
                merged.extend(minute.bars.iter().map(|(place, bar)| (minute.at, *place, **bar)));
            }
            prop_assert_eq!(feed.peek(), None);
            prop_assert_eq!(merged, expected);
        }
    }

    #[test]
    fn a_hole_in_all_symbols_is_skipped() {
        let (a, b) = ([bar(0), bar(900)], [bar(900)]);
        let mut feed = Feed::new([&a[..], &b[..], &[]]);
        assert_eq!(feed.next().unwrap().bars, [(0, &a[0])]);
        let minute = feed.next().unwrap();
        assert_eq!(minute.at, b[0].end());
        assert_eq!(minute.bars, [(0, &a[1]), (1, &b[0])]);
        assert_eq!(feed.next(), None);
        assert_eq!(feed.next(), None);
    }
}
