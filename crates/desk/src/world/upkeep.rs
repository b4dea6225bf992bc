//! What time alone asks of a bot: look-ups of unknown orders, a poll each minute (B7), cancels and amendments again,
//! and the repair of what is not as it should be (EXEC-5, EXEC-7a).

use super::trader::{Cleared, Halt, Link, Record, Trader};
use crate::domain::decimal::Quantity;
use crate::domain::ids::OrderId;
use crate::domain::order::{Command, ExitReason, OrderState};
use crate::domain::position::Position;
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};
use crate::machines::broker::Tracked;

/// How often everything open is asked for (B7).
const POLL: Span = Span::MINUTE;

impl<R: Record> Trader<R> {
    /// What is due by now. A link that answers at once and loses nothing never needs it.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn upkeep(&mut self, now: Timestamp, link: &mut impl Link) -> Result<(), Halt> {
        let (events, asks) = self.broker.due(now);
        #[cfg(feature = "planted-bugs")]
        let asks = self.planted_asks(now, asks, link)?;
        self.commit(now, events)?;
        for ask in asks {
            self.send(now, &ask, link)?;
        }
        self.ask_at_start(now, link)?;
        if self.starting.is_none() && now - self.polled_at >= POLL {
            self.polled_at = now;
            self.poll(now, link)?;
            self.repair(now, false, link)?;
        }
        Ok(())
    }

    /// When [`Self::upkeep`] has something to do next, polls apart; nothing while no order is in doubt.
    #[must_use]
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        let doubt = self.broker.due_at();
        let start = self.starting.as_ref().map(|s| s.due_at(now));
        doubt.into_iter().chain(start).min()
    }

    /// Asks for every order that may still fill, and for exits that seem whole while something is left.
    fn poll(&mut self, now: Timestamp, link: &mut impl Link) -> Result<(), Halt> {
        let mut orders: Vec<OrderId> = self.broker.open().cloned().collect();
        let whole = |o: &&OrderId| self.broker.get(o).is_some_and(|t| t.state == OrderState::Filled);
        for p in self.portfolio.iter() {
            let children = [&p.stop_order, &p.target_order];
            orders.extend(p.exits.iter().map(|e| &e.order).chain(children).filter(whole).cloned());
        }
        for order in orders {
            self.send(now, &Command::Query(order), link)?;
        }
        Ok(())
    }

    /// Repeats what was not confirmed; withdraws what came back after it had been given up; closes what has no
    /// protection, what has no right to be there, and what is left after the close.
    pub(super) fn repair(&mut self, now: Timestamp, at_start: bool, link: &mut impl Link) -> Result<(), Halt> {
        for command in self.broker.repeats(now, at_start) {
            self.send(now, &command, link)?;
        }
        let late: Vec<Symbol> = self.portfolio.owners().filter(|p| self.came_back(p)).map(|p| p.symbol).collect();
        for symbol in late {
            self.withdraw(now, &symbol, link)?;
        }
        let bare: Vec<Symbol> = self.portfolio.owners().filter(|p| self.is_bare(p)).map(|p| p.symbol).collect();
        for symbol in bare {
            // An order of ours takes the place of the stop that is gone.
            self.leave(now, &symbol, ExitReason::StopLoss, link)?;
        }
        self.clear_strays(now, link)?;
        if self.terms.is_some_and(|t| now >= t.hours.close) {
            self.end_of_session(now, link)?;
        }
        Ok(())
    }

    /// An entry that was given up, has arrived after all, and can still fill.
    fn came_back(&self, p: &Position) -> bool {
        p.returned && p.entry_working && !self.is_cancelling(&p.entry)
    }

    /// Shares without a stop at the venue, and without an order that closes them.
    fn is_bare(&self, p: &Position) -> bool {
        let gone = |t: &Tracked| t.state.is_terminal();
        let exiting = p.exits.iter().any(|e| e.working);
        p.held() > Quantity::ZERO && !exiting && self.broker.get(&p.stop_order).is_none_or(gone)
    }

    /// Brackets in symbols that have a new owner: nothing of them is to stay.
    fn clear_strays(&mut self, now: Timestamp, link: &mut impl Link) -> Result<(), Halt> {
        let (mut cancels, mut exits) = (Vec::new(), Vec::new());
        for p in self.portfolio.strays() {
            if p.entry_working && !self.is_cancelling(&p.entry) {
                cancels.push(p.entry.clone());
            }
            if !p.exits.iter().any(|e| e.working) {
                exits.extend(self.exit_from(p, ExitReason::StopLoss, now)?);
            }
        }
        for order in cancels {
            self.cancel(now, order, link)?;
        }
        for exit in exits {
            self.submit(now, Cleared::Reducing(exit), Vec::new(), link)?;
        }
        Ok(())
    }
}
