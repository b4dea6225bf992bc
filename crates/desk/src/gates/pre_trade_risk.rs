//! `pre_trade_risk`: every check of the risk table, in its order.

use super::table::Evidence;
use super::trace::Check;
use crate::domain::wide::Overflow;
use crate::risk::CHECKS;

pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    CHECKS.iter().map(|check| check(evidence.candidate, evidence.standing)).collect()
}
