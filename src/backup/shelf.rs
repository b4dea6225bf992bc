//! Archives on their shelf, the folder `backups/`: listed, counted, rotated by age and count.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use desk::domain::ids::Identity;
use desk::domain::time::{Span, Timestamp};
use serde::Serialize;

use super::error::BackupError;
use super::name::Name;
use super::unpack::{checksum, sum_path};
use crate::settings::runtime::Backups as Rules;

/// What begins the name of everything that is not whole yet.
pub(super) const PARTIAL: &str = ".partial-";
/// What begins the name of a folder in which an archive is looked at; the number of its process follows.
pub(super) const CHECKING: &str = ".checking-";
const DAY: i64 = 24 * 3_600;

/// The folder of archives.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

/// An archive as it lies there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its file's name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Whose bot.
    pub identity: Identity,
    /// When it was taken.
    pub at: Timestamp,
    /// Its bytes.
    pub bytes: u64,
    /// The checksum beside it; nothing where there is none.
    pub sha256: Option<String>,
}

/// Held while an archive is taken.
#[derive(Debug)]
pub(super) struct Taking {
    _file: File,
}

impl Shelf {
    /// A folder, whether it is there or not.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The archives, the newest first. What is not whole has another name and is none of them.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Line>, BackupError> {
        let fail = |e| BackupError::file(&self.folder, e);
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(fail(e)),
        };
        let mut lines = Vec::new();
        for entry in entries {
            let path = entry.map_err(fail)?.path();
            // One that is gone was rotated away meanwhile.
            if Name::of_file(&path).is_some() && path.exists() {
                lines.push(line(&path)?);
            }
        }
        lines.sort_by(|a, b| (b.at, &b.name).cmp(&(a.at, &a.name)));
        Ok(lines)
    }

    /// Removes the archives of an identity that are too old or too many; the newest stays in any case. Gives their names.
    pub(super) fn rotate(&self, of: &Identity, rules: Rules, now: Timestamp) -> Result<Vec<String>, BackupError> {
        let keep = usize::try_from(rules.keep_count).unwrap_or(usize::MAX);
        let oldest = Span::seconds(i64::from(rules.keep_days).saturating_mul(DAY));
        let own = self.list()?.into_iter().filter(|line| line.identity == *of);
        let mut removed = Vec::new();
        for (place, line) in own.enumerate().skip(1) {
            if place < keep && now - line.at <= oldest {
                continue;
            }
            // The archive first: a checksum without its archive misleads nobody.
            std::fs::remove_file(&line.path).map_err(|e| BackupError::file(&line.path, e))?;
            let _ = std::fs::remove_file(sum_path(&line.path));
            removed.push(line.name);
        }
        Ok(removed)
    }

    /// One backup at a time, over processes. Whoever takes one clears away what an earlier one, killed on its way, has left.
    pub(super) fn take(&self) -> Result<Taking, BackupError> {
        let path = self.folder.join(".lock");
        let fail = |e| BackupError::file(&path, e);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::Busy { folder: self.folder.clone() }),
            Err(TryLockError::Error(e)) => return Err(fail(e)),
        }
        for entry in std::fs::read_dir(&self.folder).map_err(fail)?.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let over = |process: &str| !Path::new("/proc").join(process).exists();
            if name.starts_with(PARTIAL) || name.strip_prefix(CHECKING).is_some_and(over) {
                remove(&path);
            }
        }
        Ok(Taking { _file: file })
    }
}

/// An archive, wherever it lies.
///
/// # Errors
/// Where it cannot be read, or its name is no archive's.
pub fn line(path: &Path) -> Result<Line, BackupError> {
    let bytes = path.metadata().map_err(|e| BackupError::file(path, e))?.len();
    let name = Name::of_file(path).ok_or_else(|| {
        let why = "an archive's name says whose it is and when it was taken: RIGD_US_SIM_01_20261121T220000Z.backup";
        BackupError::file(path, std::io::Error::other(why))
    })?;
    let sha256 = checksum(path)?;
    Ok(Line { name: name.file(), path: path.to_owned(), identity: name.identity, at: name.at, bytes, sha256 })
}

/// Removes a file or a folder; where even that fails nothing more can be done here, and the next one tries again.
pub(super) fn remove(path: &Path) {
    let gone = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    if let Err(error) = gone
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "{} cannot be removed", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    const OWN: &str = "RIGD_US_SIM_01";
    const OTHER: &str = "RIGD_US_SIM_02";

    fn put(shelf: &Shelf, identity: &str, at: Timestamp) -> String {
        let name = Name::new(identity.parse().unwrap(), at).file();
        std::fs::write(shelf.folder().join(&name), "archive").unwrap();
        std::fs::write(sum_path(&shelf.folder().join(&name)), "sum").unwrap();
        name
    }

    /// REP-9: by count and by age, for each identity by itself; the newest stays however old it is.
    #[test]
    fn rep_9_archives_go_by_count_and_by_age_and_the_newest_stays() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let days = |n: i64| now - Span::seconds(n * DAY);
        for (ages, count, age, kept) in [
            (vec![0, 1, 2, 3], 3, 100, vec![0, 1, 2]),
            (vec![0, 1, 2, 3], 100, 2, vec![0, 1, 2]),
            (vec![0, 1, 2, 3], 1, 1, vec![0]),
            (vec![50, 60], 10, 7, vec![50]),
            (vec![], 1, 1, vec![]),
        ] {
            let place = TestPlace::new();
            let shelf = Shelf::new(place.to_path_buf());
            let names: Vec<_> = ages.iter().map(|n| (n, put(&shelf, OWN, days(*n)))).collect();
            let other = put(&shelf, OTHER, days(400));
            let rules = Rules { after_session: true, keep_count: count, keep_days: age };
            let removed = shelf.rotate(&OWN.parse().unwrap(), rules, now).unwrap();
            let mut left: Vec<_> = shelf.list().unwrap().into_iter().map(|line| line.name).collect();
            assert_eq!(left.pop(), Some(other), "the other bot's");
            let expected: Vec<_> =
                names.iter().filter(|(n, _)| kept.contains(*n)).map(|(_, name)| name.clone()).collect();
            assert_eq!(left, expected, "{ages:?}");
            assert_eq!(removed.len() + left.len(), ages.len());
            let sums = std::fs::read_dir(&*place).unwrap().count() / 2;
            assert_eq!(sums, left.len() + 1, "a checksum goes with its archive");
        }
    }

    #[test]
    fn rep_9_one_backup_at_a_time_and_leftovers_go_with_the_next() {
        let place = TestPlace::new();
        let shelf = Shelf::new(place.to_path_buf());
        let own = format!("{CHECKING}{}", std::process::id());
        for left in [".partial-x", ".checking-4000000000", &own] {
            std::fs::create_dir(place.join(left)).unwrap();
            std::fs::write(place.join(left).join("ledger.db"), "half").unwrap();
        }
        let taking = shelf.take().unwrap();
        assert!(!place.join(".partial-x").exists() && !place.join(".checking-4000000000").exists());
        assert!(place.join(&own).exists(), "somebody looks into it now");
        assert_eq!(shelf.take().unwrap_err().code(), "backup_busy");
        drop(taking);
        shelf.take().unwrap();
        assert!(shelf.list().unwrap().is_empty());
    }
}
