//! The kill switch (RISK-13 to RISK-15a): cancel, flatten and kill, until the venue has confirmed that nothing is left. It
//! knows what works and is held from the venue itself. Its steps go through the ledger; where that does not answer, they
//! go into the emergency file and straight to the broker, over a way that takes nothing but what reduces (RISK-14a).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::{Actor, AsyncContext, Context, Handler, Supervised};
use desk::domain::bot::{Mark, Scope, Who};
use desk::domain::symbol::Symbol;
use desk::domain::time::{Span, Timestamp};
use desk::machines::kill_switch::{Confirmed, KillSwitch as Machine, Left, Receipt, Step, Verb};
use desk::world::closing::VenueWord;
use desk::world::trader::Halt;

use super::follower::Follower;
use super::tree::{KILL_SWITCH, SUPERVISOR, Wiring};
use crate::gateway::clock::{self, Stopwatch};
use crate::gateway::plug::{self, pass};
use crate::gateway::vault::Signer;
use crate::messages::board::AlertLevel;
use crate::messages::broker::{Reduce, ReducingLine};
use crate::messages::chronicle::Piece;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::ToLedger;
use crate::messages::line::Post;
use crate::messages::supervisor::{Closed, ToSupervisor};
use crate::store::{Emergency, EmergencyFile, Receipts, Sent, Signature};

/// How often it looks while something is to be closed.
const LOOK: Duration = Duration::from_millis(25);
/// How often the venue is asked.
const ASK: Span = Span::nanos(50_000_000);
/// How long the ledger may take with a step before it goes straight to the broker.
const PATIENCE: Span = Span::nanos(400_000_000);
/// How long the venue may take with its word before it counts as out of reach.
const WORD: Span = Span::seconds(1);
/// The same kill, asked for again so soon after its end, is a repeat (LIFE-7): under the latch nothing can have opened.
const REPEAT: Span = Span::seconds(10);
/// How often a receipt that could not be kept is tried again.
const KEEP_AGAIN: Span = Span::seconds(1);
/// Among how many receipts that of an earlier process is looked for.
const NEWEST: usize = 20;
/// When the last cancel is late (RISK-14), until the configuration has said it.
const LATE: Span = Span::seconds(1);

/// Where the kill switch writes what it did.
#[derive(Debug)]
pub struct Papers {
    /// Where steps are written down while the books cannot be.
    pub emergency: EmergencyFile,
    /// Where receipts are kept.
    pub receipts: Receipts,
    /// Who signs them.
    pub signer: Arc<Signer>,
}

impl Papers {
    fn signed(&self, bytes: &[u8]) -> Signature {
        Signature { key: self.signer.key(), signature: self.signer.sign(bytes) }
    }
}

/// One closing under way.
struct Closing {
    machine: Machine,
    scope: Scope,
    late: bool,
    /// Since when the broker holds what no record explains.
    strange: Option<Timestamp>,
    /// In which instruments that was alarmed.
    alarmed: BTreeSet<Symbol>,
    /// When the latch was shut, where this goes on with the kill of an earlier process.
    since: Option<Timestamp>,
}

/// A receipt that could not be kept, and is tried again.
struct Unkept {
    at: Timestamp,
    tried: Timestamp,
    bytes: Vec<u8>,
    closed: Closed,
}

/// The real clock, which never runs backwards.
struct Clock {
    began: Timestamp,
    watch: Stopwatch,
}

impl Clock {
    fn start() -> Self {
        Self { began: clock::now(), watch: Stopwatch::start() }
    }

    fn now(&self) -> Timestamp {
        self.began + Span::nanos(i64::try_from(self.watch.elapsed().as_nanos()).unwrap_or(i64::MAX))
    }
}

