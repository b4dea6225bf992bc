//! What happened to the bot as a whole, in order: commands with their results, states, freezes, the latch. Its state is
//! rebuilt by folding these events; they are stored as the bytes of [`BotEvent::to_bytes`].

use serde::{Deserialize, Serialize};

use super::caller::{Caller, Who};
use super::command::{Command, FreezeName};
use super::freeze::Freeze;
use super::key::Key;
use super::mark::Mark;
use super::mode::Mode;
use super::state::BotState;
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::time::Timestamp;

/// The version of the canonical bytes that is written.
pub const BOT_EVENT_VERSION: u16 = 1;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotEvent {
    /// The version of its form.
    pub v: u16,
    /// 1, 2, 3 … without gap, per identity.
    pub seq: u64,
    /// When the bot recorded it, by the clock that its feed owns; never runs backwards.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub body: BotBody,
    /// When it was written, by the clock on the wall; nothing where nobody knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
}

/// What came of a command, as its caller was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Answer {
    /// It is carried out.
    Accepted {
        /// One sentence: what happens now.
        message: String,
    },
    /// It is not.
    Refused {
        /// The refusal's code.
        code: String,
        /// Why, and what can be done.
        message: String,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "data")]
pub enum BotBody {
    /// A command came (LIFE-4).
    Commanded {
        /// The same key twice has the effect of one.
        key: Key,
        /// What.
        command: Command,
        /// Who, from where, with what right.
        caller: Caller,
        /// Why.
        why: String,
    },
    /// What its caller was told.
    Answered {
        /// Which command.
        key: Key,
        /// What came of it.
        answer: Answer,
    },
    /// What takes time has ended: a reconciliation, a backup, a drill.
    Finished {
        /// Which command.
        key: Key,
        /// Whether it did what it should.
        done: bool,
        /// One sentence.
        message: String,
    },
    /// The state changed (LIFE-1).
    StateChanged {
        /// From.
        from: BotState,
        /// To.
        to: BotState,
        /// Who made it.
        who: Who,
        /// Why.
        why: String,
    },
    /// A process began and took up the state that is safe (LIFE-3).
    Recovered {
        /// What was written last.
        from: BotState,
        /// What holds now.
        to: BotState,
    },
    /// A named reason not to open positions (RISK-12).
    Frozen(Freeze),
    /// It was cleared.
    Unfrozen {
        /// Which.
        name: FreezeName,
        /// By whom, why.
        mark: Mark,
    },
    /// The kill latch is set (RISK-14).
    LatchSet {
        /// By whom, why.
        mark: Mark,
    },
    /// It was reset (RISK-15).
    LatchReset {
        /// By whom, why.
        mark: Mark,
    },
    /// Defense mode began (RISK-11).
    DefenseEntered {
        /// By whom, why.
        mark: Mark,
    },
    /// It ended.
    DefenseLeft {
        /// By whom, why.
        mark: Mark,
    },
    /// Orders are executed in this mode from now on (LIFE-15).
    ModeSet {
        /// Which.
        mode: Mode,
        /// By whom, why.
        mark: Mark,
    },
    /// A strategy is out for the session (LIFE-9).
    StrategySuspended {
        /// Which.
        strategy: StrategyName,
        /// By whom, why.
        mark: Mark,
    },
    /// Its session is over.
    StrategyReinstated {
        /// Which.
        strategy: StrategyName,
        /// By whom, why.
        mark: Mark,
    },
    /// A fatal fault.
    ErrorRaised {
        /// The part that failed, when, and what failed.
        mark: Mark,
        /// What a person can do.
        remedy: String,
    },
    /// A person has seen the stop or the error.
    Acknowledged {
        /// By whom, why.
        mark: Mark,
    },
    /// Only earlier programs wrote it: a rehearsal is no event of the bot's life any more (decision 0027). It changes nothing.
    RehearsalBegan {
        /// By whom, why.
        mark: Mark,
    },
    /// The same of its end.
    RehearsalEnded {
        /// Whether every point passed.
        passed: bool,
        /// In words.
        why: String,
    },
    /// A session began.
    SessionBegan {
        /// Which.
        session: SessionId,
    },
    /// It ended.
    SessionEnded {
        /// Which.
        session: SessionId,
    },
    /// A version of the runtime configuration is in force.
    ConfigApplied {
        /// Its number.
        number: u32,
    },
    /// The kill switch had sent these while the books could not be written; a new process found them in the emergency
    /// file (RISK-14a).
    EmergencyFound {
        /// What was sent, in words, in its order.
        sent: Vec<String>,
    },
}

impl BotEvent {
    /// The canonical bytes that are stored and hashed: they begin `{"v":…,"seq":…,"at":"…","kind":…`.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known for an event.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// Where the bytes are no event of a known version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let event: Self = serde_json::from_slice(bytes)?;
        if event.v == BOT_EVENT_VERSION {
            Ok(event)
        } else {
            Err(serde::de::Error::custom(format!(
                "bot event {}: version {} is unknown; this program reads version {BOT_EVENT_VERSION}",
                event.seq, event.v
            )))
        }
    }
}

