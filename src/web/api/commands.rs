//! Verbs for programs: `POST /api/v1/commands/{verb}` with an `Idempotency-Key`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::web::commands::{self, Asked, Given};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::{Body, Fields, Visitor};

/// Names that mean something.
const NAMES: &[&str] = &["why", "code", "symbol", "strategy", "order", "name", "mode", "version", "proposal", "day"];

/// What may come as a number too.
const NUMBERS: &[&str] = &["version", "proposal"];

/// The object that came. A name that means something and holds something else is refused: an order for one symbol must not
/// become one for all.
fn read(body: &Body, fields: &Fields) -> Result<Value, Refusal> {
    if body.0.is_empty() || !fields.0.is_empty() {
        return Ok(Value::Null);
    }
    let object: Value =
        serde_json::from_slice(&body.0).map_err(|e| Refusal::Invalid(format!("The body is no JSON: {e}.")))?;
    let Value::Object(values) = &object else {
        return Err(Refusal::Invalid("The body must be a JSON object.".to_owned()));
    };
    for name in NAMES {
        let fits = values.get(*name).is_none_or(|v| v.is_string() || (v.is_number() && NUMBERS.contains(name)));
        if !fits {
            return Err(Refusal::Invalid(format!("{name} must be text.")));
        }
    }
    Ok(object)
}

/// `POST /api/v1/commands/{verb}`: what it touches stands in a JSON object or a form.
pub(crate) async fn give(
    shared: Data<Shared>,
    request: HttpRequest,
    visitor: Visitor,
    fields: Fields,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    let verb = request.path().trim_start_matches("/api/v1/commands/");
    let object = match read(&body, &fields) {
        // A kill is never refused for what came with it.
        Err(_) if verb == "kill" => Value::Null,
        read => read?,
    };
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
