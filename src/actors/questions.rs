//! What the day's close asks the review, and tells it: which questions are open (BOOKS.md section 12, check 6), and what came
//! of the checks (LEDG-12).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use desk::domain::ids::SessionId;
use desk::domain::time::Date;
use desk::world::day::Review;

/// The open questions of some days, or why they cannot be read.
type Open = Pin<Box<dyn Future<Output = Result<Review, String>>>>;
/// What a close has said of the check that failed last; nothing where none did, or the review cannot be read.
type Failing = Pin<Box<dyn Future<Output = Option<String>>>>;

/// What came of the checks of a close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// One does not agree: the day stays open.
    Failed {
        /// The session that was to be closed.
        session: SessionId,
        /// Which close of it: 1, and one more after each that was opened again.
        close: u32,
        /// Which check, in a line.
        title: String,
        /// The whole of it, with its figures.
        text: String,
    },
    /// All agree: this session is closed, and every one before it.
    Passed {
        /// The session.
        session: SessionId,
        /// The entry that closes it.
        entry: u64,
    },
}

type Ask = dyn Fn(Vec<Date>) -> Open + Send + Sync;
type Tell = dyn Fn(Checked) + Send + Sync;
type Recall = dyn Fn(SessionId, u32) -> Failing + Send + Sync;

/// Whoever knows the review; nobody where there is none, as in a demo.
#[derive(Clone)]
pub struct Questions {
    ask: Option<Arc<Ask>>,
    tell: Option<Arc<Tell>>,
    recall: Option<Arc<Recall>>,
}

impl Questions {
    /// By whatever reads the review.
    pub fn new<F>(read: impl Fn(Vec<Date>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Review, String>> + 'static,
    {
        Self { ask: Some(Arc::new(move |days| Box::pin(read(days)))), tell: None, recall: None }
    }

    /// The same, where somebody hears what came of the checks.
    #[must_use]
    pub fn hearing(self, hear: impl Fn(Checked) + Send + Sync + 'static) -> Self {
        Self { tell: Some(Arc::new(hear)), ..self }
    }

    /// The same, where somebody remembers why a close of a session, by its number, has failed.
    #[must_use]
    pub fn recalling<F>(self, read: impl Fn(SessionId, u32) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<String>> + 'static,
    {
        Self { recall: Some(Arc::new(move |session, close| Box::pin(read(session, close)))), ..self }
    }

    /// Where nobody reviews.
    #[must_use]
    pub const fn nobody() -> Self {
        Self { ask: None, tell: None, recall: None }
    }

    /// Whether somebody reviews.
    pub(super) const fn is_some(&self) -> bool {
        self.ask.is_some()
    }

    /// What is open about some days.
    pub(super) fn open(&self, days: Vec<Date>) -> Open {
        match &self.ask {
            Some(read) => read(days),
            None => Box::pin(std::future::ready(Ok(Review::clear()))),
        }
    }

    /// Why this close of a session has failed.
    pub(super) fn failing(&self, session: SessionId, close: u32) -> Failing {
        match &self.recall {
            Some(read) => read(session, close),
            None => Box::pin(std::future::ready(None)),
        }
    }

    /// What came of the checks.
    pub(super) fn checked(&self, checked: Checked) {
        if let Some(tell) = &self.tell {
            tell(checked);
        }
    }
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Questions")
    }
}
