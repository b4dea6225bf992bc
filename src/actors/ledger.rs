//! The ledger: the one place where events are numbered and booked. What it is told is folded at once, written in groups,
//! and told to everybody when it is durable; orders go on to the broker only then.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Supervised, WrapFuture};
use desk::domain::event::{Body, Event};
use desk::domain::ids::SessionId;
use desk::domain::journal::Entry;
use desk::domain::time::Timestamp;
use desk::machines::kill_switch;
use desk::machines::ledger::{Closing, Sealed};
use desk::strategies::Chosen;
use desk::world::conductor::Moment;
use desk::world::seats::{Out, Outbox, Step};
use desk::world::trader::{Halt, Trader};

use super::questions::Checked;
use super::tree::{KILL_SWITCH, LEDGER, Wiring};
use crate::gateway::plug::{self, pass};
use crate::gateway::vault::Signer;
use crate::messages::board::OpenDay;
use crate::messages::bookkeeping::{Answer, ChartAnswer, ChartTold, FloatAnswer, FloatTold, Question, Reply, Told};
use crate::messages::broker::ToBroker;
use crate::messages::chronicle::{Chronicle, Piece};
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::{Sender, ToLedger};
use crate::messages::line::{Lost, Post};
use crate::messages::market_data::ToMarketData;
use crate::messages::reporter::ToReporter;
use crate::messages::risk::ToRisk;
use crate::messages::supervisor::ToSupervisor;
use crate::store::{Batch, StoreError, Writer, closing_text, taken};

/// The day's close: what holds it up, and how it is tried again.
mod closing;
/// What persons ask and enter.
mod entering;

use closing::Held;

/// How long it waits before it tries again to write.
const AGAIN: Duration = Duration::from_secs(1);

/// What is done when a job is durable.
#[derive(Debug)]
enum After {
    Tell(Piece),
    Booked(Arc<[Entry]>),
    Welcome(&'static str),
    Execute { at: Timestamp, out: Out, number: u64, sender: Sender },
    Recorded(u64),
    Done(u64, Sender),
    Turned,
    Answer(Reply<Told>, Box<Answer>),
    ChartAnswer(Reply<ChartTold>, Box<ChartAnswer>),
    FloatAnswer(Reply<FloatTold>, Box<FloatAnswer>),
    DaysOpen(Vec<OpenDay>),
    Checked(Checked),
}

/// What is written together, and what follows.
#[derive(Debug, Default)]
struct Job {
    events: Vec<Event>,
    entries: Vec<Sealed>,
    closing: Option<(u64, Closing)>,
    after: Vec<After>,
}

impl Job {
    fn changes_the_chart(&self) -> bool {
        self.events.iter().any(|event| matches!(event.body, Body::ChartChanged(_)))
    }
}

/// The ledger.
pub(super) struct Ledger {
    wiring: Arc<Wiring>,
    trader: Trader<Outbox>,
    chronicle: Chronicle,
    /// Nothing where the books are kept in memory alone.
    writer: Option<Writer>,
    queue: VecDeque<Job>,
    writing: bool,
    lost: bool,
    /// The market's time.
    now: Timestamp,
    /// Every entry: those of the chronicle, and those that are on their way there.
    booked: Vec<Arc<[Entry]>>,
    /// Why days that are over are not closed.
    held: BTreeMap<SessionId, Held>,
    /// Why the books could not be written last, while they cannot.
    stalled: Option<String>,
    #[cfg(test)]
    full: bool,
}

impl Ledger {
    /// A ledger that goes on from what was restored; before its first event it is `now`.
    pub(super) fn new(
        wiring: Arc<Wiring>,
        trader: Trader<Outbox>,
        chronicle: Chronicle,
        writer: Option<Writer>,
        now: Timestamp,
    ) -> Self {
        let booked = chronicle.pieces.iter().filter_map(|piece| match piece {
            Piece::Booked(entries) => Some(Arc::clone(entries)),
            _ => None,
        });
        let booked = booked.collect();
        Self {
            wiring,
            trader,
            chronicle,
            writer,
            queue: VecDeque::new(),
            writing: false,
            lost: false,
            now,
            booked,
            held: BTreeMap::new(),
            stalled: None,
            #[cfg(test)]
            full: false,
        }
    }

