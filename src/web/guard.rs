//! Who may open what: every address passes here, by the one table.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::{Bytes, Data, Query};
use actix_web::{Error, HttpMessage as _, HttpRequest};
use desk::domain::bot::{Need, Origin, Role, Who, permit};
use desk::domain::chain::Hash;
use desk::domain::time::Timestamp;
use serde_json::json;

use super::multipart::{self, Upload};
use super::once::{Turn, turn};
use super::refusal::Refusal;
use super::routes::{Needs, Route};
use super::site::Shared;
use super::visitor::{Body, Fields, Visitor, token_of};
use crate::store::people::{ApiTokenText, Deed, SignedIn, Token};

/// The database answers within this, or counts as away.
const PATIENCE: Duration = Duration::from_secs(2);
/// So long it is asked about a session that is known, where somebody wants to stop, kill or flatten.
const QUICK: Duration = Duration::from_millis(250);
/// The largest body that is read, in bytes.
pub(crate) const LARGEST_BODY: usize = 64 * 1024;

/// Finds out who asks, and lets through what the table allows.
pub(crate) async fn guard<B: MessageBody + 'static>(
    route: &'static Route,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if let Err(refusal) = admit(route, &mut request).await {
        return Ok(request.error_response(refusal).map_into_right_body());
    }
    let shared = match shared(&request) {
        Ok(shared) => shared,
        Err(refusal) => return Ok(request.error_response(refusal).map_into_right_body()),
    };
    match turn(&shared, route, &request).await {
        Ok(Turn::Free) => Ok(next.call(request).await?.map_into_left_body()),
        Ok(Turn::First(once)) => {
            let answer = next.call(request).await?;
            if answer.status().is_success() || answer.status().is_redirection() {
                once.done(answer.status().as_u16()).await;
            }
            Ok(answer.map_into_left_body())
        }
        Ok(Turn::Again(answer)) => Ok(request.into_response(answer).map_into_right_body()),
        Err(refusal) => Ok(request.error_response(refusal).map_into_right_body()),
    }
}

/// Finds out who asks where there is nothing to guard, so that an error too is a page with its bar (WEB-2).
pub(crate) async fn greet<B: MessageBody + 'static>(
    route: &'static Route,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Ok(shared) = shared(&request)
        && let Ok(Some(v)) = visitor(&shared, &request, route).await
        && !v.idle
    {
        request.extensions_mut().insert(v);
    }
    next.call(request).await
}

async fn admit(route: &Route, request: &mut ServiceRequest) -> Result<(), Refusal> {
    let shared = shared(request)?;
    let visitor = visitor(&shared, request, route).await?;
    if let Some(v) = &visitor {
        request.extensions_mut().insert(v.clone());
    }
    // A file is read for those alone who may send one: it may be large.
    if !request.method().is_safe() && (!route.takes_file() || may_send(route, visitor.as_ref())) {
        let read = read_body(route, request, visitor.as_ref()).await;
        // Who is signed in did not send it by a page of ours: what was tried in their name is theirs to know (WEB-2b).
        if let (Err(Refusal::Forged), Some(v)) = (&read, &visitor) {
            audit(&shared, v, "refused", request, &json!({ "forged": true })).await;
        }
        read?;
    }
    if route.needs == Needs::Nothing {
        return Ok(());
    }
    let v = visitor.ok_or(Refusal::SignIn)?;
    if v.idle && !route.for_idle() {
        return Err(Refusal::SignIn);
    }
    let Needs::Action(action) = route.needs else { return Ok(()) };
    let need = match permit(v.roles, action) {
        Ok(need) => need,
        Err(e) => {
            audit(&shared, &v, "refused", request, &json!({ "needs": action })).await;
            return Err(Refusal::Forbidden(e.to_string()));
        }
    };
    // An auditor's reads are audited too (WEB-2).
    if v.roles.has(Role::Auditor) && request.method() == Method::GET && route.is_page() {
        audit(&shared, &v, "read", request, &json!({})).await;
    }
    if need == Need::StepUp && request.method() != Method::GET && !v.codes {
        let said = if v.session.is_none() {
            "This act needs a one-time code, which a personal token cannot give. Do it in the browser."
        } else {
            "This act needs a one-time code, and your account has none set up. Set it up on the Account page first."
        };
        return Err(Refusal::StepUp(said.to_owned()));
    }
    Ok(())
}

