//! Another configuration while the bot runs (OPS-3): read and checked before anything is promised, then told by the ledger
//! to everybody at the same place of the chronicle.

use std::fmt;
use std::sync::Arc;

use desk::domain::bot::Command;
use desk::domain::lots::LotMethod;
use desk::domain::time::Span;
use desk::machines::supervisor::{Deadlines, Happening};
use desk::risk::{Defense, Limits};
use desk::strategies::Chosen;

use super::life::LifeError;
use super::supervisor::{Bearing, Supervisor};
use crate::messages::board::LimitLine;
use crate::messages::chronicle::InForce;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::ToLedger;
use crate::messages::supervisor::{Outcome, Refused};

/// What of a version takes effect at once, as it is while nothing tightens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usual {
    /// The limits.
    pub limits: Limits,
    /// How long an entry lives.
    pub time_to_live: Span,
    /// How long the last cancel of a kill may take (RISK-14).
    pub kill_alarm: Span,
    /// Which lots close first.
    pub lots: LotMethod,
    /// What defense mode makes of the limits (RISK-11).
    pub defense: Defense,
    /// Whether sessions begin in defense mode.
    pub defends_at_start: bool,
    /// The limits as people read them, usual and in defense mode.
    pub lines: Vec<LimitLine>,
    /// Who trades and how; nothing leaves it as the bot was set up.
    pub chosen: Option<Chosen>,
}

impl Usual {
    /// The limits that hold, with or without defense mode.
    #[must_use]
    pub fn limits(&self, defending: bool) -> Limits {
        if defending { self.limits.in_defense(self.defense) } else { self.limits }
    }
}

/// A version of the configuration that may be applied.
#[derive(Clone)]
pub struct Prepared {
    /// What everybody is told at one place of the chronicle.
    pub usual: Usual,
    /// What of failures and slow steps is borne.
    pub bearing: Bearing,
    /// How long what may take.
    pub deadlines: Deadlines,
    /// Done when everybody has heard of it and it is recorded, for those who read the configuration and decide nothing.
    pub then: Arc<dyn Fn() + Send + Sync>,
    /// The keys that wait for the next start.
    pub later: Vec<String>,
    /// What the version names and is not there, in sentences; what was read before holds.
    pub missing: Option<String>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("usual", &self.usual).field("later", &self.later).finish_non_exhaustive()
    }
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
        if let Some(prepared) = self.prepared.clone() {
            // Defense mode may come or go before it is recorded, and then is told after it.
            self.usual = prepared.usual.clone();
            self.applying.push_back((number, prepared));
            self.configure(Some(number));
        }
    }

    /// What the kill switch alone needs of it.
    pub(super) fn tell_kill_switch(&self) {
        self.wiring.must(self.wiring.kill_switch.deliver(ToKillSwitch::Alarm(self.usual.kill_alarm)));
    }

    /// Has the ledger tell everybody what holds now, at one place of the chronicle.
    pub(super) fn configure(&self, number: Option<u32>) {
        let limits = self.usual.limits(self.life.defends());
        let Usual { time_to_live, lots, ref chosen, .. } = self.usual;
        let now = InForce { number, limits, time_to_live, lots, chosen: chosen.clone().map(Arc::new) };
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Configure(now)));
    }

    /// It is recorded, and everybody has heard of it: now nobody is shown what does not hold.
    pub(super) fn configured(&mut self, number: u32) -> Result<(), LifeError> {
        while self.applying.iter().any(|(waiting, _)| *waiting == number) {
            let Some((_, prepared)) = self.applying.pop_front() else { break };
            self.bear(prepared.bearing);
            self.life.machine.set_deadlines(prepared.deadlines);
            (prepared.then)();
            self.tell_kill_switch();
        }
        self.happened(&Happening::Configured { number, result: Ok(()) })
    }

    /// Says what of a version waits, and for what.
    pub(super) fn with_later(&self, command: &Command, outcome: Outcome) -> Outcome {
        let Some(prepared) = self.prepared.as_ref().filter(|_| matches!(command, Command::ApplyConfig(_))) else {
            return outcome;
        };
        let mut message = outcome.message;
        let waiting = prepared.usual.chosen.as_ref().map(|c| self.follower.trader.waiting(c)).unwrap_or_default();
        for (when, what) in
            [("From the next session's open on", waiting), ("At the next start", prepared.later.clone())]
        {
            if !what.is_empty() {
                message = format!("{message} {when}: {}.", what.join(", "));
            }
        }
        if let Some(missing) = &prepared.missing {
            message = format!("{message} {missing}");
        }
        Outcome { message, ..outcome }
    }
}
