//! `session`: inside window and session, with every indicator there. A signal implies it; the trace shows it.

use super::table::{Evidence, check as finding};
use super::trace::{Check, Reason};
use crate::domain::decimal::Ratio;
use crate::domain::wide::Overflow;

#[expect(clippy::unnecessary_wraps, reason = "all gates have one shape")]
pub(super) fn check(evidence: &Evidence<'_>) -> Result<Vec<Check>, Overflow> {
    let session = &evidence.view.session;
    let minutes = |a, b| Ratio::whole(crate::domain::time::Span::as_minutes(a - b));
    let into = minutes(evidence.view.now, session.open);
    let whole = minutes(session.close, session.open);
    Ok(vec![finding(Reason::Inside, into, whole, into <= whole)])
}