/// Whether somebody may do what a route is for.
fn may_send(route: &Route, visitor: Option<&Visitor>) -> bool {
    match (route.needs, visitor) {
        (Needs::Action(action), Some(v)) => v.may(action) && !v.idle,
        _ => false,
    }
}

/// Reads the body for the handler, once it is known to be ours.
async fn read_body(route: &Route, request: &mut ServiceRequest, visitor: Option<&Visitor>) -> Result<(), Refusal> {
    let body = match request.extract::<Bytes>().await {
        Ok(body) => body,
        Err(_) if route.kills() => Bytes::new(),
        Err(_) => return Err(Refusal::Invalid("What was sent is too long.".to_owned())),
    };
    let (fields, upload) = fields(request, &body);
    request.extensions_mut().insert(upload);
    // Whoever has a personal token is no browser that another site could steer.
    if visitor.is_none_or(|v| v.session.is_some()) {
        same_site(request.request())?;
        if let Some(v) = visitor {
            unforged(request, &fields, v)?;
        }
    }
    request.extensions_mut().insert(fields);
    request.extensions_mut().insert(Body(body));
    Ok(())
}

fn shared(request: &ServiceRequest) -> Result<Data<Shared>, Refusal> {
    let found = request.app_data::<Data<Shared>>().cloned();
    found.ok_or_else(|| Refusal::Broken("The server was not set up.".to_owned()))
}

/// By personal token where there is one, by session otherwise.
async fn visitor(shared: &Shared, request: &ServiceRequest, route: &Route) -> Result<Option<Visitor>, Refusal> {
    let now = shared.now();
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let text = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer "));
        let Some(token) = text.and_then(ApiTokenText::read) else {
            tracing::warn!(target: "web", "a malformed personal token was presented");
            return Err(Refusal::SignIn);
        };
        let found = shared.site.people.token_of(&token, now).await?;
        return found.map_or(Err(Refusal::SignIn), |(person, name, roles)| {
            Ok(Some(Visitor {
                person,
                name,
                roles,
                theme: crate::store::people::Theme::System,
                codes: false,
                session: None,
                form_secret: String::new(),
                idle: false,
                ends_at: now,
                origin: Origin::Web,
            }))
        });
    }
    let manners = &shared.site.manners;
    let Some(token) = token_of(request.request(), manners.secure) else { return Ok(None) };
    let Some(found) = session(shared, &token, now, route).await? else { return Ok(None) };
    let idle = now - found.seen_at > manners.idle;
    if !idle && request.path() != "/events" {
        // That the last use is not written down must not keep anybody from a kill, nor from a page.
        let patience = if route.for_idle() { QUICK } else { PATIENCE };
        // It goes on by itself where nobody waits for it any more: a write is never cut short.
        let (people, seen) = (shared.site.people.clone(), found.clone());
        let touching = actix_web::rt::spawn(async move {
            if let Err(e) = people.touch(&seen, now).await {
                tracing::warn!(target: "web", "{e}");
            }
        });
        if timeout(patience, touching).await.is_err() {
            tracing::warn!(target: "web", "the last use of a session is not written down yet");
        }
    }
    Ok(Some(signed_in(found, &token, idle)))
}

fn signed_in(found: SignedIn, token: &Token, idle: bool) -> Visitor {
    Visitor {
        person: found.person,
        name: found.name,
        roles: found.roles,
        theme: found.theme,
        codes: found.codes,
        session: Some(found.session),
        form_secret: token.form_secret(),
        idle,
        ends_at: found.ends_at,
        origin: Origin::Web,
    }
}

