//! What follows from the facts alone: the running four, the end of a stop or a kill, deadlines, a latch set elsewhere.

use super::facts::Facts;
use super::machine::Supervisor;
use super::refusal::count;
use super::verdict::Effect;
use crate::domain::bot::{BotBody, BotEvent, BotState, Mark, Scope, Who};
use crate::domain::time::Timestamp;

impl Supervisor {
    /// The next event that the facts bring; nothing where state and facts agree. It is asked again after each event,
    /// and when the state became a closing one [`Self::standing`] says what is to be done.
    #[must_use]
    pub fn observe(&self, at: Timestamp, facts: &Facts) -> Option<BotEvent> {
        let body = self.latched_elsewhere(facts).or_else(|| self.fault_of_update(at)).or_else(|| {
            let (to, why) = self.follows(at, facts)?;
            // A kill by the latch is that of whoever set it, whether the latch or the command is heard first.
            let latched = self.latch.as_ref().filter(|_| self.kill_waits && to == BotState::EmergencyClosingPositions);
            let who = latched.map_or_else(|| Who::Bot("supervisor".to_owned()), |mark| mark.who.clone());
            Some(BotBody::StateChanged { from: self.state, to, who, why })
        })?;
        self.stamp(at, vec![body]).pop()
    }

    /// Somebody set the latch without asking the supervisor: a signal, a limit, the last resort (RISK-13).
    fn latched_elsewhere(&self, facts: &Facts) -> Option<BotBody> {
        let mark = facts.latch.as_ref()?;
        let new = self.latch.is_none() && self.reset.as_ref() != Some(mark);
        new.then(|| BotBody::LatchSet { mark: mark.clone() })
    }

    fn fault_of_update(&self, at: Timestamp) -> Option<BotBody> {
        let late = self.state == BotState::Updating && at - self.since >= self.deadlines.update;
        (late && self.fault.is_none()).then(|| {
            let why = format!("the configuration was not applied within {} s", self.deadlines.update.as_seconds());
            let mark = Mark { at, who: Who::Bot("supervisor".to_owned()), why };
            let remedy = "See the log for what the change waited for, roll it back, then acknowledge.".to_owned();
            BotBody::ErrorRaised { mark, remedy }
        })
    }

    /// The state that follows, and why.
    fn follows(&self, at: Timestamp, facts: &Facts) -> Option<(BotState, String)> {
        let kill = BotState::EmergencyClosingPositions;
        if self.kill_waits && self.set_up && self.state.may_become(kill) {
            return Some((kill, self.latch.as_ref().map_or_else(String::new, |mark| mark.why.clone())));
        }
        match self.state {
            s if s.is_running() => {
                let (to, why) = facts.running();
                (to != s).then(|| (to, why.to_owned()))
            }
            BotState::Updating => {
                self.fault.as_ref().filter(|f| f.mark.at >= self.since).map(|f| (BotState::Error, f.mark.why.clone()))
            }
            BotState::GracefulClosingPositions => self.stop_ends(at, facts),
            BotState::EmergencyClosingPositions if facts.is_flat() => {
                Some((BotState::Stopped, "no position, no working order; the broker agrees".to_owned()))
            }
            BotState::Shutdown if at - self.since >= self.deadlines.shutdown => {
                let why = format!("the process did not end within {} s", self.deadlines.shutdown.as_seconds());
                Some((BotState::ShutdownTriggered, why))
            }
            _ => None,
        }
    }

    fn stop_ends(&self, at: Timestamp, facts: &Facts) -> Option<(BotState, String)> {
        if facts.is_flat() {
            return Some((BotState::Stopped, "no position, no working order; the broker agrees".to_owned()));
        }
        if !facts.market_open && facts.entries == 0 && facts.unprotected == 0 && facts.verified {
            let why = format!("the market is closed; {} left, each with its stop", count(facts.positions, "position"));
            return Some((BotState::Stopped, why));
        }
        (at - self.stop_began >= self.deadlines.stop).then(|| {
            let why = format!("the stop was not finished within {} s", self.deadlines.stop.as_seconds());
            (BotState::EmergencyClosingPositions, why)
        })
    }

    /// What the state itself asks for, again and again until it is done: after a restart, and when it has changed by
    /// itself. Doing it twice changes nothing.
    #[must_use]
    pub fn standing(&self, facts: &Facts) -> Vec<Effect> {
        let mut effects = Vec::new();
        match (&self.latch, &facts.latch) {
            (Some(mark), None) => effects.push(Effect::TripLatch(mark.clone())),
            // It was reset, and the process ended before its mark was gone.
            (None, Some(mark)) if self.reset.as_ref() == Some(mark) => effects.push(Effect::ResetLatch),
            _ => {}
        }
        match self.state {
            BotState::GracefulClosingPositions => {
                effects.extend([Effect::CancelEntries(Scope::All), Effect::LeaveInOrder]);
            }
            BotState::EmergencyClosingPositions => {
                effects.extend([Effect::CancelEntries(Scope::All), Effect::Flatten(Scope::All)]);
            }
            BotState::Shutdown => effects.push(Effect::ShutDown),
            BotState::ShutdownTriggered => effects.push(Effect::ShutDownNow),
            _ => {}
        }
        effects
    }

    /// What a stop or a kill still waits for, in words; empty in every other state, and when nothing is left.
    #[must_use]
    pub fn pending(&self, facts: &Facts) -> Vec<String> {
        if !matches!(self.state, BotState::GracefulClosingPositions | BotState::EmergencyClosingPositions) {
            return Vec::new();
        }
        let mut left = Vec::new();
        for (number, noun) in [
            (facts.entries, "entry order"),
            (facts.working.saturating_sub(facts.entries), "other working order"),
            (facts.positions, "position"),
        ] {
            if number > 0 {
                left.push(count(number, noun));
            }
        }
        if left.is_empty() && !facts.verified {
            left.push("the broker has not confirmed that nothing is left".to_owned());
        }
        if facts.positions > 0 && !facts.market_open {
            left.push("the market is closed".to_owned());
        }
        left
    }
}
