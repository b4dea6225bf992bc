//! The books of one day: what was booked into it and into the days before it, whatever later days have (decision 0026).

use std::collections::BTreeSet;

use super::books::Books;
use super::record::BrokerFigures;
use super::refusal::BookRefusal;
use super::wash::Washes;
use crate::domain::ids::{ExecutionId, SessionId};
use crate::domain::journal::{Entry, EntryKind};

impl Books {
    /// Whether the close of a day needs the books of that day alone: a later day has entries, or one was closed before it while
    /// this one had some.
    #[must_use]
    pub fn is_apart(&self, day: SessionId) -> bool {
        self.crossed || self.booked_through.is_some_and(|latest| latest > day)
    }

    /// These books as those of a day: their sums are of all postings so far, and none of them may be a later day's.
    pub(super) fn alone(&self, session: SessionId) -> Result<&Self, BookRefusal> {
        match self.booked_through.filter(|_| self.is_apart(session)) {
            Some(latest) => Err(BookRefusal::LaterSessionBooked { session, latest }),
            None => Ok(self),
        }
    }

    /// The books as they are at the end of a day, from all entries in their order: what was booked into it and into the days before
    /// it, day by day, whenever it was booked. The last day closed before it stands as the close that counts has left it.
    #[must_use]
    pub fn of_day<'a>(&self, day: SessionId, entries: impl Iterator<Item = &'a Entry> + Clone) -> Self {
        let before = self.closed.range(..day).next_back().copied();
        let standing = before.map(|closed| format!("{closed}:{}", self.times_closed(closed)));
        let mut own = Self::new(self.identity.clone());
        (own.chart, own.lots, own.washes) = (self.chart.clone(), self.lots, Washes::idle());
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

    /// Leaves of the broker's figures what the next close compares: what stands in closed days was compared when they were closed.
    pub fn leave_compared(&self, broker: &mut BrokerFigures) {
        broker.executions.retain(|execution| self.compares(&execution.id));
        broker.activities.retain(|activity| self.asks_for(&activity.id));
    }

    /// Adds what the broker said at the end of an earlier day, unless it was undone since.
    pub fn add_earlier(&self, broker: &mut BrokerFigures, earlier: &BrokerFigures) {
        let undone = |id| self.tally.busted.contains(id) && !self.tally.fills.contains_key(id);
        let known: BTreeSet<ExecutionId> = broker.executions.iter().map(|e| e.id.clone()).collect();
        let more = earlier.executions.iter().filter(|e| !known.contains(&e.id) && !undone(&e.id));
        broker.executions.extend(more.cloned());
        let known: BTreeSet<String> = broker.activities.iter().map(|a| a.id.clone()).collect();
        broker.activities.extend(earlier.activities.iter().filter(|a| !known.contains(&a.id)).cloned());
    }
}
