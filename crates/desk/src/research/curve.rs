//! Equity: drawdown in exact money, risk-adjusted ratios of the sessions' results.

use serde::Serialize;

use super::figure::{Figure, Unknown, float};
use crate::domain::decimal::Money;
use crate::domain::ids::SessionId;
use crate::domain::records::{EquityPoint, SessionRecord};
use crate::domain::time::Timestamp;
use crate::domain::wide::{Overflow, Wide, widen};

/// Sessions of a year, by which ratios are annualised.
pub const SESSIONS_A_YEAR: u16 = 252;

/// The deepest fall of equity below its highest value before.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Drawdown {
    /// How deep; zero where equity never fell.
    pub max: Money,
    /// As a share of the float.
    pub share_of_float: Option<Figure>,
    /// When the highest value before stood.
    pub peak_at: Option<Timestamp>,
    /// When the deepest value stood.
    pub trough_at: Option<Timestamp>,
}

/// Finds the deepest fall. The first point's equity is the first peak, unless the float is higher.
///
/// # Errors
/// [`Overflow`].
pub fn drawdown(points: &[EquityPoint], float: Option<Money>) -> Result<Drawdown, Overflow> {
    let Some(first) = points.first() else { return Ok(Drawdown::default()) };
    let mut peak = EquityPoint { at: first.at, equity: float.unwrap_or(first.equity).max(first.equity) };
    let mut worst = Drawdown::default();
    for point in points {
        if point.equity > peak.equity {
            peak = *point;
        }
        let fall = peak.equity.checked_sub(point.equity).ok_or(Overflow)?;
        if fall > worst.max {
            worst.max = fall;
            worst.peak_at = Some(peak.at);
            worst.trough_at = Some(point.at);
        }
    }
    worst.share_of_float = float.and_then(|f| Figure::share(widen(worst.max.raw()), widen(f.raw())));
    Ok(worst)
}

/// One session's end on the equity curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SessionPoint {
    /// Which session.
    pub session: SessionId,
    /// Equity after the close.
    pub equity: Money,
    /// What the session added, float that moved left out.
    pub change: Money,
    /// The highest end of a session so far, the float included, less this one.
    pub drawdown: Money,
}

/// The sessions' ends.
///
/// # Errors
/// [`Overflow`].
pub fn session_points(sessions: &[SessionRecord], float: Money) -> Result<Vec<SessionPoint>, Overflow> {
    let mut peak = Wide::from(float);
    let first = sessions.first().map_or(Wide::ZERO, |s| Wide::from(s.contributed_open));
    sessions
        .iter()
        .map(|s| {
            // Float that came in is no gain, and float that went back no fall.
            let moved = |since: Wide| Wide::from(s.contributed_close) - since;
            let close = Wide::from(s.equity_close);
            let without = close - moved(first);
            peak = peak.max(without);
            Ok(SessionPoint {
                session: s.session,
                equity: s.equity_close,
                change: (close - Wide::from(s.equity_open) - moved(Wide::from(s.contributed_open))).money()?,
                drawdown: (peak - without).money()?,
            })
        })
        .collect()
}

/// Risk-adjusted ratios. A session's return is its change of equity ÷ float, because the float does not compound; no
/// riskless rate is taken off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratios {
    /// mean ÷ standard deviation (n − 1) × √252.
    pub sharpe: Option<Figure>,
    /// mean ÷ √(Σ min(0, return)² ÷ n) × √252.
    pub sortino: Option<Figure>,
    /// mean × 252 ÷ the deepest drawdown's share of the float.
    pub calmar: Option<Figure>,
    /// Mean return of a session.
    pub mean_return: Option<Figure>,
    /// Standard deviation (n − 1) of the sessions' returns.
    pub deviation: Option<Figure>,
    /// Why something is missing.
    pub unknown: Unknown,
}

