//! From a setup to a plan (STRAT-7).

use super::contract::{Setup, TargetRule};
use super::parameters::Parameters;
use crate::domain::decimal::{Price, SCALE};
use crate::domain::market::{Side, Toward, on_tick};
use crate::domain::order::Plan;
use crate::domain::wide::{Overflow, Wide};

/// ⌊price × basis points ÷ 10⁴⌋.
const BP: i128 = 10_000 * 100_000_000;

/// The way that leads away from the reference on the side of a loss.
pub(super) const fn loss_side(side: Side) -> Toward {
    match side {
        Side::Long => Toward::Down,
        Side::Short => Toward::Up,
    }
}

/// The plan of a setup at a reference price; nothing where R, stop or target would not lie above 0.
///
/// # Errors
/// [`Overflow`].
pub fn plan(
    setup: &Setup,
    reference: Price,
    atr: Price,
    parameters: &Parameters,
    tick: Price,
) -> Result<Option<Plan>, Overflow> {
    let s = setup.side.sign();
    let least = Wide::product(reference.raw(), parameters.min_stop_bp.raw()).cut(BP).ok_or(Overflow)?;
    let distance = setup.distance.max(least);
    let loss = loss_side(setup.side);
    let gain = loss_side(setup.side.opposite());
    let stop = on_tick((Wide::from(reference) - distance * s).price()?, tick, loss);
    let risk = (Wide::from(reference) - Wide::from(stop)).price()?.magnitude();
    let target = match setup.target {
        TargetRule::At(price) => price,
        TargetRule::InR(multiple) => {
            let away = Wide::product(risk.raw(), multiple.raw()).cut_to_scale();
            (Wide::from(reference) + away * s).price()?
        }
    };
    let target = on_tick(target, tick, gain);
    if [risk, stop, target].iter().any(|p| *p <= Price::ZERO) {
        return Ok(None);
    }
    Ok(Some(Plan { reference, stop, target, risk, atr, edge: setup.edge }))
}

/// ⌊a × b⌋ of two values at 10⁻⁸.
pub(super) fn times(a: Price, by: crate::domain::decimal::Ratio) -> Wide {
    Wide::product(a.raw(), by.raw()).cut_to_scale()
}

/// ⌊price × basis points ÷ 10⁴⌋.
///
/// # Errors
/// [`Overflow`].
pub(super) fn basis_points(price: Price, bp: crate::domain::decimal::Ratio) -> Result<Wide, Overflow> {
    Wide::product(price.raw(), bp.raw()).cut(BP).ok_or(Overflow)
}

const _: () = assert!(BP == 10_000 * crate::domain::wide::widen(SCALE));
