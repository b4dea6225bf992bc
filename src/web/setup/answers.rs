//! What was answered so far.

use std::collections::BTreeSet;

use desk::domain::decimal::{Money, SCALE};
use desk::domain::ids::Identity;

use super::steps::Step;
use crate::settings::Runtime;
use crate::store::people::{PasswordHash, PersonName};

/// Limits in money that follow the float until somebody has typed them.
const IN_PROPORTION: [&str; 8] = [
    "risk.risk_per_trade",
    "risk.order_value",
    "risk.gross",
    "risk.net",
    "risk.symbol",
    "risk.day_loss",
    "risk.strategy_loss",
    "risk.drawdown",
];

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
        Self { identity, proposed: runtime.clone(), runtime, name: String::new(), done: BTreeSet::new() }
    }

    /// Limits in proportion to the float, where nobody has typed any.
    pub(super) fn follow_float(&mut self) {
        if self.done.contains(&Step::Limits) {
            return;
        }
        let (float, before) = (self.runtime.limits.float, self.proposed.limits.float);
        for key in IN_PROPORTION {
            let Some(now) = self.proposed.get(key).and_then(|text| text.parse::<Money>().ok()) else { continue };
            let wide = i128::from(now.raw()).checked_mul(i128::from(float.raw()));
            let raw = wide.and_then(|w| w.checked_div(i128::from(before.raw()))).and_then(|w| i64::try_from(w).ok());
            // Whole units, and one at least.
            let whole = raw.map_or(1, |raw| (raw / SCALE).max(1));
            // What does not fit its bounds stays as it was, and is seen at its step.
            let _ = self.runtime.set(key, &whole.to_string(), "set-up");
        }
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
        answers.done.insert(Step::Limits);
        answers.runtime.set("risk.float", "100000", "test").unwrap();
        answers.follow_float();
        assert_eq!(answers.runtime.get("risk.day_loss").unwrap(), "50.00", "what was typed stays");
    }
}
