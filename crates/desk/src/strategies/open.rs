//! `open`: a breakout from the opening range, with volume and an entry buffer (STRAT-18).

use std::any::Any;

use super::contract::{Detection, Held, Setup, Strategy, TargetRule};
use super::management::{new_stop, shared_exit};
use super::parameters::Parameters;
use super::plan::{basis_points, plan, times};
use crate::domain::decimal::{Price, Ratio};
use crate::domain::event::InputName;
use crate::domain::ids::StrategyName;
use crate::domain::market::Side;
use crate::domain::order::{ExitReason, Plan};
use crate::domain::wide::{Overflow, Wide};
use crate::indicators::opening_range::{OpeningRange, Range};
use crate::indicators::volume::VolumeSum;
use crate::machines::market_data::View;

/// One symbol's own indicators.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Symbol {
    range: OpeningRange,
    volumes: VolumeSum,
    formed: Option<Formed>,
}

/// A range with how far beyond it a close must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Formed {
    range: Range,
    above: Price,
    below: Price,
}

/// The strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    parameters: Parameters,
    symbols: Vec<Symbol>,
}

impl Open {
    pub(super) fn new(parameters: Parameters, symbols: usize) -> Option<Self> {
        let symbol = Symbol {
            range: OpeningRange::new(u32::try_from(parameters.range_minutes).ok()?).ok()?,
            volumes: VolumeSum::new(usize::try_from(parameters.volume_bars).ok()?).ok()?,
            formed: None,
        };
        Some(Self { parameters, symbols: vec![symbol; symbols] })
    }

    fn formed(&self, range: Range) -> Result<Formed, Overflow> {
        let above = Wide::from(range.high) + basis_points(range.high, self.parameters.buffer_bp)?;
        let below = Wide::from(range.low) - basis_points(range.low, self.parameters.buffer_bp)?;
        Ok(Formed { range, above: above.price()?, below: below.price()? })
    }

    fn setup(&self, formed: &Formed, side: Side, view: &View<'_>, before: Wide) -> Result<Setup, Overflow> {
        let Range { high, low } = formed.range;
        let edge = if side == Side::Long { high } else { low };
        let height = (Wide::from(high) - Wide::from(low)).price()?;
        let beyond = (Wide::from(view.bar.close) - Wide::from(edge)) * side.sign();
        Ok(Setup {
            side,
            distance: beyond + times(height, self.parameters.stop_fraction),
            target: TargetRule::InR(self.parameters.target_r),
            edge: Some(edge),
            inputs: vec![
                (InputName::RangeHigh, Ratio::from_raw(high.raw())),
                (InputName::RangeLow, Ratio::from_raw(low.raw())),
                (InputName::VolumeBefore, before.ratio()?),
            ],
        })
    }
}

impl Strategy for Open {
    fn name(&self) -> StrategyName {
        StrategyName::Open
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    fn reset(&mut self) {
        for symbol in &mut self.symbols {
            symbol.range.reset();
            symbol.volumes.reset();
            symbol.formed = None;
        }
    }

    fn observe(&mut self, symbol: usize, view: &View<'_>) -> Result<(), Overflow> {
        let Some(own) = self.symbols.get_mut(symbol) else { return Ok(()) };
        own.volumes.update(view.bar.volume);
        if own.formed.is_none() {
            let minute = view.session.minute_of(view.bar.start).unwrap_or(0);
            own.range.update(view.bar, minute);
            if let Some(range) = own.range.edges() {
                let formed = self.formed(range)?;
                if let Some(own) = self.symbols.get_mut(symbol) {
                    own.formed = Some(formed);
                }
            }
        }
        Ok(())
    }

    fn detect(&self, symbol: usize, view: &View<'_>) -> Result<Detection, Overflow> {
        let Some(own) = self.symbols.get(symbol) else { return Ok(Detection::Insufficient) };
        let (Some(formed), Some(before)) = (&own.formed, own.volumes.before()) else {
            return Ok(Detection::Insufficient);
        };
        if view.clean_bars() < 14 {
            return Ok(Detection::Insufficient);
        }
        let close = view.bar.close;
        let side = if close > formed.above {
            Side::Long
        } else if close < formed.below {
            Side::Short
        } else {
            return Ok(Detection::NoSetup);
        };
        // v·bars > factor × sum, on the exact product.
        let volume = Wide::from(view.bar.volume) * self.parameters.volume_bars * crate::domain::decimal::SCALE;
        if volume <= before * self.parameters.volume_factor.raw() {
            return Ok(Detection::NoSetup);
        }
        Ok(Detection::Setup(Box::new(self.setup(formed, side, view, before)?)))
    }

    fn plan_entry(&self, setup: &Setup, view: &View<'_>) -> Result<Option<Plan>, Overflow> {
        let Some(atr) = view.atr() else { return Ok(None) };
        plan(setup, view.bar.close, atr, &self.parameters, view.instrument.tick)
    }

    fn plan_management(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<Price>, Overflow> {
        new_stop(held.rules, held, view.instrument.tick)
    }

    fn plan_exit(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<ExitReason>, Overflow> {
        let row = held.rules.structural_closes;
        let structural = || row > 0 && held.tracking.wrong_closes >= row;
        shared_exit(held.rules, held, view, structural, || false)
    }

    fn agrees(&self, other: &dyn Strategy) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref() == Some(self)
    }
}