/// The kill switch.
pub(super) struct KillSwitch {
    wiring: Arc<Wiring>,
    broker: ReducingLine,
    follower: Follower,
    papers: Papers,
    closings: Vec<Closing>,
    clock: Clock,
    /// The market's clock.
    market: Timestamp,
    seen: Option<Confirmed>,
    asked: Timestamp,
    heard: Timestamp,
    /// Steps at the ledger, and since when.
    waiting: BTreeMap<u64, (Step, Timestamp)>,
    number: u64,
    /// Whether the ledger answers.
    books: bool,
    /// How long the last cancel may take.
    late: Span,
    /// What came to its end last, and when: it is told of more than once, on more than one way.
    ended: Option<Ended>,
    /// The kill that an earlier process has begun, and when.
    inherited: Option<(Mark, Timestamp)>,
    unkept: Vec<Unkept>,
}

/// What came to its end last.
struct Ended {
    asked: Vec<Asked>,
    at: Timestamp,
    /// When the latch was shut that it ended under.
    latch: Option<Timestamp>,
    closed: Closed,
}

/// What was asked for, by whom, why.
struct Asked {
    verb: Verb,
    scope: Scope,
    who: Who,
    why: String,
}

impl Asked {
    /// Whether both are one: a way may be heard twice, once with its reason and once without.
    fn is(&self, other: &Self) -> bool {
        let (a, b) = (self.why.trim(), other.why.trim());
        let why = a == b || a.is_empty() || b.is_empty();
        why && (self.verb, &self.scope, &self.who) == (other.verb, &other.scope, &other.who)
    }
}

