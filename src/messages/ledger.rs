//! What the ledger can be told.

use std::sync::Arc;

use desk::domain::event::Body;
use desk::domain::ids::SessionId;
use desk::domain::time::Timestamp;
use desk::machines::kill_switch;
use desk::machines::ledger::BrokerFigures;
use desk::venue::Charge;
use desk::world::conductor::Moment;
use desk::world::seats::Step;
use desk::world::trader::SessionTerms;

use super::bookkeeping::Question;
use super::chronicle::InForce;

/// Who has steps performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Risk: the way of all orders.
    Risk,
    /// The kill switch: cancels and reducing orders alone.
    KillSwitch,
}

/// Why a day is to be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its session has just ended.
    Ended,
    /// Its end was told before, and nothing waits for it: it is tried again for somebody, or by itself.
    Again(Option<String>),
}

/// A session that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub session: SessionId,
    /// The one after it.
    pub next: SessionId,
    /// Why it is told.
    pub why: Why,
}

/// What the ledger can be told.
#[derive(Debug)]
pub enum ToLedger {
    /// Somebody has been built anew, and wants the chronicle from its start.
    Join(&'static str),
    /// A session begins, with what the venue charges at its start.
    Open {
        /// What holds in it.
        terms: SessionTerms,
        /// Fees of earlier sessions.
        charges: Vec<Charge>,
    },
    /// A minute has ended; the venue has matched.
    Moment(Arc<Moment>),
    /// The broker heard something. It waits for its number to come back.
    Heard {
        /// When.
        at: Timestamp,
        /// What it means.
        bodies: Vec<Body>,
        /// A number of the broker's.
        number: u64,
    },
    /// Something decided: recorded, then handed to the broker.
    Perform {
        /// When.
        at: Timestamp,
        /// What.
        step: Step,
        /// A number of the sender's; it comes back when all is done.
        number: u64,
        /// Whose.
        sender: Sender,
    },
    /// A step of the kill switch: weighed against the record as it is now, recorded, then handed to the broker.
    Reduce {
        /// When, by the market's clock.
        at: Timestamp,
        /// What.
        step: kill_switch::Step,
        /// A number of the kill switch's; it comes back when all is done.
        number: u64,
    },
    /// The broker has sent what it was handed, and everything answered at once is recorded.
    Sent {
        /// The sender's number.
        number: u64,
        /// Whose.
        sender: Sender,
    },
    /// The session is over; the venue's own figures.
    Close {
        /// Which, and when.
        over: Over,
        /// What the venue says.
        figures: Box<BrokerFigures>,
    },
    /// Days that are not closed are tried again: one of them by somebody, or by themselves after the review has gone on.
    CloseAgain(Option<(String, SessionId)>),
    /// A person's question or entry, and where the answer goes.
    Books(Question),
    /// The freeze by drawdown is cleared, by this person with this reason.
    ClearDrawdown {
        /// Who.
        by: String,
        /// Why.
        why: String,
    },
    /// Another configuration, for everybody from the same place of the chronicle on.
    Configure(InForce),
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
    /// The disk takes nothing, on purpose, or something again.
    #[cfg(test)]
    Full(bool),
}
