//! The actors, run: each test has a system, a tree and books of its own.

/// The chart of accounts.
mod accounts;
/// Days that are held, entries of persons, days opened again.
mod books;
/// Strategies switched and changed.
mod choosing;
/// Several days that are open, closed in their order.
mod days;
/// Floats that accounting assigns, and equity by the books.
mod floats;
/// Kills, and what goes wrong meanwhile.
mod kill;
/// Kills while the books cannot be written.
mod stalled;
/// Actors that panic, stop and hang.
mod supervision;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use desk::domain::bot::{BotState, Caller, Command, Mark, Mode, Origin, VenueKind, Who};
use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Money, Price, Quantity, Ratio, SCALE};
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::{CalendarName, StrategyName};
use desk::domain::order::ExitReason;
use desk::domain::seed::Seed;
use desk::domain::symbol::Currency;
use desk::domain::time::{Span, Timestamp};
use desk::machines::kill_switch::Receipt;
use desk::machines::supervisor::Deadlines;
use desk::risk::{Defense, Limits};
use desk::world::backtest::{Backtest, Closed, Progress, Tape, Watcher};
use desk::world::generated::{MarketSpec, tapes};
use desk::world::playback::Playback;
use desk::world::resume::resume;
use desk::world::trader::{Halt, Setup};
use tokio::sync::watch;

use super::backing_up::BackUp;
use super::configuring::{Configure, Prepared, Usual};
use super::kill_switch::Papers;
use super::latch::Latch;
use super::life::{End, Life};
use super::questions::Questions;
use super::rehearsal;
use super::reporter::Sign;
use super::supervisor::Bearing;
use super::tree::{Left, Plan, Tree};
use crate::gateway::control::{ControlFolder, Failed, Failures, LatchFile};
use crate::gateway::vault::Signer;
use crate::messages::Fault;
use crate::messages::board::Board;
use crate::messages::chronicle::Chronicle;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::reports::Reports;
use crate::messages::strategy::ToStrategy;
use crate::messages::supervisor::{Answer, Order};
use crate::store::{self, Address, Check, EmergencyFile, LifeLog, NewBook, Receipts, StoreError, Writer, chart};

/// Acts a fault out.
pub(super) fn act_out(fault: Fault) {
    match fault {
        Fault::Panic => panic!("a fault on purpose"),
        Fault::Hang(milliseconds) => std::thread::sleep(Duration::from_millis(milliseconds)),
    }
}

/// A generated market over some days.
pub(super) struct Scene {
    pub(super) setup: Setup,
    pub(super) tapes: Vec<Tape>,
    /// Whether sessions begin in defense mode.
    defends: bool,
}

impl Scene {
    pub(super) fn new(seed: u64, days: &[&str]) -> Self {
        Self::of(&MarketSpec::demo(), seed, days)
    }

    fn of(spec: &MarketSpec, seed: u64, days: &[&str]) -> Self {
        let session = |day: &&str| (Seed(seed), Calendar::XNYS.session(day.parse().unwrap()).unwrap());
        let (instruments, tapes) = tapes(spec, days.iter().map(session));
        Self { setup: Setup::usual("EXAMPLE_US_SIM_01".parse().unwrap(), instruments), tapes, defends: false }
    }

    pub(super) fn fees() -> FeeSchedule {
        FeeSchedule::us_sales().unwrap()
    }

    pub(super) fn backtest(&self) -> Backtest {
        let mut backtest = Backtest::new(self.setup.clone(), Self::fees()).unwrap();
        backtest.run(&self.tapes, &mut Nobody).unwrap();
        backtest
    }
}

/// One trade a day, and what else version 2 says. Versions 3 to 5 are of strategies.
fn tightened(limits: Limits) -> Limits {
    Limits { trades_day: 1, day_loss: Money::whole(900), ..limits }
}

