//! `mid`: reversion to the session's VWAP (STRAT-19).

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
use crate::machines::market_data::View;

/// Clean bars that are needed.
const LEAST_BARS: u32 = 30;

/// The strategy. All its indicators are the session's own.
#[derive(Clone, Debug)]
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

impl Strategy for Mid {
    fn name(&self) -> StrategyName {
        StrategyName::Mid
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn reset(&mut self) {}

    fn observe(&mut self, _: usize, _: &View<'_>) -> Result<(), Overflow> {
        Ok(())
    }

    fn detect(&self, _: usize, view: &View<'_>) -> Result<Detection, Overflow> {
        if view.clean_bars() < LEAST_BARS {
            return Ok(Detection::Insufficient);
        }
        let (Some(vwap), Some(atr), Some(before)) = (view.vwap(), view.atr(), view.previous_close()) else {
            return Ok(Detection::Insufficient);
        };
        let unit = match self.parameters.deviation_unit {
            DeviationUnit::Atr => Some(atr),
            DeviationUnit::Sd => view.sd(),
        };
        let Some(unit) = unit else { return Ok(Detection::Insufficient) };
        let close = view.bar.close;
        let side = if close < vwap { Side::Long } else { Side::Short };
        let away = Wide::from((Wide::from(vwap) - Wide::from(close)).price()?.magnitude());
        let turned = if side == Side::Long { close > before } else { close < before };
        if !turned || away < times(unit, self.parameters.deviation) || away > times(unit, self.parameters.deviation_max)
        {
            return Ok(Detection::NoSetup);
        }
        let mut inputs = vec![(InputName::PreviousClose, Ratio::from_raw(before.raw()))];
        if let Some(sd) = view.sd() {
            inputs.push((InputName::Sd, Ratio::from_raw(sd.raw())));
        }
        Ok(Detection::Setup(Setup {
            side,
            distance: times(atr, self.parameters.stop_atr),
            target: TargetRule::At(vwap),
            edge: None,
            inputs,
        }))
    }

    fn plan_entry(&self, setup: &Setup, view: &View<'_>) -> Result<Option<Plan>, Overflow> {
        let Some(atr) = view.atr() else { return Ok(None) };
        plan(setup, view.bar.close, atr, &self.parameters, view.instrument.tick)
    }

    fn plan_management(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<Price>, Overflow> {
        new_stop(&self.parameters, held, view.instrument.tick)
    }

    fn plan_exit(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<ExitReason>, Overflow> {
        let side = held.position.side;
        shared_exit(&self.parameters, held, view, || false, || has_returned(side, view))
    }

    fn returns(&self, side: Side, view: &View<'_>) -> bool {
        has_returned(side, view)
    }
}
