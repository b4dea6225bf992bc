//! Exact decimals as text.

use desk::domain::decimal::DecimalText;
use desk::domain::wide::{Overflow, Wide};

/// The most decimals of a unit cost.
pub(in crate::render) const COST_PLACES: usize = 12;
/// Unit costs are whole numbers of 10⁻¹².
const COST_SCALE: i64 = 1_000_000_000_000;
/// Units times a unit cost: 10⁻⁸ × 10⁻¹².
pub(super) const WEIGHT_PLACES: usize = 20;
/// The digits that other programs' decimals carry without rounding, with two to spare for sums.
const DIGITS: usize = 26;

/// Money: at least two decimals.
pub(super) fn money(steps: i64) -> DecimalText {
    DecimalText::new(steps, 2)
}

/// Units, and figures that assertions name: no decimals more than needed.
pub(super) fn plain(steps: i64) -> DecimalText {
    DecimalText::new(steps, 0)
}

/// A unit cost at 10⁻¹²: exact where it ends, otherwise half to even, with fewer decimals where cost times units would
/// need more digits than other programs carry.
pub(super) fn unit_cost(cost: i64, units: i64) -> Result<Wide, Overflow> {
    let whole = money(cost).as_str().split('.').next().map_or(1, |w| w.trim_start_matches('-').len());
    let places = DIGITS.saturating_sub(whole).saturating_sub(8).min(COST_PLACES);
    let tens = |n: usize| (0..n).fold(1_i64, |tens, _| tens.saturating_mul(10));
    let step = tens(COST_PLACES.saturating_sub(places));
    let scaled = Wide::new(i128::from(cost)).times(tens(places)).ok_or(Overflow)?;
    scaled.half_even(i128::from(units)).ok_or(Overflow)?.times(step).ok_or(Overflow)
}

/// What units at a unit cost weigh, at 10⁻²⁰.
pub(super) fn weight(units: i64, unit_cost: Wide) -> Result<Wide, Overflow> {
    unit_cost.times(units).ok_or(Overflow)
}

/// An amount of money at 10⁻²⁰.
pub(super) fn as_weight(amount: i64) -> Wide {
    Wide::product(amount, COST_SCALE)
}

/// A whole number of 10⁻ᵖˡᵃᶜᵉˢ with at least `least` decimals and no digit dropped.
pub(in crate::render) fn decimal(value: Wide, places: usize, least: usize) -> String {
    let digits = format!("{:0>width$}", value.raw().unsigned_abs(), width = places.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    let kept = fraction.trim_end_matches('0').len().max(least).min(places);
    let sign = if value.raw() < 0 { "-" } else { "" };
    match fraction.get(..kept) {
        Some("") | None => format!("{sign}{whole}"),
        Some(kept) => format!("{sign}{whole}.{kept}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_costs_that_do_not_end_are_rounded_and_the_rest_is_known() {
        let steps = |text: &str| desk::domain::decimal::parse_steps(text.as_bytes()).unwrap();
        for (cost, units, text) in [
            ("9550.00", "10.5", "909.52380952381"),
            ("9550.00", "73.5", "129.931972789116"),
            ("9000.00", "180", "50.00"),
            ("-8000.00", "-100", "80.00"),
            ("0.00", "2", "0.00"),
            // Ten digits before the point leave room for eight after it.
            ("1000000000.00", "3", "333333333.33333333"),
        ] {
            let found = unit_cost(steps(cost), steps(units)).unwrap();
            assert_eq!(decimal(found, COST_PLACES, 2), text);
        }
        let rest =
            as_weight(steps("9550")) - weight(steps("10.5"), unit_cost(steps("9550"), steps("10.5")).unwrap()).unwrap();
        assert_eq!(decimal(rest, WEIGHT_PLACES, 0), "-0.000000000005");
        assert!(unit_cost(5, 0).is_err());
    }
}
