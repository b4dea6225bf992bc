//! What passed: the only orders that a broker takes (RISK-0).

use super::candidate::Candidate;
use crate::domain::decimal::Price;
use crate::domain::order::{Intent, Purpose};
use crate::domain::time::Timestamp;
use crate::gates::{GateName, Reason};

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

impl Approved {
    /// Makes an approval of what the gate table let pass. `blocked` is the table's own answer.
    ///
    /// Half of R on both sides bounds the price between decision and sending; the approval lasts as long as the entry.
    #[must_use]
    pub fn new(candidate: &Candidate<'_>, blocked: Option<(GateName, Reason)>, intent: Intent, epoch: u64) -> Option<Self> {
        let Purpose::Entry { expires_at, .. } = intent.purpose else { return None };
        let same = intent.decision == *candidate.decision && intent.quantity == candidate.size && intent.side == candidate.side;
        if blocked.is_some() || candidate.size.is_zero() || !same {
            return None;
        }
        let half = candidate.plan.risk.raw() / 2;
        let reference = candidate.plan.reference.raw();
        let bounds = (Price::from_raw(reference.saturating_sub(half)), Price::from_raw(reference.saturating_add(half)));
        Some(Self { intent, expires_at, bounds, epoch })
    }

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
