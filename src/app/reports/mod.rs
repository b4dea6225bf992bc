//! The files of the living bot's sessions (REP-1 to REP-6): logs that grow, summaries and reports of what is closed. On a
//! thread of its own that hears what the reporter heard: trading waits for no file. All of it follows from the record,
//! so that a process that died has lost nothing: the next one writes the same again.

/// What the books say of a session.
mod books;
/// Who writes the files.
mod clerk;
/// What a report consists of.
mod files;
/// Equity and the float.
mod float;
/// A session as it goes.
mod fold;
/// A file that grows with the session.
mod growing;
/// How a session went, in one word.
mod health;
/// What happened, as lines.
mod lines;
/// The reports as the pages list them.
mod listed;
/// The audit as a file, and what fell.
mod mirror;
/// One or several sessions as one report.
mod paper;
/// Whether the bot may go live.
mod ready;
/// The output tree.
mod shelf;
/// The bot at a glance.
mod status;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::Mode;
use desk::domain::ids::Identity;
use desk::world::trader::Setup;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

pub(super) use self::listed::reports as listed;

use self::clerk::Clerk;
use self::mirror::{Mirror, trace_faults};
use self::ready::Ready;
use super::day_exports::Alarm;
use super::feed::Feed;
use super::matching::{self, Note};
use crate::actors::tree::Tree;
use crate::cli::Failure;
use crate::gateway::{Behind, step_back};
use crate::messages::board::{AlertLevel, Board};
use crate::messages::reports::ToReports;
use crate::settings::{Boot, Current, LogFormat};
use crate::store::people::People;
use crate::store::{Address, Signers};

/// How often growing files are brought to the disk.
const OFTEN: Duration = Duration::from_secs(1);

/// What the files are about, and where they go.
pub(super) struct Plan {
    pub(super) setup: Setup,
    pub(super) mode: Mode,
    pub(super) books: Address,
    /// The public keys of its day closes.
    pub(super) keys: PathBuf,
    pub(super) output: PathBuf,
    pub(super) format: LogFormat,
    pub(super) feed: Arc<Feed>,
    /// What is configured: how far equity may be from the float, the gates for going live.
    pub(super) current: Current,
}

/// What it hears.
struct Ears {
    told: UnboundedReceiver<ToReports>,
    board: watch::Receiver<Arc<Board>>,
    alarm: Alarm,
    /// Where the review hears of float.
    floats: UnboundedSender<Note>,
    /// Whose deeds are mirrored.
    people: People,
}

/// The files of this bot.
///
/// # Errors
/// Where the form of the logs is not said (REP-2).
pub(super) fn plan(
    (boot, identity): (&Boot, &Identity),
    setup: &Setup,
    mode: Mode,
    (feed, current): (&Arc<Feed>, &Current),
) -> Result<Plan, Failure> {
    Ok(Plan {
        setup: setup.clone(),
        mode,
        books: Address::new(&boot.database(identity)),
        keys: Signers::path(&boot.own_books(identity)),
        output: boot.folders.output(identity),
        format: boot.may_start()?,
        feed: Arc::clone(feed),
        current: current.clone(),
    })
}

/// Begins to write them, beside a tree whose reporter is heard.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn begin(
    plan: Plan,
    told: UnboundedReceiver<ToReports>,
    tree: &Tree,
    people: &People,
) -> Result<(), Failure> {
    trace_faults(&plan.output.join("logs"));
    let floats = matching::begin(people, &plan.setup.identity, tree.board.borrow().venue);
    let (board, alarm) = (tree.board.clone(), Box::new(tree.alarm()));
    start(plan, Ears { told, board, alarm, floats, people: people.clone() })
}

/// Starts the thread. It ends when the reporter is gone.
///
/// # Errors
/// Where no thread can be started.
fn start(plan: Plan, ears: Ears) -> Result<(), Failure> {
    let run = move || {
        step_back(Behind::Pages);
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(keep(plan, ears)),
            Err(error) => tracing::error!(%error, "the reports have no runtime"),
        }
    };
    let thread = std::thread::Builder::new().name("reports".to_owned());
    thread.spawn(run).map(drop).map_err(|e| Failure::failed("threads", e))
}

async fn keep(plan: Plan, ears: Ears) {
    let Ears { mut told, board, alarm, floats, people } = ears;
    let mirror = Mirror::new(people.clone(), &plan.output.join("logs"));
    let (identity, output) = (plan.setup.identity.clone(), plan.output.clone());
    let ready = Ready { current: plan.current.clone(), identity, output, people };
    let mut clerk = match Clerk::new(plan, (board, mirror, ready), (alarm, floats)) {
        Ok(clerk) => clerk,
        Err(halt) => return tracing::error!(%halt, "the reports cannot begin"),
    };
    let mut tick = tokio::time::interval(OFTEN);
    loop {
        let outcome = tokio::select! {
            what = told.recv() => match what {
                Some(what) => clerk.hear(what).await,
                None => return clerk.flush().await,
            },
            _ = tick.tick() => {
                clerk.flush().await;
                Ok(())
            }
        };
        if let Err(halt) = outcome {
            let text = format!(
                "The files of the session are written no more: {halt}. Trading goes on; restart the bot to have them again."
            );
            (clerk.alarm)(AlertLevel::Warning, "reports_failed", text);
            return tracing::error!(%halt, "the reports ended");
        }
    }
}
