//! The end of a fiscal year, and the opening of a day that was closed (BOOKS.md sections 2 and 12, LEDG-7).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::activity::named;
use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::record::{ClosingRecord, KeptFigures};
use super::refusal::BookRefusal;
use crate::domain::chain::Hash;
use crate::domain::decimal::Money;
use crate::domain::ids::SessionId;
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Facts, Posting, Tags};
use crate::domain::symbol::Currency;
use crate::domain::time::Timestamp;
use crate::domain::wide::Overflow;

/// The last session of a fiscal year: its income and expenses go to the retained result.
#[derive(Clone, Debug, PartialEq)]
pub struct YearClose {
    /// The session, still open.
    pub session: SessionId,
    /// Who closes.
    pub by: String,
}

/// A closed day is opened again, with every later one: for mistakes, by two persons.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlock {
    /// The day.
    pub session: SessionId,
    /// Who asked for it.
    pub by: String,
    /// Who agreed; somebody else.
    pub second: String,
    /// Why.
    pub reason: String,
    /// The closing records of the days that it opens, as stored: by what the broker said then these days are closed again. The last
    /// one of each of these days is needed; one that is none of the books' own is not believed.
    pub records: Vec<ClosingRecord>,
}

/// One posting for each balance of income and expense in the books of the day, and one of 3200 for each currency; nothing where
/// all are zero.
pub(super) fn close(books: &Books, day: &Books, at: Timestamp, of: &YearClose) -> Result<Vec<Draft>, BookRefusal> {
    let kind = EntryKind::YearClose;
    let key = numbered(books, kind, of.session);
    let overflow = || BookRefusal::overflow(kind, &key);
    let mut postings = Vec::new();
    let mut results: BTreeMap<Currency, Money> = BTreeMap::new();
    for (line, balance) in day.balances.iter() {
        if !(4000..6000).contains(&line.account.code()) || balance.amount.is_zero() {
            continue;
        }
        let tags = Tags { strategy: line.strategy, ..Tags::default() };
        let amount = balance.amount.negated();
        postings.push(Posting { tags, ..Posting::money(line.account, line.currency, amount) });
        let result = results.entry(line.currency).or_default();
        *result = result.checked_add(balance.amount).ok_or_else(overflow)?;
    }
    for (currency, result) in results.into_iter().filter(|(_, result)| !result.is_zero()) {
        postings.push(Posting::money(AccountCode::RETAINED_RESULT, currency, result));
    }
    if postings.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Draft {
        description: format!("Year close {}", of.session),
        by: Some(of.by.clone()),
        postings,
        ..Draft::new(kind, &key, books.bookable(of.session), at)
    }])
}

/// `{session}:{n}`, n the first one that is free.
fn numbered(books: &Books, kind: EntryKind, session: SessionId) -> String {
    let mut n = 1_u64;
    loop {
        let key = format!("{session}:{n}");
        if books.booked(kind, &key).is_none() {
            return key;
        }
        n = n.saturating_add(1);
    }
}

/// The memo that opens a day and every later one.
pub(super) fn unlock(books: &Books, at: Timestamp, u: &Unlock) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::Unlock;
    let key = numbered(books, kind, u.session);
    if u.by.trim().is_empty() || u.second.trim().is_empty() || u.reason.trim().is_empty() {
        return Err(ActivityRefusal::NoReason { kind, key }.into());
    }
    if u.by.trim() == u.second.trim() {
        return Err(ActivityRefusal::SamePerson { key, by: u.by.clone() }.into());
    }
    openable(books, u.session)?;
    // A day may be closed between the reading of the records and this moment.
    let brought: BTreeSet<SessionId> = books.own_records(u).map(|record| record.session).collect();
    if let Some(session) = books.closed.range(u.session..).find(|closed| !brought.contains(closed)) {
        return Err(ActivityRefusal::RecordsBehind { session: *session }.into());
    }
    Ok(Draft {
        description: format!("{} opened again, with every later day", u.session),
        reason: Some(u.reason.clone()),
        by: Some(u.by.clone()),
        facts: Facts::from([named("second", &u.second)]),
        ..Draft::new(kind, &key, u.session, at)
    })
}

