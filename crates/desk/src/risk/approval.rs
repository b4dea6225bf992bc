//! What passed: the only orders that a broker takes (RISK-0).

use crate::domain::decimal::Price;
use crate::domain::ids::OrderId;
use crate::domain::order::{Intent, Purpose};
use crate::domain::time::Timestamp;
use crate::domain::wide::Overflow;
use crate::gates::{self, Evidence, GateName, Reason, Trace};

/// An order that every gate let pass. Private fields, one constructor; it cannot be read back from bytes: after a crash
/// an intent is a record, never an order to send.
#[derive(Debug)]
pub struct Approved {
    intent: Intent,
    expires_at: Timestamp,
    bounds: (Price, Price),
    epoch: u64,
}

/// Why an approval no longer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// The kill latch is set.
    Latched,
    /// Its time is over.
    TooLate,
    /// A limit, freeze or kill has changed what holds since.
    OtherEpoch {
        /// When it was approved.
        approved: u64,
        /// Now.
        now: u64,
    },
    /// The price has left its bounds.
    PriceOutside(Price),
}

/// What the gate table made of a signal.
#[derive(Debug)]
pub struct Weighed {
    /// What every gate said.
    pub trace: Trace,
    /// The order, or the gate that blocked it and what in it.
    pub outcome: Result<Approved, (GateName, Reason)>,
}

/// Sends a signal through every gate. What all of them let pass becomes an order; there is no other way to one.
///
/// Half of R on both sides bounds the price between decision and sending; the approval lasts as long as the entry.
///
/// The entry's names are asked for only when nothing blocked.
///
/// # Errors
/// [`Overflow`] where a number does not fit, or what the names' maker says: nothing is approved then.
pub fn weigh<E: From<Overflow>>(
    evidence: &Evidence<'_>,
    names: impl FnOnce() -> Result<Entry, E>,
    epoch: u64,
) -> Result<Weighed, E> {
    let (trace, blocked) = gates::evaluate(evidence)?;
    if let Some(blocked) = blocked {
        return Ok(Weighed { trace, outcome: Err(blocked) });
    }
    let order = names()?;
    let candidate = evidence.candidate;
    let half = candidate.plan.risk.raw() / 2;
    let reference = candidate.plan.reference.raw();
    let bounds = (Price::from_raw(reference.saturating_sub(half)), Price::from_raw(reference.saturating_add(half)));
    let intent = Intent {
        order: order.order,
        decision: candidate.decision.clone(),
        strategy: candidate.strategy,
        symbol: candidate.instrument.symbol,
        side: candidate.side,
        purpose: Purpose::Entry {
            plan: candidate.plan,
            stop_order: order.stop,
            target_order: order.target,
            expires_at: order.expires_at,
        },
        quantity: candidate.size,
        decided_at: evidence.view.now,
    };
    let approved = Approved { intent, expires_at: order.expires_at, bounds, epoch };
    Ok(Weighed { trace, outcome: Ok(approved) })
}

/// The names of an entry's orders, and how long it lives.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The entry's client order id.
    pub order: OrderId,
    /// The stop's.
    pub stop: OrderId,
    /// The target's.
    pub target: OrderId,
    /// When the entry's rest is cancelled.
    pub expires_at: Timestamp,
}

impl Approved {
    /// Asked by the broker before each send: does it still hold?
    ///
    /// # Errors
    /// [`Expired`] with what has changed.
    pub fn still_valid(&self, now: Timestamp, epoch: u64, latched: bool, price: Option<Price>) -> Result<(), Expired> {
        if latched {
            return Err(Expired::Latched);
        }
        if now >= self.expires_at {
            return Err(Expired::TooLate);
        }
        if epoch != self.epoch {
            return Err(Expired::OtherEpoch { approved: self.epoch, now: epoch });
        }
        match price {
            Some(p) if p < self.bounds.0 || p > self.bounds.1 => Err(Expired::PriceOutside(p)),
            _ => Ok(()),
        }
    }

    /// The order.
    #[must_use]
    pub const fn intent(&self) -> &Intent {
        &self.intent
    }
}

/// An order that can only make a position smaller: the narrower table's approval.
#[derive(Debug)]
pub struct Reducing(Intent);

impl Reducing {
    /// Takes exits alone.
    #[must_use]
    pub fn new(intent: Intent) -> Option<Self> {
        matches!(intent.purpose, Purpose::Exit { .. }).then_some(Self(intent))
    }

    /// The order.
    #[must_use]
    pub const fn intent(&self) -> &Intent {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::Quantity;
    use crate::domain::ids::StrategyName;
    use crate::domain::market::Side;
    use crate::domain::order::Plan;
    use crate::domain::time::Span;

    fn approved() -> Approved {
        let price = |text: &str| -> Price { text.parse().unwrap() };
        let plan = Plan {
            reference: price("100"),
            stop: price("99"),
            target: price("102"),
            risk: price("1"),
            atr: price("0.5"),
            edge: None,
        };
        let at = Timestamp::from_seconds(1_000);
        let id = |text: &str| text.parse().unwrap();
        let intent = Intent {
            order: id("a"),
            decision: "d".parse().unwrap(),
            strategy: StrategyName::Open,
            symbol: "SYM".parse().unwrap(),
            side: Side::Long,
            purpose: Purpose::Entry {
                plan,
                stop_order: id("b"),
                target_order: id("c"),
                expires_at: at + Span::minutes(5),
            },
            quantity: Quantity::whole(10),
            decided_at: at,
        };
        Approved { intent, expires_at: at + Span::minutes(5), bounds: (price("99.50"), price("100.50")), epoch: 7 }
    }

    #[test]
    fn risk_0_an_approval_holds_for_its_time_its_epoch_and_its_prices() {
        let price = |text: &str| Some(text.parse::<Price>().unwrap());
        for (seconds, epoch, latched, at, holds) in [
            (1_000, 7, false, price("100"), Ok(())),
            (1_299, 7, false, price("99.50"), Ok(())),
            (1_299, 7, false, None, Ok(())),
            (1_300, 7, false, price("100"), Err(Expired::TooLate)),
            (1_000, 8, false, price("100"), Err(Expired::OtherEpoch { approved: 7, now: 8 })),
            (1_000, 7, true, price("100"), Err(Expired::Latched)),
            (1_000, 7, false, price("100.51"), Err(Expired::PriceOutside("100.51".parse().unwrap()))),
            (1_000, 7, false, price("99.49"), Err(Expired::PriceOutside("99.49".parse().unwrap()))),
        ] {
            assert_eq!(approved().still_valid(Timestamp::from_seconds(seconds), epoch, latched, at), holds);
        }
    }

    #[test]
    fn risk_14a_a_reducing_order_is_never_an_entry() {
        assert!(Reducing::new(approved().intent).is_none());
    }
}
