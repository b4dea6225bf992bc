//! `turnover`: few trades a day, and an edge after costs.

use super::table::{Evidence, check as finding};
use super::trace::{Check, Reason};
use crate::domain::decimal::{Ratio, SCALE};
use crate::domain::wide::{Overflow, Wide};

pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    let (candidate, limits) = (evidence.candidate, evidence.standing.limits);
    let trades = evidence.standing.trades_of(candidate.strategy);
    let (have, most) = (Ratio::whole(i64::from(trades)), Ratio::whole(i64::from(limits.trades_strategy)));
    let count = finding(Reason::Trades, have, most, trades < limits.trades_strategy);
    if candidate.size.is_zero() {
        return Ok(vec![count, finding(Reason::NoSize, Ratio::ZERO, Ratio::ZERO, true)]);
    }
    let cost = candidate.costs.round_trip;
    let edge = (Wide::from(candidate.costs.expected_move) - Wide::from(cost)).ratio()?;
    let needs = Wide::product(cost.raw(), limits.edge_multiple.raw());
    let holds = Wide::from(edge) * SCALE >= needs;
    Ok(vec![count, finding(Reason::Edge, edge, needs.cut_to_scale().ratio()?, holds)])
}
