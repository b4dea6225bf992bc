//! The wizard's pages.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path, block};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answers::{Answers, Wanted};
use super::server::Kept;
use super::steps::{Step, Wrong, sentence};
use crate::store::people::{PasswordHash, Token};
use crate::web::assets;
use crate::web::guard::same_site;
use crate::web::refusal::Refusal;
use crate::web::visitor::{Fields, session_cookie};

type Answer = Result<HttpResponse, Refusal>;

/// Where the wizard leads when it is done.
const AFTERWARDS: &str = "/account/codes";

/// `GET /open/{token}`: the link that the terminal showed.
pub(crate) async fn open(kept: Data<Kept>, token: Path<String>) -> Answer {
    if Token::read(&token).is_none_or(|t| t.hash() != kept.set_up.token.hash()) {
        return closed_page(&kept);
    }
    let next = kept.answers.lock().unwrap_or_else(PoisonError::into_inner).next();
    let mut answer = go_to(next);
    answer.add_cookie(&cookie(&kept)).map_err(|_| Refusal::Busy)?;
    Ok(answer)
}

fn go_to(step: Step) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/setup/{}", step.as_str()))).finish()
}

const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-tbot-setup" } else { "tbot-setup" }
}

fn cookie(kept: &Kept) -> Cookie<'static> {
    let secure = kept.set_up.secure;
    Cookie::build(cookie_name(secure), kept.set_up.token.text().to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .finish()
}

/// Whether the browser has come by the link.
fn is_known(kept: &Kept, request: &HttpRequest) -> bool {
    let sent = request.cookie(cookie_name(kept.set_up.secure)).and_then(|c| Token::read(c.value()));
    sent.is_some_and(|t| t.hash() == kept.set_up.token.hash())
}

/// Everything else, and everybody who has not come by the link.
pub(crate) async fn closed(kept: Data<Kept>, request: HttpRequest) -> Answer {
    if is_known(&kept, &request) {
        return Ok(go_to(kept.answers.lock().unwrap_or_else(PoisonError::into_inner).next()));
    }
    closed_page(&kept)
}

fn closed_page(kept: &Kept) -> Answer {
    let html = kept.pages.fill("setup/closed.html", &json!({ "version": assets::version() }))?;
    Ok(HttpResponse::build(StatusCode::FORBIDDEN).content_type("text/html; charset=utf-8").body(html))
}

/// `GET /health`
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// `GET /ready`
pub(crate) async fn not_ready() -> HttpResponse {
    HttpResponse::ServiceUnavailable().json(json!({ "status": "not set up" }))
}

/// What was typed into a step and not taken. It waits for the page to be asked for: a page that a POST has answered cannot be
/// gone back to.
#[derive(Clone)]
pub(super) struct Turned {
    step: Step,
    fields: Fields,
    wrong: Vec<Wrong>,
    failed: Option<String>,
}

impl Turned {
    /// Leads back to the step, which then shows what was typed. A password is never shown again.
    fn back(
        kept: &Kept,
        step: Step,
        mut fields: Fields,
        (wrong, failed): (Vec<Wrong>, Option<String>),
    ) -> HttpResponse {
        fields.0.retain(|name, _| !["form", "password", "again"].contains(&name.as_str()));
        *kept.turned.lock().unwrap_or_else(PoisonError::into_inner) = Some(Self { step, fields, wrong, failed });
        go_to(step)
    }
}

/// What was typed into a step, where it is shown again.
#[derive(Default)]
struct Typed<'a> {
    fields: Option<&'a Fields>,
    wrong: &'a [Wrong],
    failed: Option<&'a str>,
}

