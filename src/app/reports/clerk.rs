//! Who writes the files of the sessions: hears the chronicle, brings the disk to where it is, and reports what is over.

use std::sync::Arc;
use std::time::Duration;

use desk::domain::event::{Body, Event};
use desk::domain::ids::SessionId;
use desk::domain::records::CountedReason;
use desk::domain::time::Timestamp;
use desk::world::harvest::Harvest;
use desk::world::trader::Halt;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::super::day_exports::{Alarm, NotWritten};
use super::super::matching::Note;
use super::Plan;
use super::books::{Books, DayBooks};
use super::files::{period_files, session_files, trades_jsonl};
use super::float::deviation;
use super::fold::Fold;
use super::lines::Lines;
use super::mirror::Mirror;
use super::paper::{About, Paper, charts, unmade};
use super::ready::Ready;
use super::shelf::Shelf;
use super::status;
use crate::messages::board::{AlertLevel, Board};
use crate::messages::chronicle::Piece;
use crate::messages::reports::ToReports;
use crate::render::week::week;
use crate::render::{decisions_jsonl, trade_history_csv, trade_history_json};

/// How long it waits before it tries again after a failure.
const AGAIN: Duration = Duration::from_secs(5);
/// Where evaluations are counted that no event holds.
const EVALUATIONS: &str = "evaluations.json";

/// Who writes them.
pub(super) struct Clerk {
    plan: Plan,
    about: About,
    fold: Fold,
    lines: Lines,
    shelf: Shelf,
    books: Option<Books>,
    board: watch::Receiver<Arc<Board>>,
    mirror: Mirror,
    ready: Ready,
    pub(super) alarm: Alarm,
    floats: UnboundedSender<Note>,
    /// Whether the last close was beyond the float's thresholds.
    deviating: bool,
    /// The sessions of this week, as reports.
    week: Vec<Paper>,
    /// Evaluations without a signal, which no event holds: those of this week, and of sessions not reported yet.
    counted: Vec<CountedReason>,
    welcome: bool,
    changed: bool,
    /// The board that was written last.
    shown: Option<u64>,
    told: Option<String>,
}

