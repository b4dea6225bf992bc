//! The record of a bot: events are numbered, stamped and folded into every machine; fills are booked in the same call.

use super::trader::{Halt, Record, Trader};
use crate::domain::event::{Body, Event, VERSION};
use crate::domain::ids::{OrderId, StrategyName};
use crate::domain::position::Stage;
use crate::domain::time::Timestamp;
use crate::domain::wide::Overflow;
use crate::machines::ledger::{BookFact, Fill, Sealed};

impl<R: Record> Trader<R> {
    /// Records what happened, folds it in, and records what follows from it at once: closed trades, missed entries.
    /// A fill and its journal entry are one call (LEDG-3).
    ///
    /// # Errors
    /// [`Halt`] where nothing was written.
    pub fn commit(&mut self, at: Timestamp, bodies: impl IntoIterator<Item = Body>) -> Result<(), Halt> {
        let (mut events, mut entries) =
            (std::mem::take(&mut self.lists.events), std::mem::take(&mut self.lists.entries));
        for body in bodies {
            if let Body::Executed { .. } = &body {
                self.book_fill(at, &body, &mut entries)?;
            }
            let order = may_end(&body).cloned();
            events.push(self.fold_new(at, body)?);
            if let Some(end) = order.map(|order| self.ending_of(&order)).transpose()?.flatten() {
                events.push(self.fold_new(at, end)?);
            }
        }
        if !events.is_empty() {
            self.record.commit(&mut events, &mut entries)?;
        }
        (self.lists.events, self.lists.entries) = (events, entries);
        Ok(())
    }

    /// The end of the bracket of an order, if it is at its end.
    fn ending_of(&self, order: &OrderId) -> Result<Option<Body>, Overflow> {
        let Some(p) = self.portfolio.of_order(order) else { return Ok(None) };
        if p.stage() != Stage::Done {
            return Ok(None);
        }
        Ok(Some(match p.closed()? {
            Some(trade) => Body::TradeClosed(Box::new(trade)),
            None => Body::EntryMissed { decision: p.decision.clone(), symbol: p.symbol },
        }))
    }

    /// Numbers, stamps and folds one event.
    fn fold_new(&mut self, at: Timestamp, body: Body) -> Result<Event, Overflow> {
        #[cfg(feature = "planted-bugs")]
        let at = self.planted_stamp(at, &body);
        self.last_at = self.last_at.max(at);
        let event = Event { v: VERSION, seq: self.seq.saturating_add(1), at: self.last_at, feed: self.feed, body };
        self.fold(&event)?;
        Ok(event)
    }

    /// Books a fact, and records its entries beside the event that tells of it, where there is one. An event is recorded
    /// also where there is nothing to book.
    pub(super) fn book_and_commit(&mut self, at: Timestamp, fact: &BookFact, body: Option<Body>) -> Result<(), Halt> {
        let mut entries = Vec::new();
        self.book(at, fact, &mut entries)?;
        let mut events = Vec::new();
        if let Some(body) = body {
            events.push(self.fold_new(at, body)?);
        }
        self.record.commit(&mut events, &mut entries)
    }

    /// One event alone, for what has its entries beside it.
    pub(super) fn fold_one(&mut self, at: Timestamp, body: Body) -> Result<Event, Halt> {
        Ok(self.fold_new(at, body)?)
    }

    /// Folds one event into every machine.
    pub(super) fn fold(&mut self, event: &Event) -> Result<(), Overflow> {
        self.seq = event.seq;
        self.last_at = self.last_at.max(event.at);
        #[cfg(feature = "planted-bugs")]
        let known = !self.forgets(event);
        #[cfg(not(feature = "planted-bugs"))]
        let known = true;
        if known {
            self.portfolio.apply(&event.body)?;
        }
        self.occupy(&event.body);
        for strategy in &mut self.strategies {
            strategy.apply(event);
        }
        self.risk.apply(event)?;
        self.broker.apply(event);
        match &event.body {
            Body::SessionOpened { session, .. } => self.milestones.opened = Some(*session),
            Body::Settled { session } => self.milestones.settled = Some(*session),
            Body::SessionClosed { session } => self.milestones.closed = Some(*session),
            // The record of a day that is closed holds them: who folds all entries first has it already.
            Body::FiguresKept(kept) if !self.books.has_record(kept.session) => {
                self.kept.insert(kept.session, kept.as_ref().clone());
            }
            Body::ChartChanged(change) => self.books.apply_chart(change),
            Body::LotsChosen { method, .. } => self.books.apply_lots(*method),
            Body::Configured(chosen) => {
                // What was approved before it is not sent (RISK-0); symbols are screened by it from the next open on.
                self.risk.expire();
                self.setup.screen.clone_from(&chosen.screen);
            }
            _ => {}
        }
        Ok(())
    }

