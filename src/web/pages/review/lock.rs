//! A closed day is opened again, and an open one closed, on its page.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::web::{Data, Path};
use desk::domain::bot::Command;
use desk::domain::journal::Fact;
use desk::domain::time::Date;
use serde_json::{Value, json};

use super::act::date;
use super::pages::show_day;
use super::path;
use crate::messages::board::OpenDay;
use crate::store::people::review::Subject;
use crate::web::commands::{Given, give};
use crate::web::refusal::Refusal;
use crate::web::review::Whole;
use crate::web::site::Shared;
use crate::web::unlocking::{Deed, carry_out, pending, unlocks};
use crate::web::views::words::moment;
use crate::web::visitor::{Fields, Visitor};

/// So long a page waits to see the day closed; then it says why it is not.
const SEEN: Duration = Duration::from_secs(3);

/// What was refused about the lock, with what was typed.
pub(super) struct Refused {
    error: Refusal,
    typed: String,
}

/// `POST /ledger/days/{day}/unlock`
pub(crate) async fn unlock(
    shared: Data<Shared>,
    visitor: Visitor,
    fields: Fields,
    day: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let day = date(&day)?;
    let deed = Deed::read(&|name| fields.get(name).to_owned())?;
    match carry_out(&shared, &visitor, day, &deed).await {
        Ok(_) => Ok(led_to(day)),
        Err(error @ (Refusal::Broken(_) | Refusal::Missing(_))) => Err(error),
        Err(error) => {
            let refused = Refused { error, typed: fields.get("reason").to_owned() };
            show_refused(&shared, &visitor, day, &refused).await
        }
    }
}

async fn show_refused(
    shared: &Data<Shared>,
    visitor: &Visitor,
    day: Date,
    refused: &Refused,
) -> Result<HttpResponse, Refusal> {
    use actix_web::ResponseError as _;
    let mut page = show_day(shared, visitor, day, (None, Some(refused))).await?;
    *page.status_mut() = refused.error.status_code();
    Ok(page)
}

/// `POST /ledger/days/{day}/close`
pub(crate) async fn close(
    shared: Data<Shared>,
    visitor: Visitor,
    fields: Fields,
    day: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let day = date(&day)?;
    let given = Given {
        command: Command::CloseDay(Some(day)),
        key: format!("close_day-{}", fields.get("key")),
        why: fields.get("why").to_owned(),
        code: fields.get("code").to_owned(),
    };
    give(&shared, &visitor, given).await?;
    let mut board = shared.site.board.clone();
    let of_day = |open: &&OpenDay| open.day.date == day;
    let _ = timeout(SEEN, board.wait_for(|now| !now.open_days.iter().any(|open| of_day(&open)))).await;
    let why = board.borrow().open_days.iter().find(of_day).map(|open| open.why.clone());
    let Some(why) = why else { return Ok(led_to(day)) };
    let error = Refusal::Conflict(format!("{day} was not closed: {why}. It closes when that is put right."));
    show_refused(&shared, &visitor, day, &Refused { error, typed: String::new() }).await
}

fn led_to(day: Date) -> HttpResponse {
    let place = format!("{}#lock", path(Subject::Day(day)));
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}

/// What the page says of the lock: who opened the day again, who asks for it, what was refused.
pub(super) fn lock(visitor: &Visitor, whole: &Whole, day: Date, refused: Option<&Refused>) -> Value {
    let asked = pending(whole, day).filter(|_| whole.books.closed(day));
    let opened = unlocks(whole, day).map(|e| {
        json!({
            "seq": e.seq, "by": e.draft.by, "second": e.draft.facts.get("second").and_then(Fact::as_str),
            "reason": e.draft.reason, "at": moment(e.booked_at),
        })
    });
    json!({
        "opened": opened.collect::<Vec<_>>(),
        "pending": asked.map(|p| {
            json!({ "by": p.by, "reason": p.reason, "at": moment(p.at), "own": p.by == visitor.name })
        }),
        "error": refused.map(|r| r.error.to_string()), "code": refused.map(|r| r.error.code()),
        "typed": refused.map_or("", |r| r.typed.as_str()),
    })
}

/// Why a day that is over is not closed; nothing where it is closed, or its session runs.
pub(super) fn held(shared: &Shared, whole: &Whole, day: Date) -> Value {
    if whole.books.closed(day) {
        return Value::Null;
    }
    json!(shared.board().open_days.iter().find(|open| open.day.date == day).map(line))
}

/// The days that are over and not closed, in their order.
pub(crate) fn open_days(shared: &Shared) -> Vec<Value> {
    shared.board().open_days.iter().map(line).collect()
}

fn line(open: &OpenDay) -> Value {
    json!({
        "day": open.day.date.to_string(), "why": open.why, "by_itself": open.by_itself, "closable": open.closable,
        "after": open.after.map(|first| first.date.to_string()),
    })
}
