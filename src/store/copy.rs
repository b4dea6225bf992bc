//! One moment of a database as a file of its own, for backups. Whoever writes goes on meanwhile: a reader's transaction
//! holds nobody up.

use std::path::Path;

use desk::domain::ids::Identity;

use super::address::{Address, database_file};
use super::error::StoreError;
use super::head::Heads;
use super::link::Link;
use super::reader::Reader;
use super::sql;

/// Copies an SQLite database as it is at one moment; the copy has no side files.
///
/// # Errors
/// Where the database cannot be read, or the copy is there already or cannot be written.
pub async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut link = Link::reading(&database_file(from)).await?;
    let to = to.to_str().ok_or_else(|| StoreError::Unfit {
        reason: format!("{}: a copy's path has to be text that SQLite can read (UTF-8)", to.display()),
    })?;
    if let Link::Sqlite(c) = &mut link {
        let copied = sqlx::query(sql::SQLITE_COPY).bind(to).execute(c).await;
        copied.map_err(|e| StoreError::from_driver("copying the database", e))?;
    }
    link.close().await
}

/// The heads of a book, of a copy or of a server's database. Not for the file that this process writes itself.
///
/// # Errors
/// Where the books cannot be read, or hold no book of this identity.
pub async fn heads_of(address: &Address, identity: &Identity) -> Result<Heads, StoreError> {
    let reader = Reader::open(address).await?;
    let book = reader.book(identity).await?;
    let heads = reader.heads(&book).await?;
    reader.close().await;
    Ok(heads)
}