fn versions(limits: Limits, shown: Arc<AtomicU32>) -> Configure {
    let prepared = move |number, usual| Prepared {
        usual,
        bearing: Bearing::default(),
        deadlines: Deadlines::default(),
        then: Arc::new({
            let shown = Arc::clone(&shown);
            move || shown.store(number, Ordering::SeqCst)
        }),
        later: vec!["lifecycle.autostart".to_owned()],
        missing: None,
    };
    Configure::new(move |number| match number {
        2 => Ok(prepared(number, usual(tightened(limits)))),
        3..=5 => Ok(prepared(number, Usual { chosen: Some(choosing::chosen(number)), ..usual(limits) })),
        _ => Err(format!("There is no version {number}.")),
    })
}

fn usual(limits: Limits) -> Usual {
    Usual {
        limits,
        time_to_live: Span::minutes(5),
        kill_alarm: Span::seconds(1),
        lots: desk::domain::lots::LotMethod::Fifo,
        defense: Defense { share: Ratio::from_raw(SCALE / 2), price_min: Price::whole(5), volume_min: Quantity::ZERO },
        defends_at_start: false,
        lines: Vec::new(),
        chosen: None,
    }
}

struct Nobody;

impl Watcher for Nobody {
    fn instant(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn session(&mut self, _: &Closed<'_>) -> Result<(), Halt> {
        Ok(())
    }
}

fn papers(folder: &std::path::Path) -> Papers {
    Papers {
        emergency: EmergencyFile::open(&folder.join("emergency.log")).unwrap().0,
        receipts: Receipts::open(&folder.join("receipts")).unwrap(),
        signer: Arc::new(Signer::from_seed(&[7; 32])),
    }
}

/// A running bot with books in a folder of its own.
pub(super) struct Bot {
    pub(super) tree: Tree,
    ended: watch::Receiver<Option<End>>,
    pub(super) folder: PathBuf,
    pub(super) rehearsals: rehearsal::tests::Heard,
    orders: std::cell::Cell<u64>,
    /// The version of the configuration that pages show.
    pub(super) shown: Arc<AtomicU32>,
}

impl Bot {
    pub(super) async fn new(name: &str, scene: &Scene, pace: Option<Duration>) -> Self {
        Self::bearing(name, scene, pace, (Bearing::default(), &[])).await
    }

    /// One whose books somebody reviews.
    pub(super) async fn reviewed(name: &str, scene: &Scene, pace: Option<Duration>, questions: Questions) -> Self {
        Self::made(name, scene, pace, (Bearing::default(), &[], questions)).await
    }

    /// What the next process makes of the books of one that was killed at this moment.
    pub(super) async fn after_a_kill(&self, name: &str, scene: &Scene, pace: Duration, questions: Questions) -> Self {
        let folder = fresh(name);
        store::copy(&self.folder.join("ledger.db"), &folder.join("ledger.db")).await.unwrap();
        let record = written(&folder).await;
        Self::raised(folder, scene, Some(pace), (Bearing::default(), &[], questions), record).await
    }

    /// One that bears so much, after these failures of earlier processes.
    async fn bearing(
        name: &str,
        scene: &Scene,
        pace: Option<Duration>,
        (bearing, failed): (Bearing, &[Failed]),
    ) -> Self {
        Self::made(name, scene, pace, (bearing, failed, Questions::nobody())).await
    }

    async fn made(name: &str, scene: &Scene, pace: Option<Duration>, house: (Bearing, &[Failed], Questions)) -> Self {
        let folder = fresh(name);
        let book = NewBook {
            identity: scene.setup.identity.clone(),
            base_currency: Currency::USD,
            calendar: CalendarName::Xnys,
            chart: chart::default_chart(),
        };
        store::create(&Address::Sqlite(folder.join("ledger.db")), &book).await.unwrap();
        Self::raised(folder, scene, pace, house, (Vec::new(), Vec::new())).await
    }

    /// The process ends where it is; the next one goes on from its record.
    pub(super) async fn again(mut self, scene: &Scene, pace: Option<Duration>) -> Self {
        self.tell(Command::Shutdown).await.unwrap();
        self.ended.wait_for(Option::is_some).await.unwrap();
        let record = self.written().await;
        let folder = std::mem::take(&mut self.folder);
        drop(self);
        let house = (Bearing::default(), [].as_slice(), Questions::nobody());
        Self::raised(folder, scene, pace, house, record).await
    }

