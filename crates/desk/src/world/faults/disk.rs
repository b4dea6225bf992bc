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

    fn end_record(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

/// What is stored.
#[derive(Debug, Default)]
pub struct Disk {
    /// The event log.
    pub events: Log,
    /// The books.
    pub entries: Log,
    /// The link of the chain that is stored beside each entry.
    pub links: Vec<Hash>,
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
        for event in events.drain(..) {
            serde_json::to_writer(&mut disk.events.bytes, &event).map_err(|e| Halt::Record(e.to_string()))?;
            disk.events.end_record();
        }
        for sealed in entries.drain(..) {
            disk.entries.bytes.extend_from_slice(&sealed.bytes);
            disk.entries.end_record();
            disk.links.push(sealed.hash);
        }
        disk.fuse.step(after)
    }
}
