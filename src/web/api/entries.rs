//! What persons enter, for programs: an entry shown or booked, a closed day opened again.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use desk::domain::journal::{Draft, Posting};
use desk::domain::time::Date;
use serde_json::{Value, json};

use crate::messages::bookkeeping::How;
use crate::web::entering::kinds::{KINDS, named};
use crate::web::entering::{Outcome, enter};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::unlocking::{Deed, carry_out};
use crate::web::visitor::{Body, Visitor};

pub(super) fn object(body: &Body) -> Result<Value, Refusal> {
    serde_json::from_slice(&body.0).map_err(|e| Refusal::Invalid(format!("The body is no JSON: {e}.")))
}

pub(super) fn text(object: &Value, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// `POST /api/v1/ledger/entries`: without `shown` the entries are told and nothing is booked; with it they are booked where
/// they are the ones that were told.
pub(crate) async fn entries(shared: Data<Shared>, visitor: Visitor, body: Body) -> Result<HttpResponse, Refusal> {
    let object = object(&body)?;
    let with = |name: &str| text(&object, name);
    let allowed = || KINDS.iter().map(|k| k.name).collect::<Vec<_>>().join(", ");
    let kind = named(&with("kind"))
        .ok_or_else(|| Refusal::Invalid(format!("kind is {:?}. Allowed: {}.", with("kind"), allowed())))?;
    let how = match with("shown") {
        none if none.is_empty() => How::Show,
        hash => How::AsShown(hash.parse().map_err(|_| {
            Refusal::Invalid(
                "shown is no hash. Needed is the one that came with the entry when it was told.".to_owned(),
            )
        })?),
    };
    match enter(&shared, &visitor, kind, &with, how).await? {
        Outcome::Shown(drafts, hash) => {
            let entries: Vec<Value> = drafts.iter().map(draft).collect();
            Ok(HttpResponse::Ok().json(json!({ "shown": hash.to_string(), "entries": entries, "booked": [] })))
        }
        Outcome::Booked(numbers) => {
            Ok(HttpResponse::Ok().json(json!({ "shown": with("shown"), "entries": [], "booked": numbers })))
        }
        Outcome::Wrong(wrong) => {
            let said: Vec<String> = wrong.iter().map(|(field, why)| format!("{field}: {why}")).collect();
            Err(Refusal::Invalid(said.join(" ")))
        }
        Outcome::Refused(_, refused) => Err(refused.into()),
    }
}

fn draft(d: &Draft) -> Value {
    let posting = |p: &Posting| {
        json!({
            "account": p.account, "currency": p.currency, "amount": p.amount,
            "commodity": p.holding.as_ref().map(|h| h.commodity), "units": p.holding.as_ref().map(|h| h.units),
            "lot": p.tags.lot, "item": p.tags.item,
        })
    };
    json!({
        "kind": d.kind.as_str(), "day": d.session.date.to_string(), "effective_at": d.effective_at,
        "description": d.description, "by": d.by, "reason": d.reason, "reverses": d.reverses,
        "source": d.source_key, "postings": d.postings.iter().map(posting).collect::<Vec<_>>(),
    })
}

/// `POST /api/v1/ledger/days/{day}/unlock`
pub(crate) async fn unlock(
    shared: Data<Shared>,
    visitor: Visitor,
    day: Path<String>,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    let object = object(&body)?;
    let day: Date = day
        .parse()
        .map_err(|_| Refusal::Missing("There is no such day; a date like 2026-11-20 is needed.".to_owned()))?;
    let deed = Deed::read(&|name| text(&object, name))?;
    let message = carry_out(&shared, &visitor, day, &deed).await?;
    Ok(HttpResponse::Ok().json(json!({ "day": day.to_string(), "message": message })))
}
