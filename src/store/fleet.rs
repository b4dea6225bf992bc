//! All bots of a database: a server may hold the books of several.

use desk::domain::time::{Date, Timestamp};

use super::error::StoreError;
use super::link::{Pool, on};
use super::reader::{Reader, odd, unsigned};
use super::registers::day_of;
use super::sql;

/// A bot whose books are in this database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fellow {
    /// Whose books.
    pub identity: String,
    /// Whether a process writes them now.
    pub writes: bool,
    /// The bot's time when it recorded something last; nothing where it never has.
    pub recorded_at: Option<Timestamp>,
    /// The number of its last entry.
    pub entries: u64,
    /// The last session that was closed.
    pub closed: Option<Date>,
}

/// Number, identity, time of the last event, last entry and session closed last, zero where there is none.
type FleetRow = (i64, String, i64, i64, i64);

impl Reader {
    /// Whether the books are on a server, which may hold those of several bots.
    #[must_use]
    pub const fn is_on_server(&self) -> bool {
        matches!(self.pool, Pool::Postgres(_))
    }

    /// All bots whose books are in this database, by identity. Who writes is known on a server alone.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn fleet(&self) -> Result<Vec<Fellow>, StoreError> {
        let reading = |e| StoreError::from_driver("reading the list of bots", e);
        let rows: Vec<FleetRow> =
            on!(Pool, &self.pool, c => sqlx::query_as(sql::FLEET).fetch_all(c).await).map_err(reading)?;
        let written: Vec<i64> = match &self.pool {
            Pool::Sqlite(_) => Vec::new(),
            Pool::Postgres(c) => sqlx::query_scalar(sql::POSTGRES_WRITTEN).fetch_all(c).await.map_err(reading)?,
        };
        rows.into_iter()
            .map(|(book, identity, at, entry, session)| {
                let closed = match session {
                    0 => None,
                    _ => Some(day_of(session).ok_or_else(|| odd("entry", entry, "session", &session.to_string()))?),
                };
                Ok(Fellow {
                    identity,
                    writes: written.contains(&book),
                    recorded_at: (at != 0).then(|| Timestamp::from_nanos(at)),
                    entries: unsigned(entry),
                    closed,
                })
            })
            .collect()
    }
}
