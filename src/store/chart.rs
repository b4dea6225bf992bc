//! The chart of accounts as rows: the default chart that a new book starts with, and what persons have changed since.

use desk::domain::chart::{ChartChange, ChartRow, DEFAULT, VERSION};
use desk::domain::event::{Body, Event as Told};
use desk::domain::time::Timestamp;

use super::error::StoreError;
use super::link::on;
use super::reader::Reader;
use super::sql;
use super::words::{Account, Book, Event};

/// The kind of the events that change it.
pub(super) const KIND: &str = "chart_changed";

/// The default chart.
#[must_use]
pub fn default_chart() -> Vec<Account> {
    DEFAULT.iter().map(|a| row(a.row(), VERSION, None)).collect()
}

/// A change of the chart, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The number of the event that tells of it.
    pub event: u64,
    /// When.
    pub at: Timestamp,
    /// The change.
    pub change: ChartChange,
}

fn row(row: ChartRow, version: u16, event: Option<u64>) -> Account {
    Account {
        code: row.code,
        version: u32::from(version),
        name: row.name,
        kind: row.kind.as_str().to_owned(),
        side: row.side.as_str().to_owned(),
        holds: row.holds.as_str().to_owned(),
        items: row.items,
        open: row.open,
        event,
    }
}

/// The change that the bytes of an event tell of.
pub(super) fn read(bytes: &[u8]) -> Result<Changed, String> {
    match Told::from_bytes(bytes).map_err(|e| e.to_string())? {
        Told { seq, at, body: Body::ChartChanged(change), .. } => Ok(Changed { event: seq, at, change: *change }),
        other => Err(format!("{} is no change of the chart", other.body.kind())),
    }
}

/// The row that an event brings; nothing where it is about something else.
pub(super) fn brought_by(event: &Event) -> Result<Option<Account>, StoreError> {
    if event.kind != KIND {
        return Ok(None);
    }
    let unfit = |e| StoreError::Unfit { reason: format!("event {}: {e}", event.seq) };
    let ChartChange { version, account, .. } = read(&event.bytes).map_err(unfit)?.change;
    Ok(Some(row(account, version, Some(event.seq))))
}

impl Reader {
    /// What persons have changed in a book's chart, version by version.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn chart_changes(&self, book: &Book) -> Result<Vec<Changed>, StoreError> {
        let rows: Vec<(Vec<u8>,)> =
            on!(Pool, &self.pool, c => sqlx::query_as(sql::CHART_CHANGES).bind(book.number).fetch_all(c).await)
                .map_err(|e| StoreError::from_driver("reading the changes of the chart", e))?;
        let odd = |e| StoreError::Unread { reason: format!("a change of the chart: {e}") };
        rows.iter().map(|(bytes,)| read(bytes).map_err(odd)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_and_the_words_agree_on_what_an_account_holds() {
        for account in default_chart() {
            let holds = match account.code {
                code if code.is_units() => "units",
                code if code.is_position() => "lots",
                _ => "currency",
            };
            assert_eq!(account.holds, holds, "{}", account.code);
            assert_eq!(account.items, account.code.is_open_items(), "{}", account.code);
        }
    }
}
