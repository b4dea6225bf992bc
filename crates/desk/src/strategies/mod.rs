//! The strategies, one file each, behind one contract (TRADE-5). Given the same inputs they give the same outputs: no
//! clock, no I/O, no randomness of their own.

/// What of a configuration says who trades what.
mod chosen;
/// `close`: momentum into the close.
mod close;
/// The contract.
mod contract;
/// What all three do with a position: exits and the trail.
mod management;
/// `mid`: reversion to the session's VWAP.
mod mid;
/// `open`: opening-range breakout.
mod open;
/// Every parameter, in one table.
pub mod parameters;
/// From a setup to a plan.
mod plan;

pub use chosen::{Chosen, Line};
pub use contract::{Detection, Failing, Held, Readiness, Setup, Strategy, TargetRule};
pub use management::{Tracking, exit_time, new_stop, window};
pub use parameters::{DeviationUnit, Offset, PARAMETERS, Parameter, ParameterError, Parameters};
pub use plan::plan;

use crate::domain::ids::StrategyName;

/// The strategy of this name with these parameters, for so many symbols. Nothing for `external`, which does not trade.
#[must_use]
pub fn make(name: StrategyName, parameters: Parameters, symbols: usize) -> Option<Box<dyn Strategy>> {
    Some(match name {
        StrategyName::Open => Box::new(open::Open::new(parameters, symbols)?),
        StrategyName::Mid => Box::new(mid::Mid::new(parameters)),
        StrategyName::Close => Box::new(close::Close::new(parameters, symbols)?),
        StrategyName::External => return None,
    })
}
