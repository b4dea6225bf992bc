//! Acts from forms. Done, the browser is led back to the subject; refused, its page comes with what was typed.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, web};
use desk::domain::time::Date;

use super::pages::{show_day, show_item};
use super::{Typed, path};
use crate::store::people::review::Subject;
use crate::web::pages::ledger::show_entry;
use crate::web::refusal::Refusal;
use crate::web::review::{Asked, carry_out};
use crate::web::site::Shared;
use crate::web::visitor::{Fields, Visitor};

type Answer = Result<HttpResponse, Refusal>;

/// `POST /ledger/entries/{seq}`
pub(crate) async fn act_on_entry(shared: Data<Shared>, visitor: Visitor, fields: Fields, seq: Path<u64>) -> Answer {
    act(shared, visitor, fields, Subject::Entry(*seq)).await
}

/// `POST /ledger/items/{number}`
pub(crate) async fn act_on_item(shared: Data<Shared>, visitor: Visitor, fields: Fields, number: Path<u64>) -> Answer {
    act(shared, visitor, fields, Subject::Item(*number)).await
}

/// `POST /ledger/days/{day}`
pub(crate) async fn act_on_day(shared: Data<Shared>, visitor: Visitor, fields: Fields, day: Path<String>) -> Answer {
    act(shared, visitor, fields, Subject::Day(date(&day)?)).await
}

/// The day of an address.
pub(super) fn date(text: &str) -> Result<Date, Refusal> {
    text.parse().map_err(|_| Refusal::Missing("There is no such day; a date like 2026-11-20 is needed.".to_owned()))
}

async fn act(shared: web::Data<Shared>, visitor: Visitor, fields: Fields, subject: Subject) -> Answer {
    let asked = Asked::read(&|name| fields.get(name).to_owned())?;
    let Err(refused) = carry_out(&shared, &visitor, subject, &asked).await? else {
        let place = format!("{}#review", path(subject));
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish());
    };
    let input = refused.is_input();
    let typed = Typed { asked, refused };
    let mut page = match subject {
        Subject::Entry(seq) => show_entry(&shared, &visitor, seq, Some(&typed)).await?,
        Subject::Day(day) => show_day(&shared, &visitor, day, (Some(&typed), None)).await?,
        Subject::Item(number) => show_item(&shared, &visitor, number, Some(&typed)).await?,
    };
    *page.status_mut() = if input { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
    Ok(page)
}
