use std::fmt::Write;

use desk::domain::decimal::{DecimalError, SCALE, parse_steps};

/// Below 10⁷ a value of at most 8 places has at most 15 digits, and those a double tells apart.
const EXACT_BELOW: f64 = 1e7;

/// A finite double in steps of 10⁻⁸, read by its shortest decimal form (RES-6).
///
/// The shortest form is the one with the fewest digits that no other double is nearer to (G. Steele and J. White,
/// 1990). A decimal of at most 15 digits that a double is nearest to is that form; so below 10⁷ one rounding and one
/// comparison find it. Everything else goes through the text.
///
/// # Errors
/// [`DecimalError`] beyond 8 places or 64 bits.
#[expect(clippy::float_arithmetic, reason = "one correctly rounded product and quotient, checked against the value")]
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "whole numbers of at most 10¹⁵, which both types hold"
)]
pub(super) fn steps(value: f64) -> Result<i64, DecimalError> {
    if value.abs() < EXACT_BELOW {
        let scale = SCALE as f64;
        let steps = (value * scale).round();
        #[expect(clippy::float_cmp, reason = "only the very same double is the same price")]
        if steps / scale == value {
            return Ok(steps as i64);
        }
        return Err(DecimalError::TooManyPlaces);
    }
    let mut text = String::with_capacity(24);
    write!(text, "{value}").map_err(|_| DecimalError::NotANumber)?;
    parse_steps(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_shortest_decimal_form_counts() {
        for (value, expected) in [
            (0.1, Ok(10_000_000)),
            (0.0, Ok(0)),
            (-0.0, Ok(0)),
            (184.2013, Ok(18_420_130_000)),
            (9_999_999.999_999_99, Ok(999_999_999_999_999)),
            (10_000_000.0, Ok(1_000_000_000_000_000)),
            (1e10, Ok(1_000_000_000_000_000_000)),
            (0.1 + 0.2, Err(DecimalError::TooManyPlaces)),
            (1e-9, Err(DecimalError::TooManyPlaces)),
            (5e-324, Err(DecimalError::TooManyPlaces)),
            (1e300, Err(DecimalError::Overflow)),
            (1.0 / 3.0, Err(DecimalError::TooManyPlaces)),
        ] {
            assert_eq!(steps(value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_text(whole in -10_000_000_000_i64..10_000_000_000, nudge in -2_i64..3, cents in 0_i64..100_000_000, places in 0_u32..9) {
            let text = format!("{whole}.{:0width$}", cents / 10_i64.pow(8 - places), width = places as usize);
            let value: f64 = text.trim_end_matches('.').parse().unwrap();
            let value = f64::from_bits(value.to_bits().wrapping_add_signed(nudge));
            prop_assert_eq!(steps(value), parse_steps(format!("{value}").as_bytes()));
        }
    }
}
