//! What happens without a command: steps of the set-up, faults, limits, sessions, the end of what takes time.

use super::facts::Facts;
use super::machine::Supervisor;
use super::refusal::Refusal;
use super::verdict::{Effect, Ordered};
use crate::domain::bot::{BotBody, BotEvent, BotState, Freeze, FreezeName, Key, Mark, Scope, Who};
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::time::Timestamp;

/// What the shell reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A step of the set-up is done: the state that follows it.
    SetUp(BotState),
    /// A fatal fault.
    Fault {
        /// The part that failed.
        part: String,
        /// What failed.
        what: String,
        /// What a person can do.
        remedy: String,
    },
    /// A change of configuration has ended.
    Configured {
        /// Its number.
        number: u32,
        /// Whether it is in force; otherwise why not, and the old one stays.
        result: Result<(), String>,
    },
    /// A limit or a lost part freezes entries (RISK-12).
    Freeze {
        /// The freeze's name.
        name: FreezeName,
        /// Whom it holds; nothing is everybody.
        strategy: Option<StrategyName>,
        /// The part that freezes.
        part: String,
        /// Why.
        why: String,
        /// Whether it ends with the session.
        for_the_session: bool,
    },
    /// A strategy failed: it alone is out for the session (LIFE-9).
    Suspend {
        /// Which.
        strategy: StrategyName,
        /// The part that noticed.
        part: String,
        /// Why.
        why: String,
    },
    /// A session begins. One that was not ended ends with it.
    SessionBegan(SessionId),
    /// It has ended: what was for the session alone ends with it.
    SessionEnded(SessionId),
    /// What a command began has ended.
    Finished {
        /// Which command.
        key: Key,
        /// Whether it did what it should.
        done: bool,
        /// One sentence.
        message: String,
    },
}

/// What a happening brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noticed {
    /// To be recorded in one step, then applied; empty where nothing has changed.
    pub events: Vec<BotEvent>,
    /// To be performed afterwards.
    pub effects: Vec<Effect>,
}

fn bot(part: &str) -> Who {
    Who::Bot(part.to_owned())
}

impl Supervisor {
    /// What a happening brings.
    ///
    /// # Errors
    /// [`Refusal::State`] for a step of the set-up that the table of LIFE-1 does not have.
    pub fn notice(&self, at: Timestamp, happening: &Happening, facts: &Facts) -> Result<Noticed, Refusal> {
        let mut effects = Vec::new();
        let bodies = match happening {
            Happening::SetUp(to) => vec![self.set_up_step(*to)?],
            Happening::Fault { part, what, remedy } => {
                effects.extend(self.rehearsing().map(|_| Effect::EndRehearsal));
                self.fail(at, part, what, remedy)
            }
            Happening::Configured { number, result } => self.configured(*number, result, facts),
            Happening::Freeze { name, strategy, part, why, for_the_session } => {
                let mark = Mark { at, who: bot(part), why: cut(why) };
                let freeze =
                    Freeze { name: name.clone(), strategy: *strategy, mark, for_the_session: *for_the_session };
                self.widen(freeze).into_iter().collect()
            }
            Happening::Suspend { strategy, .. } if self.suspended.contains_key(strategy) => Vec::new(),
            Happening::Suspend { strategy, part, why } => {
                effects.extend([Effect::Suspend(*strategy), Effect::CancelEntries(Scope::Strategy(*strategy))]);
                let mark = Mark { at, who: bot(part), why: cut(why) };
                vec![BotBody::StrategySuspended { strategy: *strategy, mark }]
            }
            // A restart in the middle of it.
            Happening::SessionBegan(session) if self.session_runs && self.session == Some(*session) => Vec::new(),
            Happening::SessionBegan(session) => {
                let mut bodies = if self.session_runs { self.end_what_is_for_the_session(at) } else { Vec::new() };
                bodies.push(BotBody::SessionBegan { session: *session });
                bodies
            }
            Happening::SessionEnded(_) if !self.session_runs => Vec::new(),
            Happening::SessionEnded(session) => {
                let mut bodies = self.end_what_is_for_the_session(at);
                bodies.push(BotBody::SessionEnded { session: *session });
                bodies
            }
            Happening::Finished { key, done, message } => {
                vec![BotBody::Finished { key: key.clone(), done: *done, message: cut(message) }]
            }
        };
        Ok(Noticed { events: self.stamp(at, bodies), effects })
    }

    /// A freeze, where it holds more or longer than the one of its name that stands.
    fn widen(&self, freeze: Freeze) -> Option<BotBody> {
        let Some(standing) = self.freezes.get(&freeze.name) else { return Some(BotBody::Frozen(freeze)) };
        let wider = freeze.widened(standing);
        (!wider.is_as_wide_as(standing)).then_some(BotBody::Frozen(wider))
    }

    fn set_up_step(&self, to: BotState) -> Result<BotBody, Refusal> {
        let from = self.state;
        let step =
            matches!(to, BotState::Provisioning | BotState::Bootstrapping | BotState::Registration | BotState::Started);
        if step && !self.set_up && from != BotState::Error && from.may_become(to) {
            Ok(BotBody::StateChanged { from, to, who: bot("setup"), why: "the step before it is done".to_owned() })
        } else {
            Err(Refusal::State { command: "This step of the set-up", from, to })
        }
    }

    /// A fatal fault. A kill under way and the end of the process go on: the fault waits in the record.
    fn fail(&self, at: Timestamp, part: &str, what: &str, remedy: &str) -> Vec<BotBody> {
        let mark = Mark { at, who: bot(part), why: cut(what) };
        let mut bodies = vec![BotBody::ErrorRaised { mark, remedy: cut(remedy) }];
        let goes_on = matches!(self.state, BotState::EmergencyClosingPositions | BotState::Shutdown) || self.kill_waits;
        if self.state.may_become(BotState::Error) && !goes_on {
            let (from, to) = (self.state, BotState::Error);
            bodies.push(BotBody::StateChanged { from, to, who: bot(part), why: cut(what) });
        }
        bodies
    }

    fn configured(&self, number: u32, result: &Result<(), String>, facts: &Facts) -> Vec<BotBody> {
        let mut bodies = Vec::new();
        if result.is_ok() {
            bodies.push(BotBody::ConfigApplied { number });
        }
        if self.state == BotState::Updating {
            let why = match result {
                Ok(()) => format!("version {number} is in force"),
                Err(why) => format!("version {number} was not applied: {}", cut(why)),
            };
            let (from, to) = (self.state, facts.running().0);
            bodies.push(BotBody::StateChanged { from, to, who: bot("supervisor"), why });
        }
        bodies
    }

    fn end_what_is_for_the_session(&self, at: Timestamp) -> Vec<BotBody> {
        let mark = Mark { at, who: bot("session"), why: "the session is over".to_owned() };
        let freezes = self.freezes.values().filter(|f| f.for_the_session);
        let thawed = freezes.map(|f| BotBody::Unfrozen { name: f.name.clone(), mark: mark.clone() });
        let back = self.suspended.keys();
        let back = back.map(|s| BotBody::StrategyReinstated { strategy: *s, mark: mark.clone() });
        thawed.chain(back).collect()
    }
}

fn cut(text: &str) -> String {
    text.trim().chars().take(Ordered::WHY).collect()
}
