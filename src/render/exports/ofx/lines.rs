//! What the journal would be on a broker's statement: the transactions of our own OFX, to be held against another's.

use desk::domain::decimal::{Money, Quantity};
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;
use desk::domain::wide::Overflow;

use super::transaction::{Body, Transaction};
use super::walk::Walk;
use crate::render::imports::{Booked, Line, UnitPrice};

/// The lines of entries, in their order. The ids of each are its FITID, and the execution's or activity's own.
///
/// # Errors
/// Where a sum is beyond 64 bits.
pub fn lines(entries: &[Entry], base: Currency) -> Result<Vec<Booked>, Overflow> {
    let mut walk = Walk::default();
    let mut lines = Vec::new();
    for entry in entries {
        for (transaction, n) in walk.take(entry, base)?.iter().zip(1_u64..) {
            let ids = vec![format!("{}-{n}", entry.entry_id), entry.draft.source_key.clone()];
            lines.push(Booked { line: line(transaction), seq: entry.seq, ids });
        }
    }
    Ok(lines)
}

fn line(transaction: &Transaction) -> Line {
    let (units, price) = match &transaction.body {
        Body::Trade(trade) => (Some(trade.units), Some(UnitPrice::new(trade.price))),
        Body::Split { old, new, .. } => (Some(new.saturating_sub(*old)), None),
        Body::Transfer { units, .. } => (Some(*units), None),
        _ => (None, None),
    };
    let cash = match &transaction.body {
        Body::Split { .. } | Body::Transfer { .. } => None,
        _ => Some(Money::from_raw(transaction.cash())),
    };
    Line {
        date: transaction.at.utc_date(),
        currency: transaction.currency,
        instrument: transaction.security().map(|s| s.to_string()),
        units: units.map(Quantity::from_raw),
        price,
        amount: cash,
        text: transaction.memo.clone(),
    }
}
