//! `pre_trade_risk`: every check of the risk table, in its order.

use super::table::Evidence;
use super::trace::Check;
use crate::domain::wide::Overflow;
use crate::risk::CHECKS;

pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    let mut checks = Vec::with_capacity(CHECKS.len());
    for check in CHECKS {
        checks.push(check(evidence.candidate, evidence.standing)?);
    }
    Ok(checks)
}
