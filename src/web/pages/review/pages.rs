//! Days and items: pages for their review alone.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use desk::domain::time::Date;
use serde_json::json;

use super::act::date;
use super::lock::{Refused, held, lock, open_days};
use super::thread::named;
use super::{Typed, panel, path};
use crate::render::numbers::count;
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::review::{Row, Whole, whole};
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

type Answer = Result<HttpResponse, Refusal>;

/// `GET /ledger/days/{day}`
pub(crate) async fn day(shared: Data<Shared>, visitor: Visitor, day: Path<String>) -> Answer {
    show_day(&shared, &visitor, date(&day)?, (None, None)).await
}

/// `GET /ledger/items/{number}`
pub(crate) async fn item(shared: Data<Shared>, visitor: Visitor, number: Path<u64>) -> Answer {
    show_item(&shared, &visitor, *number, None).await
}

async fn books(shared: &Shared) -> Result<Whole, Refusal> {
    whole(shared).await?.ok_or_else(|| Refusal::Missing("The books are not open yet.".to_owned()))
}

/// What was typed and refused: about the review, about the lock.
type About<'a> = (Option<&'a Typed>, Option<&'a Refused>);

pub(super) async fn show_day(shared: &Shared, visitor: &Visitor, day: Date, (typed, refused): About<'_>) -> Answer {
    let whole = books(shared).await?;
    if !whole.books.days.contains_key(&day) {
        return Err(Refusal::Missing(format!("Nothing is booked into {day}.")));
    }
    let row = whole.of_day(day);
    let entered = whole.books.entered.iter().filter(|e| e.draft.session.date == day);
    let entered: Vec<_> =
        entered.map(|e| json!({ "seq": e.seq, "description": e.draft.description, "by": e.draft.by })).collect();
    let own = json!({
        "day": {
            "date": day.to_string(), "last": count(row.around.last), "sealed": row.around.sealed, "entered": entered,
            "held": held(shared, &whole, day),
        },
        "open_days": Some(open_days(shared)).filter(|open| open.len() > 1),
        "lock": lock(visitor, &whole, day, refused),
        "review": review(shared, visitor, &whole, &row, typed),
    });
    Frame::new(shared, visitor, "/ledger/review").page(&row.title, "pages/review_day.html", own)
}

pub(super) async fn show_item(shared: &Shared, visitor: &Visitor, number: u64, typed: Option<&Typed>) -> Answer {
    let whole = books(shared).await?;
    let missing = || Refusal::Missing(format!("There is no item {number}."));
    let row = whole.of_item(number).ok_or_else(missing)?;
    let item = whole.reviewed.items.get(&number).ok_or_else(missing)?;
    let own = json!({
        "item": {
            "number": number, "title": item.title, "kind": item.kind.said(), "source": item.source,
            "day": item.day.map(|day| day.to_string()),
            "about": item.about.map(|about| json!({ "path": path(about), "name": named(about) })),
        },
        "review": review(shared, visitor, &whole, &row, typed),
    });
    Frame::new(shared, visitor, "/ledger/review").page(&row.title, "pages/review_item.html", own)
}

fn review(shared: &Shared, visitor: &Visitor, whole: &Whole, row: &Row, typed: Option<&Typed>) -> serde_json::Value {
    panel(shared, visitor, whole, (&row.standing, &row.around), typed)
}
