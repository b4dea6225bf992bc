//! Bugs planted on purpose: each breaks one invariant of the world simulator, so that it is seen to bite.

use super::faults::failure::Invariant;
use super::trader::{Halt, Link, Record, Trader};
use crate::domain::event::{Body, Event};
use crate::domain::order::{Command, Intent, Leg, Plan, Purpose};
use crate::domain::time::{Span, Timestamp};

/// Which bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlantedBug {
    /// An order without an answer is sent again under a new id.
    SendsAgain,
    /// A fill of an exit is booked, and forgotten in the position.
    ForgetsFills,
    /// A fill of an exit changes the position, and is not booked.
    SkipsTheBooks,
    /// What is booked while a start waits for answers stores the link of the entry before it.
    StoresTheLinkBefore,
    /// An order goes out before its intent is durable.
    SendsBeforeTheIntent,
    /// Orders of unknown outcome do not count as exposure.
    ForgetsUnknownOrders,
    /// A stamp that depends on the machine's own randomness.
    AsksTheMachine,
}

impl PlantedBug {
    /// All of them, with the invariant that each breaks.
    pub const ALL: [(Self, Invariant); 7] = [
        (Self::SendsAgain, Invariant::I1),
        (Self::ForgetsFills, Invariant::I2),
        (Self::SkipsTheBooks, Invariant::I3),
        (Self::StoresTheLinkBefore, Invariant::I4),
        (Self::SendsBeforeTheIntent, Invariant::I5),
        (Self::ForgetsUnknownOrders, Invariant::I6),
        (Self::AsksTheMachine, Invariant::I11),
    ];
}

impl<R: Record> Trader<R> {
    /// Plants a bug.
    #[must_use]
    pub fn plant(mut self, bug: Option<PlantedBug>) -> Self {
        self.planted = bug;
        self
    }

    fn is_of_an_exit(&self, body: &Body) -> bool {
        let Body::Executed { order, .. } = body else { return false };
        self.broker.get(order).is_some_and(|t| t.leg == Leg::Exit)
    }

    pub(super) fn forgets(&self, event: &Event) -> bool {
        self.planted == Some(PlantedBug::ForgetsFills) && self.is_of_an_exit(&event.body)
    }

    pub(super) fn skips_the_books(&self, body: &Body) -> bool {
        self.planted == Some(PlantedBug::SkipsTheBooks) && self.is_of_an_exit(body)
    }

    pub(super) fn stores_the_link_before(&self) -> bool {
        self.planted == Some(PlantedBug::StoresTheLinkBefore) && self.starting.is_some()
    }

    pub(super) fn planted_stamp(&self, at: Timestamp, body: &Body) -> Timestamp {
        use std::hash::{BuildHasher, RandomState};
        if self.planted != Some(PlantedBug::AsksTheMachine) || !matches!(body, Body::Unknown { .. }) {
            return at;
        }
        let drawn = RandomState::new().hash_one(at.nanos()) % 1_000;
        at + Span::nanos(i64::try_from(drawn).unwrap_or(0))
    }

    /// Looks nothing up, where the bug says so: sends the entry again.
    pub(super) fn planted_asks(
        &mut self,
        now: Timestamp,
        asks: Vec<Command>,
        link: &mut impl Link,
    ) -> Result<Vec<Command>, Halt> {
        if self.planted != Some(PlantedBug::SendsAgain) {
            return Ok(asks);
        }
        for ask in &asks {
            let Command::Query(order) = ask else { continue };
            let Some(intent) = self.anew(order, now)? else { continue };
            self.commit(now, [Body::Intended(Box::new(intent.clone()))])?;
            self.broker.sent(&intent.order, now);
            self.send(now, &Command::Submit(intent), link)?;
        }
        Ok(asks)
    }

    fn anew(&self, order: &crate::domain::ids::OrderId, now: Timestamp) -> Result<Option<Intent>, Halt> {
        let (Some(p), Some(terms)) = (self.portfolio.of_order(order), self.terms) else { return Ok(None) };
        if p.entry != *order {
            return Ok(None);
        }
        let key = |leg| self.key(p.strategy, &p.decision, terms.hours, leg, 2).client_id();
        let plan: Plan = p.plan;
        let (entry, stop_order, target_order) = (key(Leg::Entry)?, key(Leg::Stop)?, key(Leg::Target)?);
        let expires_at = now + self.setup.time_to_live;
        Ok((entry != *order).then(|| Intent {
            order: entry,
            decision: p.decision.clone(),
            strategy: p.strategy,
            symbol: p.symbol,
            side: p.side,
            purpose: Purpose::Entry { plan, stop_order, target_order, expires_at },
            quantity: p.asked,
            decided_at: now,
        }))
    }
}
