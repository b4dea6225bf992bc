//! `fee`: the expected move pays a multiple of the round trip's cost.

use super::table::{Evidence, check as finding};
use super::trace::{Check, Reason};
use crate::domain::decimal::{Ratio, SCALE};
use crate::domain::wide::{Overflow, Wide};

pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    let candidate = evidence.candidate;
    if candidate.size.is_zero() {
        return Ok(vec![finding(Reason::NoSize, Ratio::ZERO, Ratio::ZERO, true)]);
    }
    let needs = Wide::product(candidate.costs.round_trip.raw(), evidence.standing.limits.fee_multiple.raw());
    let moves = Ratio::from_raw(candidate.costs.expected_move.raw());
    // Compared on the exact product; shown cut.
    let holds = Wide::from(moves) * SCALE >= needs;
    Ok(vec![finding(Reason::Fee, moves, needs.cut_to_scale().ratio()?, holds)])
}
