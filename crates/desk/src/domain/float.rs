//! The float that accounting assigns (LEDG-10): a limit, never a posting. The bot neither sets nor moves it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decimal::Money;
use super::symbol::Currency;
use super::time::Date;

/// An assignment as accounting's document says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloatAssignment {
    /// The document's reference; one document assigns once.
    pub document: String,
    /// Who assigned it.
    pub assigned_by: String,
    /// The capital that the bot may work with, all of it.
    pub float: Money,
    /// In which currency.
    pub currency: Currency,
    /// The first session that it holds for, by its date.
    pub from: Date,
    /// Cash that moves with it: above zero to the broker, below zero back. Where the document names none it is about as much
    /// as the float itself.
    #[serde(default)]
    pub cash: Option<Money>,
}

/// An assignment in the record: chained, folded by everybody, there after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloatAssigned {
    /// What the document says.
    pub assignment: FloatAssignment,
    /// The float in force before it.
    pub before: Money,
    /// Who brought it to the bot: a person's name, or the file.
    pub by: String,
}

/// Why nothing was assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FloatRefusal {
    /// The float is out of bounds.
    Bounds {
        /// What was given.
        float: Money,
    },
    /// It is not in the currency of the books.
    Currency {
        /// What was given.
        given: Currency,
        /// What the books are in.
        base: Currency,
    },
    /// A text is empty, too long or has signs that cannot be shown.
    Text {
        /// Which field.
        field: &'static str,
    },
    /// The document has assigned something else before.
    DocumentUsed {
        /// What it has assigned.
        earlier: Box<FloatAssigned>,
    },
    /// It raises the float, and whoever enters it has given no one-time code (WEB-3).
    StepUp {
        /// The float in force.
        now: Money,
        /// What it would be.
        float: Money,
    },
}

impl FloatAssignment {
    /// The cash that it is about.
    #[must_use]
    pub fn cash_moved(&self) -> Money {
        self.cash.unwrap_or(self.float)
    }

    /// The least and the greatest float, as those of the key `risk.float`.
    pub const BOUNDS: (Money, Money) = (Money::whole(1), Money::whole(1_000_000_000));
    /// The longest reference, and the longest name, in characters.
    pub const LONGEST: usize = 80;

    /// Whether it can be taken, for books in this currency.
    ///
    /// # Errors
    /// [`FloatRefusal`].
    pub fn check(&self, base: Currency) -> Result<(), FloatRefusal> {
        let (least, most) = Self::BOUNDS;
        if self.currency != base {
            return Err(FloatRefusal::Currency { given: self.currency, base });
        }
        if !(least..=most).contains(&self.float) {
            return Err(FloatRefusal::Bounds { float: self.float });
        }
        let fits = |text: &str| {
            (1..=Self::LONGEST).contains(&text.chars().count())
                && text.trim() == text
                && !text.contains(char::is_control)
        };
        match [("document", &self.document), ("assigned_by", &self.assigned_by)].iter().find(|(_, text)| !fits(text)) {
            Some((field, _)) => Err(FloatRefusal::Text { field }),
            None => Ok(()),
        }
    }
}

impl FloatRefusal {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bounds { .. } => "float_bounds",
            Self::Currency { .. } => "float_currency",
            Self::Text { .. } => "float_text",
            Self::DocumentUsed { .. } => "document_used",
            Self::StepUp { .. } => "step_up",
        }
    }

    /// The field of the document that it is about, where it is about one.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Bounds { .. } => Some("float"),
            Self::Currency { .. } => Some("currency"),
            Self::Text { field } => Some(field),
            Self::DocumentUsed { .. } => Some("document"),
            Self::StepUp { .. } => None,
        }
    }
}

impl fmt::Display for FloatRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounds { float } => {
                let (least, most) = FloatAssignment::BOUNDS;
                write!(f, "float is {float}. Allowed: {least} to {most}")
            }
            Self::Currency { given, base } => write!(f, "currency is {given}, and the books are in {base}"),
            Self::Text { field } => {
                let most = FloatAssignment::LONGEST;
                write!(f, "{field} needs 1 to {most} characters on one line, without spaces around them")
            }
            Self::DocumentUsed { earlier } => {
                let FloatAssignment { document, float, currency, from, .. } = &earlier.assignment;
                write!(
                    f,
                    "document {document} has assigned {float} {currency} from {from} already. Another assignment needs \
                     a document of its own"
                )
            }
            Self::StepUp { now, float } => {
                write!(f, "this raises the float from {now} to {float} and needs a one-time code, typed for it alone")
            }
        }
    }
}

impl std::error::Error for FloatRefusal {}
