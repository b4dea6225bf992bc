//! `/ledger/enter`: a person enters something; the entry is shown before it is booked (BOOKS.md section 3).

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Query};
use desk::domain::calendar::Calendar;
use desk::domain::chain::Hash;
use desk::domain::chart::{AccountType, find};
use desk::domain::decimal::Money;
use desk::domain::journal::{AccountCode, Draft};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, book, names, naming};
use crate::messages::bookkeeping::{How, NotBooked};
use crate::render::numbers::{Column, Sign, quantity};
use crate::store::{Book, Reader};
use crate::web::books::debits;
use crate::web::entering::kinds::{Field, KINDS, Kind, named};
use crate::web::entering::{Outcome, Wrong, enter, entry_of};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::{Fields, Visitor};

/// Where it stands.
const PATH: &str = "/ledger/enter";

/// What a link brings along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Begun {
    kind: String,
    day: String,
    entry: String,
    reference: String,
}

/// What was typed and what came of it.
struct Typed<'a> {
    kind: &'static Kind,
    with: &'a dyn Fn(&str) -> String,
    wrong: Vec<Wrong>,
    /// What is wrong, and about no field.
    error: Option<String>,
    code: &'static str,
    shown: Option<(Vec<Draft>, Hash)>,
}

fn kind_of(name: &str) -> Result<&'static Kind, Refusal> {
    let allowed = || KINDS.iter().map(|k| k.name).collect::<Vec<_>>().join(", ");
    named(name).ok_or_else(|| Refusal::Invalid(format!("kind is {name:?}. Allowed: {}.", allowed())))
}

/// `GET /ledger/enter`
pub(crate) async fn begin(shared: Data<Shared>, visitor: Visitor, begun: Query<Begun>) -> Answer {
    let Some((reader, own)) = book(&shared).await? else {
        return Err(Refusal::Missing("The books are not open yet, so nothing can be entered.".to_owned()));
    };
    let name = if begun.kind.is_empty() { "adjustment" } else { begun.kind.as_str() };
    let day = if begun.day.is_empty() { usual_day(&shared, &reader, &own).await? } else { begun.day.clone() };
    let kind = kind_of(name)?;
    let entry = entry_of(&shared, kind, &|_| begun.entry.clone()).await?;
    let with = |name: &str| match name {
        "day" => day.clone(),
        "currency" => own.base_currency.to_string(),
        "entry" => begun.entry.clone(),
        "reference" => begun.reference.clone(),
        "lots" => entry.as_ref().map(naming::as_typed).unwrap_or_default(),
        "from" => "external".to_owned(),
        _ => String::new(),
    };
    show(&shared, &visitor, Typed { kind, with: &with, wrong: Vec::new(), error: None, code: "", shown: None }).await
}

/// The day that most is entered into: the running session's, or the one that follows the last close.
async fn usual_day(shared: &Shared, reader: &Reader, book: &Book) -> Result<String, Refusal> {
    let last = reader.reviewable(book).await?;
    let board = shared.board();
    let open = last.days.keys().rev().find(|day| !last.closed(**day)).copied();
    let running = board.session.as_ref().map(|s| s.id).filter(|id| !last.closed(id.date));
    let after = board.session.as_ref().and_then(|s| Calendar::new(s.id.calendar).next(s.id.date).ok());
    let day = open.max(running.map(|id| id.date)).or_else(|| after.map(|s| s.id.date));
    Ok(day.map(|day| day.to_string()).unwrap_or_default())
}

/// `POST /ledger/enter`: shows the entry, or books the one that was shown.
pub(crate) async fn submit(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let kind = kind_of(fields.get("kind"))?;
    let with = |name: &str| fields.get(name).to_owned();
    let how = match (fields.get("step"), fields.get("shown").parse()) {
        ("book", Ok(hash)) => How::AsShown(hash),
        _ => How::Show,
    };
    let mut typed = Typed { kind, with: &with, wrong: Vec::new(), error: None, code: "", shown: None };
    let mut status = StatusCode::OK;
    match enter(&shared, &visitor, kind, &with, how).await? {
        Outcome::Booked(numbers) => {
            // What takes the place of another entry comes behind its reversal.
            let last = numbers.last().copied().unwrap_or_default();
            let place = format!("/ledger/entries/{last}");
            return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish());
        }
        Outcome::Shown(drafts, hash) => typed.shown = Some((drafts, hash)),
        Outcome::Wrong(wrong) => {
            status = StatusCode::UNPROCESSABLE_ENTITY;
            typed.wrong = wrong;
        }
        Outcome::Refused(field, refused) => {
            status = if field.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
            typed.code = refused.code();
            match field {
                Some(field) => typed.wrong = vec![(field, refused.to_string())],
                None => typed.error = Some(refused.to_string()),
            }
            // What would be booked now stands there to be looked at.
            if refused == NotBooked::Changed
                && let Outcome::Shown(drafts, hash) = enter(&shared, &visitor, kind, &with, How::Show).await?
            {
                typed.shown = Some((drafts, hash));
            }
        }
    }
    let mut page = show(&shared, &visitor, typed).await?;
    *page.status_mut() = status;
    Ok(page)
}