    /// One on the books of this folder, led back to where their record ends.
    async fn raised(
        folder: PathBuf,
        scene: &Scene,
        pace: Option<Duration>,
        (bearing, failed, questions): (Bearing, &[Failed], Questions),
        (events, entries): (Vec<Vec<u8>>, Vec<Vec<u8>>),
    ) -> Self {
        let s = &scene.setup;
        let writer = writer(&folder, scene).await;
        let log = if events.is_empty() { "life.log".to_owned() } else { format!("life-{}.log", events.len()) };
        let log = LifeLog::open(&folder.join(log)).unwrap();
        let (mut life, ended) = Life::new(Deadlines::default(), Mode::Paper, VenueKind::Simulated, Some(log)).unwrap();
        life.set_up(Calendar::XNYS.session("2024-05-24".parse().unwrap()).unwrap().open, true).unwrap();
        let control = ControlFolder::open(&folder.join("control")).unwrap();
        let (stage, rehearsals) = rehearsal::tests::stage(scene, &folder);
        let failures = Failures::new(&control);
        for failure in failed {
            failures.note(failure.clone()).unwrap();
        }
        let mut playback = Playback::new(scene.tapes.clone(), Scene::fees());
        let mut chronicle = Chronicle::default();
        let led = resume(s, events, entries, &mut playback, |past| chronicle.pieces.push(past.into()));
        let (trader, venue) = led.unwrap();
        let shown = Arc::<AtomicU32>::default();
        let tree = Tree::start(Plan {
            setup: s.clone(),
            mode: Mode::Paper,
            trader,
            chronicle,
            writer: Some(writer),
            venue,
            playback,
            pace,
            sign: Sign {
                feed_name: "generated".to_owned(),
                venue: VenueKind::Simulated,
                from: Calendar::XNYS.session("2024-05-24".parse().unwrap()).unwrap().open,
            },
            life,
            latch: Latch::open(LatchFile::new(&control)),
            papers: papers(&folder),
            left: Left { failures: Some(failures), ..Left::default() },
            stage,
            configure: versions(s.limits, Arc::clone(&shown)),
            back_up: BackUp::none(),
            questions,
            bearing,
            reports: Reports::none(),
            usual: Usual { defends_at_start: scene.defends, ..usual(s.limits) },
        })
        .unwrap();
        Self { tree, ended, folder, rehearsals, orders: std::cell::Cell::new(0), shown }
    }

    pub(super) async fn tell(&self, command: Command) -> Answer {
        self.orders.set(self.orders.get() + 1);
        let key = format!("test-{}", self.orders.get());
        let caller = Caller { stepped_up: true, ..Caller::owner(Origin::CommandLine) };
        self.tree.door.command(Order { key, command, caller, why: "a test".to_owned() }).await
    }

    pub(super) async fn until(&self, what: &str, seen: impl Fn(&Board) -> bool) -> Arc<Board> {
        let mut board = self.tree.board.clone();
        let found = tokio::time::timeout(Duration::from_mins(1), board.wait_for(|b| seen(b))).await;
        let Ok(found) = found else { panic!("never {what}: {:#?}", self.tree.board.borrow()) };
        Arc::clone(&found.unwrap())
    }

    /// Events and entries as they were written.
    pub(super) async fn written(&self) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        written(&self.folder).await
    }
}

/// Events and entries as they were written to the books of a folder.
async fn written(folder: &Path) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let reader = store::Reader::open(&Address::Sqlite(folder.join("ledger.db"))).await.unwrap();
    let book = reader.books().await.unwrap().remove(0);
    let events = reader.events(&book, 0, 1_000_000).await.unwrap().into_iter().map(|e| e.event.bytes).collect();
    let entries = reader.entries(&book, 0, 1_000_000).await.unwrap();
    (events, entries.into_iter().map(|e| e.entry.to_bytes().unwrap()).collect())
}

