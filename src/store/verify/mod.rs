//! Recomputes every entry, posting, event, hash and balance from the stored bytes, and names the first record that was
//! touched (LEDG-4a). Reads only; makes no file and migrates nothing.

/// The chart.
mod accounts;
/// Closing records, balances and lots.
mod closings;
/// What contracts were last settled at.
mod contracts;
/// Entries and their postings.
mod entries;
/// Events.
mod events;
/// An SQLite file: its pages and indexes.
mod file;
/// What a closing record says besides its lines.
mod records;
/// What was found.
mod report;
/// Reversals and what they undo.
mod reversals;
/// Rows of the journal, read beside the walk.
mod rows;
/// What they come from.
mod source;
/// The trees of a file that nobody writes.
mod tree;

use desk::domain::ids::Identity;

use super::address::{Address, database_file};
use super::error::StoreError;
use super::head::{Heads, read_heads};
use super::link::on;
use super::reader::{Reader, at_rest};
use super::schema;
use super::signed::Signers;
use super::sql;
use super::words::Book;

use file::File;
pub use report::{BookReport, Finding, Report};
use report::{Stop, found};

/// What to hold a store against, besides itself.
#[derive(Clone, Debug)]
pub struct Check {
    /// Heads that were kept outside: the book must end exactly with them.
    pub heads: Vec<(Identity, Heads)>,
    /// Heads that a living bot kept outside: the book must contain them. Those beside an SQLite file are found without.
    pub kept: Option<(Identity, Heads)>,
    /// Who signs the closing records. The keys beside an SQLite file are found without; where there are none, signatures
    /// are counted and not checked.
    pub signers: Option<Signers>,
    /// Whether each page and index of an SQLite file is read too; without it a flipped byte in an index may stay unseen.
    pub pages: bool,
}

/// Every page, and no heads but those beside the file.
impl Default for Check {
    fn default() -> Self {
        Self { heads: Vec::new(), kept: None, signers: None, pages: true }
    }
}

/// Verifies a store, a server's at one moment. A file `ledger.head` beside the database is held against it too: the book must contain what it names.
///
/// # Errors
/// Where there is nothing that can be verified. What is wrong with books that can be read is no error but a
/// [`Finding`] of the report.
pub async fn verify(address: &Address, check: &Check) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let outcome = match Reader::at_one_moment(address).await {
        Ok(reader) => {
            let outcome = verify_all(&reader, address, check, &mut report).await;
            reader.close().await;
            outcome
        }
        Err(e) => Err(e.into()),
    };
    report.finding = match outcome {
        Ok(()) => None,
        Err(Stop::Found(finding)) => Some(*finding),
        Err(Stop::Failed(e)) => {
            let said = e.damage().ok_or(e)?;
            Some(found("file", 0).column("pages").values(said, "whole"))
        }
    };
    Ok(report)
}

async fn verify_all(reader: &Reader, address: &Address, check: &Check, report: &mut Report) -> Result<(), Stop> {
    if let Some(d) = schema::first_difference(&reader.pool).await? {
        return Err(found("schema", 0).column(&d.thing).values(&d.stored, &d.made).into());
    }
    let kept = match address {
        Address::Sqlite(path) => read_heads(&database_file(path))?,
        Address::Postgres(_) => check.kept.clone(),
    };
    let file = match address {
        Address::Sqlite(path) => {
            let path = database_file(path);
            let still = at_rest(&path);
            let opened = tokio::task::spawn_blocking(move || File::open(&path, still));
            Some(opened.await.map_err(|e| protocol(&e.to_string()))??)
        }
        Address::Postgres(_) => None,
    };
    // The pages are read on a connection of their own meanwhile; what is wrong with a record is told before what is wrong
    // with a page.
    let beside = match address {
        Address::Sqlite(path) if check.signers.is_none() => Signers::read(&Signers::path(&database_file(path)))?,
        _ => None,
    };
    let check = &Check { signers: check.signers.clone().or(beside), ..check.clone() };
    let (checked, pages) = tokio::join!(verify_books(reader, file.as_ref(), kept, check, report), async {
        match file.as_ref().filter(|_| check.pages) {
            Some(file) => file.check_pages().await.map(Some),
            None => Ok(None),
        }
    });
    checked?;
    match (file, pages?) {
        (Some(file), Some(read)) => file.compare(read),
        _ => Ok(()),
    }
}

