//! What a person asks at the command line and the pages do: it is handed to the pages' server, so that there is one way to
//! do it, with the same rules and the same refusals.

use std::fmt;

use desk::domain::bot::Who;
use desk::domain::ids::SessionId;
use desk::domain::time::Date;
use tokio::sync::{mpsc, oneshot};

/// So many wait at once; who comes then waits at the door.
const WAITING: usize = 16;

/// What is asked.
#[derive(Clone)]
pub enum Paper {
    /// A closed day is to be opened again: asked for, confirmed or kept closed.
    Unlock(Unlocking),
    /// A day that is over and still open is to be closed.
    Close {
        /// The reviewer's name.
        name: String,
        /// The one-time code that stands for signing in.
        code: String,
        /// Which day; the first that is open where none is named.
        day: Option<Date>,
        /// Why.
        why: String,
    },
    /// What differs between a statement that is kept and the books becomes items of the review.
    Raise {
        /// The statement's number.
        statement: u64,
        /// Who asks.
        who: Who,
    },
}

/// About opening a day again, by a reviewer who is not in the browser.
#[derive(Clone)]
pub struct Unlocking {
    /// The day.
    pub day: Date,
    /// The session by its full name, where it was given so.
    pub session: Option<SessionId>,
    /// `ask`, `confirm` or `keep`.
    pub act: String,
    /// The reason.
    pub reason: String,
    /// The reviewer's name.
    pub name: String,
    /// The one-time code that stands for signing in.
    pub code: String,
}

impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlock(unlocking) => unlocking.fmt(f),
            Self::Close { name, .. } => write!(f, "close the open day, by {name} with a code"),
            Self::Raise { statement, .. } => write!(f, "raise what differs of statement {statement}"),
        }
    }
}

impl fmt::Debug for Unlocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} about opening {}, by {} with a code", self.act, self.day, self.name)
    }
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedDown {
    /// A name for programs that never changes.
    pub code: &'static str,
    /// Why, and who could.
    pub message: String,
}

/// One sentence, or why not.
pub type Answer = Result<String, TurnedDown>;

/// Where it is handed in.
#[derive(Clone, Debug)]
pub struct Counter(mpsc::Sender<(Paper, oneshot::Sender<Answer>)>);

/// What was handed in, for whoever does it.
#[derive(Debug)]
pub struct Papers(mpsc::Receiver<(Paper, oneshot::Sender<Answer>)>);

/// A counter and what is handed in there.
#[must_use]
pub fn counter() -> (Counter, Papers) {
    let (hand, handed) = mpsc::channel(WAITING);
    (Counter(hand), Papers(handed))
}

impl Counter {
    /// Hands it in, and waits for the answer.
    ///
    /// # Errors
    /// [`TurnedDown`]; also where the pages are not served any more.
    pub async fn ask(&self, paper: Paper) -> Answer {
        let gone =
            || TurnedDown { code: "busy", message: "The bot does not answer that now. Nothing was done.".to_owned() };
        let (reply, answered) = oneshot::channel();
        self.0.send((paper, reply)).await.map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Papers {
    /// The next one, with where its answer goes.
    pub async fn next(&mut self) -> Option<(Paper, oneshot::Sender<Answer>)> {
        self.0.recv().await
    }
}
