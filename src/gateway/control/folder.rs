use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use desk::domain::bot::BotState;

use super::error::ControlError;
use crate::gateway::owner::{not_private, own_user};
use crate::settings::replace;

/// Where the set-up waits, and which process serves it.
const SET_UP: &str = "set_up.txt";

/// Where a process waits for its set-up; nothing where it does not.
#[must_use]
pub fn waits_for_set_up(control: &Path, pid: u32) -> Option<String> {
    let text = std::fs::read_to_string(control.join(SET_UP)).ok()?;
    let (own, place) = text.trim().split_once(' ')?;
    (own.parse() == Ok(pid)).then(|| place.to_owned())
}

/// `control/`, known to be the own user's alone.
#[derive(Clone, Debug)]
pub struct ControlFolder {
    path: PathBuf,
    owner: u32,
}

impl ControlFolder {
    /// Makes the folder where it is missing, and refuses one that others can reach.
    ///
    /// # Errors
    /// [`ControlError::NotPrivate`]; [`ControlError::File`].
    pub fn open(path: &Path) -> Result<Self, ControlError> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| ControlError::file(path, e))?;
        let found = path.symlink_metadata().map_err(|e| ControlError::file(path, e))?;
        let owner = own_user().map_err(|e| ControlError::file(path, e))?;
        let reason = if found.is_dir() { not_private(&found, owner) } else { Some("is no folder".to_owned()) };
        match reason {
            Some(reason) => Err(ControlError::NotPrivate { path: path.to_path_buf(), reason }),
            None => Ok(Self { path: path.to_path_buf(), owner }),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The user whose folder it is.
    #[must_use]
    pub const fn owner(&self) -> u32 {
        self.owner
    }

    /// Mirrors the state to `bot_state.txt` (LIFE-1).
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn mirror(&self, state: BotState) -> Result<(), ControlError> {
        let path = self.path.join("bot_state.txt");
        replace(&path, format!("{state}\n").as_bytes()).map_err(|e| ControlError::file(path, e))
    }

    /// Says where the set-up waits for somebody, for whoever asks this folder; nothing where it waits no more.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn set_up_at(&self, place: Option<&str>) -> Result<(), ControlError> {
        let path = self.path.join(SET_UP);
        let done = match place {
            Some(place) => replace(&path, format!("{} {place}\n", std::process::id()).as_bytes()),
            None => std::fs::remove_file(&path),
        };
        done.map_err(|e| ControlError::file(path, e))
    }

    /// The state that was mirrored last.
    #[must_use]
    pub fn mirrored(&self) -> Option<BotState> {
        std::fs::read_to_string(self.path.join("bot_state.txt")).ok()?.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn life_5_a_folder_that_others_can_reach_is_refused() {
        let place = TestPlace::new();
        let path = place.join("control");
        let folder = ControlFolder::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        for mode in [0o750, 0o701, 0o777] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let refused = ControlFolder::open(&path).unwrap_err();
            assert_eq!(refused.code(), "control_not_private");
            assert!(refused.to_string().contains(&format!("has mode {mode:04o}")), "{refused}");
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        let other = place.join("link");
        std::os::unix::fs::symlink(folder.path(), &other).unwrap();
        assert!(ControlFolder::open(&other).unwrap_err().to_string().contains("is no folder"));
    }

    #[test]
    fn life_14_a_set_up_says_where_it_waits_as_long_as_it_does() {
        let place = TestPlace::new();
        let folder = ControlFolder::open(&place.join("control")).unwrap();
        let own = std::process::id();
        folder.set_up_at(Some("http://127.0.0.1:8080")).unwrap();
        assert_eq!(waits_for_set_up(folder.path(), own).as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(waits_for_set_up(folder.path(), own + 1), None, "another process has left it");
        folder.set_up_at(None).unwrap();
        assert_eq!(waits_for_set_up(folder.path(), own), None);
    }

    #[test]
    fn life_1_the_state_is_mirrored() {
        let place = TestPlace::new();
        let folder = ControlFolder::open(&place.join("control")).unwrap();
        assert_eq!(folder.mirrored(), None);
        for state in BotState::ALL {
            folder.mirror(state).unwrap();
            assert_eq!(folder.mirrored(), Some(state));
        }
    }
}
