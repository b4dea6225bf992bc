//! The emergency file (RISK-14a): where the kill switch writes down what it sends while the books cannot be written.
//!
//! The file is made at the start, as large as it will ever be, so that a full disk does not matter then. It holds
//! 2048 records of 512 bytes: canonical JSON padded with spaces, a tab, the SHA-256 of what stands before
//! the tab as 64 hexadecimal digits, a newline. A free record is all spaces. A record is on the disk before its order is
//! sent. `docs/FORMATS.md` describes the fields.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use desk::domain::chain::Hash;
use desk::domain::decimal::Quantity;
use desk::domain::ids::OrderId;
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::StoreError;

/// How many records the file holds.
pub(super) const RECORDS: usize = 2_048;
/// How many bytes a record has.
pub(super) const LENGTH: usize = 512;
/// How many of them are the record's text: what is left are a tab, the hash, a newline.
const TEXT: usize = LENGTH - 66;
/// The version that is written.
const VERSION: u16 = 1;

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Sent {
    /// The withdrawal of an order.
    Cancel {
        /// Which.
        order: OrderId,
    },
    /// An order that makes a position smaller.
    Exit {
        /// Its id.
        order: OrderId,
        /// In what.
        symbol: Symbol,
        /// How many.
        quantity: Quantity,
    },
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// The version of its form.
    v: u16,
    /// When, by the clock on the wall.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub sent: Sent,
}

/// The file.
#[derive(Debug)]
pub struct EmergencyFile {
    path: PathBuf,
    file: File,
    next: usize,
}

impl Emergency {
    /// A record.
    #[must_use]
    pub const fn new(at: Timestamp, sent: Sent) -> Self {
        Self { v: VERSION, at, sent }
    }
}

impl std::fmt::Display for Emergency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.sent {
            Sent::Cancel { order } => write!(f, "{}: cancel {order}", self.at),
            Sent::Exit { order, symbol, quantity } => write!(f, "{}: exit {order}, {quantity} {symbol}", self.at),
        }
    }
}

impl EmergencyFile {
    /// Opens the file, makes it where there is none, and gives what stands in it, in words: records that are whole, and
    /// a line for each that is not. It stays until [`Self::clear`].
    ///
    /// # Errors
    /// Where it cannot be read, or the disk has no room for it.
    pub fn open(path: &Path) -> Result<(Self, Vec<String>), StoreError> {
        let fail = |source| StoreError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).map_err(fail)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail)?;
        let mut own = Self { path: path.to_owned(), file, next: 0 };
        let found = read(&bytes);
        if found.is_empty() && bytes.len() != RECORDS.saturating_mul(LENGTH) {
            own.clear()?;
        }
        own.next = bytes.chunks(LENGTH).filter(|record| !is_free(record)).count();
        Ok((own, found))
    }

    /// Writes a record; it is on the disk when this returns.
    ///
    /// # Errors
    /// Where the file is full, or the disk fails.
    pub fn write(&mut self, record: &Emergency) -> Result<(), StoreError> {
        let fail = |source| StoreError::File { path: self.path.clone(), source };
        let unfit = |why: &str| StoreError::Unfit { reason: format!("{}: {why}", self.path.display()) };
        if self.next >= RECORDS {
            return Err(unfit("the emergency file is full"));
        }
        let bytes = bytes_of(record).ok_or_else(|| unfit("the record is too long"))?;
        let place = u64::try_from(self.next.saturating_mul(LENGTH)).unwrap_or(u64::MAX);
        self.file.write_all_at(&bytes, place).and_then(|()| self.file.sync_data()).map_err(fail)?;
        self.next = self.next.saturating_add(1);
        Ok(())
    }

    /// Frees all records: what they said stands elsewhere now.
    ///
    /// # Errors
    /// Where the disk has no room, or fails.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        let mut free = vec![b' '; LENGTH];
        if let Some(last) = free.last_mut() {
            *last = b'\n';
        }
        let written = self.file.write_all_at(&free.repeat(RECORDS), 0).and_then(|()| self.file.sync_all());
        written.map_err(|source: io::Error| StoreError::File { path: self.path.clone(), source })?;
        self.next = 0;
        Ok(())
    }
}

fn bytes_of(record: &Emergency) -> Option<Vec<u8>> {
    let mut bytes = serde_json::to_vec(record).ok().filter(|bytes| bytes.len() <= TEXT)?;
    bytes.resize(TEXT, b' ');
    let hash = Hash::of(&bytes);
    bytes.extend_from_slice(format!("\t{hash}\n").as_bytes());
    Some(bytes)
}

fn is_free(record: &[u8]) -> bool {
    record.iter().all(|b| matches!(b, b' ' | b'\n'))
}

fn read(bytes: &[u8]) -> Vec<String> {
    let records = (1_usize..).zip(bytes.chunks(LENGTH)).filter(|(_, record)| !is_free(record));
    let told = records.map(|(number, record)| {
        let whole = record.split_at_checked(TEXT).filter(|(text, rest)| {
            std::str::from_utf8(rest).is_ok_and(|rest| rest == format!("\t{}\n", Hash::of(text)))
        });
        match whole.and_then(|(text, _)| serde_json::from_slice::<Emergency>(text).ok()) {
            Some(record) => record.to_string(),
            None => format!("record {number} is damaged"),
        }
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: i64) -> Emergency {
        let sent = match n % 2 {
            0 => Sent::Cancel { order: format!("order-{n}").parse().unwrap() },
            _ => Sent::Exit {
                order: format!("order-{n}").parse().unwrap(),
                symbol: "SPY".parse().unwrap(),
                quantity: Quantity::whole(n),
            },
        };
        Emergency::new(Timestamp::from_seconds(1_800_000_000 + n), sent)
    }

    fn place(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("tbot-emergency-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    /// RISK-14a: as large from the first moment as it will ever be; what was written is found by the next process; a torn
    /// record is told of, and does not hide the others.
    #[test]
    fn risk_14a_what_was_sent_is_found_by_the_next_process() {
        let path = place("found");
        let (mut file, found) = EmergencyFile::open(&path).unwrap();
        assert_eq!((found.len(), std::fs::metadata(&path).unwrap().len()), (0, 2_048 * 512));
        for n in 0..3 {
            file.write(&record(n)).unwrap();
        }
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 2_048 * 512, "it never grows");
        drop(file);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[512 + 40] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let (mut file, found) = EmergencyFile::open(&path).unwrap();
        assert_eq!(
            found,
            ["2027-01-15T08:00:00Z: cancel order-0", "record 2 is damaged", "2027-01-15T08:00:02Z: cancel order-2"]
        );
        file.write(&record(3)).unwrap();
        let (mut file, found) = EmergencyFile::open(&path).unwrap();
        assert_eq!(found.last().unwrap(), "2027-01-15T08:00:03Z: exit order-3, 3 SPY");
        file.clear().unwrap();
        assert_eq!(EmergencyFile::open(&path).unwrap().1, Vec::<String>::new());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn risk_14a_a_full_file_says_so() {
        let path = place("full");
        let (mut file, _) = EmergencyFile::open(&path).unwrap();
        file.next = RECORDS;
        assert!(file.write(&record(1)).unwrap_err().to_string().contains("full"));
        std::fs::remove_file(&path).unwrap();
    }
}
