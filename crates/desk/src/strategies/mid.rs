//! `mid`: reversion to the session's VWAP (STRAT-19).

use std::any::Any;
use std::cmp::Ordering;

use super::contract::{Detection, Held, Setup, Strategy, TargetRule};
use super::management::{new_stop, shared_exit};
use super::parameters::{DeviationUnit, Parameters};
use super::plan::{plan, times};
use crate::domain::decimal::{Price, Ratio};
use crate::domain::event::InputName;
use crate::domain::ids::StrategyName;
use crate::domain::market::Side;
use crate::domain::order::{ExitReason, Plan};
use crate::domain::wide::{Overflow, Wide};
use crate::machines::market_data::{Minute, View};

/// Clean bars that are needed.
const LEAST_BARS: u32 = 30;

/// The strategy. All its indicators are the session's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mid {
    parameters: Parameters,
}

impl Mid {
    pub(super) const fn new(parameters: Parameters) -> Self {
        Self { parameters }
    }
}

/// Whether s·(c − VWAP) ≥ 0.
fn has_returned(side: Side, view: &View<'_>) -> bool {
    match (side, view.close_to_vwap()) {
        (Side::Long, Some(order)) => order != Ordering::Less,
        (Side::Short, Some(order)) => order != Ordering::Greater,
        (_, None) => false,
    }
}

/// How |VWAP − close| stands to a distance, where VWAP lies on the gaining side of the close.
fn away(side: Side, view: &View<'_>, distance: Wide) -> Option<Ordering> {
    // A level beyond 64 bits is farther than any VWAP.
    let Ok(level) = (Wide::from(view.bar.close) + distance * side.sign()).price() else { return Some(Ordering::Less) };
    let order = view.to_vwap(level)?;
    Some(if side == Side::Long { order.reverse() } else { order })
}

impl Strategy for Mid {
    fn name(&self) -> StrategyName {
        StrategyName::Mid
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    fn reset(&mut self) {}

    fn observe(&mut self, _: usize, _: &View<'_>) -> Result<(), Overflow> {
        Ok(())
    }

    /// It keeps none.
    fn observe_all(&mut self, _: &Minute<'_>) -> Result<(), Overflow> {
        Ok(())
    }

    fn detect(&self, _: usize, view: &View<'_>) -> Result<Detection, Overflow> {
        if view.clean_bars() < LEAST_BARS {
            return Ok(Detection::Insufficient);
        }
        let (Some(stands), Some(before), true) = (view.close_to_vwap(), view.previous_close(), view.has_atr()) else {
            return Ok(Detection::Insufficient);
        };
        if self.parameters.deviation_unit == DeviationUnit::Sd && view.sd().is_none() {
            return Ok(Detection::Insufficient);
        }
        // What is cheap is asked first: most bars have not turned, and VWAP is divided for a setup alone.
        let close = view.bar.close;
        let side = if stands == Ordering::Less { Side::Long } else { Side::Short };
        let turned = if side == Side::Long { close > before } else { close < before };
        if !turned {
            return Ok(Detection::NoSetup);
        }
        let unit = match self.parameters.deviation_unit {
            DeviationUnit::Atr => view.atr(),
            DeviationUnit::Sd => view.sd(),
        };
        let Some(unit) = unit else { return Ok(Detection::Insufficient) };
        if away(side, view, times(unit, self.parameters.deviation)) == Some(Ordering::Less)
            || away(side, view, times(unit, self.parameters.deviation_max)) == Some(Ordering::Greater)
        {
            return Ok(Detection::NoSetup);
        }
        let (Some(vwap), Some(atr)) = (view.vwap(), view.atr()) else { return Ok(Detection::Insufficient) };
        let mut inputs = vec![(InputName::PreviousClose, Ratio::from_raw(before.raw()))];
        if let Some(sd) = view.sd() {
            inputs.push((InputName::Sd, Ratio::from_raw(sd.raw())));
        }
        Ok(Detection::Setup(Box::new(Setup {
            side,
            distance: times(atr, self.parameters.stop_atr),
            target: TargetRule::At(vwap),
            edge: None,
            inputs,
        })))
    }

    fn plan_entry(&self, setup: &Setup, view: &View<'_>) -> Result<Option<Plan>, Overflow> {
        let Some(atr) = view.atr() else { return Ok(None) };
        plan(setup, view.bar.close, atr, &self.parameters, view.instrument.tick)
    }

    fn plan_management(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<Price>, Overflow> {
        new_stop(held.rules, held, view.instrument.tick)
    }

    fn plan_exit(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<ExitReason>, Overflow> {
        let side = held.position.side;
        shared_exit(held.rules, held, view, || false, || has_returned(side, view))
    }

    fn returns(&self, side: Side, view: &View<'_>) -> bool {
        has_returned(side, view)
    }

    fn agrees(&self, other: &dyn Strategy) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref() == Some(self)
    }
}
