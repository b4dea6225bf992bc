//! `/ledger/float`: the float in force, what accounting has assigned, and the entry of another assignment (LEDG-10).

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use desk::domain::float::FloatAssigned;
use serde_json::{Value, json};

use super::Answer;
use crate::render::numbers::{Column, Sign, plain};
use crate::web::entering::Wrong;
use crate::web::floating::{Outcome, assign};
use crate::web::pages::frame::Frame;
use crate::web::site::Shared;
use crate::web::visitor::{Fields, Visitor};

/// Where it stands.
const PATH: &str = "/ledger/float";
/// What is asked: name, label, hint, whether it is a number.
const ASKED: [(&str, &str, &str, bool); 6] = [
    ("document", "Document", "The reference of accounting's document. One document assigns once.", false),
    ("assigned_by", "Assigned by", "Who in accounting has assigned it.", false),
    ("float", "Float", "All that the bot may work with, like 50000.00; not what is added to it.", true),
    ("currency", "Currency", "The currency of the books.", false),
    (
        "from",
        "From",
        "The first session that it holds for, like 2026-11-23. A session under way takes it at once.",
        false,
    ),
    (
        "cash",
        "Cash",
        "The cash that moves with it: 20000.00 to the broker, -20000.00 back, 0 where none moves. Empty is as much as the float. \
         It is booked from the broker's activity, never here.",
        true,
    ),
];

/// `GET /ledger/float`
pub(crate) async fn float(shared: Data<Shared>, visitor: Visitor) -> Answer {
    show(&shared, &visitor, &Fields::default(), (&[], None))
}

/// `POST /ledger/float`
pub(crate) async fn assign_float(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let with = |name: &str| fields.get(name).to_owned();
    let (wrong, error) = match assign(&shared, &visitor, &with).await? {
        Outcome::Assigned(_) => {
            let place = format!("{PATH}#assignments");
            return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish());
        }
        Outcome::Wrong(wrong) => (wrong, None),
        Outcome::Refused(Some(field), refused) => (vec![(field, refused.to_string())], None),
        Outcome::Refused(None, refused) => (Vec::new(), Some(refused.to_string())),
    };
    let mut page = show(&shared, &visitor, &fields, (&wrong, error.as_deref()))?;
    *page.status_mut() = if error.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page)
}

fn show(shared: &Shared, visitor: &Visitor, typed: &Fields, (wrong, error): (&[Wrong], Option<&str>)) -> Answer {
    let board = shared.board();
    let why = |name: &str| wrong.iter().find(|(field, _)| *field == name).map(|(_, why)| why.as_str());
    let field = |(name, label, hint, number): &(&str, &str, &str, bool)| {
        let given = typed.get(name);
        let value = if given.is_empty() && *name == "currency" { "USD" } else { given };
        json!({
            "id": format!("f-{}", name.replace('_', "-")), "name": name, "label": label, "hint": hint, "number": number,
            "value": value, "error": why(name),
        })
    };
    let amounts = Column::of(board.floats.iter().flat_map(|a| [a.assignment.float, a.before]), Sign::Plain);
    let row = |a: &FloatAssigned| -> Value {
        let FloatAssigned { assignment, before, by } = a;
        json!({
            "document": assignment.document, "assigned_by": assignment.assigned_by, "by": by,
            "from": assignment.from.to_string(), "float": amounts.cell(assignment.float), "before": amounts.cell(*before),
            "currency": assignment.currency, "cash": assignment.cash.map(|cash| plain(cash, Sign::Result)),
        })
    };
    let own = json!({ "float": {
        "now": plain(board.float, Sign::Plain), "rows": board.floats.iter().rev().map(row).collect::<Vec<_>>(),
        "pad": amounts.pad(0), "fields": ASKED.iter().map(field).collect::<Vec<_>>(), "code_error": why("code"),
        "wrong": wrong.len(), "error": error,
    } });
    Frame::new(shared, visitor, PATH).page("Float", "pages/float.html", own)
}
