//! Exact products: 128 bits between two 64-bit values and their rounding.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

use super::decimal::{Money, Price, Quantity, Ratio, SCALE};

/// An exact intermediate of 128 bits. A product of two 64-bit values always fits; where more
/// factors meet, it saturates at ±1.7·10³⁸, and whatever is taken out of it is then refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wide(i128);

/// A result that 64 bits at 10⁻⁸ do not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl std::fmt::Display for Overflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a result is beyond 92,233,720,368.54775807")
    }
}

impl std::error::Error for Overflow {}

impl Wide {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From a plain integer.
    #[must_use]
    pub const fn new(value: i128) -> Self {
        Self(value)
    }

    /// The product of two raw values.
    #[must_use]
    #[inline]
    pub const fn product(a: i64, b: i64) -> Self {
        // 128 bits hold every product of two of 64, so nothing wraps, and one instruction makes it.
        Self(widen(a).wrapping_mul(widen(b)))
    }

    /// The product with a raw value; nothing where 128 bits do not hold it.
    #[must_use]
    #[inline]
    pub const fn times(self, by: i64) -> Option<Self> {
        if let Some(small) = narrowed(self.0) {
            return Some(Self::product(small, by));
        }
        match self.0.checked_mul(widen(by)) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    /// The plain integer.
    #[must_use]
    pub const fn raw(self) -> i128 {
        self.0
    }

    /// Divided and cut towards zero (`⌊x⌋` of positive values). A zero divisor gives nothing.
    #[must_use]
    pub const fn cut(self, by: i128) -> Option<Self> {
        match divided(self.0, by) {
            Some((q, _)) => Some(Self(q)),
            None => None,
        }
    }

    /// Divided and raised away from zero where it does not end (`⌈x⌉` of positive values).
    #[must_use]
    pub const fn raised(self, by: i128) -> Option<Self> {
        let Some((q, r)) = divided(self.0, by) else { return None };
        if r == 0 {
            return Some(Self(q));
        }
        let away = if (self.0 < 0) == (by < 0) { 1 } else { -1 };
        Some(Self(q.saturating_add(away)))
    }

    /// Divided and rounded to the nearest, halves to the even neighbour.
    #[must_use]
    pub const fn half_even(self, by: i128) -> Option<Self> {
        let Some((q, r)) = divided(self.0, by) else { return None };
        let twice = r.unsigned_abs().saturating_mul(2);
        let whole = by.unsigned_abs();
        let odd = q.wrapping_rem(2) != 0;
        if twice > whole || (twice == whole && odd) {
            let away = if (self.0 < 0) == (by < 0) { 1 } else { -1 };
            return Some(Self(q.saturating_add(away)));
        }
        Some(Self(q))
    }

    /// A product of two values at 10⁻⁸, brought back to 10⁻⁸ by cutting.
    #[must_use]
    pub const fn cut_to_scale(self) -> Self {
        match self.cut(widen(SCALE)) {
            Some(w) => w,
            None => Self(0),
        }
    }

    /// A product of two values at 10⁻⁸, brought back to 10⁻⁸, halves to even.
    #[must_use]
    pub const fn half_even_to_scale(self) -> Self {
        match self.half_even(widen(SCALE)) {
            Some(w) => w,
            None => Self(0),
        }
    }

    /// The 64 bits again.
    ///
    /// # Errors
    /// [`Overflow`] where they do not hold it.
    pub fn narrow(self) -> Result<i64, Overflow> {
        i64::try_from(self.0).map_err(|_| Overflow)
    }

    /// As money at 10⁻⁸.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn money(self) -> Result<Money, Overflow> {
        self.narrow().map(Money::from_raw)
    }

