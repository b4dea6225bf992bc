//! What was found, and what follows.

use std::fmt;

use crate::domain::bot::ActorName;
use crate::domain::ids::StrategyName;
use crate::domain::time::{Span, Timestamp};

/// With this code the process asks to be started again (LIFE-11); `EX_TEMPFAIL` of `sysexits.h`.
pub const EXIT_CODE: u8 = 75;

/// What is wrong with an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A handler panicked.
    Panicked {
        /// What it said.
        what: String,
    },
    /// It ended although nobody asked it to.
    Stopped,
    /// It does not answer, and nothing says that it ended.
    Hung {
        /// For how long.
        silent: Span,
    },
    /// A step took longer than it may.
    Overran {
        /// How long it took.
        took: Span,
        /// How long it may take.
        budget: Span,
        /// How often lately.
        times: usize,
    },
}

/// What follows, in the order in which it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No entries, before anything else.
    Freeze,
    /// A durable mark: this strategy is out for the session, also after a restart.
    Suspend(StrategyName),
    /// Its machine is built anew from the event log, in the same place.
    Rebuild {
        /// After this long.
        after: Span,
        /// 1 for the first time within the period.
        attempt: usize,
    },
    /// It fails again and again: the bot goes to `error`, positions stay with their stops, an alert goes out.
    Escalate {
        /// How often it failed within the period.
        failures: usize,
    },
    /// The process ends with [`EXIT_CODE`]; whoever started it starts it again.
    EndProcess,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// When.
    pub at: Timestamp,
    /// About whom.
    pub name: ActorName,
    /// What.
    pub trouble: Trouble,
    /// What follows.
    pub outcomes: Vec<Outcome>,
}

impl Trouble {
    /// The code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Panicked { .. } => "panicked",
            Self::Stopped => "stopped",
            Self::Hung { .. } => "hung",
            Self::Overran { .. } => "overran",
        }
    }
}

fn ms(span: Span) -> i64 {
    span.as_nanos() / 1_000_000
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { what } => write!(f, "panicked: {what}"),
            Self::Stopped => f.write_str("ended although nobody asked it to"),
            Self::Hung { silent } => write!(f, "has not answered for {} ms", ms(*silent)),
            Self::Overran { took, budget, times } => {
                write!(f, "took {} ms for a step of at most {} ms, {times} times lately", ms(*took), ms(*budget))
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Freeze => f.write_str("entries are frozen"),
            Self::Suspend(strategy) => write!(f, "{strategy} is out for the session"),
            Self::Rebuild { after, .. } => write!(f, "it is rebuilt in {} ms", ms(*after)),
            Self::Escalate { failures } => {
                write!(f, "it failed {failures} times in a short while, so the bot goes to error")
            }
            Self::EndProcess => write!(f, "the process ends with code {EXIT_CODE} and is started again"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let follows: Vec<_> = self.outcomes.iter().map(ToString::to_string).collect();
        write!(f, "{} {}", self.name, self.trouble)?;
        if follows.is_empty() { f.write_str(".") } else { write!(f, "; {}.", follows.join("; ")) }
    }
}
