//! Coming in and going out. A wrong name and a wrong password are answered alike, and take alike.

use actix_web::http::header;
use actix_web::web::{Data, Path, Query, block};
use actix_web::{HttpRequest, HttpResponse};
use desk::domain::bot::{Origin, Who};
use desk::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::frame::plain_values;
use crate::store::people::{Deed, NewSession, PasswordHash, Person, PersonId, Token};
use crate::web::commands::note;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::{Fields, Visitor, address_of, no_cookie, session_cookie};

type Answer = Result<HttpResponse, Refusal>;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Next {
    next: String,
}

/// An address of ours, never another host's.
fn ours(next: &str) -> &str {
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if own { next } else { "/" }
}

fn show(shared: &Shared, name: &str, next: &str, error: Option<&str>, status: u16) -> Answer {
    let mut values = plain_values(shared, "Sign in");
    extend(&mut values, json!({ "form": { "name": name, "next": ours(next), "error": error } }));
    let html = shared.pages.fill("pages/sign_in.html", &values)?;
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}

/// Adds what a page has of its own.
pub(super) fn extend(values: &mut Value, own: Value) {
    if let (Some(all), Value::Object(own)) = (values.as_object_mut(), own) {
        all.extend(own);
    }
}

/// `GET /sign-in`
pub(crate) async fn page(shared: Data<Shared>, visitor: Option<Visitor>, next: Query<Next>) -> Answer {
    if visitor.is_some_and(|v| !v.idle) {
        return Ok(go_to(ours(&next.next)));
    }
    show(&shared, "", &next.next, None, 200)
}

fn go_to(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}

/// One of the attempts that an address has.
pub(super) fn take_attempt(shared: &Shared, request: &HttpRequest) -> Result<(), Refusal> {
    let Some(from) = address_of(request, &shared.site.manners) else { return Ok(()) };
    let taken = shared.limits.take(from, shared.now());
    taken.map_err(|wait| Refusal::Wait(wait.as_seconds().saturating_add(1)))
}

/// `POST /sign-in`
pub(crate) async fn submit(shared: Data<Shared>, request: HttpRequest, fields: Fields) -> Answer {
    take_attempt(&shared, &request)?;
    let (name, next, now) = (fields.get("name").trim(), fields.get("next"), shared.now());
    if let Some(until) = shared.site.people.attempt(name, now).await? {
        attempted(&shared, name, "locked_out", json!({ "until": until })).await?;
        let wait = (until - now).as_seconds().saturating_add(1);
        let said = format!(
            "Too many attempts with this name; try again in {wait} s. On the machine, tbot kill and tbot stop work meanwhile."
        );
        return show(&shared, name, next, Some(&said), 429);
    }
    let person = shared.site.people.named(name).await?;
    let right = right(&shared, person.as_ref(), &fields, now).await?;
    let Some(person) = person.filter(|p| right && !p.disabled) else {
        attempted(&shared, name, "sign_in_failed", json!({})).await?;
        let said = "Name, password or code is wrong. The code is asked for where one is set up.";
        return show(&shared, name, next, Some(said), 401);
    };
    shared.site.people.forgive(name).await?;
    come_in(&shared, &request, person.id, &person.name, "password", ours(next)).await
}

/// Whether password and code are right; everything is looked at whatever is wrong.
async fn right(shared: &Shared, person: Option<&Person>, fields: &Fields, now: Timestamp) -> Result<bool, Refusal> {
    let hash = person.and_then(|p| p.password.clone()).unwrap_or_else(PasswordHash::nobody);
    let typed = fields.get("password").to_owned();
    let _turn = shared.hashing.acquire().await.map_err(|_| Refusal::Busy)?;
    let password = block(move || hash.is(&typed)).await.map_err(|_| Refusal::Busy)?;
    let Some(person) = person else { return Ok(false) };
    if !password {
        return Ok(false);
    }
    if !person.codes {
        return Ok(true);
    }
    let (people, code) = (&shared.site.people, fields.get("code"));
    Ok(people.check_code(person.id, code, now).await?
        || (code.len() > 6 && people.use_recovery(person.id, code, now).await?))
}

/// Begins a session and leads on.
pub(super) async fn come_in(
    shared: &Shared,
    request: &HttpRequest,
    person: PersonId,
    name: &str,
    by: &str,
    place: &str,
) -> Answer {
    let (now, manners) = (shared.now(), &shared.site.manners);
    let agent = request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let new = NewSession {
        person,
        ends_at: now + manners.longest,
        address: address_of(request, manners).map_or_else(|| "unknown".to_owned(), |a| a.to_string()),
        agent: agent.to_owned(),
    };
    let token = shared.site.people.begin_session(&new, now).await?;
    attempted(shared, name, "signed_in", json!({ "by": by, "from": new.address })).await?;
    let mut answer = go_to(place);
    answer.add_cookie(&session_cookie(&token, manners.secure)).map_err(|_| Refusal::Busy)?;
    Ok(answer)
}

/// `POST /sign-out`
pub(crate) async fn out(shared: Data<Shared>, visitor: Visitor) -> Answer {
    if let Some(session) = visitor.session {
        shared.site.people.revoke(session, visitor.person, shared.now()).await?;
    }
    note(&shared, &visitor, "signed_out", "", json!({}), true).await?;
    let mut answer = go_to("/sign-in");
    answer.add_cookie(&no_cookie(shared.site.manners.secure)).map_err(|_| Refusal::Busy)?;
    Ok(answer)
}

fn spent() -> Refusal {
    Refusal::Missing(
        "This link was used already, or its time is over. A new one comes from the terminal or an administrator."
            .to_owned(),
    )
}

/// `GET /link/{token}`: shows whom it lets in; only the button uses it up, so that a preview does not.
pub(crate) async fn link(shared: Data<Shared>, request: HttpRequest, token: Path<String>) -> Answer {
    take_attempt(&shared, &request)?;
    let read = Token::read(&token).ok_or_else(spent)?;
    let person = shared.site.people.link_of(&read, shared.now()).await?.ok_or_else(spent)?;
    let person = shared.site.people.numbered(person).await?.filter(|p| !p.disabled).ok_or_else(spent)?;
    let mut values = plain_values(&shared, "Sign in by link");
    extend(&mut values, json!({ "link": { "token": read.text(), "name": person.name } }));
    let html = shared.pages.fill("pages/link.html", &values)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}

/// `POST /link/{token}`
pub(crate) async fn open_link(shared: Data<Shared>, request: HttpRequest, token: Path<String>) -> Answer {
    take_attempt(&shared, &request)?;
    let read = Token::read(&token).ok_or_else(spent)?;
    let person = shared.site.people.open_link(&read, shared.now()).await?.ok_or_else(spent)?;
    let person = shared.site.people.numbered(person).await?.filter(|p| !p.disabled).ok_or_else(spent)?;
    come_in(&shared, &request, person.id, &person.name, "link", "/").await
}

/// An attempt of whoever types this name.
async fn attempted(shared: &Shared, name: &str, what: &'static str, detail: Value) -> Result<(), Refusal> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(32).collect();
    let deed = Deed { who: Who::Person(name.clone()), origin: Origin::Web, what, object: name, detail };
    shared.site.people.record(&deed, shared.now()).await.map(drop).map_err(Refusal::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_4_nobody_is_led_to_another_host() {
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "", "javascript:alert(1)", "/a\r\nb"] {
            assert_eq!(ours(bad), "/", "{bad}");
        }
        assert_eq!(ours("/decisions?gate=fee"), "/decisions?gate=fee");
    }
}
