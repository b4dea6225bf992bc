//! The living bot: everything that has to stand before a message is sent, in its order; then the tree, the ways in, the
//! heartbeat; then the wait for its end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::{BotState, Caller, Command, Mode, VenueKind};
use desk::domain::ids::Identity;
use desk::domain::time::Span;
use desk::venue::Venue;
use desk::world::playback::Playback;
use desk::world::resume::resume;
use desk::world::seats::Outbox;
use desk::world::trader::{Setup, Trader};
use tokio::sync::watch;

use super::day_exports::{self, Places};
use super::feed::{self, Feed};
use super::fresh::Fresh;
use super::kept::Kept;
use super::pages::{self, House, Wire};
use super::reports;
use super::standing::{Configuration, Missing};
use super::{backups, floats, founding, questions, rehearsal, standing, versions, ways_in, whole};
use crate::actors::life::{End, Life, LifeError};
use crate::actors::reporter::Sign;
use crate::actors::tree::{Plan, Tree};
use crate::backup;
use crate::cli::run_bot::{Arguments, Feed as Choice, Speed};
use crate::cli::{Failure, console};
use crate::gateway::clock;
use crate::gateway::control::{ControlFolder, Heart, InstanceLock, Server};
use crate::gateway::notify::ServiceManager;
use crate::gateway::vault::{Envelope, KeySource, Vault};
use crate::messages::chronicle::Chronicle;
use crate::messages::counter::{Counter, counter};
use crate::messages::rehearsal::Rehearsals;
use crate::messages::reports::Reports;
use crate::messages::supervisor::Order;
use crate::settings::{Boot, Current, Held, Origin, write_boot};
use crate::store::people::{People, Purpose, Seal, Unsealed};
use crate::store::{Address, LifeLog, Reader};
use crate::telemetry;

/// The log of the bot's life, in the data folder.
pub(super) const LIFE: &str = "life.log";
/// How long answers and pages that are under way may take at the end.
pub(super) const GRACE: Duration = Duration::from_millis(500);
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

/// The people's store of a bot.
///
/// # Errors
/// Where it cannot be opened or made.
pub(super) async fn people_of(boot: &Boot, vault: &Vault) -> Result<People, Failure> {
    let place = Address::Sqlite(boot.folders.data().join("people.db"));
    Ok(People::open(&place, Arc::new(Sealing(vault.envelope("people")?))).await?)
}

/// Runs a bot until its end.
///
/// # Errors
/// What stood in the way of its start.
pub(super) fn run(arguments: &Arguments) -> Result<End, Failure> {
    let boot = arguments.boot()?;
    boot.may_start()?;
    let fresh = Fresh::of(boot.folders.data());
    // What stands in the way is found before anything is made; a bot that runs here already before its port is.
    let lock = boot.folders.control().exists().then(|| lock(&boot)).transpose()?;
    let feed = feed_of(arguments)?;
    let listener = pages::listen(&boot)?;
    boot.folders.make(boot.identity.as_ref())?;
    telemetry::start(&boot.logging, Some(&boot.folders.logs()), clock::now)
        .map_err(|e| Failure::bad_input("logs", e))?;
    let lock = lock.map_or_else(|| self::lock(&boot), Ok)?;
    actix::System::new().block_on(live(arguments, &boot, Before { fresh, lock, feed, listener }))
}

/// What is there before anything else is.
struct Before {
    fresh: Fresh,
    lock: (ControlFolder, InstanceLock),
    feed: Feed,
    listener: TcpListener,
}

/// The control folder, and the lock in it (LIFE-13).
fn lock(boot: &Boot) -> Result<(ControlFolder, InstanceLock), Failure> {
    let control = ControlFolder::open(&boot.folders.control())?;
    let lock = InstanceLock::take(&control)?;
    Ok((control, lock))
}