/// An empty folder of that name.
fn fresh(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tbot-tree-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The one writer of a folder's books: a process that ends lets go of them a moment later.
async fn writer(folder: &Path, scene: &Scene) -> Writer {
    let address = Address::Sqlite(folder.join("ledger.db"));
    loop {
        match store::open(&address, &scene.setup.identity).await {
            Ok((_, writer)) => return writer,
            Err(StoreError::Locked { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn run(test: impl Future<Output = ()>) {
    actix::System::new().block_on(test);
}

/// RES-8: the same days, once through the actors and once through the backtest, leave the same bytes.
#[test]
fn res_8_live_and_backtest_leave_the_same_bytes() {
    run(async {
        let mut scene = Scene::new(7, &["2024-05-28", "2024-07-03", "2024-07-05"]);
        // A freeze by a limit is a gate like others: what it blocks is decided and recorded.
        scene.setup.limits.losing_row = 1;
        let whole = scene.backtest().trader.record;
        let bot = Bot::new("parity", &scene, None).await;
        bot.tell(Command::Start).await.unwrap();
        let last = "2024-07-05".parse().unwrap();
        bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed && s.id.date == last)).await;
        let (events, entries) = bot.written().await;
        let expected: Vec<_> = whole.events.iter().map(|e| e.to_bytes().unwrap()).collect();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for (a, b) in expected.iter().zip(&events) {
            assert_eq!(text(a), text(b));
        }
        assert_eq!(expected.len(), events.len());
        let expected: Vec<_> = whole.entries.iter().map(|e| e.bytes.clone()).collect();
        assert!(whole.events.iter().any(|e| e.body.kind() == "frozen"));
        assert!(expected.len() > 20, "{}", expected.len());
        assert_eq!(expected, entries);

        // Nothing more comes, and nobody is promised anything.
        bot.until("the feed's end", |b| b.alerts.iter().any(|alert| alert.code == "feed_ended")).await;
        bot.tell(Command::Stop).await.unwrap();
        bot.until("stopped", |b| b.state == BotState::Stopped).await;
        let refused = bot.tell(Command::Start).await.unwrap_err().to_string();
        assert!(refused.contains("no more sessions come"), "{refused}");
    });
}

/// OPS-3: limits that are applied hold at once and for everybody; a version that cannot be applied changes nothing.
#[test]
fn ops_3_limits_hold_at_once_and_decide_from_then_on() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let trades = |scene: &Scene| {
            let events = scene.backtest().trader.record.events;
            events.iter().filter(|e| e.body.kind() == "trade_closed").count()
        };
        let mut same = Scene::new(7, &["2024-05-28"]);
        same.setup.limits = tightened(same.setup.limits);
        let (before, expected) = (trades(&scene), trades(&same));
        assert!(before > expected && expected > 0, "{before} and {expected}");
        let bot = Bot::new("configure", &scene, None).await;
        let refused = bot.tell(Command::ApplyConfig(9)).await.unwrap_err().to_string();
        assert_eq!(refused, "There is no version 9. Nothing was done.");
        let told = bot.tell(Command::ApplyConfig(2)).await.unwrap();
        assert_eq!(told.message, "Version 2 is being applied. At the next start: lifecycle.autostart.");
        bot.until("in force", |b| b.day.loss_limit == Money::whole(900)).await;
        bot.tell(Command::Start).await.unwrap();
        let closed = bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
        assert_eq!(closed.trades.len(), expected, "the day goes as if the limits had always been so");
    });
}

/// RISK-11: a day in defense mode leaves the bytes of one whose limits were always so; it outlives nothing but a person's
/// word.
#[test]
fn risk_11_defense_mode_holds_for_everybody_from_one_place_of_the_chronicle() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let mut same = Scene::new(7, &["2024-05-28"]);
        same.setup.limits = usual(scene.setup.limits).limits(true);
        let whole = same.backtest().trader.record;
        let bot = Bot::new("defense", &scene, None).await;
        bot.tell(Command::EnterDefense).await.unwrap();
        let on = bot.until("on", |b| b.day.loss_limit == Money::whole(1_000) && b.defense.is_some()).await;
        assert_eq!(on.defense.as_ref().map(|d| d.mark.why.as_str()), Some("a test"));
        let said = bot.tell(Command::EnterDefense).await.unwrap().message;
        assert!(said.starts_with("Defense mode is on already"), "{said}");
        bot.tell(Command::ApplyConfig(2)).await.unwrap();
        bot.until("half of version 2", |b| b.day.loss_limit == Money::whole(450)).await;
        bot.tell(Command::LeaveDefense).await.unwrap();
        bot.until("off", |b| b.day.loss_limit == Money::whole(900) && b.defense.is_none()).await;

        let bot = Bot::new("defense-day", &scene, None).await;
        bot.tell(Command::EnterDefense).await.unwrap();
        bot.until("on", |b| b.day.loss_limit == Money::whole(1_000)).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
        let (events, _) = bot.written().await;
        let expected: Vec<Vec<u8>> = whole.events.iter().map(|e| store::taken::event(e).unwrap().bytes).collect();
        assert_eq!(events.len(), expected.len());
        assert!(events == expected, "the bytes differ");
        assert!(events.iter().any(|e| String::from_utf8_lossy(e).contains("defense_symbol")), "it was weighed by it");
    });
}

