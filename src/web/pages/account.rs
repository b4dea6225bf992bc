//! Oneself: colours, password, one-time codes, sessions, personal tokens.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use desk::domain::bot::{Role, Roles};
use desk::domain::time::Span;
use serde_json::{Value, json};

use super::frame::Frame;
use super::registration::hashed;
use crate::store::people::{PasswordHash, Theme};
use crate::web::commands::note;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::{Fields, Visitor};

type Answer = Result<HttpResponse, Refusal>;

/// How long a personal token lives.
const TOKEN_LIFE: Span = Span::minutes(90 * 24 * 60);

async fn show(shared: &Shared, visitor: &Visitor, notice: Option<String>, error: Option<(&str, String)>) -> Answer {
    let (people, now) = (&shared.site.people, shared.now());
    let sessions: Vec<Value> = people
        .sessions(visitor.person, now)
        .await?
        .into_iter()
        .map(|s| {
            json!({
                "session": s.session, "here": Some(s.session) == visitor.session, "made": moment(s.made_at),
                "seen": moment(s.seen_at), "ends": moment(s.ends_at), "address": s.address, "agent": s.agent,
            })
        })
        .collect();
    let tokens: Vec<Value> = people
        .tokens(visitor.person, now)
        .await?
        .into_iter()
        .map(|t| {
            let roles: Vec<&str> = t.roles.iter().map(Role::as_str).collect();
            json!({ "token": t.token, "label": t.label, "roles": roles.join(", ").replace('_', " "),
                    "made": moment(t.made_at), "ends": moment(t.ends_at) })
        })
        .collect();
    let roles: Vec<Value> =
        visitor.roles.iter().map(|r| json!({ "code": r, "word": r.as_str().replace('_', " ") })).collect();
    let password = people.numbered(visitor.person).await?.is_some_and(|p| p.password.is_some());
    let failed = error.is_some();
    let (field, said) = error.unwrap_or_default();
    let own = json!({
        "sessions": sessions, "tokens": tokens, "own_roles": roles, "has_password": password,
        "recovery_left": people.recovery_left(visitor.person).await?,
        "error": { "field": field, "said": said },
    });
    let mut answer =
        Frame::new(shared, visitor, "/account").with_notice(notice).page("Account", "pages/account.html", own)?;
    if failed {
        *answer.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `GET /account`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor) -> Answer {
    show(&shared, &visitor, None, None).await
}

/// `POST /account/theme`
pub(crate) async fn theme(shared: Data<Shared>, request: HttpRequest, visitor: Visitor, fields: Fields) -> Answer {
    shared.site.people.set_theme(visitor.person, Theme::named(fields.get("theme"))).await?;
    // A script needs no page.
    if request.headers().contains_key("x-tbot-form") {
        return Ok(HttpResponse::NoContent().finish());
    }
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, "/account")).finish())
}

/// `POST /account/password`
pub(crate) async fn password(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let people = &shared.site.people;
    let (old, new, now) = (fields.get("old").to_owned(), fields.get("new"), shared.now());
    let person = people.numbered(visitor.person).await?.ok_or(Refusal::SignIn)?;
    if let Some(hash) = person.password {
        if let Some(until) = people.attempt(&visitor.name, now).await? {
            return Err(Refusal::Wait((until - now).as_seconds().saturating_add(1)));
        }
        let turn = shared.hashing.acquire().await.map_err(|_| Refusal::Busy)?;
        let right = actix_web::web::block(move || hash.is(&old)).await.map_err(|_| Refusal::Busy)?;
        drop(turn);
        if !right {
            return show(&shared, &visitor, None, Some(("old", "This is not your password.".to_owned()))).await;
        }
        people.forgive(&visitor.name).await?;
    }
    if let Err(e) = PasswordHash::check(&format!("{} {}", visitor.name, shared.site.identity), new) {
        return show(&shared, &visitor, None, Some(("new", e.to_string()))).await;
    }
    let hash = hashed(&shared, new).await?;
    people.set_password(visitor.person, &hash, visitor.session.unwrap_or(0), now).await?;
    note(&shared, &visitor, "password_changed", &visitor.name, json!({}), true).await?;
    let said = "The password is changed. All other sessions and all personal tokens have ended.";
    show(&shared, &visitor, Some(said.to_owned()), None).await
}

/// `GET /account/codes`: what they are for, and how to begin. The set-up ends here.
pub(crate) async fn codes(shared: Data<Shared>, visitor: Visitor) -> Answer {
    codes_page(
        &shared,
        &visitor,
        &json!({ "begin": true, "secret": "", "address": "", "picture": "", "error": "" }),
        &[],
    )
}

