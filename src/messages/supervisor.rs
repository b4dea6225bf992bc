//! What the supervisor can be told: one message for all commands (LIFE-4), from wherever they come.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use desk::domain::bot::{BotState, Caller, Command, Forbidden, Mark};
use desk::domain::decimal::Money;
use desk::domain::time::{Span, Timestamp};
use desk::machines::kill_switch::{DrillReport, Verb};
use serde::Serialize;

use super::board::OpenDay;
use super::bookkeeping::Question;
use super::chronicle::{Chronicle, Piece};

/// A command with who, from where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The same key twice has the effect of one (LIFE-7).
    pub key: String,
    /// What.
    pub command: Command,
    /// Who.
    pub caller: Caller,
    /// Why; may be empty.
    pub why: String,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// When it was carried out.
    pub at: Timestamp,
    /// One sentence: what happens now.
    pub message: String,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Refused {
    /// Not with these roles.
    Forbidden {
        /// Who could.
        message: String,
    },
    /// A one-time code is needed for this act.
    StepUp,
    /// Not in this state, or not now.
    State {
        /// Why, and what to do.
        message: String,
    },
    /// The command cannot be understood or is out of bounds.
    Invalid {
        /// What is allowed.
        message: String,
    },
    /// The supervisor does not answer; `tbot kill` and the control files work without it.
    Busy,
}

impl From<Forbidden> for Refused {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden { message: forbidden.to_string() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden { message } | Self::State { message } | Self::Invalid { message } => f.write_str(message),
            Self::StepUp => f.write_str("A one-time code is needed for this act."),
            Self::Busy => f.write_str(
                "The supervisor does not answer. On the machine: tbot kill, or create control/control_kill.flag.",
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// What a command brings.
pub type Answer = Result<Outcome, Refused>;

/// The supervisor as those see it who are not actors: pages, the socket, control files.
#[derive(Clone)]
pub struct Door(Arc<HandOver>);

/// Hands an order to whatever is behind the door.
type HandOver = dyn Fn(Order) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

impl Door {
    /// A door that hands orders to whatever is behind it.
    pub fn new<F>(hand_over: impl Fn(Order) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self(Arc::new(move |order| Box::pin(hand_over(order))))
    }

    /// Gives an order and waits for what comes of it.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn command(&self, order: Order) -> Answer {
        (self.0)(order).await
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

/// How far a closing of the kill switch has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Which.
    pub verb: Verb,
    /// Who asked for it, the first one leading.
    pub marks: Vec<Mark>,
    /// Milliseconds from its command to the last cancel sent; nothing before.
    pub last_cancel_ms: Option<u64>,
    /// Milliseconds from its command to flat, as the venue confirmed; nothing before.
    pub flat_ms: Option<u64>,
    /// What it waits for, in words.
    pub pending: Vec<String>,
    /// The name of its signed receipt, at its end.
    pub receipt: Option<String>,
}

/// What the supervisor can be told.
#[derive(Debug)]
pub enum ToSupervisor {
    /// A command, and where its answer goes.
    Command(Box<Order>, tokio::sync::oneshot::Sender<Answer>),
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// A step of the set-up is done: the state that follows it.
    SetUp(BotState),
    /// An actor panicked or stopped; it is built anew.
    Fell {
        /// Which.
        name: &'static str,
        /// What it said.
        why: String,
        /// How often it has fallen.
        times: u32,
    },
    /// A step of a strategy took longer than it may.
    Overran {
        /// Whose.
        name: &'static str,
        /// How long.
        took: Span,
    },
    /// An actor cannot go on.
    Halted {
        /// Which.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// Books and venue were compared: they agree, or where they differ.
    Reconciled(Result<(), String>),
    /// The days that are over and whose books are not closed.
    DaysOpen(Vec<OpenDay>),
    /// A person's question to the books, and where the answer goes.
    Books(Question),
    /// Somebody has reviewed something: a day that waited for it may be closed now.
    Reviewed,
    /// The books cannot be written now, with why; or they can again. What is to be written waits.
    Stalled(Option<String>),
    /// The broker has answered a call; the account may buy for so much.
    Called(Money),
    /// How far a closing of the kill switch has come.
    Closing(Box<Closed>),
    /// A drill has come to its end.
    Drilled(Box<DrillReport>),
    /// A backup has come to its end: what was taken, or why not; nothing where none was due.
    BackedUp(Result<Option<String>, String>),
    /// A rehearsal has come to its end by itself.
    Rehearsed,
    /// The feed has ended.
    FeedEnded,
    /// A moment has passed on the real clock.
    Tick,
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
}
