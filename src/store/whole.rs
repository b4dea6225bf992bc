//! A whole journal, for other programs: all entries, and the closing record before a day.

use desk::domain::journal::{Entry, EntryKind};
use desk::domain::time::Date;

use super::error::StoreError;
use super::reader::Reader;
use super::words::Book;

/// How many entries are read at once.
const PAGE: u32 = 1000;

impl Reader {
    /// Every entry of a book, in the order of booking.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn all_entries(&self, book: &Book) -> Result<Vec<Entry>, StoreError> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let page = self.entries(book, entries.last().map_or(0, |e| e.seq), PAGE).await?;
            if page.is_empty() {
                return Ok(entries);
            }
            entries.extend(page.into_iter().map(|stored| stored.entry));
        }
    }

    /// The record of the last close of a session before a day, as its stored bytes.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn record_before(
        &self,
        book: &Book,
        entries: &[Entry],
        day: Date,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let close = |e: &&Entry| e.draft.kind == EntryKind::DayClose && e.draft.session.date < day;
        match entries.iter().rev().find(close) {
            Some(entry) => self.closing(book, entry.seq).await,
            None => Ok(None),
        }
    }
}
