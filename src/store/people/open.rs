//! Opening, and one question at a time.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::sync::Mutex;

use super::sql;
use crate::store::address::Address;
use crate::store::error::StoreError;
use crate::store::link::Link;

/// The version of the schema that this program writes.
const VERSION: i64 = 3;
/// What makes each version of the one before, from the first on.
const SQLITE: &[&str] = &[
    include_str!("../../../migrations/sqlite/people/0001_people.sql"),
    include_str!("../../../migrations/sqlite/people/0002_review.sql"),
    include_str!("../../../migrations/sqlite/people/0003_statements.sql"),
];
const POSTGRES: &[&str] = &[
    include_str!("../../../migrations/postgres/people/0001_people.sql"),
    include_str!("../../../migrations/postgres/people/0002_review.sql"),
    include_str!("../../../migrations/postgres/people/0003_statements.sql"),
];
/// The name of the file inside of a folder.
const FILE_NAME: &str = "people.db";

/// A secret that could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsealed;

impl fmt::Display for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a sealed secret cannot be opened with the key of this bot; restore the key, or set the secret anew",
        )
    }
}

impl std::error::Error for Unsealed {}

/// Seals secrets before they are stored; the vault does it.
pub trait Seal: Send + Sync {
    /// Seals a secret under a name; it opens under the same name alone.
    ///
    /// # Errors
    /// Where there is no key.
    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, Unsealed>;

    /// Opens what was sealed under this name.
    ///
    /// # Errors
    /// With another key, another name, or other bytes.
    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealed>;
}

/// Persons, sessions, audit. Cloning gives the same store.
#[derive(Clone)]
pub struct People {
    address: Address,
    link: Arc<Mutex<Option<Link>>>,
    pub(super) seal: Arc<dyn Seal>,
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "People({})", self.address)
    }
}

/// Rows of a statement, or a sentence about why not.
macro_rules! ask {
    ($link:expr, $doing:literal, $how:ident, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::link::on!(Link, &mut *$link, c => sqlx::query_as($sql)$(.bind($value))*.$how(c).await)
            .map_err(|e| $crate::store::error::StoreError::from_driver($doing, e))
    };
}
pub(super) use ask;

/// How many rows a statement changed.
macro_rules! tell {
    ($link:expr, $doing:literal, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::link::on!(Link, &mut *$link, c => sqlx::query($sql)$(.bind($value))*.execute(c).await
            .map(|done| done.rows_affected()))
        .map_err(|e| $crate::store::error::StoreError::from_driver($doing, e))
    };
}
pub(super) use tell;

impl People {
    /// Opens the store, and makes it where there is none: a file `people.db` in a folder, or the schema `people`. One of an
    /// earlier version gets what it lacks.
    ///
    /// # Errors
    /// Where the place cannot be written or holds another version.
    pub async fn open(address: &Address, seal: Arc<dyn Seal>) -> Result<Self, StoreError> {
        let address = match address {
            Address::Sqlite(path) if path.is_dir() => Address::Sqlite(path.join(FILE_NAME)),
            other => other.clone(),
        };
        make(&address).await?;
        let people = Self { address, link: Arc::new(Mutex::new(None)), seal };
        let found = people
            .whole(async |link| {
                let found = version_of(link).await?;
                if let Some(before @ 1..VERSION) = found {
                    fill(link, before).await?;
                    return version_of(link).await;
                }
                Ok(found)
            })
            .await?;
        match found {
            Some(VERSION) => Ok(people),
            Some(found) => Err(StoreError::Schema { place: people.address.to_string(), found, known: VERSION }),
            None => Err(StoreError::NoSchema { place: people.address.to_string() }),
        }
    }

    /// The file, where it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match &self.address {
            Address::Sqlite(path) => Some(path),
            Address::Postgres(_) => None,
        }
    }

    /// One question on the connection. Where it fails or is given up, the connection is dropped with what it had begun.
    pub(super) async fn one<T>(
        &self,
        question: impl AsyncFnOnce(&mut Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut slot = self.link.lock().await;
        let mut link = match slot.take() {
            Some(link) => link,
            None => connect(&self.address).await?,
        };
        let answer = question(&mut link).await?;
        *slot = Some(link);
        Ok(answer)
    }

    /// Several statements, all or none.
    pub(super) async fn whole<T>(
        &self,
        change: impl AsyncFnOnce(&mut Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.one(async |link| {
            link.begin().await?;
            let done = change(link).await?;
            link.run("writing to people", "COMMIT").await?;
            Ok(done)
        })
        .await
    }

    /// Ends its connection.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn close(&self) -> Result<(), StoreError> {
        match self.link.lock().await.take() {
            Some(link) => link.close().await,
            None => Ok(()),
        }
    }
}

async fn connect(address: &Address) -> Result<Link, StoreError> {
    match address {
        Address::Sqlite(path) => Link::live(path).await,
        Address::Postgres(url) => {
            let opening = |e| StoreError::from_driver("connecting to PostgreSQL", e);
            let options = PgConnectOptions::from_str(url)
                .map_err(opening)?
                .options([("search_path", "people")])
                .disable_statement_logging();
            Ok(Link::Postgres(PgConnection::connect_with(&options).await.map_err(opening)?))
        }
    }
}

/// Makes the tables where there are none; a file whole or not at all.
async fn make(address: &Address) -> Result<(), StoreError> {
    match address {
        Address::Sqlite(path) if path.exists() => Ok(()),
        Address::Sqlite(path) => {
            let fresh: PathBuf = path.with_extension("db.new");
            let fail = |source| StoreError::File { path: fresh.clone(), source };
            match std::fs::remove_file(&fresh) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(e)),
                _ => {}
            }
            let mut link = Link::fresh(&fresh).await?;
            make_all(&mut link).await?;
            link.close().await?;
            std::fs::rename(&fresh, path).map_err(fail)
        }
        Address::Postgres(_) => {
            let mut link = connect(address).await?;
            let made: Option<(i64,)> =
                ask!(&mut link, "looking for the people", fetch_optional, sql::POSTGRES_HAS_PEOPLE)?;
            if made.is_none() {
                make_all(&mut link).await?;
            }
            link.close().await
        }
    }
}

async fn make_all(link: &mut Link) -> Result<(), StoreError> {
    link.begin().await?;
    fill(link, 0).await?;
    link.run("making the tables of people", "COMMIT").await
}

async fn version_of(link: &mut Link) -> Result<Option<i64>, StoreError> {
    let found: Option<(i64,)> = ask!(link, "reading the schema's version of people", fetch_optional, sql::VERSION)?;
    Ok(found.map(|(version,)| version))
}

/// Makes the versions after one, inside of the caller's transaction.
async fn fill(link: &mut Link, before: i64) -> Result<(), StoreError> {
    let scripts = match link {
        Link::Sqlite(_) => SQLITE,
        Link::Postgres(_) => POSTGRES,
    };
    for (version, script) in (1_i64..).zip(scripts).filter(|(version, _)| *version > before) {
        link.run("making the tables of people", script).await?;
        tell!(link, "recording the schema's version", sql::ADD_VERSION, version, env!("CARGO_PKG_VERSION"))?;
    }
    Ok(())
}
