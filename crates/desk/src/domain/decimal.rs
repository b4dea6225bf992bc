//! Prices, quantities, money and ratios: 64-bit integers at 10⁻⁸.
//!
//! Text that does not fit exactly is refused, never rounded. Sums of two values are checked;
//! products go through [`Wide`](super::wide::Wide), which comes back only by a named rounding.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How many steps make one unit: 10⁸.
pub const SCALE: i64 = 100_000_000;
const PLACES: usize = 8;
/// One hundredth, in steps.
const CENT: u64 = 1_000_000;

/// Why a decimal was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// The text is empty.
    Empty,
    /// The text has something else than a sign, digits and one point.
    NotANumber,
    /// More than eight places after the point, and not all of them zero.
    TooManyPlaces,
    /// The value lies beyond what 64 bits hold at 10⁻⁸ (about 92 billion).
    Overflow,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; a decimal number is needed",
            Self::NotANumber => "is not a decimal number (digits with at most one point)",
            Self::TooManyPlaces => "has more than 8 places after the point",
            Self::Overflow => "is beyond 92,233,720,368.54775807",
        })
    }
}

impl std::error::Error for DecimalError {}

/// Parses decimal text into steps of 10⁻⁸, exactly.
///
/// # Errors
/// [`DecimalError`] where the text is no plain decimal or does not fit exactly.
pub fn parse_steps(text: &[u8]) -> Result<i64, DecimalError> {
    let (negative, digits) = match text.split_first() {
        None => return Err(DecimalError::Empty),
        Some((b'-', rest)) => (true, rest),
        Some(_) => (false, text),
    };
    let mut steps: i64 = 0;
    let mut places: Option<usize> = None;
    let mut any = false;
    for byte in digits {
        match (byte, places) {
            (b'.', None) if any => places = Some(0),
            (b'0'..=b'9', _) => {
                any = true;
                let digit = i64::from(byte.wrapping_sub(b'0'));
                match &mut places {
                    Some(n) if *n >= PLACES => {
                        if digit != 0 {
                            return Err(DecimalError::TooManyPlaces);
                        }
                        continue;
                    }
                    Some(n) => *n = n.saturating_add(1),
                    None => {}
                }
                // Built up on the negative side, which reaches one step further.
                steps = steps.checked_mul(10).and_then(|s| s.checked_sub(digit)).ok_or(DecimalError::Overflow)?;
            }
            _ => return Err(DecimalError::NotANumber),
        }
    }
    if !any || digits.last() == Some(&b'.') {
        return Err(DecimalError::NotANumber);
    }
    for _ in places.unwrap_or(0)..PLACES {
        steps = steps.checked_mul(10).ok_or(DecimalError::Overflow)?;
    }
    if negative { Ok(steps) } else { steps.checked_neg().ok_or(DecimalError::Overflow) }
}

/// Decimal text on the stack: a sign, at most 11 digits, a point, 8 places. Books and records are written digit by digit
/// often enough for the formatting machinery to be felt.
#[derive(Clone, Copy)]
pub struct DecimalText {
    bytes: [u8; 24],
    from: u8,
}

impl DecimalText {
    /// The text of steps of 10⁻⁸ with at least `least` places and no digit dropped.
    #[must_use]
    pub fn new(steps: i64, least: usize) -> Self {
        const STEPS: u64 = SCALE.unsigned_abs();
        let mut text = Self { bytes: [b'0'; 24], from: 24 };
        let (mut whole, mut fraction) = (steps.unsigned_abs() / STEPS, steps.unsigned_abs() % STEPS);
        let mut places = PLACES;
        if fraction % CENT == 0 && least <= 2 {
            // Nearly all there is: whole units and cents.
            fraction /= CENT;
            places = 2;
        }
        while places > least && fraction % 10 == 0 {
            fraction /= 10;
            places = places.saturating_sub(1);
        }
        for _ in 0..places {
            text.push(b'0'.saturating_add(u8::try_from(fraction % 10).unwrap_or(0)));
            fraction /= 10;
        }
        if places > 0 {
            text.push(b'.');
        }
        loop {
            text.push(b'0'.saturating_add(u8::try_from(whole % 10).unwrap_or(0)));
            whole /= 10;
            if whole == 0 {
                break;
            }
        }
        if steps < 0 {
            text.push(b'-');
        }
        text
    }

