//! What time alone brings: orders without an answer become unknown, unknown ones are asked for, missing ones were never
//! accepted (A1); everything open is asked for each minute (B7), and what can be repeated safely is repeated.

use super::{Broker, Tracked};
use crate::domain::event::Body;
use crate::domain::ids::OrderId;
use crate::domain::order::{Command, OrderState};
use crate::domain::time::{Span, Timestamp};

/// How long an answer may take before an order is of unknown outcome.
const ANSWER: Span = Span::seconds(30);
/// When an unknown order is asked for, after it became unknown: waits of 1, 2, 4, 8, 15 and 30 s (A1).
const ASKED_AFTER: [i64; 6] = [1, 3, 7, 15, 30, 60];
/// How long it waits from one question to the next after those.
const THEN: i64 = 30;
/// How often and for how long an order must be missing before it was never accepted (A1).
const MISSING: (u32, Span) = (3, Span::seconds(60));

impl Broker {
    /// What is due by now: the events that record it, and the questions to ask.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> (Vec<Body>, Vec<Command>) {
        let (mut events, mut asks) = (Vec::new(), Vec::new());
        let mut doubted: Vec<_> = self.in_doubt().collect();
        doubted.sort_unstable_by_key(|(order, _)| *order);
        for (order, t) in doubted {
            match (t.state, self.next_step(order, t)) {
                (OrderState::Submitting, Some(at)) if at <= now => events.push(Body::Unknown { order: order.clone() }),
                (OrderState::Unknown, _) if self.is_missing(order, t, now) => {
                    events.push(Body::NotAccepted { order: order.clone() });
                }
                (OrderState::Unknown, Some(at)) if at <= now => asks.push(Command::Query(order.clone())),
                _ => {}
            }
        }
        (events, asks)
    }

    /// When [`Self::due`] has something next; nothing while no order is in doubt.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        self.in_doubt().filter_map(|(order, t)| self.next_step(order, t)).min()
    }

    /// The orders that time may have something to ask of: all without an answer and of unknown outcome are among those
    /// in doubt.
    fn in_doubt(&self) -> impl Iterator<Item = (&OrderId, &Tracked)> {
        self.doubted.iter().filter_map(|order| self.orders.get_key_value(order))
    }

    fn next_step(&self, order: &OrderId, t: &Tracked) -> Option<Timestamp> {
        match t.state {
            OrderState::Submitting => t.sent_at.map(|sent| sent + ANSWER),
            OrderState::Unknown => {
                let watch = self.watches.get(order).copied().unwrap_or_default();
                let asked = i64::from(watch.asked);
                let after = usize::try_from(watch.asked).ok().and_then(|n| ASKED_AFTER.get(n)).copied();
                let after = after.unwrap_or_else(|| {
                    let more = asked.saturating_sub(5).saturating_mul(THEN);
                    more.saturating_add(60)
                });
                t.unknown_at.map(|since| since + Span::seconds(after))
            }
            _ => None,
        }
    }

    fn is_missing(&self, order: &OrderId, t: &Tracked, now: Timestamp) -> bool {
        let missing = self.watches.get(order).map_or(0, |w| w.missing);
        missing >= MISSING.0 && t.unknown_at.is_some_and(|since| now - since >= MISSING.1)
    }

    /// The orders that are not known to be at their end: what is polled, and what a start asks for (EXEC-9, B7). Those
    /// that were given up are among them until the session ends (A1).
    pub fn open(&self) -> impl Iterator<Item = &OrderId> {
        let waits = |t: &Tracked| t.given_up || (!t.state.is_terminal() && t.state != OrderState::Intent);
        self.orders.iter().filter(move |(_, t)| waits(t)).map(|(order, _)| order)
    }

    /// Cancels and amendments that were decided and not confirmed in time, to be sent again: both can be repeated
    /// safely. A start repeats all of them at once.
    #[must_use]
    pub fn repeats(&self, now: Timestamp, at_start: bool) -> Vec<Command> {
        let late = |at: Timestamp| at_start || now - at >= ANSWER;
        let mut commands = Vec::new();
        for (order, t) in self.orders.iter().filter(|(_, t)| !t.state.is_terminal()) {
            if t.cancel_at.is_some_and(late) {
                commands.push(Command::Cancel(order.clone()));
            }
            if let Some(moved) = t.moved.filter(|m| !m.confirmed && late(m.at)) {
                commands.push(Command::Amend { order: order.clone(), stop: moved.stop });
            }
        }
        commands
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

    /// Whether two machines hold the same record; what is waited for, and what was sent, is no part of it.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let recorded = |t: &Tracked| {
            let mut t = t.clone();
            if t.state == OrderState::Submitting {
                t.state = OrderState::Intent;
            }
            t.sent_at = None;
            t
        };
        self.executions == other.executions
            && self.orders.len() == other.orders.len()
            && self.orders.iter().zip(&other.orders).all(|((a, x), (b, y))| a == b && recorded(x) == recorded(y))
    }
}
