//! What the market says: bars, quotes, and the instruments they are about.

use serde::{Deserialize, Serialize};

use super::decimal::{Price, Quantity, Ratio};
use super::symbol::{Currency, Symbol};
use super::time::{Span, Timestamp};

/// A final bar of one minute. Known at its end and not before (STRAT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Its start, a whole minute.
    pub start: Timestamp,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Units traded.
    pub volume: Quantity,
}

impl Bar {
    /// The instant at which it is known.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start + Span::MINUTE
    }
}

/// A bar of one minute of quotes: its opening bid and ask are the first quote after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteBar {
    /// Its start, a whole minute.
    pub start: Timestamp,
    /// The first bid.
    pub bid_open: Price,
    /// The first ask.
    pub ask_open: Price,
    /// The last bid.
    pub bid_close: Price,
    /// The last ask.
    pub ask_close: Price,
}

/// Long or short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Bought first.
    Long,
    /// Sold first.
    Short,
}

impl Side {
    /// +1 for long, −1 for short: the `s` of `strategies.md`.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Long => 1,
            Self::Short => -1,
        }
    }

    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Long => "long",
            Self::Short => "short",
        }
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }
}

/// What kind of thing is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstrumentKind {
    /// A listed share or fund of the United States.
    UsEquity,
    /// A future with daily settlement.
    Future,
    /// A perpetual contract.
    Perpetual,
    /// A coin.
    Coin,
}

/// An instrument with its terms. A price of ours lies on the tick, a feed's need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Its ticker.
    pub symbol: Symbol,
    /// What it is.
    pub kind: InstrumentKind,
    /// The step of its order prices, above zero.
    pub tick: Price,
    /// The step of its order quantities, above zero.
    pub lot: Quantity,
    /// Money per unit and unit of price; 1 for shares.
    pub multiplier: Ratio,
    /// What it is priced in.
    pub currency: Currency,
}

impl Instrument {
    /// The default of a data folder: a US equity, tick 0.01, lot 1, USD.
    #[must_use]
    pub const fn us_equity(symbol: Symbol) -> Self {
        Self {
            symbol,
            kind: InstrumentKind::UsEquity,
            tick: Price::from_raw(1_000_000),
            lot: Quantity::whole(1),
            multiplier: Ratio::whole(1),
            currency: Currency::USD,
        }
    }
}

/// Which way a price is brought onto the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// To the tick at or below.
    Down,
    /// To the tick at or above.
    Up,
}

/// A price brought onto the tick. A tick that is not above zero leaves the price as it is.
#[must_use]
pub const fn on_tick(price: Price, tick: Price, toward: Toward) -> Price {
    let Some(off) = price.raw().checked_rem_euclid(tick.raw()) else { return price };
    if off == 0 {
        return price;
    }
    let below = price.raw().saturating_sub(off);
    Price::from_raw(match toward {
        Toward::Down => below,
        Toward::Up => below.saturating_add(tick.raw()),
    })
}
