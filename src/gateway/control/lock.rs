//! One instance at a time (LIFE-13), by a lock that ends with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::error::ControlError;
use super::folder::ControlFolder;

const FILE: &str = "instance.lock";

/// Held as long as the instance lives.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

/// Who holds the lock, as far as that can be seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Whether somebody holds it now.
    pub held: bool,
    /// The process that wrote its number last.
    pub pid: Option<u32>,
}

impl InstanceLock {
    /// Takes the lock and writes the own process's number.
    ///
    /// # Errors
    /// [`ControlError::Held`], which names the first instance's process; [`ControlError::File`].
    pub fn take(folder: &ControlFolder) -> Result<Self, ControlError> {
        let path = folder.path().join(FILE);
        let fail = |e| ControlError::file(&path, e);
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ControlError::Held { pid: written(&path), path }),
            Err(TryLockError::Error(e)) => return Err(fail(e)),
        }
        file.set_len(0).map_err(fail)?;
        file.rewind().map_err(fail)?;
        writeln!(file, "{}", std::process::id()).map_err(fail)?;
        Ok(Self { _file: file })
    }
}

/// Who holds the lock of a control folder; makes no file.
#[must_use]
pub fn holder(control: &Path) -> Holder {
    let path = control.join(FILE);
    let held = File::open(&path).is_ok_and(|f| matches!(f.try_lock_shared(), Err(TryLockError::WouldBlock)));
    Holder { held, pid: written(&path) }
}

fn written(path: &Path) -> Option<u32> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn life_13_a_second_instance_is_refused_and_told_the_firsts_process() {
        let place = TestPlace::new();
        let folder = ControlFolder::open(&place.join("control")).unwrap();
        assert_eq!(holder(folder.path()), Holder { held: false, pid: None });
        let first = InstanceLock::take(&folder).unwrap();
        let own = Some(std::process::id());
        assert_eq!(holder(folder.path()), Holder { held: true, pid: own });
        let refused = InstanceLock::take(&folder).unwrap_err();
        assert!(refused.to_string().contains(&format!("as process {}", std::process::id())), "{refused}");
        drop(first);
        assert_eq!(holder(folder.path()), Holder { held: false, pid: own }, "the number outlives the lock");
        assert!(InstanceLock::take(&folder).is_ok());
    }
}
