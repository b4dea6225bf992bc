//! The living bot: everything that has to stand before a message is sent, in its order; then the tree, the ways in, the
//! heartbeat; then the wait for its end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::{Caller, Command, Mode, VenueKind};
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::{CalendarName, Identity};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Span;
use desk::machines::supervisor::Deadlines;
use desk::world::backtest::Tape;
use desk::world::playback::Playback;
use desk::world::resume::{Past, resume};
use desk::world::trader::Setup;
use tokio::sync::watch;

use super::feed::{self, Feed};
use super::ways_in;
use crate::actors::reporter::Sign;
use crate::actors::supervisor::{End, Life, LifeError};
use crate::actors::tree::{Plan, Tree};
use crate::cli::run_bot::{Arguments, Feed as Choice, FirstStart, Speed};
use crate::cli::{Failure, console};
use crate::gateway::clock;
use crate::gateway::control::{ControlFolder, Heart, InstanceLock, Server};
use crate::gateway::notify::ServiceManager;
use crate::gateway::vault::{Envelope, KeySource, Saving, Vault};
use crate::messages::board::Board;
use crate::messages::chronicle::{Chronicle, Piece};
use crate::messages::supervisor::Order;
use crate::settings::{Boot, Runtime, write_boot};
use crate::store::people::{People, Purpose, Seal, Unsealed};
use crate::store::{self, Address, LifeLog, NewBook, Reader, Writer, chart};
use crate::telemetry;
use crate::web::{Bars, Manners, SettingLine, Site};

/// Whose bot it is where nobody says so at a first start.
const FIRST: &str = "TBOT_US_SIM_01";
/// How long a one-time link works.
const LINK: Span = Span::minutes(60);
/// How many rows are read at once when the record is folded.
const PAGE: u32 = 10_000;

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
    telemetry::start(&boot.logging, Some(&boot.folders.logs()), clock::now)?;
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
    let (runtime, version) = configuration(&vault, &first)?;
    let feed = match arguments.feed()? {
        Choice::Generated => feed::generated(arguments.seed)?,
        Choice::Replay(folder) => feed::replay(&folder)?,
        Choice::Broker => {
            let message = "--feed broker: this version has the simulated venue alone. Allowed: generated, replay:DIR";
            return Err(Failure::bad_input("feed", message));
        }
    };
    let setup = setup(&identity, &runtime, &feed);
    let address = Address::new(&boot.database(&identity));
    let (reader, writer) = books(&address, &identity).await?;
    let envelope = vault.envelope("people")?;
    let people = boot.folders.data().join("people.db");
    let people = People::open(&Address::Sqlite(people), Arc::new(Sealing(envelope))).await?;
    let log = LifeLog::open(&boot.folders.data().join("life.log"))?;
    let seconds = |s: u32| Span::seconds(i64::from(s));
    let deadlines = Deadlines {
        stop: seconds(runtime.lifecycle.stop_deadline_seconds),
        shutdown: seconds(runtime.lifecycle.shutdown_deadline_seconds),
        ..Deadlines::default()
    };
    let (mut life, ended) = Life::new(deadlines, Mode::Paper, VenueKind::Simulated, Some(log)).map_err(unlivable)?;
    let registered = people.count().await? > 0;
    let first = feed.tapes.iter().filter_map(|t| t.bars.first()).map(|b| b.start).min().unwrap_or_default();
    life.set_up(first, registered).map_err(unlivable)?;

    let fees = FeeSchedule::us_sales().map_err(|e| Failure::failed(e.fault.code(), e))?;
    let mut playback = Playback::new(feed.tapes.clone(), fees);
    let (events, entries) = record(&reader, &identity).await?;
    let mut chronicle = Chronicle { pieces: Vec::new(), generation: 1 };
    let (trader, venue) = resume(&setup, events, entries, &mut playback, |past| {
        chronicle.pieces.push(match past {
            Past::Session(terms) => Piece::Session(terms),
            Past::Instant(instant) => Piece::Instant(Arc::new(instant)),
            Past::Event(event) => Piece::Events(Arc::from([event])),
        });
    })?;
    let pace = match arguments.speed()? {
        Speed::Times(times) => Duration::from_secs(60).checked_div(times),
        Speed::Max => None,
    };
    let sign = Sign { feed_name: feed.name.clone(), venue: VenueKind::Simulated };
    let tree = Tree::start(Plan { setup, trader, chronicle, writer: Some(writer), venue, playback, pace, sign, life })?;

    let socket = Server::bind(&control)?;
    let listening = serve(boot, &identity, &tree, &people, reader, (feed, &runtime, version)).await?;
    let place = format!("http://{listening}");
    let way_in = if registered {
        format!("Dashboard: {place}")
    } else {
        let link = people.make_link(Purpose::Register, clock::now() + LINK).await?;
        format!("Register the first administrator within an hour: {place}/register/{}", link.text())
    };
    console::say(&way_in);
    ServiceManager::of_process().ready(&way_in);
    if !set_up {
        write_boot(boot.folders.data(), &[("bot.identity", identity.to_string())])?;
    }
    let heart = Heart::new(&control, &boot.folders.logs());
    ways_in::open(&tree, socket, control, heart, identity, people)?;
    if runtime.lifecycle.autostart && registered {
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
    Ok(wait(ended).await)
}