async fn verify_books(
    reader: &Reader,
    file: Option<&File>,
    kept: Option<(Identity, Heads)>,
    check: &Check,
    report: &mut Report,
) -> Result<(), Stop> {
    let books = reader.books().await?;
    for book in &books {
        let mut so_far = BookReport::new(book.clone());
        let kept = kept.as_ref().filter(|(identity, _)| *identity == book.identity).map(|(_, heads)| *heads);
        let exact = check.heads.iter().find(|(identity, _)| *identity == book.identity).map(|(_, heads)| *heads);
        let signers = check.signers.as_ref().filter(|s| s.sign_for(&book.identity));
        let outcome = verify_book((reader, book), &mut so_far, file, (kept, exact), signers).await;
        report.books.push(so_far);
        outcome?;
    }
    for (identity, heads) in kept.iter().chain(&check.heads) {
        if *heads != Heads::default() && !books.iter().any(|b| b.identity == *identity) {
            return Err(found("book", 0).column("identity").values("nothing", identity).into());
        }
    }
    check_bookless(reader, &books).await
}

async fn verify_book(
    (reader, book): (&Reader, &Book),
    report: &mut BookReport,
    file: Option<&File>,
    (kept, exact): (Option<Heads>, Option<Heads>),
    signers: Option<&Signers>,
) -> Result<(), Stop> {
    accounts::verify(reader, book).await?;
    // Side by side: while rows of the one are read, those of the other are checked. Nothing is said of events where an
    // entry is wrong.
    let mut beside = BookReport::new(book.clone());
    let (rows, log) = (file.map(|file| file.rows.clone()), file.and_then(|file| file.events.clone()));
    let (entries, events) = tokio::join!(
        entries::verify((reader, book), rows, report, kept.map(|h| h.entry), signers),
        events::verify((reader, book), log, &mut beside, kept.map(|h| h.events)),
    );
    let named = entries?;
    (report.heads.events, report.events) = (beside.heads.events, beside.events);
    accounts::verify_changes(reader, book, &events?, &named).await?;
    for (table, end, given) in
        [("entry", report.heads.entry, exact.map(|h| h.entry)), ("event", report.heads.events, exact.map(|h| h.events))]
    {
        let Some(given) = given.filter(|given| *given != end) else { continue };
        let column = if given.seq == end.seq { "hash" } else { "seq" };
        let text = |head: super::head::Head| format!("{} {}", head.seq, head.hash);
        let finding = found(table, book.number).seq(end.seq.min(given.seq)).column(column);
        return Err(finding.values(text(end), format!("{}, the head kept outside", text(given))).into());
    }
    Ok(())
}

/// Looks for records of books that do not exist, between and around those that do.
async fn check_bookless(reader: &Reader, books: &[Book]) -> Result<(), Stop> {
    let mut numbers: Vec<i64> = books.iter().map(|b| b.number).collect();
    numbers.insert(0, i64::MIN);
    numbers.push(i64::MAX);
    for (table, statement) in [
        ("entry", sql::BOOKLESS_ENTRY),
        ("posting", sql::BOOKLESS_POSTING),
        ("event", sql::BOOKLESS_EVENT),
        ("account", sql::BOOKLESS_ACCOUNT),
    ] {
        for (low, high) in numbers.iter().zip(numbers.iter().skip(1)) {
            let stray: Option<i64> = on!(Pool, &reader.pool, c => sqlx::query_scalar(statement)
                .bind(low)
                .bind(high)
                .fetch_optional(c)
                .await)
            .map_err(reading)?;
            if let Some(stray) = stray {
                return Err(found(table, stray).column("book").values(stray, "a book that exists").into());
            }
        }
    }
    let stray: Option<(i64, i64)> =
        on!(Pool, &reader.pool, c => sqlx::query_as(sql::LOOSE_CLOSING).fetch_optional(c).await).map_err(reading)?;
    match stray {
        Some((book, seq)) => {
            let finding = found("closing_balance", book).seq(super::reader::unsigned(seq)).column("seq");
            Err(finding.values("a row", "no row: there is no closing record").into())
        }
        None => Ok(()),
    }
}

/// A driver's error while verifying.
fn reading(e: sqlx::Error) -> Stop {
    Stop::Failed(StoreError::from_driver("verifying", e))
}

/// What stands in the way of verifying.
fn protocol(said: &str) -> StoreError {
    StoreError::from_driver("verifying", sqlx::Error::Protocol(said.to_owned()))
}

/// An error of SQLite's while a file is read by itself: a damaged file is a finding.
fn damaged(e: rusqlite::Error) -> Stop {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let code = e.sqlite_error_code();
    let said = match e {
        rusqlite::Error::SqliteFailure(_, Some(said)) => said,
        other => other.to_string(),
    };
    let damage = matches!(code, Some(DatabaseCorrupt | NotADatabase)) || said.starts_with("malformed database schema");
    // What is unfit counts as damage here, as it does where the drivers bring such a value back.
    Stop::Failed(if damage { StoreError::Unread { reason: said } } else { protocol(&said) })
}