fn page(kept: &Kept, answers: &Answers, step: Step, turned: Option<&Turned>) -> Answer {
    // What was taken once may no longer fit what was answered since: that is said as soon as somebody looks.
    let no_longer = step.together(&answers.runtime);
    let typed = turned.map_or(Typed { wrong: &no_longer, ..Typed::default() }, |t| Typed {
        fields: Some(&t.fields),
        wrong: &t.wrong,
        failed: t.failed.as_deref(),
    });
    let own = |name: &str, stands: &str| typed.fields.map_or_else(|| stands.to_owned(), |f| f.get(name).to_owned());
    let error = |name: &str| typed.wrong.iter().find(|(key, _)| key == name).map(|(_, said)| said.clone());
    let steps: Vec<Value> = Step::ALL
        .iter()
        .zip(1..)
        .map(|(s, number)| {
            let said = answers.said(*s);
            json!({ "path": s.as_str(), "name": s.name(), "here": *s == step, "done": said.is_some(), "said": said, "number": number })
        })
        .collect();
    let number = steps.iter().position(|s| s["here"] == true).map_or(1, |at| at.saturating_add(1));
    let fields = step.fields(answers, typed.fields, typed.wrong);
    let errors = errors(&fields, typed.wrong);
    let focus = errors.first().map(|e| e["key"].clone()).or_else(|| fields.first().map(|f| f["key"].clone()));
    let zones: Vec<&str> = if step == Step::TimeZone { zones() } else { Vec::new() };
    let missing = Step::ALL.into_iter().filter(|s| *s != Step::Administrator && answers.said(*s).is_none());
    let missing: Vec<Value> = missing.map(|s| json!({ "path": s.as_str(), "name": s.name() })).collect();
    let values = json!({
        "version": assets::version(), "steps": steps, "number": number, "count": Step::ALL.len(),
        "step": step.as_str(), "name": step.name(), "question": step.question(), "lead": step.lead(),
        "notes": step.notes(), "fields": fields, "zones": zones, "form": kept.set_up.token.form_secret(),
        "identity": own("identity", answers.identity.as_str()), "identity_error": error("identity"),
        "feed": kept.set_up.feed, "venue_error": error("venue"),
        "chosen": typed.fields.is_none_or(|f| f.get("venue") == "simulated"),
        "admin": own("name", &answers.name), "name_error": error("name"), "password_error": error("password"),
        "again_error": error("again"), "whose": answers.identity, "missing": missing,
        "back": step.before().map(|s| json!({ "path": s.as_str(), "name": s.name().to_lowercase() })),
        "forth": step.after().map(|s| s.name().to_lowercase()),
        "errors": errors, "focus": focus.unwrap_or_default(), "failed": typed.failed,
    });
    let html = kept.pages.fill("setup/step.html", &values)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}

/// What is wrong, in the order of the page, to be listed at the button; each leads to its field.
fn errors(fields: &[Value], wrong: &[Wrong]) -> Vec<Value> {
    let place = |key: &str| fields.iter().position(|f| f["key"] == key).unwrap_or(usize::MAX);
    let mut wrong: Vec<&Wrong> = wrong.iter().collect();
    wrong.sort_by_key(|(key, _)| place(key));
    let label = |key: &str| match key {
        "again" => "The same again".to_owned(),
        _ => fields
            .iter()
            .find(|f| f["key"] == key)
            .and_then(|f| f["label"].as_str())
            .map_or_else(|| sentence(key), str::to_owned),
    };
    let told = |(key, _): &&Wrong| json!({ "key": key, "id": key.replace('.', "-"), "label": label(key) });
    wrong.iter().map(told).collect()
}

fn zones() -> Vec<&'static str> {
    let all = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    all.filter(|name| (name.contains('/') && !name.starts_with("Etc/")) || *name == "UTC").collect()
}

/// `GET /setup/{step}`
pub(crate) async fn show(kept: Data<Kept>, request: HttpRequest, step: Path<String>) -> Answer {
    if !is_known(&kept, &request) {
        return closed_page(&kept);
    }
    let answers = kept.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match Step::named(&step) {
        Some(step) => {
            let turned = kept.turned.lock().unwrap_or_else(PoisonError::into_inner).clone();
            page(&kept, &answers, step, turned.as_ref().filter(|t| t.step == step))
        }
        None => Ok(go_to(answers.next())),
    }
}

