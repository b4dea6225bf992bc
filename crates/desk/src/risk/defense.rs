//! What defense mode asks of an entry besides (RISK-11): a symbol that the bot knows, a price and a volume that are high
//! enough. The last finding always holds: it leaves in the record that every limit was defense mode's, and what was left.

use super::candidate::Candidate;
use super::standing::Standing;
use crate::domain::decimal::Ratio;
use crate::gates::{Check, Reason};

/// Nothing while defense mode is off.
pub(crate) fn defense_checks(c: &Candidate<'_>, s: &Standing<'_>) -> Vec<Check> {
    let Some(profile) = s.limits.defense else { return Vec::new() };
    let least = |reason, value: i64, threshold: i64| Check {
        reason,
        value: Ratio::from_raw(value),
        threshold: Ratio::from_raw(threshold),
        holds: value >= threshold,
    };
    let one = Ratio::whole(1);
    vec![
        least(Reason::DefenseSymbol, Ratio::whole(i64::from(s.traded_before)).raw(), one.raw()),
        least(Reason::DefensePrice, c.plan.reference.raw(), profile.price_min.raw()),
        least(Reason::DefenseVolume, s.volume.raw(), profile.volume_min.raw()),
        Check { reason: Reason::Defense, value: profile.share, threshold: one, holds: true },
    ]
}
