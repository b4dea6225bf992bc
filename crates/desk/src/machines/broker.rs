//! Order tracking (EXEC-1 to EXEC-3, EXEC-6): what became of every order, from answers that may come late, twice, in
//! another order, or never.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::decimal::{Price, Quantity};
use crate::domain::event::{Body, Event};
use crate::domain::ids::{ExecutionId, OrderId, StrategyName};
use crate::domain::order::{Command, Ending, Intent, Leg, OrderState, Purpose, Refusal, Report};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};

/// How long an answer may take before an order is of unknown outcome.
const ANSWER: Span = Span::seconds(30);
/// When an unknown order is asked for, after it became unknown (A1).
const ASKED_AFTER: [i64; 6] = [1, 2, 4, 8, 15, 30];
/// How often and for how long an order must be missing before it was never accepted (A1).
const MISSING: (u32, Span) = (3, Span::seconds(60));

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
    /// Where a stop should stand.
    pub stop: Option<Price>,
    sent_at: Option<Timestamp>,
    unknown_at: Option<Timestamp>,
    cancel_at: Option<Timestamp>,
    /// The children that wait for this parent's first fill.
    waiting: Option<Box<[OrderId; 2]>>,
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

    /// What a report means: the events that record it. A repeat means nothing.
    #[must_use]
    pub fn decide(&self, report: &Report) -> Vec<Body> {
        let order = report.order();
        let Some(tracked) = self.orders.get(order) else { return self.stranger(report) };
        let step = |next: OrderState, body: Body| {
            if tracked.state.may_become(next) {
                vec![body]
            } else if tracked.state.is_terminal() || tracked.state == next {
                Vec::new()
            } else {
                vec![Body::Impossible { order: order.clone(), from: tracked.state, to: next }]
            }
        };
        match report {
            Report::Accepted(_) => match tracked.state {
                OrderState::Intent | OrderState::Submitting | OrderState::Unknown => {
                    vec![Body::Accepted { order: order.clone() }]
                }
                _ => Vec::new(),
            },
            // An earlier attempt arrived: it is looked up, not given up (A6).
            Report::Refused { why: Refusal::DuplicateId, .. } | Report::NotFound(_) => Vec::new(),
            Report::Refused { why, .. } => {
                step(OrderState::Rejected, Body::Refused { order: order.clone(), why: *why })
            }
            Report::Executed { execution, .. } => {
                if self.executions.contains(&execution.id) {
                    return Vec::new();
                }
                let mut events = vec![Body::Executed {
                    order: order.clone(),
                    strategy: Some(tracked.strategy),
                    symbol: tracked.symbol,
                    execution: execution.clone(),
                }];
                let filled = tracked.filled.checked_add(execution.quantity.magnitude());
                let waiting = self.watches.get(order).and_then(|w| w.end);
                if let (Some((how, at)), Some(filled)) = (waiting, filled)
                    && filled >= at
                {
                    events.push(Body::Ended { order: order.clone(), how });
                }
                events
            }
            Report::Triggered(_) if tracked.state.is_terminal() => Vec::new(),
            Report::Triggered(_) => vec![Body::Triggered { order: order.clone() }],
            Report::Ended { how, filled, .. } => {
                if *filled > tracked.filled {
                    // Its fills are still on their way; it ends when they are here.
                    return Vec::new();
                }
                let next = if *how == Ending::Expired { OrderState::Expired } else { OrderState::Cancelled };
                step(next, Body::Ended { order: order.clone(), how: *how })
            }
            Report::Amended { stop, .. } => vec![Body::Amended { order: order.clone(), stop: *stop }],
        }
    }

    /// A fill for an order that the bot does not know is recorded as external (B5); nothing else of it matters.
    fn stranger(&self, report: &Report) -> Vec<Body> {
        match report {
            Report::Executed { order, execution } if !self.executions.contains(&execution.id) => {
                // Without a record of the order its symbol is unknown; whoever reads the venue's activity knows it.
                let _ = order;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Hears a report for what is only waited for: ends ahead of their fills, orders that are not found.
    pub fn hear(&mut self, report: &Report) {
        let order = report.order();
        let Some(tracked) = self.orders.get(order) else { return };
        match report {
            Report::Ended { how, filled, .. } if *filled > tracked.filled => {
                self.watches.entry(order.clone()).or_default().end = Some((*how, *filled));
            }
            Report::NotFound(_) => {
                let watch = self.watches.entry(order.clone()).or_default();
                watch.missing = watch.missing.saturating_add(1);
            }
            Report::Accepted(_) => {
                if let Some(watch) = self.watches.get_mut(order) {
                    watch.missing = 0;
                }
            }
            _ => {}
        }
    }

    /// What time alone brings: orders without an answer become unknown, unknown ones are asked for, missing ones were
    /// never accepted.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> (Vec<Body>, Vec<Command>) {
        let (mut events, mut asks) = (Vec::new(), Vec::new());
        for (order, t) in &self.orders {
            let watch = self.watches.get(order).copied().unwrap_or_default();
            match (t.state, t.sent_at, t.unknown_at) {
                (OrderState::Submitting, Some(sent), _) if now - sent >= ANSWER => {
                    events.push(Body::Unknown { order: order.clone() });
                    asks.push(Command::Query(order.clone()));
                }
                (OrderState::Unknown, _, Some(since)) => {
                    let next = usize::try_from(watch.asked).ok().and_then(|n| ASKED_AFTER.get(n)).copied();
                    let due = next.is_none_or(|seconds| now - since >= Span::seconds(seconds));
                    if watch.missing >= MISSING.0 && now - since >= MISSING.1 {
                        events.push(Body::NotAccepted { order: order.clone() });
                    } else if due {
                        asks.push(Command::Query(order.clone()));
                    }
                }
                _ => {}
            }
        }
        (events, asks)
    }

    /// Questions about every order that is not at its end: polling, and what a start asks (EXEC-9, B7).
    #[must_use]
    pub fn poll(&self) -> Vec<Command> {
        let open = self.orders.iter().filter(|(_, t)| !t.state.is_terminal() && t.state != OrderState::Intent);
        open.map(|(order, _)| Command::Query(order.clone())).collect()
    }

    /// Cancels and amendments that were decided but not confirmed, to be sent again: both can be repeated safely.
    #[must_use]
    pub fn repeats(&self, now: Timestamp) -> Vec<Command> {
        let late = |at: Option<Timestamp>| at.is_some_and(|at| now - at >= ANSWER);
        let cancels = self.orders.iter().filter(|(_, t)| t.state == OrderState::CancelPending && late(t.cancel_at));
        let cancels = cancels.map(|(order, _)| Command::Cancel(order.clone()));
        let amends = self.orders.iter().filter(|(_, t)| t.leg == Leg::Stop && !t.state.is_terminal());
        let amends = amends.filter_map(|(order, t)| Some(Command::Amend { order: order.clone(), stop: t.stop? }));
        cancels.chain(amends).collect()
    }

    /// Notes that an unknown order was asked for.
    pub fn asked(&mut self, order: &OrderId) {
        if self.orders.get(order).is_some_and(|t| t.state == OrderState::Unknown) {
            let watch = self.watches.entry(order.clone()).or_default();
            watch.asked = watch.asked.saturating_add(1);
        }
    }

    /// Notes that an order went out. Not an event: after a crash nobody knows whether it did (K3 to K6).
    pub fn sent(&mut self, order: &OrderId, at: Timestamp) {
        if let Some(t) = self.orders.get_mut(order)
            && t.state == OrderState::Intent
        {
            t.state = OrderState::Submitting;
            t.sent_at = Some(at);
        }
    }

    /// After a restart: what was decided and has no answer is unknown; it is asked for and never sent again (K3).
    #[must_use]
    pub fn after_restart(&self) -> Vec<Body> {
        let open = self.orders.iter().filter(|(_, t)| matches!(t.state, OrderState::Intent | OrderState::Submitting));
        open.map(|(order, _)| Body::Unknown { order: order.clone() }).collect()
    }

    fn intend(&mut self, intent: &Intent) {
        let track = |leg: Leg, state: OrderState| Tracked {
            leg,
            strategy: intent.strategy,
            symbol: intent.symbol,
            state,
            asked: intent.quantity,
            filled: Quantity::ZERO,
            stop: None,
            sent_at: None,
            unknown_at: None,
            cancel_at: None,
            waiting: None,
        };
        match &intent.purpose {
            Purpose::Entry { stop_order, target_order, .. } => {
                let waiting = Some(Box::new([stop_order.clone(), target_order.clone()]));
                let parent = Tracked { waiting, ..track(Leg::Entry, OrderState::Intent) };
                self.orders.insert(intent.order.clone(), parent);
                self.orders.insert(stop_order.clone(), track(Leg::Stop, OrderState::Planned));
                self.orders.insert(target_order.clone(), track(Leg::Target, OrderState::Planned));
            }
            Purpose::Exit { .. } => {
                self.orders.insert(intent.order.clone(), track(Leg::Exit, OrderState::Intent));
            }
        }
    }

    fn set(&mut self, order: &OrderId, state: OrderState, at: Timestamp) {
        if let Some(t) = self.orders.get_mut(order) {
            t.state = state;
            t.unknown_at = (state == OrderState::Unknown).then_some(at);
            t.cancel_at = (state == OrderState::CancelPending).then_some(at);
        }
        if state.is_terminal() || state == OrderState::Accepted {
            self.watches.remove(order);
        }
    }

    /// A parent that is never going to fill takes its children with it.
    fn end_children(&mut self, parent: &OrderId, at: Timestamp) {
        let waiting = self.orders.get_mut(parent).and_then(|t| t.waiting.take());
        for child in waiting.iter().flat_map(|children| children.iter()) {
            if self.orders.get(child).is_some_and(|t| t.state == OrderState::Planned) {
                self.set(child, OrderState::Cancelled, at);
            }
        }
    }

    fn fill(&mut self, order: &OrderId, execution: &crate::domain::order::Execution) {
        self.executions.insert(execution.id.clone());
        let Some(t) = self.orders.get_mut(order) else { return };
        t.filled = Quantity::from_raw(t.filled.raw().saturating_add(execution.quantity.magnitude().raw()));
        let whole = t.filled >= t.asked;
        t.unknown_at = None;
        t.state = match t.state {
            _ if whole => OrderState::Filled,
            OrderState::CancelPending => OrderState::CancelPending,
            _ => OrderState::PartiallyFilled,
        };
        let waiting = t.waiting.take();
        for child in waiting.iter().flat_map(|children| children.iter()) {
            if let Some(child) = self.orders.get_mut(child).filter(|t| t.state == OrderState::Planned) {
                child.state = OrderState::Accepted;
            }
        }
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        let at = event.at;
        match &event.body {
            Body::SessionOpened { .. } => *self = Self::default(),
            Body::Intended(intent) => self.intend(intent),
            Body::CancelIntended { order } => self.set(order, OrderState::CancelPending, at),
            Body::AmendIntended { order, stop } => {
                if let Some(t) = self.orders.get_mut(order) {
                    t.stop = Some(*stop);
                }
            }
            Body::Amended { order, stop } => {
                if let Some(t) = self.orders.get_mut(order).filter(|t| t.stop == Some(*stop)) {
                    t.stop = None;
                }
            }
            Body::Accepted { order } => self.set(order, OrderState::Accepted, at),
            Body::Refused { order, .. } | Body::NotAccepted { order } => {
                self.set(order, OrderState::Rejected, at);
                self.end_children(order, at);
            }
            Body::Ended { order, how } => {
                let state = if *how == Ending::Expired { OrderState::Expired } else { OrderState::Cancelled };
                self.set(order, state, at);
                if self.orders.get(order).is_some_and(|t| t.filled.is_zero()) {
                    self.end_children(order, at);
                }
            }
            Body::Executed { order, execution, .. } => self.fill(order, execution),
            Body::Unknown { order } => self.set(order, OrderState::Unknown, at),
            Body::TradeClosed(trade) => {
                for order in &trade.orders {
                    if self.orders.get(order).is_some_and(|t| !t.state.is_terminal()) {
                        self.set(order, OrderState::Cancelled, at);
                    }
                }
            }
            _ => {}
        }
    }
}
