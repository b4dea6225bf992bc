//! What a rehearsal of this bot stands on: a session of its feed, the screen by price, and eyes on ledger and logs.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use desk::domain::bot::Origin;
use desk::domain::calendar::{Calendar, Session};
use desk::domain::chain::Hash;
use desk::domain::decimal::Price;
use desk::domain::ids::Identity;
use desk::domain::time::{Span, Timestamp};
use desk::machines::rehearsal::Digests;
use desk::machines::screener::Criteria;
use desk::world::backtest::Tape;
use serde_json::json;
use tokio::sync::{mpsc, oneshot, watch};

use super::feed::{self, Feed};
use crate::actors::rehearsal::{Scene, Seen, Stage, Terms};
use crate::cli::Failure;
use crate::gateway::clock;
use crate::messages::rehearsal::{Note, Rehearsals};
use crate::settings::{Boot, Current, Runtime};
use crate::store::people::{Deed, People};
use crate::store::{Address, Reader};

/// The seed of the market that is made up where the feed has nothing.
const SEED: u64 = 1;
/// The rehearsals' own log (REP-1).
const LOG: &str = "test_mode.log";
/// Logs of the process rather than of trading: they go on by themselves, whatever a rehearsal does.
const OF_THE_PROCESS: [&str; 6] =
    ["heartbeat.log", "system.log", "status.json", "audit.log", "error_tracebacks.log", LOG];
/// Where alerts go in this version, a line each.
const ALERTS: &str = "errors.log";

/// The stage, and where its page reads. Notes are written from now on.
///
/// # Errors
/// Where the table of fees cannot be read.
pub(super) fn stage(
    (boot, identity): (&Boot, &Identity),
    current: &Current,
    feed: &Arc<Feed>,
    people: &People,
) -> Result<(Stage, Rehearsals), Failure> {
    let fees = feed::fees()?;
    let (shown, shows) = watch::channel(None);
    let (notes, noted) = mpsc::unbounded_channel();
    let output = boot.folders.output(identity);
    actix::spawn(write(noted, people.clone(), output.join("logs").join(LOG)));
    let looked = Looked {
        address: Address::new(&boot.database(identity)),
        identity: identity.clone(),
        folders: vec![boot.folders.logs(), output.join("logs"), output.join("trades"), output.join("decisions")],
    };
    let own = Arc::clone(feed);
    let current = current.clone();
    let stage = Stage {
        scenes: Arc::new(move |now| scene(&own, now)),
        terms: Arc::new(move || terms(&current.get())),
        fees,
        eyes: Arc::new(move || looked.look().map_err(|failure| failure.message)),
        notes: Arc::new(move |note| {
            let (written, told) = oneshot::channel();
            if notes.send((note, written)).is_err() {
                tracing::error!("nobody writes the audit of the rehearsal");
            }
            told
        }),
        shown,
    };
    Ok((stage, shows))
}

/// What a rehearsal that begins now goes by.
fn terms(runtime: &Runtime) -> Terms {
    let screener = &runtime.screener;
    Terms {
        strategies: runtime.trading(),
        criteria: Criteria { min_price: screener.price_min, max_price: screener.price_max, ..Criteria::default() },
        wall: Span::seconds(i64::from(runtime.rehearsal.window_seconds)),
    }
}

/// The last session that the feed has brought to its end by then; its first one before that; a made-up market where the
/// feed has none.
fn scene(feed: &Feed, now: Timestamp) -> Result<Scene, String> {
    let Some(session) = session_of(feed, now) else {
        let made = feed::generated(SEED).map_err(|failure| failure.message)?;
        let first = session_of(&made, Timestamp::from_nanos(i64::MIN));
        let session = first.ok_or("there is no session of a generated market")?;
        return Ok(cut(&made, session));
    };
    Ok(cut(feed, session))
}

fn session_of(feed: &Feed, now: Timestamp) -> Option<Session> {
    let calendar = Calendar::XNYS;
    let tapes = || feed.tapes.iter().map(|tape| tape.bars.as_slice());
    let last_before = |end: Timestamp| {
        let last = tapes().filter_map(|bars| bars.get(bars.partition_point(|b| b.end() <= end).checked_sub(1)?));
        last.map(|bar| bar.start).max()
    };
    let mut until = now;
    // A feed may hold bars outside of sessions: they are passed over.
    while let Some(start) = last_before(until) {
        match calendar.session_at(start) {
            Some(session) if session.close <= now => return Some(session),
            Some(session) => until = session.open,
            None => until = start,
        }
    }
    let starts = tapes().filter_map(|bars| bars.iter().map(|b| b.start).find(|at| calendar.session_at(*at).is_some()));
    calendar.session_at(starts.min()?)
}