/// Waits until the bot's life in this process is over.
async fn wait(mut ended: watch::Receiver<Option<End>>) -> End {
    // Where the supervisor is gone without a word, only a new process helps.
    ended.wait_for(Option::is_some).await.ok().and_then(|end| *end).unwrap_or(End::Anew)
}

fn unlivable(error: LifeError) -> Failure {
    Failure::failed("life", error)
}

/// The newest version of the runtime configuration; the defaults are the first.
fn configuration(vault: &Vault, first: &FirstStart) -> Result<(Runtime, u32), Failure> {
    if let Some(version) = vault.newest()? {
        let origin = format!("version {}", version.number);
        return Ok((Runtime::read(&version.document, &origin)?, version.number));
    }
    let mut runtime = Runtime::default();
    if let Some(capital) = first.capital {
        runtime.limits.float = capital;
        runtime.validate()?;
    }
    let saving = Saving { at: clock::now(), by: "tbot".to_owned(), why: "the defaults, at set-up".to_owned(), over: 0 };
    let number = vault.save(&runtime.document(), saving)?;
    Ok((runtime, number))
}

fn setup(identity: &Identity, runtime: &Runtime, feed: &Feed) -> Setup {
    Setup {
        identity: identity.clone(),
        epoch: 1,
        limits: runtime.limits,
        strategies: runtime.trading(),
        instruments: feed.instruments.clone(),
        rules: runtime.rules,
        commission: runtime.commission,
        time_to_live: runtime.time_to_live(),
    }
}

/// The books, made where there are none.
async fn books(address: &Address, identity: &Identity) -> Result<(Reader, Writer), Failure> {
    let missing = match address {
        Address::Sqlite(path) => !path.exists(),
        Address::Postgres(_) => false,
    };
    if missing {
        let book = NewBook {
            identity: identity.clone(),
            base_currency: Currency::USD,
            calendar: CalendarName::Xnys,
            chart: chart::default_chart(),
        };
        store::create(address, &book).await?;
    }
    Ok(store::open(address, identity).await?)
}

type Bytes = Vec<Vec<u8>>;

/// Every event and entry, as stored.
async fn record(reader: &Reader, identity: &Identity) -> Result<(Bytes, Bytes), Failure> {
    let book = reader.book(identity).await?;
    let (mut events, mut entries) = (Vec::new(), Vec::new());
    let count = |list: &Bytes| u64::try_from(list.len()).unwrap_or(u64::MAX);
    loop {
        let page = reader.events(&book, count(&events), PAGE).await?;
        if page.is_empty() {
            break;
        }
        events.extend(page.into_iter().map(|stored| stored.event.bytes));
    }
    loop {
        let page = reader.entries(&book, count(&entries), PAGE).await?;
        if page.is_empty() {
            break;
        }
        for stored in page {
            let bytes = stored.entry.to_bytes();
            entries.push(bytes.map_err(|e| Failure::failed("json", format!("entry {}: {e}", stored.entry.seq)))?);
        }
    }
    Ok((events, entries))
}

/// Serves the pages; where they listen comes back.
async fn serve(
    boot: &Boot,
    identity: &Identity,
    tree: &Tree,
    people: &People,
    reader: Reader,
    (feed, runtime, version): (Feed, &Runtime, u32),
) -> Result<SocketAddr, Failure> {
    let wanted = boot.web.listen;
    let unable = |e| Failure::bad_input("web_listen", format!("web.listen {wanted}: nothing can listen there: {e}"));
    let listener = TcpListener::bind(wanted).map_err(unable)?;
    let listening = listener.local_addr().map_err(unable)?;
    let boot_lines = boot.effective().iter().map(|e| SettingLine {
        key: e.key.name.clone(),
        value: e.value.clone().unwrap_or_else(|| "not set".to_owned()),
        origin: e.origin.to_string(),
    });
    let own = runtime.values().map(|(key, value)| SettingLine {
        key: key.name.clone(),
        value,
        origin: format!("version {version}"),
    });
    let lines: Vec<SettingLine> = boot_lines.chain(own).collect();
    let registering = tree.registering();
    let site = Site {
        identity: identity.clone(),
        board: tree.board.clone(),
        door: tree.door.clone(),
        people: people.clone(),
        books: Some(reader),
        clock: Arc::new(clock::now),
        bars: Some(bars(feed, tree.board.clone())),
        settings: Arc::new(move || lines.clone()),
        registered: Arc::new(move |name| registering(name)),
        manners: Manners { secure: !listening.ip().is_loopback(), ..Manners::default() },
    };
    let server = crate::web::serve(listener, site).map_err(|e| Failure::failed("web", e))?;
    actix::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the web server ended");
        }
    });
    Ok(listening)
}

/// The session's bars so far, for the charts.
fn bars(feed: Feed, board: watch::Receiver<Arc<Board>>) -> Bars {
    let symbols: Vec<Symbol> = feed.instruments.iter().map(|i| i.symbol).collect();
    let tapes: Vec<Tape> = feed.tapes;
    Arc::new(move |symbol| {
        let board = Arc::clone(&board.borrow());
        let Some(session) = &board.session else { return Vec::new() };
        let place = symbols.iter().position(|s| *s == symbol);
        let Some(tape) = place.and_then(|place| tapes.get(place)) else { return Vec::new() };
        let from = tape.bars.partition_point(|b| b.start < session.open);
        let to = tape.bars.partition_point(|b| b.end() <= board.at);
        tape.bars.get(from..to).map(<[_]>::to_vec).unwrap_or_default()
    })
}
