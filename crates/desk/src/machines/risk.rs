//! Exposure, the day's results, freezes (RISK-10, RISK-12), and where the account stands when a signal is weighed.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::event::{Body, Event};
use crate::domain::float::FloatAssigned;
use crate::domain::ids::StrategyName;
use crate::domain::order::Execution;
use crate::domain::position::Position;
use crate::domain::symbol::Symbol;
use crate::domain::time::Date;
use crate::domain::trade::Trade;
use crate::domain::wide::{Overflow, Wide, value_of};
use crate::gates::Reason;
use crate::machines::portfolio::Portfolio;
use crate::risk::{Freeze, Limits, Standing};

/// How much of each limit is used.
mod used;

pub use used::Used;

/// What a strategy made today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Today {
    net: Wide,
    losing: u32,
    longest: u32,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    limits: Limits,
    /// The float before anything was assigned, that of the set-up.
    first: Money,
    /// What accounting has assigned, as it was recorded.
    assigned: Vec<FloatAssigned>,
    /// The last session that was opened.
    session: Option<Date>,
    cash: Wide,
    at_open: Wide,
    peak: Option<Wide>,
    trades: Vec<(StrategyName, u32)>,
    trades_symbol: BTreeMap<Symbol, u32>,
    /// Symbols in which an entry was ever approved.
    traded: BTreeSet<Symbol>,
    today: BTreeMap<StrategyName, Today>,
    closed_today: Wide,
    largest: used::Largest,
    freezes: Vec<Freeze>,
    epoch: u64,
}

