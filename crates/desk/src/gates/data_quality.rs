//! `data_quality`: the score stands, and no corrupt bar is less than five clean ones ago (STRAT-2, STRAT-3).

use super::table::{Evidence, check as finding};
use super::trace::{Check, Reason};
use crate::domain::decimal::Ratio;
use crate::domain::wide::Overflow;

#[expect(clippy::unnecessary_wraps, reason = "all gates have one shape")]
pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    let quality = evidence.view.quality();
    let hold = Ratio::whole(i64::from(quality.hold));
    Ok(vec![
        finding(Reason::Dvs, quality.score, quality.threshold, !quality.fallen),
        finding(Reason::CorruptHold, hold, Ratio::ZERO, quality.hold == 0),
    ])
}
