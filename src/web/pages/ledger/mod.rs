//! The books, to be read: journal, registers, statements, lots, day closes.

/// Day closes with their checks.
mod closes;
/// Which days a page is about.
mod days;
/// Trial balance, entries, one entry.
mod journal;
/// Open lots and realised gains.
mod lots;
/// One account, posting by posting.
mod register;
/// Income and balance sheet.
mod statements;

use std::collections::BTreeMap;

use desk::domain::journal::AccountCode;

pub(crate) use closes::closes;
pub(crate) use journal::{entry, journal, show_entry};
pub(crate) use lots::lots;
pub(crate) use register::register;
pub(crate) use statements::statements;

use crate::store::{Book, Reader};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

type Answer = Result<actix_web::HttpResponse, Refusal>;

/// The books, where they are open.
async fn book(shared: &Shared) -> Result<Option<(Reader, Book)>, Refusal> {
    let Some(reader) = shared.site.books.clone() else { return Ok(None) };
    let book = reader.book(&shared.site.identity).await?;
    Ok(Some((reader, book)))
}

/// What accounts are called.
async fn names(reader: &Reader, book: &Book) -> Result<BTreeMap<AccountCode, String>, Refusal> {
    Ok(reader.accounts(book).await?.into_iter().map(|a| (a.code, a.name)).collect())
}
