//! Words sought in the journal: the newest entries first, so many at a time.

use std::collections::BTreeSet;

use desk::domain::ids::{ExecutionId, LotId};
use desk::domain::journal::{AccountCode, Entry, Fact};

use super::StoredEntry;
use super::error::StoreError;
use super::reader::Reader;
use super::registers::{EntryRow, Sought, stored};
use super::words::{Account, Book};

/// Entries that are read at once.
const CHUNK: u32 = 5_000;

/// A text that is sought, whatever its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// In lower case.
    small: String,
    /// As it stands in an entry's bytes.
    escaped: String,
    /// The accounts whose code or name has it.
    accounts: BTreeSet<AccountCode>,
}

impl Text {
    /// What is looked into, in words.
    pub const FIELDS: &'static str =
        "description, reason, person, source, order, execution, symbol, lot, and code or name of the accounts";

    /// A text, and the accounts that it may mean.
    #[must_use]
    pub fn new(text: &str, chart: &[Account]) -> Self {
        let text = text.to_lowercase();
        let has = |a: &&Account| a.code.to_string().contains(&text) || a.name.to_lowercase().contains(&text);
        let accounts = chart.iter().filter(has).map(|a| a.code).collect();
        let quoted = serde_json::Value::from(text.as_str()).to_string();
        let escaped = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or_default().to_owned();
        Self { small: text, escaped, accounts }
    }

    /// Whether an entry may have it: what its bytes do not hold, none of its fields does. Most are left out so unread.
    fn may_be_in(&self, bytes: &[u8]) -> bool {
        let Ok(bytes) = std::str::from_utf8(bytes) else { return true };
        let mut accounts = self.accounts.iter();
        bytes.to_lowercase().contains(&self.escaped)
            || accounts.any(|code| bytes.contains(&format!("\"account\":\"{code}\"")))
    }

    /// Whether one of an entry's fields has it.
    #[must_use]
    pub fn is_in(&self, entry: &Entry) -> bool {
        let (d, has) = (&entry.draft, |text: &str| text.to_lowercase().contains(&self.small));
        let fact = |name: &str| d.facts.get(name).and_then(Fact::as_str).is_some_and(has);
        let opt = |text: Option<&str>| text.is_some_and(has);
        has(&d.description)
            || opt(d.reason.as_deref())
            || opt(d.by.as_deref())
            || has(&d.source_key)
            || fact("order")
            || fact("symbol")
            || d.postings.iter().any(|p| {
                self.accounts.contains(&p.account)
                    || opt(p.tags.instrument.map(|i| i.to_string()).as_deref())
                    || opt(p.tags.fill.as_ref().map(ExecutionId::as_str))
                    || opt(p.tags.lot.as_ref().map(LotId::as_str))
            })
    }
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The newest of those that have the text.
    pub entries: Vec<StoredEntry>,
    /// How many have it, of those that were looked through.
    pub count: u64,
    /// How many were looked through.
    pub looked: u64,
    /// The oldest that was looked at, where older ones were not: from there a further search goes on.
    pub stopped: Option<StoredEntry>,
}

impl Reader {
    /// Entries that are sought and have a text, the newest first, at most `limit` of them. The newest `most` of those that
    /// are sought are looked through; the rest by another search, before the one that this one stopped at.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn search(
        &self,
        book: &Book,
        (sought, text): (&Sought, &Text),
        limit: u32,
        most: u32,
    ) -> Result<Found, StoreError> {
        let (mut found, mut sought) = (Found::default(), sought.clone());
        let chunk = CHUNK.min(most);
        loop {
            let rows = self.sought_rows(book, &sought, chunk).await?;
            for row in rows.iter().filter(|(_, bytes)| text.may_be_in(bytes)) {
                found.take(row, text, limit)?;
            }
            let read = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            found.looked = found.looked.saturating_add(u64::from(read));
            let Some(last) = rows.last().filter(|_| read == chunk).map(stored).transpose()? else { return Ok(found) };
            sought.before = Some(last.entry.seq);
            if found.looked >= u64::from(most) {
                found.stopped = Some(last).filter(|l| l.entry.seq > 1);
                return Ok(found);
            }
        }
    }
}

impl Found {
    fn take(&mut self, row: &EntryRow, text: &Text, limit: u32) -> Result<(), StoreError> {
        let entry = stored(row)?;
        if text.is_in(&entry.entry) {
            self.count = self.count.saturating_add(1);
            if u32::try_from(self.entries.len()).is_ok_and(|n| n < limit) {
                self.entries.push(entry);
            }
        }
        Ok(())
    }
}
