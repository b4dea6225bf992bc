//! The living bot: everything that has to stand before a message is sent, in its order; then the tree, the ways in, the
//! heartbeat; then the wait for its end.

use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::{BotState, Caller, Command, Mode, VenueKind};
use desk::domain::time::Span;
use desk::machines::supervisor::Deadlines;
use desk::venue::Venue;
use desk::world::playback::Playback;
use desk::world::resume::{Past, resume};
use desk::world::seats::Outbox;
use desk::world::trader::{Setup, Trader};
use tokio::sync::watch;

use super::feed::{self, Feed};
use super::{pages, rehearsal, standing, ways_in};
use crate::actors::life::{End, Life, LifeError};
use crate::actors::reporter::Sign;
use crate::actors::tree::{Plan, Tree};
use crate::cli::run_bot::{Arguments, Feed as Choice, Speed};
use crate::cli::{Failure, console};
use crate::gateway::clock;
use crate::gateway::control::{ControlFolder, Heart, InstanceLock, Server};
use crate::gateway::notify::ServiceManager;
use crate::gateway::vault::{Envelope, KeySource, Vault};
use crate::messages::chronicle::{Chronicle, Piece};
use crate::messages::supervisor::Order;
use crate::settings::{Boot, Runtime, write_boot};
use crate::store::people::{People, Purpose, Seal, Unsealed};
use crate::store::{Address, LifeLog, Reader};
use crate::telemetry;

/// Whose bot it is where nobody says so at a first start.
const FIRST: &str = "TBOT_US_SIM_01";
/// How long answers and pages that are under way may take at the end.
const GRACE: Duration = Duration::from_millis(500);
/// How long a one-time link works.
const LINK: Span = Span::minutes(60);

/// Seals for the people's store with the vault's own key for it.
struct Sealing(Envelope);

