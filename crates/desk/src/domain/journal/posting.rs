//! One line of an entry: account, currency, amount, and where something else moves, commodity and units.

use serde::{Deserialize, Serialize};

use super::account::AccountCode;
use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::{ExecutionId, ItemId, LotId, StrategyName};
use crate::domain::symbol::{Currency, Symbol};

/// Which regulatory fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeKind {
    /// SEC section 31, on the value of sales.
    Sec,
    /// FINRA's trading activity fee, on the shares sold.
    Taf,
}

impl FeeKind {
    /// All of them, in the order of the books.
    pub const ALL: [Self; 2] = [Self::Sec, Self::Taf];

    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sec => "sec",
            Self::Taf => "taf",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sec => "SEC",
            Self::Taf => "TAF",
        }
    }
}

/// Units of something other than money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// What moves.
    pub commodity: Symbol,
    /// How much; never zero.
    pub units: Quantity,
}

/// Tags: what a posting is about, never an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// The lot touched.
    pub lot: Option<LotId>,
    /// Whose trade it is.
    pub strategy: Option<StrategyName>,
    /// Which instrument.
    pub instrument: Option<Symbol>,
    /// Which execution.
    pub fill: Option<ExecutionId>,
    /// Which fee.
    pub fee_kind: Option<FeeKind>,
    /// Which open item.
    pub item: Option<ItemId>,
}

/// A posting. Debits are positive, credits negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: AccountCode,
    /// The amount's currency.
    pub currency: Currency,
    /// The amount; positions are at cost, shorts at proceeds.
    pub amount: Money,
    /// Units, where something other than money moves.
    pub holding: Option<Holding>,
    /// What it is about.
    pub tags: Tags,
}

impl Posting {
    /// Money alone, without tags.
    #[must_use]
    pub fn money(account: AccountCode, currency: Currency, amount: Money) -> Self {
        Self { account, currency, amount, holding: None, tags: Tags::default() }
    }
}
