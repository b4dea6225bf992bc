//! What was booked since the last close, for its checks.

use std::collections::{BTreeMap, BTreeSet};

use super::books::Books;
use crate::domain::decimal::Quantity;
use crate::domain::ids::ExecutionId;
use crate::domain::journal::{AccountCode, Entry, EntryKind, Fact};
use crate::domain::symbol::Symbol;

/// A fill that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) instrument: Symbol,
    /// Signed, as the fact says.
    pub(super) quantity: Quantity,
    /// Whether its trade session was closed before it was booked.
    pub(super) late: bool,
}

/// Entries since the last close.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) entries: u64,
    pub(super) postings: u64,
    pub(super) fills: BTreeMap<ExecutionId, Standing>,
    /// Executions that were undone.
    pub(super) busted: BTreeSet<ExecutionId>,
    /// Σ units of account 9100.
    pub(super) market: BTreeMap<Symbol, Quantity>,
    /// Σ signed units of executions of closed sessions that were undone.
    pub(super) undone: BTreeMap<Symbol, Quantity>,
}

impl Books {
    /// Counts an entry. Nothing where a sum leaves 64 bits.
    pub(super) fn count(&mut self, entry: &Entry) -> Option<()> {
        let (d, tally) = (&entry.draft, &mut self.tally);
        tally.entries = tally.entries.saturating_add(1);
        tally.postings = tally.postings.saturating_add(u64::try_from(d.postings.len()).ok()?);
        for p in d.postings.iter().filter(|p| p.account == AccountCode::UNITS_MARKET) {
            let (Some(holding), Some(fill)) = (p.holding, &p.tags.fill) else { continue };
            let sum = tally.market.entry(holding.commodity).or_default();
            *sum = sum.checked_add(holding.units)?;
            match d.kind {
                EntryKind::Fill => {
                    // The fact, not the posting: the two are compared at the close.
                    let fact = d.facts.get("quantity").and_then(Fact::as_str).and_then(|t| t.parse().ok());
                    let quantity = fact.unwrap_or_else(|| holding.units.negated());
                    let late = d.facts.contains_key("trade_session");
                    let standing = Standing { instrument: holding.commodity, quantity, late };
                    tally.fills.insert(fill.clone(), standing);
                }
                EntryKind::Reversal => {
                    tally.busted.insert(fill.clone());
                    if tally.fills.remove(fill).is_none() {
                        let sum = tally.undone.entry(holding.commodity).or_default();
                        *sum = sum.checked_add(holding.units)?;
                    }
                }
                _ => {}
            }
        }
        Some(())
    }
}
