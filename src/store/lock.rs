//! At most one writer a file, by a lock that ends with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// Held as long as the writer lives.
#[derive(Debug)]
pub(super) struct FileLock {
    _file: File,
}

/// The lock's file: `ledger.lock` beside `ledger.db`.
fn lock_path(database: &Path) -> PathBuf {
    database.with_extension("lock")
}

impl FileLock {
    /// Takes the lock beside a database, or refuses at once.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = lock_path(database);
        let fail = |source| StoreError::File { path: path.clone(), source };
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { place: database.display().to_string() }),
            Err(TryLockError::Error(source)) => Err(fail(source)),
        }
    }

    /// Whether somebody holds it; makes no file.
    pub(super) fn is_held(database: &Path) -> bool {
        File::open(lock_path(database)).is_ok_and(|f| matches!(f.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}
