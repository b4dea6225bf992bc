//! The bot's life: its machine, and the log that it is folded from.

use desk::domain::bot::{BotEvent, BotState, Mode, VenueKind};
use desk::domain::time::Timestamp;
use desk::machines::supervisor::{Deadlines, Facts, Happening, Refusal, Supervisor as Machine, Unfoldable};
use tokio::sync::watch;

use crate::gateway::clock;
use crate::store::{LifeLog, StoreError};

/// Why the process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told to.
    Told,
    /// A part is lost that only a new process can bring back (LIFE-11): exit code 75.
    Anew,
}

/// The bot's life so far, and where it goes on.
pub struct Life {
    pub(super) machine: Machine,
    log: Option<LifeLog>,
    /// What has happened and could not be written yet.
    unwritten: Vec<BotEvent>,
    pub(super) venue: VenueKind,
    pub(super) end: watch::Sender<Option<End>>,
}

impl Life {
    /// Folds the life so far, and takes up the state that is safe (LIFE-3).
    ///
    /// # Errors
    /// Where an event cannot follow the ones before it, or the log cannot be written.
    pub fn new(
        deadlines: Deadlines,
        mode: Mode,
        venue: VenueKind,
        log: Option<(LifeLog, Vec<BotEvent>)>,
    ) -> Result<(Self, watch::Receiver<Option<End>>), LifeError> {
        let mut machine = Machine::new(deadlines, mode);
        let (log, events) = log.map_or((None, Vec::new()), |(log, events)| (Some(log), events));
        for event in &events {
            machine.apply(event).map_err(LifeError::Fold)?;
        }
        let (end, ended) = watch::channel(None);
        let mut life = Self { machine, log, unwritten: Vec::new(), venue, end };
        if let Some(last) = events.last() {
            let recovered = life.machine.recover(last.at);
            life.record(&[recovered])?;
        }
        Ok((life, ended))
    }

    /// The steps of the set-up up to the first administrator's registration, and past it where somebody is registered.
    /// Keys, configuration and books are there when this is called.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn set_up(&mut self, at: Timestamp, registered: bool) -> Result<(), LifeError> {
        let steps = [BotState::Provisioning, BotState::Bootstrapping, BotState::Registration, BotState::Started];
        let facts = Facts::at_rest(self.venue);
        for step in steps {
            let due = self.machine.state().may_become(step) && !self.machine.state().is_set_up();
            if !due || (step == BotState::Started && !registered) {
                continue;
            }
            let noticed = self.machine.notice(at, &Happening::SetUp(step), &facts).map_err(LifeError::Refused)?;
            self.record(&noticed.events)?;
        }
        Ok(())
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> BotState {
        self.machine.state()
    }

    /// Whether defense mode is on.
    #[must_use]
    pub const fn defends(&self) -> bool {
        self.machine.defense().is_some()
    }

    /// Records events, then applies them: what was decided on a command.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn record(&mut self, events: &[BotEvent]) -> Result<(), LifeError> {
        let (before, events) = (self.unwritten.len(), written_now(events));
        self.unwritten.extend(events.iter().cloned());
        if let Err(error) = self.write() {
            self.unwritten.truncate(before);
            return Err(LifeError::Log(error));
        }
        self.apply(&events)
    }

    /// Applies events that have happened, whether they can be written or not: they are written as soon as that can be
    /// done.
    ///
    /// # Errors
    /// [`LifeError::Fold`].
    pub(super) fn note(&mut self, events: &[BotEvent]) -> Result<(), LifeError> {
        let (was_well, events) = (self.unwritten.is_empty(), written_now(events));
        self.unwritten.extend(events.iter().cloned());
        if let Err(error) = self.write()
            && was_well
        {
            tracing::error!(%error, "the log of the bot's life waits for the disk");
        }
        self.apply(&events)
    }

    /// Writes what waits.
    pub(super) fn write(&mut self) -> Result<(), StoreError> {
        if let Some(log) = &mut self.log
            && !self.unwritten.is_empty()
        {
            log.append(&self.unwritten)?;
        }
        self.unwritten.clear();
        Ok(())
    }

    fn apply(&mut self, events: &[BotEvent]) -> Result<(), LifeError> {
        super::told::life(events);
        events.iter().try_for_each(|event| self.machine.apply(event)).map_err(LifeError::Fold)
    }
}

/// Events with the clock on the wall: the machine that hears of them now knows what it will read back.
fn written_now(events: &[BotEvent]) -> Vec<BotEvent> {
    let written = Some(clock::now());
    events.iter().map(|event| BotEvent { written, ..event.clone() }).collect()
}

/// Why a life cannot go on.
#[derive(Debug)]
pub enum LifeError {
    /// An event cannot follow the ones before it.
    Fold(Unfoldable),
    /// The log cannot be written.
    Log(crate::store::StoreError),
    /// A step of the set-up was refused.
    Refused(Refusal),
}

impl std::fmt::Display for LifeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fold(unfoldable) => write!(f, "the log of the bot's life cannot be read: {unfoldable}"),
            Self::Log(error) => write!(f, "the log of the bot's life cannot be written: {error}"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for LifeError {}
