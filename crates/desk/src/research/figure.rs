//! Numbers that are no money: ratios, shares, scores. Written with six decimals, never as NaN or infinity.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// A finite number that is no money; as text with six decimals, rounded to nearest.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Figure(f64);

impl Figure {
    /// A number, where it is finite.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// `part ÷ whole`, where there is a whole.
    #[must_use]
    #[expect(clippy::float_arithmetic, reason = "a ratio for people; no decision reads it")]
    pub fn share(part: i128, whole: i128) -> Option<Self> {
        if whole == 0 { None } else { Self::new(float(part) / float(whole)) }
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = f.precision().unwrap_or(6);
        let text = format!("{:.places$}", self.0);
        // A rounded nothing has no sign.
        let nothing = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
        f.write_str(if nothing { text.trim_start_matches('-') } else { &text })
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// The nearest `f64` of an integer.
#[must_use]
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "rounds to nearest on every machine")]
pub const fn float(value: i128) -> f64 {
    value as f64
}

/// Why a value is `null`, by the value's name: nothing is left empty without a reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Unknown(BTreeMap<&'static str, &'static str>);

impl Unknown {
    /// Keeps the reason where there is no value.
    pub fn or<T>(&mut self, name: &'static str, reason: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.0.insert(name, reason);
        }
        value
    }

    /// The reason why a value is missing.
    #[must_use]
    pub fn why(&self, name: &str) -> Option<&'static str> {
        self.0.get(name).copied()
    }

    /// Whether everything is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_six_decimals_and_are_finite() {
        for (part, whole, text) in
            [(1, 3, Some("0.333333")), (-1, 2, Some("-0.500000")), (-1, 10_000_000, Some("0.000000")), (1, 0, None)]
        {
            assert_eq!(Figure::share(part, whole).map(|f| f.to_string()).as_deref(), text, "{part}/{whole}");
        }
        assert_eq!(Figure::new(f64::NAN), None);
        assert_eq!(Figure::new(f64::INFINITY), None);
    }
}
