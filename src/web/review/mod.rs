//! Review in the pages and the API: who reads what, what waits for whom, acts as they come in.

/// Acts as they come in.
mod act;
/// The queue.
mod rows;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web::Data;
use desk::domain::time::{Span, Timestamp};
use tokio::sync::Notify;

pub(crate) use act::{Asked, carry_out};
pub(crate) use rows::{Row, Whole, open, whole};

use super::refusal::Refusal;
use super::site::Shared;
use crate::store::people::review::Subject;
use crate::store::{Book, Reader, Reviewable};

/// Who has not asked for a page for so long has gone.
const GONE: Span = Span::seconds(40);
/// The queue is looked at again after this while somebody watches: imports and the bot itself write to it too.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What is kept in memory about the review.
#[derive(Default)]
pub(crate) struct Desk {
    /// Rises when something was done, or somebody came to read.
    number: AtomicU64,
    /// What is not approved yet.
    open: Mutex<Arc<Vec<Row>>>,
    /// What of the books is reviewed, with the entry up to which it was read.
    books: Mutex<Option<(u64, Arc<Reviewable>)>>,
    readers: Mutex<BTreeMap<Subject, BTreeMap<String, Timestamp>>>,
    acted: Notify,
}

impl Desk {
    /// Rises when something was done, or somebody came to read: open pages look again then.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// Something was done.
    fn moved(&self) {
        self.number.fetch_add(1, Ordering::Relaxed);
    }

    /// Something was done here: the queue is looked at again at once.
    pub(super) fn acted(&self) {
        self.moved();
        self.acted.notify_one();
    }

    /// How much waits for a person.
    pub(crate) fn waiting_for(&self, name: &str) -> usize {
        let open = Arc::clone(&self.open.lock().unwrap_or_else(PoisonError::into_inner));
        open.iter().filter(|row| row.waits_for(name)).count()
    }

    /// What of the books is reviewed; read anew where something was booked since.
    async fn books(&self, reader: &Reader, book: &Book) -> Result<Arc<Reviewable>, Refusal> {
        let head = reader.heads(book).await?.entry.seq;
        let kept = self.books.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, books)) = kept.filter(|(seq, _)| *seq == head) {
            return Ok(books);
        }
        let books = Arc::new(reader.reviewable(book).await?);
        *self.books.lock().unwrap_or_else(PoisonError::into_inner) = Some((head, Arc::clone(&books)));
        Ok(books)
    }

    fn keep(&self, rows: Vec<Row>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if **open != rows {
            *open = Arc::new(rows);
            self.moved();
        }
    }

    /// Somebody reads a subject; who else does.
    pub(crate) fn read_by(&self, subject: Subject, name: &str, now: Timestamp) -> Vec<String> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        for of in readers.values_mut() {
            of.retain(|_, seen| now - *seen < GONE);
        }
        readers.retain(|_, of| !of.is_empty());
        let of = readers.entry(subject).or_default();
        if of.insert(name.to_owned(), now).is_none() {
            self.moved();
        }
        of.keys().filter(|reader| *reader != name).cloned().collect()
    }

    /// Who reads a subject.
    pub(crate) fn readers(&self, subject: Subject, now: Timestamp) -> Vec<String> {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let of = readers.get(&subject).into_iter().flatten();
        of.filter(|(_, seen)| now - **seen < GONE).map(|(name, _)| name.clone()).collect()
    }
}

/// Keeps the count of what waits true while somebody watches.
pub(crate) async fn keep(shared: Data<Shared>) {
    loop {
        if shared.watchers.load(Ordering::Relaxed) > 0 {
            match open(&shared).await {
                Ok(rows) => shared.review.keep(rows),
                Err(e) => tracing::warn!(target: "web", "the review queue could not be read: {e}"),
            }
        }
        let _ = timeout(LOOK_AGAIN, shared.review.acted.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_a_subject_is_told_to_the_others_until_they_are_gone() {
        let (desk, at) = (Desk::default(), |s: i64| Timestamp::from_seconds(1_700_000_000 + s));
        let entry = Subject::Entry(12);
        assert_eq!(desk.read_by(entry, "ann", at(0)), Vec::<String>::new());
        let before = desk.number();
        assert_eq!(desk.read_by(entry, "bob", at(5)), ["ann"]);
        assert_eq!(desk.number(), before + 1, "ann's page is told that bob came");
        assert_eq!(desk.read_by(entry, "bob", at(6)), ["ann"]);
        assert_eq!(desk.number(), before + 1, "and is not told twice");
        assert_eq!(desk.readers(entry, at(30)), ["ann", "bob"]);
        assert_eq!(desk.read_by(entry, "bob", at(41)), Vec::<String>::new());
        assert_eq!(desk.readers(Subject::Entry(13), at(6)), Vec::<String>::new());
    }
}
