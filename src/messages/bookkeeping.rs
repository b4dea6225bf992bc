//! What persons ask of the books: an entry shown, an entry booked, a day opened again, the chart of accounts changed, a float
//! assigned.

use std::fmt;
use std::sync::Arc;

use desk::domain::chain::Hash;
use desk::domain::chart::ChartChange;
use desk::domain::float::{FloatAssigned, FloatAssignment, FloatRefusal};
use desk::domain::ids::SessionId;
use desk::domain::journal::Draft;
use desk::domain::time::Timestamp;
use desk::machines::ledger::{BookFact, BookRefusal, ChartEdit, ChartRefusal};
use desk::world::entering::Author;
use tokio::sync::oneshot;

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

/// What a person asks of the chart of accounts.
#[derive(Debug)]
pub struct ChartAsked {
    /// Who, and why.
    pub author: Author,
    /// What is to be changed.
    pub edit: ChartEdit,
    /// What is to be done with it.
    pub how: How,
}

/// An assignment of accounting, and who brings it.
#[derive(Debug)]
pub struct FloatAsked {
    /// As the document says it.
    pub assignment: FloatAssignment,
    /// A person's name, or the file.
    pub by: String,
    /// Whether it may raise the float: a one-time code was given, or accounting's own folder is the proof.
    pub may_raise: bool,
}

/// A question for the ledger, and where the answer goes.
#[derive(Debug)]
pub enum Question {
    /// About entries.
    Entry(Box<Asked>, Reply<Told>),
    /// About the chart of accounts.
    Chart(Box<ChartAsked>, Reply<ChartTold>),
    /// A float that accounting assigns.
    Float(Box<FloatAsked>, Reply<FloatTold>),
}

/// What the ledger answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// What would be booked, and its hash.
    Shown(Vec<Draft>, Hash),
    /// The numbers of the entries that are booked, durably.
    Booked(Vec<u64>),
}

/// What the ledger answers about the chart.
#[derive(Clone, Debug, PartialEq)]
pub enum ChartTold {
    /// The change that would be made, and its hash.
    Shown(ChartChange, Hash),
    /// The change that is made, durably.
    Changed(ChartChange),
}

/// What the ledger answers about an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloatTold {
    /// As it stands in the record.
    pub assigned: FloatAssigned,
    /// Whether it is new; otherwise its document has assigned the same before, and nothing was done.
    pub new: bool,
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
    /// The rules of the chart.
    Chart(ChartRefusal),
    /// Another change of the chart has come between.
    ChartChanged,
    /// The rules of assignments.
    Float(FloatRefusal),
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
            Self::Chart(refusal) => refusal.code(),
            Self::ChartChanged => "chart_changed",
            Self::Float(refusal) => refusal.code(),
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
            Self::Chart(refusal) => write!(f, "The chart stays as it is: {refusal}."),
            Self::ChartChanged => f.write_str(
                "Somebody else has changed the chart since this was shown. Nothing of yours is changed. Look at it again.",
            ),
            Self::Float(refusal) => write!(f, "The float stays as it is: {refusal}."),
            Self::Busy => f.write_str("The ledger does not answer. Look at the journal before it is entered again."),
        }
    }
}

impl std::error::Error for NotBooked {}

/// What the ledger answers, or why nothing was booked.
pub type Answer = Result<Told, NotBooked>;
/// What the ledger answers, or why the chart stays as it is.
pub type ChartAnswer = Result<ChartTold, NotBooked>;
/// What the ledger answers, or why the float stays as it is.
pub type FloatAnswer = Result<FloatTold, NotBooked>;
/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, NotBooked>>;

/// The ledger as those see it who are not actors.
#[derive(Clone)]
pub struct Bookkeeping {
    ask: Arc<Ask>,
    reviewed: Arc<dyn Fn() + Send + Sync>,
}

type Ask = dyn Fn(Question) -> Result<(), NotBooked> + Send + Sync;

impl Bookkeeping {
    /// By whatever hands the question on, and whatever tells that the review has gone on.
    pub fn new(
        ask: impl Fn(Question) -> Result<(), NotBooked> + Send + Sync + 'static,
        reviewed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self { ask: Arc::new(ask), reviewed: Arc::new(reviewed) }
    }

    /// Somebody has reviewed something: a day that waited for it may be closed now.
    pub fn reviewed(&self) {
        (self.reviewed)();
    }

    /// Asks about entries, and waits for the answer.
    ///
    /// # Errors
    /// [`NotBooked`].
    pub async fn ask(&self, asked: Asked) -> Answer {
        let (reply, answered) = oneshot::channel();
        (self.ask)(Question::Entry(Box::new(asked), reply))?;
        answered.await.unwrap_or(Err(NotBooked::Busy))
    }

    /// Asks about the chart of accounts, and waits for the answer.
    ///
    /// # Errors
    /// [`NotBooked`].
    pub async fn ask_chart(&self, asked: ChartAsked) -> ChartAnswer {
        let (reply, answered) = oneshot::channel();
        (self.ask)(Question::Chart(Box::new(asked), reply))?;
        answered.await.unwrap_or(Err(NotBooked::Busy))
    }

    /// Hands an assignment of accounting on, and waits for the answer.
    ///
    /// # Errors
    /// [`NotBooked`].
    pub async fn assign_float(&self, asked: FloatAsked) -> FloatAnswer {
        let (reply, answered) = oneshot::channel();
        (self.ask)(Question::Float(Box::new(asked), reply))?;
        answered.await.unwrap_or(Err(NotBooked::Busy))
    }
}

impl fmt::Debug for Bookkeeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bookkeeping")
    }
}
