//! What a fill costs on bars (STRAT-14): half the spread, impact, latency, and the tick against us.

use crate::domain::decimal::{Price, Quantity, Ratio, SCALE};
use crate::domain::market::{Bar, QuoteBar, Toward, on_tick};
use crate::domain::wide::{Overflow, Wide, widen};

/// The fill rules of EXEC-13a, configurable and printed in every report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillRules {
    /// Share of a bar's volume that we may take.
    pub participation: Ratio,
    /// Half the spread as a share of the price, where there are no quotes.
    pub half_spread: Ratio,
    /// Impact: this × share of the bar's volume squared × price.
    pub impact: Ratio,
    /// Latency of a market order in milliseconds, charged as adverse slippage.
    pub latency_ms: i64,
    /// The share of volume that the synthetic close at a session's end is charged for.
    pub synthetic_share: Ratio,
}

impl Default for FillRules {
    fn default() -> Self {
        Self {
            participation: Ratio::from_raw(SCALE / 10),
            half_spread: Ratio::from_raw(SCALE / 10_000),
            impact: Ratio::from_raw(SCALE / 10),
            latency_ms: 500,
            synthetic_share: Ratio::from_raw(SCALE / 10),
        }
    }
}

/// Which of the three costs a fill pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged {
    /// Spread, impact and latency: market orders of an entry or an exit.
    Market,
    /// Spread and impact: stops.
    Stop,
    /// The same for what is left of a stop, at the next open: where that is a quote's side, it has paid the spread.
    Rest,
    /// None: a target at its limit.
    Limit,
}

/// A reference price and what is known about the bar it is taken from.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The undisturbed price.
    pub reference: Price,
    /// Whether we buy.
    pub buy: bool,
    /// The instrument's tick.
    pub tick: Price,
    /// The bar that fills.
    pub bar: &'a Bar,
    /// The quotes of the same minute, where there are some.
    pub quote: Option<&'a QuoteBar>,
}

impl FillRules {
    /// How many units of a bar's volume may be taken, down to the lot.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn room(&self, volume: Quantity, lot: Quantity) -> Result<Quantity, Overflow> {
        let share = Wide::product(volume.raw(), self.participation.raw()).cut_to_scale().quantity()?;
        Ok(down_to_lot(share, lot))
    }

    /// Half the spread at a price: max(1 tick, ⌈price × share⌉).
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn half(&self, reference: Price, tick: Price) -> Result<Price, Overflow> {
        let part = Wide::product(reference.raw(), self.half_spread.raw()).raised(widen(SCALE)).ok_or(Overflow)?;
        Ok(part.price()?.max(tick))
    }

    /// The impact at a share of volume: ⌈impact × reference × share²⌉.
    fn impact_at(&self, reference: Price, share: Ratio) -> Result<Price, Overflow> {
        const SCALE_CUBED: i128 = 1_000_000_000_000_000_000_000_000;
        let product = Wide::product(reference.raw(), self.impact.raw()) * share.raw() * share.raw();
        product.raised(SCALE_CUBED).ok_or(Overflow)?.price()
    }

    /// The price of a fill of `filled` units.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn fill_price(&self, cx: &Context<'_>, filled: Quantity, charged: Charged) -> Result<Price, Overflow> {
        let mut costs = Wide::ZERO;
        if charged != Charged::Limit {
            costs += Wide::from(self.spread(cx, charged)?);
            let share = (Wide::from(filled) * SCALE).raised(widen(cx.bar.volume.raw())).ok_or(Overflow)?.ratio()?;
            costs += Wide::from(self.impact_at(cx.reference, share)?);
        }
        if charged == Charged::Market && cx.quote.is_none() {
            let range = Wide::from(cx.bar.high) - Wide::from(cx.bar.low);
            costs += (range * self.latency_ms).raised(60_000).ok_or(Overflow)?;
        }
        against(cx.reference, costs, cx.buy, cx.tick)
    }

    /// Half the spread that a fill pays. What fills at a quote has paid it already: it bought at the ask.
    fn spread(&self, cx: &Context<'_>, charged: Charged) -> Result<Price, Overflow> {
        match cx.quote {
            None => self.half(cx.reference, cx.tick),
            Some(_) if charged != Charged::Stop => Ok(Price::ZERO),
            Some(quote) => {
                let spread = Wide::from(quote.ask_open) - Wide::from(quote.bid_open);
                Ok(spread.raised(2).ok_or(Overflow)?.price()?.max(Price::ZERO))
            }
        }
    }

    /// The price of the close at a session's end where nothing trades any more (STRAT-15).
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn synthetic_price(&self, last: Price, buy: bool, tick: Price) -> Result<Price, Overflow> {
        let costs = Wide::from(self.half(last, tick)?) + Wide::from(self.impact_at(last, self.synthetic_share)?);
        against(last, costs, buy, tick)
    }
}

/// A reference moved against us by its costs and rounded to the tick against us, at least one tick.
fn against(reference: Price, costs: Wide, buy: bool, tick: Price) -> Result<Price, Overflow> {
    let moved = if buy { Wide::from(reference) + costs } else { Wide::from(reference) - costs };
    let toward = if buy { Toward::Up } else { Toward::Down };
    Ok(on_tick(moved.price()?, tick, toward).max(tick))
}

/// A quantity cut to whole lots. A lot that is not above zero leaves it as it is.
#[must_use]
pub const fn down_to_lot(quantity: Quantity, lot: Quantity) -> Quantity {
    match quantity.raw().checked_rem(lot.raw()) {
        Some(rest) => Quantity::from_raw(quantity.raw().saturating_sub(rest)),
        None => quantity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    /// STRAT-14 by the three worked trades of strategies.md: open, high, low of the filling bar, shares, its volume.
    #[test]
    fn strat_14_worked_fills() {
        let rules = FillRules::default();
        let tick = "0.01".parse().unwrap();
        for (reference, range, filled, volume, buy, charged, price) in [
            // latency 0.00249834 = 0.2998 × 500 ÷ 60 000
            ("184.2013", "0.2998", 81, 723_434, false, Charged::Market, "184.18"),
            ("182.05", "1", 81, 700_000, true, Charged::Limit, "182.05"),
            ("586.835", "0.38", 25, 70_000, false, Charged::Market, "586.77"),
            ("561.24", "0.2", 26, 100_000, true, Charged::Market, "561.30"),
            ("561.47", "0.3", 26, 80_000, false, Charged::Stop, "561.41"),
        ] {
            let (high, low): (Price, Price) = (range.parse().unwrap(), Price::ZERO);
            let bar =
                Bar { start: Timestamp::default(), open: high, high, low, close: low, volume: Quantity::whole(volume) };
            let cx = Context { reference: reference.parse().unwrap(), buy, tick, bar: &bar, quote: None };
            let got = rules.fill_price(&cx, Quantity::whole(filled), charged).unwrap();
            assert_eq!(got.to_string(), price, "{reference}");
        }
    }

    #[test]
    fn strat_13_room_is_a_tenth_down_to_the_lot() {
        let rules = FillRules::default();
        for (volume, lot, room) in [(809_442, 1, 80_944), (9, 1, 0), (10, 1, 1), (1_999, 100, 100)] {
            assert_eq!(rules.room(Quantity::whole(volume), Quantity::whole(lot)), Ok(Quantity::whole(room)));
        }
    }
}
