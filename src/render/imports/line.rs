//! What a statement and the journal are compared by.

use std::fmt;
use std::str::FromStr;

use desk::domain::decimal::{Money, Quantity};
use desk::domain::symbol::Currency;
use desk::domain::time::Date;
use desk::domain::wide::Wide;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::closing::Closing;
use crate::render::exports::Period;
use crate::render::exports::numbers::{COST_PLACES, decimal};

/// A price of one unit at 10⁻¹²: what is left of a value divided by units needs more digits than a price of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitPrice(Wide);

impl UnitPrice {
    /// From whole steps of 10⁻¹².
    #[must_use]
    pub const fn new(steps: Wide) -> Self {
        Self(steps)
    }

    /// In whole steps of 10⁻¹².
    #[must_use]
    pub const fn raw(self) -> i128 {
        self.0.raw()
    }
}

impl FromStr for UnitPrice {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (sign, bare) = text.strip_prefix('-').map_or((1, text), |bare| (-1, bare));
        let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction:0<COST_PLACES$}");
        let plain = !whole.is_empty() && whole.len() <= 11 && fraction.len() <= COST_PLACES;
        if !plain || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(());
        }
        let steps: i128 = digits.parse().map_err(|_| ())?;
        Ok(Self(Wide::new(steps.saturating_mul(sign))))
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.0, COST_PLACES, 2))
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(|()| de::Error::custom(format!("{text:?} is no price")))
    }
}

/// A movement of units, cash, or both. What a side does not say is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// The day, UTC.
    pub date: Date,
    /// The currency of its cash.
    pub currency: Currency,
    /// What it is about.
    pub instrument: Option<String>,
    /// Units: bought above zero, sold below.
    pub units: Option<Quantity>,
    /// The price of one.
    pub price: Option<UnitPrice>,
    /// Cash: received above zero, paid below.
    pub amount: Option<Money>,
    /// For people.
    pub text: String,
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stated {
    /// What it says.
    pub line: Line,
    /// The broker's stable id.
    pub id: Option<String>,
    /// The line of a CSV; of OFX the number of its transaction.
    pub place: u64,
}

/// What an entry of the journal would be on a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Booked {
    /// What it says.
    pub line: Line,
    /// The entry.
    pub seq: u64,
    /// Its ids on a statement: the FITID of our own exports, then the execution's or activity's.
    pub ids: Vec<String>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The accounts that it names.
    pub accounts: Vec<String>,
    /// Its days.
    pub period: Period,
    /// Its lines, in the order of the file.
    pub lines: Vec<Stated>,
    /// What of it is not compared, counted by its name.
    pub left_out: Vec<(String, u64)>,
    /// What it says was held at its end, where it says so.
    pub closing: Option<Closing>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_price_keeps_twelve_digits() {
        for (text, shown) in [
            ("49.8", "49.80"),
            ("3.333333333333", "3.333333333333"),
            ("0", "0.00"),
            ("1.2300000000000000", "1.23"),
            ("-1", "-1.00"),
        ] {
            assert_eq!(text.parse::<UnitPrice>().unwrap().to_string(), shown);
        }
        for text in ["", ".5", "1e5", "1.2.3", "x", "0.0000000000001", "123456789012"] {
            assert!(text.parse::<UnitPrice>().is_err(), "{text}");
        }
    }
}
