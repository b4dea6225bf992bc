//! What came of holding a statement against the journal.

use desk::domain::decimal::Money;
use desk::domain::symbol::Currency;
use serde::{Deserialize, Serialize};

use super::closing::Closed;
use super::line::{Booked, Line, Stated};
use crate::render::exports::Period;

/// Why a line and an entry are held side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// They have an id in common.
    Id,
    /// They say the same, or nearly so, within the window of days.
    Fields,
}

/// What may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields of a line")]
pub enum Field {
    Date,
    Currency,
    Instrument,
    Units,
    Price,
    Amount,
}

impl Field {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Date => "day",
            Self::Currency => "currency",
            Self::Instrument => "instrument",
            Self::Units => "units",
            Self::Price => "price",
            Self::Amount => "amount",
        }
    }
}

/// A field that differs, and by how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which.
    pub field: Field,
    /// What the statement says.
    pub statement: String,
    /// What the books say.
    pub books: String,
    /// The statement's less the books', where it is a figure; in days for dates.
    pub by: Option<String>,
}

/// A line of the statement beside what the books have of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The statement's.
    pub stated: Stated,
    /// The books': more than one where a fill closed a position and opened another.
    pub booked: Vec<Booked>,
    /// Why.
    pub basis: Basis,
    /// What differs; nothing where it matches.
    pub differences: Vec<Difference>,
}

/// A line of the statement that the books do not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmatched {
    /// It.
    pub stated: Stated,
    /// The line of the file that says the same and has its entry: this one stands there twice.
    pub doubles: Option<u64>,
}

/// The cash of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Which.
    pub currency: Currency,
    /// All lines of the statement.
    pub statement: Money,
    /// What the books have of these days.
    pub books: Money,
    /// The statement's less the books'.
    pub difference: Money,
}

/// A statement held against the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matching {
    /// The days, the first and the last.
    pub days: (desk::domain::time::Date, desk::domain::time::Date),
    /// How many days apart the two may be.
    pub window: u16,
    /// What agrees.
    pub matched: Vec<Pair>,
    /// What belongs together and differs.
    pub differing: Vec<Pair>,
    /// What the statement alone has.
    pub statement_only: Vec<Unmatched>,
    /// What the books alone have.
    pub books_only: Vec<Booked>,
    /// Cash, by currency.
    pub sums: Vec<Sum>,
    /// What was held at the end, where the statement says so.
    #[serde(default)]
    pub closed: Option<Closed>,
}

impl Matching {
    /// Whether nothing is left over and nothing differs.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let held = self.closed.as_ref().is_none_or(|c| c.differing().next().is_none());
        held && self.differing.is_empty() && self.statement_only.is_empty() && self.books_only.is_empty()
    }

    /// The days that were compared.
    #[must_use]
    pub const fn period(&self) -> Period {
        Period { from: self.days.0, to: self.days.1 }
    }
}

/// What a line of a statement and a line of the books say differently.
pub(super) fn differences(stated: &Line, booked: &Line, window: u16) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |field, statement: String, books: String, by: Option<String>| {
        found.push(Difference { field, statement, books, by });
    };
    let days = stated.date.days().saturating_sub(booked.date.days());
    if days.unsigned_abs() > u64::from(window) {
        add(Field::Date, stated.date.to_string(), booked.date.to_string(), Some(days.to_string()));
    }
    if stated.currency != booked.currency {
        add(Field::Currency, stated.currency.to_string(), booked.currency.to_string(), None);
    }
    if let (Some(a), Some(b)) = (&stated.instrument, &booked.instrument)
        && a != b
    {
        add(Field::Instrument, a.clone(), b.clone(), None);
    }
    if let (Some(a), Some(b)) = (stated.units, booked.units)
        && a != b
    {
        add(Field::Units, a.to_string(), b.to_string(), a.checked_sub(b).map(|by| by.to_string()));
    }
    if let (Some(a), Some(b)) = (stated.price, booked.price)
        && a != b
    {
        let by = super::line::UnitPrice::new(desk::domain::wide::Wide::new(a.raw().saturating_sub(b.raw())));
        add(Field::Price, a.to_string(), b.to_string(), Some(by.to_string()));
    }
    if let (Some(a), Some(b)) = (stated.amount, booked.amount)
        && a != b
    {
        add(Field::Amount, a.to_string(), b.to_string(), a.checked_sub(b).map(|by| by.to_string()));
    }
    found
}