    fn step(&mut self, message: ToLedger) -> Result<(), Halt> {
        let mut after = Vec::new();
        match message {
            ToLedger::Beat(beat) => {
                self.wiring.pulse(LEDGER).answer(beat);
                return Ok(());
            }
            #[cfg(test)]
            ToLedger::Fault(fault) => super::tests::act_out(fault),
            #[cfg(test)]
            ToLedger::Full(full) => self.full = full,
            // The kill switch cannot wait for books that cannot be written; what is told later follows what it has.
            ToLedger::Join(KILL_SWITCH) => {
                self.wiring.must(self.wiring.welcome(KILL_SWITCH, &self.chronicle));
                return Ok(());
            }
            ToLedger::Join(name) => after.push(After::Welcome(name)),
            ToLedger::Open { terms, charges } => {
                after.push(After::Tell(Piece::Session(terms)));
                self.trader.open_day(terms.hours.open, terms, &charges)?;
                after.extend(self.told());
                after.push(After::Turned);
                // What was the last day that is over is an earlier one now.
                if !self.held.is_empty() {
                    after.push(After::DaysOpen(self.open_days()));
                }
            }
            ToLedger::Moment(instant) => {
                self.trader.observe(instant.at, &Moment::ended(&instant))?;
                self.trader.end_instant();
                self.now = self.now.max(instant.at);
                after.push(After::Tell(Piece::Moment(instant)));
            }
            ToLedger::Configure(now) => {
                self.trader.configure(now.limits, now.time_to_live, now.lots);
                self.choose(now.chosen.as_deref())?;
                after.extend(self.told());
                after.push(After::Tell(Piece::Configured(now)));
            }
            ToLedger::ClearDrawdown { by, why } => {
                let at = self.now.max(self.trader.last_at());
                self.trader.clear_drawdown(at, by, why)?;
                after.extend(self.told());
            }
            ToLedger::Heard { at, mut bodies, number } => {
                bodies.retain(|body| self.trader.is_news(body));
                self.trader.commit(at, bodies)?;
                after.extend(self.told());
                after.push(After::Recorded(number));
            }
            ToLedger::Perform { at, step, number, sender } => after.extend(self.perform(at, step, number, sender)?),
            ToLedger::Reduce { at, step, number } => after.extend(self.reduce(at, &step, number)?),
            ToLedger::Sent { number, sender } => after.push(After::Done(number, sender)),
            // Days are tried one after the other, and the review is asked before each.
            ToLedger::Close { .. } | ToLedger::CloseAgain(_) => return Ok(()),
            ToLedger::Books(question) => after.extend(self.answer(question)?),
        }
        self.queue_up(None, after);
        Ok(())
    }

    /// Something decided: recorded, then handed to the broker.
    fn perform(&mut self, at: Timestamp, step: Step, number: u64, sender: Sender) -> Result<Vec<After>, Halt> {
        let Step { bodies, out } = step;
        // The kill switch has sent the same exit past the books, and the broker has told of it.
        if bodies.iter().any(|b| matches!(b, Body::Intended(_)) && !self.trader.is_news(b)) {
            return Ok(vec![After::Done(number, sender)]);
        }
        self.trader.commit(at, bodies)?;
        let mut after: Vec<After> = self.told().into_iter().collect();
        after.push(match out {
            Some(out) => After::Execute { at, out, number, sender },
            None => After::Done(number, sender),
        });
        Ok(after)
    }

    /// A step of the kill switch, weighed against the record; nothing where it is done, or under way.
    fn reduce(&mut self, at: Timestamp, step: &kill_switch::Step, number: u64) -> Result<Vec<After>, Halt> {
        let (at, sender) = (at.max(self.trader.last_at()), Sender::KillSwitch);
        match self.trader.step_of_closing(at, step)? {
            Some(step @ Step { out: Some(_), .. }) => self.perform(at, step, number, sender),
            _ => Ok(vec![After::Done(number, sender)]),
        }
    }

    /// Records who trades and how, where that is another than before.
    fn choose(&mut self, chosen: Option<&Chosen>) -> Result<(), Halt> {
        let at = self.now.max(self.trader.last_at());
        chosen.map_or(Ok(()), |chosen| self.trader.choose(at, chosen.clone()))
    }

    /// The process starts with the newest version: what of it is another than the record's is recorded before anything else.
    fn begin(&mut self) -> Result<(), Halt> {
        let wiring = Arc::clone(&self.wiring);
        self.choose(wiring.usual.chosen.as_ref())?;
        let after = self.told().into_iter().collect();
        self.queue_up(None, after);
        Ok(())
    }

