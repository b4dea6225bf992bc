//! What passes over the socket: one JSON object a line, a request and its reply.

use desk::domain::bot::Command;
use desk::domain::ids::SessionId;
use desk::domain::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest line that is read, in bytes.
pub(super) const LONGEST: u64 = 4 * 1_024 * 1_024;

/// What a caller wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ask")]
pub enum Request {
    /// A command to the supervisor.
    Command {
        /// The same key twice has the effect of one (LIFE-7).
        key: String,
        /// What.
        command: Command,
        /// Why; may be empty.
        #[serde(default)]
        why: String,
        /// An administrator's name and one-time code, where the command needs them (LIFE-5).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step_up: Option<StepUp>,
    },
    /// What a person sees now.
    Board,
    /// The rehearsal that runs, or the last one.
    Rehearsal,
    /// Why nothing trades.
    Diagnosis,
    /// A closed day of the books is to be opened again (LEDG-7).
    Unlock {
        /// The day.
        day: Date,
        /// The session by its full name, where it was given so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
        /// `ask`, `confirm` or `keep`.
        act: String,
        /// Why; may be empty where it is confirmed.
        #[serde(default)]
        why: String,
        /// The reviewer's name and one-time code.
        step_up: StepUp,
    },
    /// The books of a day that is over and still open are to be closed (LEDG-12).
    Close {
        /// Which; the first that is open where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<Date>,
        /// Why; may be empty.
        #[serde(default)]
        why: String,
        /// The reviewer's name and one-time code.
        step_up: StepUp,
    },
    /// What differs between a kept statement and the books becomes items of the review (LEDG-9).
    Raise {
        /// The statement's number.
        statement: u64,
    },
}

/// A person's name and one-time code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUp {
    /// The name of the account.
    pub name: String,
    /// The code.
    pub code: String,
}

impl std::fmt::Debug for StepUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, with a code", self.name)
    }
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Reply {
    /// It is done, or under way.
    Done {
        /// When.
        at: Timestamp,
        /// One sentence.
        message: String,
    },
    /// It is not done.
    Refused {
        /// A name for programs that never changes.
        code: String,
        /// Why, and what to do.
        message: String,
    },
    /// The board.
    Board {
        /// As the messages' own type writes it.
        board: Value,
    },
    /// Why nothing trades: the chain that was walked, and where it ended.
    Diagnosis {
        /// What was found.
        found: Value,
    },
    /// The rehearsal; null where there was none yet.
    Rehearsal {
        /// As the messages' own type writes it.
        rehearsal: Value,
    },
}
