//! The books of one day: what was booked into it and into the days before it, whatever later days have (decision 0026).

use super::books::Books;
use crate::domain::ids::SessionId;
use crate::domain::journal::{Entry, EntryKind};

impl Books {
    /// Whether the close of a day needs the books of that day alone: a later day has entries, or one was closed before it while
    /// this one had some.
    #[must_use]
    pub fn is_apart(&self, day: SessionId) -> bool {
        self.crossed || self.booked_through.is_some_and(|latest| latest > day)
    }

    /// The books as they are at the end of a day, from all entries in their order: what was booked into it and into the days before
    /// it, day by day, whenever it was booked. The last day closed before it stands as the close that counts has left it.
    #[must_use]
    pub fn of_day<'a>(&self, day: SessionId, entries: impl Iterator<Item = &'a Entry> + Clone) -> Self {
        let before = self.closed.range(..day).next_back().copied();
        let standing = before.map(|closed| format!("{closed}:{}", self.times_closed(closed)));
        let mut own = Self::new(self.identity.clone());
        (own.chart, own.lots) = (self.chart.clone(), self.lots);
        let memo = |e: &&Entry| matches!(e.draft.kind, EntryKind::DayClose | EntryKind::Unlock);
        let mut booked: Vec<&Entry> = entries.clone().filter(|e| e.draft.session <= day && !memo(e)).collect();
        booked.sort_by_key(|e| e.draft.session);
        let (closed, open) = booked.split_at(booked.partition_point(|e| Some(e.draft.session) <= before));
        for entry in closed {
            own.apply(entry);
        }
        let counts = entries.clone().filter(|e| e.draft.kind == EntryKind::DayClose);
        counts.filter(|e| standing.as_ref() == Some(&e.draft.source_key)).for_each(|e| own.apply(e));
        for entry in open {
            own.apply(entry);
        }
        // What check 7 holds against the chain: entries that are missing here show.
        own.last_seq = entries.last().map_or(0, |e| e.seq);
        own.closed = self.closed.range(..day).copied().collect();
        own
    }
}