    /// Answers a person: that something was done is told when it is durable, and why not when everything is that it may rest on.
    /// Whoever asked may have gone meanwhile.
    fn answer(&mut self, question: Question) -> Result<Vec<After>, Halt> {
        let answer = match question {
            Question::Entry(asked, reply) => After::Answer(reply, Box::new(self.enter(&asked)?)),
            Question::Chart(asked, reply) => After::ChartAnswer(reply, Box::new(self.change_chart(&asked)?)),
            Question::Float(asked, reply) => After::FloatAnswer(reply, Box::new(self.assign_float(&asked)?)),
        };
        Ok(self.told().into_iter().chain([answer]).collect())
    }

    /// What has been recorded since the last job, to be written with what follows from it.
    fn queue_up(&mut self, closing: Option<(u64, Closing)>, mut after: Vec<After>) {
        let Outbox { events, entries } = std::mem::take(&mut self.trader.record);
        if !entries.is_empty() {
            // Before the events that they belong to: whoever hears of a fill has its entry. A session begins before its own.
            let first = after.iter().position(|a| !matches!(a, After::Tell(Piece::Session(_)))).unwrap_or(after.len());
            let booked: Arc<[Entry]> = entries.iter().map(|s| s.entry.clone()).collect();
            self.booked.push(Arc::clone(&booked));
            after.insert(first, After::Booked(booked));
        }
        self.queue.push_back(Job { events, entries, closing, after });
    }

    fn go_on(&mut self, done: Result<(), Halt>, ctx: &mut Context<Self>) {
        match done {
            Ok(()) => self.pump(ctx),
            Err(halt) => self.halt(&halt.to_string()),
        }
    }

    /// What has just been recorded, for everybody.
    fn told(&self) -> Option<After> {
        let events = &self.trader.record.events;
        (!events.is_empty()).then(|| After::Tell(Piece::Events(events.as_slice().into())))
    }

    /// Writes what waits, all of it in one transaction, unless something is being written.
    fn pump(&mut self, ctx: &mut Context<Self>) {
        if self.writing || self.lost || self.queue.is_empty() {
            return;
        }
        // A change of the chart is written by itself: what was booked before it is in the books before it, and what comes
        // after it meets the chart as it is then.
        let alone = self.queue.iter().position(Job::changes_the_chart);
        let many = alone.map_or(self.queue.len(), |at| at.max(1));
        let jobs: Vec<Job> = self.queue.drain(..many).collect();
        let empty = jobs.iter().all(|j| j.events.is_empty() && j.entries.is_empty());
        #[cfg(test)]
        if self.full && !empty {
            let reason = "the disk is full, on purpose".to_owned();
            return self.stall(jobs, &StoreError::Unfit { reason }, ctx);
        }
        let Some(writer) = (if empty { None } else { self.writer.take() }) else {
            self.durable(jobs);
            return;
        };
        self.writing = true;
        let signer = Arc::clone(&self.wiring.signer);
        let written = write(writer, jobs, signer).into_actor(self).map(|(writer, jobs, result), own, ctx| {
            own.writing = false;
            own.writer = Some(writer);
            match result {
                Ok(()) => {
                    own.stalled(None);
                    own.durable(jobs);
                    own.pump(ctx);
                }
                // What is in the books nobody knows: a new process reads it.
                Err(error @ StoreError::Torn) => own.halt(&error.to_string()),
                Err(error) => own.stall(jobs, &error, ctx),
            }
        });
        ctx.spawn(written);
    }

    fn durable(&mut self, jobs: Vec<Job>) {
        for after in jobs.into_iter().flat_map(|j| j.after) {
            if let Err(lost) = self.tell(after) {
                self.wiring.undelivered(lost);
            }
        }
    }

    fn tell(&mut self, after: After) -> Result<(), Lost> {
        let wiring = Arc::clone(&self.wiring);
        match after {
            After::Tell(piece) => {
                self.chronicle.pieces.push(piece.clone());
                wiring.tell_all(&piece);
                Ok(())
            }
            After::Booked(entries) => {
                let piece = Piece::Booked(entries);
                self.chronicle.pieces.push(piece.clone());
                wiring.reporter.deliver(ToReporter::Piece(piece))
            }
            After::Welcome(name) => wiring.welcome(name, &self.chronicle),
            After::Execute { at, out, number, sender } => {
                pass_recorded(&out, sender);
                let generation = self.chronicle.generation;
                wiring.broker.deliver(ToBroker::Execute { at, out, number, sender, generation })
            }
            After::Recorded(number) => wiring.broker.deliver(ToBroker::Recorded(number)),
            After::Done(number, Sender::Risk) => wiring.risk.deliver(ToRisk::Done(number)),
            After::Done(number, Sender::KillSwitch) => wiring.kill_switch.deliver(ToKillSwitch::Done(number)),
            After::Turned => wiring.market_data.deliver(ToMarketData::Turned),
            After::Answer(reply, answer) => {
                let _ = reply.send(*answer);
                Ok(())
            }
            After::ChartAnswer(reply, answer) => {
                let _ = reply.send(*answer);
                Ok(())
            }
            After::FloatAnswer(reply, answer) => {
                let _ = reply.send(*answer);
                Ok(())
            }
            After::DaysOpen(days) => wiring.supervisor.deliver(ToSupervisor::DaysOpen(days)),
            After::Checked(checked) => {
                wiring.questions.checked(checked);
                Ok(())
            }
        }
    }

