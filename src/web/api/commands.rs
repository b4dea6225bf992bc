//! Verbs for programs: `POST /api/v1/commands/{verb}` with an `Idempotency-Key`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::web::commands::{self, Asked, Given};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::{Body, Fields, Visitor};

/// `POST /api/v1/commands/{verb}`: what it touches stands in a JSON object or a form.
pub(crate) async fn give(
    shared: Data<Shared>,
    request: HttpRequest,
    visitor: Visitor,
    fields: Fields,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    let verb = request.path().trim_start_matches("/api/v1/commands/");
    let object: Value = if body.0.is_empty() || !fields.0.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body.0).map_err(|e| Refusal::Invalid(format!("The body is no JSON: {e}.")))?
    };
    if !matches!(object, Value::Null | Value::Object(_)) {
        return Err(Refusal::Invalid("The body must be a JSON object.".to_owned()));
    }
    let with = |name: &str| match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => fields.get(name).to_owned(),
    };
    let command = Asked { verb, with: &with }.command()?;
    let key = request.headers().get("idempotency-key").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let given = Given { command, key: key.to_owned(), why: with("why"), code: with("code") };
    Ok(HttpResponse::Ok().json(commands::give(&shared, &visitor, given).await?))
}
