//! Failures and overruns, weighed by the watchdog's machine (LIFE-11): what happens too often suspends a strategy, or
//! escalates. Its clock is the one on the wall.

use desk::domain::bot::{ActorName, Mark, Who};
use desk::domain::ids::StrategyName;
use desk::domain::time::{Span, Timestamp};
use desk::machines::watchdog::{Finding, Outcome, Tolerance, Trouble, Watchdog};

use super::Supervisor;
use crate::actors::latch::Killer;
use crate::actors::life::LifeError;
use crate::actors::tree::{
    BROKER, KILL_SWITCH, LEDGER, MARKET_DATA, NOTIFIER, REPORTER, RISK, SCREENER, SUPERVISOR, Wiring, strategy_actor,
};
use crate::gateway::clock;
use crate::gateway::control::{Failed, Failures};
use crate::messages::board::AlertLevel;

/// What is borne before something follows.
#[derive(Clone, Copy, Debug)]
pub struct Bearing {
    /// How long one step of a strategy may take.
    pub budget: Span,
    /// How many failures and overruns, in which time.
    pub tolerance: Tolerance,
    /// Whether an escalation kills; otherwise it ends in `error` (RISK-13).
    pub kills: bool,
}

impl Default for Bearing {
    fn default() -> Self {
        Self { budget: Span::nanos(250_000_000), tolerance: Tolerance::default(), kills: false }
    }
}

/// What was counted so far.
pub(super) struct Weighing {
    machine: Watchdog,
    /// Where it is kept for the next process; nowhere in memory.
    kept: Option<Failures>,
}

/// An actor as the machines call it.
fn called(name: &str) -> Option<ActorName> {
    Some(match name {
        LEDGER => ActorName::Ledger,
        RISK => ActorName::Risk,
        BROKER => ActorName::Broker,
        MARKET_DATA => ActorName::MarketData,
        REPORTER => ActorName::Reporter,
        SCREENER => ActorName::Screener,
        SUPERVISOR => ActorName::Supervisor,
        KILL_SWITCH => ActorName::KillSwitch,
        NOTIFIER => ActorName::Notifier,
        _ => {
            let all = StrategyName::TRADING.into_iter().chain([StrategyName::External]);
            ActorName::Strategy(all.into_iter().find(|s| strategy_actor(*s) == name)?)
        }
    })
}

/// After how many failures it escalates, where it does.
fn escalates(finding: Option<&Finding>) -> Option<usize> {
    finding?.outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Escalate { failures } => Some(*failures),
        _ => None,
    })
}

impl Weighing {
    pub(super) fn new(wiring: &Wiring, kept: Option<Failures>) -> Self {
        let mut machine = Watchdog::new(wiring.bearing().tolerance);
        for name in wiring.pulses.iter().filter_map(|pulse| called(pulse.name())) {
            machine.register(clock::now(), name, wiring.bearing().budget);
        }
        Self { machine, kept }
    }

    /// Counts a failure; how many it were lately, where that escalates. The guard builds the actor anew by itself.
    fn count(&mut self, at: Timestamp, name: ActorName, why: &str) -> Option<usize> {
        let found = self.machine.failed(at, name, Trouble::Panicked { what: why.to_owned() });
        self.machine.rebuilt(at, name);
        escalates(found.as_ref())
    }

    fn keep(&self, at: Timestamp, actor: &str, why: &str, weighed: bool) {
        let failure = Failed { at, actor: actor.to_owned(), why: why.to_owned(), weighed };
        if let Some(Err(error)) = self.kept.as_ref().map(|kept| kept.note(failure)) {
            tracing::error!(%error, "a failure cannot be kept for the next process");
        }
    }

    /// Its last fault, in words.
    pub(super) fn fault(&self, name: &str) -> Option<&str> {
        self.machine.fault(called(name)?)
    }

    /// A session is over: who was slow in it is not in the next one.
    pub(super) fn session_ended(&mut self) {
        for strategy in StrategyName::TRADING {
            self.machine.reinstate(ActorName::Strategy(strategy));
        }
    }

    /// The process ends over it: it is weighed by the next one.
    pub(super) fn ends_over(&self, actor: &str, why: &str) {
        self.keep(clock::now(), actor, why, false);
    }
}

impl Supervisor {
    /// An actor failed; too often, and the bot does not go on as if nothing were.
    pub(super) fn weigh(&mut self, name: &'static str, why: &str) -> Result<(), LifeError> {
        let now = clock::now();
        // Who ends the process is kept where it does.
        if ![LEDGER, SUPERVISOR].contains(&name) {
            self.weighing.keep(now, name, why, true);
        }
        match called(name).and_then(|called| self.weighing.count(now, called, why)) {
            Some(failures) => self.escalate(name, failures, why),
            None => Ok(()),
        }
    }

    /// Bears something else from now on.
    pub(in crate::actors) fn bear(&mut self, bearing: Bearing) {
        self.wiring.set_bearing(bearing);
        self.weighing.machine.bear(bearing.tolerance, bearing.budget);
    }

    /// What earlier processes have left: what ended them is weighed now.
    pub(super) fn weigh_what_was_left(&mut self) -> Result<(), LifeError> {
        let Some(kept) = self.weighing.kept.clone() else { return Ok(()) };
        let period = self.wiring.bearing().tolerance.period;
        let recent = |failure: &Failed| clock::now() - failure.at < period;
        let mut escalated = None;
        for failure in kept.read().into_iter().filter(recent) {
            let counted = called(&failure.actor).and_then(|name| self.weighing.count(failure.at, name, &failure.why));
            escalated = counted.filter(|_| !failure.weighed).map(|n| (failure.actor, n, failure.why)).or(escalated);
        }
        if let Some((actor, failures, why)) = escalated {
            self.escalate(&actor, failures, &why)?;
        }
        if let Err(error) =
            self.life.write().map_err(|e| e.to_string()).and_then(|()| kept.weighed().map_err(|e| e.to_string()))
        {
            tracing::error!(%error, "what failed stays to be weighed");
        }
        Ok(())
    }

    /// More failures than are borne: the bot goes to `error`, positions keep their stops; or it kills, where that is set.
    fn escalate(&mut self, name: &str, failures: usize, why: &str) -> Result<(), LifeError> {
        let period = self.wiring.bearing().tolerance.period.as_seconds();
        let what = format!("it failed {failures} times within {period} s, at last: {why}");
        if !self.wiring.bearing().kills {
            return self.fault(name, &what);
        }
        self.wiring.alert(AlertLevel::Critical, "escalated", format!("{name}: {what}. Everything is closed."));
        let killer = Killer { latch: self.wiring.latch.clone(), line: self.wiring.kill_switch.clone() };
        killer.kill(&Mark { at: self.now, who: Who::Bot(SUPERVISOR.to_owned()), why: format!("{name}: {what}") });
        Ok(())
    }

    /// A step of a strategy took longer than it may. It is counted; again and again, or far beyond, and the strategy is out
    /// before it hangs, while the others trade on.
    pub(super) fn overran(&mut self, name: &'static str, took: Span) -> Result<(), LifeError> {
        let found = called(name).and_then(|called| self.weighing.machine.step(clock::now(), called, took));
        tracing::warn!(actor = name, ms = took.as_nanos().div_euclid(1_000_000), "a step took longer than it may");
        match (found, self.strategy_of(name)) {
            (Some(finding), Some(index)) => self.suspend(index, &finding.trouble.to_string()),
            _ => Ok(()),
        }
    }
}
