//! Which days a page is about: `from` and `to` of its address, otherwise the newest.

use desk::domain::ids::SessionId;
use desk::domain::time::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::store::{Book, Days, Reader};
use crate::web::refusal::Refusal;

/// How many days a list offers.
const OFFERED: u32 = 400;

/// The days of an address, as dates; empty where nothing is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(super) from: String,
    pub(super) to: String,
}

/// A date of an address in the book's calendar; nothing where it is empty.
pub(super) fn day_of(book: &Book, text: &str) -> Result<Option<SessionId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let date: Date = text.parse().map_err(|_| {
        Refusal::Invalid(format!("{text:?} is no day; a date like 2026-06-01 is needed, or nothing for the newest."))
    })?;
    Ok(Some(SessionId { date, calendar: book.calendar }))
}

/// Days to choose from, and those chosen.
pub(super) struct Chosen {
    pub(super) all: Vec<SessionId>,
    pub(super) days: Days,
}

impl Chosen {
    /// The days asked for; without any, from the newest to the newest. Nothing where no day has postings.
    pub(super) async fn of(reader: &Reader, book: &Book, asked: &Asked) -> Result<Option<Self>, Refusal> {
        let all = reader.days(book, OFFERED).await?;
        let Some(newest) = all.first().copied() else { return Ok(None) };
        let to = day_of(book, &asked.to)?.unwrap_or(newest);
        let from = day_of(book, &asked.from)?.unwrap_or(to);
        if from > to {
            return Err(Refusal::Invalid(format!("From {} to {}: the first day comes first.", from.date, to.date)));
        }
        Ok(Some(Self { all, days: Days { from, to } }))
    }

    /// The chosen days and those on offer, for a page's form.
    pub(super) fn shown(&self) -> Value {
        let offered: Vec<String> = self.all.iter().map(|day| day.date.to_string()).collect();
        let (from, to) = (self.days.from.date.to_string(), self.days.to.date.to_string());
        json!({ "offered": offered, "one": from == to, "from": from, "to": to })
    }

    /// The day before the first one chosen; balances up to it are what was there before.
    pub(super) fn before(&self) -> SessionId {
        SessionId { date: self.days.from.date.plus(-1), ..self.days.from }
    }
}
