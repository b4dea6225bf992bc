//! What can go wrong with the store, each as a sentence that says where and what is allowed.

use std::fmt;
use std::path::PathBuf;

/// Why the store did not do what it was asked.
#[derive(Debug)]
pub enum StoreError {
    /// There is nothing at this path.
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// There is something at this path already.
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// The file is no SQLite database, or one of another program.
    NotBooks {
        /// The path.
        path: PathBuf,
    },
    /// The file is shorter than its own header says.
    Truncated {
        /// The path.
        path: PathBuf,
        /// Its length in bytes.
        found: u64,
        /// The length that its header states.
        stated: u64,
    },
    /// The database has no tables of ours.
    NoSchema {
        /// Where.
        place: String,
    },
    /// The schema is of a version that this program does not know.
    Schema {
        /// Where.
        place: String,
        /// The version found.
        found: i64,
        /// The version that this program writes.
        known: i64,
    },
    /// The linked SQLite can lose committed data.
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// Another process writes these books.
    Locked {
        /// Where.
        place: String,
    },
    /// No book of this identity.
    NoBook {
        /// The identity.
        identity: String,
    },
    /// The database refused a record, and nothing of its batch was written.
    Refused {
        /// Its words.
        reason: String,
    },
    /// A record cannot be written as it is, and nothing of its batch was written.
    Unfit {
        /// Which record, and why.
        reason: String,
    },
    /// What is stored cannot be read as what it should be.
    Unread {
        /// Which record, and why.
        reason: String,
    },
    /// A stored event is of no kind that this program knows.
    Unknown {
        /// The file and the line.
        place: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// An entry is not what was booked.
    Touched {
        /// The first one.
        seq: u64,
    },
    /// The server did not answer in time.
    Silent {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The role that was given may change what is written.
    MayChange {
        /// Where.
        place: String,
        /// What it may, and on which table.
        right: String,
    },
    /// A sum is beyond 64 bits: no figure is better than a wrong one.
    Overflow {
        /// What was summed.
        doing: &'static str,
    },
    /// An earlier write ended in the open; only opening the store anew tells what was written.
    Torn,
    /// A file beside the database.
    File {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else that the database said.
    Database {
        /// What was done.
        doing: &'static str,
        /// What the driver said.
        source: sqlx::Error,
    },
}

impl StoreError {
    /// Whether the database only did not answer in time, because others were at it.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Silent { .. } | Self::Database { source: sqlx::Error::PoolTimedOut, .. } => true,
            // SQLITE_BUSY with its kinds.
            Self::Database { source: sqlx::Error::Database(said), .. } => {
                said.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
            }
            _ => false,
        }
    }

    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "STORE_MISSING",
            Self::Exists { .. } => "STORE_EXISTS",
            Self::NotBooks { .. } => "STORE_NOT_BOOKS",
            Self::Truncated { .. } => "STORE_TRUNCATED",
            Self::NoSchema { .. } => "STORE_NO_SCHEMA",
            Self::Schema { .. } => "STORE_SCHEMA_VERSION",
            Self::OldSqlite { .. } => "STORE_OLD_SQLITE",
            Self::Locked { .. } => "STORE_LOCKED",
            Self::NoBook { .. } => "STORE_NO_BOOK",
            Self::Refused { .. } => "STORE_REFUSED",
            Self::Unfit { .. } => "STORE_UNFIT",
            Self::Unread { .. } => "STORE_UNREAD",
            Self::Unknown { .. } => "STORE_UNKNOWN_EVENT",
            Self::Touched { .. } => "STORE_TOUCHED",
            Self::Silent { .. } => "STORE_SILENT",
            Self::MayChange { .. } => "STORE_ROLE_MAY_CHANGE",
            Self::Overflow { .. } => "STORE_OVERFLOW",
            Self::Torn => "STORE_TORN",
            Self::File { .. } => "STORE_FILE",
            Self::Database { .. } => "STORE_DATABASE",
        }
    }

    /// The same of a statement that sums: what is beyond 64 bits is said so on either engine.
    pub(super) fn from_sum(doing: &'static str, source: sqlx::Error) -> Self {
        if let sqlx::Error::Database(said) = &source
            && (said.message() == "integer overflow" || said.code().is_some_and(|code| code == "22003"))
        {
            return Self::Overflow { doing };
        }
        Self::from_driver(doing, source)
    }

    /// Sorts a driver's error: a constraint or trigger that fired is a refusal.
    pub(super) fn from_driver(doing: &'static str, source: sqlx::Error) -> Self {
        if let sqlx::Error::Database(e) = &source {
            let code = e.code().unwrap_or_default();
            // SQLite's constraint errors have 19 in the low byte; PostgreSQL's have class 23, RAISE EXCEPTION is P0001.
            let sqlite = code.parse::<u32>().is_ok_and(|c| code.len() < 5 && c & 0xff == 19);
            // SQLite names a sum beyond 64 bits as a plain error.
            let overflow = e.message() == "integer overflow";
            if sqlite || overflow || code.starts_with("23") && code.len() == 5 || code == "P0001" {
                return Self::Refused { reason: e.message().to_owned() };
            }
        }
        Self::Database { doing, source }
    }

    /// The same of an error of SQLite's own.
    pub(super) fn from_sqlite(doing: &'static str, error: rusqlite::Error) -> Self {
        let refused = error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation);
        let said = match error {
            rusqlite::Error::SqliteFailure(_, Some(said)) => said,
            other => other.to_string(),
        };
        if refused || said == "integer overflow" {
            return Self::Refused { reason: said };
        }
        Self::Database { doing, source: sqlx::Error::Protocol(said) }
    }
}

