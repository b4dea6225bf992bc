//! A whole journal, for other programs: all entries, and the closing record before a day.

use desk::domain::chain::Hash;
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::time::Date;

use super::error::StoreError;
use super::reader::{Reader, StoredEntry};
use super::words::Book;

/// How many entries are read at once.
const PAGE: u32 = 1000;

impl Reader {
    /// Every entry of a book, in the order of booking, each held against its hash and that of the entry before.
    ///
    /// # Errors
    /// Where the database cannot be read; [`StoreError::Touched`] at the first entry that is not what was booked.
    pub async fn all_entries(&self, book: &Book) -> Result<Vec<Entry>, StoreError> {
        let (mut entries, mut hash) = (Vec::<Entry>::new(), Hash::GENESIS);
        loop {
            let page = self.entries(book, entries.last().map_or(0, |e| e.seq), PAGE).await?;
            if page.is_empty() {
                return Ok(entries);
            }
            for StoredEntry { entry, hash: stored } in page {
                let next = entries.last().map_or(0, |last| last.seq).saturating_add(1);
                let touched = |_| StoreError::Touched { seq: next };
                hash = hash.link(&entry.to_bytes().map_err(touched)?);
                if hash != stored || entry.seq != next {
                    return Err(StoreError::Touched { seq: next });
                }
                entries.push(entry);
            }
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
