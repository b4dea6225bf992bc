//! What the lots of contracts were last settled at, computed anew: a closing lot names it, and so does the hash of the lots.

use std::collections::BTreeMap;
use std::ops::Bound;

use desk::domain::decimal::Price;
use desk::domain::ids::LotId;
use desk::domain::journal::{AccountCode, Draft, EntryKind, Fact};
use desk::domain::symbol::Symbol;

use super::closings::{Held, held};

/// The entries that move or settle contracts, by day and number, and what came of them up to some day.
#[derive(Default)]
pub(super) struct Contracts {
    moved: BTreeMap<(i64, u64), Moved>,
    fold: Fold,
}

/// What of an entry counts.
struct Moved {
    price: Option<Price>,
    /// Whose open lots it settles, where it does.
    settles: Option<Symbol>,
    units: Vec<(Held, i128)>,
}

#[derive(Default)]
struct Fold {
    /// The last entry in it.
    through: (i64, u64),
    open: BTreeMap<Held, i128>,
    references: BTreeMap<LotId, Price>,
}

impl Contracts {
    /// Takes an entry.
    pub(super) fn add(&mut self, day: i64, seq: u64, draft: &Draft) {
        let futures = draft.postings.iter().filter(|p| p.account == AccountCode::FUTURES);
        let units: Vec<_> = futures.filter_map(|p| Some((held(p)?, p.holding?.units.raw().into()))).collect();
        let instrument = draft.postings.iter().find_map(|p| p.tags.instrument);
        let settles = instrument.filter(|_| draft.kind == EntryKind::Variation);
        if units.is_empty() && settles.is_none() {
            return;
        }
        // One that comes late belongs before what is folded already.
        if (day, seq) <= self.fold.through {
            self.fold = Fold::default();
        }
        let price = draft.facts.get("price").and_then(Fact::as_str).and_then(|text| text.parse().ok());
        self.moved.insert((day, seq), Moved { price, settles, units });
    }

    /// The price that each lot was last settled at by the end of a day; before that, the one that it was opened at.
    pub(super) fn up_to(&mut self, day: i64) -> &BTreeMap<LotId, Price> {
        if self.fold.through.0 > day {
            self.fold = Fold::default();
        }
        let fresh = (Bound::Excluded(self.fold.through), Bound::Included((day, u64::MAX)));
        for (place, moved) in self.moved.range(fresh) {
            self.fold.take(moved);
            self.fold.through = *place;
        }
        &self.fold.references
    }
}

impl Fold {
    fn take(&mut self, moved: &Moved) {
        for (held, units) in &moved.units {
            let sum = self.open.entry(held.clone()).or_default();
            *sum = sum.saturating_add(*units);
            if *sum == 0 {
                self.open.remove(held);
            }
        }
        let Some(price) = moved.price else { return };
        if let Some(of) = moved.settles {
            let open = self.open.keys().filter(|(commodity, ..)| *commodity == of);
            self.references.extend(open.map(|(_, _, lot, ..)| (lot.clone(), price)));
        }
        for ((_, _, lot, ..), _) in &moved.units {
            self.references.entry(lot.clone()).or_insert(price);
        }
    }
}