impl BotBody {
    /// The name in records.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Commanded { .. } => "commanded",
            Self::Answered { .. } => "answered",
            Self::Finished { .. } => "finished",
            Self::StateChanged { .. } => "state_changed",
            Self::Recovered { .. } => "recovered",
            Self::Frozen(_) => "frozen",
            Self::Unfrozen { .. } => "unfrozen",
            Self::LatchSet { .. } => "latch_set",
            Self::LatchReset { .. } => "latch_reset",
            Self::DefenseEntered { .. } => "defense_entered",
            Self::DefenseLeft { .. } => "defense_left",
            Self::ModeSet { .. } => "mode_set",
            Self::StrategySuspended { .. } => "strategy_suspended",
            Self::StrategyReinstated { .. } => "strategy_reinstated",
            Self::ErrorRaised { .. } => "error_raised",
            Self::Acknowledged { .. } => "acknowledged",
            Self::RehearsalBegan { .. } => "rehearsal_began",
            Self::RehearsalEnded { .. } => "rehearsal_ended",
            Self::SessionBegan { .. } => "session_began",
            Self::SessionEnded { .. } => "session_ended",
            Self::ConfigApplied { .. } => "config_applied",
            Self::EmergencyFound { .. } => "emergency_found",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bot::{Origin, Scope};

    fn bodies() -> Vec<BotBody> {
        let mark = Mark {
            at: Timestamp::from_seconds(1_800_000_000),
            who: Who::Person("ada".to_owned()),
            why: "because".to_owned(),
        };
        let key = Key::of("k1");
        let session: SessionId = "XNYS:2026-11-20".parse().unwrap();
        let strategy = StrategyName::Mid;
        let name = FreezeName::pause();
        let accepted = Answer::Accepted { message: "ok".to_owned() };
        let refused = Answer::Refused { code: "state".to_owned(), message: "no".to_owned() };
        vec![
            BotBody::Commanded {
                key: key.clone(),
                command: Command::Flatten(Scope::Symbol("SPY".parse().unwrap())),
                caller: Caller::owner(Origin::CommandLine),
                why: String::new(),
            },
            BotBody::Answered { key: key.clone(), answer: accepted },
            BotBody::Answered { key: key.clone(), answer: refused },
            BotBody::Finished { key, done: true, message: "done".to_owned() },
            BotBody::StateChanged {
                from: BotState::Idle,
                to: BotState::Trading,
                who: Who::Bot("supervisor".to_owned()),
                why: "an entry works".to_owned(),
            },
            BotBody::Recovered { from: BotState::Trading, to: BotState::Started },
            BotBody::Frozen(Freeze {
                name: name.clone(),
                strategy: Some(strategy),
                mark: mark.clone(),
                for_the_session: true,
            }),
            BotBody::Unfrozen { name, mark: mark.clone() },
            BotBody::LatchSet { mark: mark.clone() },
            BotBody::LatchReset { mark: mark.clone() },
            BotBody::DefenseEntered { mark: mark.clone() },
            BotBody::DefenseLeft { mark: mark.clone() },
            BotBody::ModeSet { mode: Mode::Paper, mark: mark.clone() },
            BotBody::StrategySuspended { strategy, mark: mark.clone() },
            BotBody::StrategyReinstated { strategy, mark: mark.clone() },
            BotBody::ErrorRaised { mark: mark.clone(), remedy: "look".to_owned() },
            BotBody::Acknowledged { mark: mark.clone() },
            BotBody::RehearsalBegan { mark },
            BotBody::RehearsalEnded { passed: false, why: "stopped".to_owned() },
            BotBody::SessionBegan { session },
            BotBody::SessionEnded { session },
            BotBody::ConfigApplied { number: 7 },
            BotBody::EmergencyFound { sent: vec!["cancel a-1".to_owned()] },
        ]
    }

    #[test]
    fn events_are_read_back_and_begin_as_laid_down() {
        for (n, body) in bodies().into_iter().enumerate() {
            let seq = u64::try_from(n).unwrap() + 1;
            let event =
                BotEvent { v: BOT_EVENT_VERSION, seq, at: Timestamp::from_seconds(1_800_000_001), body, written: None };
            let bytes = event.to_bytes().unwrap();
            let begins = format!(
                "{{\"v\":1,\"seq\":{seq},\"at\":\"2027-01-15T08:00:01Z\",\"kind\":\"{}\",\"data\":",
                event.body.kind()
            );
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.starts_with(&begins), "{text}");
            assert_eq!(BotEvent::from_bytes(&bytes).unwrap(), event);
        }
    }

    #[test]
    fn an_event_of_another_version_is_refused_by_its_number() {
        let at = Timestamp::from_seconds(0);
        let event = BotEvent { v: 2, seq: 9, at, body: BotBody::ConfigApplied { number: 1 }, written: None };
        let said = BotEvent::from_bytes(&event.to_bytes().unwrap()).unwrap_err().to_string();
        assert!(said.starts_with("bot event 9: version 2 is unknown; this program reads version 1"), "{said}");
    }
}
