//! All actors, wired: who runs on which arbiter, and who has a line to whom.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix::dev::channel::{AddressReceiver, channel};
use actix::prelude::{Actor, Addr, Arbiter, Context, Handler, Supervised};
use desk::domain::bot::{BotState, Mode};
use desk::domain::ids::StrategyName;
use desk::venue::Venue;
use desk::world::playback::Playback;
use desk::world::seats::Outbox;
use desk::world::trader::{Setup, Trader};
use tokio::sync::watch;

use super::backing_up::BackUp;
use super::broker::Broker;
use super::configuring::Configure;
use super::configuring::Usual;
use super::guard;
use super::kill_switch::{KillSwitch, Papers};
use super::latch::{Killer, Latch};
use super::ledger::Ledger;
use super::life::Life;
use super::market_data::MarketData;
use super::notifier::Notifier;
use super::pulse::Pulse;
use super::questions::Questions;
use super::rehearsal::{House, Stage};
use super::reporter::{Reporter, Sign};
use super::risk::Risk;
use super::screener::Screener;
use super::speed::Speed;
use super::strategy::Strategy;
use super::supervisor::{Bearing, Supervisor};
use super::watchdog::Watched;
use crate::gateway::clock;
use crate::gateway::control::{Failures, HangMark};
use crate::gateway::vault::Signer;
use crate::messages::board::{Alert, AlertLevel, Board};
use crate::messages::bookkeeping::{Bookkeeping, NotBooked};
use crate::messages::broker::ToBroker;
use crate::messages::chronicle::{Chronicle, Piece};
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::latency::Latencies;
use crate::messages::ledger::ToLedger;
use crate::messages::line::{Line, Lost, Post};
use crate::messages::market_data::ToMarketData;
use crate::messages::notifier::ToNotifier;
use crate::messages::reporter::ToReporter;
use crate::messages::reports::Reports;
use crate::messages::risk::ToRisk;
use crate::messages::screener::ToScreener;
use crate::messages::strategy::ToStrategy;
use crate::messages::supervisor::{Door, Refused, ToSupervisor};
use crate::store::{Receipts, Writer};

pub(super) const KILL_SWITCH: &str = "kill switch";
pub(super) const LEDGER: &str = "ledger";
pub(super) const NOTIFIER: &str = "notifier";
pub(super) const RISK: &str = "risk";
pub(super) const BROKER: &str = "broker";
pub(super) const MARKET_DATA: &str = "market data";
pub(super) const REPORTER: &str = "reporter";
pub(super) const SCREENER: &str = "screener";
pub(super) const SUPERVISOR: &str = "supervisor";

/// The name of a strategy's actor.
pub(super) const fn strategy_actor(strategy: StrategyName) -> &'static str {
    match strategy {
        StrategyName::Open => "strategy open",
        StrategyName::Mid => "strategy mid",
        StrategyName::Close => "strategy close",
        StrategyName::External => "strategy of others",
    }
}

/// Who can be told something, and what all may know.
#[derive(Debug)]
pub(super) struct Wiring {
    pub(super) setup: Setup,
    /// In which mode this process was started.
    pub(super) mode: Mode,
    pub(super) latch: Latch,
    /// Where receipts are kept, and who signs them.
    pub(super) receipts: Receipts,
    pub(super) signer: Arc<Signer>,
    pub(super) kill_switch: Line<ToKillSwitch>,
    pub(super) notifier: Line<ToNotifier>,
    pub(super) ledger: Line<ToLedger>,
    pub(super) risk: Line<ToRisk>,
    pub(super) strategies: Vec<Line<ToStrategy>>,
    pub(super) broker: Line<ToBroker>,
    pub(super) market_data: Line<ToMarketData>,
    pub(super) reporter: Line<ToReporter>,
    pub(super) screener: Line<ToScreener>,
    pub(super) supervisor: Line<ToSupervisor>,
    pub(super) pulses: Vec<Pulse>,
    pub(super) rehearsals: Arc<House>,
    pub(super) configure: Configure,
    pub(super) back_up: BackUp,
    pub(super) questions: Questions,
    bearing: RwLock<Bearing>,
    pub(super) usual: Usual,
    pub(super) speed: Speed,
    /// The tree has been taken down: nobody answers any more, and nothing is wrong.
    pub(super) over: AtomicBool,
}

