//! A command decided on: may its caller, was it given before, does the state allow it, and what follows.

use super::facts::{Facts, OpenBooks};
use super::machine::{REHEARSING, Supervisor};
use super::refusal::{Refusal, count};
use super::verdict::{Carried, Effect, Ordered, Verdict};
use crate::domain::bot::{Answer, BotBody, BotEvent, BotState, Command, FreezeName, Need, Origin, Scope, Who, permit};
use crate::domain::ids::SessionId;
use crate::domain::time::{Date, Timestamp};

/// A command with what is known when it comes.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) at: Timestamp,
    pub(super) order: &'a Ordered,
    pub(super) facts: &'a Facts,
}

/// What a command brings, in the making.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) bodies: Vec<BotBody>,
    pub(super) effects: Vec<Effect>,
    pub(super) message: String,
}

impl Draft {
    /// Nothing but a sentence.
    pub(super) fn saying(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// One effect and a sentence.
    pub(super) fn doing(effect: Effect, message: impl Into<String>) -> Self {
        Self { effects: vec![effect], ..Self::saying(message) }
    }

    /// One event and a sentence.
    pub(super) fn noting(body: BotBody, message: impl Into<String>) -> Self {
        Self { bodies: vec![body], ..Self::saying(message) }
    }
}

impl Draft {
    /// What the caller is told.
    fn say(&mut self, message: impl Into<String>) {
        self.message = message.into();
    }
}

impl Asked<'_> {
    /// The command's name as a person knows it.
    pub(super) const fn verb(&self) -> &'static str {
        self.order.command.word()
    }

    /// Nothing where the caller is a person, or the owner of the process.
    pub(super) fn by_a_person(&self, state: BotState) -> Result<(), Refusal> {
        match self.order.caller.who {
            Who::Bot(_) => Err(Refusal::NeedsPerson { command: self.verb(), state }),
            Who::Person(_) | Who::Owner | Who::OwnerBy(_) => Ok(()),
        }
    }

    /// Nothing where a reason is given.
    pub(super) fn with_reason(&self) -> Result<(), Refusal> {
        if self.order.reason().is_empty() { Err(Refusal::ReasonNeeded { command: self.verb() }) } else { Ok(()) }
    }

    /// Nothing where books and venue agree.
    pub(super) fn reconciled(&self) -> Result<(), Refusal> {
        self.facts.reconciliation.clone().map_err(|why| Refusal::NotReconciled { why })
    }

    /// Nothing where nothing is held and nothing works.
    pub(super) fn flat(&self) -> Result<(), Refusal> {
        let Facts { positions, working, entries, .. } = *self.facts;
        let working = working.max(entries);
        if positions == 0 && working == 0 {
            Ok(())
        } else {
            Err(Refusal::NotFlat { command: self.verb(), positions, working })
        }
    }
}

impl Supervisor {
    /// What a command brings. The latch, the roles and the table of LIFE-1 decide; nothing is changed here.
    #[must_use]
    pub fn decide(&self, at: Timestamp, order: &Ordered, facts: &Facts) -> Verdict {
        let refused = |refusal| Verdict::Refused { events: Vec::new(), refusal };
        let command = order.command.word();
        match permit(order.caller.roles, order.command.action()) {
            Err(forbidden) => return refused(forbidden.into()),
            Ok(Need::StepUp) if !order.caller.stepped_up => return refused(Refusal::StepUp { command }),
            Ok(Need::StepUp | Need::Nothing) => {}
        }
        let kill = order.command == Command::Kill;
        if let Some(known) = self.answers.get(&order.key).or_else(|| self.aside.answers.get(&order.key)) {
            let same = known.who == order.caller.who && known.command == order.command;
            match &known.answer {
                Some(answer) if same => return Verdict::Again(answer.clone()),
                _ if same || kill => {}
                _ => return refused(Refusal::KeyReused { key: order.key.clone(), known: known.command.word() }),
            }
        }
        if self.state == BotState::Updating && !kill {
            return Verdict::Wait;
        }
        let asked = Asked { at, order, facts };
        match self.allowed(&asked).and_then(|()| self.carry_out(&asked)) {
            Ok(draft) => {
                let answer = Answer::Accepted { message: draft.message };
                // A rehearsal leaves the bot's life as it was (RES-3): the audit has it, and the machine is told.
                let rehearses = order.command == Command::Rehearse;
                let told = || self.told(&asked, draft.bodies, answer.clone());
                let events = if rehearses { Vec::new() } else { told() };
                Verdict::Carry(Box::new(Carried { events, effects: draft.effects, answer, acts_first: kill }))
            }
            Err(refusal) => {
                let answer = Answer::Refused { code: refusal.code().to_owned(), message: refusal.to_string() };
                Verdict::Refused { events: self.told(&asked, Vec::new(), answer), refusal }
            }
        }
    }

