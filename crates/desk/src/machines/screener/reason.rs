//! Why a symbol is out: one reason each, with its numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::decimal::{Price, Quantity};
use crate::domain::time::Span;

/// A flag of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The broker trades it.
    Tradable,
    /// It can be sold short.
    Shortable,
    /// Parts of it can be traded.
    Fractionable,
}

/// Why a symbol is out: the first criterion that it fails, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Reason {
    /// It is on the blocklist.
    Blocked,
    /// It is not on the allowlist.
    NotAllowed,
    /// It is not in the file.
    NotInFile,
    /// What is known about it is too old, or was never dated.
    Stale {
        /// How old, in whole seconds.
        age_s: Option<i64>,
        /// What is allowed.
        most_s: i64,
    },
    /// It lacks a flag that is needed.
    Lacks {
        /// Which.
        flag: Flag,
    },
    /// Nobody said whether it has a flag that is needed.
    FlagUnknown {
        /// Which.
        flag: Flag,
    },
    /// It is listed elsewhere, or nobody said where.
    Exchange {
        /// Where.
        have: Option<String>,
    },
    /// No price is known.
    NoPrice,
    /// It costs too little.
    PriceBelow {
        /// Its price.
        have: Price,
        /// The least.
        least: Price,
    },
    /// It costs too much.
    PriceAbove {
        /// Its price.
        have: Price,
        /// The most.
        most: Price,
    },
    /// No volume is known.
    NoVolume,
    /// Too little of it is traded.
    VolumeBelow {
        /// Its volume.
        have: Quantity,
        /// The least.
        least: Quantity,
    },
    /// It passed, but others are traded more and the universe is full.
    Full {
        /// Its rank by volume.
        rank: usize,
        /// How many are taken.
        most: usize,
    },
}

impl Flag {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tradable => "tradable",
            Self::Shortable => "shortable",
            Self::Fractionable => "fractionable",
        }
    }
}

impl Reason {
    /// The code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::NotAllowed => "not_allowed",
            Self::NotInFile => "not_in_file",
            Self::Stale { .. } => "stale",
            Self::Lacks { .. } => "lacks",
            Self::FlagUnknown { .. } => "flag_unknown",
            Self::Exchange { .. } => "exchange",
            Self::NoPrice => "no_price",
            Self::PriceBelow { .. } => "price_below",
            Self::PriceAbove { .. } => "price_above",
            Self::NoVolume => "no_volume",
            Self::VolumeBelow { .. } => "volume_below",
            Self::Full { .. } => "full",
        }
    }

    pub(super) const fn stale(age: Option<Span>, most: Span) -> Self {
        let age_s = match age {
            Some(age) => Some(age.as_seconds()),
            None => None,
        };
        Self::Stale { age_s, most_s: most.as_seconds() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked => f.write_str("on the blocklist"),
            Self::NotAllowed => f.write_str("not on the allowlist"),
            Self::NotInFile => f.write_str("not in the file"),
            Self::Stale { age_s: None, .. } => f.write_str("nobody said how old its data are"),
            Self::Stale { age_s: Some(age), most_s } => {
                write!(f, "its data are {age} s old; {most_s} s are allowed")
            }
            Self::Lacks { flag } => write!(f, "not {}", flag.as_str()),
            Self::FlagUnknown { flag } => write!(f, "nobody said whether it is {}", flag.as_str()),
            Self::Exchange { have: None } => f.write_str("nobody said where it is listed"),
            Self::Exchange { have: Some(have) } => write!(f, "listed at {have}"),
            Self::NoPrice => f.write_str("no price is known"),
            Self::PriceBelow { have, least } => write!(f, "costs {have}; at least {least} is asked for"),
            Self::PriceAbove { have, most } => write!(f, "costs {have}; at most {most} is allowed"),
            Self::NoVolume => f.write_str("no volume is known"),
            Self::VolumeBelow { have, least } => write!(f, "{have} are traded; at least {least} are asked for"),
            Self::Full { rank, most } => write!(f, "rank {rank} by volume; {most} are taken"),
        }
    }
}
