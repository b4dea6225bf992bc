//! What the broker can be told.

use std::sync::Arc;

use desk::domain::ids::SessionId;
use desk::domain::time::Timestamp;
use desk::world::conductor::Moment;
use desk::world::seats::Out;
use desk::world::trader::SessionTerms;

use super::chronicle::{Chronicle, Piece};
use super::ledger::Sender;

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
    /// A session is over.
    Close {
        /// When.
        at: Timestamp,
        /// Which.
        session: SessionId,
        /// The one after it.
        next: SessionId,
    },
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
    /// Are you there.
    Beat(u64),
}
