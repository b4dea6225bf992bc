//! Logs (OPS-10): what `tracing` is told, to stderr and to a file for each subject, with the fields of the spans around
//! it (a decision's id correlates signal, orders, fills and entries). Secrets are masked on the way.

/// The logs read back.
mod read;

pub use read::{names, recent};

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use desk::domain::time::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry, Scope};

use crate::settings::{Logging, StderrFormat, make_folder, mask};

/// Subjects with a file of their own; the target of an event names one of them, everything else goes to `system.log`.
const SUBJECTS: [&str; 6] = ["cycles", "signals", "gates", "orders", "exits", DEFENSE];
/// What happens in defense mode; written at every level.
const DEFENSE: &str = "disaster_mode";
/// Where events go that name no subject.
const SYSTEM: &str = "system";
/// Where errors go besides.
const ERRORS: &str = "errors";
/// Fields whose value is never written.
const MASKED: [&str; 8] =
    ["password", "secret", "token", "one_time_code", "recovery_code", "authorization", "cookie", "api_key"];
/// A file is turned over at this size.
const LARGEST: u64 = 16 * 1_024 * 1_024;
/// How many older parts are kept.
const PARTS: u32 = 4;

/// Where the log of defense mode is kept: in the output tree of the identity (REP-1), once that is known.
static OF_IDENTITY: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Keeps the log of defense mode in this folder from now on, made where it is not there.
///
/// # Errors
/// Those of the file system.
pub fn keep_defense_in(folder: &Path) -> std::io::Result<()> {
    make_folder(folder)?;
    *OF_IDENTITY.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.to_path_buf());
    Ok(())
}

/// The folder of a log.
fn home(name: &str, folder: &Path) -> PathBuf {
    let of_identity = OF_IDENTITY.lock().unwrap_or_else(PoisonError::into_inner).clone();
    of_identity.filter(|_| name == DEFENSE).unwrap_or_else(|| folder.to_path_buf())
}

/// Why the last line could not be written, where it could not.
static TROUBLE: Mutex<Option<String>> = Mutex::new(None);

/// Why logs cannot be written at the moment: nobody would read it in them.
#[must_use]
pub fn trouble() -> Option<String> {
    TROUBLE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Why there is no log.
#[derive(Debug)]
pub struct TelemetryError(String);

impl std::fmt::Display for TelemetryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "logging cannot begin: {}", self.0)
    }
}

impl std::error::Error for TelemetryError {}

/// Begins to log for the rest of the process: to stderr, and to files where a folder is given. `now` is the real clock.
///
/// # Errors
/// [`TelemetryError`]: the folder cannot be written, or logging began already.
pub fn start(logging: &Logging, folder: Option<&Path>, now: fn() -> Timestamp) -> Result<(), TelemetryError> {
    let logs = Logs::new(logging, folder, now)?;
    tracing::subscriber::set_global_default(Registry::default().with(logs)).map_err(|e| TelemetryError(e.to_string()))
}

struct Logs {
    level: Level,
    stderr: StderrFormat,
    files: Option<Mutex<Files>>,
    now: fn() -> Timestamp,
}

struct Files {
    folder: PathBuf,
    open: BTreeMap<String, (File, u64)>,
}

impl Logs {
    fn new(logging: &Logging, folder: Option<&Path>, now: fn() -> Timestamp) -> Result<Self, TelemetryError> {
        let files = folder.map(|folder| {
            let mut files = Files { folder: folder.to_path_buf(), open: BTreeMap::new() };
            // Said now rather than at the first event that matters.
            let writable = files.append(SYSTEM, "").map_err(|e| TelemetryError(format!("{}: {e}", folder.display())));
            writable.map(|()| Mutex::new(files))
        });
        Ok(Self { level: logging.level, stderr: logging.stderr, files: files.transpose()?, now })
    }

    /// Our own words as configured; libraries only when something is wrong.
    fn wanted(&self, metadata: &Metadata<'_>) -> bool {
        let own = metadata.target().split("::").next().is_some_and(|t| ["tbot", "desk"].contains(&t))
            || SUBJECTS.contains(&metadata.target());
        // What strangers send that is no HTTP is no fault of ours, and must not fill the log.
        if metadata.target().starts_with("actix_http::") {
            return false;
        }
        // What is promised to be there does not depend on how much is told besides (REP-1).
        if metadata.target() == DEFENSE {
            return true;
        }
        let most = if own { self.level } else { self.level.min(Level::WARN) };
        *metadata.level() <= most
    }

    fn write(&self, level: Level, target: &str, line: &Map<String, Value>) {
        let json = mask(&Value::Object(line.clone()).to_string());
        let shown = match self.stderr {
            StderrFormat::Json => json.clone(),
            StderrFormat::Text => mask(&text(line)),
        };
        let _ = writeln!(std::io::stderr().lock(), "{shown}");
        let Some(files) = &self.files else { return };
        let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
        let subject = SUBJECTS.into_iter().find(|s| *s == target).unwrap_or(SYSTEM);
        let also = (level == Level::ERROR).then_some(ERRORS);
        for name in std::iter::once(subject).chain(also) {
            let written = files.append(name, &format!("{json}\n"));
            if let Err(e) = &written {
                let _ = writeln!(std::io::stderr().lock(), "{name}.log cannot be written: {e}");
            }
            *TROUBLE.lock().unwrap_or_else(PoisonError::into_inner) = written.err().map(|e| format!("{name}.log: {e}"));
        }
    }
}

