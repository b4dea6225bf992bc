//! The kill latch's durable mark, `control/kill.latch`: who shut it, when, why. While it is there the bot is latched,
//! whatever else was lost (RISK-15).

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use desk::domain::bot::{Mark, Who};
use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::ControlError;
use super::folder::ControlFolder;
use crate::gateway::clock;
use crate::settings::replace;

/// What the spare file holds: a mark fits in its place, however long its reason.
const SPARE: [u8; 4_096] = [b' '; 4_096];

/// The file.
#[derive(Clone, Debug)]
pub struct LatchFile {
    path: PathBuf,
}

/// What stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latched {
    /// Who shut the latch, when by the bot's clock, why.
    #[serde(flatten)]
    pub mark: Mark,
    /// When by the clock on the wall; nothing where that cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
}

impl LatchFile {
    /// In a control folder.
    #[must_use]
    pub fn new(control: &ControlFolder) -> Self {
        Self::within(control.path())
    }

    /// In a control folder that is only looked at.
    #[must_use]
    pub fn within(control: &Path) -> Self {
        Self { path: control.join("kill.latch") }
    }

    fn spare(&self) -> PathBuf {
        self.path.with_extension("spare")
    }

    /// Takes the room that a mark needs, so that it can be written when the disk is full.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn prepare(&self) -> Result<(), ControlError> {
        let path = self.spare();
        let made = || -> io::Result<()> {
            if std::fs::read(&path).is_ok_and(|found| found.len() == SPARE.len()) {
                return Ok(());
            }
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            file.write_all(&SPARE)?;
            file.sync_all()
        };
        made().map_err(|e| ControlError::file(&path, e))
    }

    /// Whose mark is there. What cannot be read counts as set: a latch fails closed.
    #[must_use]
    pub fn read(&self) -> Option<Latched> {
        // Of a file without a text the file system still knows when it was set.
        let written = self.path.metadata().and_then(|found| found.modified()).ok().map(clock::of_file);
        let unread = |why: String| {
            let (at, who) = (written.unwrap_or_default(), Who::Bot("latch".to_owned()));
            Latched { mark: Mark { at, who, why }, written }
        };
        match std::fs::read(&self.path) {
            Ok(bytes) if bytes.is_empty() => {
                let why = "the latch was set, and the disk had no room for who did it and why";
                Some(unread(format!("{why} ({} is empty)", self.path.display())))
            }
            Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| {
                unread(format!("{} is there, and nobody can read who set it", self.path.display()))
            })),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => Some(unread(format!("{} cannot be read: {e}", self.path.display()))),
        }
    }

    /// Sets the mark; it is on the disk when this returns. Where the disk has no room for it the one that was taken before
    /// is used; where there is none an empty file is set, which latches as well.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn write(&self, latched: &Latched) -> Result<(), ControlError> {
        let fail = |e| ControlError::file(&self.path, e);
        let bytes = serde_json::to_vec(latched).map_err(|e| fail(e.into()))?;
        let mut bare = OpenOptions::new();
        let bare = bare.write(true).create(true).truncate(false).mode(0o600);
        replace(&self.path, &bytes)
            .or_else(|_| self.use_spare(&bytes))
            .or_else(|_| bare.open(&self.path)?.sync_all())
            .map_err(fail)
    }

    /// Writes the mark over what the spare file holds, and lets that take the latch's place: nothing of it asks for room.
    fn use_spare(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(self.spare())?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(self.spare(), &self.path)?;
        self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    /// Removes it.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn remove(&self) -> Result<(), ControlError> {
        match std::fs::remove_file(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(ControlError::file(&self.path, e)),
            // Without the spare the next mark is written as long as the disk has room.
            _ => {
                let _ = self.prepare();
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn risk_15_the_latch_outlives_the_process_and_fails_closed() {
        let place = TestPlace::new();
        let file = LatchFile::new(&ControlFolder::open(&place.join("control")).unwrap());
        assert_eq!(file.read(), None);
        let mark = Mark { at: Timestamp::from_seconds(7), who: Who::Owner, why: "enough".to_owned() };
        let latched = Latched { mark: mark.clone(), written: Some(Timestamp::from_seconds(9)) };
        file.write(&latched).unwrap();
        assert_eq!(file.read(), Some(latched));
        std::fs::write(place.join("control/kill.latch"), serde_json::to_vec(&mark).unwrap()).unwrap();
        assert_eq!(file.read(), Some(Latched { mark, written: None }), "as it was written before");
        std::fs::write(place.join("control/kill.latch"), b"half a wr").unwrap();
        assert!(file.read().unwrap().mark.why.contains("nobody can read who set it"));
        std::fs::write(place.join("control/kill.latch"), b"").unwrap();
        let bare = file.read().unwrap();
        assert!(bare.mark.why.contains("the disk had no room"), "{bare:?}");
        assert!(
            bare.written == Some(bare.mark.at) && bare.mark.at > Timestamp::from_seconds(1_700_000_000),
            "{bare:?}"
        );
        file.remove().unwrap();
        file.remove().unwrap();
        assert_eq!(file.read(), None);
    }

    /// RISK-15, D1: the room for who and why is taken before; a mark written into it is read like any other.
    #[test]
    fn risk_15_a_mark_fits_where_nothing_else_does() {
        let place = TestPlace::new();
        let file = LatchFile::new(&ControlFolder::open(&place.join("control")).unwrap());
        let mark = Mark { at: Timestamp::from_seconds(7), who: Who::Owner, why: "\u{1}".repeat(500) };
        let latched = Latched { mark, written: Some(Timestamp::from_seconds(9)) };
        let bytes = serde_json::to_vec(&latched).unwrap();
        assert!(file.use_spare(&bytes).is_err(), "none was taken");
        file.prepare().unwrap();
        file.prepare().unwrap();
        assert!(bytes.len() <= SPARE.len());
        file.use_spare(&bytes).unwrap();
        assert_eq!(file.read(), Some(latched));
        assert_eq!(std::fs::read(place.join("control/kill.latch")).unwrap().len(), SPARE.len(), "it asked for no room");
        file.remove().unwrap();
        assert!(place.join("control/kill.spare").exists(), "the next one has its room too");
    }
}
