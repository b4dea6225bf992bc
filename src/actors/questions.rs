//! Which questions of the review are open: asked before a day's books are closed (BOOKS.md section 12, check 6).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use desk::domain::time::Date;

/// The open questions of some days, in words, or why they cannot be read.
type Open = Pin<Box<dyn Future<Output = Result<Vec<String>, String>>>>;

/// Whoever knows the review; nobody where there is none, as in a demo.
#[derive(Clone)]
pub struct Questions(Option<Arc<dyn Fn(Vec<Date>) -> Open + Send + Sync>>);

impl Questions {
    /// By whatever reads the review.
    pub fn new<F>(read: impl Fn(Vec<Date>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<String>, String>> + 'static,
    {
        Self(Some(Arc::new(move |days| Box::pin(read(days)))))
    }

    /// Where nobody reviews.
    #[must_use]
    pub const fn nobody() -> Self {
        Self(None)
    }

    /// Whether somebody reviews.
    pub(super) const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// What is open about some days.
    pub(super) fn open(&self, days: Vec<Date>) -> Open {
        match &self.0 {
            Some(read) => read(days),
            None => Box::pin(std::future::ready(Ok(Vec::new()))),
        }
    }
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Questions")
    }
}
