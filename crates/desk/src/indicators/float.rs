#![expect(clippy::float_arithmetic, reason = "one of the homes of floating point; nothing here decides a price")]

/// Steps of 10⁻⁸ as a floating-point number of whole units, rounded to the nearest.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the conversion rounds to the nearest, alike on every machine"
)]
pub(super) const fn units(steps: i128) -> f64 {
    steps as f64 / 100_000_000.0
}

/// A count of bars as a floating-point number, exactly.
pub(super) fn count(bars: usize) -> f64 {
    f64::from(u32::try_from(bars).unwrap_or(u32::MAX))
}