    /// The command, what it brought, and what was said.
    fn told(&self, asked: &Asked<'_>, mut bodies: Vec<BotBody>, answer: Answer) -> Vec<BotEvent> {
        let Ordered { key, command, caller, .. } = asked.order;
        let (why, caller, command) = (asked.order.reason(), caller.clone(), command.clone());
        bodies.insert(0, BotBody::Commanded { key: key.clone(), command, caller, why });
        bodies.push(BotBody::Answered { key: key.clone(), answer });
        self.stamp(asked.at, bodies)
    }

    /// What holds for many commands at once: the set-up, the end of the process, a rehearsal.
    fn allowed(&self, asked: &Asked<'_>) -> Result<(), Refusal> {
        use Command::{CancelAll, Flatten, Freeze, Kill, Pause, Shutdown, Stop};
        let (command, state) = (asked.verb(), self.state);
        if matches!(asked.order.command, Kill | Shutdown) {
            return Ok(());
        }
        if !self.set_up {
            return Err(Refusal::NotSetUp { command, state });
        }
        let tightens = matches!(asked.order.command, CancelAll(_) | Flatten(_) | Freeze(_) | Pause);
        if matches!(state, BotState::Shutdown | BotState::ShutdownTriggered) && !tightens {
            return Err(Refusal::GoingDown { command, state });
        }
        let ends_it = matches!(asked.order.command, Stop | Flatten(_));
        if self.rehearsing().is_some() && asked.order.command.is_live_trading() && !ends_it {
            return Err(Refusal::Rehearsing { command });
        }
        Ok(())
    }

    fn carry_out(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        match &asked.order.command {
            Command::Start => self.start(asked),
            Command::Stop => self.stop(asked),
            Command::Pause => Ok(self.freeze(asked, &FreezeName::pause())),
            Command::Resume => self.resume(asked),
            Command::CancelAll(scope) => {
                let said =
                    format!("{} cancelled; protective orders stay.", will_be(asked.facts.entries, "entry order"));
                Ok(Draft::doing(Effect::CancelEntries(scope.clone()), said))
            }
            Command::Flatten(scope) => Ok(self.flatten(asked, scope)),
            Command::Kill => Ok(self.kill(asked)),
            Command::ResetKill => self.reset_kill(asked),
            Command::Freeze(name) => Ok(self.freeze(asked, name)),
            Command::Unfreeze(name) => self.thaw(asked, name),
            Command::EnterDefense => Ok(self.enter_defense(asked)),
            Command::LeaveDefense => self.leave_defense(asked),
            Command::SetMode(mode) => self.set_mode(asked, *mode),
            Command::ApplyConfig(number) => self.apply_config(asked, *number),
            Command::Rehearse => self.rehearse(asked),
            Command::CloseDay(day) => self.close_day(asked, *day),
            Command::Backup => Ok(Draft::doing(Effect::BackUp, "The backup has begun.")),
            Command::Shutdown => self.shut_down(asked),
            Command::Reconcile => Ok(Draft::doing(Effect::Reconcile, "Books and broker are being compared.")),
            Command::SuspendStrategy(strategy) => self.suspend(asked, *strategy),
            Command::Acknowledge => self.acknowledge(asked),
            Command::Drill => Ok(Draft::doing(Effect::Drill, "The drill has begun, on a venue of its own.")),
            Command::ApproveProposal(number) | Command::RejectProposal(number) => {
                Err(Refusal::NoSuchProposal { number: *number })
            }
        }
    }

    /// A step of the table, or a refusal that names both states.
    fn go(&self, asked: &Asked<'_>, to: BotState, draft: &mut Draft) -> Result<(), Refusal> {
        if !self.state.may_become(to) {
            return Err(Refusal::State { command: asked.verb(), from: self.state, to });
        }
        let (who, why) = (asked.order.caller.who.clone(), asked.order.reason());
        draft.bodies.push(BotBody::StateChanged { from: self.state, to, who, why });
        Ok(())
    }

