//! REP-8: equity and the float that accounting has assigned.

use desk::domain::decimal::{Money, Ratio, SCALE};
use desk::domain::ids::SessionId;

use crate::settings::FloatWatch;
use crate::store::people::review::{ItemKind, NewItem, Subject};

/// What accounting is told where equity at a close lies beyond a threshold.
pub(super) fn deviation(session: SessionId, equity: Money, float: Money, watch: FloatWatch) -> Option<NewItem> {
    let away = i128::from(equity.raw()).saturating_sub(i128::from(float.raw()));
    let (side, allowed) = if away < 0 { ("below", watch.below) } else { ("above", watch.above) };
    let beyond = away.saturating_abs().saturating_mul(i128::from(SCALE))
        > i128::from(float.raw()).saturating_mul(i128::from(allowed.raw()));
    let hundredths = away.saturating_abs().saturating_mul(10_000).checked_div(i128::from(float.raw())).unwrap_or(0);
    beyond.then(|| NewItem {
        kind: ItemKind::Float,
        title: format!(
            "Equity {equity} at the close of {} is {} {side} the float {float}",
            session.date,
            percent(hundredths)
        ),
        text: format!(
            "Allowed are {} {side}. The bot transfers nothing: move money at the broker, or assign another float.",
            percent(share(allowed))
        ),
        about: Some(Subject::Day(session.date)),
        day: None,
        source: format!("float:{session}"),
    })
}

fn share(ratio: Ratio) -> i128 {
    i128::from(ratio.raw()).saturating_mul(10_000).div_euclid(i128::from(SCALE))
}

fn percent(hundredths: i128) -> String {
    format!("{}.{:02} %", hundredths.div_euclid(100), hundredths.rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rep_8_accounting_hears_of_equity_beyond_a_threshold_and_of_nothing_within() {
        let watch = FloatWatch { below: Ratio::from_raw(SCALE / 20), above: Ratio::from_raw(SCALE / 10) };
        let session: SessionId = "XNYS:2026-11-23".parse().unwrap();
        let float: Money = "30000.00".parse().unwrap();
        for (equity, said) in [
            ("30000.00", None),
            ("28500.00", None),
            ("28499.99", Some("5.00 % below")),
            ("33000.00", None),
            ("36000.00", Some("20.00 % above")),
        ] {
            let found = deviation(session, equity.parse().unwrap(), float, watch);
            assert_eq!(found.is_some(), said.is_some(), "{equity}");
            let Some((item, said)) = found.zip(said) else { continue };
            assert!(item.title.contains(said), "{}", item.title);
            assert_eq!((item.kind, item.source.as_str()), (ItemKind::Float, "float:XNYS:2026-11-23"));
        }
    }
}
