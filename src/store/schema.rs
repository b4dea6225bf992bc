//! Versions of the schema: made once, in one transaction, and compared with the text they were made from.

use std::collections::BTreeMap;

use super::error::StoreError;
use super::link::{Link, Pool, on};
use super::sql;

/// The version that this program writes.
pub const VERSION: i64 = 1;
/// The program that writes it.
pub(super) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

pub(super) const SQLITE_BOOKS: &str = include_str!("../../migrations/sqlite/0001_books.sql");
pub(super) const SQLITE_INDEXES: &str = include_str!("../../migrations/sqlite/0001_indexes.sql");
const POSTGRES_BOOKS: &str = include_str!("../../migrations/postgres/0001_books.sql");
const POSTGRES_INDEXES: &str = include_str!("../../migrations/postgres/0001_indexes.sql");
/// What PostgreSQL's catalogue says of the schema above.
const POSTGRES_CATALOGUE: &str = include_str!("../../migrations/postgres/0001_catalogue.txt");

/// Makes tables and triggers, without the indexes of statements. To be called inside of a transaction.
pub(super) async fn make_tables(link: &mut Link) -> Result<(), StoreError> {
    let script = match link {
        Link::Sqlite(_) => SQLITE_BOOKS,
        Link::Postgres(_) => POSTGRES_BOOKS,
    };
    link.run("making the tables", script).await?;
    on!(Link, link, c => sqlx::query(sql::ADD_SCHEMA_VERSION).bind(VERSION).bind(PROGRAM).execute(c).await.map(drop))
        .map_err(|e| StoreError::from_driver("recording the schema's version", e))
}

/// Makes the indexes of statements.
pub(super) async fn make_indexes(link: &mut Link) -> Result<(), StoreError> {
    let script = match link {
        Link::Sqlite(_) => SQLITE_INDEXES,
        Link::Postgres(_) => POSTGRES_INDEXES,
    };
    link.run("making the indexes", script).await
}

/// Whether our tables are there; refuses another version than ours.
pub(super) fn check_version(place: &str, found: Option<i64>) -> Result<(), StoreError> {
    match found {
        None => Err(StoreError::NoSchema { place: place.to_owned() }),
        Some(VERSION) => Ok(()),
        Some(found) => Err(StoreError::Schema { place: place.to_owned(), found, known: VERSION }),
    }
}

/// A thing of the schema that is not as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Its type and name, `trigger posting_before_insert`.
    pub(super) thing: String,
    /// Its text as it stands; empty where it is gone.
    pub(super) stored: String,
    /// Its text as it was made; empty where it was added.
    pub(super) made: String,
}

/// Names and texts.
type Things = Vec<(String, String)>;

/// The first thing of the schema, by name, that is not as this program makes it.
pub(super) async fn first_difference(pool: &Pool) -> Result<Option<Difference>, StoreError> {
    let reading = |e| StoreError::from_driver("reading the schema", e);
    let (stored, made): (Things, Things) = match pool {
        Pool::Sqlite(c) => {
            let stored = sqlx::query_as(sql::SQLITE_SCHEMA).fetch_all(c).await.map_err(reading)?;
            let mut link = Link::memory().await?;
            make_tables(&mut link).await?;
            make_indexes(&mut link).await?;
            let Link::Sqlite(memory) = &mut link else { return Ok(None) };
            (stored, sqlx::query_as(sql::SQLITE_SCHEMA).fetch_all(memory).await.map_err(reading)?)
        }
        Pool::Postgres(c) => {
            let stored = sqlx::query_as(sql::POSTGRES_SCHEMA).fetch_all(c).await.map_err(reading)?;
            let line = |l: &str| l.split_once('\t').map(|(thing, text)| (thing.to_owned(), text.to_owned()));
            (stored, POSTGRES_CATALOGUE.lines().filter_map(line).collect())
        }
    };
    let stored: BTreeMap<String, String> = stored.into_iter().collect();
    let made: BTreeMap<String, String> = made.into_iter().collect();
    let text = |map: &BTreeMap<String, String>, thing: &str| map.get(thing).cloned().unwrap_or_default();
    let things = made.keys().chain(stored.keys().filter(|thing| !made.contains_key(*thing)));
    Ok(things
        .map(|thing| Difference { thing: thing.clone(), stored: text(&stored, thing), made: text(&made, thing) })
        .find(|d| d.stored != d.made))
}
