//! The stream of regions: each is painted once for all who watch, and sent to whoever has an older one.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, rt};
use desk::domain::bot::{Action, Roles};
use desk::domain::time::{Span, Timestamp};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::pages::me;
use super::refusal::Refusal;
use super::site::Shared;
use super::views;
use super::visitor::{Visitor, token_of};
use crate::render::{RenderError, Values};
use crate::store::people::Token;

/// The regions that everybody sees alike who sees them.
pub(crate) const REGIONS: &[&str] = &[
    "actors",
    "alerts",
    "answer",
    "bar",
    "closing",
    "curve",
    "decisions",
    "ending",
    "freeze_names",
    "freezes",
    "gates",
    "head",
    "heading",
    "health",
    "kill_page",
    "killing",
    "latest",
    "limits",
    "machine",
    "defense",
    "orders",
    "orders_heading",
    "past_closings",
    "past_freezes",
    "positions",
    REHEARSAL,
    "stopping",
    "strategies",
    "trades",
    "trades_heading",
];
/// The one that only those see who may rehearse.
const REHEARSAL: &str = "rehearsal";
/// The one that depends on who looks.
const VERBS: &str = "verbs";
/// Regions are painted at most this often.
const AT_MOST: Duration = Duration::from_millis(250);
/// And at least this often.
const AT_LEAST: Duration = Duration::from_secs(1);
/// So many streams at once.
const MOST_WATCHERS: usize = 200;
/// How often a stream asks whether its session still lives.
const ASK_AGAIN: Span = Span::seconds(5);

/// What was painted last.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// Rises with each frame, over restarts too: milliseconds since 1970.
    number: u64,
    /// Each region as a JSON text, with the frame in which it last changed.
    regions: BTreeMap<&'static str, (u64, Arc<str>)>,
    /// The page's title.
    title: String,
    /// State, latch and freezes as the status region says them.
    spoken: String,
    /// What the verbs depend on.
    touched: Arc<Value>,
    /// What holds now: parts of a page stand or fall with it.
    when: Value,
    /// The numbers in the navigation.
    counts: Value,
    /// The latest board.
    board: u64,
}

/// A number for what is rendered now: later ones are higher.
pub(crate) fn number(now: Timestamp) -> u64 {
    u64::try_from(now.nanos()).unwrap_or(0).checked_div(1_000_000).unwrap_or(0)
}

/// Sees each board when it comes, whether somebody watches or not.
pub(crate) async fn observe(shared: Data<Shared>) {
    let mut board = shared.site.board.clone();
    loop {
        let latest = Arc::clone(&board.borrow_and_update());
        shared.ages(&latest);
        if board.changed().await.is_err() {
            return;
        }
    }
}

/// Paints as long as somebody watches.
pub(crate) async fn paint(shared: Data<Shared>, painted: watch::Sender<Arc<Frame>>) {
    let mut board = shared.site.board.clone();
    loop {
        if shared.watchers.load(Ordering::Relaxed) == 0 {
            shared.watched.notified().await;
        }
        let now = shared.now();
        let latest = Arc::clone(&board.borrow_and_update());
        let values = views::whole(&shared, &latest);
        let before = Arc::clone(&painted.borrow());
        let frame = next_frame(&shared, &before, &values, latest.number, number(now));
        painted.send_replace(Arc::new(frame));
        rt::time::sleep(AT_MOST).await;
        // A sender that is gone must not make this loop spin.
        let change = async {
            if board.changed().await.is_err() {
                rt::time::sleep(AT_LEAST).await;
            }
        };
        let _ = rt::time::timeout(AT_LEAST.saturating_sub(AT_MOST), change).await;
    }
}

fn next_frame(shared: &Shared, before: &Frame, bot: &Value, board: u64, now: u64) -> Frame {
    let number = now.max(before.number.saturating_add(1));
    let mut regions = BTreeMap::new();
    for (name, html) in painted(shared, bot) {
        let text = json!(html).to_string();
        let kept = before.regions.get(name).filter(|(_, old)| **old == *text);
        regions.insert(name, kept.cloned().unwrap_or_else(|| (number, text.into())));
    }
    let at = |path: &str| bot.pointer(path).cloned().unwrap_or_default();
    let text = |path: &str| bot.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let bar = json!({ "state": at("/bar/state"), "rehearsing": at("/bar/rehearsing") });
    let touches = json!({ "killing": at("/touches/killing"), "stopping": at("/touches/stopping") });
    let touched = Arc::new(json!({ "bot": { "bar": bar, "touches": touches } }));
    let (title, spoken) = (text("/bar/title"), text("/bar/spoken"));
    Frame { number, regions, title, spoken, touched, when: at("/when"), counts: at("/counts"), board }
}

