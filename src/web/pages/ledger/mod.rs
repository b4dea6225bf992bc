//! The books, to be read: journal, registers, statements, lots, day closes.

/// The chart of accounts.
mod accounts;
/// What came and went.
mod cash;
/// Day closes with their checks.
mod closes;
/// What persons enter.
mod enter;
/// The books as files for other programs.
mod exports;
/// The float and its assignments.
mod float;
/// Trial balance, entries, one entry.
mod journal;
/// Open lots and realised gains.
mod lots;
/// What came of a statement, as a file.
mod matched;
/// Lots that can be named for a fill.
mod naming;
/// Brokers' statements beside the books.
pub(crate) mod reconciliation;
/// One account, posting by posting.
mod register;
/// Income, balance sheet, trial balance.
mod statements;
/// Views as CSV.
mod views;

use std::collections::BTreeMap;

use desk::domain::journal::AccountCode;

pub(crate) use accounts::{accounts, change_accounts};
pub(crate) use cash::page as cash;
pub(crate) use closes::closes;
pub(crate) use enter::{begin, submit};
pub(crate) use exports::{download, exports};
pub(crate) use float::{assign_float, float};
pub(crate) use journal::{Asked, entry, found, journal, line as entry_line, show_entry};
pub(crate) use lots::lots;
pub(crate) use register::register;
pub(crate) use statements::statements;
pub(crate) use views::view;

use crate::store::{Book, Reader};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

type Answer = Result<actix_web::HttpResponse, Refusal>;

/// The books, where they are open.
pub(crate) async fn book(shared: &Shared) -> Result<Option<(Reader, Book)>, Refusal> {
    let Some(reader) = shared.site.books.clone() else { return Ok(None) };
    let book = reader.book(&shared.site.identity).await?;
    Ok(Some((reader, book)))
}

/// What accounts are called.
async fn names(reader: &Reader, book: &Book) -> Result<BTreeMap<AccountCode, String>, Refusal> {
    Ok(reader.accounts(book).await?.into_iter().map(|a| (a.code, a.name)).collect())
}
