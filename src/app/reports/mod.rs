//! The files of the living bot's sessions (REP-1 to REP-6): logs that grow, summaries and reports of what is closed. On a
//! thread of its own that hears what the reporter heard: trading waits for no file. All of it follows from the record,
//! so that a process that died has lost nothing: the next one writes the same again.

/// What the books say of a session.
mod books;
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
/// The output tree.
mod shelf;
/// The bot at a glance.
mod status;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::{Mode, Origin, Who};
use desk::domain::event::{Body, Event};
use desk::domain::ids::{Identity, SessionId};
use desk::domain::records::{CountedReason, TradeRecord};
use desk::domain::time::Timestamp;
use desk::world::harvest::Harvest;
use desk::world::trader::{Halt, Setup};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use self::books::{Books, DayBooks};
pub(super) use self::listed::reports as listed;

use self::float::deviation;
use self::fold::Fold;
use self::lines::Lines;
use self::mirror::{Mirror, trace_faults};
use self::paper::{About, Paper, charts, unmade};
use self::shelf::Shelf;
use super::day_exports::{Alarm, NotWritten};
use super::feed::Feed;
use crate::actors::tree::Tree;
use crate::cli::Failure;
use crate::gateway::{clock, step_back};
use crate::messages::board::{AlertLevel, Board};
use crate::messages::chronicle::Piece;
use crate::messages::reports::ToReports;
use crate::render::week::week;
use crate::render::{
    BooksCheck, daily_summary_json, decisions_jsonl, summary_json, trade_history_csv, trade_history_json,
};
use crate::settings::{Boot, FloatWatch, LogFormat, Runtime};
use crate::store::Address;
use crate::store::people::People;
use crate::store::people::review::NewItem;

/// How often growing files are brought to the disk.
const OFTEN: Duration = Duration::from_secs(1);
/// How long it waits before it tries again after a failure.
const AGAIN: Duration = Duration::from_secs(5);
/// Where evaluations are counted that no event holds.
const EVALUATIONS: &str = "evaluations.json";

/// What the files are about, and where they go.
pub(super) struct Plan {
    pub(super) setup: Setup,
    pub(super) mode: Mode,
    pub(super) books: Address,
    pub(super) output: PathBuf,
    pub(super) format: LogFormat,
    pub(super) feed: Arc<Feed>,
    pub(super) float: FloatWatch,
}

