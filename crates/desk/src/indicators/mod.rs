//! Streaming indicators of one symbol and one session: fixed arrays, no allocation, nothing crosses a night.
//!
//! Only clean bars are fed (STRAT-2, STRAT-4); corrupt ones go to [`corrupt`] and [`quality`] alone. The
//! exact ones are integers at 10⁻⁸ and decide trades. The floating-point ones are for people and
//! predictors; they use + − × ÷ √ and nothing else, which give the same bits on every machine.

/// Average true range: a simple mean, exact.
pub mod atr;
/// Corrupt bars.
pub mod corrupt;
/// Spread of closes around VWAP, exact.
pub mod deviation;
/// Exponential moving average, floating point.
pub mod ema;
mod float;
/// How many bars an indicator looks at.
pub mod length;
/// Mean and standard deviation of the last closes, floating point.
pub mod mean;
/// The opening range, exact.
pub mod opening_range;
/// The data quality score and what it lets in.
pub mod quality;
mod ring;
/// Highest high and lowest low of the bars before, exact.
pub mod rolling;
/// Relative strength index, floating point.
pub mod rsi;
/// Sum of the volumes before, exact.
pub mod volume;
/// Volume by price: point of control and value area.
pub mod volume_profile;
/// Volume-weighted average price of the session, exact.
pub mod vwap;
