//! How old what the board says is, in real seconds: its own clock is the market's, which a feed owns and speeds up.

use std::sync::{Mutex, PoisonError};

use desk::domain::time::Timestamp;

use crate::messages::board::Board;

/// Seconds of real time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ages {
    /// Since the board last changed.
    pub(crate) board: i64,
    /// Since the last bar or quote came; nothing where none has come.
    pub(crate) feed: Option<i64>,
}

/// When each change was first seen.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Option<Known>>);

#[derive(Clone, Copy, Debug)]
struct Known {
    number: u64,
    changed: Timestamp,
    fed_at: Option<Timestamp>,
    fed: Timestamp,
}

impl Seen {
    /// Looks at a board: what is new in it is as old as nothing.
    pub(crate) fn look(&self, board: &Board, now: Timestamp) -> Ages {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = Known { number: board.number, changed: now, fed_at: board.fed_at, fed: now };
        let last = known.get_or_insert(first);
        if last.number < board.number {
            (last.number, last.changed) = (board.number, now);
        }
        if last.fed_at != board.fed_at {
            (last.fed_at, last.fed) = (board.fed_at, now);
        }
        let age = |at: Timestamp| (now - at).as_seconds().max(0);
        Ages { board: age(last.changed), feed: board.fed_at.map(|_| age(last.fed)) }
    }
}