/// `POST /setup/{step}`: takes the answers, or leads back to the page, which shows what was typed and what is wrong.
pub(crate) async fn submit(
    kept: Data<Kept>,
    request: HttpRequest,
    step: Path<String>,
    form: Form<BTreeMap<String, String>>,
) -> Answer {
    let fields = Fields(form.into_inner());
    if !is_known(&kept, &request) {
        return closed_page(&kept);
    }
    same_site(&request)?;
    if fields.get("form") != kept.set_up.token.form_secret() {
        return Err(Refusal::Forged);
    }
    let Some(step) = Step::named(&step) else {
        return Err(Refusal::Missing("There is no such step.".to_owned()));
    };
    let (taken, answers) = {
        let mut answers = kept.answers.lock().unwrap_or_else(PoisonError::into_inner);
        (step.take(&mut answers, &fields), answers.clone())
    };
    let mut wrong = taken.err().unwrap_or_default();
    if step == Step::Administrator {
        wrong.extend(password(&answers, &fields));
    }
    if !wrong.is_empty() {
        return Ok(Turned::back(&kept, step, fields, (wrong, None)));
    }
    kept.turned.lock().unwrap_or_else(PoisonError::into_inner).take_if(|t| t.step == step);
    match step.after() {
        Some(next) => Ok(go_to(next)),
        None => found(&kept, &request, &answers, &fields).await,
    }
}

fn password(answers: &Answers, fields: &Fields) -> Option<Wrong> {
    let names = format!("{} {}", fields.get("name"), answers.identity);
    let typed = fields.get("password");
    match PasswordHash::check(&names, typed) {
        Err(error) => Some(("password".to_owned(), error.to_string())),
        Ok(()) if typed != fields.get("again") => {
            Some(("again".to_owned(), "The two passwords are not the same.".to_owned()))
        }
        Ok(()) => None,
    }
}

/// The last step: everything is made, and the administrator is signed in.
async fn found(kept: &Data<Kept>, request: &HttpRequest, answers: &Answers, fields: &Fields) -> Answer {
    let failed = |said: String| Ok(Turned::back(kept, Step::Administrator, fields.clone(), (Vec::new(), Some(said))));
    let missing: Vec<_> = Step::ALL.into_iter().filter(|s| answers.said(*s).is_none()).map(Step::name).collect();
    if !missing.is_empty() {
        let no_longer =
            Step::ALL.into_iter().flat_map(|s| s.together(&answers.runtime).into_iter().map(move |w| (s, w)));
        let no_longer = no_longer.map(|(s, (key, said))| format!("{}: {said}", s.label(&key)));
        let said: Vec<String> =
            std::iter::once(format!("Not answered yet: {}.", missing.join(", "))).chain(no_longer).collect();
        return failed(said.join(" "));
    }
    let mut founded = kept.founding.lock().await;
    if *founded {
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, "/sign-in")).finish());
    }
    let name = fields.get("name").parse().map_err(|_| Refusal::Invalid("That is no name.".to_owned()))?;
    let typed = fields.get("password").to_owned();
    let hash = block(move || PasswordHash::new(&typed)).await.map_err(|_| Refusal::Busy)?;
    let agent = request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let wanted = Wanted {
        identity: answers.identity.clone(),
        runtime: answers.runtime.clone(),
        name,
        password: hash.map_err(Refusal::from)?,
        address: request.peer_addr().map_or_else(|| "unknown".to_owned(), |a| a.ip().to_string()),
        agent: agent.to_owned(),
    };
    let session = match (kept.set_up.founding)(wanted).await {
        Ok(session) => session,
        Err(said) => return failed(said),
    };
    *founded = true;
    // From here on new requests wait for the bot's own server.
    if let Some(handle) = kept.handle.get() {
        handle.pause().await;
    }
    kept.done.notify_one();
    let mut answer = HttpResponse::SeeOther();
    answer.insert_header((header::LOCATION, AFTERWARDS)).cookie(session_cookie(&session, kept.set_up.secure));
    let mut gone = cookie(kept);
    gone.make_removal();
    Ok(answer.cookie(gone).finish())
}