    /// Stop, Flatten, Kill and Shutdown end a rehearsal and act (RES-1).
    fn end_rehearsal(&self, draft: &mut Draft) {
        if self.rehearsing().is_some() {
            draft.effects.push(Effect::EndRehearsal);
        }
    }

    fn start(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        let mut draft = Draft::saying("Started. Entries are opened in the strategies' windows.");
        if !matches!(self.state, BotState::Started | BotState::Stopped | BotState::Error) {
            return Err(Refusal::State { command: asked.verb(), from: self.state, to: BotState::Idle });
        }
        if self.state != BotState::Started {
            asked.by_a_person(self.state)?;
        }
        if let Some(mark) = self.latch.as_ref().or(asked.facts.latch.as_ref()) {
            return Err(Refusal::Latched { mark: mark.clone() });
        }
        asked.reconciled()?;
        if !asked.facts.failing.is_empty() {
            return Err(Refusal::NotReady { failing: asked.facts.failing.clone() });
        }
        self.go(asked, BotState::Idle, &mut draft)?;
        if !self.freezes.is_empty() {
            let names: Vec<_> = self.freezes.keys().map(FreezeName::as_str).collect();
            draft.message = format!("Started. Entries stay frozen: {}.", names.join(", "));
        }
        Ok(draft)
    }

    fn stop(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        let mut draft = Draft::default();
        self.end_rehearsal(&mut draft);
        if self.state == BotState::GracefulClosingPositions {
            draft.message = format!("It is stopping already, since {}.", self.stop_began);
            return Ok(draft);
        }
        if let Err(refusal) = self.go(asked, BotState::GracefulClosingPositions, &mut draft) {
            if draft.effects.is_empty() {
                return Err(refusal);
            }
            draft.message = format!("The rehearsal is ended. The bot stays {}.", self.state.word());
            return Ok(draft);
        }
        draft.effects.extend([Effect::CancelEntries(Scope::All), Effect::LeaveInOrder]);
        draft.message = match asked.facts.positions {
            0 => "Stopping: no new entries; nothing is held.".to_owned(),
            n => format!(
                "Stopping: no new entries; {} closed in order, at once after {}.",
                will_be(n, "position"),
                asked.at + self.deadlines.stop
            ),
        };
        Ok(draft)
    }

    fn flatten(&self, asked: &Asked<'_>, scope: &Scope) -> Draft {
        let mut draft = Draft::default();
        self.end_rehearsal(&mut draft);
        draft.effects.extend([Effect::CancelEntries(scope.clone()), Effect::Flatten(scope.clone())]);
        draft.message = match scope {
            Scope::All => format!("{} closed now.", will_be(asked.facts.positions, "position")),
            Scope::Symbol(symbol) => format!("What is held in {symbol} is closed now."),
            Scope::Strategy(strategy) => format!("What {strategy} holds is closed now."),
            Scope::Order(order) => format!("The position of {order} is closed now."),
        };
        draft
    }

    /// Never refused to those who may.
    fn kill(&self, asked: &Asked<'_>) -> Draft {
        let mut draft = Draft::default();
        let mark = self.latch.clone().unwrap_or_else(|| {
            let mark = asked.facts.latch.clone().filter(|m| Some(m) != self.reset.as_ref());
            let mark = mark.unwrap_or_else(|| asked.order.mark(asked.at));
            draft.bodies.push(BotBody::LatchSet { mark: mark.clone() });
            mark
        });
        draft.effects.push(Effect::TripLatch(mark));
        draft.effects.extend([Effect::CancelEntries(Scope::All), Effect::Flatten(Scope::All)]);
        self.end_rehearsal(&mut draft);
        if !self.set_up {
            draft.say("The latch is set. The bot is not set up, so there is nothing to close.");
            return draft;
        }
        // Where the table has no way it is closing already, or the process ends now: what is to be done is the same.
        let _ = self.go(asked, BotState::EmergencyClosingPositions, &mut draft);
        draft.message = format!(
            "Killed: entries are refused. {} cancelled, {} closed now.",
            will_be(asked.facts.entries, "entry order"),
            will_be(asked.facts.positions, "position")
        );
        draft
    }

