//! The disk that outlives the process: event log and books as stored bytes, each commit whole or not at all.

use std::cell::RefCell;
use std::rc::Rc;

use super::crash::{Fuse, Step};
use crate::domain::chain::Hash;
use crate::domain::event::Event;
use crate::machines::ledger::Sealed;
use crate::world::trader::{Halt, Record};

/// Records one after the other, in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Log {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The records from one on, in their order.
    pub fn from(&self, first: usize) -> impl Iterator<Item = &[u8]> {
        let before = first.checked_sub(1).and_then(|n| self.ends.get(n)).copied().unwrap_or(0);
        let ends = self.ends.get(first..).unwrap_or_default().iter();
        ends.scan(before, |start, end| {
            let record = self.bytes.get(*start..*end).unwrap_or_default();
            *start = *end;
            Some(record)
        })
    }

    /// Adds the records that another has beyond those of this one.
    fn follow(&mut self, other: &Self) {
        self.bytes.extend_from_slice(other.bytes.get(self.bytes.len()..).unwrap_or_default());
        self.ends.extend_from_slice(other.ends.get(self.ends.len()..).unwrap_or_default());
    }

    fn end_record(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

/// What is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The event log.
    pub events: Log,
    /// The books.
    pub entries: Log,
    /// The link of the chain that is stored beside each entry.
    pub links: Vec<Hash>,
}

impl Stored {
    /// Adds what another has beyond this one.
    pub fn follow(&mut self, other: &Self) {
        self.events.follow(&other.events);
        self.entries.follow(&other.entries);
        self.links.extend_from_slice(other.links.get(self.links.len()..).unwrap_or_default());
    }

    /// What differs; nothing where all bytes are the same.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            ("the events", self.events == other.events),
            ("the entries", self.entries == other.entries),
            ("the links of the chain", self.links == other.links),
        ];
        parts.into_iter().find(|(_, same)| !same).map(|(part, _)| part)
    }
}

/// The disk.
#[derive(Debug, Default)]
pub struct Disk {
    /// What outlives the process.
    pub stored: Stored,
    /// Stops the process at the steps of a commit and at all others.
    pub fuse: Fuse,
}

/// A disk that outlives the process which writes to it.
pub type Shared = Rc<RefCell<Disk>>;

/// The process's own end of the disk.
#[derive(Debug)]
pub struct Writer(pub Shared);

impl Record for Writer {
    fn commit(&mut self, events: &mut Vec<Event>, entries: &mut Vec<Sealed>) -> Result<(), Halt> {
        if events.is_empty() && entries.is_empty() {
            return Ok(());
        }
        let (before, after) = Step::of_commit(events);
        let mut disk = self.0.borrow_mut();
        disk.fuse.step(before)?;
        let stored = &mut disk.stored;
        for event in events.drain(..) {
            serde_json::to_writer(&mut stored.events.bytes, &event).map_err(|e| Halt::Record(e.to_string()))?;
            stored.events.end_record();
        }
        for sealed in entries.drain(..) {
            stored.entries.bytes.extend_from_slice(&sealed.bytes);
            stored.entries.end_record();
            stored.links.push(sealed.hash);
        }
        disk.fuse.step(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(events: &[&[u8]], entries: &[&[u8]]) -> Stored {
        let mut stored = Stored::default();
        for (log, records) in [(&mut stored.events, events), (&mut stored.entries, entries)] {
            for record in records {
                log.bytes.extend_from_slice(record);
                log.end_record();
            }
        }
        stored.links.extend(entries.iter().map(|entry| Hash::of(entry)));
        stored
    }

    /// I4: a reader that holds the disk against its copy sees whatever was changed behind it.
    #[test]
    fn i4_a_record_that_is_changed_after_it_was_read_is_seen() {
        let disk = stored(&[b"one", b"two"], &[b"first", b"second"]);
        let mut copy = stored(&[b"one"], &[]);
        copy.follow(&disk);
        assert_eq!((&copy, copy.difference(&disk)), (&disk, None));
        for (changed, part) in [
            (stored(&[b"one", b"twa"], &[b"first", b"second"]), "the events"),
            (stored(&[b"onet", b"wo"], &[b"first", b"second"]), "the events"),
            (stored(&[b"one"], &[b"first", b"second"]), "the events"),
            (stored(&[b"one", b"two"], &[b"fIrst", b"second"]), "the entries"),
            (stored(&[b"one", b"two"], &[b"first", b"second", b"third"]), "the entries"),
            (Stored { links: vec![Hash::GENESIS; 2], ..disk.clone() }, "the links of the chain"),
        ] {
            assert_eq!(copy.difference(&changed), Some(part));
        }
    }
}
