//! What goes wrong: actors that fall, hang or cannot go on, books that cannot be written.

use desk::domain::bot::BotBody;
use desk::machines::supervisor::Happening;

use super::Supervisor;
use crate::actors::life::LifeError;
use crate::actors::tree::{BROKER, LEDGER, Left, MARKET_DATA, RISK, SUPERVISOR, strategy_actor};
use crate::messages::board::AlertLevel;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::risk::ToRisk;

/// What to do about books that cannot be written.
const MEND_BOOKS: &str = "Make room on the disk, and they catch up by themselves. Where the file system has turned read-only: stop \
                          the bot, check and mount the file system again, and start the bot.";
/// What is left to do when they can be.
const BOOKS_AGAIN: &str = "The books can be written again and have caught up. Entries stay frozen until somebody clears the freeze \
                           books (tbot unfreeze books) or the session ends.";

impl Supervisor {
    pub(super) fn fault(&mut self, part: &str, what: &str) -> Result<(), LifeError> {
        let remedy = "Positions keep their stops. Look at the log, mend what failed, then acknowledge and start.";
        self.wiring.alert(AlertLevel::Critical, "error", format!("{part}: {what}. {remedy}"));
        let (part, what, remedy) = (part.to_owned(), what.to_owned(), remedy.to_owned());
        self.happened(&Happening::Fault { part, what, remedy })
    }

    pub(super) fn strategy_of(&self, name: &'static str) -> Option<usize> {
        self.wiring.setup.strategies.iter().position(|(s, _)| strategy_actor(*s) == name)
    }

    pub(super) fn suspend(&mut self, index: usize, why: &str) -> Result<(), LifeError> {
        let Some((strategy, _)) = self.wiring.setup.strategies.get(index).copied() else { return Ok(()) };
        self.wiring.must(self.wiring.risk.deliver(ToRisk::Suspend(index, true)));
        self.wiring.alert(AlertLevel::Warning, "suspended", format!("{strategy} is out for the session: {why}"));
        let part = strategy_actor(strategy).to_owned();
        self.happened(&Happening::Suspend { strategy, part, why: why.to_owned() })
    }

    /// The books cannot be written: entries are frozen, and what was to be recorded waits (D1, D6). Or they can again.
    pub(super) fn stalled(&mut self, why: Option<String>) -> Result<(), LifeError> {
        self.stalled = why.is_some();
        let Some(why) = why else {
            self.wiring.alert(AlertLevel::Warning, "books", BOOKS_AGAIN.to_owned());
            return Ok(());
        };
        let text =
            format!("The books cannot be written; entries are frozen, exits and kills go on: {why}. {MEND_BOOKS}");
        self.wiring.alert(AlertLevel::Critical, "books", text);
        let Ok(name) = "books".parse() else { return Ok(()) };
        let part = LEDGER.to_owned();
        self.happened(&Happening::Freeze { name, strategy: None, part, why, for_the_session: true })
    }

    /// What an earlier process left to be told: an actor that hung, orders that are in the emergency file alone.
    pub(super) fn tell_of_what_was_left(&mut self) -> Result<(), LifeError> {
        let Some(Left { hung, sent, .. }) = self.left.take() else { return Ok(()) };
        self.weigh_what_was_left()?;
        if !sent.is_empty() {
            let text = format!("The kill switch had sent {} orders while the books could not be written.", sent.len());
            self.wiring.alert(AlertLevel::Warning, "emergency_file", text);
            let found = self.life.machine.stamped(self.now, BotBody::EmergencyFound { sent });
            self.life.note(&[found])?;
            if self.life.write().is_ok() {
                self.wiring.must(self.wiring.kill_switch.deliver(ToKillSwitch::Imported));
            }
        }
        let Some((mark, hung)) = hung.and_then(|mark| Some((mark.clone(), mark.read()?))) else { return Ok(()) };
        let why = "it hung, and the process was started anew".to_owned();
        let strategy = self.wiring.setup.strategies.iter().position(|(s, _)| strategy_actor(*s) == hung);
        match (strategy, format!("hung-{}", hung.replace(' ', "-")).parse()) {
            (Some(index), _) => self.suspend(index, &why)?,
            (None, Ok(name)) => {
                self.wiring.alert(AlertLevel::Critical, "actor_hung", format!("{hung}: {why}"));
                self.happened(&Happening::Freeze { name, strategy: None, part: hung, why, for_the_session: true })?;
            }
            (None, Err(_)) => {}
        }
        if let Err(error) =
            self.life.write().map_err(|e| e.to_string()).and_then(|()| mark.remove().map_err(|e| e.to_string()))
        {
            tracing::error!(%error, "who hung stays marked");
        }
        Ok(())
    }

    /// An actor fell and is being built anew. A strategy is out for the session (LIFE-9); losing risk or the ledger
    /// freezes entries at once; who falls again and again in a short while escalates (LIFE-11).
    pub(super) fn fell(&mut self, name: &'static str, why: &str, times: u32) -> Result<(), LifeError> {
        self.wiring.alert(
            AlertLevel::Warning,
            "actor_fell",
            format!("{name} fell and is built anew, time {times}: {why}"),
        );
        self.restarts.retain(|(n, ..)| *n != name);
        self.restarts.push((name, times, why.to_owned()));
        if let Some(index) = self.strategy_of(name) {
            self.suspend(index, why)?;
        }
        if [LEDGER, RISK, BROKER, MARKET_DATA].contains(&name) {
            let freeze = format!("lost-{}", name.replace(' ', "-"));
            if let Ok(name) = freeze.parse() {
                let part = SUPERVISOR.to_owned();
                self.happened(&Happening::Freeze {
                    name,
                    strategy: None,
                    part,
                    why: why.to_owned(),
                    for_the_session: true,
                })?;
            }
        }
        if name == RISK {
            // The new one rests until it is told otherwise.
            self.told = None;
        }
        if name == BROKER {
            self.call_again();
        }
        self.weigh(name, why)
    }
}
