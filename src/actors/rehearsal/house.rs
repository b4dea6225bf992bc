//! Where rehearsals are begun and ended: at most one runs, on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use desk::domain::bot;
use desk::domain::time::Timestamp;
use desk::world::trader::Setup;
use serde_json::json;
use tokio::sync::watch;

use super::run::Rehearsal;
use super::stage::Stage;
use crate::gateway::{Behind, clock, step_back};
use crate::messages::board::{Board, Mark};
use crate::messages::line::Line;
use crate::messages::rehearsal::Note;
use crate::messages::supervisor::ToSupervisor;

/// A rehearsal under way.
struct Running {
    stop: Arc<OnceLock<String>>,
    thread: JoinHandle<()>,
}

/// Begins rehearsals, and ends them.
pub struct House {
    stage: Stage,
    setup: Setup,
    live: watch::Receiver<Arc<Board>>,
    running: Mutex<Option<Running>>,
}

impl House {
    /// A house in which nothing runs yet.
    #[must_use]
    pub const fn new(stage: Stage, setup: Setup, live: watch::Receiver<Arc<Board>>) -> Self {
        Self { stage, setup, live, running: Mutex::new(None) }
    }

    /// Nothing where a rehearsal has something to play.
    ///
    /// # Errors
    /// Why not, in words.
    pub(in crate::actors) fn could(&self, now: Timestamp) -> Result<(), String> {
        self.stage.set(now, &(self.stage.terms)()).map(drop)
    }

    /// Begins one. Its end is told to the supervisor, whatever it is.
    pub(in crate::actors) fn begin(
        self: Arc<Self>,
        now: Timestamp,
        mark: &bot::Mark,
        broker: bool,
        tell: &Line<ToSupervisor>,
    ) {
        let stop = Arc::new(OnceLock::new());
        let mark = Mark { at: clock::now(), who: mark.who.clone(), why: mark.why.clone() };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let before = running.take();
        let (own, own_mark) = (Arc::clone(&self), mark.clone());
        let (own_stop, own_tell) = (Arc::clone(&stop), tell.clone());
        let play = move || {
            step_back(Behind::Pages);
            // One that was ended may still be writing its last line.
            if let Some(before) = before {
                let _ = before.thread.join();
            }
            let played = catch_unwind(AssertUnwindSafe(|| own.play(now, own_mark.clone(), broker, &own_stop)));
            if played.is_err() {
                own.failed(&own_mark, "The rehearsal fell; the log of errors says why.");
            }
            // Of one that was ended the supervisor knows, and another one may have begun.
            if own_stop.get().is_none() {
                tell_end(&own_tell);
            }
        };
        match std::thread::Builder::new().name("rehearsal".to_owned()).spawn(play) {
            Ok(thread) => *running = Some(Running { stop, thread }),
            Err(error) => {
                self.failed(&mark, &format!("The system gives no thread for a rehearsal: {error}."));
                tell_end(tell);
            }
        }
    }

    /// Ends the one that runs, at once.
    pub(in crate::actors) fn end(&self, why: &str) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref() {
            // The first word counts.
            let _ = running.stop.set(why.to_owned());
        }
    }

    fn play(&self, now: Timestamp, mark: Mark, broker: bool, stop: &OnceLock<String>) {
        let terms = (self.stage.terms)();
        match self.stage.set(now, &terms) {
            Ok((scene, plan)) => {
                let Self { stage, setup, live, .. } = self;
                Rehearsal { stage, setup, terms, live: live.clone(), mark, broker, stop }.run(scene, &plan);
            }
            Err(why) => self.failed(&mark, &format!("The rehearsal had nothing to play: {why}.")),
        }
    }

    /// One that could not tell of its own end.
    fn failed(&self, mark: &Mark, why: &str) {
        tracing::error!(why, "a rehearsal failed");
        let object = format!("rehearsal-{}", mark.at);
        let detail = json!({ "rehearsal": object, "passed": false, "verdict": why, "failed": [] });
        drop((self.stage.notes)(Note { who: mark.who.clone(), what: "rehearsal_ended", object, detail }));
    }
}

/// Tells the supervisor that it is over.
fn tell_end(supervisor: &Line<ToSupervisor>) {
    if let Err(lost) = supervisor.deliver(ToSupervisor::Rehearsed) {
        tracing::error!(%lost, "the end of a rehearsal could not be told");
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.end("the process ends");
    }
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("House")
    }
}