impl Wiring {
    /// How many messages a mailbox holds before its owner is polled again; the depth that alarms is the lines' own.
    pub(super) const CAPACITY: usize = 10_000;

    /// An actor's pulse; one that nobody feels where the name is unknown.
    pub(super) fn pulse(&self, name: &'static str) -> Pulse {
        self.pulses.iter().find(|p| p.name() == name).cloned().unwrap_or_else(|| Pulse::new(name))
    }

    /// What of failures and slow steps is borne.
    pub(super) fn bearing(&self) -> Bearing {
        *self.bearing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something else is borne from now on.
    pub(super) fn set_bearing(&self, bearing: Bearing) {
        *self.bearing.write().unwrap_or_else(PoisonError::into_inner) = bearing;
    }

    /// A piece of the chronicle for everybody who folds it.
    pub(super) fn tell_all(&self, piece: &Piece) {
        self.must(self.broker.deliver(ToBroker::Piece(piece.clone())));
        for strategy in &self.strategies {
            self.must(strategy.deliver(ToStrategy::Piece(piece.clone())));
        }
        self.must(self.kill_switch.deliver(ToKillSwitch::Piece(piece.clone())));
        self.must(self.screener.deliver(ToScreener::Piece(piece.clone())));
        // Risk goes last: what it asks the others about, they have seen.
        self.must(self.reporter.deliver(ToReporter::Piece(piece.clone())));
        self.must(self.supervisor.deliver(ToSupervisor::Piece(piece.clone())));
        self.must(self.risk.deliver(ToRisk::Piece(piece.clone())));
    }

    /// The chronicle so far, for one who has just been built.
    pub(super) fn welcome(&self, name: &'static str, chronicle: &Chronicle) -> Result<(), Lost> {
        let chronicle = chronicle.clone();
        match name {
            RISK => self.risk.deliver(ToRisk::Welcome(chronicle)),
            BROKER => self.broker.deliver(ToBroker::Welcome(chronicle)),
            KILL_SWITCH => self.kill_switch.deliver(ToKillSwitch::Welcome(chronicle)),
            REPORTER => self.reporter.deliver(ToReporter::Welcome(chronicle)),
            SCREENER => self.screener.deliver(ToScreener::Welcome(chronicle)),
            SUPERVISOR => self.supervisor.deliver(ToSupervisor::Welcome(chronicle)),
            _ => match self.strategies.iter().find(|line| line.name() == name) {
                Some(line) => line.deliver(ToStrategy::Welcome(chronicle)),
                None => Err(Lost { name }),
            },
        }
    }

    /// Tells somebody something.
    pub(super) fn alert(&self, level: AlertLevel, code: &str, text: String) {
        let alert = Alert { at: clock::now(), level, code: code.to_owned(), text };
        self.must(self.notifier.deliver(ToNotifier::Alert(alert)));
    }

    /// What could not be delivered is an error that somebody sees (LIFE-12).
    pub(super) fn must(&self, delivered: Result<(), Lost>) {
        if let Err(lost) = delivered {
            self.undelivered(lost);
        }
    }

    /// Tells of a message that could not be delivered, while somebody should have been there to hear it.
    pub(super) fn undelivered(&self, lost: Lost) {
        if self.is_over() {
            return;
        }
        tracing::error!(to = lost.name, "a message could not be delivered");
    }

    /// Whether the tree has been taken down.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Tells of an actor that cannot go on.
    pub(super) fn halted(&self, name: &'static str, why: &impl Display) {
        tracing::error!(actor = name, %why, "an actor cannot go on");
        self.must(self.supervisor.deliver(ToSupervisor::Halted { name, why: why.to_string() }));
    }
}

/// All that a tree is made of.
pub struct Plan {
    /// How the bot is set up.
    pub setup: Setup,
    /// Whether anything is sent.
    pub mode: Mode,
    /// The ledger's fold: of nothing, or of what was restored.
    pub trader: Trader<Outbox>,
    /// The chronicle that belongs to it.
    pub chronicle: Chronicle,
    /// The books; nothing where they are kept in memory alone.
    pub writer: Option<Writer>,
    /// The simulated venue.
    pub venue: Venue,
    /// The feed.
    pub playback: Playback,
    /// How long a minute of it lasts; nothing is as fast as it can.
    pub pace: Option<Duration>,
    /// What the board says of the feed.
    pub sign: Sign,
    /// The bot's life so far.
    pub life: Life,
    /// The kill latch, as the last process left it.
    pub latch: Latch,
    /// Where the kill switch writes what it did.
    pub papers: Papers,
    /// What an earlier process left for this one to be told.
    pub left: Left,
    /// What a rehearsal stands on.
    pub stage: Stage,
    /// Reads a version of the configuration.
    pub configure: Configure,
    /// Who writes the files of the sessions.
    pub reports: Reports,
    /// Takes a backup.
    pub back_up: BackUp,
    /// Which questions hold up a day's close.
    pub questions: Questions,
    /// What of failures and slow steps is borne.
    pub bearing: Bearing,
    /// The limits while defense mode is off, and what it makes of them.
    pub usual: Usual,
}

/// What an earlier process left.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The mark of an actor that hung, if one did: the watchdog ended the process (LIFE-11).
    pub hung: Option<HangMark>,
    /// What has failed lately.
    pub failures: Option<Failures>,
    /// What the kill switch had sent past the books, in words (RISK-14a).
    pub sent: Vec<String>,
}

