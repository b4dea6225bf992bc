//! Which days a statement is about, and how time is read: `from`, `to`, `reading`, `known` and `sum` of an address; otherwise the
//! newest day, by session.

use desk::domain::calendar::Calendar;
use desk::domain::ids::SessionId;
use desk::domain::time::{Date, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::store::{Book, Days, Reader, Reading, Scope, Summed};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

/// How many days a list offers.
const OFFERED: u32 = 400;

/// What an address asks; empty where nothing is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    from: String,
    to: String,
    /// `session`, `known` or `effective`.
    reading: String,
    /// The moment of `known`.
    known: String,
    /// `first`: from the first entry on.
    sum: String,
}

impl Asked {
    /// After a day, by session; empty is the newest.
    pub(crate) fn of_day(day: &str) -> Self {
        Self { to: day.to_owned(), ..Self::default() }
    }
}

/// A date of an address in the book's calendar; nothing where it is empty.
pub(crate) fn day_of(book: &Book, text: &str) -> Result<Option<SessionId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let date: Date = text.parse().map_err(|_| {
        Refusal::Invalid(format!("{text:?} is no day; a date like 2026-06-01 is needed, or nothing for the newest."))
    })?;
    Ok(Some(SessionId { date, calendar: book.calendar }))
}

/// A moment of an address: UTC, with or without seconds.
fn moment_of(text: &str) -> Result<Timestamp, Refusal> {
    let text = text.trim();
    let whole = text.trim_end_matches('Z').replacen(' ', "T", 1);
    let seconds = if whole.len() == "2026-06-01T20:00".len() { ":00" } else { "" };
    format!("{whole}{seconds}Z").parse().map_err(|_| {
        let text: String = text.chars().take(40).collect();
        Refusal::Invalid(format!(
            "{text:?} is no moment; as known at needs one in UTC, like 2026-06-01T20:00 or 2026-06-01T20:00:30Z."
        ))
    })
}

/// Days to choose from, those chosen, and where the sums come from.
pub(crate) struct Chosen {
    pub(crate) reader: Reader,
    pub(crate) book: Book,
    pub(crate) all: Vec<SessionId>,
    pub(crate) days: Days,
    pub(crate) reading: Reading,
    known: Option<Timestamp>,
    pub(crate) scope: Scope,
    pub(crate) summed: Summed,
}

impl Chosen {
    /// What is asked for; without any days, from the newest to the newest. Nothing where no day has postings, or the books are
    /// not open.
    ///
    /// # Errors
    /// Days, moments and words that mean nothing.
    pub(crate) async fn of(shared: &Shared, asked: &Asked) -> Result<Option<Self>, Refusal> {
        let Some(reader) = shared.site.books.clone() else { return Ok(None) };
        let book = reader.book(&shared.site.identity).await?;
        let all = reader.days(&book, OFFERED).await?;
        let Some(newest) = all.first().copied() else { return Ok(None) };
        let to = day_of(&book, &asked.to)?.unwrap_or(newest);
        let from = day_of(&book, &asked.from)?.unwrap_or(to);
        if from > to {
            return Err(Refusal::Invalid(format!("From {} to {}: the first day comes first.", from.date, to.date)));
        }
        let days = Days { from, to };
        let (reading, known) = reading(&reader, &book, asked).await?;
        if reading == Reading::Effective {
            let calendar = Calendar::new(book.calendar);
            let known = calendar.last_up_to(from.date.plus(-1)).and(calendar.check(to.date));
            known.map_err(|e| Refusal::Invalid(format!("As effective needs days of the calendar: {e}.")))?;
        }
        let scope = Scope::of(&book, days, reading)?;
        let summed = match asked.sum.as_str() {
            "" => Summed::Indexes(reader.clone()),
            "first" => {
                // One at a time: a journal may be long, and pages are to be served meanwhile.
                let turn = shared.exporting.acquire().await.map_err(|_| Refusal::Busy)?;
                let summed = Summed::from_the_first(&reader, &book).await?;
                drop(turn);
                summed
            }
            other => {
                let other: String = other.chars().take(40).collect();
                return Err(Refusal::Invalid(format!("sum is {other:?}. Allowed: first, or nothing.")));
            }
        };
        Ok(Some(Self { reader, book, all, days, reading, known, scope, summed }))
    }

    /// The word of the reading in addresses.
    pub(crate) const fn word(&self) -> &'static str {
        match self.reading {
            Reading::BySession => "session",
            Reading::KnownAt(_) => "known",
            Reading::Effective => "effective",
        }
    }

    /// The moment of what was known, and the last entry of then.
    pub(crate) fn known(&self) -> Option<(Timestamp, u64)> {
        match self.reading {
            Reading::KnownAt(seq) => self.known.map(|at| (at, seq)),
            Reading::BySession | Reading::Effective => None,
        }
    }

    /// What belongs to the name of a file besides its days.
    pub(crate) fn suffix(&self) -> String {
        match self.reading {
            Reading::BySession => String::new(),
            Reading::KnownAt(seq) => format!("_known-{seq}"),
            Reading::Effective => "_effective".to_owned(),
        }
    }

    /// How time is read, in a sentence.
    fn says(&self) -> String {
        let how = match self.known() {
            Some((at, 0)) => format!("As known at {at}: nothing was booked yet."),
            Some((at, seq)) => {
                format!("As known at {at}: of each day the entries up to {seq}, the last one booked then.")
            }
            None if self.reading == Reading::Effective => {
                "As effective: each entry counts in the session in which it happened, late ones too.".to_owned()
            }
            None => "By session: each entry counts in the day that it was booked to.".to_owned(),
        };
        match self.summed {
            Summed::Indexes(_) => how,
            Summed::Journal(_) => format!("{how} Summed anew from the first entry on, each held against its hash."),
        }
    }

    /// What of an address keeps the reading.
    fn same(&self) -> String {
        match self.known() {
            Some((at, _)) => format!("&reading=known&known={at}"),
            None if self.reading == Reading::Effective => "&reading=effective".to_owned(),
            None => String::new(),
        }
    }

    /// The chosen days and those on offer, and the reading, for a page's form and its links.
    pub(crate) fn shown(&self) -> Value {
        let offered: Vec<String> = self.all.iter().map(|day| day.date.to_string()).collect();
        let (from, to) = (self.days.from.date.to_string(), self.days.to.date.to_string());
        let known = self.known().map(|(at, _)| at.to_string().trim_end_matches('Z').to_owned());
        let anew = matches!(self.summed, Summed::Journal(_));
        let asked = format!("?from={from}&to={to}{}", self.same());
        json!({
            "offered": offered, "one": from == to, "from": from, "to": to, "reading": self.word(), "known": known,
            "says": self.says(), "anew": anew, "asked": format!("{asked}{}", if anew { "&sum=first" } else { "" }),
            "other": format!("{asked}{}", if anew { "" } else { "&sum=first" }),
        })
    }
}

async fn reading(reader: &Reader, book: &Book, asked: &Asked) -> Result<(Reading, Option<Timestamp>), Refusal> {
    match asked.reading.as_str() {
        "" | "session" => Ok((Reading::BySession, None)),
        "effective" => Ok((Reading::Effective, None)),
        "known" => {
            let at = moment_of(&asked.known)?;
            Ok((Reading::KnownAt(reader.known_at(book, at).await?), Some(at)))
        }
        other => {
            let other: String = other.chars().take(40).collect();
            Err(Refusal::Invalid(format!("reading is {other:?}. Allowed: session, known, effective.")))
        }
    }
}
