//! What the books say of a run, taken from each entry as it goes by, so that nobody has to keep entries for it.

use std::collections::BTreeMap;

use crate::domain::decimal::Money;
use crate::domain::ids::{EntryId, SessionId};
use crate::domain::journal::{AccountCode, Entry, EntryKind, FeeKind};
use crate::domain::records::FeeSums;

/// Which entry books which execution, and what the day's rounding added to each fee (STRAT-16).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    /// The execution's id, its entry's, and the entry's number.
    fills: Vec<(String, EntryId, u64)>,
    roundings: Vec<(SessionId, FeeKind, Money)>,
}

impl Booked {
    /// Takes the next entry in.
    pub fn take(&mut self, entry: Entry) {
        let Entry { seq, entry_id, draft, .. } = entry;
        match draft.kind {
            EntryKind::Fill => self.fills.push((draft.source_key, entry_id, seq)),
            EntryKind::FeeRounding => {
                let expenses = draft.postings.iter().filter(|p| p.account != AccountCode::FEES_ACCRUED);
                let fees = expenses.filter_map(|p| Some((draft.session, p.tags.fee_kind?, p.amount)));
                self.roundings.extend(fees);
            }
            _ => {}
        }
    }

    /// Entries by the id of the execution that they book.
    pub(super) fn fills(&self) -> BTreeMap<&str, (&EntryId, u64)> {
        self.fills.iter().map(|(execution, id, seq)| (execution.as_str(), (id, *seq))).collect()
    }

    /// The rounding of each session's fees.
    pub(super) fn roundings(&self) -> BTreeMap<SessionId, FeeSums> {
        let mut sums = BTreeMap::<SessionId, FeeSums>::new();
        for (session, kind, amount) in &self.roundings {
            let own = sums.entry(*session).or_default();
            match kind {
                FeeKind::Sec => own.sec = *amount,
                FeeKind::Taf => own.taf = *amount,
            }
        }
        sums
    }
}

impl FromIterator<Entry> for Booked {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut booked = Self::default();
        entries.into_iter().for_each(|entry| booked.take(entry));
        booked
    }
}