/// What it hears.
struct Ears {
    told: UnboundedReceiver<ToReports>,
    board: watch::Receiver<Arc<Board>>,
    alarm: Alarm,
    /// Where items of the review are raised.
    raise: UnboundedSender<NewItem>,
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
    (feed, runtime): (&Arc<Feed>, &Runtime),
) -> Result<Plan, Failure> {
    Ok(Plan {
        setup: setup.clone(),
        mode,
        books: Address::new(&boot.database(identity)),
        output: boot.folders.output(identity),
        format: boot.may_start()?,
        feed: Arc::clone(feed),
        float: runtime.float,
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
    let (raise, raised) = unbounded_channel();
    actix::spawn(self::raise(raised, people.clone(), plan.setup.identity.clone()));
    let (board, alarm) = (tree.board.clone(), Box::new(tree.alarm()));
    start(plan, Ears { told, board, alarm, raise, people: people.clone() })
}

/// Starts the thread. It ends when the reporter is gone.
///
/// # Errors
/// Where no thread can be started.
fn start(plan: Plan, ears: Ears) -> Result<(), Failure> {
    let run = move || {
        step_back();
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(keep(plan, ears)),
            Err(error) => tracing::error!(%error, "the reports have no runtime"),
        }
    };
    let thread = std::thread::Builder::new().name("reports".to_owned());
    thread.spawn(run).map(drop).map_err(|e| Failure::failed("threads", e))
}

async fn keep(plan: Plan, ears: Ears) {
    let Ears { mut told, board, alarm, raise, people } = ears;
    let mirror = Mirror::new(people, &plan.output.join("logs"));
    let mut clerk = match Clerk::new(plan, (board, mirror), (alarm, raise)) {
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

/// Who writes them.
struct Clerk {
    plan: Plan,
    about: About,
    fold: Fold,
    lines: Lines,
    shelf: Shelf,
    books: Option<Books>,
    board: watch::Receiver<Arc<Board>>,
    mirror: Mirror,
    alarm: Alarm,
    raise: UnboundedSender<NewItem>,
    /// Whether the last close was beyond the float's thresholds.
    deviating: bool,
    /// The sessions of this week, as reports.
    week: Vec<Paper>,
    welcome: bool,
    changed: bool,
    /// The board that was written last.
    shown: Option<u64>,
    told: Option<String>,
}

impl Clerk {
    fn new(
        plan: Plan,
        (board, mirror): (watch::Receiver<Arc<Board>>, Mirror),
        (alarm, raise): (Alarm, UnboundedSender<NewItem>),
    ) -> Result<Self, Halt> {
        let strategies = plan.setup.strategies.iter().map(|(name, _)| *name);
        Ok(Self {
            about: About { mode: plan.mode, drawn: plan.feed.drawn },
            fold: Fold::new(&plan.setup)?,
            lines: Lines::new(plan.setup.identity.broker(), plan.mode),
            shelf: Shelf::new(&plan.output, plan.format, strategies),
            plan,
            books: None,
            board,
            mirror,
            alarm,
            raise,
            deviating: false,
            week: Vec::new(),
            welcome: false,
            changed: false,
            shown: None,
            told: None,
        })
    }

    async fn hear(&mut self, what: ToReports) -> Result<(), Halt> {
        match what {
            ToReports::Welcome(chronicle) => {
                let counted = self.fold.session().map(|s| self.fold.counted(s.id));
                self.fold = Fold::new(&self.plan.setup)?;
                self.week.clear();
                self.deviating = false;
                self.shelf.clear();
                self.welcome = true;
                for piece in &chronicle.pieces {
                    self.take(piece).await?;
                }
                let kept = || self.shelf.read(EVALUATIONS).and_then(|bytes| serde_json::from_slice(&bytes).ok());
                let before: Option<Vec<CountedReason>> = counted.or_else(kept);
                self.fold.counted_before(before.unwrap_or_default());
            }
            ToReports::Piece(piece) if self.welcome => self.take(&piece).await?,
            ToReports::Skipped(strategy, lines) => self.fold.skipped(strategy, &lines),
            ToReports::Piece(_) | ToReports::Alerted(_) => {}
        }
        Ok(())
    }

    async fn take(&mut self, piece: &Piece) -> Result<(), Halt> {
        match piece {
            Piece::Session(terms) => {
                self.fold.open(*terms)?;
                self.lines.turn(terms.hours.session);
                self.shelf.clear();
            }
            Piece::Events(events) => {
                for event in events.iter() {
                    let ended = self.fold.event(event)?;
                    self.cycle(ended);
                    self.write_down(event);
                    if let Body::SessionClosed { session } = &event.body {
                        self.close(*session).await?;
                    }
                }
            }
            Piece::Moment(_) | Piece::Configured(_) => {
                let ended = self.fold.take(piece)?;
                self.cycle(ended);
            }
        }
        self.changed = true;
        Ok(())
    }

    /// A minute that is over, with what stands after it.
    fn cycle(&mut self, ended: Option<Timestamp>) {
        let Some(at) = ended else { return };
        let trader = self.fold.trader();
        let working = trader.broker().iter().filter(|(_, t)| !t.state.is_terminal()).count();
        let equity = trader.marked().money().ok();
        let record = json!({
            "at": at, "events": self.fold.events().len(), "positions": trader.portfolio().iter().filter(|p| !p.held().is_zero()).count(),
            "orders": working, "equity": equity,
        });
        self.shelf.cycle(&record);
    }

    fn write_down(&mut self, event: &Event) {
        if let Some(line) = self.lines.action(event)
            && let Err(why) = self.shelf.act(&line)
        {
            tracing::error!(%why, "a line of a log cannot be made");
        }
        if let Some(record) = Lines::system(event) {
            self.shelf.system(&record);
        }
    }

    /// The files of the session that has just been closed. Nothing else is done before they are written.
    async fn close(&mut self, session: SessionId) -> Result<(), Halt> {
        let day = loop {
            match self.day_books(session).await {
                Ok(day) => break day,
                Err(why) => self.wait(why).await,
            }
        };
        let outside = self.outside();
        self.fold.end(day.head, &outside);
        let currency = self.books.as_ref().map_or(desk::domain::symbol::Currency::USD, Books::currency);
        let harvest = self.fold.harvest(&day.entries, self.plan.mode, currency)?;
        self.fold.turn(&harvest)?;
        let paper = loop {
            match self.paper(&harvest, &day) {
                Ok(paper) => break paper,
                Err(why) => self.wait(why).await,
            }
        };
        self.watch_float(session, &harvest);
        let own = week(session.date);
        self.week.retain(|p| week(p.run.plan.to) == own && p.run.plan.to != session.date);
        self.week.push(paper);
        loop {
            match self.write_day(session, &own, &harvest).await {
                Ok(()) => break,
                Err(why) => self.wait(why).await,
            }
        }
        self.well();
        self.shelf.clear();
        Ok(())
    }

    /// REP-8: accounting hears once of each time that equity goes beyond its thresholds. Nothing is ever transferred.
    fn watch_float(&mut self, session: SessionId, harvest: &Harvest) {
        let Some(equity) = harvest.sessions.last().map(|s| s.equity_close) else { return };
        let found = deviation(session, equity, self.plan.setup.limits.float, self.plan.float);
        let before = std::mem::replace(&mut self.deviating, found.is_some());
        let Some(item) = found.filter(|_| !before && !self.shelf.has(session)) else { return };
        (self.alarm)(AlertLevel::Warning, "float_deviation", format!("{}. {}", item.title, item.text));
        // A bot that goes down raises it at its next start: the session's files are not there yet.
        let _ = self.raise.send(item);
    }

    async fn day_books(&mut self, session: SessionId) -> Result<DayBooks, NotWritten> {
        let events = self.fold.events().to_vec();
        self.open_books().await?.day(session, &events).await
    }

    async fn open_books(&mut self) -> Result<&Books, NotWritten> {
        if self.books.is_none() {
            self.books = Some(Books::open(&self.plan.books, &self.plan.setup.identity).await?);
        }
        self.books.as_ref().ok_or_else(|| unmade("the books are not open"))
    }

    fn paper(&self, harvest: &Harvest, day: &DayBooks) -> Result<Paper, NotWritten> {
        let setup = self.fold.setup();
        let drawn = charts(&setup, harvest, |place| self.fold.bars(place)).map_err(unmade)?;
        let counts = harvest.counts(self.fold.events());
        Paper::of_session((&self.about, &setup), harvest.clone(), counts, day.heads, drawn)
    }

    /// Bars that lie between the sessions before this one, by place.
    fn outside(&self) -> Vec<u64> {
        let Some(session) = self.fold.session() else { return Vec::new() };
        let before =
            desk::domain::calendar::Calendar::XNYS.previous(session.id.date).map_or(Timestamp::default(), |s| s.close);
        let count = |tape: &desk::world::backtest::Tape| {
            let from = tape.bars.partition_point(|b| b.start < before);
            let to = tape.bars.partition_point(|b| b.start < session.open);
            u64::try_from(to.saturating_sub(from)).unwrap_or(0)
        };
        self.plan.feed.tapes.iter().map(count).collect()
    }

    async fn write_day(&mut self, session: SessionId, week: &str, harvest: &Harvest) -> Result<(), NotWritten> {
        if self.shelf.has(session) {
            return Ok(());
        }
        let beside = self.plan.output.join(".verifying.db");
        let books = self.open_books().await?.verify(&beside).await?;
        // The week first: where the session's own files are all there, the week's hold it.
        let joined = Paper::joined(&self.week)?;
        self.shelf.summarise(week, &period_files(&joined, &books)?)?;
        let paper = self.week.last().ok_or_else(|| unmade("no session to report"))?;
        self.shelf.summarise(&session.as_path(), &session_files(paper, &books)?)?;
        self.shelf.trades.set(trades_jsonl(&harvest.trades)?);
        let records = vec![
            ("trades/trade_history.json".to_owned(), trade_history_json(&harvest.trades).map_err(unmade)?),
            ("trades/trade_history.csv".to_owned(), trade_history_csv(&harvest.trades).map_err(unmade)?),
            ("decisions/decisions.jsonl".to_owned(), decisions_jsonl(&harvest.decisions).map_err(unmade)?),
        ];
        self.shelf.close(session, records)
    }

    /// Says once what could not be written, and waits before the next try.
    async fn wait(&mut self, why: NotWritten) {
        self.unwell(&why);
        tokio::time::sleep(AGAIN).await;
    }

    fn unwell(&mut self, why: &NotWritten) {
        let why = why.to_string();
        if self.told.as_ref() != Some(&why) {
            let text = format!(
                "Logs and reports of the session are not all written: {why}. Trading goes on, nothing is lost: they are written when that is mended."
            );
            (self.alarm)(AlertLevel::Warning, "reports_failed", text);
            tracing::error!(%why, "logs and reports are not all written");
            self.told = Some(why);
        }
    }

    fn well(&mut self) {
        if self.told.take().is_some() {
            (self.alarm)(AlertLevel::Info, "reports_written", "Logs and reports are written again.".to_owned());
        }
    }

    /// Brings the disk to where the session is.
    async fn flush(&mut self) {
        if !self.welcome {
            return;
        }
        let outcome = self.bring().await;
        match outcome {
            Ok(()) => self.well(),
            Err(why) => self.unwell(&why),
        }
    }

    async fn bring(&mut self) -> Result<(), NotWritten> {
        let board = Arc::clone(&self.board.borrow());
        if self.shown != Some(board.number) {
            let text = format!("{:#}\n", status::status(&board));
            self.shelf.log("status.json", text.as_bytes())?;
            self.shown = Some(board.number);
        }
        self.mirror.bring().await?;
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let outcome = self.bring_session().await;
        self.changed |= outcome.is_err();
        outcome
    }

    async fn bring_session(&mut self) -> Result<(), NotWritten> {
        if let Some(session) = self.fold.session().map(|s| s.id)
            && !self.fold.events().iter().any(|e| matches!(e.body, Body::SessionClosed { .. }))
        {
            let books = self.open_books().await?;
            let (entries, currency) = (books.entries(session).await?, books.currency());
            let harvest = self.fold.harvest(&entries, self.plan.mode, currency).map_err(unmade)?;
            self.shelf.trades.set(trades_jsonl(&harvest.trades)?);
            self.shelf.decisions.set(decisions_jsonl(&harvest.decisions).map_err(unmade)?);
            let counted = serde_json::to_vec(&self.fold.counted(session)).map_err(unmade)?;
            self.shelf.log(EVALUATIONS, &counted)?;
        }
        self.shelf.flush()
    }
}

/// `trades.jsonl`: the records of the trade history, one a line.
fn trades_jsonl(trades: &[TradeRecord]) -> Result<Vec<u8>, NotWritten> {
    let mut bytes = Vec::new();
    for trade in trades {
        trade.check().map_err(unmade)?;
        serde_json::to_writer(&mut bytes, trade).map_err(unmade)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// What lies in `summaries/{session}`.
fn session_files(paper: &Paper, books: &BooksCheck) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let days = paper.days().map_err(unmade)?;
    let day = days.last().ok_or_else(|| unmade("a summary without a session"))?;
    let mut files = pages(paper, books)?;
    let health = format!("{:#}\n", health::health(day, books));
    files.push(("daily_health.json".to_owned(), health.into_bytes()));
    files.push(("daily_summary.json".to_owned(), daily_summary_json(day).map_err(unmade)?));
    Ok(files)
}

/// What lies in `summaries/{week}`.
fn period_files(paper: &Paper, books: &BooksCheck) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let mut files = pages(paper, books)?;
    files.push(("summary.json".to_owned(), summary_json(&paper.summary().map_err(unmade)?).map_err(unmade)?));
    Ok(files)
}

/// The pages: of everything, and of each strategy.
fn pages(paper: &Paper, books: &BooksCheck) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let mut files = vec![("report.html".to_owned(), paper.page(books)?)];
    for strategy in &paper.run.plan.strategies {
        files.push((format!("{strategy}.html"), paper.of_strategy(*strategy)?.page(books)?));
    }
    Ok(files)
}

/// Raises items of the review, one after the other; what cannot be written is tried again.
async fn raise(mut items: UnboundedReceiver<NewItem>, people: People, identity: Identity) {
    let who = Who::Bot("reports".into());
    while let Some(item) = items.recv().await {
        while let Err(error) = people.raise(&identity, &item, (&who, Origin::System), clock::now()).await {
            tracing::error!(%error, source = item.source, "an item of the review cannot be raised");
            tokio::time::sleep(AGAIN).await;
        }
    }
}
