use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::gateway::reason;
use crate::gateway::vault::VaultError;
use crate::settings::SettingsError;
use crate::store::StoreError;

/// Why a backup was not taken, or an archive not restored.
#[derive(Debug)]
pub enum BackupError {
    /// Another backup is being taken.
    Busy {
        /// Into which folder.
        folder: PathBuf,
    },
    /// A file cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The archive's bytes are not those that its checksum was taken of.
    Checksum {
        /// Which archive.
        archive: PathBuf,
    },
    /// What is sealed in the archive cannot be opened to its end.
    Broken {
        /// Which archive.
        archive: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The archive was taken by a program that writes another form.
    Form {
        /// Which archive.
        archive: PathBuf,
        /// What it says of its form.
        found: String,
    },
    /// The books in the archive do not verify.
    Books {
        /// Which archive.
        archive: PathBuf,
        /// The first thing that is wrong.
        finding: String,
    },
    /// The folder holds something already.
    Occupied {
        /// Which folder.
        folder: PathBuf,
        /// What lies in it.
        holds: String,
    },
    /// A bot lives in the folder.
    Living {
        /// Which folder.
        folder: PathBuf,
        /// Its process.
        pid: Option<u32>,
    },
    /// The vault cannot be opened, or the archive needs another key.
    Vault(VaultError),
    /// A database cannot be read or copied.
    Store(StoreError),
    /// A configuration cannot be read.
    Settings(SettingsError),
}

impl BackupError {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "backup_busy",
            Self::File { .. } => "backup_file",
            Self::Checksum { .. } => "backup_checksum",
            Self::Broken { .. } => "backup_broken",
            Self::Form { .. } => "backup_form",
            Self::Books { .. } => "backup_books",
            Self::Occupied { .. } => "restore_occupied",
            Self::Living { .. } => "restore_living",
            Self::Vault(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Settings(error) => error.code(),
        }
    }

    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { folder } => {
                write!(f, "{}: another backup is being taken; wait for its end and ask again", folder.display())
            }
            Self::File { path, source } if source.kind() == io::ErrorKind::StorageFull => write!(
                f,
                "{}: the disk is full. Free space, or keep fewer backups (backup.keep_count, backup.keep_days), and ask again",
                path.display()
            ),
            Self::File { path, source } => write!(f, "{}: {}", path.display(), reason(source)),
            Self::Checksum { archive } => write!(
                f,
                "{}: its bytes are not those of its checksum ({}.sha256): it was changed or cut short after it was taken. Use another archive",
                archive.display(),
                archive.display()
            ),
            Self::Broken { archive, why } => {
                write!(f, "{}: cannot be restored: {why}. Use another archive", archive.display())
            }
            Self::Form { archive, found } => write!(
                f,
                "{}: is of a form that this program does not read ({found}); use the program that took it",
                archive.display()
            ),
            Self::Books { archive, finding } => {
                write!(f, "{}: the books in it do not verify: {finding}. Use another archive", archive.display())
            }
            Self::Occupied { folder, holds } => write!(
                f,
                "{}: holds {holds} already, and nothing is written over. Name a folder that is empty or not there yet, or move this one away",
                folder.display()
            ),
            Self::Living { folder, pid } => {
                write!(f, "{}: a bot runs here", folder.display())?;
                if let Some(pid) = pid {
                    write!(f, " as process {pid}")?;
                }
                f.write_str(". Restore into another folder; to take its place, shut it down and move its folder away")
            }
            Self::Vault(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Settings(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BackupError {}

impl From<VaultError> for BackupError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SettingsError> for BackupError {
    fn from(error: SettingsError) -> Self {
        Self::Settings(error)
    }
}