/// Whether a session is a closed day of the books that is opened by itself.
fn openable(books: &Books, session: SessionId) -> Result<(), ActivityRefusal> {
    let closed_through = books.closed.last().copied();
    // A close closes the days before it too, whether or not they have one of their own.
    let Some(last) = closed_through.filter(|last| session <= *last) else {
        return Err(ActivityRefusal::NotClosed { session, closed_through });
    };
    // And dates without a session among them, which nothing could be booked into.
    if !books.days.contains(&session) && !books.closed.contains(&session) {
        let first = books.days.first().into_iter().chain(books.closed.first()).min().copied().unwrap_or(last);
        return Err(ActivityRefusal::NoDay { session, first, last });
    }
    match books.taken_along(session) {
        Some(first) => Err(ActivityRefusal::ClosedTogether { session, first }),
        None => Ok(()),
    }
}

impl Books {
    /// The end of a fiscal year from the books of its last session alone ([`Self::of_day`]): what a later day has earned stays there.
    ///
    /// # Errors
    /// [`BookRefusal`]; [`ActivityRefusal::YearClosedLater`] where a later session's close of a year has taken these results already.
    pub fn year_close_as(&self, day: &Self, at: Timestamp, of: &YearClose) -> Result<Vec<Draft>, BookRefusal> {
        let session = of.session;
        if let Some(later) = self.year_closed.filter(|later| *later > session) {
            return Err(ActivityRefusal::YearClosedLater { session, later }.into());
        }
        self.admit(close(self, day, at, of)?)
    }

    /// What the ends of the days left behind that an unlock opens, from the last record of each; its hash is in the chain. A record of
    /// version 1 has no prices and leaves nothing.
    #[must_use]
    pub fn figures_in(&self, unlock: &Unlock) -> Vec<KeptFigures> {
        let kept = |record: &ClosingRecord| {
            let (session, next, broker) = (record.session, record.next_session, record.broker.clone());
            Some(KeptFigures { session, next, broker, prices: record.prices.clone()? })
        };
        self.own_records(unlock).filter_map(kept).collect()
    }

    /// Those of an unlock's records that are the last ones of the days that it opens.
    fn own_records<'a>(&'a self, unlock: &'a Unlock) -> impl Iterator<Item = &'a ClosingRecord> {
        unlock.records.iter().filter(|record| {
            let hash = record.to_bytes().ok().map(|bytes| Hash::of(&bytes));
            record.session >= unlock.session && hash.is_some() && self.records.get(&record.session).copied() == hash
        })
    }

    /// The first day that the close of a later one took along: it has no record of its own, and opens with that one.
    fn taken_along(&self, session: SessionId) -> Option<SessionId> {
        let before = self.closed.range(..session).next_back().map_or(Bound::Unbounded, |day| Bound::Excluded(*day));
        self.days.range((before, Bound::Excluded(session))).next().copied()
    }

    /// Folds an unlock: the day and every later one are open again.
    pub(super) fn note_unlock(&mut self, entry: &Entry) {
        let session = entry.draft.session;
        self.closed = self.closed.iter().copied().take_while(|closed| *closed < session).collect();
        self.open_from = Some(session);
    }

    /// How often a session was closed so far.
    pub(super) fn closings_of(&self, session: SessionId) -> Result<u32, Overflow> {
        let mut n = 0_u32;
        while self.booked(EntryKind::DayClose, &format!("{session}:{}", n.checked_add(1).ok_or(Overflow)?)).is_some() {
            n = n.checked_add(1).ok_or(Overflow)?;
        }
        Ok(n)
    }
}
