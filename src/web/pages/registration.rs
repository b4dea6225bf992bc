//! The first administrator, by the one-time token that the terminal showed.

use actix_web::web::{Data, Path, block};
use actix_web::{HttpRequest, HttpResponse};
use desk::domain::bot::{Origin, Roles, Who};
use serde_json::json;

use super::frame::plain_values;
use super::sign_in::{come_in, extend, take_attempt};
use crate::store::people::{Deed, NewPerson, PasswordHash, PersonName, Token};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Fields;

type Answer = Result<HttpResponse, Refusal>;

fn over() -> Refusal {
    Refusal::Missing(
        "This registration link was used already, or its time is over. Restart the bot for a new one; where there is an \
         administrator already, ask for an account there."
            .to_owned(),
    )
}

fn show(shared: &Shared, token: &str, name: &str, errors: &[(&str, String)]) -> Answer {
    let error = |field: &str| errors.iter().find(|(f, _)| *f == field).map(|(_, e)| e.clone());
    let mut values = plain_values(shared, "First administrator");
    extend(
        &mut values,
        json!({ "form": {
            "token": token, "name": name, "name_error": error("name"), "password_error": error("password"),
            "again_error": error("again"),
        } }),
    );
    let html = shared.pages.fill("pages/register.html", &values)?;
    let mut answer = if errors.is_empty() { HttpResponse::Ok() } else { HttpResponse::UnprocessableEntity() };
    Ok(answer.content_type("text/html; charset=utf-8").body(html))
}

/// `GET /register/{token}`
pub(crate) async fn page(shared: Data<Shared>, request: HttpRequest, token: Path<String>) -> Answer {
    take_attempt(&shared, &request)?;
    let read = Token::read(&token).ok_or_else(over)?;
    if !shared.site.people.may_register(&read, shared.now()).await? {
        return Err(over());
    }
    show(&shared, read.text(), "", &[])
}

/// `POST /register/{token}`
pub(crate) async fn submit(shared: Data<Shared>, request: HttpRequest, token: Path<String>, fields: Fields) -> Answer {
    take_attempt(&shared, &request)?;
    let read = Token::read(&token).ok_or_else(over)?;
    if !shared.site.people.may_register(&read, shared.now()).await? {
        return Err(over());
    }
    let (name, password) = (fields.get("name"), fields.get("password"));
    let parsed = name.parse::<PersonName>();
    let mut errors = Vec::new();
    if let Err(e) = &parsed {
        errors.push(("name", e.to_string()));
    }
    if let Err(e) = PasswordHash::check(&format!("{name} {}", shared.site.identity), password) {
        errors.push(("password", e.to_string()));
    } else if password != fields.get("again") {
        errors.push(("again", "The two passwords are not the same.".to_owned()));
    }
    let Ok(parsed) = parsed else { return show(&shared, read.text(), name, &errors) };
    if !errors.is_empty() {
        return show(&shared, read.text(), name, &errors);
    }
    let hash = hashed(&shared, password).await?;
    let new = NewPerson { name: parsed.clone(), password: Some(hash), roles: Roles::ADMINISTRATOR };
    let person = shared.site.people.register(&read, &new, shared.now()).await?.ok_or_else(over)?;
    let deed = Deed {
        who: Who::Person(parsed.to_string()),
        origin: Origin::Web,
        what: "registered",
        object: parsed.to_string(),
        detail: json!({ "roles": Roles::ADMINISTRATOR }),
    };
    shared.site.people.record(&deed, shared.now()).await?;
    (shared.site.registered)(parsed.as_str());
    come_in(&shared, &request, person, parsed.as_str(), "registration", "/account").await
}

/// A password's hash, made beside the event loop.
pub(super) async fn hashed(shared: &Shared, password: &str) -> Result<PasswordHash, Refusal> {
    let _turn = shared.hashing.acquire().await.map_err(|_| Refusal::Busy)?;
    let password = password.to_owned();
    block(move || PasswordHash::new(&password)).await.map_err(|_| Refusal::Busy)?.map_err(Refusal::from)
}
