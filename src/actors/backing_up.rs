//! Backups (REP-9): taken on a thread of its own that lets trading go first. Its end is recorded under the command's key.

use std::fmt;
use std::sync::Arc;

use desk::domain::bot::Key;
use desk::domain::ids::SessionId;
use desk::machines::supervisor::Happening;

use super::life::LifeError;
use super::supervisor::Supervisor;
use crate::gateway::{Behind, step_back};
use crate::messages::board::AlertLevel;
use crate::messages::supervisor::{Refused, ToSupervisor};

/// Why a backup is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Somebody has asked for it.
    Command,
    /// A session was closed.
    Session,
}

/// Takes a backup, or says why it cannot be taken; nothing where the occasion asks for none.
#[derive(Clone)]
pub struct BackUp(Arc<Taking>);

type Taking = dyn Fn(Occasion) -> Result<Option<String>, String> + Send + Sync;

impl BackUp {
    /// By whatever takes it. It may last: it is called on a thread of its own.
    pub fn new(take: impl Fn(Occasion) -> Result<Option<String>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Where nothing is kept that could be backed up.
    #[must_use]
    pub fn none() -> Self {
        Self::new(|occasion| match occasion {
            Occasion::Command => Err("This bot keeps nothing on the disk.".to_owned()),
            Occasion::Session => Ok(None),
        })
    }
}

impl fmt::Debug for BackUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackUp")
    }
}

impl Supervisor {
    /// Nothing where a backup may begin.
    pub(super) fn may_back_up(&self) -> Result<(), Refused> {
        if self.backing_up.is_none() {
            return Ok(());
        }
        let message = "A backup is being taken already. Wait for its end and ask again.".to_owned();
        Err(Refused::State { message })
    }

    /// Takes the backup that a command has asked for.
    pub(super) fn back_up(&mut self) {
        let key = self.key.clone().unwrap_or_else(|| Key::of("backup"));
        self.begin_backup(key, Occasion::Command);
    }

    /// Takes one after a session's books are closed, unless one is under way.
    pub(super) fn back_up_after(&mut self, session: SessionId) {
        if self.backing_up.is_none() {
            self.begin_backup(Key::of(&format!("backup-{session}")), Occasion::Session);
        }
    }

    fn begin_backup(&mut self, key: Key, occasion: Occasion) {
        let (take, line) = (self.wiring.back_up.clone(), self.wiring.supervisor.clone());
        let run = move || {
            step_back(Behind::Pages);
            let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (take.0)(occasion)));
            let taken = taken.unwrap_or_else(|_| Err("it fell; the log of errors says where".to_owned()));
            if let Err(lost) = line.deliver(ToSupervisor::BackedUp(taken)) {
                tracing::error!(%lost, "a backup's end could not be told");
            }
        };
        self.backing_up = Some(key);
        if let Err(error) = std::thread::Builder::new().name("backup".to_owned()).spawn(run) {
            let why = format!("the system gives no thread for it: {error}");
            self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::BackedUp(Err(why))));
        }
    }

    /// A backup has come to its end.
    pub(super) fn backed_up(&mut self, taken: Result<Option<String>, String>) -> Result<(), LifeError> {
        let Some(key) = self.backing_up.take() else { return Ok(()) };
        let (done, message) = match taken {
            Ok(None) => return Ok(()),
            Ok(Some(message)) => (true, message),
            Err(why) => (false, format!("No backup was taken: {why}. When that is mended, take one: tbot backup")),
        };
        if done {
            tracing::info!(%message, "a backup was taken");
        } else {
            tracing::error!(%message, "a backup could not be taken");
        }
        self.wiring.alert(if done { AlertLevel::Info } else { AlertLevel::Critical }, "backup", message.clone());
        self.happened(&Happening::Finished { key, done, message })
    }
}
