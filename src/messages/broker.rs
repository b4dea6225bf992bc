//! What the broker can be told.

use std::sync::Arc;

use desk::domain::bot::Mode;
use desk::domain::ids::OrderId;
use desk::domain::time::Timestamp;
use desk::risk::Reducing;
use desk::world::conductor::Moment;
use desk::world::seats::Out;
use desk::world::trader::SessionTerms;

use super::chronicle::{Chronicle, Piece};
use super::ledger::{Over, Sender};
use super::line::{Line, Lost};

/// What the broker can be told.
#[derive(Debug)]
pub enum ToBroker {
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// A session begins.
    Open(SessionTerms),
    /// A minute has ended.
    Moment(Arc<Moment>),
    /// A minute has ended that the record is not ready for: the venue matches, and what it says is heard with its
    /// [`Self::Moment`], which follows.
    Ahead(Arc<Moment>),
    /// A session is over.
    Close(Over),
    /// An order, cancel or amendment whose intent is durable.
    Execute {
        /// When it was decided.
        at: Timestamp,
        /// What.
        out: Out,
        /// The sender's number.
        number: u64,
        /// Whose.
        sender: Sender,
        /// Of which ledger.
        generation: u32,
    },
    /// What was heard is recorded.
    Recorded(u64),
    /// A cancel or a reducing order of the kill switch, which cannot wait for the books (RISK-14a).
    Reduce(Reduce),
    /// What works, what is held: the venue's own word, for the kill switch. Asked at this moment of the real clock.
    Confirm(Timestamp),
    /// A call that only asks whether the broker answers, and with what buying power (LIFE-8a).
    Call,
    /// Books and venue are to be compared, and the finding told in any case.
    Reconcile,
    /// Whether orders are sent from now on.
    Mode(Mode),
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
}

/// All that the kill switch can have sent without the ledger: nothing here can add exposure.
#[derive(Debug)]
pub enum Reduce {
    /// Withdraws an order.
    Cancel(OrderId),
    /// Asks what became of one.
    Query(OrderId),
    /// Makes a position smaller.
    Exit(Box<Reducing>),
}

/// The kill switch's own way to the broker: it takes nothing but questions and what reduces.
#[derive(Clone, Debug)]
pub struct ReducingLine(Line<ToBroker>);

impl ReducingLine {
    /// A way that only reduces.
    #[must_use]
    pub fn new(line: &Line<ToBroker>) -> Self {
        Self(line.clone())
    }

    /// Has something withdrawn, asked for or closed.
    ///
    /// # Errors
    /// [`Lost`] where the mailbox is gone.
    pub fn reduce(&self, what: Reduce) -> Result<(), Lost> {
        self.0.deliver(ToBroker::Reduce(what))
    }

    /// Asks for the venue's word.
    ///
    /// # Errors
    /// As [`Self::reduce`].
    pub fn confirm(&self, asked: Timestamp) -> Result<(), Lost> {
        self.0.deliver(ToBroker::Confirm(asked))
    }
}