/// Gets to know the sessions that were begun before this process, so that they too stop and kill whatever the database
/// does later.
pub(crate) async fn acquaint(shared: Data<Shared>) {
    loop {
        match shared.site.people.living_sessions(shared.now()).await {
            Ok(living) => {
                let mut known = shared.known.lock().unwrap_or_else(PoisonError::into_inner);
                for (token, found) in living {
                    known.entry(token).or_insert(found);
                }
                return;
            }
            Err(error) => tracing::warn!(target: "web", %error, "the sessions are not known yet; asking again"),
        }
        sleep(PATIENCE).await;
    }
}

/// The session behind a token. Where the database is away, a session that was good a while ago still stops, kills and
/// flattens: that must not hang on a disk, and never ends in a word about waiting. Where this process does not know the
/// session, the database is waited for as long as it takes.
async fn session(shared: &Shared, token: &Token, now: Timestamp, route: &Route) -> Result<Option<SignedIn>, Refusal> {
    let known = |change: &dyn Fn(&mut BTreeMap<Hash, SignedIn>) -> Option<SignedIn>| {
        change(&mut shared.known.lock().unwrap_or_else(PoisonError::into_inner))
    };
    let seen = || known(&|all| all.get(&token.hash()).cloned()).filter(|s| now < s.ends_at);
    let asking = shared.site.people.session(token, now);
    let asked = match route.for_idle() {
        false => timeout(PATIENCE, asking).await,
        true if seen().is_some() => timeout(QUICK, asking).await,
        true => Ok(asking.await),
    };
    match asked {
        Ok(Ok(found)) => {
            known(&|all| {
                all.retain(|_, s| now < s.ends_at);
                match &found {
                    Some(s) => all.insert(token.hash(), s.clone()),
                    None => all.remove(&token.hash()),
                }
            });
            Ok(found)
        }
        _ if route.for_idle() => Ok(seen()),
        Ok(Err(e)) => Err(e.into()),
        Err(_) => Err(Refusal::Overloaded),
    }
}

fn fields(request: &ServiceRequest, body: &Bytes) -> (Fields, Upload) {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if multipart::is_form(kind) {
        let (fields, upload) = multipart::read(kind, body);
        return (Fields(fields), upload);
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return (Fields::default(), Upload::default());
    }
    let text = std::str::from_utf8(body).unwrap_or_default();
    let read = Query::<BTreeMap<String, String>>::from_query(text);
    (read.map_or_else(|_| Fields::default(), |q| Fields(q.into_inner())), Upload::default())
}

/// Refuses what another site sends, by what the browser itself says (WEB-4).
pub(crate) fn same_site(request: &HttpRequest) -> Result<(), Refusal> {
    let named = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap_or("?"));
    if let Some(site) = named("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return Err(Refusal::Forged);
    }
    if let Some(origin) = named("origin") {
        let host = named("host").unwrap_or_default();
        let from = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if from != Some(host) {
            return Err(Refusal::Forged);
        }
    }
    Ok(())
}

/// Refuses a form without this session's secret.
fn unforged(request: &ServiceRequest, fields: &Fields, visitor: &Visitor) -> Result<(), Refusal> {
    let sent = request.headers().get("x-tbot-form").and_then(|v| v.to_str().ok()).unwrap_or_else(|| fields.get("form"));
    let (sent, own) = (sent.as_bytes(), visitor.form_secret.as_bytes());
    let differing = sent.iter().zip(own).fold(0_u8, |d, (a, b)| d | (a ^ b));
    if sent.len() == own.len() && !own.is_empty() && differing == 0 { Ok(()) } else { Err(Refusal::Forged) }
}

async fn audit(shared: &Shared, v: &Visitor, what: &'static str, request: &ServiceRequest, detail: &serde_json::Value) {
    let object = format!("{} {}", request.method(), request.path());
    let deed = Deed { who: Who::Person(v.name.clone()), origin: Origin::Web, what, object, detail: detail.clone() };
    if let Err(e) = shared.site.people.record(&deed, shared.now()).await {
        tracing::error!(target: "web", "the audit could not be written: {e}");
    }
}