/// RISK-11: sessions begin in defense mode where the configuration says so, the first one too.
#[test]
fn risk_11_sessions_begin_in_defense_mode_when_configured_so() {
    run(async {
        let mut scene = Scene::new(7, &["2024-05-28"]);
        scene.defends = true;
        let bot = Bot::new("defends", &scene, None).await;
        let on = bot.until("on", |b| b.defense.is_some()).await;
        assert!(on.session.is_none(), "before the first session begins");
        assert!(on.defense.as_ref().unwrap().mark.why.contains("defense.at_start"));
        bot.tell(Command::LeaveDefense).await.unwrap();
        bot.until("off", |b| b.defense.is_none()).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("the session's own", |b| b.session.is_some() && b.defense.is_some()).await;
    });
}

/// RISK-15a: whoever asks for a kill that is under way is named on its receipt and on the board.
#[test]
fn risk_15a_a_kill_tripped_in_several_ways_names_them_all() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let bot = Bot::new("several", &scene, None).await;
        // Nothing is held, and the end would be there before the second one is heard.
        bot.tree.wiring.kill_switch.deliver(ToKillSwitch::Fault(Fault::Hang(50))).unwrap();
        for way in ["signal SIGUSR2", "flag file control_kill.flag"] {
            bot.tree.killer.kill(&Mark {
                at: Timestamp::default(),
                who: Who::OwnerBy(way.to_owned()),
                why: String::new(),
            });
        }
        bot.tell(Command::Kill).await.unwrap();
        let done = bot.until("a receipt", |b| b.closing.as_ref().is_some_and(|c| c.receipt.is_some())).await;
        let kept = Receipts::open(&bot.folder.join("receipts")).unwrap().newest(10).unwrap();
        let first: Receipt = serde_json::from_slice(&kept.last().unwrap().bytes).unwrap();
        let named: Vec<String> = std::iter::once(&first.mark).chain(&first.also).map(|m| m.who.to_string()).collect();
        assert_eq!(named.get(..2).unwrap(), ["signal SIGUSR2", "flag file control_kill.flag"]);
        // The command may come when what the others began is done: it is a kill of its own then.
        let closing = done.closing.as_ref().unwrap();
        let shown: Vec<String> =
            std::iter::once(&closing.mark).chain(&closing.also).map(|m| m.who.to_string()).collect();
        let own = vec![Who::Owner.to_string()];
        assert!([&named, &own].into_iter().any(|told| told.iter().all(|w| shown.contains(w))), "{named:?}, {shown:?}");
    });
}