    fn apply_config(&self, asked: &Asked<'_>, number: u32) -> Result<Draft, Refusal> {
        let mut draft = Draft::doing(Effect::ApplyConfig(number), format!("Version {number} is being applied."));
        if !matches!(self.state, BotState::Started | BotState::Stopped | BotState::Error) {
            self.go(asked, BotState::Updating, &mut draft)?;
        }
        Ok(draft)
    }

    fn rehearse(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        let command = asked.verb();
        if self.rehearsing().is_some() {
            return Err(Refusal::Rehearsing { command });
        }
        if !matches!(self.state, BotState::Started | BotState::Idle | BotState::Stopped) {
            let why = format!("the bot is {}; it has to be started, idle or stopped", self.state.word());
            return Err(Refusal::CannotRehearse { why });
        }
        asked.flat()?;
        asked.facts.rehearsal.clone().map_err(|why| Refusal::CannotRehearse { why })?;
        Ok(Draft::doing(Effect::StartRehearsal, REHEARSING))
    }

    /// Days close in their order (decision 0026): the one that is named, or the first that can be closed.
    fn close_day(&self, asked: &Asked<'_>, day: Option<Date>) -> Result<Draft, Refusal> {
        let open = &asked.facts.open_days;
        let wanted = match day {
            Some(day) => open.iter().find(|open| open.day.date == day),
            None => open.iter().find(|open| open.closable),
        };
        let session = match wanted {
            Some(OpenBooks { day, after: Some(first), .. }) => {
                return Err(Refusal::EarlierDayOpen { session: *day, first: *first });
            }
            // Also by a process that has seen no session yet.
            Some(open) if open.closable => open.day,
            Some(open) => return Err(Refusal::ClosesWithLater { session: open.day }),
            None => self.none_to_close(asked, day)?,
        };
        Ok(Draft::doing(Effect::CloseDay(session), format!("The books of {session} are being closed.")))
    }

    /// No open day is meant: the session of now, where it is over and its books are open.
    fn none_to_close(&self, asked: &Asked<'_>, day: Option<Date>) -> Result<SessionId, Refusal> {
        let session = self.session.ok_or(Refusal::NoSession { command: asked.verb() })?;
        match day {
            Some(day) if day != session.date => {
                let open = asked.facts.open_days.iter().map(|open| open.day).collect();
                Err(Refusal::NotToClose { day, open })
            }
            _ if asked.facts.market_open => Err(Refusal::MarketOpen { session }),
            _ if asked.facts.books_closed => Err(Refusal::AlreadyClosed { session }),
            _ => Ok(session),
        }
    }

    fn shut_down(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        let mut draft = Draft::default();
        self.end_rehearsal(&mut draft);
        let again = asked.order.caller.origin == Origin::Signal;
        match self.state {
            BotState::ShutdownTriggered => draft.say("The process is ending now."),
            BotState::Shutdown if again => {
                self.go(asked, BotState::ShutdownTriggered, &mut draft)?;
                draft.effects.push(Effect::ShutDownNow);
                draft.say("The process ends now.");
            }
            BotState::Shutdown => draft.message = format!("The process is ending, since {}.", self.since),
            _ => {
                self.go(asked, BotState::Shutdown, &mut draft)?;
                draft.effects.push(Effect::ShutDown);
                draft.message = match asked.facts.positions {
                    0 => "The process ends in order.".to_owned(),
                    n => format!("The process ends in order. {} open, with its stop.", count(n, "position")),
                };
            }
        }
        Ok(draft)
    }

    fn acknowledge(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        asked.by_a_person(self.state)?;
        let mut draft = Draft::noting(
            BotBody::Acknowledged { mark: asked.order.mark(asked.at) },
            "Acknowledged. The bot is up and does not trade until it is started.",
        );
        if !matches!(self.state, BotState::Stopped | BotState::Error) {
            return Err(Refusal::State { command: asked.verb(), from: self.state, to: BotState::Started });
        }
        asked.reconciled()?;
        self.go(asked, BotState::Started, &mut draft)?;
        Ok(draft)
    }
}

/// `1 position is`, `2 positions are`.
fn will_be(number: usize, noun: &str) -> String {
    format!("{} {}", count(number, noun), if number == 1 { "is" } else { "are" })
}
