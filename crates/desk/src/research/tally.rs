//! Trades counted together: for the run, a strategy, a symbol, a weekday, an hour.

use serde::Serialize;

use super::figure::{Figure, Unknown, float};
use crate::domain::decimal::Money;
use crate::domain::records::{FeeSums, TradeRecord};
use crate::domain::wide::{Overflow, Wide, widen};

/// Sums over trades, exact.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    trades: u64,
    won: u64,
    lost: u64,
    net: Wide,
    gross: Wide,
    gains: Wide,
    losses: Wide,
    fees: FeeSums,
    slippage: Wide,
    held_nanos: i128,
    max_gain: Option<Money>,
    max_loss: Option<Money>,
    multiples: f64,
    risked: u64,
}

/// What is said of trades counted together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TradeFigures {
    /// Closed trades.
    pub trades: u64,
    /// Net above zero.
    pub won: u64,
    /// Net below zero.
    pub lost: u64,
    /// Won ÷ trades.
    pub win_rate: Option<Figure>,
    /// Σ net.
    pub net: Money,
    /// Σ gross.
    pub gross: Money,
    /// Fees by kind, as accrued.
    pub fees: FeeSums,
    /// Slippage against arrival; positive is against us.
    pub slippage: Money,
    /// Mean net of a trade, half to even; the expectancy in money.
    pub average_pnl: Option<Money>,
    /// Mean net of those won.
    pub average_gain: Option<Money>,
    /// Mean net of those lost.
    pub average_loss: Option<Money>,
    /// The largest net above zero.
    pub max_gain: Option<Money>,
    /// The smallest net below zero.
    pub max_loss: Option<Money>,
    /// Σ gains ÷ Σ losses without their sign.
    pub profit_factor: Option<Figure>,
    /// Mean of net ÷ (R × size): what a trade makes of the money it risks.
    pub expectancy_r: Option<Figure>,
    /// Mean holding time in whole seconds, half to even.
    pub average_holding_seconds: Option<i64>,
    /// Why something is missing.
    #[serde(skip_serializing_if = "Unknown::is_empty")]
    pub unknown: Unknown,
}

impl Tally {
    /// Counts one more trade.
    ///
    /// # Errors
    /// [`Overflow`].
    #[expect(clippy::float_arithmetic, reason = "a mean of ratios for people; no decision reads it")]
    pub fn add(&mut self, trade: &TradeRecord) -> Result<(), Overflow> {
        let net = trade.pnl_net;
        self.trades = self.trades.saturating_add(1);
        self.net += Wide::from(net);
        self.gross += Wide::from(trade.pnl_gross);
        if net > Money::ZERO {
            self.won = self.won.saturating_add(1);
            self.gains += Wide::from(net);
            self.max_gain = self.max_gain.max(Some(net));
        } else if net < Money::ZERO {
            self.lost = self.lost.saturating_add(1);
            self.losses += Wide::from(net);
            self.max_loss = Some(self.max_loss.map_or(net, |m| m.min(net)));
        }
        let fees = FeeSums { commission: trade.commission, sec: trade.sec_fee, taf: trade.taf_fee };
        self.fees = self.fees.plus(&fees)?;
        self.slippage += Wide::from(trade.slippage()?);
        self.held_nanos = self.held_nanos.saturating_add(widen(trade.held().as_nanos()));
        let risk = Wide::product(trade.risk_per_unit.raw(), trade.size.raw()).half_even_to_scale();
        if risk > Wide::ZERO {
            self.risked = self.risked.saturating_add(1);
            self.multiples += float(widen(net.raw())) / float(risk.raw());
        }
        Ok(())
    }

    /// What the sums say.
    ///
    /// # Errors
    /// [`Overflow`].
    #[expect(clippy::float_arithmetic, reason = "a mean of ratios for people; no decision reads it")]
    pub fn figures(&self) -> Result<TradeFigures, Overflow> {
        let mut unknown = Unknown::default();
        let mean = |sum: Wide, count: u64| sum.half_even(i128::from(count)).map(Wide::money).transpose();
        let none = "there are no trades";
        let multiples = (self.risked > 0).then(|| self.multiples / float(i128::from(self.risked)));
        let seconds = i128::from(self.trades).saturating_mul(1_000_000_000);
        Ok(TradeFigures {
            trades: self.trades,
            won: self.won,
            lost: self.lost,
            win_rate: unknown.or("win_rate", none, Figure::share(self.won.into(), self.trades.into())),
            net: self.net.money()?,
            gross: self.gross.money()?,
            fees: self.fees,
            slippage: self.slippage.money()?,
            average_pnl: unknown.or("average_pnl", none, mean(self.net, self.trades)?),
            average_gain: unknown.or("average_gain", "no trade won", mean(self.gains, self.won)?),
            average_loss: unknown.or("average_loss", "no trade lost", mean(self.losses, self.lost)?),
            max_gain: unknown.or("max_gain", "no trade won", self.max_gain),
            max_loss: unknown.or("max_loss", "no trade lost", self.max_loss),
            profit_factor: unknown.or(
                "profit_factor",
                "no trade lost",
                Figure::share(self.gains.raw(), self.losses.raw().saturating_neg()),
            ),
            expectancy_r: unknown.or("expectancy_r", "no trade with money at risk", multiples.and_then(Figure::new)),
            average_holding_seconds: unknown.or(
                "average_holding_seconds",
                none,
                Wide::new(self.held_nanos).half_even(seconds).map(Wide::narrow).transpose()?,
            ),
            unknown,
        })
    }
}

/// Counts trades by a key; groups come in the order of the key.
///
/// # Errors
/// [`Overflow`].
pub fn by<'a, K: Ord>(
    trades: impl IntoIterator<Item = &'a TradeRecord>,
    key: impl Fn(&TradeRecord) -> K,
) -> Result<Vec<(K, TradeFigures)>, Overflow> {
    let mut groups = std::collections::BTreeMap::<K, Tally>::new();
    for trade in trades {
        groups.entry(key(trade)).or_default().add(trade)?;
    }
    groups.into_iter().map(|(k, tally)| tally.figures().map(|f| (k, f))).collect()
}
