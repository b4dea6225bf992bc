//! What a statement says was held at its end, beside what the books held then.

use std::collections::BTreeMap;
use std::fmt;

use desk::domain::decimal::{Money, Quantity};
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;
use desk::domain::time::Timestamp;
use desk::domain::wide::Wide;
use serde::{Deserialize, Serialize};

use super::error::ImportError;
use crate::render::exports::ofx::CASH;

/// What can be held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asset {
    /// Money of a currency, settled and not.
    Cash(Currency),
    /// Units of an instrument, owed ones below zero.
    Units(String),
}

impl Asset {
    /// A figure of it, from steps.
    #[must_use]
    pub fn figure(&self, steps: i64) -> String {
        match self {
            Self::Cash(_) => Money::from_raw(steps).to_string(),
            Self::Units(_) => Quantity::from_raw(steps).to_string(),
        }
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cash(currency) => write!(f, "{currency} cash"),
            Self::Units(instrument) => f.write_str(instrument),
        }
    }
}

/// What a statement says is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// When it was held.
    pub at: Timestamp,
    /// By asset, in steps of 10⁻⁸. What the books hold besides is compared with nothing.
    pub held: BTreeMap<Asset, Wide>,
    /// Whether positions are among it; a bank's statement knows of none.
    pub positions: bool,
}

/// An asset on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Which.
    pub asset: Asset,
    /// What the statement says, in steps of 10⁻⁸.
    pub statement: i64,
    /// What the books say.
    pub books: i64,
}

impl Standing {
    /// The statement's less the books'.
    #[must_use]
    pub const fn difference(&self) -> i64 {
        self.statement.saturating_sub(self.books)
    }
}

/// Everything that one of the two says was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// Cash first, then instruments by name; what both say is nothing is left out.
    pub standings: Vec<Standing>,
}

impl Closed {
    /// What differs.
    pub fn differing(&self) -> impl Iterator<Item = &Standing> {
        self.standings.iter().filter(|s| s.difference() != 0)
    }
}

/// Holds what a statement says was held against the entries that had happened by then, whenever they were booked.
///
/// # Errors
/// [`ImportError::Overflow`] where a figure is beyond 64 bits.
pub fn closed(closing: &Closing, entries: &[Entry]) -> Result<Closed, ImportError> {
    let mut both: BTreeMap<Asset, (Wide, Wide)> =
        closing.held.iter().map(|(asset, held)| (asset.clone(), (*held, Wide::ZERO))).collect();
    // A statement's time has no fractions of a second: what happened within it is in it.
    let happened = entries.iter().filter(|e| e.draft.effective_at.seconds() <= closing.at.seconds());
    for posting in happened.flat_map(|e| &e.draft.postings) {
        if CASH.contains(&posting.account) {
            both.entry(Asset::Cash(posting.currency)).or_default().1 += Wide::from(posting.amount);
        }
        let holding = posting.holding.filter(|_| closing.positions && posting.account.is_position());
        if let Some(holding) = holding {
            let asset = Asset::Units(holding.commodity.to_string());
            both.entry(asset).or_default().1 += Wide::from(holding.units);
        }
    }
    let narrow = |wide: Wide| wide.narrow().map_err(|_| ImportError::Overflow);
    let mut standings = Vec::new();
    for (asset, (statement, books)) in both {
        if statement != Wide::ZERO || books != Wide::ZERO {
            standings.push(Standing { asset, statement: narrow(statement)?, books: narrow(books)? });
        }
    }
    Ok(Closed { at: closing.at, standings })
}
