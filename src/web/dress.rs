//! Headers on every answer (WEB-4), and pages for errors where a person looks.

use std::fmt::Write as _;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpResponse};
use serde_json::json;

use super::pages::{Frame, plain_values};
use super::refusal::Refusal;
use super::routes::is_for_programs;
use super::site::Shared;
use super::visitor::{Visitor, let_in};

/// Nothing but our own files; no inline script or style, no frame, no other host.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    (
        "permissions-policy",
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), \
         payment=(), publickey-credentials-get=(), usb=()",
    ),
    ("x-permitted-cross-domain-policies", "none"),
];

/// The outermost layer.
pub(crate) async fn dress<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let shared = request.app_data::<Data<Shared>>().cloned();
    if let Some(shared) = &shared
        && !let_in(request.request(), &shared.site.manners)
    {
        let said = Refusal::Forbidden("This address answers its proxy alone; open the proxy's.".to_owned());
        let mut answer = request.error_response(said).map_into_right_body();
        put_on(answer.headers_mut(), shared.site.manners.strict_transport);
        return Ok(answer);
    }
    let answer = next.call(request).await?;
    let mut answer = match shared.as_ref().and_then(|s| page_for(s, &answer)) {
        Some(page) => answer.into_response(page).map_into_right_body(),
        None => answer.map_into_left_body(),
    };
    let strict = shared.is_some_and(|s| s.site.manners.strict_transport);
    put_on(answer.headers_mut(), strict);
    Ok(answer)
}

pub(crate) fn put_on(headers: &mut HeaderMap, strict_transport: bool) {
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if strict_transport {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// A page in place of an error, where a person looks.
fn page_for<B>(shared: &Shared, answer: &ServiceResponse<B>) -> Option<HttpResponse> {
    let request = answer.request();
    if is_for_programs(request.path()) {
        // Whatever went wrong below the handlers is a problem document too.
        let known = answer.response().error().is_none_or(|e| e.as_error::<Refusal>().is_some());
        return (!known).then(|| refusal_of(answer.status()).map(|r| actix_web::ResponseError::error_response(&r)))?;
    }
    let refusal = match answer.response().error().map(|e| e.as_error::<Refusal>()) {
        Some(Some(refusal)) => refusal.clone(),
        Some(None) => refusal_of(answer.status())?,
        None => return None,
    };
    if refusal == Refusal::SignIn {
        let next = if *request.method() == Method::GET {
            request.uri().path_and_query().map_or("/", |p| p.as_str())
        } else {
            "/"
        };
        let place = if next == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={}", escaped(next)) };
        return Some(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish());
    }
    let visitor = request.extensions().get::<Visitor>().cloned();
    let mut page = HttpResponse::build(refusal.status());
    if let Some(more) = refusal.header() {
        page.insert_header(more);
    }
    let said = json!({ "title": refusal.title(), "detail": refusal.to_string(), "code": refusal.code(), "status": refusal.status().as_u16(),
                       "steps": refusal.steps() });
    let html = if let Some(v) = &visitor {
        let own = json!({ "refusal": said });
        Frame::new(shared, v, request.path()).fill(refusal.title(), "pages/refused.html", own)
    } else {
        let mut values = plain_values(shared, refusal.title());
        if let Some(map) = values.as_object_mut() {
            map.insert("refusal".to_owned(), said);
        }
        shared.pages.fill("pages/refused_plain.html", &values).map_err(Refusal::from)
    };
    let text = html.unwrap_or_else(|e| format!("{}. {e}", refusal.title()));
    Some(page.content_type("text/html; charset=utf-8").body(text))
}

/// What a bare status means.
fn refusal_of(status: StatusCode) -> Option<Refusal> {
    match status {
        StatusCode::NOT_FOUND => Some(Refusal::Missing("There is no such address.".to_owned())),
        StatusCode::METHOD_NOT_ALLOWED => Some(Refusal::Method("GET, POST")),
        s if s.is_client_error() => Some(Refusal::Invalid("The request cannot be understood.".to_owned())),
        s if s.is_server_error() => Some(Refusal::Broken("The server could not answer; the log says why.".to_owned())),
        _ => None,
    }
}

/// An address as part of another.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
