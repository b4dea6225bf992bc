//! Steps at which a process can be stopped, and the fuse that stops it.

use crate::domain::event::{Body, Event};
use crate::domain::order::Command;
use crate::world::trader::Halt;

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A point at which a process can be stopped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Step {
            $($(#[$doc])* $name,)*
        }

        impl Step {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

steps! {
    /// Before a part of the day's opening is durable.
    OpeningBefore = "opening, before the commit",
    /// After it.
    OpeningAfter = "opening, after the commit",
    /// Before an intent is durable (K1, K2).
    IntentBefore = "intent, before the commit",
    /// After it, nothing sent (K3).
    IntentAfter = "intent, after the commit",
    /// Before the decision to cancel or to amend is durable.
    ChangeBefore = "cancel or amend, before the commit",
    /// After it (K8).
    ChangeAfter = "cancel or amend, after the commit",
    /// An answer was heard and is not recorded (K6, K7).
    AnswerBefore = "answer, before the commit",
    /// It is recorded.
    AnswerAfter = "answer, after the commit",
    /// Before it is durable that an outcome is unknown, or that an order was never accepted.
    DoubtBefore = "doubt, before the commit",
    /// After it.
    DoubtAfter = "doubt, after the commit",
    /// Before a blocked decision or a freeze is durable.
    DecisionBefore = "decision, before the commit",
    /// After it.
    DecisionAfter = "decision, after the commit",
    /// Before a part of the day's closing is durable (K9).
    ClosingBefore = "closing, before the commit",
    /// After it.
    ClosingAfter = "closing, after the commit",
    /// Before an order is sent (K3).
    SubmitBefore = "order, before sending",
    /// After it was sent, before its answer (K4, K5).
    SubmitAfter = "order, after sending",
    /// Before a cancel or an amendment is sent.
    ChangeSendBefore = "cancel or amend, before sending",
    /// After it, before its answer.
    ChangeSendAfter = "cancel or amend, after sending",
    /// Before a question is sent.
    QueryBefore = "question, before sending",
    /// After it, before its answer.
    QueryAfter = "question, after sending",
    /// An answer has arrived and nobody has looked at it.
    Arrived = "answer arrived",
    /// Market data are in, nothing is decided on them.
    Observed = "market data observed",
    /// An instant is over.
    Decided = "instant decided",
    /// A start, before the fold.
    StartBegun = "start, before the fold",
    /// A start in the middle: folded, not caught up.
    StartFolded = "start, after the fold",
    /// A start that has caught up and asked nothing (K11).
    StartCaughtUp = "start, before the questions",
}

impl Step {
    /// Whether memory may be ahead of the record here.
    #[must_use]
    pub const fn is_ahead(self) -> bool {
        matches!(
            self,
            Self::OpeningBefore
                | Self::IntentBefore
                | Self::ChangeBefore
                | Self::AnswerBefore
                | Self::DoubtBefore
                | Self::DecisionBefore
                | Self::ClosingBefore
                | Self::StartBegun
                | Self::StartFolded
                | Self::StartCaughtUp
        )
    }

    /// The steps around a commit.
    #[must_use]
    pub fn of_commit(events: &[Event]) -> (Self, Self) {
        let mut found = None;
        for event in events {
            let steps = match &event.body {
                Body::SessionOpened { .. }
                | Body::Settled { .. }
                | Body::FeeCharged { .. }
                | Body::LotsChosen { .. } => (Self::OpeningBefore, Self::OpeningAfter),
                Body::SessionClosed { .. } | Body::FiguresKept(_) => (Self::ClosingBefore, Self::ClosingAfter),
                Body::Intended(_) => return (Self::IntentBefore, Self::IntentAfter),
                Body::CancelIntended { .. } | Body::AmendIntended { .. } => (Self::ChangeBefore, Self::ChangeAfter),
                Body::Unknown { .. } | Body::NotAccepted { .. } => (Self::DoubtBefore, Self::DoubtAfter),
                Body::Decided(_)
                | Body::Frozen { .. }
                | Body::DrawdownCleared { .. }
                | Body::ChartChanged(_)
                | Body::FloatAssigned(_)
                | Body::Configured(_) => (Self::DecisionBefore, Self::DecisionAfter),
                Body::Accepted { .. }
                | Body::Refused { .. }
                | Body::Executed { .. }
                | Body::Triggered { .. }
                | Body::Ended { .. }
                | Body::Amended { .. }
                | Body::Impossible { .. }
                | Body::EntryMissed { .. }
                | Body::TradeClosed(_) => (Self::AnswerBefore, Self::AnswerAfter),
            };
            found.get_or_insert(steps);
        }
        // Entries alone: the float at the opening, the day's rounding at the closing.
        found.unwrap_or((Self::ClosingBefore, Self::ClosingAfter))
    }

    /// The steps around a command.
    #[must_use]
    pub const fn of_command(command: &Command) -> (Self, Self) {
        match command {
            Command::Submit(_) => (Self::SubmitBefore, Self::SubmitAfter),
            Command::Cancel(_) | Command::Amend { .. } => (Self::ChangeSendBefore, Self::ChangeSendAfter),
            Command::Query(_) | Command::Activity(_) => (Self::QueryBefore, Self::QueryAfter),
        }
    }
}

/// Where the next crash is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashAt {
    /// At the n-th time that this step is reached, from now on; 1 is the first.
    Nth(Step, u32),
    /// At the n-th step of any kind, from now on; 1 is the first.
    Any(u64),
}

/// Counts steps and burns through at one.
#[derive(Clone, Debug, Default)]
pub struct Fuse {
    armed: Option<CrashAt>,
    passed: u64,
    last: Option<Step>,
}

impl Fuse {
    /// Arms it; nothing disarms it.
    pub const fn arm(&mut self, crash: Option<CrashAt>) {
        self.armed = crash;
    }

    /// How many steps were passed in all.
    #[must_use]
    pub const fn passed(&self) -> u64 {
        self.passed
    }

    /// Where it burnt last.
    #[must_use]
    pub const fn last(&self) -> Option<Step> {
        self.last
    }

    /// A step is reached.
    ///
    /// # Errors
    /// [`Halt::Crash`] where this is the one.
    pub fn step(&mut self, step: Step) -> Result<(), Halt> {
        self.passed = self.passed.saturating_add(1);
        let burns = match &mut self.armed {
            Some(CrashAt::Nth(at, left)) if *at == step => {
                *left = left.saturating_sub(1);
                *left == 0
            }
            Some(CrashAt::Any(left)) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
            Some(CrashAt::Nth(..)) | None => false,
        };
        if !burns {
            return Ok(());
        }
        self.armed = None;
        self.last = Some(step);
        Err(Halt::Crash)
    }
}
