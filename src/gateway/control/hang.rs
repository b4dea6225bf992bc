//! The mark of an actor that hung, `control/hung`: the watchdog leaves it, since it ends the process, and the next process
//! takes it (LIFE-11).

use std::path::PathBuf;

use super::error::ControlError;
use super::folder::ControlFolder;
use crate::settings::replace;

/// The mark.
#[derive(Clone, Debug)]
pub struct HangMark {
    path: PathBuf,
}

impl HangMark {
    /// In a control folder.
    #[must_use]
    pub fn new(control: &ControlFolder) -> Self {
        Self { path: control.path().join("hung") }
    }

    /// Leaves it; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn leave(&self, actor: &str) -> Result<(), ControlError> {
        replace(&self.path, actor.as_bytes()).map_err(|e| ControlError::file(&self.path, e))
    }

    /// The actor that hung, if one did.
    #[must_use]
    pub fn read(&self) -> Option<String> {
        std::fs::read_to_string(&self.path).ok().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// Removes it: what it says is recorded.
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
    fn life_11_who_hung_is_known_to_the_next_process() {
        let place = TestPlace::new();
        let mark = HangMark::new(&ControlFolder::open(&place.join("control")).unwrap());
        assert_eq!(mark.read(), None);
        mark.leave("strategy mid").unwrap();
        assert_eq!(mark.read().as_deref(), Some("strategy mid"));
        mark.remove().unwrap();
        mark.remove().unwrap();
        assert_eq!(mark.read(), None);
    }
}
