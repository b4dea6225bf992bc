//! Limits in proportion to the float.

use desk::domain::decimal::{Money, SCALE};

use super::Runtime;

/// The limits in money, which mean something only beside a float.
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

impl Runtime {
    /// Takes the limits in money from another configuration, in proportion to this one's float: whole units, one at
    /// least. Those that `stays` names are left as they are.
    pub fn follow_float(&mut self, proposed: &Self, stays: impl Fn(&str) -> bool) {
        let (float, before) = (self.limits.float, proposed.limits.float);
        let part = |value: Money| {
            if float == before {
                return Some(value);
            }
            let wide = i128::from(value.raw()).checked_mul(i128::from(float.raw()))?;
            let raw = i64::try_from(wide.checked_div(i128::from(before.raw()))?).ok()?;
            Some(Money::whole((raw / SCALE).max(1)))
        };
        for key in IN_PROPORTION.into_iter().filter(|key| !stays(key)) {
            let value = proposed.get(key).and_then(|text| text.parse().ok());
            // What does not fit its bounds stays as it was, and is seen where it is asked.
            let _ = value.and_then(part).map(|new| self.set(key, &new.to_string(), "set-up"));
        }
    }
}
