//! `pre_trade_risk`: every check of the risk table, in its order; then those of defense mode, while it is on.

use super::table::Evidence;
use super::trace::Check;
use crate::domain::wide::Overflow;
use crate::risk::{CHECKS, defense_checks};

pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    let mut checks = Vec::with_capacity(CHECKS.len());
    for check in CHECKS {
        checks.push(check(evidence.candidate, evidence.standing)?);
    }
    checks.extend(defense_checks(evidence.candidate, evidence.standing));
    Ok(checks)
}
