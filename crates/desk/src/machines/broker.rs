//! Order tracking (EXEC-1 to EXEC-3, EXEC-6): what became of every order, from answers that may come late, twice, in
//! another order, or never.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::decimal::{Price, Quantity};
use crate::domain::event::{Body, Event};
use crate::domain::ids::{ExecutionId, OrderId, StrategyName};
use crate::domain::order::{Ending, Execution, Intent, Leg, OrderState, Purpose, Refusal, Report};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;

/// What time alone brings: look-ups, polls, repeats.
mod waiting;

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Which part of its bracket.
    pub leg: Leg,
    /// Whose.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Where it is in its life.
    pub state: OrderState,
    /// What it asks for; a child's is its parent's.
    pub asked: Quantity,
    /// What was filled.
    pub filled: Quantity,
    /// Where a stop that was moved should stand.
    pub moved: Option<Moved>,
    /// Taken for never accepted; should it appear after all, it counts again (A1).
    pub given_up: bool,
    triggered: bool,
    sent_at: Option<Timestamp>,
    unknown_at: Option<Timestamp>,
    cancel_at: Option<Timestamp>,
    /// An entry's stop and target.
    children: Option<Box<[OrderId; 2]>>,
}

impl Tracked {
    /// Whether its withdrawal was decided.
    #[must_use]
    pub const fn is_cancelling(&self) -> bool {
        self.cancel_at.is_some()
    }

    /// Whether nobody knows if the venue has it.
    #[must_use]
    pub const fn is_unresolved(&self) -> bool {
        matches!(self.state, OrderState::Intent | OrderState::Submitting | OrderState::Unknown)
    }

    /// Whether it may still turn up at the venue without our knowing.
    const fn is_in_doubt(&self) -> bool {
        self.given_up || self.is_unresolved()
    }
}

/// Where a stop was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its new price.
    pub stop: Price,
    /// Whether the venue's last word agrees.
    pub confirmed: bool,
    at: Timestamp,
}

/// What an order is waited for, outside of the record: it is built anew after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Watch {
    asked: u32,
    missing: u32,
    end: Option<(Ending, Quantity)>,
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broker {
    orders: BTreeMap<OrderId, Tracked>,
    executions: BTreeSet<ExecutionId>,
    watches: BTreeMap<OrderId, Watch>,
    /// Every order that is in doubt, and some that were: each signal asks, and most of a session's orders are over.
    doubted: Vec<OrderId>,
}

impl Broker {
    /// An order.
    #[must_use]
    pub fn get(&self, order: &OrderId) -> Option<&Tracked> {
        self.orders.get(order)
    }

    /// All orders of the session.
    pub fn iter(&self) -> impl Iterator<Item = (&OrderId, &Tracked)> {
        self.orders.iter()
    }

    /// Whether an order in this symbol may still turn up at the venue without our knowing: nothing new is sent there
    /// until it is known, or the session ends (`U` of the fault model, A1).
    #[must_use]
    pub fn is_unresolved(&self, symbol: &Symbol) -> bool {
        let mut doubted = self.doubted.iter().filter_map(|order| self.orders.get(order));
        doubted.any(|t| t.symbol == *symbol && t.is_in_doubt())
    }

    /// Notes an order whose fate is not known, and forgets those whose fate is known by now.
    fn doubt(&mut self, order: &OrderId) {
        self.doubted.retain(|o| o != order && self.orders.get(o).is_some_and(Tracked::is_in_doubt));
        self.doubted.push(order.clone());
    }

    /// What a report means: the events that record it. A repeat means nothing, and so does a report about an order
    /// that is not ours (B5): without a record of the order neither its symbol nor its owner is known here.
    pub fn decide(&self, report: &Report, events: &mut Vec<Body>) {
        let order = report.order();
        let Some(tracked) = self.orders.get(order) else { return };
        let mut from = tracked.state;
        if tracked.given_up && !matches!(report, Report::NotFound(_) | Report::Refused { .. }) {
            // It has arrived after all (A1).
            events.push(Body::Accepted { order: order.clone() });
            from = OrderState::Accepted;
        }
        match report {
            Report::Accepted(_) => {
                if tracked.is_unresolved() {
                    events.push(Body::Accepted { order: order.clone() });
                }
            }
            // An earlier attempt arrived: it is looked up, not given up (A6).
            Report::Refused { why: Refusal::DuplicateId, .. } | Report::NotFound(_) => {}
            Report::Refused { why, .. } => {
                let body = Body::Refused { order: order.clone(), why: *why };
                if tracked.given_up {
                    events.push(body);
                } else {
                    events.extend(step(order, from, OrderState::Rejected, body));
                }
            }
            Report::Executed { execution, .. } => self.executed(order, tracked, execution, events),
            Report::Triggered(_) => {
                if !from.is_terminal() && !tracked.triggered {
                    events.push(Body::Triggered { order: order.clone() });
                }
            }
            // Otherwise its fills are still on their way; it ends when they are here.
            Report::Ended { how, filled, .. } if *filled <= tracked.filled => {
                events.extend(step(order, from, ended(*how), Body::Ended { order: order.clone(), how: *how }));
            }
            Report::Ended { .. } => {}
            Report::Amended { stop, .. } => {
                // The venue's last word, where it changes what we know.
                if tracked.moved.is_some_and(|m| m.confirmed != (m.stop == *stop)) {
                    events.push(Body::Amended { order: order.clone(), stop: *stop });
                }
            }
        }
    }

