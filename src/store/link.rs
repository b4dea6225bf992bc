//! One connection, or a pool for readers, of either engine.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool, SqliteConnection, SqlitePool};

use tokio::time::timeout;

use super::error::StoreError;
use super::head::{Head, Heads};
use super::sql;

/// How long a statement waits for a lock before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server is waited for: a network that is gone says nothing.
pub(super) const SILENCE: Duration = Duration::from_secs(10);
/// The oldest SQLite that does not lose committed data (its write-ahead-log reset bug).
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// A connection of the writer.
#[derive(Debug)]
pub(super) enum Link {
    /// SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgres(PgConnection),
}

/// Connections of readers.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    /// SQLite.
    Sqlite(SqlitePool),
    /// PostgreSQL.
    Postgres(PgPool),
}

/// The same statement on whichever engine it is.
macro_rules! on {
    ($kind:ident, $link:expr, $c:ident => $body:expr) => {
        match $link {
            $crate::store::link::$kind::Sqlite($c) => $body,
            $crate::store::link::$kind::Postgres($c) => $body,
        }
    };
}
pub(super) use on;

fn sqlite(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .pragma("recursive_triggers", "on")
        .row_buffer_size(1024)
        .busy_timeout(PATIENCE)
        .disable_statement_logging()
}

impl Link {
    /// A durable writer's connection to an existing file: write-ahead log, a sync at each commit.
    pub(super) async fn live(path: &Path) -> Result<Self, StoreError> {
        let options = sqlite(path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        Self::connect(&options).await
    }

    /// A connection that makes a small-page file for live use, its owner's alone; the files that SQLite puts beside it
    /// take their rights from it.
    pub(super) async fn fresh(path: &Path) -> Result<Self, StoreError> {
        let mut options = std::fs::OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(path);
        made.map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        let options = sqlite(path).create_if_missing(true).page_size(8192).synchronous(SqliteSynchronous::Full);
        Self::connect(&options).await
    }

    /// An empty database in memory.
    pub(super) async fn memory() -> Result<Self, StoreError> {
        Self::connect(&sqlite(Path::new(":memory:"))).await
    }

    /// A connection that reads a file beside whoever writes it.
    ///
    /// The file is not looked at first: opening and closing it by hand would take back the locks that this process has on it.
    pub(super) async fn reading(path: &Path) -> Result<Self, StoreError> {
        Self::connect(&sqlite(path).read_only(true)).await
    }

    async fn connect(options: &SqliteConnectOptions) -> Result<Self, StoreError> {
        let opening = |e| StoreError::from_driver("opening the database", e);
        let mut connection = SqliteConnection::connect_with(options).await.map_err(opening)?;
        let version: String = sqlx::query_scalar(sql::SQLITE_VERSION)
            .fetch_one(&mut connection)
            .await
            .map_err(|e| StoreError::from_driver("asking for SQLite's version", e))?;
        check_sqlite(&version)?;
        Ok(Self::Sqlite(connection))
    }

    /// The owner's connection to PostgreSQL, who declares nobody's identity.
    pub(super) async fn owning(url: &str) -> Result<Self, StoreError> {
        Self::postgres(url, "").await
    }

    /// A writer's connection to PostgreSQL, which may write the book of an identity and no other. A server that loses us lets
    /// the book's lock go within half a minute.
    pub(super) async fn postgres(url: &str, identity: &str) -> Result<Self, StoreError> {
        let opening = |e| StoreError::from_driver("connecting to PostgreSQL", e);
        let options = PgConnectOptions::from_str(url).map_err(opening)?.disable_statement_logging().options([
            ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
            ("idle_in_transaction_session_timeout", "30s"),
            ("tbot.identity", identity),
        ]);
        let connection = timeout(SILENCE, PgConnection::connect_with(&options)).await;
        Ok(Self::Postgres(connection.map_err(|_| silent())?.map_err(opening)?))
    }

    /// Holds a book on PostgreSQL for this connection alone, as long as it lives.
    pub(super) async fn hold(&mut self, book: i64, place: &str) -> Result<(), StoreError> {
        let Self::Postgres(c) = self else { return Ok(()) };
        let number = i32::try_from(book).unwrap_or(i32::MAX);
        let asked = sqlx::query_scalar(sql::POSTGRES_LOCK).bind(number).fetch_one(c).await;
        let free: bool = asked.map_err(|e| StoreError::from_driver("taking the book's lock", e))?;
        if free { Ok(()) } else { Err(StoreError::Locked { place: place.to_owned() }) }
    }

    /// Runs SQL without parameters: one statement or a script.
    pub(super) async fn run(&mut self, doing: &'static str, script: &'static str) -> Result<(), StoreError> {
        on!(Link, self, c => sqlx::raw_sql(script).execute(c).await.map(drop))
            .map_err(|e| StoreError::from_driver(doing, e))
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let statement = match self {
            Self::Sqlite(_) => sql::SQLITE_BEGIN,
            Self::Postgres(_) => sql::POSTGRES_BEGIN,
        };
        self.run("beginning a transaction", statement).await
    }

    /// The last entry and the last event of a book, as the writer's own connection sees them.
    pub(super) async fn heads(&mut self, book: i64) -> Result<Heads, StoreError> {
        Ok(Heads { entry: self.head(sql::LAST_ENTRY, book).await?, events: self.head(sql::LAST_EVENT, book).await? })
    }

    async fn head(&mut self, statement: &'static str, book: i64) -> Result<Head, StoreError> {
        let row: Option<(i64, Vec<u8>)> =
            on!(Link, self, c => sqlx::query_as(statement).bind(book).fetch_optional(c).await)
                .map_err(|e| StoreError::from_driver("reading the head of a chain", e))?;
        Head::of_row(row)
    }

    /// Closes the connection; SQLite's write-ahead log goes into the file.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        on!(Link, self, c => c.close().await).map_err(|e| StoreError::from_driver("closing the database", e))
    }
}

