//! What risk can be told.

use desk::domain::bot::Scope;
use desk::domain::order::ExitReason;
use desk::world::conductor::Reply;

use super::chronicle::{Chronicle, Piece};

/// What risk can be told.
#[derive(Debug)]
pub enum ToRisk {
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// A strategy has answered.
    Answer(usize, Reply),
    /// A strategy is out for the session, or back.
    Suspend(usize, bool),
    /// What it had performed is done.
    Done(u64),
    /// Entries are asked for, or no more.
    Rest(bool),
    /// A kill is under way, and nobody else moves what is held; or it is over.
    Killing(bool),
    /// Everything is to be left for a reason, now and at each instant until it is called off.
    Leave(Option<ExitReason>),
    /// These are to be left once.
    Flatten(Scope, ExitReason),
    /// Of these the entries that work are to be cancelled.
    Cancel(Scope),
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
}
