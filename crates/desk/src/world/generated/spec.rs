use crate::domain::decimal::{Price, Quantity};
use crate::domain::market::Side;
use crate::domain::symbol::Symbol;

/// What is planned for a symbol's day. Chance does the rest: a plan is no promise of a profit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plot {
    /// Noise around the session's mean.
    Quiet,
    /// A narrow opening range, left within the first half hour on high volume; then a trend.
    Breakout(Side),
    /// Around midday far away from the session's VWAP, then back to it. Long: away downwards.
    Stretch(Side),
    /// A day that leans one way, and hurries that way in its last hour.
    LateTrend(Side),
    /// Trading stops for a while and resumes elsewhere.
    Halt,
    /// Noise with two faults of the feed: a spike on absurd volume, and a bar with a range and no volume.
    BadTicks,
}

/// A symbol of a market that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its ticker.
    pub symbol: Symbol,
    /// Its close of the day before, a multiple of 0.01.
    pub previous_close: Price,
    /// Shares traded in a mean minute.
    pub volume: Quantity,
    /// The standard deviation of a midday minute's move, in millionths of the price; 0 to 10 000.
    pub volatility: i64,
    /// What is planned.
    pub plot: Plot,
}

/// The symbols of a generated market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarketSpec {
    /// In any order; each symbol once.
    pub listings: Vec<Listing>,
}

impl MarketSpec {
    /// The market of the demonstration: invented names, each ending in `.SIM`, with a turn of events for each strategy,
    /// a halt and a bad tick.
    #[must_use]
    pub fn demo() -> Self {
        let rows = [
            ("ALFA.SIM", 184, 21_000, 520, Plot::Breakout(Side::Long)),
            ("BRVO.SIM", 62, 34_000, 610, Plot::Breakout(Side::Short)),
            ("CHRL.SIM", 241, 16_000, 480, Plot::Stretch(Side::Long)),
            ("DLTA.SIM", 97, 28_000, 560, Plot::Stretch(Side::Short)),
            ("ECKO.SIM", 128, 24_000, 500, Plot::LateTrend(Side::Long)),
            ("FXTR.SIM", 75, 31_000, 590, Plot::LateTrend(Side::Short)),
            ("GLFF.SIM", 53, 19_000, 640, Plot::Halt),
            ("HTEL.SIM", 316, 12_000, 450, Plot::BadTicks),
        ];
        let listing = |(name, price, volume, volatility, plot): (&str, i64, i64, i64, Plot)| {
            let symbol = name.parse().ok()?;
            let (previous_close, volume) = (Price::whole(price), Quantity::whole(volume));
            Some(Listing { symbol, previous_close, volume, volatility, plot })
        };
        Self { listings: rows.into_iter().filter_map(listing).collect() }
    }
}