impl Seal for Sealing {
    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, Unsealed> {
        self.0.seal(name, secret).map_err(|_| Unsealed)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealed> {
        self.0.open(name, sealed).map(|plain| plain.to_vec()).map_err(|_| Unsealed)
    }
}

/// Runs a bot until its end.
///
/// # Errors
/// What stood in the way of its start.
pub(super) fn run(arguments: &Arguments) -> Result<End, Failure> {
    let boot = arguments.boot()?;
    boot.may_start()?;
    boot.folders.make(boot.identity.as_ref())?;
    telemetry::start(&boot.logging, Some(&boot.folders.logs()), clock::now)
        .map_err(|e| Failure::bad_input("logs", e))?;
    actix::System::new().block_on(live(arguments, &boot))
}

async fn live(arguments: &Arguments, boot: &Boot) -> Result<End, Failure> {
    let set_up = boot.identity.is_some();
    let identity = match &boot.identity {
        Some(identity) => identity.clone(),
        None => FIRST.parse().map_err(|e| Failure::failed("identity", e))?,
    };
    let first = arguments.first_start(Some(&identity), set_up)?;
    boot.folders.make(Some(&identity))?;
    let control = ControlFolder::open(&boot.folders.control())?;
    let _lock = InstanceLock::take(&control)?;
    let vault = Vault::create(&boot.folders, KeySource::of_process(boot.key.clone()))?;
    let (runtime, version) = standing::configuration(&vault, &first)?;
    let feed = Arc::new(feed_of(arguments)?);
    let setup = standing::setup(&identity, &runtime, &feed)?;
    let address = Address::new(&boot.database(&identity));
    let (reader, writer) = standing::books(&address, &identity).await?;
    let envelope = vault.envelope("people")?;
    let people = boot.folders.data().join("people.db");
    let people = People::open(&Address::Sqlite(people), Arc::new(Sealing(envelope))).await?;
    let log = LifeLog::open(&boot.folders.data().join("life.log"))?;
    let mode = arguments.mode().unwrap_or(Mode::Paper);
    let (mut life, ended) = Life::new(deadlines(&runtime), mode, VenueKind::Simulated, Some(log)).map_err(unlivable)?;
    let registered = people.count().await? > 0;
    let first = feed.tapes.iter().filter_map(|t| t.bars.first()).map(|b| b.start).min().unwrap_or_default();
    life.set_up(first, registered).map_err(unlivable)?;

    let mut playback = playback(&feed)?;
    let Led { trader, venue, chronicle } = lead_back(&reader, &setup, &mut playback).await?;
    let pace = match arguments.speed()? {
        Speed::Times(times) => Duration::from_mins(1).checked_div(times),
        Speed::Max => None,
    };
    let sign = Sign { feed_name: feed.name.clone(), venue: VenueKind::Simulated, from: first };
    let writer = Some(writer);
    let (stage, rehearsals) = rehearsal::stage((boot, &identity), &runtime, &feed, &people)?;
    let tree = Tree::start(Plan { setup, mode, trader, chronicle, writer, venue, playback, pace, sign, life, stage })?;

    let socket = Server::bind(&control)?;
    let listening =
        pages::serve(boot, &identity, &tree, &people, reader, (feed, rehearsals.clone(), &runtime, version))?;
    say_way_in(&people, registered, &format!("http://{listening}")).await?;
    if !set_up {
        write_boot(boot.folders.data(), &[("bot.identity", identity.to_string())])?;
    }
    let heart = Heart::new(&control, &boot.folders.logs());
    ways_in::open(&tree, (socket, rehearsals), control.clone(), heart, identity, people)?;
    if runtime.lifecycle.autostart && registered {
        autostart(&tree).await;
    }
    let end = wait(ended).await;
    // Whoever gave the command has its answer, and every open page its last state, before the process goes (LIFE-2).
    actix::clock::sleep(GRACE).await;
    if end == End::Told {
        control.mirror(BotState::Shutdown)?;
    }
    Ok(end)
}

fn feed_of(arguments: &Arguments) -> Result<Feed, Failure> {
    match arguments.feed()? {
        Choice::Generated => feed::generated(arguments.seed),
        Choice::Replay(folder) => feed::replay(&folder),
        Choice::Broker => {
            let message = "--feed broker: this version has the simulated venue alone. Allowed: generated, replay:DIR";
            Err(Failure::bad_input("feed", message))
        }
    }
}

fn deadlines(runtime: &Runtime) -> Deadlines {
    let seconds = |s: u32| Span::seconds(i64::from(s));
    Deadlines {
        stop: seconds(runtime.lifecycle.stop_deadline_seconds),
        shutdown: seconds(runtime.lifecycle.shutdown_deadline_seconds),
        ..Deadlines::default()
    }
}

/// Says where the bot is found, with a one-time link where nobody is registered yet; the service manager hears that it is
/// ready.
async fn say_way_in(people: &People, registered: bool, place: &str) -> Result<(), Failure> {
    let manager = ServiceManager::of_process();
    if registered {
        console::say(&format!("Dashboard: {place}"));
    } else {
        let link = people.make_link(Purpose::Register, clock::now() + LINK).await?;
        console::say(&format!("Register the first administrator within an hour: {place}/register/{}", link.text()));
    }
    manager.ready(place);
    Ok(())
}

async fn autostart(tree: &Tree) {
    let order = Order {
        key: format!("autostart-{}", clock::now()),
        command: Command::Start,
        caller: Caller::bot("autostart"),
        why: "the configuration says so".to_owned(),
    };
    if let Err(refused) = tree.door.command(order).await {
        console::say(&format!("It does not trade yet. {refused}"));
    }
}

/// Waits until the bot's life in this process is over.
async fn wait(mut ended: watch::Receiver<Option<End>>) -> End {
    // Where the supervisor is gone without a word, only a new process helps.
    ended.wait_for(Option::is_some).await.ok().and_then(|end| *end).unwrap_or(End::Anew)
}

fn unlivable(error: LifeError) -> Failure {
    Failure::failed("life", error)
}

fn playback(feed: &Feed) -> Result<Playback, Failure> {
    Ok(Playback::new(feed.tapes.clone(), feed::fees()?))
}

/// A bot led back to where its record ends.
struct Led {
    trader: Trader<Outbox>,
    venue: Venue,
    chronicle: Chronicle,
}

async fn lead_back(reader: &Reader, setup: &Setup, playback: &mut Playback) -> Result<Led, Failure> {
    let (events, entries) = standing::record(reader, &setup.identity).await?;
    let mut chronicle = Chronicle { pieces: Vec::new(), generation: 1 };
    let (trader, venue) = resume(setup, events, entries, playback, |past| {
        chronicle.pieces.push(match past {
            Past::Session(terms) => Piece::Session(terms),
            Past::Moment(instant) => Piece::Moment(Arc::new(instant)),
            Past::Event(event) => Piece::Events(Arc::from([event])),
        });
    })?;
    Ok(Led { trader, venue, chronicle })
}