    /// The disk is full, or somebody holds the file: nothing is told, so nothing is sent. What was to be written is kept,
    /// and tried again until it is written (D1, D2, D6).
    fn stall(&mut self, jobs: Vec<Job>, error: &StoreError, ctx: &mut Context<Self>) {
        for job in jobs.into_iter().rev() {
            self.queue.push_front(job);
        }
        self.stalled(Some(error.to_string()));
        self.writing = true;
        ctx.run_later(AGAIN, |own, ctx| {
            own.writing = false;
            own.pump(ctx);
        });
    }

    /// Tells where it has changed whether the books can be written.
    fn stalled(&mut self, why: Option<String>) {
        if self.stalled != why {
            let (w, well) = (&self.wiring, why.is_none());
            w.must(w.kill_switch.deliver(ToKillSwitch::Books(well)));
            w.must(w.supervisor.deliver(ToSupervisor::Stalled(why.clone())));
            self.stalled = why;
        }
    }

    /// Nothing more is written, and so nothing more is sent that could add exposure.
    fn halt(&mut self, why: &str) {
        self.lost = true;
        let halted = ToSupervisor::Halted { name: LEDGER, why: why.to_owned() };
        if let Err(lost) = self.wiring.supervisor.deliver(halted) {
            self.wiring.undelivered(lost);
        }
    }
}

/// A step of a kill is durable, and not sent.
fn pass_recorded(out: &Out, sender: Sender) {
    match (sender, out) {
        (Sender::KillSwitch, Out::Cancel(_)) => pass(plug::Step::CancelRecorded),
        (Sender::KillSwitch, _) => pass(plug::Step::ExitRecorded),
        (Sender::Risk, _) => {}
    }
}

/// Writes jobs in one transaction; the writer comes back with them.
async fn write(mut writer: Writer, jobs: Vec<Job>, signer: Arc<Signer>) -> (Writer, Vec<Job>, Result<(), StoreError>) {
    let result = append(&mut writer, &jobs, &signer).await;
    (writer, jobs, result)
}

async fn append(writer: &mut Writer, jobs: &[Job], signer: &Signer) -> Result<(), StoreError> {
    let events = jobs.iter().flat_map(|j| &j.events).map(taken::event).collect::<Result<Vec<_>, _>>()?;
    let entries: Vec<Entry> = jobs.iter().flat_map(|j| &j.entries).map(|s| s.entry.clone()).collect();
    // LEDG-12: whoever can write the file cannot make the signature of a day that is closed.
    let signed = |c: &Closing| Some(signer.sign_raw(&closing_text(&c.bytes)).to_vec());
    let closed = jobs.iter().filter_map(|j| j.closing.as_ref());
    let closings: Vec<_> = closed.map(|(seq, c)| taken::closing(*seq, c, signed(c))).collect();
    writer.append(&Batch { events: &events, entries: &entries, closings: &closings }).await?;
    // The books are written; heads that cannot be kept now are kept with the next day's.
    if !closings.is_empty()
        && let Err(error) = writer.keep_heads()
    {
        tracing::error!(%error, "the heads of the books could not be kept");
    }
    Ok(())
}

impl Actor for Ledger {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.look_at_what_was_left(ctx);
        let begun = self.begin();
        self.go_on(begun, ctx);
    }
}

impl Supervised for Ledger {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // What was folded and not written is gone, and the fold cannot be trusted: the process starts anew from what is
        // durable (LIFE-11).
        self.halt("the ledger fell");
    }
}

impl Handler<Post<ToLedger>> for Ledger {
    type Result = ();

    fn handle(&mut self, post: Post<ToLedger>, ctx: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(LEDGER).begin();
        if self.lost && !matches!(post.body, ToLedger::Beat(_)) {
            return;
        }
        match post.body {
            ToLedger::Close { over, figures } => self.end(over, figures, ctx),
            ToLedger::CloseAgain(wanted) => self.close_again(wanted, ctx),
            body => {
                let done = self.step(body);
                self.go_on(done, ctx);
            }
        }
    }
}
