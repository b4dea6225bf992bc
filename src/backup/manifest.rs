//! What a backup holds: the last line of its inside.

use desk::domain::ids::Identity;
use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::Heads;

/// The form of the archive's inside that is written.
pub(super) const FORM: &str = "tbot backup 1";

/// A line of the archive's inside before its files' bytes, or the last one.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Said {
    /// A file follows: so many bytes.
    File(Header),
    /// All files have been.
    Manifest(Box<Manifest>),
}

/// What stands before a file's bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) path: String,
    pub(super) size: u64,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Whose bot.
    pub identity: Identity,
    /// When it was taken, by the clock on the wall.
    pub at: Timestamp,
    /// The version of the program that took it.
    pub program: String,
    /// Where the books are, and where they end.
    pub books: Books,
    /// Its files, in their order.
    pub files: Vec<Kept>,
}

/// The books of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Whether they are in the archive. Archives of older programs do not hold those of a server.
    pub inside: bool,
    /// Where they are: a path inside of the archive; where they are not in it, the server's address without its secrets.
    pub place: String,
    /// The server that they were read from, without its secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The heads of the ledger and of the event log when it was taken (LEDG-4a); nothing before there were books.
    pub heads: Option<SignedHeads>,
}

/// Heads that somebody vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHeads {
    /// The heads.
    #[serde(flatten)]
    pub heads: Heads,
    /// The public key, 64 hexadecimal digits.
    pub key: String,
    /// The Ed25519 signature of the line of `ledger.head` that these heads make, without its end.
    pub signature: String,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its path below the data folder.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// Their SHA-256, 64 hexadecimal digits.
    pub sha256: String,
}