    /// As a price at 10⁻⁸.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn price(self) -> Result<Price, Overflow> {
        self.narrow().map(Price::from_raw)
    }

    /// As a quantity at 10⁻⁸.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn quantity(self) -> Result<Quantity, Overflow> {
        self.narrow().map(Quantity::from_raw)
    }

    /// As a ratio at 10⁻⁸.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn ratio(self) -> Result<Ratio, Overflow> {
        self.narrow().map(Ratio::from_raw)
    }

    /// The integer square root, cut. Nothing for a negative value.
    #[must_use]
    pub fn root(self) -> Option<Self> {
        self.0.checked_isqrt().map(Self)
    }
}

/// Quotient and rest, cut towards zero, by one division; by one of 64 bits where both fit.
const fn divided(n: i128, by: i128) -> Option<(i128, i128)> {
    if let (Some(small), Some(small_by)) = (narrowed(n), narrowed(by)) {
        return match (small.checked_div(small_by), small.checked_rem(small_by)) {
            (Some(q), Some(r)) => Some((widen(q), widen(r))),
            _ => None,
        };
    }
    match n.checked_div(by) {
        Some(q) => Some((q, n.wrapping_sub(q.wrapping_mul(by)))),
        None => None,
    }
}

/// 128 bits as 64, where they hold it.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "`TryFrom` is not const; checked by widening again"
)]
const fn narrowed(value: i128) -> Option<i64> {
    let small = value as i64;
    if widen(small) == value { Some(small) } else { None }
}

/// 64 bits as 128; widening never loses.
#[must_use]
#[expect(clippy::as_conversions, reason = "`From` is not const; widening is lossless")]
pub const fn widen(value: i64) -> i128 {
    value as i128
}

/// Money for a quantity at a price, half to even at 10⁻⁸ (BOOKS.md section 4).
///
/// # Errors
/// [`Overflow`].
pub fn value_of(quantity: Quantity, price: Price) -> Result<Money, Overflow> {
    // Whole units, nearly always: the product is exact and needs no division by more than a constant.
    if quantity.raw() % SCALE == 0 {
        return price.raw().checked_mul(quantity.raw() / SCALE).map(Money::from_raw).ok_or(Overflow);
    }
    Wide::product(quantity.raw(), price.raw()).half_even_to_scale().money()
}

impl Add for Wide {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Wide {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl Sub for Wide {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Wide {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Mul<i64> for Wide {
    type Output = Self;
    #[inline]
    fn mul(self, by: i64) -> Self {
        match narrowed(self.0) {
            Some(small) => Self::product(small, by),
            None => Self(self.0.saturating_mul(widen(by))),
        }
    }
}

impl From<Price> for Wide {
    fn from(value: Price) -> Self {
        Self(widen(value.raw()))
    }
}

impl From<Money> for Wide {
    fn from(value: Money) -> Self {
        Self(widen(value.raw()))
    }
}

impl From<Quantity> for Wide {
    fn from(value: Quantity) -> Self {
        Self(widen(value.raw()))
    }
}

impl From<Ratio> for Wide {
    fn from(value: Ratio) -> Self {
        Self(widen(value.raw()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_names_its_rounding() {
        for (n, d, cut, raised, even) in [
            (7, 2, 3, 4, 4),
            (5, 2, 2, 3, 2),
            (-5, 2, -2, -3, -2),
            (-7, 2, -3, -4, -4),
            (6, 3, 2, 2, 2),
            (10, 4, 2, 3, 2),
            (1, 3, 0, 1, 0),
        ] {
            let w = Wide::new(n);
            assert_eq!(w.cut(d).unwrap().raw(), cut, "cut {n}/{d}");
            assert_eq!(w.raised(d).unwrap().raw(), raised, "raised {n}/{d}");
            assert_eq!(w.half_even(d).unwrap().raw(), even, "half even {n}/{d}");
        }
        assert_eq!(Wide::new(1).cut(0), None);
    }

    #[test]
    fn overflow_is_a_refusal() {
        assert_eq!(value_of(Quantity::MAX, Price::MAX), Err(Overflow));
        assert_eq!(value_of(Quantity::whole(100), "50.10".parse().unwrap()).unwrap().to_string(), "5010.00");
    }
}
