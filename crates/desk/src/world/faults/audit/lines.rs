//! What stored records look like, as far as the auditor reads them: structures of its own, so that a change of the
//! machines' types does not go unnoticed.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A stored record. Its text is proven once, and not string by string.
pub(super) fn record<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
    serde_json::from_str(text).map_err(|e| e.to_string())
}

/// A decimal in steps of 10⁻⁸.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Steps(pub(super) i128);

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(d)?;
        steps(text).map(Self).ok_or_else(|| D::Error::custom(format!("{text:?} is no decimal")))
    }
}

fn steps(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let missing = 8_u32.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    // Records hold no decimal beyond 64 bits; the smallest of them has no positive counterpart, and is none that is met.
    let mut sum: i64 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = byte.checked_sub(b'0').filter(|d| *d < 10)?;
        sum = sum.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    sum.checked_mul(10_i64.checked_pow(missing)?)?.checked_mul(sign).map(i128::from)
}

/// One line of the event log.
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    pub(super) feed: u64,
    pub(super) kind: &'a str,
    pub(super) what: What<'a>,
}

/// What it says, as far as it matters here.
pub(super) enum What<'a> {
    Opened(Opened<'a>),
    Intended(Box<IntentLine<'a>>),
    Executed(ExecutedLine<'a>),
    Order(OrderLine<'a>),
    Closed(ClosedLine<'a>),
    Other,
}

#[derive(Deserialize)]
pub(super) struct Opened<'a> {
    pub(super) session: &'a str,
}

#[derive(Deserialize)]
pub(super) struct OrderLine<'a> {
    pub(super) order: &'a str,
}

#[derive(Deserialize)]
pub(super) struct ClosedLine<'a> {
    pub(super) strategy: &'a str,
}

#[derive(Deserialize)]
pub(super) struct IntentLine<'a> {
    pub(super) order: &'a str,
    pub(super) decision: &'a str,
    pub(super) strategy: &'a str,
    pub(super) symbol: &'a str,
    pub(super) side: &'a str,
    #[serde(borrow)]
    pub(super) purpose: PurposeLine<'a>,
    pub(super) quantity: Steps,
}

#[derive(Deserialize)]
pub(super) struct PurposeLine<'a> {
    pub(super) leg: &'a str,
    pub(super) plan: Option<PlanLine>,
    pub(super) stop_order: Option<&'a str>,
    pub(super) target_order: Option<&'a str>,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) struct PlanLine {
    pub(super) reference: Steps,
    pub(super) risk: Steps,
}

#[derive(Deserialize)]
pub(super) struct ExecutedLine<'a> {
    pub(super) order: &'a str,
    pub(super) symbol: &'a str,
    #[serde(borrow)]
    pub(super) execution: ExecutionLine<'a>,
}

#[derive(Deserialize)]
pub(super) struct ExecutionLine<'a> {
    pub(super) id: &'a str,
    pub(super) quantity: Steps,
    pub(super) price: Steps,
    pub(super) commission: Steps,
}

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event, its kind before its data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let mut line = Line { seq: 0, feed: 0, kind: "", what: What::Other };
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "seq" => line.seq = map.next_value()?,
                "feed" => line.feed = map.next_value()?,
                "kind" => line.kind = map.next_value()?,
                "data" => {
                    line.what = match line.kind {
                        "session_opened" => What::Opened(map.next_value()?),
                        "intended" => What::Intended(Box::new(map.next_value()?)),
                        "executed" => What::Executed(map.next_value()?),
                        "accepted" | "refused" | "ended" | "not_accepted" => What::Order(map.next_value()?),
                        "trade_closed" => What::Closed(map.next_value()?),
                        _ => map.next_value::<IgnoredAny>().map(|_| What::Other)?,
                    };
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(line)
    }
}

/// One entry of the books.
#[derive(Deserialize)]
pub(super) struct EntryLine<'a> {
    pub(super) seq: u64,
    pub(super) kind: &'a str,
    pub(super) source_key: &'a str,
    #[serde(borrow, default)]
    pub(super) facts: FactsLine<'a>,
    #[serde(borrow)]
    pub(super) postings: Vec<PostingLine<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct FactsLine<'a> {
    pub(super) order: Option<&'a str>,
    pub(super) symbol: Option<&'a str>,
    pub(super) quantity: Option<Steps>,
    pub(super) price: Option<Steps>,
    pub(super) commission: Option<Steps>,
}

#[derive(Deserialize)]
pub(super) struct PostingLine<'a> {
    pub(super) account: &'a str,
    pub(super) currency: &'a str,
    pub(super) amount: Steps,
    pub(super) commodity: Option<&'a str>,
    pub(super) units: Option<Steps>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, expected) in [
            ("0", Some(0)),
            ("12.5", Some(1_250_000_000)),
            ("-0.00000001", Some(-1)),
            ("1.123456789", None),
            ("92233720368.54775807", Some(i128::from(i64::MAX))),
            ("92233720368.54775808", None),
            ("x", None),
        ] {
            assert_eq!(steps(text), expected, "{text}");
        }
    }
}
