//! Limits of RISK-1 to RISK-10 with the defaults of STRAT-11, for a float of 100 000 USD.

use crate::domain::decimal::{Money, Quantity, Ratio, SCALE};

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
        }
    }
}
