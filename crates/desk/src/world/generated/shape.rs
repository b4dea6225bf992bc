//! The day's shape. Volatility and volume are high at the open, low at midday, and rise again into the close (the
//! U of A. Admati and P. Pfleiderer, "A Theory of Intraday Patterns", 1988), here two parabolas.

/// One thousand: the unit of shares and multiples here.
pub(super) const ONE: i64 = 1000;

/// A share in thousandths of a value, cut.
pub(super) fn permille(value: i64, share: i64) -> i64 {
    let exact = i128::from(value).saturating_mul(i128::from(share)) / 1000;
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

/// A share in millionths of a value, cut.
pub(super) fn millionths(value: i64, share: i64) -> i64 {
    let exact = i128::from(value).saturating_mul(i128::from(share)) / 1_000_000;
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

/// Volatility of a minute in thousandths of the day's base: 2.2 at the open, 0.8 at midday, 1.4 at the close.
pub(super) fn volatility(minute: i64, minutes: i64) -> i64 {
    let square = distance_squared(minute, minutes);
    let rise = if before_noon(minute, minutes) { 1400 } else { 600 };
    permille(square, rise).saturating_add(800)
}

/// Volume of a minute in thousandths of the day's mean: 2.6 at the open, 0.6 at midday, 2.4 at the close.
pub(super) fn volume(minute: i64, minutes: i64) -> i64 {
    let square = distance_squared(minute, minutes);
    let rise = if before_noon(minute, minutes) { 2000 } else { 1800 };
    permille(square, rise).saturating_add(600)
}

fn before_noon(minute: i64, minutes: i64) -> bool {
    minute.saturating_mul(2) < minutes
}

/// The squared distance from midday in thousandths: 1000 at the open and at the close, 0 at midday.
fn distance_squared(minute: i64, minutes: i64) -> i64 {
    let last = minutes.saturating_sub(1);
    let from_noon = minute.saturating_mul(2).saturating_sub(last);
    let place = from_noon.saturating_mul(ONE).checked_div(last).unwrap_or_default();
    permille(place, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_u_shaped() {
        for minutes in [210, 390, 391] {
            for shape in [volatility, volume] {
                let day: Vec<i64> = (0..minutes).map(|minute| shape(minute, minutes)).collect();
                let (morning, evening) = day.split_at(day.len() / 2);
                assert!(morning.is_sorted_by(|a, b| a >= b) && evening.is_sorted(), "{day:?}");
                assert!(morning.last() < morning.first() && evening.first() < evening.last());
            }
            assert_eq!((volatility(0, minutes), volatility(minutes - 1, minutes)), (2200, 1400));
            assert_eq!((volume(0, minutes), volume(minutes - 1, minutes)), (2600, 2400));
        }
    }
}
