//! What was booked since the last close, for its checks and its record.

use std::collections::{BTreeMap, BTreeSet};

use super::books::Books;
use crate::domain::decimal::Quantity;
use crate::domain::ids::{ExecutionId, SessionId};
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

/// Entries of a day that no closing record covers yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uncovered {
    /// The first of them.
    pub(super) first: u64,
    pub(super) entries: u64,
    pub(super) postings: u64,
}

/// Executions since the last close.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
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
        let fresh = Uncovered { first: entry.seq, entries: 0, postings: 0 };
        let day = self.uncovered.entry(d.session).or_insert(fresh);
        day.entries = day.entries.saturating_add(1);
        day.postings = day.postings.saturating_add(u64::try_from(d.postings.len()).ok()?);
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

    /// What a record of this day would cover: what was booked into it and into the days before it since their records. Nothing
    /// begins with the entry that would come next.
    pub(super) fn covered(&self, day: SessionId) -> Uncovered {
        let nothing = Uncovered { first: self.last_seq.saturating_add(1), entries: 0, postings: 0 };
        self.uncovered.range(..=day).fold(nothing, |sum, (_, of)| Uncovered {
            first: sum.first.min(of.first),
            entries: sum.entries.saturating_add(of.entries),
            postings: sum.postings.saturating_add(of.postings),
        })
    }

    /// A day was closed: what its record covers is counted no more. Where a later day has entries already, executions are counted on
    /// until that one is closed.
    pub(super) fn cover(&mut self, day: SessionId) {
        self.uncovered = self.uncovered.split_off(&day);
        self.uncovered.remove(&day);
        self.crossed = self.booked_through.is_some_and(|latest| latest > day);
        if !self.crossed {
            self.tally = Tally::default();
        }
    }
}
