//! What all three do with a position: windows, exits (STRAT-9) and the trail (STRAT-10).

use super::contract::Held;
use super::parameters::{Offset, Parameters};
use super::plan::{loss_side, times};
use crate::domain::decimal::{Money, Price, Ratio, SCALE};
use crate::domain::market::{Side, on_tick};
use crate::domain::order::ExitReason;
use crate::domain::time::{Span, Timestamp};
use crate::domain::wide::{Overflow, Wide, widen};
use crate::machines::market_data::{Hours, View};

/// What is followed of a position since its entry's first fill, from clean bars, that fill's bar included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracking {
    /// The best close.
    pub best: Option<Price>,
    /// Closes in a row on the wrong side of the level that the idea rests on.
    pub wrong_closes: i64,
}

impl Tracking {
    /// Takes a clean bar's close in.
    pub fn observe(&mut self, close: Price, side: Side, edge: Option<Price>) {
        let better = |best: Price| if side == Side::Long { close > best } else { close < best };
        if self.best.is_none_or(better) {
            self.best = Some(close);
        }
        if let Some(edge) = edge {
            let wrong = if side == Side::Long { close < edge } else { close > edge };
            self.wrong_closes = if wrong { self.wrong_closes.saturating_add(1) } else { 0 };
        }
    }
}

/// The instant of an offset in a session.
pub(super) fn instant(offset: Offset, hours: &Hours) -> Timestamp {
    match offset {
        Offset::AfterOpen(m) => hours.open + Span::minutes(m),
        Offset::BeforeClose(m) => hours.close - Span::minutes(m),
    }
}

/// A strategy's window in a session, the end not in it; nothing where its start is not before its end.
#[must_use]
pub fn window(parameters: &Parameters, hours: &Hours) -> Option<(Timestamp, Timestamp)> {
    let (start, end) = (instant(parameters.window_start, hours), instant(parameters.window_end, hours));
    (start < end).then_some((start, end))
}

/// When nothing may be held any more: never later than 5 minutes before the close.
#[must_use]
pub fn exit_time(parameters: &Parameters, hours: &Hours) -> Timestamp {
    instant(parameters.exit_time, hours).min(hours.close - Span::minutes(5))
}

/// Exits 3, 4 and 6 of STRAT-9, which all strategies share; `structural` and `vwap` are asked in between.
pub(super) fn shared_exit(
    parameters: &Parameters,
    held: &Held<'_>,
    view: &View<'_>,
    structural: impl FnOnce() -> bool,
    at_vwap: impl FnOnce() -> bool,
) -> Result<Option<ExitReason>, Overflow> {
    if result_reached(parameters, held, view)? {
        return Ok(Some(ExitReason::Pnl));
    }
    if parameters.belief_floor > Ratio::ZERO && belief(held, view.bar.close)? < parameters.belief_floor {
        return Ok(Some(ExitReason::ThesisInvalidated));
    }
    if structural() {
        return Ok(Some(ExitReason::Structural));
    }
    if parameters.volatility_exit > Ratio::ZERO
        && let Some(atr) = view.atr()
        && Wide::from(atr) >= times(held.position.plan.atr, parameters.volatility_exit)
    {
        return Ok(Some(ExitReason::Volatility));
    }
    Ok(at_vwap().then_some(ExitReason::Vwap))
}

/// s·(c − average entry price)·held ≥ take, or ≤ −stop, on the exact product.
fn result_reached(parameters: &Parameters, held: &Held<'_>, view: &View<'_>) -> Result<bool, Overflow> {
    let (take, stop) = (parameters.pnl_take, parameters.pnl_stop);
    if take.is_zero() && stop.is_zero() {
        return Ok(false);
    }
    let position = held.position;
    let (entered, shares) = (position.entered.raw(), position.held().raw());
    // s·(c − value ÷ entered)·held against a limit, both sides multiplied by `entered`: nothing is divided.
    let away = Wide::product(view.bar.close.raw(), entered) - position.entry_value() * SCALE;
    let result = away * position.side.sign() * shares;
    let limit = |money: Money| Wide::product(money.raw(), entered) * SCALE;
    Ok((!take.is_zero() && result >= limit(take)) || (!stop.is_zero() && result <= -limit(stop)))
}

/// max(0, R + s·(c − ref)) ÷ (2·R), at most 1: 0 at the stop, ½ at the reference, 1 at one R gained.
///
/// # Errors
/// [`Overflow`].
pub(super) fn belief(held: &Held<'_>, close: Price) -> Result<Ratio, Overflow> {
    let plan = &held.position.plan;
    let moved = (Wide::from(close) - Wide::from(plan.reference)) * held.position.side.sign();
    let left = (Wide::from(plan.risk) + moved).max(Wide::ZERO);
    let share = (left * SCALE).cut(widen(plan.risk.raw()).saturating_mul(2)).ok_or(Overflow)?;
    Ok(share.ratio()?.min(Ratio::whole(1)))
}

/// Where a trailing stop should stand now; nothing while it is off, not started, or not in favour (STRAT-10).
///
/// # Errors
/// [`Overflow`].
pub fn new_stop(parameters: &Parameters, held: &Held<'_>, tick: Price) -> Result<Option<Price>, Overflow> {
    let (position, Some(best)) = (held.position, held.tracking.best) else { return Ok(None) };
    if parameters.trail_start.is_zero() {
        return Ok(None);
    }
    let s = position.side.sign();
    let gained = (Wide::from(best) - Wide::from(position.plan.reference)) * s;
    if gained < times(position.plan.risk, parameters.trail_start) {
        return Ok(None);
    }
    let stop = Wide::from(best) - times(position.plan.risk, parameters.trail_distance) * s;
    let stop = on_tick(stop.price()?, tick, loss_side(position.side));
    let in_favour = if position.side == Side::Long { stop > position.stop } else { stop < position.stop };
    Ok(in_favour.then_some(stop))
}
