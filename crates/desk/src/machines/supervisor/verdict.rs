//! What a command brings.

use super::refusal::Refusal;
use crate::domain::bot::{Answer, BotEvent, Caller, Command, Key, Mark, Scope};
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::time::Timestamp;

/// A command with who, from where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// The same key twice has the effect of one (LIFE-7).
    pub key: Key,
    /// What.
    pub command: Command,
    /// Who.
    pub caller: Caller,
    /// Why; may be empty, and is cut after [`Ordered::WHY`] characters when it is recorded.
    pub why: String,
}

impl Ordered {
    /// How many characters of a reason are kept.
    pub const WHY: usize = 500;

    /// Who, when and why, as it is recorded.
    #[must_use]
    pub fn mark(&self, at: Timestamp) -> Mark {
        Mark { at, who: self.caller.who.clone(), why: self.reason() }
    }

    /// Why, cut.
    #[must_use]
    pub fn reason(&self) -> String {
        self.why.trim().chars().take(Self::WHY).collect()
    }
}

/// What the shell does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Sets the latch in shared memory and its durable mark; setting it again changes nothing.
    TripLatch(Mark),
    /// Clears both.
    ResetLatch,
    /// Cancels working orders that could add exposure.
    CancelEntries(Scope),
    /// Closes positions now.
    Flatten(Scope),
    /// Asks the strategies to close their positions in an orderly way.
    LeaveInOrder,
    /// Takes a strategy out for the session; its positions keep their stops and their exits.
    Suspend(StrategyName),
    /// Begins a rehearsal.
    StartRehearsal,
    /// Ends it at once.
    EndRehearsal,
    /// Compares with the broker.
    Reconcile,
    /// Closes the day's books.
    CloseDay(SessionId),
    /// Copies everything.
    BackUp,
    /// Puts a version of the runtime configuration in force.
    ApplyConfig(u32),
    /// Puts the limits in force that hold now: those of defense mode, or the usual ones.
    SetLimits,
    /// Takes the equity of now as the peak from which a drawdown is measured.
    ClearDrawdown(Mark),
    /// Exercises the kill switch on a scratch venue.
    Drill,
    /// Ends the process in order.
    ShutDown,
    /// Ends it now.
    ShutDownNow,
}

/// What a command brings when it is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// To be recorded in one step, then applied.
    pub events: Vec<BotEvent>,
    /// To be performed afterwards, in this order.
    pub effects: Vec<Effect>,
    /// What the caller is told.
    pub answer: Answer,
    /// Kill alone: the effects come first, the record as soon as that can be done (LIFE-4).
    pub acts_first: bool,
}

/// What comes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out.
    Carry(Box<Carried>),
    /// It is a repeat: the first answer again, nothing else (LIFE-7).
    Again(Answer),
    /// A configuration is being applied: the command is to be given again when that has ended (LIFE-2).
    Wait,
    /// It is not carried out.
    Refused {
        /// To be recorded and applied; empty where the caller was not entitled to ask, which the audit log keeps.
        events: Vec<BotEvent>,
        /// Why not.
        refusal: Refusal,
    },
}
