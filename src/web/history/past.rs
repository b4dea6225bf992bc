//! The events of one session, folded into what pages show: by the broker's own machine, so that states are the bot's.

use std::collections::BTreeMap;

use desk::domain::event::{Body, Event};
use desk::domain::ids::{DecisionId, ExecutionId, OrderId};
use desk::domain::market::Side;
use desk::domain::order::{Intent, Leg, Purpose};
use desk::domain::trade::Trade;
use desk::machines::broker::Broker;

use crate::messages::board::{DecisionLine, OrderLine};

/// A session that was read.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Decisions, the newest first.
    pub(crate) decisions: Vec<DecisionLine>,
    /// Closed trades, the newest first.
    pub(crate) trades: Vec<Trade>,
    /// Orders, the newest first.
    pub(crate) orders: Vec<PastOrder>,
}

/// An order with what became of it.
#[derive(Debug)]
pub(crate) struct PastOrder {
    /// As it stands.
    pub(crate) line: OrderLine,
    /// The decision it follows from.
    pub(crate) decision: DecisionId,
    /// The position's side.
    pub(crate) side: Side,
    /// What happened to it, from the intent on.
    pub(crate) life: Vec<Event>,
}

impl PastOrder {
    /// Its executions.
    pub(crate) fn executions(&self) -> impl Iterator<Item = &ExecutionId> {
        self.life.iter().filter_map(|event| match &event.body {
            Body::Executed { order, execution, .. } if *order == self.line.order => Some(&execution.id),
            _ => None,
        })
    }
}

impl Past {
    /// Folds a session's events.
    pub(crate) fn of(events: Vec<Event>) -> Self {
        let mut fold = Fold::default();
        for event in events {
            fold.take(&event);
        }
        let mut past = fold.past;
        past.decisions.reverse();
        past.trades.reverse();
        past.orders.reverse();
        past
    }

    pub(crate) fn decision(&self, id: &str) -> Option<&DecisionLine> {
        self.decisions.iter().find(|line| line.decision.id.as_str() == id)
    }

    pub(crate) fn order(&self, id: &str) -> Option<&PastOrder> {
        self.orders.iter().find(|order| order.line.order.as_str() == id)
    }

    /// A decision's orders, in the order in which they were decided.
    pub(crate) fn orders_of(&self, decision: &str) -> impl Iterator<Item = &PastOrder> {
        self.orders.iter().rev().filter(move |order| order.decision.as_str() == decision)
    }

    pub(crate) fn trade_of(&self, decision: &str) -> Option<&Trade> {
        self.trades.iter().find(|trade| trade.decision.as_str() == decision)
    }
}

/// A session as far as it is folded; everything the oldest first.
#[derive(Default)]
struct Fold {
    past: Past,
    broker: Broker,
    /// Where an order stands in the list.
    places: BTreeMap<OrderId, usize>,
    /// The orders of each decision.
    families: BTreeMap<DecisionId, Vec<usize>>,
}

impl Fold {
    fn take(&mut self, event: &Event) {
        self.broker.apply(event);
        let mut about = event.body.order().and_then(|id| self.order(id)).map(|order| order.decision.clone());
        match &event.body {
            Body::Decided(decision) => {
                let outcome = if decision.blocked.is_some() { "blocked" } else { "pending" };
                let line = DecisionLine { at: event.at, decision: decision.as_ref().clone(), outcome };
                self.past.decisions.push(line);
            }
            Body::Intended(intent) => {
                self.intend(intent);
                about = Some(intent.decision.clone());
            }
            Body::Executed { order, .. } => {
                let entered = self.order(order).filter(|o| o.line.leg == Leg::Entry).map(|o| o.decision.clone());
                self.settle(entered.as_ref(), "executed");
            }
            Body::EntryMissed { decision, .. } => self.settle(Some(decision), "missed"),
            Body::TradeClosed(trade) => {
                self.settle(Some(&trade.decision), "executed");
                self.past.trades.push(trade.as_ref().clone());
                about = Some(trade.decision.clone());
            }
            _ => {}
        }
        self.live(event, about.as_ref());
    }

    fn order(&self, id: &OrderId) -> Option<&PastOrder> {
        self.places.get(id).and_then(|place| self.past.orders.get(*place))
    }

    /// An order was decided; an entry brings stop and target.
    fn intend(&mut self, intent: &Intent) {
        let children = match &intent.purpose {
            Purpose::Entry { stop_order, target_order, .. } => vec![stop_order, target_order],
            Purpose::Exit { .. } => Vec::new(),
        };
        for id in [&intent.order].into_iter().chain(children) {
            let Some(line) = line(&self.broker, id) else { continue };
            let place = self.past.orders.len();
            self.places.insert(id.clone(), place);
            self.families.entry(intent.decision.clone()).or_default().push(place);
            let (decision, side) = (intent.decision.clone(), intent.side);
            self.past.orders.push(PastOrder { line, decision, side, life: Vec::new() });
        }
    }

    fn settle(&mut self, decision: Option<&DecisionId>, outcome: &'static str) {
        let found = self.past.decisions.iter_mut().rev().find(|line| Some(&line.decision.id) == decision);
        if let Some(line) = found {
            line.outcome = outcome;
        }
    }

    /// Adds an event to the life of each order of its decision that it is about or that it moved.
    fn live(&mut self, event: &Event, about: Option<&DecisionId>) {
        for place in about.and_then(|decision| self.families.get(decision)).into_iter().flatten() {
            let Some(order) = self.past.orders.get_mut(*place) else { continue };
            let Some(now) = line(&self.broker, &order.line.order) else { continue };
            let begins = matches!(&event.body, Body::Intended(_)) && order.life.is_empty();
            if begins || event.body.order() == Some(&order.line.order) || now.state != order.line.state {
                order.life.push(event.clone());
            }
            order.line = now;
        }
    }
}

/// An order as the broker's machine has it.
fn line(broker: &Broker, order: &OrderId) -> Option<OrderLine> {
    let tracked = broker.get(order)?;
    Some(OrderLine {
        order: order.clone(),
        leg: tracked.leg,
        strategy: tracked.strategy,
        symbol: tracked.symbol,
        state: tracked.state,
        asked: tracked.asked,
        filled: tracked.filled,
    })
}