impl Pool {
    /// Readers of a file; `immutable` where nobody writes it and no side file may appear.
    pub(super) async fn sqlite(path: &Path, immutable: bool) -> Result<Self, StoreError> {
        let options = sqlite(path).read_only(true).immutable(immutable);
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(|e| StoreError::from_driver("opening the database to read", e))?;
        let version: String = sqlx::query_scalar(sql::SQLITE_VERSION)
            .fetch_one(&pool)
            .await
            .map_err(|e| StoreError::from_driver("asking for SQLite's version", e))?;
        check_sqlite(&version)?;
        Ok(Self::Sqlite(pool))
    }

    /// Readers of a PostgreSQL database.
    pub(super) async fn postgres(url: &str) -> Result<Self, StoreError> {
        let opening = |e| StoreError::from_driver("connecting to PostgreSQL", e);
        let options = PgConnectOptions::from_str(url)
            .map_err(opening)?
            .options([("default_transaction_read_only", "on")])
            .disable_statement_logging();
        let pool = PgPoolOptions::new().max_connections(4).acquire_timeout(SILENCE);
        let pool = pool.connect_with(options).await.map_err(opening)?;
        Ok(Self::Postgres(pool))
    }

    /// Readers of a PostgreSQL database that all see one moment of it.
    pub(super) async fn moment(url: &str) -> Result<Self, StoreError> {
        let opening = |e| StoreError::from_driver("connecting to PostgreSQL", e);
        // A moment is held as long as it is read, whatever the server's own patience.
        let options = [("default_transaction_read_only", "on"), ("idle_in_transaction_session_timeout", "0")];
        let options = PgConnectOptions::from_str(url).map_err(opening)?.options(options).disable_statement_logging();
        let connection = timeout(SILENCE, PgConnection::connect_with(&options)).await;
        let mut first = connection.map_err(|_| silent())?.map_err(opening)?;
        let reading = |e| StoreError::from_driver("reading one moment of PostgreSQL", e);
        sqlx::raw_sql(sql::POSTGRES_MOMENT).execute(&mut first).await.map_err(reading)?;
        let snapshot: String =
            sqlx::query_scalar(sql::POSTGRES_SNAPSHOT).fetch_one(&mut first).await.map_err(reading)?;
        // The first connection lives as long as the pool: with it the moment would go.
        let kept = Arc::new((first, snapshot));
        let pool =
            PgPoolOptions::new().max_connections(4).acquire_timeout(SILENCE).idle_timeout(None).max_lifetime(None);
        let pool = pool.after_connect(move |c, _| {
            let kept = kept.clone();
            Box::pin(async move {
                sqlx::raw_sql(sql::POSTGRES_MOMENT).execute(&mut *c).await?;
                let same = format!("SET TRANSACTION SNAPSHOT '{}'", kept.1.replace('\'', ""));
                sqlx::raw_sql(AssertSqlSafe(same)).execute(&mut *c).await.map(drop)
            })
        });
        Ok(Self::Postgres(pool.connect_with(options).await.map_err(opening)?))
    }

    /// Whether our tables are there, and of which version.
    pub(super) async fn schema_version(&self) -> Result<Option<i64>, StoreError> {
        let asking = |e| StoreError::from_driver("reading the schema's version", e);
        let tables: i64 = match self {
            Self::Sqlite(c) => sqlx::query_scalar(sql::SQLITE_HAS_SCHEMA).fetch_one(c).await,
            Self::Postgres(c) => sqlx::query_scalar(sql::POSTGRES_HAS_SCHEMA).fetch_one(c).await,
        }
        .map_err(asking)?;
        if tables == 0 {
            return Ok(None);
        }
        on!(Pool, self, c => sqlx::query_scalar(sql::SCHEMA_VERSION).fetch_optional(c).await).map_err(asking)
    }
}

/// The server said nothing for as long as it is waited for.
pub(super) const fn silent() -> StoreError {
    StoreError::Silent { seconds: SILENCE.as_secs() }
}

/// Refuses a library that can lose committed data (D9).
pub(super) fn check_sqlite(version: &str) -> Result<(), StoreError> {
    let parts: Vec<u32> = version.split('.').map_while(|p| p.parse().ok()).collect();
    if parts.as_slice() < OLDEST_SQLITE.as_slice() {
        return Err(StoreError::OldSqlite { found: version.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d9_an_sqlite_that_loses_data_is_refused_by_both_versions() {
        for bad in ["3.51.2", "3.40.1", "3.51", "2.8.17", ""] {
            let said = check_sqlite(bad).unwrap_err().to_string();
            assert!(said.contains(bad) && said.contains("3.51.3"), "{said}");
        }
        for good in ["3.51.3", "3.51.10", "3.52.0", "4.0.0"] {
            assert!(check_sqlite(good).is_ok(), "{good}");
        }
    }
}
