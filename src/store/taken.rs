//! The machines' records as the store takes them.

use desk::machines::ledger as books;

use super::error::StoreError;
use super::words::{Closing, ClosingBalance, ClosingLot, Event};

/// An event of the log.
///
/// # Errors
/// Where its bytes cannot be made; none such is known.
pub fn event(event: &desk::domain::event::Event) -> Result<Event, StoreError> {
    let bytes = event.to_bytes().map_err(|e| StoreError::Unfit { reason: format!("event {}: {e}", event.seq) })?;
    Ok(Event { seq: event.seq, at: event.at, kind: event.body.kind().to_owned(), version: event.v, bytes })
}

/// A closed day, with the number of its entry; signed where there is somebody who signs.
#[must_use]
pub fn closing(seq: u64, closing: &books::Closing, signature: Option<Vec<u8>>) -> Closing {
    let balance = |b: &books::ClosingBalance| ClosingBalance {
        account: b.account,
        currency: b.currency,
        commodity: b.commodity,
        strategy: b.strategy,
        amount: b.amount,
        units: b.units.unwrap_or_default(),
    };
    let lot = |l: &books::ClosingLot| ClosingLot {
        account: l.account,
        currency: l.currency,
        commodity: l.commodity,
        lot: l.lot.clone(),
        units: l.units,
        cost: l.cost,
        reference: l.reference,
    };
    Closing {
        seq,
        session: closing.record.session,
        n: closing.record.n,
        record: closing.bytes.clone(),
        signature,
        balances: closing.balances.iter().map(balance).collect(),
        lots: closing.lots.iter().map(lot).collect(),
    }
}