/// LIFE-9, LIFE-11: a strategy that panics is built anew and stays out for the session; the others trade on.
#[test]
fn life_9_a_strategy_that_panics_is_out_and_the_others_trade_on() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let alone = {
            let mut scene = Scene::new(7, &["2024-05-28"]);
            scene.setup.strategies.retain(|(s, _)| *s != StrategyName::Open);
            scene.backtest().trader.record.events
        };
        let bot = Bot::new("panic", &scene, None).await;
        bot.tree.wiring.strategies[0].deliver(ToStrategy::Fault(Fault::Panic)).unwrap();
        let fallen = bot.until("fallen", |b| b.strategies.first().is_some_and(|s| s.suspended.is_some())).await;
        assert!(fallen.strategies[0].suspended.as_ref().unwrap().contains("on purpose"));
        bot.tell(Command::Start).await.unwrap();
        let closed = bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
        let (events, _) = bot.written().await;
        let others = events.iter().filter(|e| String::from_utf8_lossy(e).contains("\"kind\":\"decided\"")).count();
        let expected = alone.iter().filter(|e| e.body.kind() == "decided").count();
        assert_eq!(closed.strategies[0].signals, 0);
        let refused: u64 = closed.refusals.iter().map(|r| r.count).sum();
        assert_eq!(
            refused,
            closed.strategies.iter().map(|s| s.blocked).sum::<u64>(),
            "each blocked signal has its gate"
        );
        let skipped = |name| closed.skips.iter().any(|s| s.strategy == name && s.reason == "no_setup");
        assert!(skipped(StrategyName::Mid) && skipped(StrategyName::Close) && !skipped(StrategyName::Open));
        // Both were in it from the first minute on.
        let first = closed.session.as_ref().unwrap().open + Span::MINUTE;
        assert!(closed.skips.iter().all(|s| s.since == first), "{:#?}", closed.skips);
        assert!(expected > 0);
        assert_eq!(others, expected, "the other two decide as if they were alone");
    });
}

/// LIFE-6: stop closes what is open and ends in `stopped`; nothing is entered afterwards.
#[test]
fn life_6_stop_leaves_in_order_and_stays_stopped() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        // A stop has two minutes of the market: long enough for a busy machine.
        let bot = Bot::new("stop", &scene, Some(Duration::from_millis(100))).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("a position", |b| !b.positions.is_empty()).await;
        bot.tell(Command::Stop).await.unwrap();
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
        assert!(stopped.positions.is_empty() && stopped.orders.is_empty(), "{stopped:#?}");
        assert!(stopped.trades.iter().any(|t| t.reason == ExitReason::StopCommand), "{:#?}", stopped.trades);
        assert_eq!(stopped.reason.as_deref(), Some("By the owner of the process: a test."));
        let parts = [stopped.day.realised, stopped.day.unrealised, stopped.day.open_fees];
        let sum = parts.into_iter().fold(Money::ZERO, |a, b| a.checked_add(b).unwrap());
        assert_eq!(sum, stopped.day.net, "the parts of the day add up to its result");
        let later = bot.until("later", |b| b.at >= stopped.at + Span::minutes(20)).await;
        assert_eq!(later.day.sent, stopped.day.sent, "nothing is sent while stopped");
        assert_eq!(later.state, BotState::Stopped);
    });
}

/// A1, LIFE-6: an answer that waits for its turn is no silence: however often a stop falls between two minutes, no order
/// becomes unknown on a venue that answers at once, and each stop ends flat.
#[test]
fn life_6_stops_between_minutes_leave_no_order_in_doubt() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28", "2024-07-03", "2024-07-05"]);
        let bot = Bot::new("stops", &scene, Some(Duration::from_millis(2))).await;
        for round in 0..12 {
            bot.tell(Command::Start).await.unwrap();
            bot.until("positions", |b| b.positions.len() > 1).await;
            bot.tell(Command::Stop).await.unwrap();
            let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
            assert!(stopped.positions.is_empty() && stopped.orders.is_empty(), "round {round}: {stopped:#?}");
        }
        let (events, _) = bot.written().await;
        let doubts = events.iter().filter(|e| String::from_utf8_lossy(e).contains("\"kind\":\"unknown\"")).count();
        assert_eq!(doubts, 0);
    });
}
