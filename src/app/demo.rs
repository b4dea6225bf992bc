//! The demo's dashboard: the same day, traded by the living bot's own parts, beside the terminal that tells it. What it
//! writes lies in a folder of its own that goes with it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use desk::domain::bot::{Caller, Command, Mode, Roles, VenueKind};
use desk::domain::ids::Identity;
use desk::domain::time::Span;
use desk::machines::supervisor::Deadlines;
use desk::venue::Venue;
use desk::world::playback::Playback;
use desk::world::seats::Outbox;
use desk::world::trader::Trader;
use tokio::sync::{oneshot, watch};

use super::feed::Feed;
use super::kept::Kept;
use super::living::{GRACE, people_of};
use super::pages::{self, House};
use super::rehearsal;
use super::standing::{self, Missing};
use crate::actors::backing_up::BackUp;
use crate::actors::configuring::Configure;
use crate::actors::life::{End, Life};
use crate::actors::questions::Questions;
use crate::actors::reporter::Sign;
use crate::actors::supervisor::Bearing;
use crate::actors::tree::{Plan, Tree};
use crate::cli::Failure;
use crate::cli::demo::{Dashboard, Day};
use crate::gateway::clock;
use crate::gateway::control::ControlFolder;
use crate::gateway::vault::{KeySource, Vault};
use crate::messages::chronicle::Chronicle;
use crate::messages::counter::counter;
use crate::messages::reports::Reports;
use crate::messages::supervisor::Order;
use crate::settings::{Boot, Current, Runtime, Sources};
use crate::store::LifeLog;
use crate::store::people::{NewPerson, Purpose};

/// Where a dashboard is looked for first; where that is taken, any free port does.
const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7878);
/// Who the link signs in.
const NAME: &str = "demo";
/// How long the link works: as long as somebody may leave the demo open.
const LINK: Span = Span::minutes(24 * 60);

/// Serves a day's dashboard until what comes back is dropped.
///
/// # Errors
/// What stood in the way.
pub(super) fn serve(day: Day) -> Result<Dashboard, Failure> {
    let (tell, told) = mpsc::channel();
    let (end, ended) = oneshot::channel();
    let thread = std::thread::Builder::new().name("dashboard".to_owned());
    let thread = thread
        .spawn(move || actix::System::new().block_on(house(day, &tell, ended)))
        .map_err(|e| Failure::failed("threads", e))?;
    let served: Open = told.recv().map_err(|_| Failure::failed("dashboard", "the dashboard did not start"))??;
    let keep = Keep { end: Some(end), thread: Some(thread) };
    Ok(Dashboard {
        place: served.place,
        link: served.link,
        board: served.board,
        over: served.over,
        keep: Box::new(keep),
    })
}

/// A dashboard that stands.
struct Open {
    place: String,
    link: String,
    board: watch::Receiver<Arc<crate::messages::board::Board>>,
    over: watch::Receiver<bool>,
}

/// Ends the dashboard, and waits until its folder is gone.
struct Keep {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Keep {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing left to say.
            let _ = thread.join();
        }
    }
}

/// A folder that goes with its owner.
struct Passing(PathBuf);