/// Ratios of the sessions' results.
#[must_use]
#[expect(clippy::float_arithmetic, reason = "ratios for people; + − × ÷ √ give the same bits everywhere")]
pub fn ratios(points: &[SessionPoint], float_money: Money, deepest: Money) -> Ratios {
    let capital = float(widen(float_money.raw()));
    let returns: Vec<f64> = points.iter().map(|p| float(widen(p.change.raw())) / capital).collect();
    let count = float(i128::try_from(returns.len()).unwrap_or(0));
    let year = f64::from(SESSIONS_A_YEAR);
    let mean = returns.iter().fold(0.0, |sum, r| sum + r) / count;
    let squares = returns.iter().fold(0.0, |sum, r| sum + (r - mean) * (r - mean));
    let below = returns.iter().fold(0.0, |sum, r| if *r < 0.0 { sum + r * r } else { sum });
    let enough = returns.len() >= 2;
    let deviation = if enough { (squares / (count - 1.0)).sqrt() } else { f64::NAN };
    let downside = (below / count).sqrt();
    let depth = float(Wide::from(deepest).raw()) / capital;
    let over = |by: f64, scale: f64| if enough && by > 0.0 { Figure::new(mean * scale / by) } else { None };
    let mut unknown = Unknown::default();
    let few = "needs at least 2 sessions";
    let why = |otherwise: &'static str| if enough { otherwise } else { few };
    Ratios {
        sharpe: unknown.or("sharpe", why("all sessions ended alike"), over(deviation, year.sqrt())),
        sortino: unknown.or("sortino", why("no session lost money"), over(downside, year.sqrt())),
        calmar: unknown.or("calmar", why("equity never fell"), over(depth, year)),
        mean_return: unknown.or("mean_return", "there are no sessions", Figure::new(mean)),
        deviation: unknown.or("deviation", few, Figure::new(deviation)),
        unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[i64]) -> Vec<EquityPoint> {
        values
            .iter()
            .zip(0_i64..)
            .map(|(v, i)| EquityPoint { at: Timestamp::from_seconds(i * 60), equity: Money::whole(*v) })
            .collect()
    }

    #[test]
    fn drawdown_is_the_deepest_fall_below_a_peak() {
        let at = |minute: i64| Some(Timestamp::from_seconds(minute * 60));
        for (values, max, peak, trough) in [
            (vec![], 0, None, None),
            (vec![100, 110, 120], 0, None, None),
            (vec![100, 90, 130, 115, 125, 119], 15, at(2), at(3)),
            (vec![90, 100, 80], 20, at(0), at(2)),
        ] {
            let found = drawdown(&points(&values), Some(Money::whole(100))).unwrap();
            assert_eq!(found.max, Money::whole(max), "{values:?}");
            assert_eq!((found.peak_at, found.trough_at), (peak, trough), "{values:?}");
        }
    }

    #[test]
    fn ratios_are_the_textbook_s() {
        // Returns of +1 %, −1 %, +2 %: mean 0.006667, deviation 0.015275, downside √(0.0001 ÷ 3) = 0.005774.
        let session = |change: i64| SessionPoint {
            session: "XNYS:2026-03-13".parse().unwrap(),
            equity: Money::ZERO,
            change: Money::whole(change),
            drawdown: Money::ZERO,
        };
        let found = ratios(&[session(10), session(-10), session(20)], Money::whole(1000), Money::whole(10));
        let text = |f: Option<Figure>| format!("{:.4}", f.unwrap());
        assert_eq!(text(found.sharpe), "6.9282");
        assert_eq!(text(found.sortino), "18.3303");
        assert_eq!(text(found.calmar), "168.0000");
        // No trades, one session, equal sessions: nulls with reasons, never NaN.
        for sessions in [vec![], vec![session(5)], vec![session(0), session(0)]] {
            let found = ratios(&sessions, Money::whole(1000), Money::ZERO);
            assert_eq!((found.sharpe, found.sortino, found.calmar), (None, None, None));
            for name in ["sharpe", "sortino", "calmar"] {
                assert!(found.unknown.why(name).is_some(), "{name}");
            }
        }
    }
}
