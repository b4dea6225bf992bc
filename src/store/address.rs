//! Where a store is, and what lies there before anything opens it.

use std::fmt;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// The name of the database inside of a folder.
const FILE_NAME: &str = "ledger.db";
/// `PRAGMA application_id` of our files: "TBot".
const APPLICATION_ID: [u8; 4] = *b"TBot";

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// An SQLite file, or a folder with a `ledger.db`.
    Sqlite(PathBuf),
    /// A PostgreSQL database: `postgres://…`.
    Postgres(String),
}

impl Address {
    /// A path, or a URL that begins with `postgres://` or `postgresql://`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(text.to_owned())
        } else {
            Self::Sqlite(PathBuf::from(text))
        }
    }
}

/// Without user, password and options.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                write!(f, "postgres://{}", rest.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The database's file: a folder stands for the `ledger.db` in it.
pub(super) fn database_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path.to_path_buf() }
}

/// Reads the file's header and refuses what is no database of ours, without opening it as one.
///
/// The header is SQLite's (<https://www.sqlite.org/fileformat2.html>, section 1.3).
pub(super) fn probe(path: &Path) -> Result<(), StoreError> {
    let fail = |source| StoreError::File { path: path.to_path_buf(), source };
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Err(StoreError::Missing { path: path.to_path_buf() }),
        Err(e) => return Err(fail(e)),
    };
    let found = file.metadata().map_err(fail)?.len();
    let not_books = || StoreError::NotBooks { path: path.to_path_buf() };
    let mut header = [0_u8; 100];
    match file.read_exact(&mut header) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Err(not_books()),
        Err(e) => return Err(fail(e)),
    }
    if !header.starts_with(b"SQLite format 3\0") || field(&header, 68) != Some(APPLICATION_ID) {
        return Err(not_books());
    }
    let size = header.get(16..).and_then(<[u8]>::first_chunk::<2>).map_or(0, |two| u16::from_be_bytes(*two));
    let page = if size == 1 { 65_536 } else { u64::from(size) };
    let pages = field(&header, 28).map_or(0, u32::from_be_bytes);
    let stated = page.saturating_mul(u64::from(pages));
    // The page count counts only where these two fields agree.
    if field(&header, 24) == field(&header, 92) && found < stated {
        return Err(StoreError::Truncated { path: path.to_path_buf(), found, stated });
    }
    Ok(())
}

/// Four bytes of a header.
fn field(header: &[u8], at: usize) -> Option<[u8; 4]> {
    header.get(at..)?.first_chunk::<4>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_no_secret() {
        for (text, shown) in [
            ("postgres://tbot:secret@db.local:5432/books?sslmode=require", "postgres://db.local:5432/books"),
            ("postgresql://db/books", "postgres://db/books"),
            ("data/ledger.db", "data/ledger.db"),
        ] {
            assert_eq!(Address::new(text).to_string(), shown);
            assert_eq!(format!("{:?}", Address::new(text)), shown);
        }
    }
}
