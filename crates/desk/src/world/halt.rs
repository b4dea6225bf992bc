//! Why a bot stops where it stands.

use std::fmt;

use crate::domain::ids::{IdError, StrategyName};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::domain::wide::Overflow;
use crate::machines::ledger::{BookRefusal, JournalError};

/// Why a bot stops where it stands.
#[derive(Debug)]
pub enum Halt {
    /// A number does not fit.
    Overflow,
    /// The data checks could not take a bar in.
    Unusable(Symbol, Timestamp),
    /// The books refused a fact.
    Books(Box<BookRefusal>),
    /// An entry could not be sealed.
    Journal(Box<JournalError>),
    /// The record could not be written.
    Record(String),
    /// The simulator pulled the plug.
    Crash,
    /// A strategy cannot be made from its parameters.
    Strategy(StrategyName),
    /// An identifier could not be made.
    Id,
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow => Overflow.fmt(f),
            Self::Unusable(symbol, at) => {
                write!(f, "{symbol}: the bar of {at} is out of order, or its sums do not fit")
            }
            Self::Books(refusal) => write!(f, "the books refused: {refusal}"),
            Self::Journal(error) => write!(f, "the journal refused: {error}"),
            Self::Record(why) => write!(f, "the record could not be written: {why}"),
            Self::Crash => f.write_str("the simulator stopped the process here"),
            Self::Strategy(name) => write!(f, "{name} cannot run with these parameters"),
            Self::Id => f.write_str("an identifier could not be made"),
        }
    }
}

impl std::error::Error for Halt {}

impl From<Overflow> for Halt {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl From<BookRefusal> for Halt {
    fn from(refusal: BookRefusal) -> Self {
        Self::Books(Box::new(refusal))
    }
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

impl From<IdError> for Halt {
    fn from(_: IdError) -> Self {
        Self::Id
    }
}
