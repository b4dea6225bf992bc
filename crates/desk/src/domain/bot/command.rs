//! What the bot can be told (LIFE-4). Nothing else changes what it does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::mode::Mode;
use super::permission::Action;
use crate::domain::ids::{OrderId, StrategyName};
use crate::domain::symbol::Symbol;
use crate::domain::time::Date;
use crate::gates::Reason;

/// What a command touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of", content = "name")]
pub enum Scope {
    /// Everything.
    All,
    /// One instrument.
    Symbol(Symbol),
    /// One strategy.
    Strategy(StrategyName),
    /// One order.
    Order(OrderId),
}

/// The name of a freeze (RISK-12): 1 to 32 of `a-z`, `0-9`, `_`, `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FreezeName(String);

/// Why a name cannot be a freeze's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreezeNameError(String);

impl FreezeName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that the program itself gives; a test reads each of them back.
    pub(super) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The same of a name that is put together.
    pub(super) const fn made(name: String) -> Self {
        Self(name)
    }
}

impl fmt::Display for FreezeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FreezeName {
    type Err = FreezeNameError;

    fn from_str(text: &str) -> Result<Self, FreezeNameError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if (1..=32).contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(FreezeNameError(text.chars().take(40).collect()))
        }
    }
}

impl TryFrom<String> for FreezeName {
    type Error = FreezeNameError;

    fn try_from(text: String) -> Result<Self, FreezeNameError> {
        text.parse()
    }
}

impl From<FreezeName> for String {
    fn from(name: FreezeName) -> Self {
        name.0
    }
}

impl fmt::Display for FreezeNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot be the name of a freeze. Allowed: 1 to 32 of a-z, 0-9, _ and -", self.0)
    }
}

impl std::error::Error for FreezeNameError {}

impl Command {
    /// Whether it is refused without a reason in words (RISK-12, RISK-15). Who asks for a one-time code first asks this, so
    /// that no code is spent on what is refused anyway.
    #[must_use]
    pub fn needs_reason(&self) -> bool {
        match self {
            Self::ResetKill | Self::LeaveDefense => true,
            Self::Unfreeze(name) => name.as_str() == Reason::Drawdown.as_str(),
            _ => false,
        }
    }
}

/// What the bot can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verb", content = "with")]
pub enum Command {
    /// Trade: self-checks, reconciliation, then `idle`.
    Start,
    /// No entries; close in order; `stopped`.
    Stop,
    /// The freeze `pause` of all entries.
    Pause,
    /// Clears `pause`.
    Resume,
    /// Cancels working orders that could add exposure.
    CancelAll(Scope),
    /// Closes positions, and cancels the entries that could open new ones.
    Flatten(Scope),
    /// Cancel, flatten, latch.
    Kill,
    /// Clears the latch.
    ResetKill,
    /// A named reason not to open positions.
    Freeze(FreezeName),
    /// Clears one.
    Unfreeze(FreezeName),
    /// Half of every limit, until left by hand.
    EnterDefense,
    /// Back to the limits.
    LeaveDefense,
    /// Observe, or the identity's own kind.
    SetMode(Mode),
    /// A new version of the runtime configuration, by its number.
    ApplyConfig(u32),
    /// A dry session.
    Rehearse,
    /// A day's books: of this one, or of the first that is over and open.
    CloseDay(Option<Date>),
    /// A copy of everything.
    Backup,
    /// The process ends in order.
    Shutdown,
    /// Compares with the broker.
    Reconcile,
    /// Takes a strategy out for the session.
    SuspendStrategy(StrategyName),
    /// A person has seen a stop or an error.
    Acknowledge,
    /// The kill switch on the simulated venue.
    Drill,
    /// Approves a proposal, by its number.
    ApproveProposal(u64),
    /// Rejects one.
    RejectProposal(u64),
}

impl Command {
    /// The name in records, the API and the command line.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::CancelAll(_) => "cancel_all",
            Self::Flatten(_) => "flatten",
            Self::Kill => "kill",
            Self::ResetKill => "reset_kill",
            Self::Freeze(_) => "freeze",
            Self::Unfreeze(_) => "unfreeze",
            Self::EnterDefense => "enter_defense",
            Self::LeaveDefense => "leave_defense",
            Self::SetMode(_) => "set_mode",
            Self::ApplyConfig(_) => "apply_config",
            Self::Rehearse => "rehearse",
            Self::CloseDay(_) => "close_day",
            Self::Backup => "backup",
            Self::Shutdown => "shutdown",
            Self::Reconcile => "reconcile",
            Self::SuspendStrategy(_) => "suspend_strategy",
            Self::Acknowledge => "acknowledge",
            Self::Drill => "drill",
            Self::ApproveProposal(_) => "approve_proposal",
            Self::RejectProposal(_) => "reject_proposal",
        }
    }

    /// The word on buttons and in sentences.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::Pause => "Pause",
            Self::Resume => "Resume",
            Self::CancelAll(_) => "Cancel",
            Self::Flatten(_) => "Flatten",
            Self::Kill => "Kill",
            Self::ResetKill => "Reset kill",
            Self::Freeze(_) => "Freeze",
            Self::Unfreeze(_) => "Unfreeze",
            Self::EnterDefense => "Enter defense",
            Self::LeaveDefense => "Leave defense",
            Self::SetMode(_) => "Change of mode",
            Self::ApplyConfig(_) => "Apply",
            Self::Rehearse => "Rehearsal",
            Self::CloseDay(_) => "Close the day",
            Self::Backup => "Backup",
            Self::Shutdown => "Shutdown",
            Self::Reconcile => "Reconcile",
            Self::SuspendStrategy(_) => "Suspend",
            Self::Acknowledge => "Acknowledge",
            Self::Drill => "Drill",
            Self::ApproveProposal(_) => "Approve",
            Self::RejectProposal(_) => "Reject",
        }
    }

    /// The line of the permission table that it falls under.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Stop
            | Self::Pause
            | Self::CancelAll(_)
            | Self::Flatten(_)
            | Self::Kill
            | Self::Freeze(_)
            | Self::EnterDefense
            | Self::SuspendStrategy(_)
            | Self::RejectProposal(_)
            | Self::Drill
            | Self::Shutdown => Action::Halt,
            Self::Start | Self::Resume | Self::Reconcile | Self::Backup | Self::Acknowledge => Action::Operate,
            Self::Unfreeze(_) | Self::LeaveDefense | Self::ApproveProposal(_) => Action::Loosen,
            Self::ResetKill | Self::SetMode(_) | Self::ApplyConfig(_) => Action::Administer,
            Self::CloseDay(_) => Action::Account,
            Self::Rehearse => Action::Rehearse,
        }
    }

    /// Whether it acts on live trading: what is disabled while a rehearsal runs, but for Stop, Flatten and Kill (RES-1).
    #[must_use]
    pub const fn is_live_trading(&self) -> bool {
        matches!(
            self,
            Self::Start
                | Self::Stop
                | Self::Resume
                | Self::CancelAll(_)
                | Self::Flatten(_)
                | Self::Kill
                | Self::SetMode(_)
                | Self::ApplyConfig(_)
                | Self::CloseDay(_)
        )
    }
}
