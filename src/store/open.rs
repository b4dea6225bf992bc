//! Creating and opening. Nothing is created by opening, and nothing is opened by creating.

use std::path::{Path, PathBuf};

use desk::domain::ids::Identity;

use super::address::{Address, database_file};
use super::error::StoreError;
use super::link::{Link, on};
use super::lock::FileLock;
use super::reader::{Reader, signed};
use super::schema;
use super::sql;
use super::words::{Account, Book, NewBook};
use super::writer::{Base, Writer};

/// Makes the database where there is none, and a book in it.
///
/// On PostgreSQL this is done by the schema's owner; then [`let_run`] lets the running role in.
///
/// # Errors
/// Where the place cannot be written, has another schema, or has this book already.
pub async fn create(address: &Address, book: &NewBook) -> Result<(), StoreError> {
    match address {
        Address::Sqlite(path) => {
            let file = database_file(path);
            if !file.exists() {
                return create_file(&file, book).await;
            }
            let _lock = FileLock::take(&file)?;
            let reader = Reader::open(address).await?;
            reader.close().await;
            let mut link = Link::live(&file).await?;
            add_book_in_transaction(&mut link, book).await?;
            link.close().await
        }
        Address::Postgres(url) => {
            let mut link = Link::postgres(url, book.identity.as_str()).await?;
            make_where_missing(&mut link).await?;
            add_book_in_transaction(&mut link, book).await?;
            link.close().await
        }
    }
}

/// The tables of a PostgreSQL database.
async fn make_where_missing(link: &mut Link) -> Result<(), StoreError> {
    let Link::Postgres(c) = &mut *link else { return Ok(()) };
    let tables: i64 = sqlx::query_scalar(sql::POSTGRES_HAS_SCHEMA)
        .fetch_one(c)
        .await
        .map_err(|e| StoreError::from_driver("looking for the tables", e))?;
    if tables == 0 {
        link.begin().await?;
        schema::make_tables(link).await?;
        schema::make_indexes(link).await?;
        link.run("making the schema", "COMMIT").await?;
    }
    Ok(())
}

/// Lets a PostgreSQL role run the bot: it may select and insert, and nothing else. Called with the owner's address.
///
/// # Errors
/// Where the address is not PostgreSQL's, or the role does not exist.
pub async fn let_run(owner: &Address, role: &str) -> Result<(), StoreError> {
    let Address::Postgres(url) = owner else {
        return Err(StoreError::Unfit { reason: format!("{owner}: only PostgreSQL has roles") });
    };
    let mut link = Link::owning(url).await?;
    if let Link::Postgres(c) = &mut link {
        sqlx::query(sql::POSTGRES_LET_RUN)
            .bind(role)
            .execute(c)
            .await
            .map_err(|e| StoreError::from_driver("granting the running role its rights", e))?;
    }
    link.close().await
}

/// Makes the tables in a PostgreSQL database where there are none, as their owner, and lets the role of the bots in.
///
/// # Errors
/// Where the address is not PostgreSQL's, the schema has another version, or the role does not exist or is the owner.
pub async fn prepare(owner: &Address, role: &str) -> Result<(), StoreError> {
    if let Address::Postgres(url) = owner {
        let mut link = Link::owning(url).await?;
        make_where_missing(&mut link).await?;
        link.close().await?;
        Reader::open(owner).await?.close().await;
    }
    let_run(owner, role).await
}

