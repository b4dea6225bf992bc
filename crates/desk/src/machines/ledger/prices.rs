//! The recorded price list of a close: the one source of market values (BOOKS.md sections 10 and 12).

use serde::{Deserialize, Serialize};

use crate::domain::decimal::{Money, Price, Quantity, SCALE};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;
use crate::domain::wide::{Overflow, Wide};

/// The price of an instrument as a closing record lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedPrice {
    /// Of what.
    pub instrument: Symbol,
    /// What it is priced in.
    pub currency: Currency,
    /// Money per unit and unit of price; left out where it is 1, as of shares and coins.
    #[serde(default = "ListedPrice::one", skip_serializing_if = "ListedPrice::is_one")]
    pub multiplier: Quantity,
    /// The price; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// When that was the price; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl ListedPrice {
    /// The multiplier of what has none.
    const fn one() -> Quantity {
        Quantity::whole(1)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the JSON writer asks so")]
    fn is_one(multiplier: &Quantity) -> bool {
        *multiplier == Self::one()
    }

    /// Money for so many units, signed: units × price × multiplier, half to even at 10⁻⁸; nothing where there is no price.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn value(&self, units: Quantity) -> Result<Option<Money>, Overflow> {
        self.price.map(|price| worth(units, price, self.multiplier)).transpose()
    }
}

/// Units × price × multiplier, half to even at 10⁻⁸ (BOOKS.md section 4).
///
/// # Errors
/// [`Overflow`].
pub fn worth(units: Quantity, price: Price, multiplier: Quantity) -> Result<Money, Overflow> {
    let exact = Wide::product(units.raw(), price.raw()).times(multiplier.raw()).ok_or(Overflow)?;
    exact.half_even(Wide::product(SCALE, SCALE).raw()).ok_or(Overflow)?.money()
}

/// The recorded price list of a close: what market values are taken from (BOOKS.md section 10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Where its prices come from: [`PriceList::BARS`].
    pub source: String,
    /// When it was drawn up.
    pub at: Timestamp,
    /// A line for each instrument held at the close, by the books or the broker, and for each one traded since the last
    /// close; in the order of their symbols.
    pub prices: Vec<ListedPrice>,
}

impl PriceList {
    /// The source of prices that are the last closes of the session's bars.
    pub const BARS: &'static str = "bars:last close";

    /// The line of an instrument. An instrument without one has no price.
    #[must_use]
    pub fn of(&self, instrument: Symbol) -> Option<&ListedPrice> {
        let at = self.prices.binary_search_by(|line| line.instrument.cmp(&instrument)).ok()?;
        self.prices.get(at)
    }
}

/// Equity at market in a currency, as check 8 came to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquityLine {
    /// Which currency.
    pub currency: Currency,
    /// The broker's cash, its positions at the listed prices, and what accrues in the books.
    pub equity: Money,
    /// What of it is not realised: the value of the open lots less their cost.
    pub unrealised: Money,
}
