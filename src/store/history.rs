//! The event log session by session: what was decided, ordered and filled on a day that may be over for years.

use desk::domain::calendar::Calendar;
use desk::domain::event::{Body, Event as Read};
use desk::domain::ids::SessionId;
use desk::domain::time::Span;

use super::error::StoreError;
use super::link::on;
use super::reader::{Reader, odd, signed, unsigned};
use super::registers::{session_of, unfit};
use super::sql;
use super::words::{Book, Event};

/// Events that are read at once.
const CHUNK: u32 = 1_000;
/// A session is recorded from its open on; what stands in the log this long before it belongs to another one.
const EARLY: Span = Span::minutes(6 * 60);

impl Reader {
    /// The days whose books were closed, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn closed_days(&self, book: &Book, limit: u32) -> Result<Vec<SessionId>, StoreError> {
        let rows: Vec<i64> = on!(Pool, &self.pool, c => sqlx::query_scalar(sql::CLOSED_DAYS)
            .bind(book.number).bind(i64::from(limit)).fetch_all(c).await)
        .map_err(|e| StoreError::from_driver("reading the closed days", e))?;
        rows.into_iter().map(|day| session_of(book, day).ok_or_else(|| unfit("a day"))).collect()
    }

    /// Those events of a session that are wanted, in order; nothing where the log has no such session. Only the events from
    /// its open to the next session's are read, however long the log is.
    ///
    /// # Errors
    /// Where the database cannot be read, or an event is of a version that this program does not know.
    pub async fn session_events(
        &self,
        book: &Book,
        session: SessionId,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<Option<Vec<Read>>, StoreError> {
        let Some(hours) = Calendar::new(session.calendar).session(session.date) else { return Ok(None) };
        let before: Option<i64> = on!(Pool, &self.pool, c => sqlx::query_scalar(sql::EVENTS_BEFORE)
            .bind(book.number).bind((hours.open - EARLY).nanos()).fetch_optional(c).await)
        .map_err(|e| StoreError::from_driver("looking for a session", e))?;
        let mut after = unsigned(before.unwrap_or_default());
        let mut found: Option<Vec<Read>> = None;
        loop {
            let rows = self.events(book, after, CHUNK).await?;
            for row in &rows {
                let read = || {
                    let seq = signed(row.event.seq);
                    Read::from_bytes(&row.event.bytes).map_err(|e| odd("event", seq, "bytes", &e.to_string()))
                };
                if row.event.kind == "session_opened"
                    && let Body::SessionOpened { session: opened, .. } = read()?.body
                {
                    if opened == session {
                        found.get_or_insert_default();
                    } else if found.is_some() || opened.date > session.date {
                        return Ok(found);
                    }
                }
                if let Some(events) = found.as_mut().filter(|_| wanted(&row.event)) {
                    events.push(read()?);
                }
            }
            match rows.last() {
                Some(last) if u32::try_from(rows.len()).is_ok_and(|n| n == CHUNK) => after = last.event.seq,
                _ => return Ok(found),
            }
        }
    }
}
