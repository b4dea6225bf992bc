//! A closed day is opened again by two persons (LEDG-7): one asks with a reason, another one confirms. The asking is an
//! item of the review, durable and audited; the confirmation answers it, and books the `unlock` entry.

use desk::domain::bot::{Origin, Who};
use desk::domain::ids::SessionId;
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::time::{Date, Timestamp};
use desk::machines::ledger::{ActivityRefusal, BookFact, Unlock};
use desk::world::entering::Author;
use serde_json::json;

use super::commands::note;
use super::entering::ask as ask_the_books;
use super::refusal::Refusal;
use super::review::{Whole, whole};
use super::site::Shared;
use super::visitor::Visitor;
use crate::messages::bookkeeping::{Asked, How, NotBooked};
use crate::store::people::review::{Act, ActKind, Doing, ItemKind, Known, NewItem, NotDone, Standing, Subject, Wanted};

/// The longest reason, in characters.
pub(crate) const LONGEST: usize = 160;
/// Who asks anew where the books have refused what was confirmed.
const PART: &str = "unlock";

/// Somebody asks for a day to be opened again, and nobody has answered yet.
pub(crate) struct Pending {
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
    /// What is to be answered: the request, or what was asked anew for it.
    question: Act,
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

/// The beginning of the source of whatever asks for the next unlock of a day: what asked for earlier ones is over. The unlock of an
/// earlier day has opened this one too.
fn source_of(whole: &Whole, day: Date) -> String {
    let entered = whole.books.entered.iter();
    let opened = entered.filter(|e| e.draft.kind == EntryKind::Unlock && e.draft.session.date <= day).count();
    format!("unlock:{}:{}:", session_of(whole, day), opened.saturating_add(1))
}

fn session_of(whole: &Whole, date: Date) -> SessionId {
    SessionId { date, calendar: whole.book.calendar }
}

/// What was asked about a day since it was opened last, and what was said to it, the newest first.
fn requests(whole: &Whole, day: Date) -> impl Iterator<Item = Standing> {
    let source = source_of(whole, day);
    let items = whole.reviewed.items.values().rev().filter(move |item| item.source.starts_with(&source));
    items.map(|item| whole.reviewed.standing(Subject::Item(item.number)))
}

/// Who asks for a day to be opened again, if somebody does.
pub(crate) fn pending(whole: &Whole, day: Date) -> Option<Pending> {
    let anew = format!("({PART})");
    requests(whole, day).find_map(|standing| {
        let raised = standing.acts.first()?.clone();
        let question = standing.queries().into_iter().find(|q| q.n == raised.n || q.who == anew)?.clone();
        Some(Pending { by: raised.who, reason: raised.wanted.text, at: raised.at, question, standing })
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
    openable(&whole, day, deed).map_err(|refusal| NotBooked::Refused(Box::new(refusal.into())))?;
    match (deed, pending(&whole, day)) {
        (Deed::Ask(_), Some(p)) => Err(Refusal::Conflict(format!(
            "{} has asked for {day} to be opened again already: {} Another reviewer confirms it. {}",
            p.by,
            p.reason,
            others(&whole, &p.by)
        ))),
        (Deed::Ask(reason), None) => ask(shared, visitor, (&whole, day), reason).await,
        (Deed::Confirm | Deed::Keep(_), None) => Err(Refusal::Conflict(nobody_asks(&whole, day))),
        (Deed::Confirm, Some(p)) => confirm(shared, visitor, (&whole, day), &p).await,
        (Deed::Keep(why), Some(p)) => keep(shared, visitor, day, (&p, why)).await,
    }
}

/// Whether a day can be opened again, by the rules of the books; these are asked once more when it is confirmed.
fn openable(whole: &Whole, day: Date, deed: &Deed) -> Result<(), ActivityRefusal> {
    let of = |day| session_of(whole, day);
    let (session, closed) = (of(day), whole.books.closed_days());
    let Some((first, last)) = closed.filter(|_| whole.books.closed(day)) else {
        return Err(ActivityRefusal::NotClosed { session, closed_through: closed.map(|(_, last)| of(last)) });
    };
    if !whole.books.has(day) {
        return Err(ActivityRefusal::NoDay { session, first: of(first), last: of(last) });
    }
    match whole.books.taken_along(day) {
        Some(first) if matches!(deed, Deed::Ask(_)) => {
            Err(ActivityRefusal::ClosedTogether { session, first: of(first) })
        }
        _ => Ok(()),
    }
}

/// That there is nothing to be confirmed or refused, and what became of the last request.
fn nobody_asks(whole: &Whole, day: Date) -> String {
    let none = format!("Nobody asks for {day} to be opened again.");
    let last = requests(whole, day).next().and_then(|standing| standing.acts.last().cloned());
    match last {
        Some(Act { who, wanted, .. }) => {
            format!("{none} Of the last request: {who} {}: {}", wanted.kind.said(), wanted.text)
        }
        None => none,
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
    let tried = requests(whole, day).count();
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
    let detail = json!({ "asked_by": p.by, "reason": p.reason, "item": p.standing.subject.to_string() });
    note(shared, visitor, "unlock", &format!("day:{day}"), detail, false).await?;
    // The answer is the claim: it is kept only where the request is as it was read, so one alone of those succeeds who confirm, keep
    // closed and take back at the same moment. Were the books asked first, they would open a day on a request that is taken back
    // meanwhile. A process or a connection that ends in between can leave a day closed that was confirmed; it is asked for again.
    settle(shared, visitor, p, "Confirmed: it is to be opened, with every later day.").await?;
    if let Err(refused) = open(shared, visitor, (whole, session_of(whole, day)), p).await {
        // A ledger that has not answered yet may still open the day.
        if !matches!(refused, Refusal::Books(NotBooked::Busy)) {
            ask_anew(shared, p.standing.subject, &refused).await;
        }
        return Err(refused);
    }
    Ok(format!("{day} and every later day are open again, as {} has asked and you have confirmed.", p.by))
}

/// Has the books open a day again. Where a day has been closed since its records were read, they are read once more: that refusal comes
/// when the close is durable.
async fn open(shared: &Shared, visitor: &Visitor, day: (&Whole, SessionId), p: &Pending) -> Result<(), Refusal> {
    match try_open(shared, visitor, day, p).await {
        Err(Refusal::Books(refused)) if refused.code() == "records_behind" => try_open(shared, visitor, day, p).await,
        tried => tried,
    }
}

/// Asks the books to open a day again, with the records that stand of it and of the later ones.
async fn try_open(
    shared: &Shared,
    visitor: &Visitor,
    (whole, session): (&Whole, SessionId),
    p: &Pending,
) -> Result<(), Refusal> {
    let records = whole.reader.records_from(&whole.book, session).await?;
    let (by, second, reason) = (p.by.clone(), visitor.name.clone(), p.reason.clone());
    let unlock = Unlock { session, by, second, reason, records };
    let author = Author { by: p.by.clone(), reason: p.reason.clone() };
    ask_the_books(shared, Asked { author, day: None, fact: BookFact::Unlock(unlock), how: How::AtOnce }).await?;
    Ok(())
}

/// What was confirmed and refused by the books can be confirmed again, or taken back.
async fn ask_anew(shared: &Shared, request: Subject, refused: &Refusal) {
    let asked = async {
        let now = shared.site.people.reviewed(&shared.site.identity).await?.standing(request);
        let wanted = Wanted { text: format!("It was not opened. {refused}"), ..Wanted::plain(ActKind::Query) };
        act(shared, &now, (Who::Bot(PART.to_owned()), Origin::System), wanted).await
    };
    if let Err(error) = asked.await {
        tracing::error!(target: "web", "the request of {request} is answered, and its day was not opened; it is asked for anew: {error}");
    }
    shared.review.acted();
}

async fn keep(shared: &Shared, visitor: &Visitor, day: Date, (p, why): (&Pending, &str)) -> Result<String, Refusal> {
    let why = match why {
        "" if p.by == visitor.name => "Taken back.",
        "" => {
            let message = "A reason is needed: whoever asked reads why the day stays closed.";
            return Err(Refusal::Invalid(message.to_owned()));
        }
        why => why,
    };
    settle(shared, visitor, p, why).await?;
    Ok(format!("{day} stays closed."))
}

/// Answers a request, or takes back one's own, where nobody else has since it was read.
async fn settle(shared: &Shared, visitor: &Visitor, p: &Pending, text: &str) -> Result<(), Refusal> {
    let kind = if p.question.who == visitor.name { ActKind::Resolve } else { ActKind::Answer };
    let wanted = Wanted { about: Some(p.question.n), text: text.to_owned(), ..Wanted::plain(kind) };
    let settled = act(shared, &p.standing, (visitor.who(), visitor.origin), wanted).await;
    shared.review.acted();
    settled.map(drop).map_err(|refused| match refused {
        NotDone::Refused(refused) => Refusal::Conflict(refused.to_string()),
        NotDone::Store(error) => error.into(),
    })
}

async fn act(
    shared: &Shared,
    on: &Standing,
    (who, origin): (Who, Origin),
    wanted: Wanted,
) -> Result<Standing, NotDone> {
    let doing = Doing { subject: on.subject, version: on.version(), who, origin, wanted };
    shared.site.people.review(&shared.site.identity, &doing, &Known::default(), shared.now()).await
}