/// A book for this identity where there is none: in a file that is made, or by a role that may add in a database that is
/// prepared.
///
/// # Errors
/// As [`create`]; [`StoreError::MayChange`] where the role of a PostgreSQL address may change what is written.
pub async fn found(address: &Address, book: &NewBook) -> Result<(), StoreError> {
    match address {
        Address::Sqlite(path) if database_file(path).exists() => Ok(()),
        Address::Sqlite(_) => create(address, book).await,
        Address::Postgres(url) => {
            let reader = Reader::open(address).await?;
            let there = reader.books().await?.iter().any(|found| found.identity == book.identity);
            reader.close().await;
            let mut link = Link::postgres(url, book.identity.as_str()).await?;
            if let Link::Postgres(c) = &mut link {
                let right: Option<String> = sqlx::query_scalar(sql::POSTGRES_MAY_CHANGE)
                    .fetch_optional(c)
                    .await
                    .map_err(|e| StoreError::from_driver("asking what the role may do", e))?;
                if let Some(right) = right {
                    return Err(StoreError::MayChange { place: address.to_string(), right });
                }
            }
            if !there {
                add_book_in_transaction(&mut link, book).await?;
            }
            link.close().await
        }
    }
}

/// Opens an existing store: readers, and the one writer of a book.
///
/// # Errors
/// Where it is missing, damaged, of another version, without the book, or has a writer already.
pub async fn open(address: &Address, identity: &Identity) -> Result<(Reader, Writer), StoreError> {
    // The reader first: it looks at the file's first bytes, and closing a file takes back every lock that this process
    // has on it, those of an open database too.
    let reader = Reader::open(address).await?;
    let (mut link, base) = match address {
        Address::Sqlite(path) => {
            let file = database_file(path);
            let lock = FileLock::take(&file)?;
            (Link::live(&file).await?, Base::File(file, lock))
        }
        Address::Postgres(url) => {
            (Link::postgres(url, identity.as_str()).await?, Base::Server { url: url.clone(), heads: None })
        }
    };
    let book = reader.book(identity).await?;
    link.hold(book.number, &address.to_string()).await?;
    let heads = reader.heads(&book).await?;
    Ok((reader, Writer::new(link, book, heads, base)))
}

/// A whole file or none: it is made under another name.
async fn create_file(file: &Path, book: &NewBook) -> Result<(), StoreError> {
    let fresh: PathBuf = file.with_extension("db.new");
    let fail = |source| StoreError::File { path: fresh.clone(), source };
    match std::fs::remove_file(&fresh) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(e)),
        _ => {}
    }
    let mut link = Link::fresh(&fresh).await?;
    link.begin().await?;
    schema::make_tables(&mut link).await?;
    schema::make_indexes(&mut link).await?;
    add_book(&mut link, book).await?;
    link.run("making the books", "COMMIT").await?;
    link.close().await?;
    std::fs::rename(&fresh, file).map_err(fail)
}

async fn add_book_in_transaction(link: &mut Link, book: &NewBook) -> Result<(), StoreError> {
    link.begin().await?;
    add_book(link, book).await?;
    link.run("making the book", "COMMIT").await
}

async fn add_book(link: &mut Link, new: &NewBook) -> Result<Book, StoreError> {
    let (identity, currency) = (new.identity.as_str(), new.base_currency.as_str());
    let number: i64 = on!(Link, &mut *link, c => sqlx::query_scalar(sql::ADD_BOOK)
        .bind(identity)
        .bind(currency)
        .bind(new.calendar.as_str())
        .fetch_one(c)
        .await)
    .map_err(|e| StoreError::from_driver("making the book", e))?;
    for account in &new.chart {
        add_account(link, number, account).await?;
    }
    Ok(Book { number, identity: new.identity.clone(), base_currency: new.base_currency, calendar: new.calendar })
}

/// Adds a row of the chart, inside of the caller's transaction or as its own.
pub(super) async fn add_account(link: &mut Link, book: i64, a: &Account) -> Result<(), StoreError> {
    on!(Link, link, c => sqlx::query(sql::ADD_ACCOUNT)
        .bind(book)
        .bind(i64::from(a.code.code()))
        .bind(i64::from(a.version))
        .bind(&a.name)
        .bind(&a.kind)
        .bind(&a.side)
        .bind(&a.holds)
        .bind(i64::from(a.items))
        .bind(i64::from(a.open))
        .bind(a.event.map(signed))
        .execute(c)
        .await
        .map(drop))
    .map_err(|e| StoreError::from_driver("adding an account", e))
}
