//! What the kill switch sees, and what its steps are in terms of the record: the venue's word about what works and is
//! held, read with the record's knowledge of whose it is. The record may be behind, as it is while the books cannot be
//! written: what a bracket holds is counted from what the venue says that its orders have filled.
//!
//! A step of the kill switch comes while the record goes on. So it is weighed against the record that it is written to,
//! not against the one that it was decided on: nothing is withdrawn that is over, and nothing closed twice.

use std::collections::{BTreeMap, BTreeSet};

use super::seats::{Out, Step, withdrawal};
use super::trader::{Cleared, Halt, Record, Trader};
use crate::domain::decimal::Quantity;
use crate::domain::event::Body;
use crate::domain::ids::OrderId;
use crate::domain::order::Leg;
use crate::domain::position::Position;
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::machines::broker::Tracked;
use crate::machines::kill_switch::{self, Confirmed, Entry, Held, Protective, Unexplained};
use crate::venue::Venue;

/// What a venue says works and is held, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenueWord {
    /// The market's time that it has come to.
    pub now: Timestamp,
    /// Orders that work.
    pub working: BTreeSet<OrderId>,
    /// Every order of the session that it has seen, refused ones too, and what each has filled, unsigned.
    pub filled: BTreeMap<OrderId, Quantity>,
    /// Orders that were recorded and not sent, since the latch was shut meanwhile: they reach no venue any more.
    pub withheld: BTreeSet<OrderId>,
    /// Stops that were touched, of brackets that still hold something: what is left of them works as a market order.
    pub triggered: BTreeSet<OrderId>,
    /// Positions that are not flat, signed.
    pub positions: BTreeMap<Symbol, Quantity>,
    /// Instruments that do not trade now.
    pub halted: Vec<Symbol>,
}

impl VenueWord {
    /// The simulated venue's.
    #[must_use]
    pub fn of(venue: &Venue) -> Self {
        let mut filled: BTreeMap<_, _> = venue.orders().map(|(id, _)| (id.clone(), Quantity::ZERO)).collect();
        // Each execution tells the order's sum so far.
        filled.extend(venue.executions().iter().map(|(id, _, e)| (id.clone(), e.cumulative)));
        Self {
            now: Timestamp::default(),
            working: venue.working().into_iter().collect(),
            filled,
            withheld: BTreeSet::new(),
            triggered: venue.triggered().cloned().collect(),
            positions: venue.positions().collect(),
            halted: venue.halted().collect(),
        }
    }
}

impl<R: Record> Trader<R> {
    /// What the venue's word of `heard` means for the brackets of this record. `market` is the market's own time.
    #[must_use]
    pub fn confirmed(&self, heard: Timestamp, market: Timestamp, venue: &VenueWord) -> Confirmed {
        // The venue may be ahead of the record: what arrives after its close fills no more.
        let market = market.max(venue.now);
        let market_open = self.terms().is_some_and(|t| t.hours.open <= market && market < t.hours.close);
        let mut seen = Confirmed { at: heard, market_open, halted: venue.halted.clone(), ..Confirmed::default() };
        for p in self.portfolio().iter() {
            let (strategy, symbol) = (p.strategy, p.symbol);
            // What the venue knows has arrived, and what was withheld never will, whether the record has heard of it or not.
            let unknown = !venue.filled.contains_key(&p.entry) && !venue.withheld.contains(&p.entry);
            let unresolved = unknown && self.broker().get(&p.entry).is_some_and(Tracked::is_unresolved);
            if unresolved || venue.working.contains(&p.entry) {
                seen.entries.push(Entry { order: p.entry.clone(), strategy, symbol, unresolved });
            }
            for order in [&p.stop_order, &p.target_order].into_iter().filter(|o| venue.working.contains(*o)) {
                let (order, decision) = (order.clone(), p.decision.clone());
                seen.protective.push(Protective { order, decision, strategy, symbol });
            }
            seen.positions.extend(self.held(p, venue));
        }
        seen.unexplained = unexplained(&seen.positions, venue);
        seen
    }

