//! The positions of one account, folded from events. Whoever needs them keeps a fold of its own.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::domain::event::Body;
use crate::domain::ids::{DecisionId, OrderId, SessionId};
use crate::domain::order::{Execution, Intent, Purpose};
use crate::domain::position::{ExitOrder, Position};
use crate::domain::symbol::Symbol;
use crate::domain::wide::Overflow;

/// Open brackets by symbol: one owner a symbol (TRADE-7a).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portfolio {
    session: Option<SessionId>,
    open: BTreeMap<Symbol, Position>,
    /// Brackets that turned out to live after all, in symbols that had a new owner by then.
    strays: Vec<Position>,
    /// Brackets of this session that are over, as far as is known.
    past: Vec<Position>,
    symbols: BTreeMap<OrderId, Symbol>,
}

impl Portfolio {
    /// The bracket in a symbol, if there is one.
    #[must_use]
    pub fn get(&self, symbol: &Symbol) -> Option<&Position> {
        self.open.get(symbol)
    }

    /// All brackets, by symbol; at last those that have no right to be there.
    pub fn iter(&self) -> impl Iterator<Item = &Position> {
        self.open.values().chain(&self.strays)
    }

    /// The brackets that own their symbols, by symbol.
    pub fn owners(&self) -> impl Iterator<Item = &Position> {
        self.open.values()
    }

    /// Brackets that turned out to live after all, in symbols that had a new owner by then.
    #[must_use]
    pub fn strays(&self) -> &[Position] {
        &self.strays
    }

    /// The same without the brackets that somebody does not know of.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub fn known(&self, known: impl Fn(&Position) -> bool) -> Self {
        let mut less = self.clone();
        less.open.retain(|_, p| known(p));
        less
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.strays.is_empty()
    }

    /// The bracket that an order belongs to.
    #[must_use]
    pub fn of_order(&self, order: &OrderId) -> Option<&Position> {
        let owner = self.open.get(self.symbols.get(order)?).filter(|p| p.owns(order));
        owner.or_else(|| self.strays.iter().find(|p| p.owns(order)))
    }

    fn of_order_mut(&mut self, order: &OrderId) -> Option<&mut Position> {
        let owner = self.open.get_mut(self.symbols.get(order)?).filter(|p| p.owns(order));
        owner.or_else(|| self.strays.iter_mut().find(|p| p.owns(order)))
    }

    fn intend(&mut self, intent: &Intent) {
        match &intent.purpose {
            Purpose::Entry { stop_order, target_order, .. } => {
                let Some(position) = self.session.and_then(|s| Position::from_intent(intent, s)) else { return };
                for id in [&intent.order, stop_order, target_order] {
                    self.symbols.insert(id.clone(), intent.symbol);
                }
                self.open.insert(intent.symbol, position);
            }
            Purpose::Exit { reason } => {
                self.symbols.insert(intent.order.clone(), intent.symbol);
                let owner = self.open.get_mut(&intent.symbol).filter(|p| p.decision == intent.decision);
                let strays = &mut self.strays;
                if let Some(position) = owner.or_else(|| strays.iter_mut().find(|p| p.decision == intent.decision)) {
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

    fn fill(&mut self, order: &OrderId, execution: &Execution) -> Result<(), Overflow> {
        if let Some(p) = self.of_order_mut(order) {
            return p.fill(order, execution);
        }
        // A fill after the end (B6): the bracket lives again, for what came too late.
        if let Some(place) = self.past.iter().position(|p| p.owns(order)) {
            let mut rest = self.past.remove(place).remainder();
            rest.fill(order, execution)?;
            self.take_back(rest);
        }
        Ok(())
    }

    /// An entry that was given up has arrived after all (A1), or an exit that was: it may fill.
    fn accept(&mut self, order: &OrderId) {
        if let Some(place) = self.past.iter().position(|p| p.entry == *order) {
            let mut back = self.past.remove(place).remainder();
            back.entry_working = true;
            self.take_back(back);
        } else if let Some(p) = self.of_order_mut(order) {
            for exit in p.exits.iter_mut().filter(|e| e.order == *order) {
                exit.working = true;
            }
        }
    }

    fn take_back(&mut self, position: Position) {
        match self.open.entry(position.symbol) {
            Entry::Occupied(_) => self.strays.push(position),
            Entry::Vacant(place) => {
                place.insert(position);
            }
        }
    }

    fn finish(&mut self, symbol: &Symbol, decision: &DecisionId) {
        if self.open.get(symbol).is_some_and(|p| p.decision == *decision) {
            self.past.extend(self.open.remove(symbol));
        } else if let Some(place) = self.strays.iter().position(|p| p.decision == *decision) {
            self.past.push(self.strays.remove(place));
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
                self.symbols.clear();
                self.open.clear();
                self.strays.clear();
                self.past.clear();
            }
            Body::Intended(intent) => self.intend(intent),
            Body::Executed { order, execution, .. } => self.fill(order, execution)?,
            Body::Accepted { order } => self.accept(order),
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
            Body::TradeClosed(trade) => self.finish(&trade.symbol, &trade.decision),
            Body::EntryMissed { symbol, decision } => self.finish(symbol, decision),
            Body::Decided(_)
            | Body::CancelIntended { .. }
            | Body::Amended { .. }
            | Body::Unknown { .. }
            | Body::Impossible { .. }
            | Body::Frozen { .. }
            | Body::DrawdownCleared { .. }
            | Body::Settled { .. }
            | Body::FeeCharged { .. }
            | Body::SessionClosed { .. }
            | Body::FiguresKept(_)
            | Body::ChartChanged(_)
            | Body::FloatAssigned(_)
            | Body::LotsChosen { .. }
            | Body::Configured(_) => {}
        }
        Ok(())
    }
}
