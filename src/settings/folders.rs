//! The folders of a data directory (OPS-1c, REP-1): made when they are missing, for their owner alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use desk::domain::ids::Identity;

use super::error::SettingsError;

/// Where what lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    data: PathBuf,
}

impl Folders {
    /// Below this data directory.
    #[must_use]
    pub const fn new(data: PathBuf) -> Self {
        Self { data }
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Flags, lock, socket, heartbeat.
    #[must_use]
    pub fn control(&self) -> PathBuf {
        self.data.join("control")
    }

    /// The key file, unless it lies elsewhere.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// The sealed configuration's versions.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.data.join("config")
    }

    /// The sealed secrets.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.data.join("secrets")
    }

    /// The program's own logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.data.join("logs")
    }

    /// Backups.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    /// What an identity writes.
    #[must_use]
    pub fn output(&self, identity: &Identity) -> PathBuf {
        self.data.join("output").join(identity.as_str())
    }

    /// An identity's embedded database.
    #[must_use]
    pub fn ledgers(&self, identity: &Identity) -> PathBuf {
        self.output(identity).join("ledgers")
    }

    /// Makes what is missing and proves that each can be written.
    ///
    /// # Errors
    /// [`SettingsError::File`] with the folder that cannot be made or written.
    pub fn make(&self, identity: Option<&Identity>) -> Result<(), SettingsError> {
        let mut all = vec![self.control(), self.keys(), self.config(), self.secrets(), self.logs(), self.backups()];
        if let Some(identity) = identity {
            let output = self.output(identity);
            all.extend(
                ["logs", "trades", "summaries", "ledgers", "decisions", "exports", "sessions"].map(|f| output.join(f)),
            );
        }
        for folder in all {
            make(&folder).map_err(|e| SettingsError::file(&folder, format!("cannot be made or written: {e}")))?;
        }
        Ok(())
    }
}

/// Makes a folder for its owner alone, and proves that it can be written.
fn make(folder: &Path) -> io::Result<()> {
    make_folder(folder)?;
    proves_writable(folder)
}

/// Proves that a folder can be written; nothing is left in it.
///
/// # Errors
/// Those of the file system.
pub fn proves_writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    File::create(&probe)?;
    std::fs::remove_file(&probe)
}

/// Makes a folder for its owner alone where there is none.
///
/// # Errors
/// Those of the file system.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a file whole or not at all, for its owner alone, and on the disk when this returns.
///
/// # Errors
/// Those of the file system; what stood there is left as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A name of its own for each call: two threads may write the same file.
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let partial = folder.join(format!(".{name}.partial-{}-{call}", std::process::id()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)?;
        File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn ops_1c_folders_are_made_for_their_owner_alone_and_refused_with_their_path() {
        let data = crate::settings::test_place::TestPlace::new();
        let identity: Identity = "RIGD_US_SIM_01".parse().unwrap();
        let folders = Folders::new(data.to_path_buf());
        folders.make(Some(&identity)).unwrap();
        for folder in [folders.control(), folders.keys(), folders.backups(), folders.ledgers(&identity)] {
            assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
        }
        let blocked = Folders::new(data.join("blocked"));
        std::fs::create_dir_all(blocked.data()).unwrap();
        std::fs::write(blocked.control(), "a file").unwrap();
        let refused = blocked.make(None).unwrap_err().to_string();
        assert!(refused.contains("blocked/control: cannot be made"), "{refused}");
    }
}
