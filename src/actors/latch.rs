//! The kill latch: shared memory that anybody can set and that the broker reads before each send. It is the one thing that
//! actors share. Setting it is one atomic store; who and why follow, in memory and in a file that outlives the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use desk::domain::bot::{Mark, Scope};
use desk::domain::time::Timestamp;
use desk::machines::kill_switch::Verb;

use crate::gateway::clock;
use crate::gateway::control::{LatchFile, Latched};
use crate::gateway::plug::{Step, pass};
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::line::Line;

/// The latch; clones are the same latch.
#[derive(Clone, Debug, Default)]
pub struct Latch(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    shut: AtomicBool,
    mark: Mutex<Option<Latched>>,
    file: Option<LatchFile>,
    /// Set where an earlier process has left it shut.
    inherited: Option<Latched>,
}

impl Latch {
    /// The latch as the last process left it.
    #[must_use]
    pub fn open(file: LatchFile) -> Self {
        let mark = file.read();
        if let Err(error) = file.prepare() {
            tracing::warn!(%error, "no room is taken for the latch's mark; on a full disk it would have no text");
        }
        let (shut, inherited) = (AtomicBool::new(mark.is_some()), mark.clone());
        Self(Arc::new(Inner { shut, mark: Mutex::new(mark), file: Some(file), inherited }))
    }

    /// The latch as it was when this process began, where it was shut: whose kill it goes on with, and when it was shut
    /// by the clock on the wall.
    pub(super) fn inherited(&self) -> Option<(Mark, Timestamp)> {
        let Latched { mark, written } = self.0.inherited.clone()?;
        Some((mark, written?))
    }

    /// Shuts it in this process alone: from this instant no entry is sent.
    pub fn shut(&self) {
        self.0.shut.store(true, Ordering::SeqCst);
    }

    /// Shuts it for good. The first mark stays.
    pub fn trip(&self, mark: &Mark) {
        self.shut();
        pass(Step::LatchShut);
        let mut own = self.own();
        if own.is_none() {
            self.keep(&mut own, mark);
        }
        pass(Step::LatchMarked);
    }

    /// Shuts it with the mark that the bot's life records.
    pub(super) fn record(&self, mark: &Mark) {
        self.shut();
        let mut own = self.own();
        if own.as_ref().is_none_or(|own| own.mark != *mark) {
            self.keep(&mut own, mark);
        }
    }

    /// Another mark does not shut it anew: it was shut with the first.
    fn keep(&self, own: &mut Option<Latched>, mark: &Mark) {
        let written = own.as_ref().map_or_else(|| Some(clock::now()), |first| first.written);
        let latched = own.insert(Latched { mark: mark.clone(), written });
        let kept = self.0.file.as_ref().map_or(Ok(()), |file| file.write(latched));
        if let Err(error) = kept {
            tracing::error!(%error, "the latch is set in this process; its mark cannot be kept");
        }
    }

    /// Opens it. The supervisor alone does this, when a person may and has said why (RISK-15).
    pub(super) fn reset(&self) {
        let mut own = self.own();
        // What cannot be removed latches the next process too, so this one stays shut with it.
        match self.0.file.as_ref().map_or(Ok(()), LatchFile::remove) {
            Ok(()) => {
                *own = None;
                self.0.shut.store(false, Ordering::SeqCst);
            }
            Err(error) => tracing::error!(%error, "the latch stays set: its mark cannot be removed"),
        }
    }

    /// Whether it is shut.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.shut.load(Ordering::SeqCst)
    }

    /// When it was shut by the clock on the wall; nothing while it is open. Another mark does not change it.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.own().as_ref()?.written
    }

    /// Who shut it.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.own().as_ref().map(|own| own.mark.clone())
    }

    fn own(&self) -> MutexGuard<'_, Option<Latched>> {
        self.0.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shortest way to kill: the latch, then the kill switch itself. Whoever uses it tells the supervisor afterwards.
#[derive(Clone, Debug)]
pub struct Killer {
    pub(super) latch: Latch,
    pub(super) line: Line<ToKillSwitch>,
}

impl Killer {
    /// Kills.
    pub fn kill(&self, mark: &Mark) {
        self.latch.trip(mark);
        let begin = ToKillSwitch::Begin { verb: Verb::Kill, scope: Scope::All, mark: mark.clone() };
        if let Err(lost) = self.line.deliver(begin) {
            tracing::error!(%lost, "the kill switch cannot be reached; the latch is shut");
        }
    }

    /// Shuts the latch in this process alone.
    pub fn shut(&self) {
        self.latch.shut();
    }
}
