//! How positions are left and entries withdrawn: by decision, at the close, and by a stop that follows the price.

use super::trader::{Cleared, Halt, Link, Record, Trader};
use crate::domain::decimal::{Price, Quantity};
use crate::domain::event::Body;
use crate::domain::ids::OrderId;
use crate::domain::order::{Command, ExitReason, Intent, Leg, Purpose};
use crate::domain::position::{Position, Stage};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::machines::broker::Tracked;
use crate::risk::Reducing;

impl<R: Record> Trader<R> {
    /// Closes a position by decision.
    pub(super) fn leave(
        &mut self,
        now: Timestamp,
        symbol: &Symbol,
        reason: ExitReason,
        link: &mut impl Link,
    ) -> Result<(), Halt> {
        let Some(p) = self.portfolio.get(symbol) else { return Ok(()) };
        match self.exit_from(p, reason, now)? {
            Some(reducing) => self.submit(now, &Cleared::Reducing(reducing), None, link),
            None => Ok(()),
        }
    }

    /// An order that closes what is held of a bracket; nothing where nothing is held.
    pub(super) fn exit_from(&self, p: &Position, reason: ExitReason, now: Timestamp) -> Result<Option<Reducing>, Halt> {
        let Some(terms) = self.terms.as_ref().filter(|_| p.held() > Quantity::ZERO) else { return Ok(None) };
        let attempt = u32::try_from(p.exits.len()).unwrap_or(u32::MAX).saturating_add(1);
        let key = self.key(p.strategy, &p.decision, terms.hours, Leg::Exit, attempt);
        Ok(Reducing::new(Intent {
            order: key.client_id()?,
            decision: p.decision.clone(),
            strategy: p.strategy,
            symbol: p.symbol,
            side: p.side,
            purpose: Purpose::Exit { reason },
            quantity: p.held(),
            decided_at: now,
        }))
    }

    /// Withdraws an entry that has not filled.
    pub(super) fn withdraw(&mut self, now: Timestamp, symbol: &Symbol, link: &mut impl Link) -> Result<(), Halt> {
        match self.portfolio.get(symbol).map(|p| p.entry.clone()) {
            Some(order) => self.cancel(now, order, link),
            None => Ok(()),
        }
    }

    /// Withdraws an entry's rest.
    pub(super) fn cancel(&mut self, now: Timestamp, order: OrderId, link: &mut impl Link) -> Result<(), Halt> {
        self.commit(now, [Body::CancelIntended { order: order.clone() }])?;
        self.send(now, &Command::Cancel(order), link)
    }

    pub(super) fn trail(
        &mut self,
        now: Timestamp,
        symbol: &Symbol,
        stop: Price,
        link: &mut impl Link,
    ) -> Result<(), Halt> {
        let Some(order) = self.portfolio.get(symbol).map(|p| p.stop_order.clone()) else { return Ok(()) };
        self.commit(now, [Body::AmendIntended { order: order.clone(), stop }])?;
        self.send(now, &Command::Amend { order, stop }, link)
    }

    /// At the close: what works is withdrawn, what is held is closed in full (STRAT-15). Where nobody knows whether an
    /// exit has arrived, the next one waits until that is known.
    pub(super) fn end_of_session(&mut self, now: Timestamp, link: &mut impl Link) -> Result<(), Halt> {
        let symbols: Vec<Symbol> = self.portfolio.owners().map(|p| p.symbol).collect();
        for symbol in symbols {
            let Some(p) = self.portfolio.get(&symbol) else { continue };
            match p.stage() {
                Stage::Managed if self.may_end(p, ExitReason::SessionEnd) => {
                    self.leave(now, &symbol, ExitReason::SessionEnd, link)?;
                }
                Stage::Entering if p.entry_working && !self.is_cancelling(&p.entry) => {
                    self.withdraw(now, &symbol, link)?;
                }
                Stage::Managed | Stage::Entering | Stage::Done => {}
            }
        }
        self.checked.fill(None);
        Ok(())
    }

    /// Whether another exit may be sent: none for this reason works, and none is of unknown outcome.
    pub(super) fn may_end(&self, p: &Position, reason: ExitReason) -> bool {
        p.exits.iter().filter(|e| e.working).all(|e| {
            let unresolved = self.broker.get(&e.order).is_some_and(Tracked::is_unresolved);
            e.reason != reason && !unresolved
        })
    }
}
