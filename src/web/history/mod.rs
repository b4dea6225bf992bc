//! Sessions as the event log tells them, whether they go on or are over for years: decisions, orders event by event, trades.

/// A session's events, folded.
mod past;

use desk::domain::ids::{ExecutionId, SessionId};
use desk::domain::journal::EntryKind;
use desk::domain::time::Date;

pub(crate) use past::{Past, PastOrder};

use super::refusal::Refusal;
use super::site::Shared;
use crate::store::{Book, Reader, StoredEntry};

/// How many sessions a list offers.
const OFFERED: u32 = 400;

/// The event log and the books, where they are open.
pub(crate) struct Record {
    reader: Reader,
    book: Book,
}

impl Record {
    /// Opens it to read.
    pub(crate) async fn open(shared: &Shared) -> Result<Option<Self>, Refusal> {
        let Some(reader) = shared.site.books.clone() else { return Ok(None) };
        let book = reader.book(&shared.site.identity).await?;
        Ok(Some(Self { reader, book }))
    }

    /// The days to choose from, the newest first: those that were closed, and those of the board.
    pub(crate) async fn days(&self, shared: &Shared) -> Result<Vec<String>, Refusal> {
        let mut days = self.reader.closed_days(&self.book, OFFERED).await?;
        let board = shared.board();
        days.extend(board.session.iter().map(|s| s.id).chain(board.open_days.iter().map(|d| d.day)));
        days.sort_unstable();
        days.dedup();
        Ok(days.iter().rev().map(|day| day.date.to_string()).collect())
    }

    fn session_of(&self, day: &str) -> Result<SessionId, Refusal> {
        let date: Date = day.parse().map_err(|_| {
            Refusal::Invalid(format!(
                "{day:?} is no day; a date like 2026-06-01 is needed, or nothing for this session."
            ))
        })?;
        Ok(SessionId { date, calendar: self.book.calendar })
    }

    /// The whole session of a day that somebody has typed or chosen.
    pub(crate) async fn session_on(shared: &Shared, day: &str) -> Result<Past, Refusal> {
        let closed = || Refusal::Missing("The books are not open yet, so there is no earlier session.".to_owned());
        let record = Self::open(shared).await?.ok_or_else(closed)?;
        record.session(record.session_of(day)?).await
    }

    async fn session(&self, session: SessionId) -> Result<Past, Refusal> {
        let events = self.reader.session_events(&self.book, session, |_| true).await?;
        events.map(Past::of).ok_or_else(|| {
            Refusal::Missing(format!(
                "The event log has no session of {}; nothing was decided on that day.",
                session.date
            ))
        })
    }

    /// The session of a decision, with that decision alone. Its id begins with its session: `XNYS:2026-11-20/open/ACME/1`.
    pub(crate) async fn of_decision(&self, id: &str) -> Result<Option<Past>, Refusal> {
        let Some(session) = id.split_once('/').and_then(|(session, _)| session.parse().ok()) else { return Ok(None) };
        let own = serde_json::Value::from(id).to_string();
        let wanted = |kind: &str, bytes: &[u8]| {
            kind != "decided" || std::str::from_utf8(bytes).is_ok_and(|text| text.contains(&own))
        };
        let events = self.reader.session_events(&self.book, session, |e| wanted(&e.kind, &e.bytes)).await?;
        Ok(events.map(Past::of))
    }

    /// The session of an order, without its decisions. Its id holds its day: `EXAM01-260601-on6yyji6mwa5nbje`.
    pub(crate) async fn of_order(&self, id: &str) -> Result<Option<Past>, Refusal> {
        let Some(date) = id.rsplit('-').nth(1).and_then(day_in_order) else { return Ok(None) };
        let session = SessionId { date, calendar: self.book.calendar };
        let events = self.reader.session_events(&self.book, session, |e| e.kind != "decided").await?;
        Ok(events.map(Past::of))
    }

    /// The entries that booked some executions, in their order.
    pub(crate) async fn fills(&self, executions: &[&ExecutionId]) -> Result<Vec<StoredEntry>, Refusal> {
        let mut fills = Vec::with_capacity(executions.len());
        for id in executions {
            if let Some(seq) = self.reader.entry_of(&self.book, EntryKind::Fill, id.as_str()).await? {
                fills.extend(self.reader.entries(&self.book, seq.saturating_sub(1), 1).await?);
            }
        }
        Ok(fills)
    }
}

/// 260601 is 2026-06-01.
fn day_in_order(text: &str) -> Option<Date> {
    let part = |from: usize| text.get(from..from.saturating_add(2)).filter(|_| text.len() == 6);
    format!("20{}-{}-{}", part(0)?, part(2)?, part(4)?).parse().ok()
}