    /// What a step of the kill switch records and sends; nothing where the record knows that it is done or under way.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn step_of_closing(&self, now: Timestamp, step: &kill_switch::Step) -> Result<Option<Step>, Halt> {
        Ok(match step {
            kill_switch::Step::Query(_) => None,
            kill_switch::Step::Cancel(order) => {
                self.broker().get(order).filter(|t| !t.state.is_terminal()).map(|t| {
                    // One that was recorded, and that the venue has not confirmed, is asked for once more.
                    let again = Step { bodies: Vec::new(), out: Some(Out::Cancel(order.clone())) };
                    if t.is_cancelling() { again } else { withdrawal(order.clone()) }
                })
            }
            kill_switch::Step::Exit(exit) => {
                let bracket = self.portfolio().iter().find(|p| p.decision == exit.decision && !p.is_exiting());
                let reducing = bracket.map(|p| self.exit_from(p, exit.reason, now)).transpose()?.flatten();
                reducing.map(|reducing| {
                    let bodies = vec![Body::Intended(Box::new(reducing.intent().clone()))];
                    Step { bodies, out: Some(Out::Order(Box::new(Cleared::Reducing(reducing)))) }
                })
            }
        })
    }

    /// Whether the record needs this: what the kill switch has sent past the books is told when its answers are heard, and
    /// the books may have had it meanwhile. What has not arrived may be told by who withheld it and by who asked.
    #[must_use]
    pub fn is_news(&self, body: &Body) -> bool {
        match body {
            Body::Intended(intent) => self.broker().get(&intent.order).is_none(),
            Body::CancelIntended { order } => {
                self.broker().get(order).is_some_and(|t| !t.state.is_terminal() && !t.is_cancelling())
            }
            Body::NotAccepted { order } => self.broker().get(order).is_some_and(Tracked::is_unresolved),
            _ => true,
        }
    }

    /// What the venue holds of a bracket: what its entry has filled, less what its stop, its target and its exits have.
    /// Of a session before, whose orders the venue no longer tells of, what the record holds. Never more than there is.
    fn held(&self, p: &Position, venue: &VenueWord) -> Option<Held> {
        let there = venue.positions.get(&p.symbol).copied().unwrap_or_default();
        let exits = self.exits_of(p, venue);
        let filled = |order: &OrderId| venue.filled.get(order).copied().unwrap_or_default();
        let left: Vec<_> = [&p.stop_order, &p.target_order].into_iter().chain(&exits).map(filled).collect();
        let held = match venue.filled.get(&p.entry) {
            Some(entered) => left.into_iter().try_fold(*entered, Quantity::checked_sub).unwrap_or_default(),
            None => p.held(),
        };
        let same = there.raw().signum() == p.side.sign();
        let quantity = held.min(there.magnitude());
        // One that is recorded and has not reached the venue yet is under way.
        let coming = p.exits.iter().any(|e| e.working && !venue.filled.contains_key(&e.order));
        (same && quantity > Quantity::ZERO).then(|| Held {
            decision: p.decision.clone(),
            entry: p.entry.clone(),
            strategy: p.strategy,
            symbol: p.symbol,
            side: p.side,
            quantity,
            exits: u32::try_from(exits.len()).unwrap_or(u32::MAX),
            exiting: coming
                || venue.triggered.contains(&p.stop_order)
                || exits.iter().any(|e| venue.working.contains(e)),
            protected: venue.working.contains(&p.stop_order),
        })
    }

    /// The exits of a bracket: those of the record, and those after them that the venue has had already.
    fn exits_of(&self, p: &Position, venue: &VenueWord) -> Vec<OrderId> {
        let mut exits: Vec<OrderId> = p.exits.iter().map(|e| e.order.clone()).collect();
        let Some(terms) = self.terms() else { return exits };
        loop {
            let attempt = u32::try_from(exits.len()).unwrap_or(u32::MAX).saturating_add(1);
            let key = self.key(p.strategy, &p.decision, terms.hours, Leg::Exit, attempt);
            match key.client_id() {
                Ok(order) if venue.filled.contains_key(&order) => exits.push(order),
                _ => return exits,
            }
        }
    }
}

/// What the venue holds of each instrument beside what the brackets do.
fn unexplained(brackets: &[Held], venue: &VenueWord) -> Vec<Unexplained> {
    let of = |(symbol, there): (&Symbol, &Quantity)| {
        // In turn: each bracket says of itself what the venue may hold for it, and two of one symbol may mean the same.
        let own = brackets.iter().filter(|held| held.symbol == *symbol);
        let left = own.fold(there.raw(), |left, held| {
            let sign = held.side.sign();
            let may = left.saturating_mul(sign).clamp(0, held.quantity.raw().max(0));
            left.saturating_sub(may.saturating_mul(sign))
        });
        (left != 0).then(|| Unexplained { symbol: *symbol, quantity: Quantity::from_raw(left) })
    };
    venue.positions.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::StrategyName;
    use crate::domain::market::Side;

    /// RISK-15a: what the venue holds beyond the brackets, and on which side.
    #[test]
    fn risk_15a_what_the_brackets_do_not_explain_is_told() {
        let symbol: Symbol = "AAPL".parse().unwrap();
        let held = |side, units| Held {
            decision: "AAPL".parse().unwrap(),
            entry: "entry".parse().unwrap(),
            strategy: StrategyName::Mid,
            symbol,
            side,
            quantity: Quantity::whole(units),
            exits: 0,
            exiting: false,
            protected: true,
        };
        for (brackets, there, left) in [
            (vec![held(Side::Long, 10)], 10, None),
            (vec![held(Side::Short, 10)], -10, None),
            (vec![held(Side::Long, 10), held(Side::Long, 5)], 15, None),
            (vec![held(Side::Long, 10), held(Side::Long, 10)], 10, None),
            (vec![held(Side::Long, 10)], 17, Some(7)),
            (vec![held(Side::Long, 10)], -4, Some(-4)),
            (vec![held(Side::Short, 10)], -17, Some(-7)),
            (vec![], -3, Some(-3)),
        ] {
            let venue = VenueWord { positions: [(symbol, Quantity::whole(there))].into(), ..VenueWord::default() };
            let told: Vec<_> = unexplained(&brackets, &venue).into_iter().map(|u| u.quantity).collect();
            assert_eq!(told, left.map(Quantity::whole).into_iter().collect::<Vec<_>>(), "{there}");
        }
    }
}
