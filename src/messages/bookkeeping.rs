//! What persons ask of the books: an entry shown, an entry booked, a day opened again.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use desk::domain::chain::Hash;
use desk::domain::ids::SessionId;
use desk::domain::journal::Draft;
use desk::domain::time::Timestamp;
use desk::machines::ledger::{BookFact, BookRefusal};
use desk::world::entering::Author;

/// What is to be done with a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Its entries are shown; nothing is booked.
    Show,
    /// They are booked if they are the ones that were shown, by their hash.
    AsShown(Hash),
    /// They are booked: there is nothing about them to be looked at first.
    AtOnce,
}

/// What a person asks of the books.
#[derive(Debug)]
pub struct Asked {
    /// Who, and why.
    pub author: Author,
    /// The books' day that it is to stand in; nothing for what opens a day.
    pub day: Option<SessionId>,
    /// What happened.
    pub fact: BookFact,
    /// What is to be done with it.
    pub how: How,
}

/// What the ledger answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// What would be booked, and its hash.
    Shown(Vec<Draft>, Hash),
    /// The numbers of the entries that are booked, durably.
    Booked(Vec<u64>),
}

/// Why nothing was booked.
#[derive(Clone, Debug, PartialEq)]
pub enum NotBooked {
    /// The day is closed, or has not begun.
    DayShut {
        /// The day that was asked for.
        day: SessionId,
        /// The last one closed.
        closed_through: Option<SessionId>,
        /// The days that take entries.
        open: Vec<SessionId>,
    },
    /// It is said to have happened later than now.
    NotYet {
        /// When it is said to have happened.
        at: Timestamp,
        /// The market's time.
        now: Timestamp,
    },
    /// What would be booked is no longer what was shown.
    Changed,
    /// There is nothing to book.
    Nothing,
    /// The rules of the books.
    Refused(Box<BookRefusal>),
    /// Nobody has answered in time. Whether it was booked the journal tells.
    Busy,
}

impl NotBooked {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DayShut { .. } => "day_shut",
            Self::NotYet { .. } => "not_yet",
            Self::Changed => "changed",
            Self::Nothing => "nothing",
            Self::Refused(refusal) => refusal.code(),
            Self::Busy => "busy",
        }
    }
}

impl fmt::Display for NotBooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DayShut { day, closed_through, open } => {
                match closed_through {
                    Some(last) if day <= last => write!(
                        f,
                        "{} is closed, with every day up to {}: it takes no entries. Two reviewers together can open it \
                         again, on its page. ",
                        day.date, last.date
                    )?,
                    _ => write!(f, "{} has not begun in the books. ", day.date)?,
                }
                let open: Vec<String> = open.iter().map(|day| day.date.to_string()).collect();
                match open.as_slice() {
                    [] => f.write_str("No day takes entries yet: the first session opens the books."),
                    [one] => write!(f, "{one} takes entries."),
                    _ => write!(f, "These days take entries: {}.", open.join(", ")),
                }
            }
            Self::NotYet { at, now } => {
                write!(f, "{at} has not come: the books' time is {now}. What has not happened yet is not booked.")
            }
            Self::Changed => f.write_str(
                "The books have gone on since this was shown, and it would be booked otherwise now. Look at it again.",
            ),
            Self::Nothing => f.write_str("There is nothing to book: every account that it would touch is at zero."),
            Self::Refused(refusal) => write!(f, "The books refuse it: {refusal}."),
            Self::Busy => f.write_str("The ledger does not answer. Look at the journal before it is entered again."),
        }
    }
}

impl std::error::Error for NotBooked {}

/// What the ledger answers, or why nothing was booked.
pub type Answer = Result<Told, NotBooked>;
/// Where an answer goes.
pub type Reply = tokio::sync::oneshot::Sender<Answer>;

/// The ledger as those see it who are not actors.
#[derive(Clone)]
pub struct Bookkeeping {
    ask: Arc<Ask>,
    reviewed: Arc<dyn Fn() + Send + Sync>,
}

type Ask = dyn Fn(Asked) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

impl Bookkeeping {
    /// By whatever hands the question on, and whatever tells that the review has gone on.
    pub fn new<F>(ask: impl Fn(Asked) -> F + Send + Sync + 'static, reviewed: impl Fn() + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self { ask: Arc::new(move |asked| Box::pin(ask(asked))), reviewed: Arc::new(reviewed) }
    }

    /// Somebody has reviewed something: a day that waited for it may be closed now.
    pub fn reviewed(&self) {
        (self.reviewed)();
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`NotBooked`].
    pub async fn ask(&self, asked: Asked) -> Answer {
        (self.ask)(asked).await
    }
}

impl fmt::Debug for Bookkeeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bookkeeping")
    }
}
