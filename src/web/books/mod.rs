//! The statements of the books, each drawn up once: pages show them, files and programs get the same figures (LEDG-6).

/// Which days, in which reading of time.
mod asked;
/// Cash: what came, what went, what is left.
pub(crate) mod cash;
/// Realised gains.
pub(crate) mod gains;
/// Positions and lots, at cost and at market.
pub(crate) mod holdings;
/// Which prices a statement values with.
mod prices;
/// Trial balance, income, balance sheet.
pub(crate) mod sheets;
/// A view as a table.
mod table;
/// The statements by name.
mod view;

pub(crate) use asked::{Asked, Chosen, day_of};
pub(crate) use table::{Cell, Table};
pub(crate) use view::{ROWS, View};

use desk::domain::decimal::Money;
use desk::domain::journal::Posting;

use super::refusal::Refusal;
use crate::store::StoreError;

/// A sum that fits; what does not is said, never shown.
pub(crate) fn add(sum: Money, amount: Money) -> Result<Money, Refusal> {
    sum.checked_add(amount).ok_or_else(beyond)
}

/// A difference that fits.
pub(crate) fn take(sum: Money, amount: Money) -> Result<Money, Refusal> {
    sum.checked_sub(amount).ok_or_else(beyond)
}

/// All debits among postings of a currency: what they move.
pub(crate) fn debits<'a>(postings: impl IntoIterator<Item = &'a Posting>) -> Result<Money, Refusal> {
    postings.into_iter().map(|p| p.amount).filter(|amount| *amount > Money::ZERO).try_fold(Money::ZERO, add)
}

/// A figure is beyond 64 bits.
pub(crate) fn beyond() -> Refusal {
    StoreError::Overflow { doing: "summing a statement" }.into()
}
