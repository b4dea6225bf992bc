//! A signal with its size (STRAT-8) and what it would cost (STRAT-12).

use super::standing::Standing;
use crate::domain::decimal::{Money, Price, Quantity, Ratio, SCALE};
use crate::domain::fees::{CommissionSchedule, SaleRates};
use crate::domain::ids::{DecisionId, StrategyName};
use crate::domain::market::{Instrument, QuoteBar, Side};
use crate::domain::order::Plan;
use crate::domain::wide::{Overflow, Wide, value_of, widen};
use crate::strategies::Parameters;
use crate::venue::FillRules;
use crate::venue::pricing::down_to_lot;

/// A signal as risk weighs it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its decision's id.
    pub decision: &'a DecisionId,
    /// Whose it is.
    pub strategy: StrategyName,
    /// In what.
    pub instrument: &'a Instrument,
    /// Long or short.
    pub side: Side,
    /// The plan.
    pub plan: Plan,
    /// The size, down to the lot; zero where nothing is allowed.
    pub size: Quantity,
    /// What it would cost and bring.
    pub costs: Costs,
}

/// What a round trip costs and what it is expected to bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// Half the spread at the reference.
    pub half_spread: Price,
    /// 2·size·half + 2·commission + SEC + TAF of a sale of the size at the reference.
    pub round_trip: Money,
    /// size·|target − reference|.
    pub expected_move: Money,
}

/// What prices are estimated with.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    /// The fill rules in force.
    pub rules: &'a FillRules,
    /// Commission.
    pub commission: &'a CommissionSchedule,
    /// Regulatory fees on sales.
    pub rates: &'a SaleRates,
    /// The last quote, where there are quotes.
    pub quote: Option<&'a QuoteBar>,
}

impl Pricing<'_> {
    /// Half the spread at a price: from the last quote, otherwise as the fill rules say.
    fn half(&self, reference: Price, tick: Price) -> Result<Price, Overflow> {
        match self.quote {
            Some(q) => {
                let spread = (Wide::from(q.ask_close) - Wide::from(q.bid_close)).raised(2).ok_or(Overflow)?;
                Ok(spread.price()?.max(Price::ZERO))
            }
            None => self.rules.half(reference, tick),
        }
    }

    /// What a plan of this size costs and brings.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn costs(&self, plan: &Plan, size: Quantity, tick: Price) -> Result<Costs, Overflow> {
        let half_spread = self.half(plan.reference, tick)?;
        let value = value_of(size, plan.reference)?;
        let spread = Wide::from(value_of(size, half_spread)?) * 2;
        let commission = Wide::from(self.commission.owed(size, value)?) * 2;
        let regulatory = Wide::from(self.rates.sec(value)?) + Wide::from(self.rates.taf(size)?);
        let distance = (Wide::from(plan.target) - Wide::from(plan.reference)).price()?.magnitude();
        Ok(Costs {
            half_spread,
            round_trip: (spread + commission + regulatory).money()?,
            expected_move: value_of(size, distance)?,
        })
    }
}

/// The size of STRAT-8: the smallest of what risk, value and exposure allow, down to the lot, never below zero.
///
/// # Errors
/// [`Overflow`].
pub fn size(
    plan: &Plan,
    side: Side,
    parameters: &Parameters,
    standing: &Standing<'_>,
    lot: Quantity,
) -> Result<Quantity, Overflow> {
    let limits = standing.limits;
    let at_risk =
        Wide::from(parameters.risk_per_trade).min(Wide::from(limits.risk_per_trade)).min(standing.day_budget());
    let by_leverage = Wide::product(limits.float.raw(), limits.leverage.raw()).cut_to_scale();
    let value = [
        Wide::from(limits.order_value),
        Wide::from(limits.symbol),
        Wide::from(limits.gross).min(by_leverage) - standing.gross,
        Wide::from(limits.net) - standing.net * side.sign(),
    ]
    .into_iter()
    .fold(Wide::from(parameters.notional), Wide::min);
    let over = |money: Wide, price: Price| (money * SCALE).cut(widen(price.raw())).ok_or(Overflow);
    let smallest = over(at_risk, plan.risk)?.min(over(value, plan.reference)?).min(Wide::from(limits.order_quantity));
    if smallest <= Wide::ZERO {
        return Ok(Quantity::ZERO);
    }
    Ok(down_to_lot(smallest.quantity()?, lot))
}

impl Candidate<'_> {
    /// The order's value at the reference.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn value(&self) -> Result<Money, Overflow> {
        value_of(self.size, self.plan.reference)
    }

    /// Money at risk to the stop.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn at_risk(&self) -> Result<Money, Overflow> {
        value_of(self.size, self.plan.risk)
    }

    /// Half the spread as a share of the reference, cut.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn spread_share(&self) -> Result<Ratio, Overflow> {
        (Wide::from(self.costs.half_spread) * SCALE).cut(widen(self.plan.reference.raw())).ok_or(Overflow)?.ratio()
    }
}