impl Passing {
    fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("tbot-demo-{}", std::process::id()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|e| Failure::failed("demo_folder", format!("{}: cannot be made: {e}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // Nothing more can be done here where even this fails.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The whole life of the dashboard.
async fn house(day: Day, tell: &mpsc::Sender<Result<Open, Failure>>, ended: oneshot::Receiver<()>) {
    let (over, is_over) = watch::channel(false);
    match open(day, is_over).await {
        Ok((stand, served)) => {
            // Whoever asked may have given up.
            if tell.send(Ok(served)).is_err() {
                return;
            }
            let Stand { tree, folder, mut life } = stand;
            tokio::select! {
                _ = ended => {}
                _ = life.wait_for(Option::is_some) => {
                    // Every open page gets its last state before it goes (LIFE-2).
                    actix::clock::sleep(GRACE).await;
                    over.send_replace(true);
                }
            }
            drop((tree, folder));
        }
        Err(failure) => {
            let _ = tell.send(Err(failure));
        }
    }
}

/// What must live as long as the dashboard.
struct Stand {
    tree: Tree,
    folder: Passing,
    life: watch::Receiver<Option<End>>,
}

async fn open(day: Day, over: watch::Receiver<bool>) -> Result<(Stand, Open), Failure> {
    let Day { setup, tapes, fees, pace, name } = day;
    let folder = Passing::new()?;
    let identity = setup.identity.clone();
    let boot = Boot::read(&Sources { config: folder.0.clone(), data: Some(folder.0.clone()), ..Sources::default() })?;
    boot.folders.make(Some(&identity))?;
    let vault = Vault::create(&boot.folders, KeySource::of_process(boot.key.clone()))?;
    let (reader, writer) = standing::books(&boot, &identity, Missing::Make).await?;
    let people = people_of(&boot, &vault).await?;
    let log = LifeLog::open(&boot.folders.data().join("life.log"))?;
    let unlivable = |e| Failure::failed("life", e);
    let (mut life, ended) =
        Life::new(Deadlines::default(), Mode::Paper, VenueKind::Simulated, Some(log)).map_err(unlivable)?;
    let from = tapes.iter().filter_map(|t| t.bars.first()).map(|b| b.start).min().unwrap_or_default();
    life.set_up(from, true).map_err(unlivable)?;
    let current = Current::new(1, Runtime::default());
    let feed = Arc::new(Feed {
        name: name.clone(),
        drawn: None,
        instruments: setup.instruments.clone(),
        tapes: tapes.clone(),
    });
    let (stage, rehearsals) = rehearsal::stage((&boot, &identity), &current, &feed, &people)?;
    let control = ControlFolder::open(&boot.folders.control())?;
    let Kept { latch, papers, left } = Kept::open((&boot, &identity), &vault, &control)?;
    let tree = Tree::start(Plan {
        stage,
        latch,
        papers,
        left,
        trader: Trader::new(setup.clone(), Outbox::default())?,
        venue: Venue::new(setup.rules, setup.commission, setup.instruments.clone(), setup.limits.float),
        setup,
        mode: Mode::Paper,
        chronicle: Chronicle::default(),
        writer: Some(writer),
        playback: Playback::new(tapes, fees),
        pace,
        sign: Sign { feed_name: name, venue: VenueKind::Simulated, from },
        life,
        configure: Configure::none(),
        back_up: BackUp::none(),
        questions: Questions::nobody(),
        bearing: Bearing::default(),
        reports: Reports::none(),
        usual: super::versions::usual(&current.get(), None),
    })?;
    let listener = TcpListener::bind(USUAL).or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let listener = listener.map_err(|e| Failure::failed("web_listen", format!("nothing can listen here: {e}")))?;
    let house = House {
        boot: &boot,
        identity: &identity,
        people: &people,
        reader,
        feed,
        rehearsals,
        runtime: (current, 1),
        vault: None,
        papers: counter().1,
    };
    let listening = pages::serve(house, &tree, (listener, None))?;
    let new = NewPerson { name: named(NAME)?, password: None, roles: Roles::ADMINISTRATOR };
    let person = people.add(&new, clock::now()).await?;
    let token = people.make_link(Purpose::SignIn(person), clock::now() + LINK).await?;
    begin(&tree, &identity).await?;
    let place = format!("http://{listening}");
    let link = format!("{place}/link/{}", token.text());
    let board = tree.board.clone();
    Ok((Stand { tree, folder, life: ended }, Open { place, link, board, over }))
}

fn named(name: &str) -> Result<crate::store::people::PersonName, Failure> {
    name.parse().map_err(|e| Failure::failed("name", e))
}

/// The day begins by itself: a demo is there to be watched.
async fn begin(tree: &Tree, identity: &Identity) -> Result<(), Failure> {
    let order = Order {
        key: format!("demo-{identity}"),
        command: Command::Start,
        caller: Caller::bot("demo"),
        why: "a demo begins by itself".to_owned(),
    };
    tree.door.command(order).await.map(drop).map_err(|refused| Failure::failed("start", refused))
}
