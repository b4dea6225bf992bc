//! What the shell knows when it asks.

use crate::domain::bot::{BotState, Mark, VenueKind};
use crate::domain::ids::SessionId;

/// A day that is over and whose books are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenBooks {
    /// Which.
    pub day: SessionId,
    /// Whether it can be closed now; otherwise it closes with the running session.
    pub closable: bool,
    /// The day that is closed before it.
    pub after: Option<SessionId>,
}

/// What the shell knows at this instant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not exclude each other")]
pub struct Facts {
    /// Positions that are not flat.
    pub positions: usize,
    /// Orders that may still open a position; those of which nobody knows count.
    pub entries: usize,
    /// All orders that may still fill, protective ones included.
    pub working: usize,
    /// Positions without a stop that the venue has confirmed.
    pub unprotected: usize,
    /// Whether the venue has confirmed these counts after the last order was sent.
    pub verified: bool,
    /// Whether the market trades now.
    pub market_open: bool,
    /// Whether a strategy's window is open.
    pub window_open: bool,
    /// The latch in shared memory or its durable mark, by whoever set it.
    pub latch: Option<Mark>,
    /// Whether books and venue agree; otherwise where they differ.
    pub reconciliation: Result<(), String>,
    /// Points of the self-checks that fail, in words.
    pub failing: Vec<String>,
    /// Whether a drawdown from the peak holds all entries back.
    pub drawn_down: bool,
    /// Whether the session's books are closed.
    pub books_closed: bool,
    /// The days that are over and not closed, in their order.
    pub open_days: Vec<OpenBooks>,
    /// Whether a rehearsal may start; otherwise why not.
    pub rehearsal: Result<(), String>,
    /// What the identity trades on.
    pub venue: VenueKind,
}

impl Facts {
    /// A flat bot at rest: nothing open, the market closed, everything agrees.
    #[must_use]
    pub const fn at_rest(venue: VenueKind) -> Self {
        Self {
            positions: 0,
            entries: 0,
            working: 0,
            unprotected: 0,
            verified: true,
            market_open: false,
            window_open: false,
            latch: None,
            reconciliation: Ok(()),
            failing: Vec::new(),
            drawn_down: false,
            books_closed: false,
            open_days: Vec::new(),
            rehearsal: Ok(()),
            venue,
        }
    }

    /// Nothing is held and nothing works, and the venue says so.
    #[must_use]
    pub const fn is_flat(&self) -> bool {
        self.positions == 0 && self.entries == 0 && self.working == 0 && self.verified
    }

    /// Which of the running four it is, and why: of several strategies the first that applies is shown.
    #[must_use]
    pub const fn running(&self) -> (BotState, &'static str) {
        if self.entries > 0 {
            (BotState::Trading, "an entry is worked")
        } else if self.positions > 0 {
            (BotState::Monitoring, "a position is open and no entry is worked")
        } else if self.window_open {
            (BotState::Analyzing, "a strategy's window is open")
        } else {
            (BotState::Idle, "no window is open")
        }
    }
}
