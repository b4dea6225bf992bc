//! What there is to review: questions, items, days, what persons entered. Days stand for their entries, of which the bot
//! books hundreds; an entry has a row of its own where a person entered it or somebody acted on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use desk::domain::bot::{Action, permit};
use desk::domain::decimal::Money;
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::symbol::Currency;
use desk::domain::time::{Date, Timestamp};

use super::act::day_known;
use crate::store::people::review::{Around, Known, Review, Reviewed, Standing, State, Subject};
use crate::store::{Book, Reader, Reviewable};
use crate::web::books::debits;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

/// Everything that the review stands on.
pub(crate) struct Whole {
    pub(crate) reader: Reader,
    pub(crate) book: Book,
    pub(crate) books: Arc<Reviewable>,
    pub(crate) reviewed: Reviewed,
    /// To whom something can be assigned.
    pub(crate) reviewers: BTreeSet<String>,
}

/// Something to review.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) standing: Standing,
    pub(crate) around: Around,
    /// What it is, in a line.
    pub(crate) title: String,
    pub(crate) day: Option<Date>,
    /// Since when it waits; nothing for a day, whose date says it.
    pub(crate) since: Option<Timestamp>,
    pub(crate) amount: Option<(Money, Currency)>,
}

impl Row {
    pub(crate) fn subject(&self) -> Subject {
        self.standing.subject
    }

    pub(crate) fn state(&self) -> State {
        self.standing.state(&self.around)
    }

    pub(crate) fn waits_for(&self, name: &str) -> bool {
        self.standing.waits_for(name, &self.around)
    }

    /// The oldest first; a day waits from its own morning on.
    fn order(&self) -> (Timestamp, Subject) {
        let morning = self.day.and_then(|day| format!("{day}T00:00:00Z").parse().ok());
        (self.since.or(morning).unwrap_or_default(), self.subject())
    }
}

/// The books and what was said about them; nothing where the books are not open.
pub(crate) async fn whole(shared: &Shared) -> Result<Option<Whole>, Refusal> {
    let Some(reader) = shared.site.books.clone() else { return Ok(None) };
    let book = reader.book(&shared.site.identity).await?;
    let books = shared.review.books(&reader, &book).await?;
    let reviewed = shared.site.people.reviewed(&shared.site.identity).await?;
    let persons = shared.site.people.persons().await?;
    let able = persons.into_iter().filter(|p| !p.disabled && permit(p.roles, Action::Account).is_ok());
    Ok(Some(Whole { reader, book, books, reviewed, reviewers: able.map(|p| p.name).collect() }))
}

/// What is not approved, the oldest first.
pub(crate) async fn open(shared: &Shared) -> Result<Vec<Row>, Refusal> {
    let Some(whole) = whole(shared).await? else { return Ok(Vec::new()) };
    let mut rows = whole.rows().await?;
    rows.retain(|row| row.state().review() != Review::Approved);
    Ok(rows)
}

impl Whole {
    /// Everything, the oldest first.
    pub(crate) async fn rows(&self) -> Result<Vec<Row>, Refusal> {
        let touched = self.reviewed.standings.keys();
        let mut rows: Vec<Row> = self.books.days.keys().map(|day| self.of_day(*day)).collect();
        let mut listed = BTreeSet::new();
        // What opens and closes a day belongs to the day.
        for entry in self.books.entered.iter().filter(|e| e.draft.kind != EntryKind::Unlock) {
            listed.insert(entry.seq);
            rows.push(self.of_entry(entry)?);
        }
        for subject in touched {
            match subject {
                Subject::Entry(seq) if !listed.contains(seq) => {
                    if let Some(entry) = self.entry(*seq).await? {
                        rows.push(self.of_entry(&entry)?);
                    }
                }
                Subject::Item(number) => rows.extend(self.of_item(*number)),
                Subject::Entry(_) | Subject::Day(_) => {}
            }
        }
        rows.sort_by_key(Row::order);
        Ok(rows)
    }

    /// An entry of the books.
    pub(crate) async fn entry(&self, seq: u64) -> Result<Option<Entry>, Refusal> {
        let Some(before) = seq.checked_sub(1) else { return Ok(None) };
        Ok(self.reader.entries(&self.book, before, 1).await?.into_iter().next().map(|s| s.entry))
    }

    /// What the books know about an entry.
    pub(crate) fn entry_known(&self, entry: &Entry) -> Known {
        let day = entry.draft.session.date;
        Known {
            day: Some(day),
            authors: Reviewable::authors_of(&entry.draft),
            last: 0,
            sealed: self.books.closed(day),
            reviewers: self.reviewers.clone(),
        }
    }

    /// What is known about an item.
    pub(crate) fn item_known(&self, number: u64) -> Option<Known> {
        let item = self.reviewed.items.get(&number)?;
        Some(Known { day: item.day, reviewers: self.reviewers.clone(), ..Known::default() })
    }

    pub(crate) fn of_day(&self, day: Date) -> Row {
        let (subject, known) = (Subject::Day(day), day_known(&self.books, day, &self.reviewers));
        Row {
            standing: self.reviewed.standing(subject),
            around: self.reviewed.around(subject, &known),
            title: format!("Day {day}"),
            day: Some(day),
            since: self.asked(subject),
            amount: None,
        }
    }

    fn of_entry(&self, entry: &Entry) -> Result<Row, Refusal> {
        let (subject, known) = (Subject::Entry(entry.seq), self.entry_known(entry));
        let amount = debits(&entry.draft.postings)?;
        let currency = entry.draft.postings.first().map(|p| p.currency);
        Ok(Row {
            standing: self.reviewed.standing(subject),
            around: self.reviewed.around(subject, &known),
            title: format!("Entry {}: {}", entry.seq, entry.draft.description),
            day: known.day,
            since: Some(self.asked(subject).unwrap_or(entry.booked_at)),
            amount: currency.map(|currency| (amount, currency)),
        })
    }

    pub(crate) fn of_item(&self, number: u64) -> Option<Row> {
        let (subject, known) = (Subject::Item(number), self.item_known(number)?);
        let item = self.reviewed.items.get(&number)?;
        let standing = self.reviewed.standing(subject);
        let since = standing.acts.first().map(|a| a.at);
        let around = self.reviewed.around(subject, &known);
        Some(Row {
            standing,
            around,
            title: format!("Item {number}: {}", item.title),
            day: item.day,
            since,
            amount: None,
        })
    }

    /// When the oldest open question was asked.
    fn asked(&self, subject: Subject) -> Option<Timestamp> {
        let (_, standing) = self.reviewed.standings.get(&subject)?;
        standing.queries().first().map(|q| q.at)
    }
}
