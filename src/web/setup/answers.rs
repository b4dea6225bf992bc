//! What was answered so far.

use std::collections::BTreeSet;

use desk::domain::decimal::Money;
use desk::domain::ids::Identity;

use super::steps::Step;
use crate::settings::Runtime;
use crate::store::people::{PasswordHash, PersonName};

/// What was answered so far; it begins with proposals.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Whose bot.
    pub identity: Identity,
    /// The runtime configuration.
    pub runtime: Runtime,
    /// What was proposed before anything was answered: limits in proportion come from it, and from nothing since.
    proposed: Runtime,
    /// The first administrator's name, where one was typed.
    pub(super) name: String,
    pub(super) done: BTreeSet<Step>,
    /// Those that somebody has answered once, whether or not the answer still holds: what was typed stays.
    pub(super) typed: BTreeSet<Step>,
}

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose bot.
    pub identity: Identity,
    /// The runtime configuration.
    pub runtime: Runtime,
    /// The first administrator.
    pub name: PersonName,
    /// The administrator's password.
    pub password: PasswordHash,
    /// Where the administrator's browser is.
    pub address: String,
    /// What it calls itself.
    pub agent: String,
}

impl Answers {
    /// Before anything was answered.
    #[must_use]
    pub fn new(identity: Identity, runtime: Runtime) -> Self {
        Self {
            identity,
            proposed: runtime.clone(),
            runtime,
            name: String::new(),
            done: BTreeSet::new(),
            typed: BTreeSet::new(),
        }
    }

    /// The same with another float proposed, and limits in proportion to it.
    #[must_use]
    pub fn proposing(mut self, float: Money) -> Self {
        self.runtime.limits.float = float;
        self.follow_float();
        self
    }

    /// Limits in proportion to the float, where nobody has typed any.
    pub(super) fn follow_float(&mut self) {
        let typed = |key: &str| self.typed.contains(&Step::Limits) && Step::Limits.asks(key);
        self.runtime.follow_float(&self.proposed, typed);
    }

    /// Takes back what other answers no longer allow: its step asks again, with what was typed and why (WEB-7).
    pub(super) fn reconsider(&mut self) {
        let (done, runtime) = (&mut self.done, &self.runtime);
        done.retain(|step| step.together(runtime).is_empty());
    }

    /// What a step was answered, in few words; nothing where it was not.
    pub(super) fn said(&self, step: Step) -> Option<String> {
        if !self.done.contains(&step) {
            return None;
        }
        let value = |key: &str| self.runtime.get(key).unwrap_or_default();
        Some(match step {
            Step::Identity => self.identity.to_string(),
            Step::Account => "simulated venue".to_owned(),
            Step::Float => format!("{} USD", value("risk.float")),
            Step::Limits => format!("{} USD a day", value("risk.day_loss")),
            Step::Schedule => {
                let on: Vec<_> = self.runtime.trading().iter().map(|(name, _)| name.as_str()).collect();
                if on.is_empty() { "no strategy".to_owned() } else { on.join(", ") }
            }
            Step::TimeZone => value("display.time_zone"),
            Step::Administrator => self.name.clone(),
        })
    }

    /// The first step that was not answered.
    pub(super) fn next(&self) -> Step {
        Step::ALL.into_iter().find(|step| !self.done.contains(step)).unwrap_or(Step::Administrator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_follow_the_float_until_somebody_has_typed_them() {
        let mut answers = Answers::new("RIGD_US_SIM_01".parse().unwrap(), Runtime::default());
        // However often the float is typed, each proposal comes from the first ones.
        for float in ["30", "1000000000", "2500"] {
            answers.runtime.set("risk.float", float, "test").unwrap();
            answers.follow_float();
        }
        assert_eq!(answers.runtime.get("risk.day_loss").unwrap(), "50.00");
        assert_eq!(answers.runtime.get("risk.risk_per_trade").unwrap(), "6.00");
        answers.typed.insert(Step::Limits);
        answers.runtime.set("risk.float", "100000", "test").unwrap();
        answers.follow_float();
        assert_eq!(answers.runtime.get("risk.day_loss").unwrap(), "50.00", "what was typed stays");
        assert_eq!(answers.runtime.get("risk.symbol").unwrap(), "20000.00", "what nobody was asked follows on");
    }

    #[test]
    fn limits_follow_a_float_that_the_command_line_proposes() {
        let answers =
            Answers::new("RIGD_US_SIM_01".parse().unwrap(), Runtime::default()).proposing(Money::whole(2_500));
        let limits = answers.runtime.limits;
        assert_eq!([limits.float, limits.day_loss, limits.gross], [2_500, 50, 2_500].map(Money::whole));
    }

    /// The limits are held against the float again whenever it changes: what no longer fits is asked again, never founded.
    #[test]
    fn web_7_limits_above_a_float_that_was_lowered_afterwards_are_asked_again() {
        let mut answers = Answers::new("RIGD_US_SIM_01".parse().unwrap(), Runtime::default());
        answers.done.extend(Step::ALL);
        answers.typed.extend(Step::ALL);
        for (float, holds) in [("10000", true), ("9999", false), ("1", false)] {
            let mut answers = answers.clone();
            let gross = |answers: &mut Answers, most: &str| answers.runtime.set("risk.gross", most, "test").unwrap();
            answers.runtime.set("risk.float", float, "test").unwrap();
            answers.follow_float();
            gross(&mut answers, "9999");
            answers.runtime.set("risk.order_value", "1", "test").unwrap();
            if !holds {
                assert!(!Step::Limits.together(&answers.runtime).is_empty(), "{float}");
            }
            answers.reconsider();
            assert_eq!(answers.said(Step::Limits).is_some(), holds, "{float}");
            assert!(answers.said(Step::Float).is_some() && answers.said(Step::Schedule).is_some(), "{float}");
        }
    }
}