impl Clerk {
    pub(super) fn new(
        plan: Plan,
        (board, mirror, ready): (watch::Receiver<Arc<Board>>, Mirror, Ready),
        (alarm, floats): (Alarm, UnboundedSender<Note>),
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
            ready,
            alarm,
            floats,
            deviating: false,
            week: Vec::new(),
            counted: Vec::new(),
            welcome: false,
            changed: false,
            shown: None,
            told: None,
        })
    }

    pub(super) async fn hear(&mut self, what: ToReports) -> Result<(), Halt> {
        match what {
            ToReports::Welcome(chronicle) => {
                self.count();
                if !self.welcome {
                    let kept = self.shelf.read(EVALUATIONS);
                    self.counted = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
                }
                self.fold = Fold::new(&self.plan.setup)?;
                self.week.clear();
                self.deviating = false;
                self.shelf.clear();
                self.welcome = true;
                self.tell_of_float(Note::Begin);
                for piece in &chronicle.pieces {
                    self.take(piece).await?;
                }
                self.tell_of_float(Note::Told);
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
                self.fold.counted_before(&self.counted);
                self.lines.turn(terms.hours.session);
                self.shelf.clear();
            }
            Piece::Events(events) => {
                for event in events.iter() {
                    if let Body::FloatAssigned(assigned) = &event.body {
                        self.tell_of_float(Note::Assigned(assigned.as_ref().clone()));
                    }
                    let ended = self.fold.event(event)?;
                    self.cycle(ended);
                    self.write_down(event);
                    if let Body::SessionClosed { session } = &event.body {
                        self.close(*session).await?;
                    }
                }
            }
            Piece::Moment(_) | Piece::Configured(_) | Piece::Booked(_) => {
                if let Piece::Booked(entries) = piece {
                    for entry in entries.iter() {
                        self.tell_of_float(Note::Booked(Box::new(entry.clone())));
                    }
                }
                let ended = self.fold.take(piece)?;
                self.cycle(ended);
            }
        }
        self.changed = true;
        Ok(())
    }

    /// Keeps what has been counted in this session.
    fn count(&mut self) {
        let Some(session) = self.fold.session().map(|s| s.id) else { return };
        let own = week(session.date);
        let wanted = |of: SessionId| of.date > session.date || week(of.date) == own || !self.shelf.has(of);
        self.counted.retain(|c| c.session != session && wanted(c.session));
        self.counted.extend(self.fold.counted(session));
    }

    /// Writes down what has been counted: a process that dies leaves it to the next.
    fn keep_count(&mut self) -> Result<(), NotWritten> {
        self.count();
        self.shelf.log(EVALUATIONS, &serde_json::to_vec(&self.counted).map_err(unmade)?)
    }

    /// A minute that is over, with what stands after it.
    fn cycle(&mut self, ended: Option<Timestamp>) {
        let Some(at) = ended else { return };
        let trader = self.fold.trader();
        let working = trader.broker().iter().filter(|(_, t)| !t.state.is_terminal()).count();
        let record = json!({
            "at": at, "events": self.fold.events().len(), "positions": trader.portfolio().iter().filter(|p| !p.held().is_zero()).count(),
            "orders": working, "equity": self.fold.equity(),
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
        if let Err(why) = self.keep_count() {
            self.unwell(&why);
        }
        let day = loop {
            match self.day_books(session).await {
                Ok(day) => break day,
                Err(why) => self.wait(why).await,
            }
        };
        let outside = self.outside();
        self.fold.end(day.head, &outside)?;
        let currency = self.books.as_ref().map_or(desk::domain::symbol::Currency::USD, Books::currency);
        let harvest = self.fold.harvest(&day.booked, self.plan.mode, currency)?;
        self.fold.turn(&harvest);
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
            match self.write_day((session, day.closed), &own, &harvest).await {
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
        // The float of that session: one that was assigned since holds for others.
        let float = self.fold.trader().risk().float_of(session.date);
        let found = deviation(session, equity, float, self.plan.current.get().float);
        let before = std::mem::replace(&mut self.deviating, found.is_some());
        // A bot that goes down says it at its next start: the session's files are not there yet.
        let new = !self.shelf.has(session);
        match found {
            Some(item) if !before && new => {
                (self.alarm)(AlertLevel::Warning, "float_deviation", format!("{}. {}", item.title, item.text));
                self.tell_of_float(Note::Beyond(item));
            }
            None if before && new => {
                let day = session.date;
                let text =
                    format!("Equity {equity} at the close of {day} is within what is allowed of the float {float}.");
                (self.alarm)(AlertLevel::Info, "float_within", text.clone());
                self.tell_of_float(Note::Within(session, text));
            }
            _ => {}
        }
    }

    fn tell_of_float(&self, note: Note) {
        // Where nobody hears any more the bot is going down; the next start tells all of it again.
        let _ = self.floats.send(note);
    }

    async fn day_books(&mut self, session: SessionId) -> Result<DayBooks, NotWritten> {
        let events = self.fold.events().to_vec();
        self.open_books().await?.day(session, &events).await
    }

    async fn open_books(&mut self) -> Result<&Books, NotWritten> {
        if self.books.is_none() {
            self.books = Some(Books::open(&self.plan.books, &self.plan.keys, &self.plan.setup.identity).await?);
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

    async fn write_day(
        &mut self,
        (session, closed): (SessionId, bool),
        week: &str,
        harvest: &Harvest,
    ) -> Result<(), NotWritten> {
        if self.shelf.has(session) {
            return Ok(());
        }
        let beside = self.plan.output.join(".verifying.db");
        let books = self.open_books().await?.verify(&beside).await?;
        // The week first: where the session's own files are all there, the week's hold it.
        let joined = Paper::joined(&self.week)?;
        let paper = self.week.last().ok_or_else(|| unmade("no session to report"))?;
        let mut files = period_files(&joined, &books)?;
        match self.ready.files(week, paper).await {
            Ok(ready) => files.extend(ready),
            // What an old file lacks holds back no report of today.
            Err(why) => {
                let text = format!("The readiness report of {week} is not written: {why}. The other reports are.");
                (self.alarm)(AlertLevel::Warning, "readiness_failed", text);
                tracing::error!(%why, week, "the readiness report is not written");
            }
        }
        self.shelf.summarise(week, &files)?;
        self.shelf.summarise(&session.as_path(), &session_files(paper, &books, closed)?)?;
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
    pub(super) async fn flush(&mut self) {
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
            let harvest =
                self.fold.harvest(&entries.into_iter().collect(), self.plan.mode, currency).map_err(unmade)?;
            self.shelf.trades.set(trades_jsonl(&harvest.trades)?);
            self.shelf.decisions.set(decisions_jsonl(&harvest.decisions).map_err(unmade)?);
            self.keep_count()?;
        }
        self.shelf.flush()
    }
}
