//! What is over and kept as history: freezes that were cleared, closings with their receipts. The newest first.

use desk::domain::time::Timestamp;
use serde::Serialize;

use super::board::{FreezeLine, Mark};

/// What is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Freezes that were cleared, at most [`Past::KEPT`] (RISK-12).
    pub freezes: Vec<ClearedFreeze>,
    /// Kills, flattens, cancels and pauses (RISK-15a): at most [`Past::KEPT`] kills, and as many of the others. Their times are
    /// those of the clock on the wall.
    pub closings: Vec<PastClosing>,
    /// Why the receipts cannot be read, where they cannot.
    pub unread: Option<String>,
}

impl Past {
    /// How many of each are at hand; the log of the bot's life and the folder of receipts have them all.
    pub const KEPT: usize = 50;
}

/// A freeze that was cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClearedFreeze {
    /// As it stood.
    pub freeze: FreezeLine,
    /// Who cleared it, when and why.
    pub cleared: Mark,
}

/// A kill, flatten, cancel or pause that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastClosing {
    /// Which verb.
    pub verb: String,
    /// Who, when, why.
    pub mark: Mark,
    /// Who else asked for the same.
    pub also: Vec<Mark>,
    /// When a new process took it up, because the one that had begun it ended before.
    pub taken_up: Option<Timestamp>,
    /// Entries that worked when it began.
    pub entries: usize,
    /// Stops and targets that worked.
    pub protective: usize,
    /// Positions that were held: `+50 NVDA`.
    pub positions: Vec<String>,
    /// Milliseconds from the command to the last cancel sent.
    pub last_cancel_ms: Option<u64>,
    /// Milliseconds from the command to flat, as the venue confirmed.
    pub flat_ms: Option<u64>,
    /// The name of its signed receipt; nothing where none is there.
    pub receipt: Option<String>,
    /// Of a kill, who reset its latch, when and why; nothing while it is set.
    pub reset: Option<Mark>,
}