/// `POST /account/codes`: a new secret, shown once.
pub(crate) async fn begin_codes(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let people = &shared.site.people;
    // Whoever finds an open page must not put another secret in place of the one in use.
    if visitor.codes && !people.check_code(visitor.person, fields.get("code"), shared.now()).await? {
        let said = "To replace the codes, type a code of the ones in use.".to_owned();
        return show(&shared, &visitor, None, Some(("code", said))).await;
    }
    let issuer = shared.site.identity.as_str();
    let setup = people.begin_codes(visitor.person, &visitor.name, issuer).await?;
    note(&shared, &visitor, "codes_begun", &visitor.name, json!({}), true).await?;
    let shown = json!({
        "begin": false, "secret": *setup.secret, "address": *setup.address, "picture": picture(&setup.address), "error": "",
    });
    codes_page(&shared, &visitor, &shown, &[])
}

/// An address as a picture that a phone reads; nothing where it is too long for one.
fn picture(address: &str) -> String {
    let Ok(code) = qrcode::QrCode::new(address) else { return String::new() };
    let drawn = code.render::<qrcode::render::svg::Color<'_>>().module_dimensions(4, 4).build();
    // Without the declaration of a file of its own.
    drawn.find("<svg").and_then(|at| drawn.split_at_checked(at)).map(|(_, svg)| svg.to_owned()).unwrap_or_default()
}

fn codes_page(shared: &Shared, visitor: &Visitor, setup: &Value, recovery: &[&str]) -> Answer {
    let own = json!({ "setup": setup, "recovery": recovery });
    Frame::new(shared, visitor, "/account").page("One-time codes", "pages/codes.html", own)
}

/// `POST /account/codes/confirm`
pub(crate) async fn confirm_codes(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let people = &shared.site.people;
    let name = format!("code {}", visitor.name);
    let now = shared.now();
    if let Some(until) = people.attempt(&name, now).await? {
        return Err(Refusal::Wait((until - now).as_seconds().saturating_add(1)));
    }
    let Some(recovery) = people.confirm_codes(visitor.person, fields.get("code"), now).await? else {
        let said = "This code is not right. Check the clock of the phone, and type the next one.";
        return codes_page(
            &shared,
            &visitor,
            &json!({ "begin": false, "secret": "", "address": "", "picture": "", "error": said }),
            &[],
        );
    };
    people.forgive(&name).await?;
    note(&shared, &visitor, "codes_in_use", &visitor.name, json!({}), true).await?;
    let codes: Vec<&str> = recovery.0.iter().map(|c| c.as_str()).collect();
    let visitor = Visitor { codes: true, ..visitor };
    codes_page(&shared, &visitor, &Value::Null, &codes)
}

/// `POST /account/sessions/revoke`: one, or all others.
pub(crate) async fn revoke(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let (people, now) = (&shared.site.people, shared.now());
    let said = if fields.get("session") == "others" {
        let ended = people.revoke_others(visitor.person, visitor.session.unwrap_or(0), now).await?;
        format!("All other sessions have ended ({ended}).")
    } else {
        let session =
            fields.get("session").parse().map_err(|_| Refusal::Invalid("That is no session of yours.".to_owned()))?;
        if people.revoke(session, visitor.person, now).await? {
            "The session has ended."
        } else {
            "That session had ended."
        }
        .to_owned()
    };
    note(&shared, &visitor, "session_revoked", fields.get("session"), json!({}), true).await?;
    show(&shared, &visitor, Some(said), None).await
}

/// `POST /account/tokens`: a personal token with some of one's own roles, shown once.
pub(crate) async fn make_token(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let label: String = fields.get("label").trim().chars().filter(|c| !c.is_control()).take(64).collect();
    if label.is_empty() {
        let said = "Say what the token is for: 1 to 64 characters.".to_owned();
        return show(&shared, &visitor, None, Some(("label", said))).await;
    }
    let wanted: Vec<Role> =
        visitor.roles.iter().filter(|r| fields.get(&format!("role_{}", r.as_str())) == "on").collect();
    let roles = if wanted.is_empty() { Roles::of(&[Role::Viewer]) } else { Roles::of(&wanted) };
    let now = shared.now();
    let text = shared.site.people.make_token(visitor.person, &label, roles, now, now + TOKEN_LIFE).await?;
    note(&shared, &visitor, "token_made", &label, json!({ "roles": roles }), true).await?;
    let said = format!("The token, shown this once: {}", text.text());
    show(&shared, &visitor, Some(said), None).await
}

/// `POST /account/tokens/revoke`
pub(crate) async fn revoke_token(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let token = fields.get("token").parse().map_err(|_| Refusal::Invalid("That is no token of yours.".to_owned()))?;
    shared.site.people.revoke_token(token, visitor.person, shared.now()).await?;
    note(&shared, &visitor, "token_revoked", fields.get("token"), json!({}), true).await?;
    show(&shared, &visitor, Some("The token has ended.".to_owned()), None).await
}
