//! Signed receipts (RISK-15a, RISK-16): what was commanded, what was open, how long it took, what the broker said. One file
//! a receipt, two lines: the canonical bytes, and their signature.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::StoreError;

/// The file that tells of a kill under way.
const NOTE: &str = "kill.under-way";

/// The second line of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The public key, 64 hexadecimal digits.
    pub key: String,
    /// The Ed25519 signature of the first line without its newline, 128 hexadecimal digits.
    pub signature: String,
}

/// A receipt as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file's name, without its ending.
    pub name: String,
    /// The canonical bytes.
    pub bytes: Vec<u8>,
    /// Their signature.
    pub signature: Signature,
}

/// The folder of receipts.
#[derive(Clone, Debug)]
pub struct Receipts {
    folder: PathBuf,
}

impl Receipts {
    /// Opens the folder, makes it where there is none.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| StoreError::File { path: folder.to_owned(), source })?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Takes away what a process that ended in the middle has half written; nobody else may write meanwhile.
    ///
    /// # Errors
    /// Where the folder cannot be read, or such a file cannot be removed.
    pub fn tidy(&self) -> Result<(), StoreError> {
        let fail = |source| StoreError::File { path: self.folder.clone(), source };
        for entry in std::fs::read_dir(&self.folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.extension().is_some_and(|ending| ending == "partial") {
                std::fs::remove_file(&path).map_err(fail)?;
            }
        }
        Ok(())
    }

    /// Keeps a receipt; it is on the disk when this returns. Its name begins with the time, so that names sort by time.
    ///
    /// # Errors
    /// Where it cannot be written, or one of this name is there.
    pub fn keep(&self, at: Timestamp, kind: &str, bytes: &[u8], signature: &Signature) -> Result<String, StoreError> {
        let time: String = at.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("{time}-{kind}");
        let path = self.folder.join(format!("{name}.receipt"));
        let fail = |source| StoreError::File { path: path.clone(), source };
        // A hard link is made whole or not at all, and never over another receipt.
        let partial = path.with_extension("partial");
        write(&partial, bytes, signature)?;
        let kept = std::fs::hard_link(&partial, &path);
        std::fs::remove_file(&partial).map_err(fail)?;
        kept.map_err(fail)?;
        Ok(name)
    }

    /// Writes down how far a kill has come, for the process that takes it up if this one ends.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn note(&self, bytes: &[u8], signature: &Signature) -> Result<(), StoreError> {
        let path = self.folder.join(NOTE);
        let partial = path.with_extension("partial");
        write(&partial, bytes, signature)?;
        std::fs::rename(&partial, &path).map_err(|source| StoreError::File { path, source })
    }

    /// What an earlier process wrote down of a kill that it did not bring to its receipt.
    #[must_use]
    pub fn noted(&self) -> Option<Stored> {
        read(&self.folder.join(NOTE)).ok()
    }

    /// The kill has its receipt.
    pub fn forget_note(&self) {
        let _ = std::fs::remove_file(self.folder.join(NOTE));
    }

    /// The newest receipts, the newest first.
    ///
    /// # Errors
    /// Where the folder cannot be read, or a file of it is no receipt.
    pub fn newest(&self, most: usize) -> Result<Vec<Stored>, StoreError> {
        self.newest_of(most, |_| true)
    }

    /// The same of some kinds alone: what there is of others does not count.
    ///
    /// # Errors
    /// As [`Self::newest`].
    pub fn newest_of(&self, most: usize, wanted: impl Fn(&str) -> bool) -> Result<Vec<Stored>, StoreError> {
        let kind = |path: &PathBuf| Some(path.file_stem()?.to_str()?.split_once('-')?.1.to_owned());
        let fail = |source| StoreError::File { path: self.folder.clone(), source };
        let entries = std::fs::read_dir(&self.folder).map_err(fail)?;
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "receipt"));
        paths.retain(|path| kind(path).is_none_or(|kind| wanted(&kind)));
        paths.sort_unstable();
        paths.iter().rev().take(most).map(|path| read(path)).collect()
    }
}

fn write(path: &Path, bytes: &[u8], signature: &Signature) -> Result<(), StoreError> {
    let fail = |source| StoreError::File { path: path.to_owned(), source };
    let second = serde_json::to_vec(signature).map_err(|e| StoreError::Unfit { reason: e.to_string() })?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(fail)?;
    let whole = [bytes, b"\n", &second, b"\n"].concat();
    file.write_all(&whole).and_then(|()| file.sync_all()).map_err(fail)
}

fn read(path: &Path) -> Result<Stored, StoreError> {
    let whole = std::fs::read(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let unfit = || StoreError::Unread { reason: format!("{} is no receipt", path.display()) };
    let mut lines = whole.split(|b| *b == b'\n');
    let (bytes, second) = (lines.next().ok_or_else(unfit)?, lines.next().ok_or_else(unfit)?);
    let signature = serde_json::from_slice(second).map_err(|_| unfit())?;
    let name = path.file_stem().and_then(|s| s.to_str()).ok_or_else(unfit)?.to_owned();
    Ok(Stored { name, bytes: bytes.to_vec(), signature })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_15a_receipts_are_kept_once_and_read_back_the_newest_first() {
        let folder = std::env::temp_dir().join(format!("tbot-receipts-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let receipts = Receipts::open(&folder).unwrap();
        let signature = Signature { key: "00".repeat(32), signature: "11".repeat(64) };
        let at = |n: i64| Timestamp::from_seconds(1_800_000_000 + n);
        for n in 0..3 {
            receipts.keep(at(n), "kill", format!("{{\"n\":{n}}}").as_bytes(), &signature).unwrap();
        }
        assert!(receipts.keep(at(1), "kill", b"other", &signature).is_err(), "nothing is written over");
        let newest = receipts.newest(2).unwrap();
        let told: Vec<_> = newest.iter().map(|r| (r.name.as_str(), r.bytes.as_slice())).collect();
        assert_eq!(told, [("20270115T080002Z-kill", &b"{\"n\":2}"[..]), ("20270115T080001Z-kill", b"{\"n\":1}")]);
        assert_eq!(newest[0].signature, signature);
        // What a process left half written goes; what it kept stays.
        std::fs::write(folder.join("20270115T080003Z-kill.partial"), "{").unwrap();
        receipts.tidy().unwrap();
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
