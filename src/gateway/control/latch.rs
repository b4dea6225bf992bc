//! The kill latch's durable mark, `control/kill.latch`: who shut it, when, why. While it is there the bot is latched,
//! whatever else was lost (RISK-15).

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use desk::domain::bot::{Mark, Who};
use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::ControlError;
use super::folder::ControlFolder;
use crate::settings::replace;

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
        Self { path: control.path().join("kill.latch") }
    }

    /// Whose mark is there. What cannot be read counts as set: a latch fails closed.
    #[must_use]
    pub fn read(&self) -> Option<Latched> {
        let by = || Who::Bot("latch".to_owned());
        let unread = |why: String| Latched { mark: Mark { at: Timestamp::default(), who: by(), why }, written: None };
        match std::fs::read(&self.path) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| {
                unread(format!("{} is there, and nobody can read who set it", self.path.display()))
            })),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => Some(unread(format!("{} cannot be read: {e}", self.path.display()))),
        }
    }

    /// Sets the mark; it is on the disk when this returns. Where the disk has no room for it an empty file is set, which
    /// nobody can read, and so latches as well.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn write(&self, latched: &Latched) -> Result<(), ControlError> {
        let fail = |e| ControlError::file(&self.path, e);
        let bytes = serde_json::to_vec(latched).map_err(|e| fail(e.into()))?;
        let mut bare = OpenOptions::new();
        let bare = bare.write(true).create(true).truncate(false).mode(0o600);
        replace(&self.path, &bytes).or_else(|_| bare.open(&self.path)?.sync_all()).map_err(fail)
    }

    /// Removes it.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn remove(&self) -> Result<(), ControlError> {
        match std::fs::remove_file(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(ControlError::file(&self.path, e)),
            _ => Ok(()),
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
        file.remove().unwrap();
        file.remove().unwrap();
        assert_eq!(file.read(), None);
    }
}
