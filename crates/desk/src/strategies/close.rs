//! `close`: momentum into the close (STRAT-20).

use std::any::Any;
use std::cmp::Ordering;

use super::contract::{Detection, Held, Setup, Strategy, TargetRule};
use super::management::{new_stop, shared_exit};
use super::parameters::Parameters;
use super::plan::{plan, times};
use crate::domain::decimal::{Price, Ratio, SCALE};
use crate::domain::event::InputName;
use crate::domain::ids::StrategyName;
use crate::domain::market::Side;
use crate::domain::order::{ExitReason, Plan};
use crate::domain::wide::{Overflow, Wide};
use crate::indicators::rolling::Extremes;
use crate::machines::market_data::View;

/// The strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    parameters: Parameters,
    extremes: Vec<Extremes>,
}

impl Close {
    pub(super) fn new(parameters: Parameters, symbols: usize) -> Option<Self> {
        let extremes = Extremes::new(usize::try_from(parameters.lookback).ok()?).ok()?;
        Some(Self { parameters, extremes: vec![extremes; symbols] })
    }
}

/// Whether s·(c − VWAP) has this sign.
fn side_of_vwap(side: Side, view: &View<'_>, gain: bool) -> bool {
    let wanted = if (side == Side::Long) == gain { Ordering::Greater } else { Ordering::Less };
    view.close_to_vwap() == Some(wanted)
}

impl Strategy for Close {
    fn name(&self) -> StrategyName {
        StrategyName::Close
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    fn reset(&mut self) {
        self.extremes.iter_mut().for_each(Extremes::reset);
    }

    fn observe(&mut self, symbol: usize, view: &View<'_>) -> Result<(), Overflow> {
        if let Some(extremes) = self.extremes.get_mut(symbol) {
            extremes.update(view.bar);
        }
        Ok(())
    }

    fn detect(&self, symbol: usize, view: &View<'_>) -> Result<Detection, Overflow> {
        let Some(extremes) = self.extremes.get(symbol) else { return Ok(Detection::Insufficient) };
        let close = view.bar.close;
        let (Some(stands), true) = (extremes.compare(close), view.has_atr()) else {
            return Ok(Detection::Insufficient);
        };
        let (Some(first), true) = (view.first_open(), view.has_vwap()) else { return Ok(Detection::Insufficient) };
        let side = match stands {
            Ordering::Greater => Side::Long,
            Ordering::Less => Side::Short,
            Ordering::Equal => return Ok(Detection::NoSetup),
        };
        // s·(c − first)·10⁴ ≥ first·bp, on the exact product.
        let moved = (Wide::from(close) - Wide::from(first)) * side.sign() * 10_000 * SCALE;
        let far = moved >= Wide::product(first.raw(), self.parameters.min_move_bp.raw());
        if !far || !side_of_vwap(side, view, true) {
            return Ok(Detection::NoSetup);
        }
        let (Some(atr), Some(highest), Some(lowest)) = (view.atr(), extremes.highest(), extremes.lowest()) else {
            return Ok(Detection::Insufficient);
        };
        Ok(Detection::Setup(Box::new(Setup {
            side,
            distance: times(atr, self.parameters.stop_atr),
            target: TargetRule::InR(self.parameters.target_r),
            edge: None,
            inputs: vec![
                (InputName::LookbackHigh, Ratio::from_raw(highest.raw())),
                (InputName::LookbackLow, Ratio::from_raw(lowest.raw())),
                (InputName::FirstOpen, Ratio::from_raw(first.raw())),
            ],
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
        let structural = || held.rules.structural > 0 && side_of_vwap(side, view, false);
        shared_exit(held.rules, held, view, structural, || false)
    }

    fn agrees(&self, other: &dyn Strategy) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref() == Some(self)
    }
}
