//! The ways in besides the browser (LIFE-5), and the signs of life that go out. They run on threads of their own: a kill by
//! file, socket or signal is heard while the web server, a strategy or the ledger is stuck.

use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::{Caller, Command, Mark, Origin, Role};
use desk::domain::ids::Identity;
use desk::domain::time::Timestamp;
use tokio::sync::watch;

use super::parent::{self, ANEW};
use super::scribe::Scribe;
use crate::actors::latch::Killer;
use crate::actors::tree::Tree;
use crate::actors::watchdog;
use crate::cli::Failure;
use crate::cli::run_bot::{Checking, answering};
use crate::gateway::clock;
use crate::gateway::control::{
    ControlFolder, Failed, Failures, Feed, Flag, Flags, Found, HangMark, Heart, Heartbeat, Server, Signal, Signals,
};
use crate::gateway::notify::ServiceManager;
use crate::messages::board::{AlertLevel, Board};
use crate::messages::counter::Counter;
use crate::messages::rehearsal::Rehearsals;
use crate::messages::supervisor::{Answer, Door, Order};
use crate::store::people::People;
use crate::telemetry;
use crate::web::diagnosis;

/// How often flags are looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How often the heart beats; a heartbeat is fresh within 5 s (LIFE-14).
const BEAT: Duration = Duration::from_secs(1);

/// What people are told where nobody would start the process again.
const UNWATCHED: &str = "The process that starts the bot again is gone. The bot goes on; if it falls it stays down. Shut it down \
                         in an orderly way and start it anew";

/// What all ways in lead to.
#[derive(Clone)]
struct Inside {
    door: Door,
    killer: Killer,
    board: watch::Receiver<Arc<Board>>,
    scribe: Scribe,
}

impl Inside {
    /// Gives a command in the owner's name, with the way it came. A kill shuts the latch before anything else is asked.
    async fn command(&self, key: String, command: Command, (origin, way): (Origin, &str), why: String) -> Answer {
        let caller = Caller::owner_by(origin, way);
        self.killing().command(Order { key, command, caller, why }).await
    }

    /// The door of those who may kill in any case: the latch is shut and the kill switch told before the supervisor hears
    /// of it.
    fn killing(&self) -> Door {
        let (door, killer, board) = (self.door.clone(), self.killer.clone(), self.board.clone());
        self.scribe.at(Door::new(move |order: Order| {
            if order.command == Command::Kill {
                kill(&killer, &board, &order.caller, &order.why);
            }
            let door = door.clone();
            async move { door.command(order).await }
        }))
    }
}

/// Shuts the latch and tells the kill switch.
fn kill(killer: &Killer, board: &watch::Receiver<Arc<Board>>, caller: &Caller, why: &str) {
    // By the bot's clock, as all marks are.
    let at = board.borrow().at;
    killer.kill(&Mark { at, who: caller.who.clone(), why: why.to_owned() });
}

/// Opens the socket, the flags and the signals, starts the heart and the watchdog.
///
/// # Errors
/// Where the system gives no thread or no signals.
pub(super) fn open(
    tree: &Tree,
    (socket, rehearsals, counter): (Server, Rehearsals, Counter),
    control: ControlFolder,
    heart: Heart,
    identity: Identity,
    people: People,
) -> Result<(), Failure> {
    let (scribe, writing) = Scribe::new(people.clone(), Arc::new(tree.alarm()));
    let inside = Inside { door: tree.door.clone(), killer: tree.killer.clone(), board: tree.board.clone(), scribe };
    let failed = |e: std::io::Error| Failure::failed("threads", format!("the ways in cannot be opened: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (board, alarm) = (tree.board.clone(), tree.alarm());
    let (folder, hangs, ways) = (control.clone(), control.clone(), inside.clone());
    std::thread::Builder::new()
        .name("ways in".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let seen = (ways.board.clone(), rehearsals);
                let answer = answering(ways.killing(), (counter, clock::now), seen, checking(people), diagnosis);
                tokio::join!(socket.run(answer), flags(&ways, folder), signals(&ways), writing);
            });
        })
        .map_err(failed)?;
    std::thread::Builder::new()
        .name("heart".to_owned())
        .spawn(move || {
            let (mut unwatched, mut trouble) = (false, None::<String>);
            loop {
                trouble = tell_of_logs(trouble.as_deref(), &alarm);
                if !unwatched && parent::is_gone() {
                    unwatched = true;
                    alarm(AlertLevel::Critical, "unwatched", UNWATCHED.to_owned());
                }
                beat((&heart, &control), (&identity, unwatched), &board);
                std::thread::sleep(BEAT);
            }
        })
        .map_err(failed)?;
    let (killer, mark, failures) = (tree.killer.clone(), HangMark::new(&hangs), Failures::new(&hangs));
    let manager = ServiceManager::of_process();
    watchdog::start(
        tree.watched(),
        move || manager.alive(),
        move |name| {
            tracing::error!(actor = name, "an actor hangs; the process ends and is started anew");
            // Entries cease at once; the latch is of this process alone, so it does not outlive it.
            killer.shut();
            let (at, why) = (clock::now(), "it hung, and the process was started anew".to_owned());
            let failure = Failed { at, actor: name.to_owned(), why, weighed: false };
            if let Err(error) = mark.leave(name).and_then(|()| failures.note(failure)) {
                tracing::error!(%error, "who hung cannot be left to the next process");
            }
            std::process::exit(i32::from(ANEW));
        },
    )
    .map_err(failed)
}