    /// The text of a whole number.
    #[must_use]
    pub fn whole(number: u32) -> Self {
        Self::new(i64::from(number).saturating_mul(SCALE), 0)
    }

    /// Puts a byte before the others.
    fn push(&mut self, byte: u8) {
        self.from = self.from.saturating_sub(1);
        if let Some(place) = self.bytes.get_mut(usize::from(self.from)) {
            *place = byte;
        }
    }

    /// The text's bytes, all of them ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(usize::from(self.from)..).unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

macro_rules! decimal {
    ($(#[$doc:meta])* $name:ident, $least:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest value.
            pub const MAX: Self = Self(i64::MAX);

            /// From steps of 10⁻⁸.
            #[must_use]
            pub const fn from_raw(steps: i64) -> Self {
                Self(steps)
            }

            /// From whole units; saturates beyond 92 billion, which only a constant could ask for.
            #[must_use]
            pub const fn whole(units: i64) -> Self {
                Self(units.saturating_mul(SCALE))
            }

            /// In steps of 10⁻⁸.
            #[must_use]
            pub const fn raw(self) -> i64 {
                self.0
            }

            /// Whether this is nothing.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// The sum, or nothing where 64 bits do not hold it.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(steps) => Some(Self(steps)),
                    None => None,
                }
            }

            /// The difference, or nothing where 64 bits do not hold it.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(steps) => Some(Self(steps)),
                    None => None,
                }
            }

            /// With the other sign; the one value that has none saturates.
            #[must_use]
            pub const fn negated(self) -> Self {
                Self(self.0.saturating_neg())
            }

            /// Without its sign; the one value that has none saturates.
            #[must_use]
            pub const fn magnitude(self) -> Self {
                Self(self.0.saturating_abs())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(DecimalText::new(self.0, $least).as_str())
            }
        }

        impl FromStr for $name {
            type Err = DecimalError;
            fn from_str(text: &str) -> Result<Self, DecimalError> {
                parse_steps(text.as_bytes()).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(DecimalText::new(self.0, $least).as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
            }
        }
    };
}

decimal!(
    /// A price of one unit of an instrument, in its currency.
    Price, 2
);
decimal!(
    /// An amount of money; debits are positive.
    Money, 2
);
decimal!(
    /// A quantity of an instrument or commodity; sold quantities are negative where a sign is meant.
    Quantity, 0
);
decimal!(
    /// A pure number: a score, a share, a multiple, basis points.
    Ratio, 2
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_steps_agree() {
        for (text, steps, money, quantity) in [
            ("0", 0, "0.00", "0"),
            ("1", SCALE, "1.00", "1"),
            ("-12.5", -1_250_000_000, "-12.50", "-12.5"),
            ("2.41010315", 241_010_315, "2.41010315", "2.41010315"),
            ("1.2300000000", 123_000_000, "1.23", "1.23"),
            ("92233720368.54775807", i64::MAX, "92233720368.54775807", "92233720368.54775807"),
            ("-92233720368.54775808", i64::MIN, "-92233720368.54775808", "-92233720368.54775808"),
        ] {
            let parsed: Money = text.parse().unwrap();
            assert_eq!(parsed.raw(), steps, "{text}");
            assert_eq!(parsed.to_string(), money, "{text}");
            assert_eq!(Quantity::from_raw(steps).to_string(), quantity, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (text, error) in [
            ("", DecimalError::Empty),
            ("-", DecimalError::NotANumber),
            (".5", DecimalError::NotANumber),
            ("5.", DecimalError::NotANumber),
            ("1e5", DecimalError::NotANumber),
            ("+1", DecimalError::NotANumber),
            ("NaN", DecimalError::NotANumber),
            ("1.2.3", DecimalError::NotANumber),
            ("0.000000001", DecimalError::TooManyPlaces),
            ("92233720368.54775808", DecimalError::Overflow),
        ] {
            assert_eq!(text.parse::<Price>(), Err(error), "{text}");
        }
    }
}
