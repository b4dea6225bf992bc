//! What time alone asks of a bot: look-ups of unknown orders, a poll each minute (B7), cancels and amendments again,
//! and the repair of what is not as it should be (EXEC-5, EXEC-7a).

use super::trader::{Cleared, Halt, Link, Record, Trader};
use crate::domain::decimal::Quantity;
use crate::domain::ids::OrderId;
use crate::domain::order::{Command, ExitReason};
use crate::domain::position::Position;
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};
use crate::machines::broker::Tracked;

/// How often everything open is asked for (B7).
const POLL: Span = Span::MINUTE;
/// How far back a poll asks for executions.
const BACK: Span = Span::minutes(10);

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
            self.poll(now, false, link)?;
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

    /// Asks for the latest executions, whatever the bot thinks of their orders, and for every order that may still fill.
    /// A start and the time after the close ask for the whole session.
    pub(super) fn poll(&mut self, now: Timestamp, whole: bool, link: &mut impl Link) -> Result<(), Halt> {
        let Some(hours) = self.terms.map(|t| t.hours) else { return Ok(()) };
        let since = if whole || now >= hours.close { hours.open } else { now - BACK };
        self.send(now, &Command::Activity(since), link)?;
        let orders: Vec<OrderId> = self.broker.open().cloned().collect();
        for order in orders {
            self.send(now, &Command::Query(order), link)?;
        }
        Ok(())
    }

    /// Repeats what was not confirmed; withdraws what came back after it had been given up, and entries of strategies that are
    /// off; closes what has no
    /// protection, what has no right to be there, and what is left after the close.
    pub(super) fn repair(&mut self, now: Timestamp, at_start: bool, link: &mut impl Link) -> Result<(), Halt> {
        for command in self.broker.repeats(now, at_start) {
            self.send(now, &command, link)?;
        }
        let late: Vec<Symbol> = self.portfolio.owners().filter(|p| self.came_back(p)).map(|p| p.symbol).collect();
        for symbol in late {
            self.withdraw(now, &symbol, link)?;
        }
        self.withdraw_unwanted(now, link)?;
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
            self.submit(now, &Cleared::Reducing(exit), None, link)?;
        }
        Ok(())
    }
}