/// Checks an administrator's code, for what needs one over the socket.
fn checking(people: People) -> Checking {
    Arc::new(move |step_up| {
        let people = people.clone();
        Box::pin(async move {
            let Ok(Some(person)) = people.named(&step_up.name).await else { return false };
            let may = person.roles.has(Role::Administrator) && !person.disabled;
            may && people.check_code(person.id, &step_up.code, clock::now()).await.unwrap_or(false)
        })
    })
}

/// Consumes flags for ever.
async fn flags(inside: &Inside, folder: ControlFolder) {
    let mut flags = Flags::new(folder);
    loop {
        for found in flags.take() {
            match found {
                Found::Command(flag, why) => {
                    let Some(command) = flag.command() else { continue };
                    let key = format!("{}-{}", flag.file(), clock::now());
                    let way = format!("flag file {}", flag.file());
                    if flag == Flag::Kill {
                        // The flag is there until the latch is: whoever dies between leaves it to the next process.
                        kill(&inside.killer, &inside.board, &Caller::owner_by(Origin::File, &way), &why);
                        flags.done(flag);
                    }
                    let reply = inside.command(key, command, (Origin::File, &way), why).await;
                    // A rehearsal that begins leaves the logs as they were (RES-3): the audit has it.
                    if flag != Flag::Rehearse || reply.is_err() {
                        tracing::info!(flag = flag.file(), answer = %said(&reply), "a flag was taken");
                    }
                }
                Found::Refused(flag, why) => {
                    tracing::warn!(flag = flag.file(), %why, "a flag was refused");
                    let caller = Caller::owner_by(Origin::File, "flag file");
                    inside.scribe.refused(caller, flag.file(), &why);
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What came of a command, in its own words.
fn said(reply: &Answer) -> String {
    reply.as_ref().map_or_else(ToString::to_string, |outcome| outcome.message.clone())
}

/// Hears the operating system's signals for ever.
async fn signals(inside: &Inside) {
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return tracing::error!(%error, "signals cannot be heard"),
    };
    // Who sent it cannot be told; whether a service manager keeps this process can.
    let sent = if ServiceManager::of_process().is_there() { ", as the service manager sends it" } else { "" };
    loop {
        let signal = signals.next().await;
        let key = format!("signal-{}", clock::now());
        let sent = if signal == Signal::Terminate { sent } else { "" };
        let way = format!("signal {}{sent}", signal.name());
        let reply = inside.command(key, signal.command(), (Origin::Signal, &way), String::new()).await;
        tracing::info!(signal = signal.name(), answer = %said(&reply), "a signal was heard");
    }
}

/// Tells where it has changed whether the logs can be written: a log cannot tell that of itself.
fn tell_of_logs(before: Option<&str>, alarm: &impl Fn(AlertLevel, &'static str, String)) -> Option<String> {
    let now = telemetry::trouble();
    match (before, &now) {
        (None, Some(why)) => {
            let text = format!(
                "Logs cannot be written, what happens meanwhile is missing in them: {why}. Make room on the disk."
            );
            alarm(AlertLevel::Critical, "logs", text);
        }
        (Some(_), None) => {
            alarm(
                AlertLevel::Warning,
                "logs",
                "The logs can be written again; what came before is missing in them.".to_owned(),
            );
        }
        _ => {}
    }
    now
}

fn beat(
    (heart, control): (&Heart, &ControlFolder),
    (identity, unwatched): (&Identity, bool),
    board: &watch::Receiver<Arc<Board>>,
) {
    let board = Arc::clone(&board.borrow());
    let age = |at: Timestamp| (board.at - at).as_seconds();
    let beat = Heartbeat {
        at: clock::now(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        identity: Some(identity.clone()),
        state: board.state,
        mode: Some(board.mode),
        broker: "simulated venue, in process".to_owned(),
        feeds: vec![Feed { name: board.feed_name.clone(), last: board.fed_at, age_seconds: board.fed_at.map(age) }],
        session: board.session.as_ref().map(|s| s.id),
        last_cycle: board.fed_at,
        last_decision: board.decisions.first().map(|d| d.at),
        decisions: u64::try_from(board.decisions.len()).unwrap_or(u64::MAX),
        defense: board.defense.is_some(),
        unwatched,
        board: serde_json::to_value(board.as_ref()).unwrap_or_default(),
    };
    let written = heart.beat(&beat).and_then(|()| match control.mirrored() {
        Some(state) if state == board.state => Ok(()),
        _ => control.mirror(board.state),
    });
    if let Err(error) = written {
        tracing::warn!(%error, "the heartbeat cannot be written");
    }
}
