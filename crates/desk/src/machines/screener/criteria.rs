//! What is asked of a symbol: every criterion typed, bounded and documented in one table.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::list::{ListError, parse_list};
use super::reason::Flag;
use crate::domain::decimal::{Price, Quantity};
use crate::domain::symbol::Symbol;
use crate::domain::time::Span;

/// What is asked of a symbol. An empty list asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criteria {
    /// The least price.
    pub min_price: Price,
    /// The highest price.
    pub max_price: Price,
    /// The least volume of a day, in units.
    pub min_volume: Quantity,
    /// The oldest that what is known may be.
    #[serde(rename = "max_age_ns", with = "nanos")]
    pub max_age: Span,
    /// Flags that are needed.
    pub flags: BTreeSet<Flag>,
    /// Exchanges whose listings are taken; all where there is none.
    pub exchanges: BTreeSet<String>,
    /// Never these.
    pub blocklist: BTreeSet<Symbol>,
    /// Only these, where there are some.
    pub allowlist: BTreeSet<Symbol>,
    /// Only these, where a file is given.
    pub file: Option<BTreeSet<Symbol>>,
    /// How many are taken, those with the most volume.
    pub max_symbols: usize,
}

/// A span as nanoseconds.
mod nanos {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::time::Span;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field by reference")]
    pub(super) fn serialize<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(span.as_nanos())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        i64::deserialize(deserializer).map(Span::nanos)
    }
}

impl Default for Criteria {
    fn default() -> Self {
        Self {
            min_price: Price::whole(5),
            max_price: Price::whole(1_000),
            min_volume: Quantity::whole(500_000),
            max_age: Span::minutes(24 * 60),
            flags: BTreeSet::from([Flag::Tradable]),
            exchanges: BTreeSet::new(),
            blocklist: BTreeSet::new(),
            allowlist: BTreeSet::new(),
            file: None,
            max_symbols: 20,
        }
    }
}

/// How a criterion is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    MinPrice,
    MaxPrice,
    MinVolume,
    MaxAge,
    Flags,
    Exchanges,
    Blocklist,
    Allowlist,
    MaxSymbols,
}

/// A row of the table of criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What is allowed, in words.
    pub allowed: &'static str,
    /// What it does.
    pub help: &'static str,
    /// The least and the greatest number; nothing for a list.
    bounds: Option<(i64, i64)>,
    kind: Kind,
}

const fn row(
    (name, kind): (&'static str, Kind),
    unit: &'static str,
    bounds: Option<(i64, i64)>,
    allowed: &'static str,
    help: &'static str,
) -> Criterion {
    Criterion { name, unit, allowed, help, bounds, kind }
}

/// All criteria, in the order of the documentation. The file is not among them: it is read from its path.
pub const CRITERIA: [Criterion; 9] = [
    row(("min_price", Kind::MinPrice), "USD", Some((0, 100_000)), "0 to 100000", "the least price"),
    row(("max_price", Kind::MaxPrice), "USD", Some((1, 1_000_000)), "1 to 1000000", "the highest price"),
    row(
        ("min_volume", Kind::MinVolume),
        "units a day",
        Some((0, 10_000_000_000)),
        "0 to 10000000000",
        "the least volume of the day before",
    ),
    row(
        ("max_age", Kind::MaxAge),
        "min",
        Some((1, 14_400)),
        "a whole number from 1 to 14400",
        "the oldest that price, volume and flags may be",
    ),
    row(
        ("flags", Kind::Flags),
        "list",
        None,
        "tradable, shortable, fractionable, separated by commas, or nothing",
        "flags that an asset must have",
    ),
    row(
        ("exchanges", Kind::Exchanges),
        "list",
        None,
        "names of 1 to 12 capital letters or digits, separated by commas, or nothing",
        "exchanges whose listings are taken; nothing takes all",
    ),
    row(("blocklist", Kind::Blocklist), "list", None, "symbols separated by commas, or nothing", "never these"),
    row(
        ("allowlist", Kind::Allowlist),
        "list",
        None,
        "symbols separated by commas, or nothing",
        "only these; nothing allows all",
    ),
    row(
        ("max_symbols", Kind::MaxSymbols),
        "symbols",
        Some((1, 1_000)),
        "a whole number from 1 to 1000",
        "how many are taken, those with the most volume",
    ),
];

/// Why a criterion was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CriteriaError {
    /// There is none of this name.
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The value is not allowed.
    NotAllowed {
        /// Which criterion.
        row: &'static Criterion,
        /// What was given.
        value: String,
    },
    /// A list holds something that is no symbol.
    List {
        /// Which criterion.
        row: &'static Criterion,
        /// Where.
        error: ListError,
    },
    /// The least price is above the highest.
    Crossed {
        /// The least.
        least: Price,
        /// The highest.
        most: Price,
    },
}

impl Criteria {
    /// What a rehearsal asks for: price alone (TRADE-4).
    #[must_use]
    pub fn price_only(&self) -> Self {
        Self {
            min_volume: Quantity::ZERO,
            max_age: Span::nanos(i64::MAX),
            flags: BTreeSet::new(),
            exchanges: BTreeSet::new(),
            blocklist: BTreeSet::new(),
            allowlist: BTreeSet::new(),
            file: None,
            max_symbols: usize::MAX,
            ..*self
        }
    }

