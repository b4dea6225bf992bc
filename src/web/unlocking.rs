//! A closed day is opened again by two persons (LEDG-7): one asks with a reason, another one confirms. The asking is an
//! item of the review, durable and audited; the confirmation books the `unlock` entry.

use desk::domain::ids::SessionId;
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::time::{Date, Timestamp};
use desk::machines::ledger::{BookFact, Unlock};
use desk::world::entering::Author;
use serde_json::json;

use super::commands::note;
use super::entering::ask as ask_the_books;
use super::refusal::Refusal;
use super::review::{Whole, whole};
use super::site::Shared;
use super::visitor::Visitor;
use crate::messages::bookkeeping::{Answer, Asked, How, Told};
use crate::store::people::review::{ActKind, Doing, ItemKind, Known, NewItem, NotDone, Standing, Subject, Wanted};

/// The longest reason, in characters.
pub(crate) const LONGEST: usize = 160;

/// Somebody asks for a day to be opened again, and nobody has answered yet.
pub(crate) struct Pending {
    /// The item of the review.
    pub(crate) item: u64,
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
    standing: Standing,
}

/// What somebody does about a closed day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Asks for it to be opened again, with the reason.
    Ask(String),
    /// Confirms what somebody else asked for.
    Confirm,
    /// Keeps it closed: the other one says why not, or the one who asked takes it back.
    Keep(String),
}

impl Deed {
    /// From fields by their names.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where the act is none.
    pub(crate) fn read(with: &dyn Fn(&str) -> String) -> Result<Self, Refusal> {
        let reason = with("reason").chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let reason = reason.trim().to_owned();
        match with("act").as_str() {
            "ask" => Ok(Self::Ask(reason)),
            "confirm" => Ok(Self::Confirm),
            "keep" => Ok(Self::Keep(reason)),
            other => Err(Refusal::Invalid(format!("act is {other:?}. Allowed: ask, confirm, keep."))),
        }
    }
}

/// The unlocks of a day, the oldest first.
pub(crate) fn unlocks(whole: &Whole, day: Date) -> impl Iterator<Item = &Entry> {
    let entered = whole.books.entered.iter();
    entered.filter(move |e| e.draft.kind == EntryKind::Unlock && e.draft.session.date == day)
}

/// The beginning of the source of whatever asks for the next unlock of a day: what asked for earlier ones is over.
fn source_of(whole: &Whole, day: Date) -> String {
    let session = SessionId { date: day, calendar: whole.book.calendar };
    format!("unlock:{session}:{}:", unlocks(whole, day).count().saturating_add(1))
}

/// Who asks for a day to be opened again, if somebody does.
pub(crate) fn pending(whole: &Whole, day: Date) -> Option<Pending> {
    let source = source_of(whole, day);
    let items = whole.reviewed.items.values().rev().filter(|item| item.source.starts_with(&source));
    items.into_iter().find_map(|item| {
        let standing = whole.reviewed.standing(Subject::Item(item.number));
        let asked = (*standing.queries().first()?).clone();
        let (by, reason, at) = (asked.who, asked.wanted.text, asked.at);
        Some(Pending { item: item.number, by, reason, at, standing })
    })
}

/// Who could besides somebody, in words.
pub(crate) fn others(whole: &Whole, name: &str) -> String {
    let others: Vec<&str> = whole.reviewers.iter().map(String::as_str).filter(|other| *other != name).collect();
    if others.is_empty() {
        "Nobody else is a reviewer yet; an administrator makes somebody one on the page Users.".to_owned()
    } else {
        format!("Who could: {}.", others.join(", "))
    }
}

/// Does it; one sentence says what came of it.
///
/// # Errors
/// [`Refusal`] with why not, and who could.
pub(crate) async fn carry_out(shared: &Shared, visitor: &Visitor, day: Date, deed: &Deed) -> Result<String, Refusal> {
    let missing = || Refusal::Missing("The books are not open yet.".to_owned());
    let whole = whole(shared).await?.ok_or_else(missing)?;
    if !whole.books.closed(day) {
        return Err(Refusal::Conflict(format!("{day} is not closed: it takes entries.")));
    }
    if let (Deed::Ask(_), Some(first)) = (deed, whole.books.taken_along(day)) {
        return Err(Refusal::Conflict(format!(
            "{day} was closed together with {first}, by one record. Ask for {first}: every later day opens with it."
        )));
    }
    match (deed, pending(&whole, day)) {
        (Deed::Ask(_), Some(p)) => Err(Refusal::Conflict(format!(
            "{} has asked for {day} to be opened again already: {} Another reviewer confirms it. {}",
            p.by,
            p.reason,
            others(&whole, &p.by)
        ))),
        (Deed::Ask(reason), None) => ask(shared, visitor, (&whole, day), reason).await,
        (Deed::Confirm | Deed::Keep(_), None) => {
            Err(Refusal::Conflict(format!("Nobody asks for {day} to be opened again.")))
        }
        (Deed::Confirm, Some(p)) => confirm(shared, visitor, (&whole, day), &p).await,
        (Deed::Keep(why), Some(p)) => keep(shared, visitor, day, (&p, why)).await,
    }
}

