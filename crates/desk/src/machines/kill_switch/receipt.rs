//! The receipt of a closing: who, why, what was open, how long it took, what the broker said (RISK-15a).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::machine::Verb;
use super::view::{Confirmed, Unexplained};
use crate::domain::bot::{Mark, Scope};
use crate::domain::chain::Hash;
use crate::domain::decimal::Quantity;
use crate::domain::ids::{OrderId, StrategyName};
use crate::domain::market::Side;
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;

/// The version of the canonical bytes that is written.
pub(super) const VERSION: u16 = 1;

/// Something that the broker said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When it was heard.
    pub at: Timestamp,
    /// In words.
    pub text: String,
}

/// A position on a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// In what.
    pub symbol: Symbol,
    /// Whose.
    pub strategy: StrategyName,
    /// Long or short.
    pub side: Side,
    /// How many, unsigned.
    pub quantity: Quantity,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.side.sign() > 0 { '+' } else { '-' };
        write!(f, "{sign}{} {}", self.quantity, self.symbol)
    }
}

/// What is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Entries.
    pub entries: Vec<OrderId>,
    /// Stops and targets.
    pub protective: Vec<OrderId>,
    /// Positions.
    pub positions: Vec<Line>,
    /// What the broker held besides, which no record explains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexplained: Vec<Unexplained>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The version of its form.
    pub v: u16,
    /// Which verb.
    pub verb: Verb,
    /// What it touched.
    pub scope: Scope,
    /// Who commanded it, when, why.
    pub mark: Mark,
    /// Who else asked for the same while it was under way: a kill may be tripped in several ways at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Mark>,
    /// When a new process took it up, because the one that had begun it ended before the kill did (RISK-15). What that one
    /// had found open and sent counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_up: Option<Timestamp>,
    /// Reasons that were given afterwards (WEB-2c).
    pub added: Vec<Mark>,
    /// When the receipt was written.
    pub at: Timestamp,
    /// What was open when it began.
    pub opened: Left,
    /// Cancels sent, repeats too.
    pub cancels_sent: u32,
    /// Exits sent, repeats too.
    pub exits_sent: u32,
    /// Milliseconds from the command to the last cancel sent, repeats left out.
    pub last_cancel_ms: Option<u64>,
    /// Milliseconds from the command to flat, as the broker confirmed; nothing while it is pending.
    pub flat_ms: Option<u64>,
    /// What is left; nothing where the broker does not answer.
    pub left: Option<Left>,
    /// What the broker said.
    pub said: Vec<Said>,
}

impl Left {
    pub(super) fn of(view: &Confirmed) -> Self {
        let line =
            |p: &super::view::Held| Line { symbol: p.symbol, strategy: p.strategy, side: p.side, quantity: p.quantity };
        Self {
            entries: view.entries.iter().map(|e| e.order.clone()).collect(),
            protective: view.protective.iter().map(|p| p.order.clone()).collect(),
            positions: view.positions.iter().map(line).collect(),
            unexplained: view.unexplained.clone(),
        }
    }
}

impl Receipt {
    /// The canonical bytes that are signed.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known for a receipt.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The hash of the canonical bytes.
    ///
    /// # Errors
    /// As [`Self::to_bytes`].
    pub fn hash(&self) -> Result<Hash, serde_json::Error> {
        Ok(Hash::of(&self.to_bytes()?))
    }

    /// The same receipt with a reason that was given afterwards; it has other bytes and is signed again.
    #[must_use]
    pub fn with_reason(mut self, mark: Mark) -> Self {
        self.added.push(mark);
        self
    }
}
