//! Verbs as forms: they work without script. Done, the browser is led to where the result stands.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::frame::form_key;
use crate::web::commands::{Asked, Given, give};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::{Fields, Visitor};

/// `POST /commands/{verb}`
pub(crate) async fn form(
    shared: Data<Shared>,
    request: HttpRequest,
    visitor: Visitor,
    fields: Fields,
) -> Result<HttpResponse, Refusal> {
    let verb = request.path().trim_start_matches("/commands/");
    let with = |name: &str| fields.get(name).to_owned();
    let command = Asked { verb, with: &with }.command()?;
    let given = Given {
        command,
        // Two buttons of one page are two commands.
        key: match fields.get("key") {
            "" => format!("{verb}-{}", form_key()),
            key => format!("{verb}-{key}"),
        },
        why: fields.get("why").to_owned(),
        code: fields.get("code").to_owned(),
    };
    give(&shared, &visitor, given).await?;
    let place = match verb {
        "kill" | "reset_kill" | "drill" => "/kill",
        "freeze" | "unfreeze" | "pause" | "resume" | "enter_defense" | "leave_defense" => "/risk",
        "backup" => "/system/health",
        "rehearse" => "/rehearsal",
        "suspend_strategy" => "/strategies",
        _ => "/",
    };
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish())
}
