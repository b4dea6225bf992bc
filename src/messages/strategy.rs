//! What a strategy can be told.

use std::sync::Arc;

use desk::world::conductor::{Moment, Question};

use super::chronicle::{Chronicle, Piece};

/// What a strategy can be told.
#[derive(Debug)]
pub enum ToStrategy {
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// A question about an instant that it has seen.
    Ask(Question, Arc<Moment>),
    /// Are you there.
    Beat(u64),
    /// A fault on purpose, for the proof that it is noticed.
    #[cfg(test)]
    Fault(super::Fault),
}
