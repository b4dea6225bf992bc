//! Folders and databases of their own for each test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tbot::store::Address;

use crate::postgres;

/// A folder that goes when the test has passed.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tbot-test-{}-{n}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// A database of one engine, not made yet.
pub(crate) struct Place {
    pub(crate) address: Address,
    /// Keeps an SQLite file's folder.
    pub(crate) folder: Folder,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = Folder::new();
        Self { address: Address::Sqlite(folder.path().join("ledger.db")), folder }
    }

    /// A new place on each engine that is there.
    pub(crate) async fn each(name: &str) -> Vec<Self> {
        let mut places = vec![Self::sqlite()];
        if let Some(url) = postgres::database(name).await {
            places.push(Self { address: Address::Postgres(url), folder: Folder::new() });
        }
        places
    }
}