    fn executed(&self, order: &OrderId, tracked: &Tracked, execution: &Execution, events: &mut Vec<Body>) {
        // Ids rise as a rule: one beyond the last is not searched for.
        if self.executions.last().is_some_and(|last| execution.id <= *last) && self.executions.contains(&execution.id) {
            return;
        }
        events.push(Body::Executed {
            order: order.clone(),
            strategy: Some(tracked.strategy),
            symbol: tracked.symbol,
            execution: Box::new(execution.clone()),
        });
        let filled = tracked.filled.checked_add(execution.quantity.magnitude());
        let waiting = self.watches.get(order).and_then(|w| w.end);
        if let (Some((how, at)), Some(filled)) = (waiting, filled)
            && filled >= at
        {
            events.push(Body::Ended { order: order.clone(), how });
        }
    }

    /// Hears a report for what is only waited for: ends ahead of their fills, orders that are not found.
    pub fn hear(&mut self, report: &Report) {
        let known = |order: &OrderId| self.orders.get(order);
        match report {
            Report::Ended { order, how, filled } if known(order).is_some_and(|t| *filled > t.filled) => {
                self.watches.entry(order.clone()).or_default().end = Some((*how, *filled));
            }
            Report::NotFound(order) if known(order).is_some_and(|t| t.state == OrderState::Unknown) => {
                let watch = self.watches.entry(order.clone()).or_default();
                watch.missing = watch.missing.saturating_add(1);
            }
            _ => {}
        }
    }

    fn intend(&mut self, intent: &Intent) {
        let track = |leg: Leg, state: OrderState| Tracked {
            leg,
            strategy: intent.strategy,
            symbol: intent.symbol,
            state,
            asked: intent.quantity,
            filled: Quantity::ZERO,
            moved: None,
            given_up: false,
            triggered: false,
            sent_at: None,
            unknown_at: None,
            cancel_at: None,
            children: None,
        };
        match &intent.purpose {
            Purpose::Entry { stop_order, target_order, .. } => {
                let children = Some(Box::new([stop_order.clone(), target_order.clone()]));
                self.orders.insert(intent.order.clone(), Tracked { children, ..track(Leg::Entry, OrderState::Intent) });
                self.orders.insert(stop_order.clone(), track(Leg::Stop, OrderState::Planned));
                self.orders.insert(target_order.clone(), track(Leg::Target, OrderState::Planned));
            }
            Purpose::Exit { .. } => {
                self.orders.insert(intent.order.clone(), track(Leg::Exit, OrderState::Intent));
            }
        }
        self.doubt(&intent.order);
    }

    fn set(&mut self, order: &OrderId, state: OrderState, at: Timestamp) {
        if let Some(t) = self.orders.get_mut(order) {
            t.state = state;
            t.unknown_at = (state == OrderState::Unknown).then_some(at);
        }
        if state == OrderState::Unknown {
            self.doubt(order);
        }
        if state.is_terminal() {
            self.watches.remove(order);
        } else if state == OrderState::Accepted
            && let Some(watch) = self.watches.get_mut(order)
        {
            (watch.asked, watch.missing) = (0, 0);
        }
    }

    /// The venue has it. What was given up counts again, with its children; a withdrawal that was decided goes on.
    fn accept(&mut self, order: &OrderId, at: Timestamp) {
        let Some(t) = self.orders.get_mut(order) else { return };
        let next = if t.is_cancelling() { OrderState::CancelPending } else { OrderState::Accepted };
        if std::mem::take(&mut t.given_up) {
            self.set_children(order, |_| true, OrderState::Planned);
        }
        self.set(order, next, at);
    }

