//! The positions of one account, folded from events. Whoever needs them keeps a fold of its own.

use std::collections::BTreeMap;

use crate::domain::event::Body;
use crate::domain::ids::{OrderId, SessionId};
use crate::domain::order::{Intent, Purpose};
use crate::domain::position::{ExitOrder, Position};
use crate::domain::symbol::Symbol;
use crate::domain::wide::Overflow;

/// Open brackets by symbol: one owner a symbol (TRADE-7a).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portfolio {
    session: Option<SessionId>,
    open: BTreeMap<Symbol, Position>,
}

impl Portfolio {
    /// The bracket in a symbol, if there is one.
    #[must_use]
    pub fn get(&self, symbol: &Symbol) -> Option<&Position> {
        self.open.get(symbol)
    }

    /// All brackets, by symbol.
    pub fn iter(&self) -> impl Iterator<Item = &Position> {
        self.open.values()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The bracket that an order belongs to. A few are open: looking at each is quicker than an index of orders.
    #[must_use]
    pub fn of_order(&self, order: &OrderId) -> Option<&Position> {
        self.open.values().find(|p| p.owns(order))
    }

    fn of_order_mut(&mut self, order: &OrderId) -> Option<&mut Position> {
        self.open.values_mut().find(|p| p.owns(order))
    }

    fn intend(&mut self, intent: &Intent) {
        match &intent.purpose {
            Purpose::Entry { .. } => {
                let Some(position) = self.session.and_then(|s| Position::from_intent(intent, s)) else { return };
                self.open.insert(intent.symbol, position);
            }
            Purpose::Exit { reason } => {
                if let Some(position) = self.open.get_mut(&intent.symbol) {
                    for exit in &mut position.exits {
                        exit.working = false;
                    }
                    position.triggered = false;
                    position.exits.push(ExitOrder { order: intent.order.clone(), reason: *reason, working: true });
                }
            }
        }
    }

    fn end(&mut self, order: &OrderId) {
        if let Some(p) = self.of_order_mut(order) {
            if p.entry == *order {
                p.entry_working = false;
            }
            for exit in p.exits.iter_mut().filter(|e| e.order == *order) {
                exit.working = false;
            }
        }
    }

    /// Folds one event in.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn apply(&mut self, body: &Body) -> Result<(), Overflow> {
        match body {
            Body::SessionOpened { session, .. } => {
                self.session = Some(*session);
                self.open.clear();
            }
            Body::Intended(intent) => self.intend(intent),
            Body::Executed { order, execution, .. } => {
                if let Some(p) = self.of_order_mut(order) {
                    p.fill(order, execution)?;
                }
            }
            Body::Triggered { order } => {
                if let Some(p) = self.of_order_mut(order) {
                    p.triggered = true;
                }
            }
            Body::Refused { order, .. } | Body::Ended { order, .. } | Body::NotAccepted { order } => self.end(order),
            Body::AmendIntended { order, stop } => {
                if let Some(p) = self.of_order_mut(order) {
                    p.stop = *stop;
                    p.trailing = true;
                }
            }
            Body::TradeClosed(trade) => {
                self.open.remove(&trade.symbol);
            }
            Body::EntryMissed { symbol, .. } => {
                self.open.remove(symbol);
            }
            Body::Decided(_)
            | Body::CancelIntended { .. }
            | Body::Accepted { .. }
            | Body::Amended { .. }
            | Body::Unknown { .. }
            | Body::Impossible { .. }
            | Body::Frozen { .. }
            | Body::Settled { .. }
            | Body::FeeCharged { .. }
            | Body::SessionClosed { .. } => {}
        }
        Ok(())
    }
}
