//! A trade in the making: one bracket from its intent to its last share, folded from events.

use super::decimal::{Money, Price, Quantity};
use super::ids::{DecisionId, OrderId, SessionId, StrategyName};
use super::journal::FeeKind;
use super::market::Side;
use super::order::{Execution, ExitReason, Intent, Plan, Purpose};
use super::symbol::Symbol;
use super::time::Timestamp;
use super::trade::Trade;
use super::wide::{Overflow, Wide, value_of};

/// Where a bracket is (TRADE-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The entry works, nothing is held.
    Entering,
    /// Shares are held.
    Managed,
    /// Nothing is held and nothing can be any more.
    Done,
}

/// An exit by decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitOrder {
    /// Its order.
    pub order: OrderId,
    /// Why.
    pub reason: ExitReason,
    /// Whether it may still fill.
    pub working: bool,
}

/// One entry with its stop, target and exits, as the bot knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The decision; also the bracket's id.
    pub decision: DecisionId,
    /// Its session.
    pub session: SessionId,
    /// Whose it is.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Long or short.
    pub side: Side,
    /// The plan.
    pub plan: Plan,
    /// `T` of the signal.
    pub signal_at: Timestamp,
    /// The entry's order.
    pub entry: OrderId,
    /// The stop's order.
    pub stop_order: OrderId,
    /// The target's order.
    pub target_order: OrderId,
    /// Exits by decision, in their order.
    pub exits: Vec<ExitOrder>,
    /// What the entry asks for.
    pub asked: Quantity,
    /// Whether the entry may still fill.
    pub entry_working: bool,
    /// What was entered.
    pub entered: Quantity,
    /// What has left again.
    pub exited: Quantity,
    /// First entry fill.
    pub entered_at: Option<Timestamp>,
    /// Where the stop stands.
    pub stop: Price,
    /// Whether the stop has moved in favour.
    pub trailing: bool,
    /// Whether the stop was touched: it works as a market order.
    pub triggered: bool,
    /// Whether it came back after it had been given up or closed.
    pub returned: bool,
    values: Values,
    last_exit: Option<(Timestamp, ExitReason, bool)>,
}

/// Sums over the fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Values {
    entry: Wide,
    exit: Wide,
    entry_reference: Wide,
    exit_reference: Wide,
    commission: Wide,
    sec: Wide,
    taf: Wide,
}

impl Position {
    /// From an entry's intent; nothing for an exit's.
    #[must_use]
    pub fn from_intent(intent: &Intent, session: SessionId) -> Option<Self> {
        let Purpose::Entry { plan, stop_order, target_order, .. } = &intent.purpose else { return None };
        Some(Self {
            decision: intent.decision.clone(),
            session,
            strategy: intent.strategy,
            symbol: intent.symbol,
            side: intent.side,
            plan: *plan,
            signal_at: intent.decided_at,
            entry: intent.order.clone(),
            stop_order: stop_order.clone(),
            target_order: target_order.clone(),
            exits: Vec::new(),
            asked: intent.quantity,
            entry_working: true,
            entered: Quantity::ZERO,
            exited: Quantity::ZERO,
            entered_at: None,
            stop: plan.stop,
            trailing: false,
            triggered: false,
            returned: false,
            values: Values::default(),
            last_exit: None,
        })
    }

    /// What is held, unsigned. Negative while an exit's fill is known before its entry's (B4).
    #[must_use]
    pub const fn held(&self) -> Quantity {
        Quantity::from_raw(self.entered.raw().saturating_sub(self.exited.raw()))
    }

    /// What the entry may still fill.
    #[must_use]
    pub const fn entering(&self) -> Quantity {
        if self.entry_working {
            Quantity::from_raw(self.asked.raw().saturating_sub(self.entered.raw()))
        } else {
            Quantity::ZERO
        }
    }

    /// Held and still to be entered, at least nothing: what risk counts (I6).
    #[must_use]
    pub fn exposed(&self) -> Quantity {
        Quantity::from_raw(self.held().raw().saturating_add(self.entering().raw())).max(Quantity::ZERO)
    }

    /// A bracket that was over and gets another fill: what it has already told of stays told, the rest counts anew.
    #[must_use]
    pub fn remainder(self) -> Self {
        let mut exits = self.exits;
        for exit in &mut exits {
            exit.working = false;
        }
        let zero = Quantity::ZERO;
        Self {
            exits,
            asked: minus(self.asked, self.entered),
            entry_working: false,
            entered: zero,
            exited: zero,
            entered_at: None,
            triggered: false,
            returned: true,
            values: Values::default(),
            last_exit: None,
            ..self
        }
    }

