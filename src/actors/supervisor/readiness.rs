//! The readiness gate before each window (LIFE-8a): the checks are made 30, 15 and 5 minutes before it; what they find
//! keeps the strategy out until a later check finds nothing.

use desk::domain::bot::{FreezeName, Who};
use desk::domain::calendar::Calendar;
use desk::domain::decimal::Money;
use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::time::{Span, Timestamp};
use desk::machines::schedule::{Evidence, Gate, Needs, Schedule, readiness};
use desk::machines::strategy::StrategyMachine;

use super::Supervisor;
use crate::actors::tree::RISK;
use crate::messages::board::{AlertLevel, FreezeLine, Mark};
use crate::messages::broker::ToBroker;

/// The oldest that the feed's last minute may be.
const FEED_AGE: Span = Span::seconds(120);
/// How far the clock may be off.
const CLOCK_OFF: Span = Span::seconds(1);

/// The gate of the session that runs.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    schedule: Option<Schedule>,
    gate: Gate,
    /// Whether the broker's answer to a call is awaited.
    asked: bool,
    fed_at: Option<Timestamp>,
}

impl Readiness {
    /// Whether a check waits for the broker.
    pub(super) const fn is_asked(&self) -> bool {
        self.asked
    }

    /// What keeps a strategy out, in words; nothing where its last check found nothing, or none was made yet.
    pub(super) fn missing(&self, strategy: StrategyName) -> Option<String> {
        let missing = self.gate.missing(strategy).filter(|m| !m.is_empty())?;
        Some(missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl Supervisor {
    /// A session begins: nothing is known of its windows. Those of strategies that are off are looked at too: they may be
    /// switched on.
    pub(super) fn plan_windows(&mut self, session: SessionId) {
        let schedule = Calendar::XNYS.session(session.date);
        let lines = self.follower.trader.strategies().iter().map(StrategyMachine::chosen);
        let all: Vec<_> = lines.map(|line| (line.strategy, line.parameters)).collect();
        let schedule = schedule.map(|s| Schedule::new(&s, &all));
        self.readiness = Readiness { schedule, ..Readiness::default() };
    }

    fn is_on(&self, strategy: StrategyName) -> bool {
        self.follower.trader.strategies().iter().any(|s| s.name() == strategy && s.is_on())
    }

    /// A minute has passed: where a check is due, the broker is called.
    pub(super) fn look_at_windows(&mut self, at: Timestamp) {
        self.readiness.fed_at = Some(at);
        self.call_the_broker(at);
    }

    /// A broker that fell never answers what it was asked.
    pub(super) fn call_again(&mut self) {
        self.readiness.asked = false;
        self.call_the_broker(self.now);
    }

    fn call_the_broker(&mut self, at: Timestamp) {
        let own = &mut self.readiness;
        let due = own.schedule.as_ref().is_some_and(|schedule| !own.gate.due(at, schedule).is_empty());
        if due && !std::mem::replace(&mut own.asked, true) {
            self.wiring.must(self.wiring.broker.deliver(ToBroker::Call));
        }
    }

    /// The broker has answered the call: the checks are made.
    pub(super) fn called(&mut self, buying_power: Money) {
        self.readiness.asked = false;
        let at = self.now;
        let Some(schedule) = self.readiness.schedule.clone() else { return };
        let session = schedule.hours().session;
        let hours = self.follower.trader.terms().map(|t| t.hours);
        let calendar = match hours.filter(|h| h == schedule.hours()) {
            Some(_) => Ok(()),
            None => Err(format!("session {session} has other hours here than at the exchange")),
        };
        let evidence = Evidence {
            fed_at: self.readiness.fed_at,
            stream: true,
            // The feed owns the clock: there is no other that it could be off from.
            clock_off: Some(Span::ZERO),
            calendar,
            buying_power: Some(buying_power),
            reconciliation: self.reconciliation.clone(),
            canary: Ok(()),
            // The simulated venue is in the same process: nobody logs in there.
            login_until: Some(schedule.hours().close),
        };
        let needs = Needs {
            feed_age: FEED_AGE,
            clock_off: CLOCK_OFF,
            buying_power: self.follower.trader.risk().limits().risk_per_trade,
            login_until: schedule.hours().close,
        };
        for strategy in self.readiness.gate.due(at, &schedule) {
            let before = self.readiness.missing(strategy);
            self.readiness.gate.checked(at, strategy, readiness(at, &evidence, &needs));
            let now = self.readiness.missing(strategy);
            match &now {
                Some(why) if now != before && self.is_on(strategy) => {
                    let text = format!("{strategy} is not ready and takes no entries: {why}.");
                    self.wiring.alert(AlertLevel::Warning, "not_ready", text);
                }
                None if before.is_some() && self.is_on(strategy) => {
                    self.wiring.alert(AlertLevel::Info, "ready", format!("{strategy} is ready now."));
                }
                _ => {}
            }
        }
    }

    /// What the gate holds, as it stands among the freezes.
    pub(super) fn not_ready(&self) -> Vec<FreezeLine> {
        let names = self.wiring.setup.strategies.iter().map(|(s, _)| *s).filter(|s| self.is_on(*s));
        let held = names.filter_map(|strategy| {
            let why = self.readiness.missing(strategy)?;
            let name: FreezeName = format!("not-ready-{strategy}").parse().ok()?;
            let mark = Mark { at: self.now, who: Who::Bot(RISK.to_owned()), why };
            Some(FreezeLine { name, strategy: Some(strategy), mark, for_the_session: true })
        });
        held.collect()
    }
}
