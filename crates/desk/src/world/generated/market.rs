use super::act::{Act, Fate, Plan};
use super::shape::{self, ONE, millionths, permille};
use super::spec::{Listing, MarketSpec};
use crate::domain::decimal::{Price, Quantity, SCALE};
use crate::domain::market::Bar;
use crate::domain::seed::{Rng, Seed};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};

/// One cent in steps of 10⁻⁸.
const TICK: i64 = SCALE / 100;
/// Prices within a minute.
const STEPS: i64 = 6;
/// The deviation of one of six equal steps, in thousandths of the minute's: 1 ÷ √6.
const STEP_DEVIATION: i64 = 408;
/// The deviation of the gap over the night, in millionths of the price.
const GAP: i64 = 6000;

/// A session of a market that does not exist: a pure function of its seed, its hours and its listings.
#[derive(Clone, Debug)]
pub struct GeneratedMarket {
    seed: Seed,
    open: Timestamp,
    close: Timestamp,
    spec: MarketSpec,
}

/// One symbol's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedSymbol {
    /// The symbol.
    pub symbol: Symbol,
    /// The close of the day before.
    pub previous_close: Price,
    /// The bars in order of time; none in a halted minute. Prices lie on 0.01, volumes are whole.
    pub bars: Vec<Bar>,
}

impl GeneratedMarket {
    /// The market of a session from `open` to `close`, whole minutes. A session that does not last has no bars.
    #[must_use]
    pub const fn new(seed: Seed, open: Timestamp, close: Timestamp, spec: MarketSpec) -> Self {
        Self { seed, open, close, spec }
    }

    /// All symbols with their bars, in order of the symbols' bytes.
    #[must_use]
    pub fn symbols(&self) -> Vec<GeneratedSymbol> {
        let mut symbols: Vec<GeneratedSymbol> = self.spec.listings.iter().map(|listing| self.symbol(listing)).collect();
        symbols.sort_unstable_by_key(|generated| generated.symbol);
        symbols
    }

    /// One symbol's bars. They depend on the seed, the session and this listing alone, not on the other listings.
    #[must_use]
    pub fn symbol(&self, listing: &Listing) -> GeneratedSymbol {
        let minutes = (self.close - self.open).as_minutes();
        let day = u64::try_from(self.open.seconds()).unwrap_or_default();
        let mut rng = self.seed.part(listing.symbol.as_str(), day).rng();
        let plan = Plan::new(listing.plot, minutes, &mut rng);
        let mut tape = Tape::new(listing, rng);
        let mut bars = Vec::with_capacity(usize::try_from(minutes).unwrap_or_default());
        for minute in 0..minutes {
            let start = self.open + Span::minutes(minute);
            let trading = Trading {
                volatility: permille(listing.volatility.clamp(0, 10_000), shape::volatility(minute, minutes)),
                volume: permille(listing.volume.raw() / SCALE, shape::volume(minute, minutes)),
                act: plan.act(minute),
                fate: plan.fate(minute),
            };
            bars.extend(tape.minute(start, &trading));
        }
        GeneratedSymbol { symbol: listing.symbol, previous_close: listing.previous_close, bars }
    }
}

/// What a minute's trading is made of.
struct Trading {
    /// The deviation of its move, in millionths of the price.
    volatility: i64,
    /// Its usual volume, in shares.
    volume: i64,
    act: Act,
    fate: Fate,
}

/// A symbol's prices as they come.
struct Tape {
    rng: Rng,
    /// The last price, finer than the tick.
    price: i64,
    /// Where prices may not go below.
    floor: i64,
    /// Σ price in cents × shares, and Σ shares: the session's mean price.
    turnover: (i128, i128),
}

impl Tape {
    fn new(listing: &Listing, mut rng: Rng) -> Self {
        let previous = listing.previous_close.raw().max(SCALE);
        let gap = millionths(previous, rng.bell(GAP));
        Self { rng, price: previous.saturating_add(gap), floor: previous / 4, turnover: (0, 0) }
    }

    /// The bar of a minute, where there is one.
    fn minute(&mut self, start: Timestamp, trading: &Trading) -> Option<Bar> {
        match trading.fate {
            Fate::Halted => return None,
            Fate::Resumed => {
                let away = if self.rng.chance(1, 2) { ONE } else { -ONE };
                let jump = permille(self.rng.range(9000, 18_000), away);
                self.walk(millionths(self.price, jump));
            }
            Fate::Traded | Fate::Spike | Fate::Hollow => {}
        }
        let deviation = permille(trading.volatility, trading.act.rough);
        let drift = permille(trading.volatility, trading.act.drift) / STEPS;
        let pull = trading.act.pull / STEPS;
        let open = self.price;
        let (mut high, mut low) = (open, open);
        for _ in 0..STEPS {
            let noise = self.rng.bell(permille(deviation, STEP_DEVIATION));
            let step = millionths(self.price, drift.saturating_add(noise));
            let back = permille(self.mean().saturating_sub(self.price), pull);
            self.walk(step.saturating_add(back));
            (high, low) = (high.max(self.price), low.min(self.price));
        }
        let busy = if trading.fate == Fate::Resumed { 2500 } else { trading.act.busy };
        let volume = permille(permille(trading.volume, busy), self.rng.range(650, 1450)).max(1);
        Some(self.bar(start, trading.fate, [open, high, low, self.price], volume))
    }

    /// The bar as the feed gives it, its planned faults included.
    fn bar(&mut self, start: Timestamp, fate: Fate, prices: [i64; 4], volume: i64) -> Bar {
        let [open, mut high, low, close] = prices.map(on_tick);
        let mut shown = volume;
        match fate {
            Fate::Spike => {
                high = on_tick(high.saturating_add(permille(high, 300)));
                shown = volume.saturating_mul(40);
            }
            Fate::Hollow => {
                high = high.saturating_add(TICK);
                shown = 0;
            }
            Fate::Traded | Fate::Halted | Fate::Resumed => {}
        }
        let shares = i128::from(volume);
        let (value, all) = self.turnover;
        let mean = i128::from(close / TICK).saturating_mul(shares);
        self.turnover = (value.saturating_add(mean), all.saturating_add(shares));
        Bar {
            start,
            open: Price::from_raw(open),
            high: Price::from_raw(high),
            low: Price::from_raw(low),
            close: Price::from_raw(close),
            volume: Quantity::whole(shown),
        }
    }

    /// The session's mean price, weighted by volume; before any trade the last price.
    fn mean(&self) -> i64 {
        let (value, shares) = self.turnover;
        let cents = value.checked_div(shares).and_then(|cents| i64::try_from(cents).ok());
        cents.map_or(self.price, |cents| cents.saturating_mul(TICK))
    }

    fn walk(&mut self, step: i64) {
        self.price = self.price.saturating_add(step).max(self.floor);
    }
}

/// The nearest multiple of the tick, never below one.
fn on_tick(price: i64) -> i64 {
    let ticks = price.saturating_add(TICK / 2).div_euclid(TICK);
    ticks.max(1).saturating_mul(TICK)
}