async fn live(arguments: &Arguments, boot: &Boot, before: Before) -> Result<End, Failure> {
    let Before { fresh, lock: (control, _lock), feed, listener } = before;
    let first = !boot.folders.data().join(LIFE).exists();
    let founded = boot.identity.is_none();
    let tls = pages::tls(boot)?;
    let boot = match boot.identity {
        Some(_) => boot.clone(),
        None => match founding::wizard(arguments, boot, &control, ((&listener, tls.clone()), &feed)).await? {
            // What it wrote to boot.toml is read as at any start.
            Some(_) => arguments.boot()?,
            None => return Ok(End::Told),
        },
    };
    let identity = boot.identity.clone().ok_or_else(|| Failure::failed("identity", "the set-up wrote no identity"))?;
    // What a set-up has just made has not run yet.
    if !founded {
        whole::check(&boot, &identity, &boot.folders.data().join(LIFE))?;
    }
    // Before anybody is told where the bot is: who calls early waits, and is not sent away.
    let socket = Server::bind(&control)?;
    let Stand { tree, ended, people, ways: (rehearsals, counter), autostarts } =
        stand(arguments, (&boot, &control), &identity, (feed, (listener, tls)), first).await?;
    let by_flag = boot.effective().iter().any(|e| e.key.name == "bot.identity" && matches!(e.origin, Origin::Flag(_)));
    if first && by_flag {
        // So that the verbs beside it find the bot and its books without the flags.
        let mut told = vec![("bot.identity", identity.to_string())];
        told.extend(boot.database.clone().map(|url| ("database.url", url)));
        told.extend(boot.listens_by_flag());
        write_boot(boot.folders.data(), &told)?;
    }
    fresh.keep();
    day_exports::start(Places::of(&boot, &identity), tree.board.clone(), Box::new(tree.alarm()))?;
    floats::start(&boot, &identity, &tree, &people)?;
    let heart = Heart::new(&control, &boot.folders.output(&identity).join("logs"));
    ways_in::open(&tree, (socket, rehearsals, counter), control.clone(), heart, identity, people)?;
    if autostarts {
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

/// A bot that stands, its pages served.
struct Stand {
    tree: Tree,
    ended: watch::Receiver<Option<End>>,
    people: People,
    /// What the socket answers with besides the tree.
    ways: (Rehearsals, Counter),
    autostarts: bool,
}

async fn stand(
    arguments: &Arguments,
    (boot, control): (&Boot, &ControlFolder),
    identity: &Identity,
    (feed, wire): (Feed, Wire),
    first: bool,
) -> Result<Stand, Failure> {
    let told = arguments.first_start(Some(identity), !first)?;
    make_folders(boot, identity)?;
    let vault = Arc::new(Vault::create(&boot.folders, KeySource::of_process(boot.key.clone()))?);
    let Configuration { runtime, version, by } = standing::configuration(&vault, &told)?;
    let feed = Arc::new(feed);
    let missing = if first { Missing::Make } else { Missing::Refuse };
    let (reader, writer) = standing::books(boot, identity, missing).await?;
    if first && writer.heads().events.seq > 0 {
        return Err(whole::without_life(boot, identity));
    }
    let log = LifeLog::open(&boot.folders.data().join(LIFE))?;
    // A restored bot makes client order ids that nobody has used before.
    let epoch = backup::epoch(&log.1);
    let people = people_of(boot, &vault).await?;
    let mode = arguments.mode().unwrap_or(Mode::Paper);
    let deadlines = versions::deadlines(&runtime, arguments.speed()?);
    let (mut life, ended) = Life::new(deadlines, mode, VenueKind::Simulated, Some(log)).map_err(unlivable)?;
    // Defense mode outlives the process: its limits hold from the start.
    let usual = versions::usual(&runtime, Some(runtime.chosen(version, &by)?));
    let held = usual.chosen.as_ref().and_then(|chosen| Held::of(&runtime, chosen));
    let setup = Setup { epoch, limits: usual.limits(life.defends()), ..standing::setup(identity, &runtime, &feed) };
    let current = Current::new(version, runtime);
    let registered = people.count().await? > 0;
    let from = feed.tapes.iter().filter_map(|t| t.bars.first()).map(|b| b.start).min().unwrap_or_default();
    life.set_up(from, registered).map_err(unlivable)?;

    let mut playback = playback(&feed)?;
    let Led { trader, venue, chronicle } = lead_back(&reader, &setup, &mut playback).await?;
    let (stage, rehearsals) = rehearsal::stage((boot, identity), &current, &feed, &people)?;
    let (reports, told) = Reports::new();
    let files = reports::plan((boot, identity), &setup, mode, (&feed, &current))?;
    let Kept { latch, papers, left } = Kept::open((boot, identity), &vault, control)?;
    let tree = Tree::start(Plan {
        setup,
        mode,
        trader,
        chronicle,
        writer: Some(writer),
        venue,
        playback,
        pace: pace(arguments.speed()?),
        sign: Sign { feed_name: feed.name.clone(), venue: VenueKind::Simulated, from },
        life,
        latch,
        papers,
        left,
        stage,
        configure: versions::configuring(Arc::clone(&vault), current.clone(), arguments.speed()?, held),
        back_up: backups::backing_up(boot, identity),
        questions: questions::of(&people, identity),
        bearing: versions::bearing(&current.get()),
        reports,
        usual,
    })?;
    reports::begin(files, told, &tree, &people)?;
    let (counter, papers) = counter();
    let house = House {
        boot,
        identity,
        people: &people,
        reader,
        feed,
        rehearsals: rehearsals.clone(),
        runtime: (current.clone(), version),
        vault: Some(vault),
        papers,
    };
    let listening = pages::serve(house, &tree, wire)?;
    say_way_in(&people, registered, &pages::place(boot, listening)).await?;
    let autostarts = current.get().lifecycle.autostart && registered;
    Ok(Stand { tree, ended, people, ways: (rehearsals, counter), autostarts })
}

/// The folders of the identity; defense mode is logged in its output (REP-1).
fn make_folders(boot: &Boot, identity: &Identity) -> Result<(), Failure> {
    boot.folders.make(Some(identity))?;
    let folder = boot.folders.output(identity).join("logs");
    let failed = |e| Failure::bad_input("logs", format!("{}: {e}", folder.display()));
    telemetry::keep_defense_in(&folder).map_err(failed)
}

/// How long a minute of the market takes; nothing where it goes as fast as it can.
fn pace(speed: Speed) -> Option<Duration> {
    match speed {
        Speed::Times(times) => Duration::from_mins(1).checked_div(times),
        Speed::Max => None,
    }
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
    let (trader, venue) = resume(setup, events, entries, playback, |past| chronicle.pieces.push(past.into()))?;
    Ok(Led { trader, venue, chronicle })
}
