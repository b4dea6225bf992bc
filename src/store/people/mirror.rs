//! `audit.log`, the audit outside of its database: a record a line, with its link in the chain. It shows a tail that was cut
//! off and records that were all written anew, which the chain alone cannot (WEB-2b).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use desk::domain::chain::Hash;
use serde::{Deserialize, Serialize};

use super::audit::AuditRecord;
use super::open::{People, ask};
use super::sql;
use crate::store::error::StoreError;

/// A line that is written.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    record: &'a AuditRecord,
    hash: Hash,
}

/// What is read of a line.
#[derive(Deserialize)]
struct Kept {
    seq: u64,
    hash: Hash,
}

impl AuditRecord {
    /// The record as a line of the mirror, without its end.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known.
    pub fn mirrored(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Written { record: self, hash: self.hash })
    }
}

/// The links that mirrors hold, by the number of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mirrored(BTreeMap<u64, Hash>);

impl Mirrored {
    /// What the mirrors beside a database hold. A line that is being written, and one of a program that wrote no links yet,
    /// says nothing.
    ///
    /// # Errors
    /// Where a mirror is there and cannot be read.
    pub(super) fn beside(database: &Path) -> Result<Self, StoreError> {
        let mut all = BTreeMap::new();
        for path in mirrors(database) {
            let failed = |source| StoreError::File { path: path.clone(), source };
            for line in BufReader::new(std::fs::File::open(&path).map_err(failed)?).split(b'\n') {
                if let Ok(kept) = serde_json::from_slice::<Kept>(&line.map_err(failed)?) {
                    all.insert(kept.seq, kept.hash);
                }
            }
        }
        Ok(Self(all))
    }

    /// Holds a record of the chain against the mirror; whether it stands there.
    ///
    /// # Errors
    /// Where the mirror has another one of its number.
    pub(super) fn holds(&self, seq: u64, hash: Hash) -> Result<bool, String> {
        match self.0.get(&seq) {
            None => Ok(false),
            Some(kept) if *kept == hash => Ok(true),
            Some(kept) => Err(format!("the mirror audit.log has another one: its link there is {kept}, here {hash}")),
        }
    }

    /// A record that the mirror holds after the last one of the chain.
    pub(super) fn beyond(&self, last: u64) -> Option<u64> {
        self.0.range(last.saturating_add(1)..).next().map(|(seq, _)| *seq)
    }
}

impl People {
    /// Leaves out of the mirror what it holds beyond the last record: a backup copies it a moment after the database, and what
    /// comes next gets those numbers anew.
    ///
    /// # Errors
    /// Where the mirror cannot be read or written.
    pub async fn settle_mirror(&self) -> Result<(), StoreError> {
        let last: Option<(i64, Vec<u8>)> =
            self.one(async |link| ask!(link, "reading the head of the audit", fetch_optional, sql::LAST_AUDIT)).await?;
        let last = last.map_or(0, |(seq, _)| u64::try_from(seq).unwrap_or(u64::MAX));
        let seq = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?.get("seq")?.as_u64();
        for path in self.file().map(mirrors).unwrap_or_default() {
            let failed = |source| StoreError::File { path: path.clone(), source };
            let text = std::fs::read_to_string(&path).map_err(failed)?;
            let kept = text.split_inclusive('\n').filter(|line| seq(line).is_none_or(|seq| seq <= last));
            std::fs::write(&path, kept.collect::<String>()).map_err(failed)?;
        }
        Ok(())
    }
}

/// `output/{identity}/logs/audit.log` below the folder of a database.
fn mirrors(database: &Path) -> Vec<PathBuf> {
    let folder = database.parent().unwrap_or_else(|| Path::new("."));
    let Ok(identities) = std::fs::read_dir(folder.join("output")) else { return Vec::new() };
    let files = identities.flatten().map(|entry| entry.path().join("logs/audit.log"));
    files.filter(|file| file.is_file()).collect()
}
