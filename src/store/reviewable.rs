//! What of the books is reviewed: days, what persons entered, what is closed (LEDG-7).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use desk::domain::journal::{Draft, Entry, EntryKind, Fact};
use desk::domain::time::Date;

use super::error::StoreError;
use super::link::on;
use super::reader::{Reader, unsigned};
use super::registers::{session_of, unfit};
use super::sql;
use super::words::Book;

/// What of the books is reviewed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reviewable {
    /// Each day with the last entry that has postings in it.
    pub days: BTreeMap<Date, u64>,
    /// What persons decided, in the order of booking, and what nobody knows: each of these is looked at by itself.
    pub entered: Vec<Entry>,
    /// Days that take no entries.
    closed: BTreeSet<Date>,
}

impl Reviewable {
    /// From the last entries of days, and from what persons entered, closes and unlocks among it, in order.
    #[must_use]
    pub fn of(days: BTreeMap<Date, u64>, entries: Vec<Entry>) -> Self {
        let mut own = Self { days, ..Self::default() };
        for entry in entries {
            let day = entry.draft.session.date;
            match entry.draft.kind {
                EntryKind::DayClose => {
                    own.closed.insert(day);
                    continue;
                }
                // An unlock opens every later day too.
                EntryKind::Unlock => own.closed.retain(|closed| *closed < day),
                _ => {}
            }
            // The bot books most of these kinds itself; what a person entered names the person.
            let asks = matches!(entry.draft.kind, EntryKind::Reversal | EntryKind::UnknownActivity);
            if asks || entry.draft.by.is_some() {
                own.entered.push(entry);
            }
        }
        own
    }

    /// Whether a day takes no entries: a close closes all days before it.
    #[must_use]
    pub fn closed(&self, day: Date) -> bool {
        self.closed.range(day..).next().is_some()
    }

    /// Whether something was booked into a day, or a record of its own closes it.
    #[must_use]
    pub fn has(&self, day: Date) -> bool {
        self.days.contains_key(&day) || self.closed.contains(&day)
    }

    /// The first day of the books and the last one closed; nothing where none is.
    #[must_use]
    pub fn closed_days(&self) -> Option<(Date, Date)> {
        let last = *self.closed.last()?;
        let first = self.days.keys().next().into_iter().chain(self.closed.first()).min();
        Some((*first?, last))
    }

    /// The first day that the close of a later one took along: it has no record of its own, and opens with that one.
    #[must_use]
    pub fn taken_along(&self, day: Date) -> Option<Date> {
        let before = self.closed.range(..day).next_back().map_or(Bound::Unbounded, |closed| Bound::Excluded(*closed));
        self.days.range((before, Bound::Excluded(day))).next().map(|(first, _)| *first)
    }

    /// The entry that reverses another one.
    #[must_use]
    pub fn reversal_of(&self, seq: u64) -> Option<u64> {
        self.entered.iter().find(|e| e.draft.reverses == Some(seq)).map(|e| e.seq)
    }

    /// Who entered something in a day.
    #[must_use]
    pub fn authors(&self, day: Date) -> BTreeSet<String> {
        let of_day = self.entered.iter().filter(|e| e.draft.session.date == day);
        of_day.flat_map(|e| authors_of(&e.draft)).collect()
    }

    /// Who entered an entry: whoever it names, and the second person of an unlock.
    #[must_use]
    pub fn authors_of(draft: &Draft) -> BTreeSet<String> {
        authors_of(draft).collect()
    }
}

fn authors_of(draft: &Draft) -> impl Iterator<Item = String> {
    let second = draft.facts.get("second").and_then(Fact::as_str).map(str::to_owned);
    draft.by.clone().into_iter().chain(second)
}

impl Reader {
    /// What of a book is reviewed.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn reviewable(&self, book: &Book) -> Result<Reviewable, StoreError> {
        let reading = |e| StoreError::from_driver("reading what is reviewed", e);
        let (lasts, entered): (Vec<(i64, i64)>, Vec<Vec<u8>>) = on!(Pool, &self.pool, c => (
            sqlx::query_as(sql::DAY_LASTS).bind(book.number).fetch_all(c).await.map_err(reading)?,
            sqlx::query_scalar(sql::ENTERED).bind(book.number).fetch_all(c).await.map_err(reading)?,
        ));
        let mut days = BTreeMap::new();
        for (day, last) in lasts {
            days.insert(session_of(book, day).ok_or_else(|| unfit("a day"))?.date, unsigned(last));
        }
        let entry = |bytes: &Vec<u8>| Entry::from_bytes(bytes).map_err(|e| unfit(&e.to_string()));
        Ok(Reviewable::of(days, entered.iter().map(entry).collect::<Result<_, _>>()?))
    }
}
