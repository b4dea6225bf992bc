//! What the bars themselves say of each symbol: the last price, and what was traded in the session before.

use super::screen::Candidate;
use crate::domain::decimal::{Price, Quantity};
use crate::domain::ids::SessionId;
use crate::domain::market::{Bar, Instrument};
use crate::domain::time::Timestamp;

/// One symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    last: Option<(Timestamp, Price)>,
    traded: Quantity,
    before: Option<Quantity>,
}

/// The bars seen so far, as far as the screen asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    session: Option<SessionId>,
    seen: Vec<Seen>,
}

impl History {
    /// Of so many symbols, before the first bar.
    #[must_use]
    pub fn new(symbols: usize) -> Self {
        Self { session: None, seen: vec![Seen::default(); symbols] }
    }

    /// A session begins: what was traded in the one before is its volume. Beginning it again changes nothing.
    pub fn open(&mut self, session: SessionId) {
        if self.session == Some(session) {
            return;
        }
        let known = self.session.replace(session).is_some();
        for seen in &mut self.seen {
            let traded = std::mem::take(&mut seen.traded);
            seen.before = known.then_some(traded);
        }
    }

    /// A bar of the session, of the symbol of this place.
    pub fn see(&mut self, place: usize, bar: &Bar) {
        if let Some(seen) = self.seen.get_mut(place) {
            seen.last = Some((bar.end(), bar.close));
            // A volume beyond 64 bits is as much as can be asked for.
            let most = Quantity::from_raw(i64::MAX);
            seen.traded = seen.traded.checked_add(bar.volume).unwrap_or(most);
        }
    }

    /// What was traded in the symbol of this place in the session before, or in this one so far where none was before.
    #[must_use]
    pub fn volume(&self, place: usize) -> Quantity {
        self.seen.get(place).map_or(Quantity::ZERO, |seen| seen.before.unwrap_or(seen.traded))
    }

    /// The last close of the symbol of this place, and when it was: of this session, or of the last one with a bar.
    #[must_use]
    pub fn last(&self, place: usize) -> Option<(Timestamp, Price)> {
        self.seen.get(place)?.last
    }

    /// What is known of each instrument, in their order. The simulated venue trades all of them, both ways.
    #[must_use]
    pub fn candidates(&self, instruments: &[Instrument]) -> Vec<Candidate> {
        let known = instruments.iter().zip(&self.seen).map(|(instrument, seen)| Candidate {
            as_of: seen.last.map(|(at, _)| at),
            price: seen.last.map(|(_, price)| price),
            volume: seen.before,
            tradable: Some(true),
            shortable: Some(true),
            fractionable: Some(instrument.lot < Quantity::whole(1)),
            ..Candidate::unknown(instrument.symbol)
        });
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trade_4_volume_is_that_of_the_session_before_and_the_price_the_last_close() {
        let instrument = Instrument::us_equity("SPY".parse().unwrap());
        let start: Timestamp = "2024-01-03T14:30:00Z".parse().unwrap();
        let bar = |close: i64, volume: i64| {
            let close = Price::whole(close);
            Bar { start, open: close, high: close, low: close, close, volume: Quantity::whole(volume) }
        };
        let mut history = History::new(1);
        let told = |h: &History| {
            let all = h.candidates(&[instrument]);
            (all[0].price, all[0].volume)
        };
        let days = ["2024-01-03", "2024-01-04", "2024-01-05"].map(|d| SessionId::xnys(d.parse().unwrap()));
        history.open(days[0]);
        assert_eq!(told(&history), (None, None), "what nobody said is missing, never zero");
        history.see(0, &bar(470, 1_000));
        history.see(0, &bar(471, 500));
        assert_eq!(told(&history), (Some(Price::whole(471)), None), "the session is not over");
        assert_eq!((history.volume(0), history.volume(1)), (Quantity::whole(1_500), Quantity::ZERO));
        history.open(days[1]);
        history.open(days[1]);
        assert_eq!(told(&history), (Some(Price::whole(471)), Some(Quantity::whole(1_500))));
        history.open(days[2]);
        assert_eq!(told(&history).1, Some(Quantity::ZERO), "nothing was traded the day before");
        history.see(0, &bar(1, i64::MAX / 100_000_000));
        history.see(0, &bar(1, i64::MAX / 100_000_000));
        history.open(days[0]);
        assert_eq!(told(&history).1, Some(Quantity::from_raw(i64::MAX)));
        assert_eq!(history.volume(0), Quantity::from_raw(i64::MAX));
    }
}
