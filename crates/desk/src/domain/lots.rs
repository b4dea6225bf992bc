//! The lot method of an identity (LEDG-5, BOOKS.md section 7): which lots close first where nobody names any.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which lots close first. The fourth method, specific choice, is no identity's: a person names the lots
/// of a fill before its day is closed (decision 0024).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotMethod {
    /// The oldest.
    #[default]
    Fifo,
    /// The youngest.
    Lifo,
    /// The dearest unit cost (of shorts the lowest unit proceeds), ties as [`LotMethod::Fifo`].
    HighestCost,
}

impl LotMethod {
    /// Their names, as the configuration reads them.
    pub const NAMES: &[&str] = &["fifo", "lifo", "highest_cost"];

    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::HighestCost => "highest_cost",
        }
    }
}

impl fmt::Display for LotMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no method of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLotMethod;

impl FromStr for LotMethod {
    type Err = NoLotMethod;

    fn from_str(text: &str) -> Result<Self, NoLotMethod> {
        [Self::Fifo, Self::Lifo, Self::HighestCost].into_iter().find(|m| m.as_str() == text).ok_or(NoLotMethod)
    }
}