/// A running tree. It ends when this is dropped.
pub struct Tree {
    /// The way in for commands.
    pub door: Door,
    /// What everybody may read.
    pub board: watch::Receiver<Arc<Board>>,
    /// The shortest way to kill.
    pub killer: Killer,
    /// Who answered when.
    pub pulses: Vec<Pulse>,
    pub(super) wiring: Arc<Wiring>,
    arbiters: Vec<Arbiter>,
}

/// A mailbox and the line to it.
fn mailbox<A, M>(name: &'static str) -> (Line<M>, AddressReceiver<A>)
where
    A: Actor<Context = Context<A>> + Handler<Post<M>>,
    M: Send + 'static,
{
    let (sender, receiver) = channel(Wiring::CAPACITY);
    (Line::new(name, Addr::new(sender).recipient()), receiver)
}

/// The actors' mailboxes before their actors are there.
struct Boxes {
    ledger: AddressReceiver<Ledger>,
    risk: AddressReceiver<Risk>,
    broker: AddressReceiver<Broker>,
    market_data: AddressReceiver<MarketData>,
    reporter: AddressReceiver<Reporter>,
    screener: AddressReceiver<Screener>,
    kill_switch: AddressReceiver<KillSwitch>,
    notifier: AddressReceiver<Notifier>,
    supervisor: AddressReceiver<Supervisor>,
    strategies: Vec<(&'static str, AddressReceiver<Strategy>)>,
}

/// The arbiters, by latency and by what may fail together.
struct Threads {
    books: Arbiter,
    trading: Arbiter,
    link: Arbiter,
    house: Arbiter,
    kill: Arbiter,
}

/// What the wiring knows besides the lines.
struct Known {
    setup: Setup,
    mode: Mode,
    latch: Latch,
    receipts: Receipts,
    signer: Arc<Signer>,
    rehearsals: Arc<House>,
    configure: Configure,
    back_up: BackUp,
    questions: Questions,
    bearing: Bearing,
    usual: Usual,
}

/// Mailboxes, and the lines to them.
fn wire(known: Known) -> (Arc<Wiring>, Boxes) {
    let Known { setup, mode, latch, receipts, signer, rehearsals, .. } = known;
    let Known { configure, back_up, questions, bearing, usual, .. } = known;
    let (ledger, ledger_box) = mailbox::<Ledger, _>(LEDGER);
    let (risk, risk_box) = mailbox::<Risk, _>(RISK);
    let (broker, broker_box) = mailbox::<Broker, _>(BROKER);
    let (market_data, market_box) = mailbox::<MarketData, _>(MARKET_DATA);
    let (reporter, reporter_box) = mailbox::<Reporter, _>(REPORTER);
    let (screener, screener_box) = mailbox::<Screener, _>(SCREENER);
    let (kill_switch, kill_box) = mailbox::<KillSwitch, _>(KILL_SWITCH);
    let (notifier, notifier_box) = mailbox::<Notifier, _>(NOTIFIER);
    let (supervisor, supervisor_box) = mailbox::<Supervisor, _>(SUPERVISOR);
    let names: Vec<_> = setup.strategies.iter().map(|(name, _)| strategy_actor(*name)).collect();
    let (strategies, boxes): (Vec<_>, Vec<_>) = names.iter().map(|n| mailbox::<Strategy, _>(n)).unzip();
    let all = [LEDGER, RISK, BROKER, MARKET_DATA, REPORTER, SCREENER, SUPERVISOR, KILL_SWITCH, NOTIFIER];
    let pulses = all.into_iter().chain(names.iter().copied()).map(Pulse::new).collect();
    let wiring = Wiring {
        setup,
        mode,
        latch,
        receipts,
        signer,
        kill_switch,
        notifier,
        ledger,
        risk,
        strategies,
        broker,
        market_data,
        reporter,
        screener,
        supervisor,
        pulses,
        rehearsals,
        configure,
        back_up,
        questions,
        bearing: RwLock::new(bearing),
        usual,
        speed: Speed::default(),
        over: AtomicBool::default(),
    };
    let boxes = Boxes {
        ledger: ledger_box,
        risk: risk_box,
        broker: broker_box,
        market_data: market_box,
        reporter: reporter_box,
        screener: screener_box,
        kill_switch: kill_box,
        notifier: notifier_box,
        supervisor: supervisor_box,
        strategies: names.into_iter().zip(boxes).collect(),
    };
    (Arc::new(wiring), boxes)
}

impl Threads {
    fn new() -> Self {
        let [books, trading, link, house, kill] = std::array::from_fn(|_| Arbiter::new());
        Self { books, trading, link, house, kill }
    }

    /// Runs an actor under guard.
    fn run<A>(
        on: &Arbiter,
        wiring: &Wiring,
        name: &'static str,
        mailbox: AddressReceiver<A>,
        make: impl FnOnce() -> A + Send + 'static,
    ) where
        A: Actor<Context = Context<A>> + Supervised + Unpin,
    {
        guard::run(&on.handle(), mailbox, wiring.pulse(name), wiring.supervisor.clone(), make);
    }
}

impl Tree {
    /// Starts all actors. They wait: nothing is sent before a command says so.
    ///
    /// # Errors
    /// Where a strategy cannot run with its parameters.
    pub fn start(plan: Plan) -> Result<Self, desk::world::trader::Halt> {
        let Plan {
            setup, mode, trader, chronicle, writer, venue, playback, pace, sign, life, latch, papers, left, ..
        } = plan;
        let (stage, configure, bearing, usual) = (plan.stage, plan.configure, plan.bearing, plan.usual);
        let (back_up, questions, reports) = (plan.back_up, plan.questions, plan.reports);
        let (board, board_reader) = watch::channel(Arc::new(super::reporter::first(&setup, &sign)));
        let rehearsals = Arc::new(House::new(stage, setup.clone(), board_reader.clone()));
        let (receipts, signer) = (papers.receipts.clone(), Arc::clone(&papers.signer));
        let latch_of_all = latch.clone();
        let known = Known {
            setup,
            mode,
            latch: latch_of_all,
            receipts,
            signer,
            rehearsals,
            configure,
            back_up,
            questions,
            bearing,
            usual,
        };
        let (wiring, boxes) = wire(known);
        let threads = Threads::new();
        let own = || Arc::clone(&wiring);

        let (mine, w, from) = (own(), &*wiring, sign.from);
        let begins = !chronicle.pieces.iter().any(|piece| matches!(piece, Piece::Moment(_)));
        Threads::run(&threads.books, w, LEDGER, boxes.ledger, move || {
            Ledger::new(mine, trader, chronicle, writer, from)
        });
        let risk = Risk::new(own())?;
        Threads::run(&threads.trading, w, RISK, boxes.risk, || risk);
        for (index, (name, mailbox)) in boxes.strategies.into_iter().enumerate() {
            let strategy = Strategy::new(own(), index, name)?;
            Threads::run(&threads.trading, w, name, mailbox, || strategy);
        }
        let mine = own();
        Threads::run(&threads.trading, w, MARKET_DATA, boxes.market_data, move || {
            MarketData::new(mine, playback, pace, begins)
        });
        let broker = Broker::new(own(), venue)?;
        Threads::run(&threads.link, w, BROKER, boxes.broker, || broker);
        let reporter = Reporter::new(own(), sign, board, reports)?;
        Threads::run(&threads.house, w, REPORTER, boxes.reporter, || reporter);
        let mine = own();
        Threads::run(&threads.house, w, SCREENER, boxes.screener, || Screener::new(mine));
        let mine = own();
        Threads::run(&threads.house, w, NOTIFIER, boxes.notifier, || Notifier::new(mine));
        let kill_switch = KillSwitch::new(own(), papers)?;
        Threads::run(&threads.kill, w, KILL_SWITCH, boxes.kill_switch, || kill_switch);
        let supervisor = Supervisor::new(own(), life, left)?;
        Threads::run(&threads.house, w, SUPERVISOR, boxes.supervisor, || supervisor);

        let Threads { books, trading, link, house, kill } = threads;
        Ok(Self {
            door: door(&wiring),
            board: board_reader,
            killer: Killer { latch, line: wiring.kill_switch.clone() },
            pulses: wiring.pulses.clone(),
            wiring,
            arbiters: vec![books, trading, link, house, kill],
        })
    }

    /// How long what takes.
    #[must_use]
    pub fn latencies(&self) -> Arc<Latencies> {
        Arc::clone(&self.wiring.speed.latencies)
    }

    /// The books, for what persons ask of them and enter.
    #[must_use]
    pub fn bookkeeping(&self) -> Bookkeeping {
        let (line, told) = (self.wiring.supervisor.clone(), Arc::clone(&self.wiring));
        let ask = move |asked| line.offer(ToSupervisor::Books(asked)).map_err(|_| NotBooked::Busy);
        Bookkeeping::new(ask, move || told.must(told.supervisor.deliver(ToSupervisor::Reviewed)))
    }

    /// What the watchdog looks at.
    #[must_use]
    pub fn watched(&self) -> Watched {
        Watched(Arc::clone(&self.wiring))
    }

    /// Tells people something that is no actor's affair.
    pub fn alarm(&self) -> impl Fn(AlertLevel, &str, String) + Send + Sync + 'static {
        let wiring = Arc::clone(&self.wiring);
        move |level, code, text| wiring.alert(level, code, text)
    }

    /// Tells the supervisor that the first administrator is registered.
    pub fn registering(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let wiring = Arc::clone(&self.wiring);
        move |name| {
            tracing::info!(name, "the first administrator is registered");
            wiring.must(wiring.supervisor.deliver(ToSupervisor::SetUp(BotState::Started)));
        }
    }
}

/// The supervisor's door.
fn door(wiring: &Wiring) -> Door {
    let line = wiring.supervisor.clone();
    Door::new(move |order| {
        let line = line.clone();
        async move {
            let (answer, answered) = tokio::sync::oneshot::channel();
            line.offer(ToSupervisor::Command(Box::new(order), answer)).map_err(|_| Refused::Busy)?;
            answered.await.unwrap_or(Err(Refused::Busy))
        }
    })
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.wiring.over.store(true, Ordering::SeqCst);
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }
}