    /// Keeps by place whether a symbol has an owner: asked for each bar, changed a few times a trade.
    fn occupy(&mut self, body: &Body) {
        let symbol = match body {
            Body::SessionOpened { .. } => return self.occupied.clear(),
            Body::Intended(intent) => Some(intent.symbol),
            Body::TradeClosed(trade) => Some(trade.symbol),
            Body::EntryMissed { symbol, .. } | Body::Executed { symbol, .. } => Some(*symbol),
            // An entry that had been given up can come back.
            Body::Accepted { order } => self.portfolio.of_order(order).map(|p| p.symbol),
            _ => None,
        };
        let place = symbol.and_then(|s| self.symbols.binary_search(&s).ok());
        if let Some((symbol, place)) = symbol.zip(place) {
            self.occupied.set(place, self.portfolio.get(&symbol).is_some());
        }
    }

    fn book_fill(&mut self, at: Timestamp, body: &Body, entries: &mut Vec<Sealed>) -> Result<(), Halt> {
        let Body::Executed { order, strategy, symbol, execution } = body else { return Ok(()) };
        #[cfg(feature = "planted-bugs")]
        if self.skips_the_books(body) {
            return Ok(());
        }
        let Some(terms) = self.terms else { return Ok(()) };
        let currency = self.symbols.binary_search(symbol).ok().and_then(|p| self.setup.instruments.get(p));
        let fact = BookFact::Fill(Fill {
            execution: execution.id.clone(),
            order: Some(order.clone()),
            instrument: *symbol,
            currency: currency.map_or(crate::domain::symbol::Currency::USD, |i| i.currency),
            strategy: strategy.unwrap_or(StrategyName::External),
            quantity: execution.quantity,
            price: execution.price,
            commission: execution.commission,
            accrued: execution.accrued.clone(),
            settles: terms.settles,
            session: terms.hours.session,
            effective_at: execution.at,
            lots: self.books.lots().into(),
            corrects: None,
        });
        self.book(at, &fact, entries)
    }

    /// Books a fact: drafts become sealed entries, folded into the books.
    pub(super) fn book(&mut self, at: Timestamp, fact: &BookFact, sealed: &mut Vec<Sealed>) -> Result<(), Halt> {
        self.book_one(at, fact, sealed)?;
        self.book_marks(at, sealed)
    }

    /// The mark of a wash sale follows the fill that asks for it (BOOKS.md section 3), and what changes it.
    pub(super) fn book_marks(&mut self, at: Timestamp, sealed: &mut Vec<Sealed>) -> Result<(), Halt> {
        while let Some(mark) = self.books.wash_sales().front().cloned() {
            self.book_one(at, &BookFact::WashSale(mark), sealed)?;
        }
        Ok(())
    }

    fn book_one(&mut self, at: Timestamp, fact: &BookFact, sealed: &mut Vec<Sealed>) -> Result<(), Halt> {
        for draft in self.books.decide(at, fact)? {
            #[cfg(feature = "planted-bugs")]
            let before = self.journal.head().hash;
            let entry = self.journal.append(draft, at)?;
            #[cfg(feature = "planted-bugs")]
            let entry = if self.stores_the_link_before() { Sealed { hash: before, ..entry } } else { entry };
            self.books.apply(&entry.entry);
            sealed.push(entry);
        }
        Ok(())
    }
}

/// The order whose bracket a step may have ended.
const fn may_end(body: &Body) -> Option<&OrderId> {
    match body {
        Body::Executed { order, .. }
        | Body::Ended { order, .. }
        | Body::Refused { order, .. }
        | Body::NotAccepted { order } => Some(order),
        _ => None,
    }
}
