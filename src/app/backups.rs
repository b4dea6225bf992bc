//! Backups of the living bot (REP-9).

use std::sync::Arc;
use std::time::Duration;

use desk::domain::ids::Identity;
use desk::domain::time::Span;

use crate::actors::backing_up::{BackUp, Occasion};
use crate::backup::{self, BackupError, Line, Shelf};
use crate::gateway::clock;
use crate::settings::Boot;
use crate::web::{BackupLine, Backups};

/// After a session others finish their files first.
const SETTLE: Duration = Duration::from_secs(2);
/// A market that runs faster than the clock closes a session every few seconds; one backup in so long is enough then.
const SPACE: Span = Span::minutes(10);

/// Takes backups of this bot.
pub(super) fn backing_up(boot: &Boot, identity: &Identity) -> BackUp {
    let (boot, identity) = (boot.clone(), identity.clone());
    BackUp::new(move |occasion| {
        if occasion == Occasion::Session {
            if !is_due(&boot, &identity).map_err(|e| e.to_string())? {
                return Ok(None);
            }
            std::thread::sleep(SETTLE);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(backup::take(&boot, &identity)).map(|taken| Some(taken.said())).map_err(|e| e.to_string())
    })
}

/// Whether the configuration asks for one after a session, and the last is not of just now.
fn is_due(boot: &Boot, identity: &Identity) -> Result<bool, BackupError> {
    if !backup::rules(boot)?.after_session {
        return Ok(false);
    }
    let own = Shelf::new(boot.folders.backups()).list()?.into_iter().find(|line| line.identity == *identity);
    Ok(own.is_none_or(|line| clock::now() - line.at > SPACE))
}

/// The archives as the pages list them.
pub(super) fn listed(boot: &Boot) -> Backups {
    let shelf = Shelf::new(boot.folders.backups());
    Arc::new(move || {
        let lines = shelf.list().map_err(|e| e.to_string())?.into_iter();
        let line = |l: Line| BackupLine { name: l.name, at: l.at, bytes: l.bytes, checksum: l.sha256.is_some() };
        Ok(lines.map(line).collect())
    })
}
