//! `state`: no freeze on the account or the strategy.

use super::table::{Evidence, check as finding};
use super::trace::Check;
use crate::domain::decimal::Ratio;
use crate::domain::wide::Overflow;

/// Passes while nothing is frozen; otherwise each freeze is a finding, the account's before the strategy's.
fn freezes(evidence: &Evidence<'_>) -> Vec<Check> {
    let strategy = evidence.candidate.strategy;
    let freezes = evidence.standing.freezes.iter().filter(|f| f.strategy.is_none_or(|s| s == strategy));
    let mut account_first: Vec<_> = freezes.collect();
    account_first.sort_by_key(|f| f.strategy.is_some());
    let findings = account_first.into_iter();
    findings.map(|f| finding(f.reason, Ratio::from_raw(f.have.raw()), Ratio::from_raw(f.limit.raw()), false)).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "all gates have one shape")]
pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    Ok(freezes(evidence))
}