impl StoreError {
    /// What was said of a database that is ours and damaged: it can be read no further. Nothing where it is not that.
    pub(super) fn damage(&self) -> Option<String> {
        match self {
            Self::Truncated { found, stated, .. } => {
                Some(format!("{found} bytes of the {stated} that its header states"))
            }
            Self::Database { source: sqlx::Error::Database(said), .. } => {
                let code = said.code().unwrap_or_default();
                // SQLITE_CORRUPT and SQLITE_NOTADB in the low byte; PostgreSQL's class XX is for damaged pages and indexes.
                let sqlite = code.len() < 5 && code.parse::<u32>().is_ok_and(|c| matches!(c & 0xff, 11 | 26));
                let schema = said.message().starts_with("malformed database schema");
                (sqlite || schema || code.starts_with("XX")).then(|| said.message().to_owned())
            }
            Self::Database { source: said @ (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)), .. } => {
                Some(said.to_string())
            }
            // A value that our own question brought back and that nothing of ours ever wrote.
            Self::Unfit { reason } | Self::Unread { reason } => Some(reason.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "{}: there is no such file", path.display()),
            Self::Exists { path } => {
                write!(f, "{}: exists already; a new database needs a path of its own", path.display())
            }
            Self::NotBooks { path } => {
                write!(
                    f,
                    "{}: is no database of TBot; the event log and books in a ledger.db are needed",
                    path.display()
                )
            }
            Self::Truncated { path, found, stated } => write!(
                f,
                "{}: is cut short; it has {found} bytes and its header states {stated}. Restore it from a backup",
                path.display()
            ),
            Self::NoSchema { place } => write!(
                f,
                "{place}: has no event log and books yet; on PostgreSQL its owner makes them once with tbot database prepare"
            ),
            Self::Schema { place, found, known } if found > known => write!(
                f,
                "{place}: its schema has version {found}, written by a newer program; this one knows versions up to {known}"
            ),
            Self::Schema { place, found, known } => {
                write!(f, "{place}: its schema has version {found}; version {known} is needed, migrate it first")
            }
            Self::OldSqlite { found } => write!(
                f,
                "the linked SQLite has version {found}, which can lose committed data; 3.51.3 or newer is needed"
            ),
            Self::Locked { place } => write!(f, "{place}: another process writes these books; one writer is allowed"),
            Self::NoBook { identity } => write!(f, "there is no book of {identity} in this database"),
            Self::Refused { reason } => write!(f, "the books refused a record: {reason}. Nothing of it was written"),
            Self::Unfit { reason } => write!(f, "{reason}. Nothing of it was written"),
            Self::Unread { reason } => f.write_str(reason),
            Self::Unknown { place, reason } => write!(
                f,
                "{place}: this program, {}, does not know the event there: {reason}. Its hash follows from \
                 the lines before: another version of the program may have written it",
                env!("CARGO_PKG_VERSION")
            ),
            Self::Touched { seq } => write!(
                f,
                "entry {seq} does not have the hash that its bytes make, so it was touched. Nothing is taken from these \
                 books; tbot ledger verify says what was changed"
            ),
            Self::Silent { seconds } => write!(f, "the database server has not answered for {seconds} s"),
            Self::MayChange { place, right } => write!(
                f,
                "{place}: this role may {right}, and what is written must stay. Give the address of a role that may only read \
                 and add; tbot database prepare makes the tables as their owner and lets such a role in"
            ),
            Self::Overflow { doing } => write!(
                f,
                "{doing}: a sum is beyond what 64 bits hold, 92,233,720,368.54775807 to either side, and is not given"
            ),
            Self::Torn => f.write_str(
                "an earlier write ended in the open; open the store anew to see what was written, then go on",
            ),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Database { doing, source: sqlx::Error::Database(said) } => write!(f, "{doing}: {}", said.message()),
            Self::Database { doing, source } => write!(f, "{doing}: {source}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Database { source, .. } => Some(source),
            _ => None,
        }
    }
}
