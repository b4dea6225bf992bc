//! The float for programs: as it stands, what accounting has assigned, and another assignment.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use super::entries::{object, text};
use crate::messages::bookkeeping::FloatTold;
use crate::web::floating::{Outcome, assign as assign_float};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::{Body, Visitor};

/// `GET /api/v1/ledger/float`
pub(crate) async fn float(shared: Data<Shared>) -> Result<HttpResponse, Refusal> {
    let board = shared.board();
    Ok(HttpResponse::Ok().json(json!({ "float": board.float, "assignments": board.floats })))
}

/// `POST /api/v1/ledger/float`
pub(crate) async fn assign(shared: Data<Shared>, visitor: Visitor, body: Body) -> Result<HttpResponse, Refusal> {
    let object = object(&body)?;
    let with = |name: &str| text(&object, name);
    match assign_float(&shared, &visitor, &with).await? {
        Outcome::Assigned(FloatTold { assigned, new }) => {
            Ok(HttpResponse::Ok().json(json!({ "assigned": assigned, "new": new })))
        }
        Outcome::Wrong(wrong) => {
            let said: Vec<String> = wrong.iter().map(|(field, why)| format!("{field}: {why}")).collect();
            Err(Refusal::Invalid(said.join(" ")))
        }
        Outcome::Refused(Some("code"), refused) => Err(Refusal::StepUp(refused.to_string())),
        Outcome::Refused(_, refused) => Err(refused.into()),
    }
}
