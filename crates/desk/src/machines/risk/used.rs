//! How much of each limit is used, for people.

use std::collections::BTreeMap;

use super::Risk;
use crate::domain::decimal::{Price, Ratio, SCALE};
use crate::domain::event::Decision;
use crate::domain::symbol::Symbol;
use crate::domain::wide::{Overflow, Wide, value_of, widen};
use crate::gates::Reason;
use crate::machines::portfolio::Portfolio;

/// A limit, and what of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Its key in the configuration.
    pub key: &'static str,
    /// What is used: money, a number of things, or a share.
    pub used: Ratio,
    /// What is allowed.
    pub limit: Ratio,
    /// Of several, the one that comes nearest: a strategy or a symbol.
    pub nearest: Option<String>,
}

/// Limits of single orders: what is used is the largest that was approved in the session.
const OF_ORDERS: [(&str, Reason); 4] = [
    ("risk.risk_per_trade", Reason::RiskPerTrade),
    ("risk.order_value", Reason::OrderValue),
    ("risk.order_quantity", Reason::OrderQuantity),
    ("risk.collar", Reason::PriceCollar),
];

/// The largest of each check of single orders in the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Largest([Ratio; OF_ORDERS.len()]);

impl Largest {
    /// An order was approved.
    pub(super) fn approved(&mut self, decision: &Decision) {
        for check in decision.trace.iter().flat_map(|gate| &gate.checks) {
            let place = OF_ORDERS.iter().position(|(_, reason)| *reason == check.reason);
            if let Some(largest) = place.and_then(|place| self.0.get_mut(place)) {
                *largest = check.value.max(*largest);
            }
        }
    }
}

/// The largest of some, and whose it is.
fn most<N: ToString>(all: impl Iterator<Item = (N, Wide)>) -> (Wide, Option<String>) {
    let most = all.max_by_key(|(_, used)| *used).filter(|(_, used)| *used > Wide::ZERO);
    most.map_or((Wide::ZERO, None), |(whose, used)| (used, Some(whose.to_string())))
}

impl Risk {
    /// How much of each limit is used at this equity and these closes, in the order of the rules.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn used(
        &self,
        equity: Wide,
        portfolio: &Portfolio,
        close: impl Fn(&Symbol) -> Option<Price>,
    ) -> Result<Vec<Used>, Overflow> {
        let (mut gross, mut net, mut by_symbol) = (Wide::ZERO, Wide::ZERO, BTreeMap::<Symbol, Wide>::new());
        for p in portfolio.iter() {
            let value = Wide::from(value_of(p.exposed(), close(&p.symbol).unwrap_or(p.plan.reference))?);
            gross += value;
            net += value * p.side.sign();
            *by_symbol.entry(p.symbol).or_default() += value;
        }
        let whole = |n: usize| Wide::from(Ratio::whole(i64::try_from(n).unwrap_or(i64::MAX)));
        let few = |n: u32| Ratio::whole(i64::from(n));
        let number = |n: u32| Wide::from(few(n));
        let limits = &self.limits;
        let money = |m: crate::domain::decimal::Money| Ratio::from_raw(m.raw());
        let leverage = (gross * SCALE).raised(widen(limits.float.raw())).unwrap_or(Wide::ZERO);
        let alone = |used: Wide| (used, None);
        let mut all = Vec::new();
        for ((key, reason), largest) in OF_ORDERS.into_iter().zip(self.largest.0) {
            let limit = match reason {
                Reason::RiskPerTrade => money(limits.risk_per_trade),
                Reason::OrderValue => money(limits.order_value),
                Reason::OrderQuantity => Ratio::from_raw(limits.order_quantity.raw()),
                _ => limits.collar,
            };
            all.push((key, alone(Wide::from(largest)), limit));
        }
        let trades = self.trades.iter().map(|(strategy, n)| (*strategy, number(*n)));
        let of_symbols = self.trades_symbol.iter().map(|(symbol, n)| (*symbol, number(*n)));
        let losses = self.today.iter().map(|(strategy, today)| (*strategy, -today.net));
        let rows = self.today.iter().map(|(strategy, today)| (*strategy, number(today.longest)));
        all.extend([
            (
                "risk.trades_day",
                alone(self.trades.iter().fold(Wide::ZERO, |sum, (_, n)| sum + number(*n))),
                few(limits.trades_day),
            ),
            ("risk.trades_strategy", most(trades), few(limits.trades_strategy)),
            ("risk.trades_symbol", most(of_symbols), few(limits.trades_symbol)),
            ("risk.positions", alone(whole(portfolio.iter().count())), few(limits.positions)),
            ("risk.gross", alone(gross), money(limits.gross)),
            ("risk.net", alone(net.max(-net)), money(limits.net)),
            ("risk.leverage", alone(leverage), limits.leverage),
            ("risk.symbol", most(by_symbol.into_iter()), money(limits.symbol)),
            ("risk.day_loss", alone((self.at_open - equity).max(Wide::ZERO)), money(limits.day_loss)),
            ("risk.strategy_loss", most(losses), money(limits.strategy_loss)),
            ("risk.losing_row", most(rows), few(limits.losing_row)),
            (
                "risk.drawdown",
                alone(self.peak.map_or(Wide::ZERO, |peak| (peak - equity).max(Wide::ZERO))),
                money(limits.drawdown),
            ),
        ]);
        let told = |(key, (used, nearest), limit): (&'static str, (Wide, Option<String>), Ratio)| {
            Ok(Used { key, used: used.ratio()?, limit, nearest })
        };
        all.into_iter().map(told).collect()
    }
}