impl KillSwitch {
    /// A kill switch before it has heard the chronicle.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(wiring: Arc<Wiring>, papers: Papers) -> Result<Self, Halt> {
        let clock = Clock::start();
        Ok(Self {
            follower: Follower::new(wiring.setup.clone())?,
            broker: ReducingLine::new(&wiring.broker),
            inherited: wiring.latch.inherited(),
            unkept: Vec::new(),
            wiring,
            papers,
            closings: Vec::new(),
            market: Timestamp::default(),
            seen: None,
            asked: clock.now(),
            heard: clock.now(),
            clock,
            waiting: BTreeMap::new(),
            number: 0,
            books: true,
            late: LATE,
            ended: None,
        })
    }

    fn step(&mut self, message: ToKillSwitch) -> Result<(), Halt> {
        match message {
            ToKillSwitch::Beat(beat) => self.wiring.pulse(KILL_SWITCH).answer(beat),
            ToKillSwitch::Welcome(chronicle) => {
                self.follower.welcome(&chronicle)?;
                self.market = chronicle.pieces.iter().rev().find_map(Piece::instant).unwrap_or(self.market);
                self.go_on();
            }
            ToKillSwitch::Piece(piece) => {
                self.follower.take(&piece)?;
                self.market = piece.instant().unwrap_or(self.market).max(self.market);
            }
            ToKillSwitch::Begin { verb, scope, mark } => self.begin(verb, scope, &mark),
            ToKillSwitch::Confirmed(asked, word) => self.confirmed(asked, &word),
            ToKillSwitch::Done(number) => {
                self.waiting.remove(&number);
                self.books = true;
            }
            ToKillSwitch::Books(well) => {
                self.books = well;
                if !well {
                    // What waits there would wait for the books.
                    for (step, _) in std::mem::take(&mut self.waiting).into_values() {
                        self.direct(&step);
                    }
                }
            }
            ToKillSwitch::Alarm(late) => self.late = late,
            ToKillSwitch::Imported => {
                if let Err(error) = self.papers.emergency.clear() {
                    tracing::error!(%error, "the emergency file cannot be cleared");
                }
            }
            #[cfg(test)]
            ToKillSwitch::Fault(fault) => super::tests::act_out(fault),
        }
        Ok(())
    }

    /// A kill that an earlier process did not bring to its receipt goes on, whatever else is known of it.
    fn go_on(&mut self) {
        if let Some((mark, since)) = self.inherited.clone()
            && self.receipt_since(since).is_none()
        {
            self.begin(Verb::Kill, Scope::All, &mark);
        }
    }

    /// A closing begins. What is under way already is not begun twice; a kill takes up whatever else was.
    fn begin(&mut self, verb: Verb, scope: Scope, mark: &Mark) {
        let covers = |c: &Closing| c.scope == Scope::All || c.scope == scope;
        let under_way = |c: &Closing| {
            covers(c) && (c.machine.verb() == Verb::Kill || (c.machine.verb() == verb && c.scope == scope))
        };
        let now = self.clock.now();
        let asked = Asked { verb, scope: scope.clone(), who: mark.who.clone(), why: mark.why.clone() };
        // A latch that was reset and shut again is another kill's.
        let latch = self.wiring.latch.since();
        let is_repeat = |last: &&Ended| {
            let same = latch.is_some() && last.latch == latch && last.asked.iter().any(|l| l.is(&asked));
            verb == Verb::Kill && same && now - last.at < REPEAT
        };
        if let Some(closing) = self.closings.iter_mut().find(|c| under_way(c)) {
            // The supervisor repeats what others have begun; who asks besides is named on the receipt.
            let repeats = mark.who == Who::Bot(SUPERVISOR.to_owned());
            if !repeats && closing.machine.verb() == verb {
                closing.machine.asked_again(Mark { at: now, ..mark.clone() });
            }
            return;
        }
        if let Some(last) = self.ended.as_ref().filter(is_repeat) {
            let again = ToSupervisor::Closing(Box::new(last.closed.clone()));
            return self.wiring.must(self.wiring.supervisor.deliver(again));
        }
        if verb == Verb::Kill {
            self.closings.clear();
        }
        let goes_on = |(first, _): &(Mark, Timestamp)| (&first.who, &first.why) == (&mark.who, &mark.why);
        let inherited = if verb == Verb::Kill { self.inherited.take() } else { None };
        let since = inherited.filter(goes_on).map(|(_, since)| since).filter(|since| latch == Some(*since));
        let mark = Mark { at: since.unwrap_or(now), ..mark.clone() };
        tracing::warn!(verb = verb.as_str(), %mark, "a closing begins");
        let mut machine = Machine::begin(verb, scope.clone(), mark);
        if let Some(since) = since.filter(|since| self.receipt_since(*since).is_none()) {
            machine = machine.taken_up(now, self.noted(since));
        }
        self.closings.push(Closing { machine, scope, late: false, strange: None, alarmed: BTreeSet::new(), since });
        pass(plug::Step::Begun);
        self.heard = now;
        self.ask(now);
    }

    fn ask(&mut self, now: Timestamp) {
        self.asked = now;
        self.wiring.must(self.broker.confirm(now));
        pass(plug::Step::Asked);
    }

    /// Looks after what is under way: asks again, and takes from the ledger what it does not get done.
    fn look(&mut self) {
        let now = self.clock.now();
        self.keep_again(now);
        if self.closings.is_empty() {
            return;
        }
        let late = |(_, since): &mut (Step, Timestamp)| now - *since >= PATIENCE;
        let overdue: Vec<_> = self.waiting.extract_if(.., |_, waiting| late(waiting)).collect();
        for (_, (step, _)) in overdue {
            self.books = false;
            self.direct(&step);
        }
        if now - self.asked >= ASK {
            self.ask(now);
        }
        if now - self.heard >= WORD {
            self.seen = None;
            self.tell(now);
        }
    }

    /// The venue's word: what is done, and what is to be done next.
    fn confirmed(&mut self, asked: Timestamp, word: &VenueWord) {
        // Without the record nobody knows whose the orders are: an empty view is not a flat one.
        if !self.follower.is_welcome() {
            return;
        }
        let now = self.clock.now();
        self.heard = now;
        let view = self.follower.trader.confirmed(asked, self.market, word);
        let mut steps = Vec::new();
        for closing in &mut self.closings {
            closing.machine.see(now, &view);
            let strange = !closing.machine.unexplained(&view).is_empty();
            closing.strange = strange.then(|| closing.strange.unwrap_or(now));
            if closing.machine.is_done() {
                continue;
            }
            for step in closing.machine.decide(now, &view) {
                closing.machine.sent(now, &step);
                steps.push(step);
            }
        }
        let sends = !steps.is_empty();
        for step in steps {
            self.perform(step, now);
        }
        self.seen = Some(view);
        if sends {
            self.note(now);
        }
        self.tell(now);
        let done: Vec<Closing> = self.closings.extract_if(.., |c| c.machine.is_done()).collect();
        for closing in done {
            let closed = self.finish(&closing, now);
            let of = |mark: &Mark| Asked {
                verb: closing.machine.verb(),
                scope: closing.scope.clone(),
                who: mark.who.clone(),
                why: mark.why.clone(),
            };
            let marks = std::iter::once(closing.machine.mark()).chain(closing.machine.also());
            let latch = self.wiring.latch.since();
            self.ended = Some(Ended { asked: marks.map(of).collect(), at: now, latch, closed });
        }
    }

    /// Has a step done: by the ledger, or straight by the broker where the ledger does not answer.
    fn perform(&mut self, step: Step, now: Timestamp) {
        if !self.books || matches!(step, Step::Query(_)) {
            return self.direct(&step);
        }
        self.number = self.number.saturating_add(1);
        let reduce = ToLedger::Reduce { at: self.market, step: step.clone(), number: self.number };
        match self.wiring.ledger.deliver(reduce) {
            Ok(()) => {
                self.waiting.insert(self.number, (step, now));
            }
            Err(lost) => {
                self.wiring.undelivered(lost);
                self.direct(&step);
            }
        }
    }

    /// Straight to the broker. What is sent is written down first where that can be; it is sent in any case.
    fn direct(&mut self, step: &Step) {
        let at = self.clock.now();
        let (what, sent) = match step {
            Step::Query(order) => (Reduce::Query(order.clone()), None),
            Step::Cancel(order) => (Reduce::Cancel(order.clone()), Some(Sent::Cancel { order: order.clone() })),
            Step::Exit(exit) => {
                let Some(session) = self.follower.trader.terms().map(|t| t.hours.session) else { return };
                let setup = &self.wiring.setup;
                let reducing = match exit.reducing(&setup.identity, setup.epoch, session, self.market) {
                    Ok(reducing) => reducing,
                    Err(error) => return tracing::error!(%error, "an exit has no id"),
                };
                let (order, symbol, quantity) = (reducing.intent().order.clone(), exit.symbol, exit.quantity);
                (Reduce::Exit(Box::new(reducing)), Some(Sent::Exit { order, symbol, quantity }))
            }
        };
        if let Some(sent) = sent
            && let Err(error) = self.papers.emergency.write(&Emergency::new(at, sent))
        {
            tracing::error!(%error, "a step of the kill switch is sent without a record");
        }
        self.wiring.must(self.broker.reduce(what));
    }

    /// Tells the supervisor how far the newest closing has come.
    fn tell(&mut self, now: Timestamp) {
        for closing in &mut self.closings {
            if !closing.late && closing.machine.is_late(now, self.late) {
                closing.late = true;
                let text = format!(
                    "{}: not every cancel was sent within {} ms. {}",
                    closing.machine.verb().as_str(),
                    self.late.as_nanos().div_euclid(1_000_000),
                    closing.machine.pending(self.seen.as_ref()).join(" ")
                );
                self.wiring.alert(AlertLevel::Critical, "closing_late", text);
            }
        }
        self.alarm_the_unexplained(now);
        if let Some(closing) = self.closings.last() {
            let closed = self.told(closing, now, None);
            self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::Closing(Box::new(closed))));
        }
    }

    /// What the broker holds and nobody here can close is said aloud and kept for the receipt, once for each instrument. What is
    /// on its way has its second to be heard of.
    fn alarm_the_unexplained(&mut self, now: Timestamp) {
        let Some(seen) = &self.seen else { return };
        for closing in &mut self.closings {
            let lasts = closing.strange.is_some_and(|since| now - since >= WORD);
            if !lasts && !closing.machine.is_done() {
                continue;
            }
            for unexplained in closing.machine.unexplained(seen) {
                if closing.alarmed.insert(unexplained.symbol) {
                    let said = closing.machine.say(&unexplained);
                    let text = format!("{}: {said}", closing.machine.verb().as_str());
                    self.wiring.alert(AlertLevel::Critical, "position_unexplained", text);
                    closing.machine.word(now, said);
                }
            }
        }
    }

    fn told(&self, closing: &Closing, now: Timestamp, receipt: Option<String>) -> Closed {
        let milliseconds = |span: Span| u64::try_from(span.as_nanos().div_euclid(1_000_000)).unwrap_or(0);
        let machine = &closing.machine;
        Closed {
            verb: machine.verb(),
            marks: std::iter::once(machine.mark()).chain(machine.also()).cloned().collect(),
            last_cancel_ms: machine.to_last_cancel().map(milliseconds),
            flat_ms: machine.to_flat().map(milliseconds),
            pending: machine.pending(self.seen.as_ref().filter(|_| now - self.heard < WORD)),
            receipt,
        }
    }

    /// The end that the venue has confirmed: the receipt is signed and kept.
    fn finish(&mut self, closing: &Closing, now: Timestamp) -> Closed {
        pass(plug::Step::Flat);
        let machine = &closing.machine;
        let receipt = machine.receipt(now, self.seen.as_ref());
        let told_already = self.of_this_latch(closing, &receipt);
        let again = told_already.as_ref().filter(|_| closing.since.is_none()).map_or_else(String::new, |name| {
            format!(" Nothing was left to close under this latch; the receipt is the one from before, {name}.")
        });
        let kept = match told_already {
            Some(name) => Ok(name),
            None => receipt
                .to_bytes()
                .map_err(|e| (e.to_string(), None))
                .and_then(|bytes| self.keep(now, machine.verb(), &bytes).map_err(|why| (why, Some(bytes)))),
        };
        let (verb, flat) =
            (machine.verb().as_str(), machine.to_flat().map_or(0, |s| s.as_nanos().div_euclid(1_000_000)));
        let taken = receipt.taken_up.map_or_else(String::new, |at| {
            format!(" The process that had begun it ended before; a new one took it up at {at}.")
        });
        let text = format!("{verb}: the venue has confirmed the end after {flat} ms.{taken}{again}");
        let name = match kept {
            Ok(name) => Some(name),
            Err((error, bytes)) => {
                let text = format!("The receipt of the {verb} could not be kept; it is tried again: {error}");
                self.wiring.alert(AlertLevel::Warning, "receipt_lost", text);
                let closed = self.told(closing, now, None);
                self.unkept.extend(bytes.map(|bytes| Unkept { at: now, tried: now, bytes, closed }));
                None
            }
        };
        self.wiring.alert(AlertLevel::Warning, &format!("{verb}_done"), text);
        let closed = self.told(closing, now, name);
        self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::Closing(Box::new(closed.clone()))));
        closed
    }

    /// Writes down how far a kill has come, after its steps are on their way: the process may end before it does.
    fn note(&self, now: Timestamp) {
        let Some(kill) = self.closings.iter().find(|c| c.machine.verb() == Verb::Kill) else { return };
        let Ok(bytes) = kill.machine.receipt(now, self.seen.as_ref()).to_bytes() else { return };
        if let Err(error) = self.papers.receipts.note(&bytes, &self.papers.signed(&bytes)) {
            tracing::warn!(%error, "how far the kill has come could not be written down");
        }
    }

    /// What an earlier process wrote down of the kill that began then, signed by this bot.
    fn noted(&self, since: Timestamp) -> Option<Receipt> {
        let noted = self.papers.receipts.noted()?;
        let own = self.papers.signer.is_own(&noted.bytes, &noted.signature.signature);
        serde_json::from_slice(&noted.bytes).ok().filter(|note: &Receipt| own && note.mark.at >= since)
    }

    /// The receipt that tells of this kill already, where this one had nothing to do: an earlier process brought it to its
    /// end, all but the telling, or it was asked for once more under the latch that the last one ended under, and found
    /// nothing. One kill leaves one receipt.
    fn of_this_latch(&self, closing: &Closing, receipt: &Receipt) -> Option<String> {
        if closing.machine.verb() != Verb::Kill || closing.machine.has_sent() {
            return None;
        }
        let latch = self.wiring.latch.since();
        let same = |last: &&Ended| latch.is_some() && last.latch == latch && receipt.opened == Left::default();
        match closing.since {
            Some(since) => self.receipt_since(since),
            None => self.ended.as_ref().filter(same)?.closed.receipt.clone(),
        }
    }

    /// The receipt of a kill that came to its end since then.
    fn receipt_since(&self, since: Timestamp) -> Option<String> {
        let kept = self.papers.receipts.newest(NEWEST).ok()?;
        let same = |earlier: &Receipt| earlier.verb == Verb::Kill && earlier.at >= since;
        kept.into_iter().find(|r| serde_json::from_slice(&r.bytes).is_ok_and(|e| same(&e))).map(|r| r.name)
    }

    /// Signs and keeps a receipt.
    fn keep(&self, at: Timestamp, verb: Verb, bytes: &[u8]) -> Result<String, String> {
        let signature = self.papers.signed(bytes);
        pass(plug::Step::ReceiptSigned);
        let receipts = &self.papers.receipts;
        let kept = receipts.keep(at, verb.as_str(), bytes, &signature).map_err(|e| e.to_string());
        pass(plug::Step::ReceiptKept);
        if verb == Verb::Kill && kept.is_ok() && !self.is_killing() {
            receipts.forget_note();
        }
        kept
    }

    fn is_killing(&self) -> bool {
        self.closings.iter().any(|c| c.machine.verb() == Verb::Kill)
    }

    /// Tries again to keep what could not be kept: the disk was full.
    fn keep_again(&mut self, now: Timestamp) {
        for mut unkept in std::mem::take(&mut self.unkept) {
            let due = now - unkept.tried >= KEEP_AGAIN;
            match due.then(|| self.keep(unkept.at, unkept.closed.verb, &unkept.bytes)) {
                // Another kill is under way by now: it is the one that is told of.
                Some(Ok(_)) if self.is_killing() => continue,
                Some(Ok(name)) => {
                    let closed = Closed { receipt: Some(name), ..unkept.closed };
                    self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::Closing(Box::new(closed))));
                    continue;
                }
                Some(Err(_)) => unkept.tried = now,
                None => {}
            }
            self.unkept.push(unkept);
        }
    }
}

impl Actor for KillSwitch {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Join(KILL_SWITCH)));
        ctx.run_interval(LOOK, |own, _| own.look());
    }
}

impl Supervised for KillSwitch {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // What is to be closed is kept: each step asks the venue first, so nothing is closed twice.
        match Follower::new(self.wiring.setup.clone()) {
            Ok(follower) => (self.follower, self.seen) = (follower, None),
            Err(halt) => self.wiring.halted(KILL_SWITCH, &halt),
        }
    }
}

impl Handler<Post<ToKillSwitch>> for KillSwitch {
    type Result = ();

    fn handle(&mut self, post: Post<ToKillSwitch>, _: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(KILL_SWITCH).begin();
        if let Err(halt) = self.step(post.body) {
            self.wiring.halted(KILL_SWITCH, &halt);
        }
    }
}