/// One session of a feed.
fn cut(feed: &Feed, session: Session) -> Scene {
    let place = |tape: &Tape, at| tape.bars.partition_point(|b| b.start < at);
    let bars = |tape: &Tape| tape.bars.get(place(tape, session.open)..place(tape, session.close)).map(<[_]>::to_vec);
    let quotes = |tape: &Tape| {
        let inside = tape.quotes.iter().filter(|q| session.contains(q.start));
        inside.copied().collect()
    };
    let close =
        |tape: &Tape| -> Option<Price> { Some(tape.bars.get(place(tape, session.open).checked_sub(1)?)?.close) };
    Scene {
        name: feed.name.clone(),
        session,
        instruments: feed.instruments.clone(),
        tapes: feed.tapes.iter().map(|t| Tape { bars: bars(t).unwrap_or_default(), quotes: quotes(t) }).collect(),
        closes: feed.tapes.iter().map(close).collect(),
    }
}

/// What a rehearsal must not touch, and where it lies.
struct Looked {
    address: Address,
    identity: Identity,
    folders: Vec<PathBuf>,
}

impl Looked {
    fn look(&self) -> Result<Seen, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Failure::failed("runtime", e))?;
        let mut seen = Seen { alerts: 0, digests: runtime.block_on(self.ledger())? };
        for folder in &self.folders {
            for file in files(folder).map_err(|e| Failure::failed("logs", format!("{}: {e}", folder.display())))? {
                let bytes = std::fs::read(&file).map_err(|e| Failure::failed("logs", e))?;
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name == ALERTS {
                    seen.alerts = u64::try_from(String::from_utf8_lossy(&bytes).lines().count()).unwrap_or(u64::MAX);
                }
                seen.digests.push((name, Hash::of(&bytes)));
            }
        }
        Ok(seen)
    }

    /// The ends of both chains: each stands for every byte before it.
    async fn ledger(&self) -> Result<Digests, Failure> {
        let reader = Reader::open(&self.address).await?;
        let book = reader.book(&self.identity).await?;
        let heads = reader.heads(&book).await?;
        reader.close().await;
        let link = |seq: u64, hash: Hash| hash.link(&seq.to_be_bytes());
        Ok(vec![
            ("ledger".to_owned(), link(heads.entry.seq, heads.entry.hash)),
            ("event log".to_owned(), link(heads.events.seq, heads.events.hash)),
        ])
    }
}

/// The files of a folder that belong to trading, by name.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_the_process = OF_THE_PROCESS.iter().any(|own| name.starts_with(own));
        if entry.file_type()?.is_file() && !of_the_process {
            files.push(entry.path());
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Writes each note to the audit and to the rehearsals' log.
async fn write(mut notes: mpsc::UnboundedReceiver<(Note, oneshot::Sender<()>)>, people: People, log: PathBuf) {
    while let Some((Note { who, what, object, detail }, written)) = notes.recv().await {
        let at = clock::now();
        let line = json!({ "at": at, "what": what, "object": object, "detail": detail });
        if let Err(error) = append(&log, &format!("{line}\n")) {
            tracing::error!(%error, "{} cannot be written", log.display());
        }
        let deed = Deed { who, origin: Origin::System, what, object, detail };
        match people.record(&deed, at).await {
            // Most of it nobody waits for.
            Ok(_) => drop(written.send(())),
            Err(error) => tracing::error!(%error, "the audit of a rehearsal could not be written"),
        }
    }
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RES-1: prices are those of the feed's last whole session; a made-up market stands in for an empty feed.
    #[test]
    fn res_1_the_last_whole_session_of_the_feed_is_rehearsed() {
        let feed = feed::generated(3).unwrap();
        let first = Calendar::XNYS.session("2026-11-20".parse().unwrap()).unwrap();
        let second = Calendar::XNYS.next(first.id.date).unwrap();
        for (now, expected) in [
            (first.open - Span::minutes(600), first.id),
            (first.open + Span::minutes(5), first.id),
            (first.close, first.id),
            (second.open + Span::minutes(5), first.id),
            (second.close, second.id),
        ] {
            let scene = scene(&feed, now).unwrap();
            assert_eq!(scene.session.id, expected, "{now}");
            assert!(scene.tapes.iter().all(|t| t.bars.iter().all(|b| scene.session.contains(b.start))));
            assert!(scene.tapes.iter().all(|t| t.bars.len() > 300), "a whole session");
            assert_eq!(scene.closes.iter().all(Option::is_some), expected == second.id);
        }
        let none = Feed { name: "empty".to_owned(), drawn: None, instruments: Vec::new(), tapes: Vec::new() };
        assert!(scene(&none, first.open).unwrap().name.starts_with("generated market"));
    }
}