impl Risk {
    /// A machine with these limits; equity begins at the float.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let cash = Wide::from(limits.float);
        Self {
            limits,
            first: limits.float,
            assigned: Vec::new(),
            session: None,
            cash,
            at_open: cash,
            peak: None,
            trades: Vec::new(),
            trades_symbol: BTreeMap::new(),
            traded: BTreeSet::new(),
            today: BTreeMap::new(),
            closed_today: Wide::ZERO,
            largest: used::Largest::default(),
            freezes: Vec::new(),
            epoch: 1,
        }
    }

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Other limits from now on. The float stays: accounting alone assigns it. What was approved under the old ones does not
    /// hold any more (RISK-0).
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = Limits { float: self.limits.float, ..limits };
        self.expire();
    }

    /// What was approved so far does not hold any more (RISK-0).
    pub const fn expire(&mut self) {
        self.epoch = self.epoch.saturating_add(1);
    }

    /// What accounting has assigned, in the order of the record.
    #[must_use]
    pub fn assigned(&self) -> &[FloatAssigned] {
        &self.assigned
    }

    /// The float that holds in a session: of the assignments that begin on its date or before it the one that begins last,
    /// of several of one date the one recorded last; before the first assignment that of the set-up (LEDG-10).
    #[must_use]
    pub fn float_of(&self, session: Date) -> Money {
        let begun = self.assigned.iter().map(|a| &a.assignment).filter(|a| a.from <= session);
        begun.max_by_key(|a| a.from).map_or(self.first, |a| a.float)
    }

    fn set_float(&mut self) {
        let float = self.session.map_or(self.limits.float, |session| self.float_of(session));
        if float != self.limits.float {
            self.limits.float = float;
            self.epoch = self.epoch.saturating_add(1);
        }
    }

    /// Rises with each limit change, freeze or kill; an approval of an older one does not hold (RISK-0).
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What is frozen.
    #[must_use]
    pub fn freezes(&self) -> &[Freeze] {
        &self.freezes
    }

    /// Whether a drawdown holds all entries back.
    #[must_use]
    pub fn is_drawn_down(&self) -> bool {
        self.freezes.iter().any(|f| f.reason == Reason::Drawdown)
    }

    /// Float + cash of all fills − fees + Σ s·held·last close, of all brackets with their symbols' last closes.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn equity<'a>(&self, held: impl Iterator<Item = (&'a Position, Option<Price>)>) -> Result<Wide, Overflow> {
        let mut equity = self.cash;
        for (p, close) in held {
            if let Some(price) = close {
                equity += Wide::from(value_of(p.held(), price)?) * p.side.sign();
            }
        }
        Ok(equity)
    }

    /// The market's door: the equity of this instant may be the highest seen.
    pub fn mark(&mut self, equity: Wide) {
        self.peak = Some(self.peak.map_or(equity, |peak| peak.max(equity)));
    }

    /// The equity at this session's open.
    #[must_use]
    pub const fn equity_at_open(&self) -> Wide {
        self.at_open
    }

    /// The freezes that this instant's equity brings (STRAT-11). Those that stand already are not told again.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn decide(&self, equity: Wide) -> Result<Vec<Body>, Overflow> {
        let mut found = Vec::new();
        let mut freeze = |strategy: Option<StrategyName>, reason: Reason, have: Money, limit: Money| {
            if !self.freezes.iter().any(|f| f.strategy == strategy && f.reason == reason) {
                found.push(Body::Frozen { strategy, reason, have, limit });
            }
        };
        let lost = self.at_open - equity;
        if lost >= Wide::from(self.limits.day_loss) {
            freeze(None, Reason::DailyLoss, lost.money()?, self.limits.day_loss);
        }
        let below = self.peak.unwrap_or(equity) - equity;
        if below >= Wide::from(self.limits.drawdown) {
            freeze(None, Reason::Drawdown, below.money()?, self.limits.drawdown);
        }
        for (strategy, today) in &self.today {
            if -today.net >= Wide::from(self.limits.strategy_loss) {
                freeze(Some(*strategy), Reason::StrategyLoss, (-today.net).money()?, self.limits.strategy_loss);
            }
            if today.longest >= self.limits.losing_row {
                let (have, limit) = (i64::from(today.longest), i64::from(self.limits.losing_row));
                freeze(Some(*strategy), Reason::LosingRow, Money::whole(have), Money::whole(limit));
            }
        }
        Ok(found)
    }

    /// Where the account stands for a signal in one symbol, at the last closes. Its volume is the market data's affair.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn standing<'a>(
        &'a self,
        symbol: &Symbol,
        strategy: StrategyName,
        portfolio: &Portfolio,
        close: impl Fn(&Symbol) -> Option<Price>,
    ) -> Result<Standing<'a>, Overflow> {
        let (mut gross, mut net, mut open_risk, mut positions) = (Wide::ZERO, Wide::ZERO, Wide::ZERO, 0_u32);
        for p in portfolio.iter() {
            let exposed = p.exposed();
            // A price that is not known yet counts as the plan's own.
            let price = close(&p.symbol).unwrap_or(p.plan.reference);
            let value = Wide::from(value_of(exposed, price)?);
            gross += value;
            net += value * p.side.sign();
            let away = (Wide::from(p.plan.reference) - Wide::from(p.stop)) * p.side.sign();
            open_risk += Wide::from(value_of(exposed, away.max(Wide::ZERO).price()?)?);
            positions = positions.saturating_add(1);
        }
        let owner = portfolio.get(symbol).map(|p| p.strategy);
        Ok(Standing {
            limits: &self.limits,
            freezes: &self.freezes,
            trades: &self.trades,
            trades_symbol: self.trades_symbol.get(symbol).copied().unwrap_or(0),
            traded_before: self.traded.contains(symbol),
            volume: Quantity::ZERO,
            positions,
            owner,
            working: owner == Some(strategy),
            gross,
            net,
            open_risk,
            closed_today: self.closed_today,
        })
    }

    fn execute(&mut self, execution: &Execution) -> Result<(), Overflow> {
        let value = Wide::from(value_of(execution.quantity, execution.price)?);
        let fees =
            execution.accrued.iter().fold(Wide::from(execution.commission), |sum, (_, fee)| sum + Wide::from(*fee));
        self.cash = self.cash - value - fees;
        Ok(())
    }

    fn close_trade(&mut self, trade: &Trade) -> Result<(), Overflow> {
        let net = Wide::from(trade.net()?);
        self.closed_today += net;
        let today = self.today.entry(trade.strategy).or_default();
        today.net += net;
        today.losing = if net < Wide::ZERO { today.losing.saturating_add(1) } else { 0 };
        today.longest = today.longest.max(today.losing);
        Ok(())
    }

    /// Folds one event in.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn apply(&mut self, event: &Event) -> Result<(), Overflow> {
        match &event.body {
            Body::SessionOpened { session, .. } => {
                self.session = Some(session.date);
                self.set_float();
                self.at_open = self.cash;
                self.trades.clear();
                self.trades_symbol.clear();
                self.today.clear();
                self.closed_today = Wide::ZERO;
                self.largest = used::Largest::default();
                // Freezes of one day end with the session; a drawdown stays until somebody clears it.
                self.freezes.retain(|f| f.reason == Reason::Drawdown);
            }
            Body::Decided(decision) if decision.blocked.is_none() => {
                match self.trades.iter_mut().find(|(s, _)| *s == decision.strategy) {
                    Some((_, n)) => *n = n.saturating_add(1),
                    None => self.trades.push((decision.strategy, 1)),
                }
                let count = self.trades_symbol.entry(decision.symbol).or_default();
                *count = count.saturating_add(1);
                self.traded.insert(decision.symbol);
                self.largest.approved(decision);
            }
            Body::Executed { execution, .. } => self.execute(execution)?,
            Body::TradeClosed(trade) => self.close_trade(trade)?,
            Body::Frozen { strategy, reason, have, limit } => {
                self.freezes.push(Freeze { strategy: *strategy, reason: *reason, have: *have, limit: *limit });
                self.epoch = self.epoch.saturating_add(1);
            }
            // Measured from the old peak it would be back with the next minute.
            Body::DrawdownCleared { peak, .. } => {
                self.freezes.retain(|f| f.reason != Reason::Drawdown);
                self.peak = Some(Wide::from(*peak));
                self.epoch = self.epoch.saturating_add(1);
            }
            Body::FloatAssigned(assigned) => {
                self.assigned.push(assigned.as_ref().clone());
                self.set_float();
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::Ratio;
    use crate::domain::event::VERSION;
    use crate::domain::time::Timestamp;

    fn told(risk: &mut Risk, body: Body) {
        risk.apply(&Event { v: VERSION, seq: 1, at: Timestamp::default(), body, feed: 0 }).unwrap();
    }

    /// WEB-1, RISK-4, RISK-10: every limit is told with what is used of it and who comes nearest; a new session begins at
    /// nothing, but for the drawdown.
    #[test]
    fn risk_10_each_limit_is_told_with_what_is_used_of_it() {
        let usd = Money::whole;
        let mut risk = Risk::new(Limits { drawdown: usd(1_000), ..Limits::default() });
        let used = |risk: &Risk, equity: i64| {
            let all = risk.used(Wide::from(usd(equity)), &Portfolio::default(), |_| None).unwrap();
            assert_eq!(all.len(), 16);
            all.into_iter().filter(|u| u.used > Ratio::ZERO).map(|u| (u.key, u.used, u.nearest)).collect::<Vec<_>>()
        };
        assert_eq!(used(&risk, 100_000), []);
        minute(&mut risk, 100_400);
        let lost = vec![("risk.day_loss", Ratio::whole(600), None), ("risk.drawdown", Ratio::whole(1_000), None)];
        assert_eq!(used(&risk, 99_400), lost);
        let session = "XNYS:2026-11-20".parse().unwrap();
        let (open, close) = (Timestamp::default(), Timestamp::default());
        told(&mut risk, Body::SessionOpened { session, open, close });
        assert_eq!(used(&risk, 100_000), [("risk.drawdown", Ratio::whole(400), None)]);
    }

    /// Lets equity be so much, as each minute does; what froze.
    fn minute(risk: &mut Risk, equity: i64) -> Vec<(Money, Money)> {
        let equity = Wide::from(Money::whole(equity));
        risk.mark(equity);
        let found = risk.decide(equity).unwrap();
        for body in &found {
            told(risk, body.clone());
        }
        let figures = found.iter().map(|body| match body {
            Body::Frozen { reason: Reason::Drawdown, have, limit, .. } => (*have, *limit),
            other => panic!("{other:?}"),
        });
        figures.collect()
    }

    #[test]
    fn risk_12_a_cleared_drawdown_is_measured_from_the_equity_of_then() {
        let usd = Money::whole;
        let limits = Limits { drawdown: usd(1_000), day_loss: usd(50_000), ..Limits::default() };
        let mut risk = Risk::new(limits);
        let frozen = |have| vec![(usd(have), usd(1_000))];
        assert_eq!(minute(&mut risk, 100_000), []);
        assert_eq!(minute(&mut risk, 99_000), frozen(1_000));
        assert_eq!(minute(&mut risk, 98_500), [], "it stands already");
        let before = risk.epoch();
        told(&mut risk, Body::DrawdownCleared { peak: usd(98_500), by: "ann".to_owned(), why: "looked at".to_owned() });
        assert!(!risk.is_drawn_down() && risk.epoch() > before, "what was approved before is weighed anew");
        // Neither at once nor within the limit of the new peak does it come back; it rises with equity, and holds again.
        for equity in [98_500, 97_501, 98_400] {
            assert_eq!(minute(&mut risk, equity), [], "{equity}");
        }
        assert_eq!(minute(&mut risk, 98_600), []);
        assert_eq!(minute(&mut risk, 97_600), frozen(1_000));
        assert!(risk.is_drawn_down());
    }
}