async fn show(shared: &Shared, visitor: &Visitor, typed: Typed<'_>) -> Answer {
    let kind = typed.kind;
    let error_of = |name: &str| typed.wrong.iter().find(|(field, _)| *field == name).map(|(_, why)| why.as_str());
    // What was left empty stands there as it was understood, so that it is booked as it was shown.
    let understood = typed.shown.as_ref().and_then(|(drafts, _)| drafts.first()).map(|d| {
        let at = d.effective_at.to_string();
        at.get(..19).map_or_else(|| at.clone(), |at| at.replace('T', " "))
    });
    let value = |name: &str| match ((typed.with)(name), &understood) {
        (empty, Some(at)) if empty.trim().is_empty() && name == "when" => at.clone(),
        (given, _) => given,
    };
    let added = added(shared).await?;
    let line = |f: &Field| {
        let own = added.iter().filter(|code| match f.name {
            "debit" | "credit" => true,
            "account" => AccountType::of(**code) == Some(AccountType::Expense),
            _ => false,
        });
        let choices: Vec<String> =
            f.choices.iter().map(ToString::to_string).chain(own.map(ToString::to_string)).collect();
        json!({
            "id": format!("f-{}", f.name.replace('_', "-")), "name": f.name, "label": f.label, "hint": f.hint,
            "choices": choices, "number": f.number, "value": value(f.name), "error": error_of(f.name),
            "long": f.name == "reason",
        })
    };
    let fields: Vec<Value> = kind.asked().map(line).collect();
    let wrong: Vec<&Value> = fields.iter().filter(|f| !f["error"].is_null()).collect();
    let kinds: Vec<Value> =
        KINDS.iter().map(|k| json!({ "name": k.name, "title": k.title, "here": k == kind })).collect();
    let shown = match &typed.shown {
        None => Value::Null,
        Some((drafts, hash)) => json!({ "hash": hash.to_string(), "entries": entries(shared, drafts).await? }),
    };
    let entry = entry_of(shared, kind, typed.with).await?.filter(|_| kind.name == "lots");
    let lots = match &entry {
        Some(entry) => naming::offered(shared, entry).await?,
        None => Value::Null,
    };
    let own = json!({ "lots": lots, "enter": {
        "kinds": kinds, "kind": kind.name, "title": kind.title, "says": kind.says, "fields": fields, "wrong": wrong,
        "error": typed.error, "code": typed.code, "shown": shown, "day": (typed.with)("day"),
    } });
    Frame::new(shared, visitor, PATH).page("Enter", "pages/enter.html", own)
}

/// The open accounts that persons have added to the chart.
async fn added(shared: &Shared) -> Result<Vec<AccountCode>, Refusal> {
    let Some((reader, book)) = book(shared).await? else { return Ok(Vec::new()) };
    let accounts = reader.accounts(&book).await?;
    Ok(accounts.into_iter().filter(|a| a.open && find(a.code).is_none()).map(|a| a.code).collect())
}

/// Entries that are not booked yet, as their page would show them.
pub(crate) async fn entries(shared: &Shared, drafts: &[Draft]) -> Result<Vec<Value>, Refusal> {
    let Some((reader, book)) = book(shared).await? else { return Ok(Vec::new()) };
    let names = names(&reader, &book).await?;
    let entry = |draft: &Draft| {
        let amounts = Column::of(draft.postings.iter().map(|p| p.amount.magnitude()), Sign::Plain);
        let postings = draft.postings.iter().map(|p| {
            json!({
                "code": p.account.code(), "name": names.get(&p.account).map_or("", String::as_str),
                "debit": (p.amount > Money::ZERO).then(|| amounts.cell(p.amount)),
                "credit": (p.amount < Money::ZERO).then(|| amounts.cell(p.amount.negated())),
                "currency": p.currency, "lot": p.tags.lot, "item": p.tags.item, "strategy": p.tags.strategy,
                "units": p.holding.as_ref().map(|h| format!("{} {}", quantity(h.units), h.commodity)),
            })
        });
        let mut sums = Vec::new();
        for currency in draft.postings.iter().map(|p| p.currency).collect::<std::collections::BTreeSet<_>>() {
            let sum = debits(draft.postings.iter().filter(|p| p.currency == currency))?;
            sums.push(json!({ "currency": currency, "sum": amounts.cell(sum) }));
        }
        Ok(json!({
            "kind": draft.kind.as_str().replace('_', " "), "description": draft.description,
            "day": draft.session.date.to_string(), "effective": moment(draft.effective_at), "by": draft.by,
            "reason": draft.reason, "reverses": draft.reverses, "source": draft.source_key, "pad": amounts.pad(0),
            "postings": postings.collect::<Vec<_>>(), "sums": sums,
        }))
    };
    drafts.iter().map(entry).collect()
}
