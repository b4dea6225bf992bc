//! What the kill switch can be told.

use desk::domain::bot::{Mark, Scope};
use desk::domain::time::{Span, Timestamp};
use desk::machines::kill_switch::Verb;
use desk::world::closing::VenueWord;

use super::chronicle::{Chronicle, Piece};

/// What the kill switch can be told.
#[derive(Debug)]
pub enum ToKillSwitch {
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// A closing is commanded, or taken up again.
    Begin {
        /// Which.
        verb: Verb,
        /// What it touches.
        scope: Scope,
        /// Who, why.
        mark: Mark,
    },
    /// The venue's word, asked for at this moment of the real clock.
    Confirmed(Timestamp, Box<VenueWord>),
    /// A step is durable and was sent.
    Done(u64),
    /// Whether the books can be written.
    Books(bool),
    /// How long the last cancel may take before it is alarmed (RISK-14).
    Alarm(Span),
    /// What the emergency file held is recorded elsewhere.
    Imported,
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
}
