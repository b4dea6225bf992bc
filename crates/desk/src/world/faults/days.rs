//! Days of bars, made once and played often.

use crate::domain::calendar::{Calendar, CalendarError, Session, settlement};
use crate::domain::decimal::{Price, Quantity};
use crate::domain::fees::FeeSchedule;
use crate::domain::ids::SessionId;
use crate::domain::market::{Bar, Instrument, Side};
use crate::domain::seed::Seed;
use crate::domain::symbol::Symbol;
use crate::domain::time::{Date, Timestamp};
use crate::machines::market_data::Hours;
use crate::world::feed::Feed;
use crate::world::generated::{GeneratedMarket, Listing, MarketSpec, Plot};
use crate::world::recovery::Archive;
use crate::world::trader::{Ended, SessionTerms};

/// One session's bars, minute by minute.
#[derive(Clone, Debug)]
pub struct Tape {
    /// When it runs.
    pub session: Session,
    /// The session after it.
    pub next: SessionId,
    /// What holds in it.
    pub terms: SessionTerms,
    bars: Vec<(usize, Bar)>,
    minutes: Vec<Minute>,
}

/// The bars that end at one instant.
#[derive(Clone, Copy, Debug)]
struct Minute {
    at: Timestamp,
    first: usize,
    end: usize,
}

/// Instruments and consecutive sessions of a market that does not exist.
#[derive(Clone, Debug)]
pub struct Market {
    /// In the byte order of their symbols.
    pub instruments: Vec<Instrument>,
    /// In order of time.
    pub tapes: Vec<Tape>,
}

/// The symbols, from the cheapest to the dearest.
const SYMBOLS: [(&str, i64); 5] = [("ALFA", 38), ("BRVO", 64), ("CHRL", 97), ("DLTA", 143), ("ECKO", 212)];

/// What can be planned for a symbol's day.
const PLOTS: [Plot; 8] = [
    Plot::Breakout(Side::Long),
    Plot::Stretch(Side::Short),
    Plot::LateTrend(Side::Long),
    Plot::Breakout(Side::Short),
    Plot::Stretch(Side::Long),
    Plot::LateTrend(Side::Short),
    Plot::BadTicks,
    Plot::Halt,
];

impl Market {
    /// A market by its number: so many symbols, and consecutive sessions from a date on.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not reach that far.
    pub fn generate(
        number: u64,
        symbols: usize,
        from: Date,
        days: usize,
        fees: &FeeSchedule,
    ) -> Result<Self, CalendarError> {
        let mut rng = Seed(number).part("market", 0).rng();
        let turn = usize::try_from(rng.below(8)).unwrap_or(0);
        let listing = |(i, (name, price)): (usize, &(&str, i64))| {
            let symbol: Symbol = name.parse().ok()?;
            let plot = PLOTS.iter().cycle().nth(turn.saturating_add(i)).copied().unwrap_or(Plot::Quiet);
            // Thin books part the fills; others take all at once.
            let volume = Quantity::whole([900, 3_000, 20_000].get(i % 3).copied().unwrap_or(3_000));
            Some(Listing { symbol, previous_close: Price::whole(*price), volume, volatility: 560, plot })
        };
        let listings: Vec<Listing> = SYMBOLS.iter().take(symbols).enumerate().filter_map(listing).collect();
        let instruments = listings.iter().map(|l| Instrument::us_equity(l.symbol)).collect();
        let mut tapes = Vec::with_capacity(days);
        let mut session = Calendar::XNYS.require(from)?;
        for _ in 0..days {
            let next = Calendar::XNYS.next(session.id.date)?;
            let spec = MarketSpec { listings: listings.clone() };
            let market = GeneratedMarket::new(Seed(number), session.open, session.close, spec);
            tapes.push(Tape::new(session, next.id, &market, fees)?);
            session = next;
        }
        Ok(Self { instruments, tapes })
    }
}

impl Tape {
    fn new(
        session: Session,
        next: SessionId,
        market: &GeneratedMarket,
        fees: &FeeSchedule,
    ) -> Result<Self, CalendarError> {
        let symbols = market.symbols();
        let mut feed = Feed::new(symbols.iter().map(|s| s.bars.as_slice()));
        let (mut bars, mut minutes) = (Vec::new(), Vec::new());
        while let Some(minute) = feed.next() {
            let first = bars.len();
            bars.extend(minute.bars.iter().map(|(place, bar)| (*place, **bar)));
            minutes.push(Minute { at: minute.at, first, end: bars.len() });
        }
        let hours = Hours { session: session.id, open: session.open, close: session.close };
        let settles = settlement::settlement_date(session.id.date)?;
        let terms = SessionTerms { hours, settles, rates: fees.at(session.id.date) };
        Ok(Self { session, next, terms, bars, minutes })
    }

    /// The closes in the order in which they become known: instrument and price in steps of 10⁻⁸.
    pub fn closes(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.bars.iter().map(|(place, bar)| (*place, bar.close.raw()))
    }
}

/// A session as it is played.
#[derive(Debug)]
pub struct Day<'a> {
    /// Its tape.
    pub tape: &'a Tape,
    ended: Vec<Ended<'a>>,
}

/// The sessions of a run.
#[derive(Debug)]
pub struct Days<'a>(Vec<Day<'a>>);

impl<'a> Days<'a> {
    /// The first so many sessions of a market.
    #[must_use]
    pub fn new(market: &'a Market, count: usize) -> Self {
        let ended = |tape: &'a Tape| tape.bars.iter().map(|(place, bar)| Ended { place: *place, bar, quote: None });
        let day = |tape: &'a Tape| Day { tape, ended: ended(tape).collect() };
        Self(market.tapes.iter().take(count).map(day).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Day<'a>> {
        self.0.iter()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Day<'a>> {
        self.0.get(index)
    }

    fn of(&self, session: SessionId) -> Option<&Day<'a>> {
        self.0.iter().find(|d| d.tape.session.id == session)
    }
}

impl Day<'_> {
    /// The bars that end at an instant; none in a minute without trading.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> &[Ended<'_>] {
        match self.tape.minutes.binary_search_by_key(&now, |m| m.at) {
            Ok(found) => self.tape.minutes.get(found).map_or(&[], |m| self.bars(m)),
            Err(_) => &[],
        }
    }

    fn bars(&self, minute: &Minute) -> &[Ended<'_>] {
        self.ended.get(minute.first..minute.end).unwrap_or_default()
    }
}

impl Archive for Days<'_> {
    fn terms(&self, session: SessionId) -> Option<SessionTerms> {
        Some(self.of(session)?.tape.terms)
    }

    fn minute(&self, session: SessionId, seen: u64) -> Option<(Timestamp, &[Ended<'_>])> {
        let day = self.of(session)?;
        let seen = usize::try_from(seen).ok()?;
        let next = day.tape.minutes.partition_point(|m| m.end <= seen);
        let minute = day.tape.minutes.get(next)?;
        Some((minute.at, day.bars(minute)))
    }
}