impl Files {
    fn append(&mut self, name: &str, line: &str) -> std::io::Result<()> {
        if self.open.get(name).is_some_and(|(_, size)| *size >= LARGEST) {
            self.open.remove(name);
            self.turn_over(name);
        }
        if !self.open.contains_key(name) {
            let path = home(name, &self.folder).join(format!("{name}.log"));
            let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
            let size = file.metadata()?.len();
            self.open.insert(name.to_owned(), (file, size));
        }
        if let Some((file, size)) = self.open.get_mut(name) {
            file.write_all(line.as_bytes())?;
            *size = size.saturating_add(u64::try_from(line.len()).unwrap_or(0));
        }
        Ok(())
    }

    /// `x.log` becomes `x.log.1`, that becomes `x.log.2`; the oldest part goes.
    fn turn_over(&self, name: &str) {
        let folder = home(name, &self.folder);
        let part = |n: u32| match n {
            0 => folder.join(format!("{name}.log")),
            n => folder.join(format!("{name}.log.{n}")),
        };
        for number in (0..PARTS).rev() {
            let _ = std::fs::rename(part(number), part(number.saturating_add(1)));
        }
    }
}

/// A line for people: time, level, message, fields.
fn text(line: &Map<String, Value>) -> String {
    let word = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut text = format!("{} {:<5} {}", word("at"), word("level"), word("message"));
    for (name, value) in line.iter().filter(|(name, _)| !["at", "level", "target", "message"].contains(&name.as_str()))
    {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = write!(text, " {name}={value}");
    }
    text
}

/// Fields as they are recorded.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let masked = MASKED.contains(&field.name());
        self.0.insert(field.name().to_owned(), if masked { Value::from("***") } else { value });
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, Value::from(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, Value::from(value.to_string()));
    }
}

impl<S> Layer<S> for Logs
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_span() || self.wanted(metadata)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut own = Fields::default();
        event.record(&mut own);
        let mut line = Map::new();
        line.insert("at".to_owned(), Value::from((self.now)().to_string()));
        line.insert("level".to_owned(), Value::from(metadata.level().as_str()));
        line.insert("target".to_owned(), Value::from(metadata.target()));
        line.insert("message".to_owned(), own.0.shift_remove("message").unwrap_or_default());
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.extend(fields.0.clone());
            }
        }
        line.extend(own.0);
        self.write(*metadata.level(), metadata.target(), &line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Secret;
    use crate::settings::test_place::TestPlace;

    const LOGGING: Logging =
        Logging { enabled: Some(true), format: None, level: Level::INFO, stderr: StderrFormat::Text };

    fn logged(place: &TestPlace, say: impl FnOnce()) {
        let logs = Logs::new(&LOGGING, Some(place), || Timestamp::from_seconds(0)).unwrap();
        tracing::subscriber::with_default(Registry::default().with(logs), say);
    }

    fn read(place: &TestPlace, name: &str) -> String {
        std::fs::read_to_string(place.join(format!("{name}.log"))).unwrap_or_default()
    }

    #[test]
    fn ops_10_events_go_to_their_subject_with_the_fields_of_their_spans() {
        let place = TestPlace::new();
        logged(&place, || {
            let span = tracing::info_span!("decision", decision = "D1");
            let _inside = span.enter();
            tracing::info!(target: "orders", order = "O1", shares = 10, "sent");
            tracing::error!("the feed is gone");
            tracing::debug!("too fine");
            tracing::info!(target: "sqlx::query", "a library's chatter");
            tracing::warn!(target: "sqlx::query", "a library's worry");
            tracing::error!(target: "actix_http::h1::dispatcher", "what a stranger sent");
        });
        let orders: Value = serde_json::from_str(read(&place, "orders").trim()).unwrap();
        let expected = serde_json::json!({
            "at": "1970-01-01T00:00:00Z", "level": "INFO", "target": "orders", "message": "sent",
            "decision": "D1", "order": "O1", "shares": 10,
        });
        assert_eq!(orders, expected);
        assert_eq!(read(&place, "system").lines().count(), 2, "{}", read(&place, "system"));
        assert!(read(&place, "errors").contains("the feed is gone"));
    }

    #[test]
    fn web_4_no_secret_reaches_a_log() {
        let place = TestPlace::new();
        let secret = Secret::new("sesame-open-sesame".to_owned());
        logged(&place, || {
            tracing::info!(password = "letmein", token = 77, secret = ?secret, "signing in with sesame-open-sesame");
            tracing::info!(url = "postgres://me:hush@db/books", "connecting");
        });
        let log = read(&place, "system");
        for word in ["letmein", "77", "sesame", "hush"] {
            assert!(!log.contains(word), "{word}: {log}");
        }
        assert!(log.contains("signing in with ***") && log.contains("me:***@db"), "{log}");
    }

    #[test]
    fn rep_10_a_full_log_is_turned_over_and_the_oldest_part_goes() {
        let place = TestPlace::new();
        let mut files = Files { folder: place.to_path_buf(), open: BTreeMap::new() };
        for number in 0..7 {
            files.append("orders", &format!("{number}\n")).unwrap();
            if let Some((_, size)) = files.open.get_mut("orders") {
                *size = LARGEST;
            }
        }
        let parts: Vec<String> = ["", ".1", ".2", ".3", ".4", ".5"]
            .map(|end| std::fs::read_to_string(place.join(format!("orders.log{end}"))).unwrap_or_default())
            .into();
        assert_eq!(parts, ["6\n", "5\n", "4\n", "3\n", "2\n", ""]);
    }
}
