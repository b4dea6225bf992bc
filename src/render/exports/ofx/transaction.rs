//! Transactions as OFX knows them.

use desk::domain::journal::EntryKind;
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Timestamp};
use desk::domain::wide::{Overflow, Wide};

use crate::render::exports::numbers::COST_PLACES;

/// A transaction of an entry, numbered later.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    /// Whose statement.
    pub(super) currency: Currency,
    /// When.
    pub(super) at: Timestamp,
    /// For people.
    pub(super) memo: String,
    /// What.
    pub(super) body: Body,
}

/// What a transaction is.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// `BUYSTOCK`, `SELLSTOCK`, `BUYOTHER`, `SELLOTHER`.
    Trade(Trade),
    /// `INCOME`: DIV or MISC.
    Income { security: Symbol, dividend: bool, total: i64, withheld: i64 },
    /// `INVEXPENSE`: negative when paid.
    Expense { security: Symbol, total: i64 },
    /// `MARGININTEREST`.
    MarginInterest { total: i64 },
    /// `SPLIT`.
    Split { security: Symbol, short: bool, old: i64, new: i64, ratio: Option<(String, String)> },
    /// `TRANSFER`.
    Transfer { security: Symbol, short: bool, units: i64, cost: i64, acquired: Date },
    /// `INVBANKTRAN`.
    Bank { kind: &'static str, name: EntryKind, amount: i64 },
}

/// A purchase or a sale.
#[derive(Clone, Debug)]
pub(super) struct Trade {
    pub(super) security: Symbol,
    /// Shares have elements of their own, and say whether they open or close.
    pub(super) stock: bool,
    /// Bought or sold; of a reversal, what it reverses.
    pub(super) buys: bool,
    /// A short is opened or covered.
    pub(super) short: bool,
    /// Above zero when bought.
    pub(super) units: i64,
    /// At 10⁻¹².
    pub(super) price: Wide,
    pub(super) commission: i64,
    pub(super) fees: i64,
    /// Cash: negative when it leaves.
    pub(super) total: i64,
    /// Of a sale that closes.
    pub(super) gain: Option<i64>,
    pub(super) settles: Option<Date>,
}

impl Transaction {
    /// The cash that it moves.
    pub(super) const fn cash(&self) -> i64 {
        match &self.body {
            Body::Trade(trade) => trade.total,
            Body::Income { total, .. } | Body::Expense { total, .. } | Body::MarginInterest { total } => *total,
            Body::Bank { amount, .. } => *amount,
            Body::Split { .. } | Body::Transfer { .. } => 0,
        }
    }

    /// What it is about.
    pub(super) const fn security(&self) -> Option<Symbol> {
        match &self.body {
            Body::Trade(trade) => Some(trade.security),
            Body::Income { security, .. }
            | Body::Expense { security, .. }
            | Body::Split { security, .. }
            | Body::Transfer { security, .. } => Some(*security),
            Body::MarginInterest { .. } | Body::Bank { .. } => None,
        }
    }

    /// The same the other way round.
    pub(super) fn undone(mut self) -> Self {
        let turn = |steps: &mut i64| *steps = steps.saturating_neg();
        match &mut self.body {
            Body::Trade(trade) => {
                for figure in [&mut trade.units, &mut trade.commission, &mut trade.fees, &mut trade.total] {
                    turn(figure);
                }
                trade.gain = trade.gain.map(i64::saturating_neg);
            }
            Body::Income { total, withheld, .. } => {
                turn(total);
                turn(withheld);
            }
            Body::Expense { total, .. } | Body::MarginInterest { total } => turn(total),
            Body::Bank { amount, .. } => turn(amount),
            Body::Transfer { units, .. } => turn(units),
            Body::Split { old, new, ratio, .. } => {
                std::mem::swap(old, new);
                if let Some((new, old)) = ratio {
                    std::mem::swap(new, old);
                }
            }
        }
        self
    }
}

/// The price at which units are worth that value at 10⁻⁸: the one that was stated if it is, otherwise the quotient with as
/// few decimals as do.
pub(super) fn price_for(units: i64, value: i64, stated: Option<i64>) -> Result<Wide, Overflow> {
    let (units, value) = (units.saturating_abs(), value.saturating_abs());
    let scale = |places: usize| (0..places).fold(1_i64, |scale, _| scale.saturating_mul(10));
    let worth = |price: Wide| {
        let product = price.times(units).ok_or(Overflow)?.half_even(i128::from(scale(COST_PLACES))).ok_or(Overflow)?;
        Ok((product - Wide::new(i128::from(value))).raw().unsigned_abs())
    };
    if let Some(stated) = stated.map(|price| Wide::product(price, scale(4)))
        && worth(stated)? <= 1
    {
        return Ok(stated);
    }
    let mut price = Wide::ZERO;
    for places in 2..=COST_PLACES {
        let step = scale(COST_PLACES.saturating_sub(places));
        let scaled = Wide::new(i128::from(value)).times(scale(places)).ok_or(Overflow)?;
        price = scaled.half_even(i128::from(units)).ok_or(Overflow)?.times(step).ok_or(Overflow)?;
        if worth(price)? == 0 {
            break;
        }
    }
    Ok(price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::exports::numbers::decimal;

    #[test]
    fn a_price_is_the_stated_one_or_the_shortest_that_gives_the_value() {
        let steps = |text: &str| desk::domain::decimal::parse_steps(text.as_bytes()).unwrap();
        for (units, value, stated, price) in [
            ("-200", "10240", Some("51.20"), "51.20"),
            ("0.00083333", "49.9998", Some("1"), "60000.00"),
            ("3", "10", None, "3.333333333"),
            ("3", "-10", Some("3"), "3.333333333"),
            ("10000000", "33333333.33333333", None, "3.333333333333"),
        ] {
            let found = price_for(steps(units), steps(value), stated.map(steps)).unwrap();
            assert_eq!(decimal(found, COST_PLACES, 2), price, "{units} for {value}");
        }
    }
}