    /// Sets one criterion from text. Prices are compared with each other by [`Self::check`], when all are set.
    ///
    /// # Errors
    /// [`CriteriaError`] with what is allowed.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), CriteriaError> {
        let row = CRITERIA.iter().find(|r| r.name == name);
        let row = row.ok_or_else(|| CriteriaError::Unknown { name: name.chars().take(40).collect() })?;
        let refused = || CriteriaError::NotAllowed { row, value: text.chars().take(80).collect() };
        let number = || {
            let value: Quantity = text.trim().parse().ok()?;
            let (least, most) = row.bounds?;
            (Quantity::whole(least)..=Quantity::whole(most)).contains(&value).then_some(value)
        };
        let whole = || {
            let (least, most) = row.bounds?;
            text.trim().parse::<i64>().ok().filter(|n| (least..=most).contains(n))
        };
        let symbols = || parse_list(text).map_err(|error| CriteriaError::List { row, error });
        match row.kind {
            Kind::MinPrice => self.min_price = Price::from_raw(number().ok_or_else(refused)?.raw()),
            Kind::MaxPrice => self.max_price = Price::from_raw(number().ok_or_else(refused)?.raw()),
            Kind::MinVolume => self.min_volume = number().ok_or_else(refused)?,
            Kind::MaxAge => self.max_age = Span::minutes(whole().ok_or_else(refused)?),
            Kind::MaxSymbols => {
                self.max_symbols = whole().and_then(|n| usize::try_from(n).ok()).ok_or_else(refused)?;
            }
            Kind::Flags => self.flags = words(text).map(flag).collect::<Option<_>>().ok_or_else(refused)?,
            Kind::Exchanges => self.exchanges = words(text).map(exchange).collect::<Option<_>>().ok_or_else(refused)?,
            Kind::Blocklist => self.blocklist = symbols()?,
            Kind::Allowlist => self.allowlist = symbols()?,
        }
        Ok(())
    }

    /// One criterion as text, the way [`Self::set`] reads it.
    #[must_use]
    pub fn get(&self, row: &Criterion) -> String {
        let list = |symbols: &BTreeSet<Symbol>| symbols.iter().map(Symbol::as_str).collect::<Vec<_>>().join(",");
        match row.kind {
            Kind::MinPrice => self.min_price.to_string(),
            Kind::MaxPrice => self.max_price.to_string(),
            Kind::MinVolume => self.min_volume.to_string(),
            Kind::MaxAge => self.max_age.as_minutes().to_string(),
            Kind::MaxSymbols => self.max_symbols.to_string(),
            Kind::Flags => self.flags.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(","),
            Kind::Exchanges => self.exchanges.iter().map(String::as_str).collect::<Vec<_>>().join(","),
            Kind::Blocklist => list(&self.blocklist),
            Kind::Allowlist => list(&self.allowlist),
        }
    }

    /// What the single values cannot say.
    ///
    /// # Errors
    /// [`CriteriaError::Crossed`].
    pub fn check(&self) -> Result<(), CriteriaError> {
        let (least, most) = (self.min_price, self.max_price);
        if least <= most { Ok(()) } else { Err(CriteriaError::Crossed { least, most }) }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|w| !w.is_empty())
}

fn flag(word: &str) -> Option<Flag> {
    [Flag::Tradable, Flag::Shortable, Flag::Fractionable].into_iter().find(|f| f.as_str() == word)
}

fn exchange(word: &str) -> Option<String> {
    let fits = word.len() <= 12 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    fits.then(|| word.to_owned())
}

impl fmt::Display for CriteriaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => {
                let names = CRITERIA.map(|r| r.name).join(", ");
                write!(f, "screener.{name}: there is no such criterion. There are {names}")
            }
            Self::NotAllowed { row, value } => {
                write!(f, "screener.{}: {value:?} is not allowed. Allowed: {} ({})", row.name, row.allowed, row.unit)
            }
            Self::List { row, error } => write!(f, "screener.{}: {error}", row.name),
            Self::Crossed { least, most } => {
                write!(f, "screener: min_price {least} is above max_price {most}, so nothing could pass")
            }
        }
    }
}

impl std::error::Error for CriteriaError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trade_4_defaults_lie_within_their_bounds_and_survive_text() {
        let mut other = Criteria::default();
        let lists = [("exchanges", "NASDAQ,NYSE"), ("blocklist", "GME"), ("allowlist", "QQQ,SPY"), ("flags", "")];
        for (name, text) in lists {
            other.set(name, text).unwrap();
        }
        for criteria in [Criteria::default(), other] {
            assert_eq!(criteria.check(), Ok(()));
            let mut copy = Criteria { file: criteria.file.clone(), ..Criteria::default() };
            for row in &CRITERIA {
                copy.set(row.name, &criteria.get(row)).unwrap();
            }
            assert_eq!(copy, criteria);
        }
    }

    #[test]
    fn trade_4_what_is_not_allowed_says_what_is() {
        let mut c = Criteria::default();
        let before = c.clone();
        for (name, value, says) in [
            ("min_price", "-1", "screener.min_price: \"-1\" is not allowed. Allowed: 0 to 100000 (USD)"),
            ("max_price", "nan", "Allowed: 1 to 1000000 (USD)"),
            ("max_price", "", "Allowed: 1 to 1000000 (USD)"),
            ("max_age", "1.5", "Allowed: a whole number from 1 to 14400 (min)"),
            ("max_symbols", "0", "Allowed: a whole number from 1 to 1000 (symbols)"),
            ("flags", "tradable,liquid", "Allowed: tradable, shortable, fractionable"),
            ("exchanges", "Nasdaq", "names of 1 to 12 capital letters or digits"),
            ("blocklist", "SPY,?", "screener.blocklist: line 1: \"?\" is no symbol"),
            ("market_cap", "5", "there is no such criterion. There are min_price, "),
        ] {
            let said = c.set(name, value).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
            assert_eq!(c, before, "nothing is changed");
        }
        c.set("min_price", "1500.5").unwrap();
        let said = c.check().unwrap_err().to_string();
        assert_eq!(said, "screener: min_price 1500.50 is above max_price 1000.00, so nothing could pass");
    }
}
