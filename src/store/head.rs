//! The heads of the two chains. Kept outside of the database, they show a tail that was cut off (LEDG-4a).

use std::io::Write as _;
use std::path::{Path, PathBuf};

use desk::domain::chain::Hash;
use desk::domain::ids::Identity;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::reader::{odd, to_hash, unsigned};

/// The last record of a chain; before the first, sequence 0 and 32 zero bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its sequence.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// The last record as it stands in a row; nothing where there is none yet.
    pub(super) fn of_row(row: Option<(i64, Vec<u8>)>) -> Result<Self, StoreError> {
        row.map_or(Ok(Self::default()), |(seq, hash)| {
            let hash = to_hash(&hash).ok_or_else(|| odd("chain", seq, "hash", "no SHA-256"))?;
            Ok(Self { seq: unsigned(seq), hash })
        })
    }
}

/// The heads of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    /// Of its entries.
    #[serde(flatten)]
    pub entry: Head,
    /// Of its events.
    pub events: Head,
}

/// What stands in the file: one line of JSON, `{"identity":…,"seq":…,"hash":…,"events":{"seq":…,"hash":…}}`.
#[derive(Serialize, Deserialize)]
struct HeadFile {
    identity: Identity,
    #[serde(flatten)]
    heads: Heads,
}

/// The file beside a database: `ledger.head` beside `ledger.db`.
#[must_use]
pub fn head_path(database: &Path) -> PathBuf {
    database.with_extension("head")
}

/// Heads as they are kept outside and signed: a line of JSON, without its end.
///
/// # Errors
/// Those of the JSON writer; none are known.
pub fn head_line(identity: &Identity, heads: Heads) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(&HeadFile { identity: identity.clone(), heads })
        .map_err(|e| StoreError::Unfit { reason: format!("the heads cannot be written as JSON: {e}") })
}

/// Writes the heads beside a database, whole or not at all.
pub(super) fn write_heads(database: &Path, identity: &Identity, heads: Heads) -> Result<(), StoreError> {
    let path = head_path(database);
    let fail = |source| StoreError::File { path: path.clone(), source };
    let mut bytes = head_line(identity, heads)?;
    bytes.push(b'\n');
    let fresh = path.with_extension("head.new");
    let mut file = std::fs::File::create(&fresh).map_err(fail)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(fail)?;
    std::fs::rename(&fresh, &path).map_err(fail)
}

/// Reads the heads beside a database, if there are any.
///
/// # Errors
/// Where the file cannot be read as heads.
pub fn read_heads(database: &Path) -> Result<Option<(Identity, Heads)>, StoreError> {
    let path = head_path(database);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::File { path, source }),
    };
    let file: HeadFile = serde_json::from_slice(&bytes)
        .map_err(|e| StoreError::File { path, source: std::io::Error::new(std::io::ErrorKind::InvalidData, e) })?;
    Ok(Some((file.identity, file.heads)))
}
