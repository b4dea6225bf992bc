//! What followed from each decision, folded from the event log.

use std::collections::BTreeMap;

use crate::domain::decimal::Price;
use crate::domain::event::{Body, Event};
use crate::domain::ids::{DecisionId, ExecutionId, OrderId};
use crate::domain::order::{Intent, Purpose, Refusal};

/// What followed from all decisions.
#[derive(Debug, Default)]
pub(super) struct Followed<'a> {
    decisions: BTreeMap<&'a DecisionId, Chain<'a>>,
    owners: BTreeMap<&'a OrderId, &'a DecisionId>,
}

/// What followed from one decision.
#[derive(Debug, Default)]
pub(super) struct Chain<'a> {
    /// Its orders, in the order of their intents.
    pub(super) orders: Vec<&'a OrderId>,
    /// Executions of these, in the order in which they were recorded.
    pub(super) executions: Vec<&'a ExecutionId>,
    /// Whether the entry got a share.
    pub(super) entered: bool,
    /// Whether the entry ended without one.
    pub(super) missed: bool,
    /// Where the stop stood last, where it has moved.
    pub(super) stop: Option<Price>,
    /// The first refusal of one of its orders.
    pub(super) refused: Option<Refusal>,
}

impl<'a> Followed<'a> {
    /// Folds the event log.
    pub(super) fn of(events: &'a [Event]) -> Self {
        let mut followed = Self::default();
        for event in events {
            followed.apply(&event.body);
        }
        followed
    }

    /// What followed from a decision; nothing where no order did.
    pub(super) fn get(&self, decision: &DecisionId) -> Option<&Chain<'a>> {
        self.decisions.get(decision)
    }

    fn apply(&mut self, body: &'a Body) {
        match body {
            Body::Intended(intent) => self.intend(intent),
            Body::Executed { order, execution, .. } => {
                if let Some(chain) = self.chain_of(order) {
                    chain.entered |= chain.orders.first() == Some(&order);
                    chain.executions.push(&execution.id);
                }
            }
            Body::Amended { order, stop } => {
                if let Some(chain) = self.chain_of(order) {
                    chain.stop = Some(*stop);
                }
            }
            Body::Refused { order, why } => {
                if let Some(chain) = self.chain_of(order) {
                    chain.refused = chain.refused.or(Some(*why));
                }
            }
            Body::EntryMissed { decision, .. } => {
                self.decisions.entry(decision).or_default().missed = true;
            }
            _ => {}
        }
    }

    fn intend(&mut self, intent: &'a Intent) {
        let chain = self.decisions.entry(&intent.decision).or_default();
        let mut add = |order: &'a OrderId| {
            chain.orders.push(order);
            self.owners.insert(order, &intent.decision);
        };
        add(&intent.order);
        if let Purpose::Entry { stop_order, target_order, .. } = &intent.purpose {
            add(stop_order);
            add(target_order);
        }
    }

    fn chain_of(&mut self, order: &OrderId) -> Option<&mut Chain<'a>> {
        self.decisions.get_mut(*self.owners.get(order)?)
    }
}
