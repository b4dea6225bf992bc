//! Another configuration while the bot runs (OPS-3): read and checked before anything is promised, then told by the ledger
//! to everybody at the same place of the chronicle.

use std::fmt;
use std::sync::Arc;

use desk::domain::bot::Command;
use desk::domain::lots::LotMethod;
use desk::domain::time::Span;
use desk::machines::supervisor::Happening;
use desk::risk::{Defense, Limits};

use super::life::LifeError;
use super::supervisor::Supervisor;
use crate::messages::board::LimitLine;
use crate::messages::chronicle::InForce;
use crate::messages::ledger::ToLedger;
use crate::messages::supervisor::{Outcome, Refused};

/// What of a version takes effect at once, as it is while nothing tightens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usual {
    /// The limits.
    pub limits: Limits,
    /// How long an entry lives.
    pub time_to_live: Span,
    /// Which lots close first.
    pub lots: LotMethod,
    /// What defense mode makes of the limits (RISK-11).
    pub defense: Defense,
    /// Whether sessions begin in defense mode.
    pub defends_at_start: bool,
    /// The limits as people read them, usual and in defense mode.
    pub lines: Vec<LimitLine>,
}

impl Usual {
    /// The limits that hold, with or without defense mode.
    #[must_use]
    pub fn limits(&self, defending: bool) -> Limits {
        if defending { self.limits.in_defense(self.defense) } else { self.limits }
    }
}

/// A version of the configuration that may be applied.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What takes effect at once.
    pub usual: Usual,
    /// The keys that wait for the next start.
    pub later: Vec<String>,
}

/// Reads a version of the configuration, or says why it cannot be applied.
#[derive(Clone)]
pub struct Configure(Arc<Reading>);

type Reading = dyn Fn(u32) -> Result<Prepared, String> + Send + Sync;

impl Configure {
    /// From whatever keeps the versions.
    pub fn new(read: impl Fn(u32) -> Result<Prepared, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Where no versions are kept.
    #[must_use]
    pub fn none() -> Self {
        Self::new(|number| Err(format!("There is no version {number}: this bot keeps no configuration.")))
    }
}

impl fmt::Debug for Configure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Configure")
    }
}

impl Supervisor {
    /// Reads the version that is to be applied, so that nothing is promised that cannot be kept.
    pub(super) fn prepare(&mut self, command: &Command) -> Result<(), Refused> {
        let Command::ApplyConfig(number) = command else { return Ok(()) };
        let read = (self.wiring.configure.0)(*number);
        let read = read.map_err(|why| Refused::Invalid { message: format!("{why} Nothing was done.") })?;
        self.prepared = Some(read);
        Ok(())
    }

    /// Hands the prepared version to the ledger.
    pub(super) fn apply(&mut self, number: u32) {
        if let Some(prepared) = &self.prepared {
            self.usual = prepared.usual.clone();
            self.configure(Some(number));
        }
    }

    /// Has the ledger tell everybody what holds now, at one place of the chronicle.
    pub(super) fn configure(&self, number: Option<u32>) {
        let limits = self.usual.limits(self.life.defends());
        let now = InForce { number, limits, time_to_live: self.usual.time_to_live, lots: self.usual.lots };
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Configure(now)));
    }

    /// Everybody has heard of it.
    pub(super) fn configured(&mut self, number: u32) -> Result<(), LifeError> {
        self.happened(&Happening::Configured { number, result: Ok(()) })
    }

    /// Says what of a version waits for the next start.
    pub(super) fn with_later(&self, command: &Command, outcome: Outcome) -> Outcome {
        let later = self.prepared.as_ref().filter(|_| matches!(command, Command::ApplyConfig(_))).map(|p| &p.later);
        match later {
            Some(later) if !later.is_empty() => {
                Outcome { message: format!("{} At the next start: {}.", outcome.message, later.join(", ")), ..outcome }
            }
            _ => outcome,
        }
    }
}
