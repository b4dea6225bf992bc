//! The review for programs: what waits, what was done, acts.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::store::people::review::{Act, ActKind, Subject};
use crate::web::pages::review::{Narrowed, narrowed};
use crate::web::refusal::Refusal;
use crate::web::review::{Asked, carry_out};
use crate::web::site::Shared;
use crate::web::visitor::{Body, Visitor};

/// Rows at once.
const PAGE: usize = 200;

/// Whose acts; empty is everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Of {
    subject: String,
}

fn subject(text: &str) -> Result<Subject, Refusal> {
    text.parse().map_err(|_| {
        Refusal::Invalid(format!("subject is {text:?}. Allowed: entry:12, day:2026-11-20, item:3 and the like."))
    })
}

/// `GET /api/v1/review`
pub(crate) async fn rows(
    shared: Data<Shared>,
    visitor: Visitor,
    asked: Query<Narrowed>,
) -> Result<HttpResponse, Refusal> {
    let (rows, _) = narrowed(&shared, &visitor, asked.into_inner()).await?;
    let shown: Vec<Value> = rows
        .iter()
        .take(PAGE)
        .map(|row| {
            let state = row.state();
            json!({
                "subject": row.subject().to_string(), "title": row.title, "state": state.as_str(),
                "review": state.review().as_str(), "version": row.standing.version(),
                "day": row.day.map(|day| day.to_string()), "since": row.since, "assigned": row.standing.assigned(),
                "waits_for_me": row.waits_for(&visitor.name),
            })
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "rows": shown, "count": rows.len() })))
}

fn told(subject: Subject, act: &Act) -> Value {
    let wanted = &act.wanted;
    json!({
        "subject": subject.to_string(), "n": act.n, "at": act.at, "who": act.who, "act": wanted.kind.as_str(),
        "about": wanted.about, "to": (wanted.kind == ActKind::Assign).then_some(wanted.to.as_str()),
        "text": wanted.text,
    })
}

/// `GET /api/v1/review/acts`: the newest first.
pub(crate) async fn acts(shared: Data<Shared>, of: Query<Of>) -> Result<HttpResponse, Refusal> {
    let only = if of.subject.is_empty() { None } else { Some(subject(&of.subject)?) };
    let reviewed = shared.site.people.reviewed(&shared.site.identity).await?;
    let wanted = reviewed.standings.into_iter().filter(|(subject, _)| only.is_none_or(|only| only == *subject));
    let mut all: BTreeMap<_, Value> = BTreeMap::new();
    for (subject, (_, standing)) in wanted {
        all.extend(standing.acts.iter().map(|act| ((act.at, subject, act.n), told(subject, act))));
    }
    let rows: Vec<Value> = all.into_values().rev().take(PAGE).collect();
    Ok(HttpResponse::Ok().json(json!({ "rows": rows })))
}

/// `POST /api/v1/review/act`
pub(crate) async fn act(shared: Data<Shared>, visitor: Visitor, body: Body) -> Result<HttpResponse, Refusal> {
    let object: Value =
        serde_json::from_slice(&body.0).map_err(|e| Refusal::Invalid(format!("The body is no JSON: {e}.")))?;
    let with = |name: &str| match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let subject = subject(&with("subject"))?;
    let asked = Asked::read(&with)?;
    match carry_out(&shared, &visitor, subject, &asked).await? {
        Ok(standing) => Ok(HttpResponse::Ok().json(json!({
            "subject": subject.to_string(), "version": standing.version(), "assigned": standing.assigned(),
            "queries": standing.queries().iter().map(|q| q.n).collect::<Vec<_>>(),
            "approved_by": standing.approval().map(|a| a.who.as_str()),
        }))),
        Err(refused) if refused.is_input() => Err(Refusal::Invalid(refused.to_string())),
        Err(refused) => Err(Refusal::Conflict(refused.to_string())),
    }
}
