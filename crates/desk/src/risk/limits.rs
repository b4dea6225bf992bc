//! Limits of RISK-1 to RISK-10 with the defaults of STRAT-11, for a float of 100 000 USD; and what defense mode leaves of
//! them (RISK-11).

use crate::domain::decimal::{Money, Price, Quantity, Ratio, SCALE};
use crate::domain::wide::{Wide, widen};

/// Defense mode's profile (RISK-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defense {
    /// What is left of each limit, above zero and at most one; what a trade has to bring is divided by it.
    pub share: Ratio,
    /// The least price of an entry.
    pub price_min: Price,
    /// The least volume: of the session before, or of this one where there is none before.
    pub volume_min: Quantity,
}

/// The limits in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The capital that accounting has assigned.
    pub float: Money,
    /// RISK-1: money at risk per trade, to its stop.
    pub risk_per_trade: Money,
    /// RISK-2: an order's value.
    pub order_value: Money,
    /// RISK-2: an order's quantity.
    pub order_quantity: Quantity,
    /// RISK-3: half the spread as a share of the price.
    pub collar: Ratio,
    /// RISK-4: trades a day, account.
    pub trades_day: u32,
    /// RISK-4: trades a day and strategy; also the gate `turnover`.
    pub trades_strategy: u32,
    /// RISK-4: trades a day and symbol.
    pub trades_symbol: u32,
    /// RISK-4: symbols held or being entered.
    pub positions: u32,
    /// RISK-5: gross exposure.
    pub gross: Money,
    /// RISK-5: net exposure, both signs.
    pub net: Money,
    /// RISK-5: leverage, gross ÷ float.
    pub leverage: Ratio,
    /// RISK-5: one symbol's exposure.
    pub symbol: Money,
    /// RISK-10: the day's loss of the account.
    pub day_loss: Money,
    /// RISK-10: the day's loss of a strategy.
    pub strategy_loss: Money,
    /// RISK-10: losing trades of a strategy in a row.
    pub losing_row: u32,
    /// RISK-10: distance from the highest equity seen.
    pub drawdown: Money,
    /// Gate `fee`: the move pays this multiple of the round trip's cost.
    pub fee_multiple: Ratio,
    /// Gate `turnover`: the edge pays this multiple of it.
    pub edge_multiple: Ratio,
    /// Defense mode, where it is on: the limits above are what it leaves.
    pub defense: Option<Defense>,
}

impl Limits {
    /// What defense mode leaves of these limits: a share of everything that is allowed, rounded down; what is asked for
    /// (`fee_multiple`, `edge_multiple`) rises by as much. The float is an assignment in the books and stays.
    #[must_use]
    pub fn in_defense(self, profile: Defense) -> Self {
        let share = profile.share;
        let money = |m: Money| Money::from_raw(part(m.raw(), share));
        // A row of no losing trades would freeze at once.
        let row = count(self.losing_row, share).max(1);
        Self {
            float: self.float,
            risk_per_trade: money(self.risk_per_trade),
            order_value: money(self.order_value),
            order_quantity: Quantity::from_raw(part(self.order_quantity.raw(), share)),
            collar: Ratio::from_raw(part(self.collar.raw(), share)),
            trades_day: count(self.trades_day, share),
            trades_strategy: count(self.trades_strategy, share),
            trades_symbol: count(self.trades_symbol, share),
            positions: count(self.positions, share),
            gross: money(self.gross),
            net: money(self.net),
            leverage: Ratio::from_raw(part(self.leverage.raw(), share)),
            symbol: money(self.symbol),
            day_loss: money(self.day_loss),
            strategy_loss: money(self.strategy_loss),
            losing_row: row,
            drawdown: money(self.drawdown),
            fee_multiple: risen(self.fee_multiple, share),
            edge_multiple: risen(self.edge_multiple, share),
            defense: Some(profile),
        }
    }
}

/// A share of an amount, rounded down. What does not fit allows nothing.
fn part(raw: i64, share: Ratio) -> i64 {
    Wide::product(raw, share.raw()).cut_to_scale().money().map_or(0, Money::raw)
}

fn count(number: u32, share: Ratio) -> u32 {
    let left = Wide::product(i64::from(number), share.raw()).cut_to_scale().money();
    left.ok().and_then(|left| u32::try_from(left.raw()).ok()).unwrap_or(0)
}

/// A demand divided by the share. What does not fit cannot be met.
fn risen(multiple: Ratio, share: Ratio) -> Ratio {
    let risen = (Wide::from(multiple) * SCALE).cut(widen(share.raw()));
    risen.and_then(|risen| risen.ratio().ok()).unwrap_or(Ratio::MAX)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            float: Money::whole(100_000),
            risk_per_trade: Money::whole(250),
            order_value: Money::whole(25_000),
            order_quantity: Quantity::whole(10_000),
            collar: Ratio::from_raw(SCALE / 50),
            trades_day: 30,
            trades_strategy: 10,
            trades_symbol: 3,
            positions: 5,
            gross: Money::whole(100_000),
            net: Money::whole(100_000),
            leverage: Ratio::whole(1),
            symbol: Money::whole(20_000),
            day_loss: Money::whole(2_000),
            strategy_loss: Money::whole(1_000),
            losing_row: 6,
            drawdown: Money::whole(10_000),
            fee_multiple: Ratio::whole(2),
            edge_multiple: Ratio::whole(2),
            defense: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_11_defense_leaves_half_of_what_is_allowed_and_asks_for_twice_as_much() {
        let profile = Defense {
            share: Ratio::from_raw(SCALE / 2),
            price_min: Price::whole(5),
            volume_min: Quantity::whole(100_000),
        };
        let usual = Limits { losing_row: 1, trades_day: 1, ..Limits::default() };
        let left = usual.in_defense(profile);
        let expected = Limits {
            float: Money::whole(100_000),
            risk_per_trade: Money::whole(125),
            order_value: Money::whole(12_500),
            order_quantity: Quantity::whole(5_000),
            collar: Ratio::from_raw(SCALE / 100),
            trades_day: 0,
            trades_strategy: 5,
            trades_symbol: 1,
            positions: 2,
            gross: Money::whole(50_000),
            net: Money::whole(50_000),
            leverage: Ratio::from_raw(SCALE / 2),
            symbol: Money::whole(10_000),
            day_loss: Money::whole(1_000),
            strategy_loss: Money::whole(500),
            losing_row: 1,
            drawdown: Money::whole(5_000),
            fee_multiple: Ratio::whole(4),
            edge_multiple: Ratio::whole(4),
            defense: Some(profile),
        };
        assert_eq!(left, expected);
        let whole = usual.in_defense(Defense { share: Ratio::whole(1), ..profile });
        assert_eq!(Limits { defense: None, ..whole }, usual);
        let none = usual.in_defense(Defense { share: Ratio::ZERO, ..profile });
        assert_eq!((none.day_loss, none.edge_multiple), (Money::ZERO, Ratio::MAX), "a share of nothing denies");
    }
}