    /// Where it is. An exit's fill that is known before its entry's says that more is to come (B4).
    #[must_use]
    pub fn stage(&self) -> Stage {
        if self.held() > Quantity::ZERO {
            Stage::Managed
        } else if self.entry_working || !self.held().is_zero() {
            Stage::Entering
        } else {
            Stage::Done
        }
    }

    /// Whether an order works that closes it by decision, or what is left of a touched stop (STRAT-9).
    #[must_use]
    pub fn is_exiting(&self) -> bool {
        self.triggered || self.exits.iter().any(|e| e.working)
    }

    /// Whether an order belongs to this bracket.
    #[must_use]
    pub fn owns(&self, order: &OrderId) -> bool {
        self.entry == *order
            || self.stop_order == *order
            || self.target_order == *order
            || self.exits.iter().any(|e| e.order == *order)
    }

    /// Entry value so far: Σ quantity × price.
    #[must_use]
    pub const fn entry_value(&self) -> Wide {
        self.values.entry
    }

    /// Takes an execution of one of its orders in.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn fill(&mut self, order: &OrderId, execution: &Execution) -> Result<(), Overflow> {
        let quantity = execution.quantity.magnitude();
        let value = Wide::from(value_of(quantity, execution.price)?);
        let reference = Wide::from(value_of(quantity, execution.reference)?);
        self.values.commission += Wide::from(execution.commission);
        for (kind, fee) in &execution.accrued {
            match kind {
                FeeKind::Sec => self.values.sec += Wide::from(*fee),
                FeeKind::Taf => self.values.taf += Wide::from(*fee),
            }
        }
        if *order == self.entry {
            self.entered = self.entered.checked_add(quantity).ok_or(Overflow)?;
            self.values.entry += value;
            self.values.entry_reference += reference;
            self.entered_at = Some(self.entered_at.map_or(execution.at, |at| at.min(execution.at)));
            if self.entered >= self.asked {
                self.entry_working = false;
            }
            return Ok(());
        }
        self.exited = self.exited.checked_add(quantity).ok_or(Overflow)?;
        self.values.exit += value;
        self.values.exit_reference += reference;
        let reason = self.reason_of(order);
        if self.last_exit.is_none_or(|(at, _, _)| execution.at >= at) {
            self.last_exit = Some((execution.at, reason, execution.synthetic));
        }
        if self.held().is_zero() {
            for exit in self.exits.iter_mut().filter(|e| e.order == *order) {
                exit.working = false;
            }
        }
        Ok(())
    }

    /// The reason that an order's fill gives the trade.
    fn reason_of(&self, order: &OrderId) -> ExitReason {
        if *order == self.target_order {
            ExitReason::TargetHit
        } else if *order == self.stop_order {
            if self.trailing { ExitReason::TrailingStop } else { ExitReason::StopLoss }
        } else {
            self.exits.iter().find(|e| e.order == *order).map_or(ExitReason::Manual, |e| e.reason)
        }
    }

    /// The trade, once everything that was entered has left again and nothing can be entered any more.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn closed(&self) -> Result<Option<Trade>, Overflow> {
        let (Some(entered_at), Some((exited_at, reason, synthetic))) = (self.entered_at, self.last_exit) else {
            return Ok(None);
        };
        if self.stage() != Stage::Done || self.entered.is_zero() {
            return Ok(None);
        }
        let money = |w: Wide| -> Result<Money, Overflow> { w.money() };
        let v = &self.values;
        let children = [&self.entry, &self.stop_order, &self.target_order];
        Ok(Some(Trade {
            decision: self.decision.clone(),
            session: self.session,
            strategy: self.strategy,
            symbol: self.symbol,
            side: self.side,
            size: self.entered,
            plan: self.plan,
            signal_at: self.signal_at,
            entered_at,
            exited_at,
            entry_value: money(v.entry)?,
            exit_value: money(v.exit)?,
            entry_reference_value: money(v.entry_reference)?,
            exit_reference_value: money(v.exit_reference)?,
            commission: money(v.commission)?,
            sec: money(v.sec)?,
            taf: money(v.taf)?,
            reason,
            synthetic,
            orders: children.into_iter().chain(self.exits.iter().map(|e| &e.order)).cloned().collect(),
        }))
    }
}

fn minus(a: Quantity, b: Quantity) -> Quantity {
    Quantity::from_raw(a.raw().saturating_sub(b.raw()))
}