    /// A parent that is never going to fill takes its children with it.
    fn end_children(&mut self, parent: &OrderId) {
        self.set_children(parent, |t| t.state == OrderState::Planned, OrderState::Cancelled);
    }

    fn set_children(&mut self, parent: &OrderId, which: impl Fn(&Tracked) -> bool, state: OrderState) {
        let Some(children) = self.orders.get_mut(parent).and_then(|t| t.children.take()) else { return };
        for child in children.iter() {
            if let Some(t) = self.orders.get_mut(child).filter(|t| which(t)) {
                t.state = state;
            }
        }
        if let Some(t) = self.orders.get_mut(parent) {
            t.children = Some(children);
        }
    }

    fn fill(&mut self, order: &OrderId, execution: &Execution) {
        self.executions.insert(execution.id.clone());
        let Some(t) = self.orders.get_mut(order) else { return };
        let late = matches!(t.state, OrderState::Cancelled | OrderState::Expired);
        t.filled = Quantity::from_raw(t.filled.raw().saturating_add(execution.quantity.magnitude().raw()));
        t.unknown_at = None;
        t.state = match t.state {
            _ if t.filled >= t.asked => OrderState::Filled,
            // A fill after the end (B6): what is left is gone all the same.
            OrderState::Cancelled | OrderState::Expired => t.state,
            _ if t.is_cancelling() => OrderState::CancelPending,
            _ => OrderState::PartiallyFilled,
        };
        if t.leg == Leg::Entry {
            // They work from the entry's first fill on, also where they were thought to be gone with it.
            let waits = |t: &Tracked| t.state == OrderState::Planned || (late && t.state == OrderState::Cancelled);
            self.set_children(order, waits, OrderState::Accepted);
        }
    }

    /// A trade is over: what is left of its orders ended with it. Whether a last exit ever arrived stays to be asked.
    fn close(&mut self, orders: &[OrderId], at: Timestamp) {
        for order in orders {
            if self.orders.get(order).is_some_and(|t| !t.state.is_terminal() && !t.is_unresolved()) {
                self.set(order, OrderState::Cancelled, at);
            }
        }
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        let at = event.at;
        match &event.body {
            Body::SessionOpened { .. } => *self = Self::default(),
            Body::Intended(intent) => self.intend(intent),
            Body::CancelIntended { order } => {
                if let Some(t) = self.orders.get_mut(order) {
                    t.cancel_at = Some(at);
                    if matches!(t.state, OrderState::Accepted | OrderState::PartiallyFilled) {
                        t.state = OrderState::CancelPending;
                    }
                }
            }
            Body::AmendIntended { order, stop } => {
                if let Some(t) = self.orders.get_mut(order) {
                    t.moved = Some(Moved { stop: *stop, confirmed: false, at });
                }
            }
            Body::Amended { order, stop } => {
                if let Some(moved) = self.orders.get_mut(order).and_then(|t| t.moved.as_mut()) {
                    moved.confirmed = moved.stop == *stop;
                }
            }
            Body::Triggered { order } => {
                if let Some(t) = self.orders.get_mut(order) {
                    t.triggered = true;
                }
            }
            Body::Accepted { order } => self.accept(order, at),
            Body::Refused { order, .. } | Body::NotAccepted { order } => {
                self.set(order, OrderState::Rejected, at);
                if let Some(t) = self.orders.get_mut(order) {
                    t.given_up = matches!(event.body, Body::NotAccepted { .. });
                }
                self.doubt(order);
                self.end_children(order);
            }
            Body::Ended { order, how } => {
                self.set(order, ended(*how), at);
                if self.orders.get(order).is_some_and(|t| t.filled.is_zero()) {
                    self.end_children(order);
                }
            }
            Body::Executed { order, execution, .. } => self.fill(order, execution),
            Body::Unknown { order } => self.set(order, OrderState::Unknown, at),
            Body::TradeClosed(trade) => self.close(&trade.orders, at),
            _ => {}
        }
    }
}

const fn ended(how: Ending) -> OrderState {
    match how {
        Ending::Expired => OrderState::Expired,
        Ending::Cancelled => OrderState::Cancelled,
    }
}

/// A step that an order can take, or the record that it cannot (EXEC-2). A repeat of its end is neither.
fn step(order: &OrderId, from: OrderState, to: OrderState, body: Body) -> Option<Body> {
    if from.may_become(to) {
        Some(body)
    } else if from.is_terminal() || from == to {
        None
    } else {
        Some(Body::Impossible { order: order.clone(), from, to })
    }
}