async fn ask(
    shared: &Shared,
    visitor: &Visitor,
    (whole, day): (&Whole, Date),
    reason: &str,
) -> Result<String, Refusal> {
    let length = reason.chars().count();
    if !(1..=LONGEST).contains(&length) {
        let message = format!("A reason of 1 to {LONGEST} characters is needed; these are {length}.");
        return Err(Refusal::Invalid(message));
    }
    let source = source_of(whole, day);
    let tried = whole.reviewed.items.values().filter(|item| item.source.starts_with(&source)).count();
    let item = NewItem {
        kind: ItemKind::Other,
        title: format!("Open {day} again: {reason}"),
        text: reason.to_owned(),
        about: Some(Subject::Day(day)),
        // The day is closed; that somebody asks does not keep it from being closed again.
        day: None,
        source: format!("{source}{}", tried.saturating_add(1)),
    };
    let by = (&visitor.who(), visitor.origin);
    let raised = shared.site.people.raise(&shared.site.identity, &item, by, shared.now()).await?;
    shared.review.acted();
    if raised.new {
        let could = others(whole, &visitor.name);
        Ok(format!("Another reviewer has to confirm it. {could} Until then {day} stays closed."))
    } else {
        Err(Refusal::Conflict("Somebody else has asked for it at the same moment. Open the page again.".to_owned()))
    }
}

async fn confirm(
    shared: &Shared,
    visitor: &Visitor,
    (whole, day): (&Whole, Date),
    p: &Pending,
) -> Result<String, Refusal> {
    if p.by == visitor.name {
        let could = others(whole, &p.by);
        let message = format!("You have asked for it, so you cannot confirm it: that takes another reviewer. {could}");
        return Err(Refusal::Forbidden(message));
    }
    let session = SessionId { date: day, calendar: whole.book.calendar };
    let detail = json!({ "asked_by": p.by, "reason": p.reason, "item": p.item });
    note(shared, visitor, "unlock", &format!("day:{day}"), detail, false).await?;
    let mut told = open(shared, visitor, (whole, session), p).await?;
    // A day has been closed since its records were read. The refusal comes when that close is durable: its record is there now.
    if told.as_ref().is_err_and(|refused| refused.code() == "records_behind") {
        told = open(shared, visitor, (whole, session), p).await?;
    }
    let told = told.map_err(|refused| Refusal::Conflict(refused.to_string()))?;
    let entry = match &told {
        Told::Booked(numbers) => numbers.first().copied().unwrap_or_default(),
        Told::Shown(..) => 0,
    };
    let said = format!("Confirmed: {day} and every later day are open again, entry {entry}.");
    // The entry stands; an answer that is lost leaves an item that somebody answers by hand.
    if let Err(error) = settle(shared, visitor, p, ActKind::Answer, &said).await {
        tracing::warn!(target: "web", "the item of an unlock could not be answered: {error}");
    }
    shared.review.acted();
    Ok(format!("{day} and every later day are open again, as {} has asked and you have confirmed.", p.by))
}

/// Asks the books to open a day again, with the records that stand of it and of the later ones.
async fn open(
    shared: &Shared,
    visitor: &Visitor,
    (whole, session): (&Whole, SessionId),
    p: &Pending,
) -> Result<Answer, Refusal> {
    let records = whole.reader.records_from(&whole.book, session).await?;
    let (by, second, reason) = (p.by.clone(), visitor.name.clone(), p.reason.clone());
    let unlock = Unlock { session, by, second, reason, records };
    let author = Author { by: p.by.clone(), reason: p.reason.clone() };
    Ok(ask_the_books(shared, Asked { author, day: None, fact: BookFact::Unlock(unlock), how: How::AtOnce }).await)
}

async fn keep(shared: &Shared, visitor: &Visitor, day: Date, (p, why): (&Pending, &str)) -> Result<String, Refusal> {
    let own = p.by == visitor.name;
    if !own && why.is_empty() {
        return Err(Refusal::Invalid("A reason is needed: whoever asked reads why the day stays closed.".to_owned()));
    }
    let kind = if own { ActKind::Resolve } else { ActKind::Answer };
    let settled = settle(shared, visitor, p, kind, why).await;
    settled.map_err(|refused| match refused {
        NotDone::Refused(refused) => Refusal::Conflict(refused.to_string()),
        NotDone::Store(error) => error.into(),
    })?;
    shared.review.acted();
    Ok(format!("{day} stays closed."))
}

/// Answers the item of whoever asked, or takes it back.
async fn settle(
    shared: &Shared,
    visitor: &Visitor,
    p: &Pending,
    kind: ActKind,
    text: &str,
) -> Result<Standing, NotDone> {
    let about = p.standing.queries().first().map(|q| q.n);
    let doing = Doing {
        subject: Subject::Item(p.item),
        version: p.standing.version(),
        who: visitor.who(),
        origin: visitor.origin,
        wanted: Wanted { about, text: text.to_owned(), ..Wanted::plain(kind) },
    };
    shared.site.people.review(&shared.site.identity, &doing, &Known::default(), shared.now()).await
}