/// Each region, painted.
fn painted(shared: &Shared, bot: &Value) -> Vec<(&'static str, String)> {
    let failed = |name: &str, e: RenderError| tracing::error!(target: "web", "region {name}: {e}");
    let values = match Values::new(&BTreeMap::from([("bot", bot)])) {
        Ok(values) => values,
        Err(e) => {
            failed("of all", e);
            return Vec::new();
        }
    };
    let paint = |name: &&'static str| {
        let html = shared.pages.fill_from(&format!("regions/{name}.html"), &values);
        html.map(|html| (*name, html)).map_err(|e| failed(name, e)).ok()
    };
    REGIONS.iter().filter_map(paint).collect()
}

/// One who watches.
struct Watcher {
    shared: Data<Shared>,
    frames: watch::Receiver<Arc<Frame>>,
    visitor: Visitor,
    token: Option<Token>,
    sent: BTreeMap<&'static str, u64>,
    /// What the verbs were painted from, and for which roles.
    verbs: Option<(Arc<Value>, Roles)>,
    asked_at: Timestamp,
    ended: bool,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Watcher {
    /// The next event for this one.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if self.frames.changed().await.is_err() {
            return None;
        }
        let frame = Arc::clone(&self.frames.borrow_and_update());
        if !self.lives().await {
            self.ended = true;
            return Some(Bytes::from_static(b"event: ended\ndata: {}\n\n"));
        }
        let mut regions = String::new();
        let mut send = |name: &str, text: &str| {
            let comma = if regions.is_empty() { "" } else { "," };
            // Writing into a text does not fail.
            let _ = write!(regions, "{comma}\"{name}\":{text}");
        };
        let rehearses = self.visitor.may(Action::Rehearse);
        for (name, (number, text)) in frame.regions.iter().filter(|(name, _)| rehearses || **name != REHEARSAL) {
            if self.sent.insert(name, *number) != Some(*number) {
                send(name, text);
            }
        }
        if let Some(verbs) = self.verbs(&frame.touched) {
            send(VERBS, &json!(verbs).to_string());
        }
        let mut counts = frame.counts.clone();
        if let (Some(counts), true) = (counts.as_object_mut(), self.visitor.may(Action::Account)) {
            counts.insert("review".to_owned(), json!(self.shared.review.waiting_for(&self.visitor.name)));
        }
        let rest = json!({
            "seq": frame.number, "board": frame.board, "title": frame.title, "spoken": frame.spoken,
            "when": frame.when, "counts": counts, "review": self.shared.review.number(),
        })
        .to_string();
        // The regions' texts are JSON already; they are not written anew for each who watches.
        let rest = rest.strip_prefix('{').unwrap_or_default();
        Some(Bytes::from(format!("id: {}\nevent: regions\ndata: {{\"regions\":{{{regions}}},{rest}\n\n", frame.number)))
    }

    /// The verbs, where they are others than those that were sent.
    fn verbs(&mut self, touched: &Arc<Value>) -> Option<String> {
        let roles = self.visitor.roles;
        if self.verbs.as_ref().is_some_and(|(old, of)| old == touched && *of == roles) {
            return None;
        }
        let mut values = Value::clone(touched);
        values.as_object_mut()?.insert("me".to_owned(), me(&self.visitor));
        let verbs = self.shared.pages.fill("regions/verbs.html", &values).ok()?;
        self.verbs = Some((Arc::clone(touched), roles));
        Some(verbs)
    }

    /// Whether the session is still there; its roles are taken anew.
    async fn lives(&mut self) -> bool {
        let now = self.shared.now();
        if now - self.asked_at < ASK_AGAIN {
            return true;
        }
        self.asked_at = now;
        let Some(token) = &self.token else { return true };
        match self.shared.site.people.session(token, now).await {
            Ok(Some(found)) => {
                self.visitor.roles = found.roles;
                true
            }
            Ok(None) => false,
            // A database that is busy is no reason to go blind.
            Err(_) => true,
        }
    }
}

/// `GET /events`: one event a second at least.
pub(crate) async fn events(
    shared: Data<Shared>,
    request: HttpRequest,
    visitor: Visitor,
) -> Result<HttpResponse, Refusal> {
    if shared.watchers.fetch_add(1, Ordering::Relaxed) >= MOST_WATCHERS {
        shared.watchers.fetch_sub(1, Ordering::Relaxed);
        return Err(Refusal::Wait(5));
    }
    let watcher = Watcher {
        frames: shared.frames.clone(),
        token: token_of(&request, shared.site.manners.secure),
        visitor,
        sent: BTreeMap::new(),
        verbs: None,
        asked_at: shared.now(),
        ended: false,
        shared,
    };
    watcher.shared.watched.notify_one();
    let hello = Bytes::from_static(b"retry: 1000\n\n");
    let stream = stream::unfold((watcher, Some(hello)), |(mut watcher, hello)| async move {
        let bytes = match hello {
            Some(hello) => hello,
            None => watcher.next().await?,
        };
        Some((Ok::<_, Infallible>(bytes), (watcher, None)))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compression would hold events back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream))
}
