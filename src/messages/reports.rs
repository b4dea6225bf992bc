//! What the reporter hands to whoever writes the session's files: the chronicle as it heard it, and what the strategies
//! have counted. It never waits for them: a slow or full disk keeps nobody.

use desk::domain::ids::StrategyName;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::board::{Alert, SkipLine};
use super::chronicle::{Chronicle, Piece};

/// What a writer of files is told.
#[derive(Debug)]
pub enum ToReports {
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// What a strategy has counted in this session, in place of what it told before.
    Skipped(StrategyName, Vec<SkipLine>),
    /// The notifier has said something.
    Alerted(Alert),
}

/// The reporter's end of it.
#[derive(Clone, Debug)]
pub struct Reports(Option<UnboundedSender<ToReports>>);

impl Reports {
    /// With what a writer reads from.
    #[must_use]
    pub fn new() -> (Self, UnboundedReceiver<ToReports>) {
        let (sender, receiver) = unbounded_channel();
        (Self(Some(sender)), receiver)
    }

    /// Where no files are written.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Tells the writer, if there is one.
    pub fn tell(&self, what: impl FnOnce() -> ToReports) {
        // A writer that has ended writes nothing more; the board goes on.
        if let Some(sender) = &self.0 {
            let _ = sender.send(what());
        }
    }
}
