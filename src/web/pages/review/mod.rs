//! Review by several people: the queue, and the thread on each page of a subject (LEDG-7).

/// Acts from forms.
mod act;
/// A closed day opened again, an open one closed.
mod lock;
/// Days and items, which have pages for their review alone.
mod pages;
/// What waits for whom.
mod queue;
/// The review of a subject as its page shows it.
mod thread;

pub(crate) use act::{act_on_day, act_on_entry, act_on_item};
pub(crate) use lock::{close, open_days, unlock};
pub(crate) use pages::{day, item};
pub(crate) use queue::{Narrowed, narrowed, queue, table};
pub(crate) use thread::{Typed, panel};

use crate::store::people::review::Subject;

/// Where a subject is looked at.
pub(crate) fn path(subject: Subject) -> String {
    match subject {
        Subject::Entry(seq) => format!("/ledger/entries/{seq}"),
        Subject::Day(day) => format!("/ledger/days/{day}"),
        Subject::Item(number) => format!("/ledger/items/{number}"),
    }
}
