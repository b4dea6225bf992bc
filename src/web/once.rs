//! The same form sent twice acts once (WEB-5). Commands keep their whole answer by themselves; of every other POST it is
//! kept that it was done, for its answer may have shown what is shown once.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header;
use actix_web::rt::time::{sleep, timeout};
use actix_web::{HttpMessage as _, HttpResponse};
use desk::domain::chain::Hash;

use super::refusal::Refusal;
use super::routes::{Route, Verb, all, is_for_programs};
use super::site::Shared;
use super::visitor::{Body, Fields, Visitor};
use crate::store::people::{Kept, PersonId};

/// How long the first of several with one key is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked whether it is done.
const LOOK: Duration = Duration::from_millis(5);

/// Keys of what is being done at this moment.
#[derive(Debug, Default)]
pub(crate) struct Doing(Mutex<BTreeSet<(PersonId, String)>>);

/// A key while what it stands for is being done.
pub(crate) struct Held<'a> {
    shared: &'a Shared,
    person: PersonId,
    key: String,
}

impl<'a> Held<'a> {
    /// Takes a key; nothing where somebody has it.
    pub(crate) fn take(shared: &'a Shared, person: PersonId, key: &str) -> Option<Self> {
        let new = shared.doing.0.lock().unwrap_or_else(PoisonError::into_inner).insert((person, key.to_owned()));
        new.then(|| Self { shared, person, key: key.to_owned() })
    }

    /// The same, and waits for whoever has it.
    ///
    /// # Errors
    /// [`Refusal::Busy`] where that takes too long.
    pub(crate) async fn wait(shared: &'a Shared, person: PersonId, key: &str) -> Result<Self, Refusal> {
        let taken = async {
            loop {
                match Self::take(shared, person, key) {
                    Some(held) => return held,
                    None => sleep(LOOK).await,
                }
            }
        };
        timeout(PATIENCE, taken).await.map_err(|_| Refusal::Busy)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut doing = self.shared.doing.0.lock().unwrap_or_else(PoisonError::into_inner);
        doing.remove(&(self.person, std::mem::take(&mut self.key)));
    }
}

/// One POST under its key.
pub(crate) struct Once<'a> {
    held: Held<'a>,
    request: Hash,
}

/// What is to be done with a POST.
pub(crate) enum Turn<'a> {
    /// It goes on; nothing is kept.
    Free,
    /// It goes on, and that it was done is kept.
    First(Once<'a>),
    /// It was done before.
    Again(HttpResponse),
}

/// Whether a POST is the first of its key.
///
/// # Errors
/// [`Refusal::Invalid`] where a program gives no key, [`Refusal::Conflict`] where the key was used for something else.
pub(crate) async fn turn<'a>(shared: &'a Shared, route: &Route, request: &ServiceRequest) -> Result<Turn<'a>, Refusal> {
    let path = route.path;
    let own_keeping = path.starts_with("/commands/") || path.starts_with("/api/v1/commands/");
    let Some(visitor) = request.extensions().get::<Visitor>().cloned() else { return Ok(Turn::Free) };
    if request.method().is_safe() || own_keeping {
        return Ok(Turn::Free);
    }
    let fields = request.extensions().get::<Fields>().cloned().unwrap_or_default();
    let body = request.extensions().get::<Body>().cloned().unwrap_or_default();
    let header = request.headers().get("idempotency-key").and_then(|v| v.to_str().ok());
    let key = header.unwrap_or_else(|| fields.get("key"));
    if key.is_empty() {
        if is_for_programs(path) {
            return Err(Refusal::Invalid(
                "An idempotency key is needed: 1 to 64 letters, digits, hyphens and underscores.".to_owned(),
            ));
        }
        return Ok(Turn::Free);
    }
    // Two forms of one page are two acts.
    let key = Hash::of(format!("{path} {key}").as_bytes()).base32(40);
    let said: Vec<String> =
        fields.0.iter().filter(|(n, _)| *n != "form" && *n != "key").map(|(n, v)| format!("{n}={v}")).collect();
    let words = if fields.0.is_empty() { String::from_utf8_lossy(&body.0).into_owned() } else { said.join("\n") };
    let hash = Hash::of(format!("{}\n{words}", request.path()).as_bytes());
    let held = Held::take(shared, visitor.person, &key).ok_or_else(|| {
        Refusal::Conflict("This is being done already; open the page again to see what came of it.".to_owned())
    })?;
    let once = Once { held, request: hash };
    match shared.site.people.answer(visitor.person, &key).await? {
        None => Ok(Turn::First(once)),
        Some(kept) if kept.request == hash => Ok(Turn::Again(again(path, request.path()))),
        Some(_) => Err(Refusal::Conflict(
            "This form was sent before with other words, and that was done. Open the page again to send another."
                .to_owned(),
        )),
    }
}

/// It was done: a browser is led to where it shows.
fn again(path: &str, asked: &str) -> HttpResponse {
    if is_for_programs(path) {
        return HttpResponse::NoContent().finish();
    }
    let place = if all().any(|r| r.verb == Verb::Get && r.path == path) {
        asked.to_owned()
    } else {
        format!("/{}", path.trim_start_matches('/').split('/').next().unwrap_or_default())
    };
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}

impl Once<'_> {
    /// It was done.
    pub(crate) async fn done(self, status: u16) {
        let kept = Kept { request: self.request, status, body: String::new() };
        let Held { shared, person, key } = &self.held;
        if let Err(e) = shared.site.people.keep_answer(*person, key, &kept, shared.now()).await {
            tracing::warn!(target: "web", "that a form was heeded could not be kept: {e}");
        }
    }
}
