//! The books as the auditor reads them: each entry balances, the chain verifies, each fill is the venue's (I3, I4).

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::lines::{EntryLine, record};
use super::{Figures, Finding, Terms, Told, wrong};
use crate::world::faults::disk::Disk;
use crate::world::faults::failure::Invariant;

/// Cash, settled or not.
const CASH: [&str; 2] = ["1010", "1020"];
/// Positions, long and short.
const POSITIONS: [&str; 2] = ["1310", "2110"];

/// What the books have told.
#[derive(Debug)]
pub(in crate::world::faults) struct BooksSeen {
    read: usize,
    link: [u8; 32],
    fills: BTreeMap<Box<str>, Figures>,
    sources: BTreeSet<(Box<str>, Box<str>)>,
    cash: i128,
    units: Vec<i128>,
}

impl BooksSeen {
    pub(super) fn new(terms: &Terms) -> Self {
        Self {
            read: 0,
            link: [0; 32],
            fills: BTreeMap::new(),
            sources: BTreeSet::new(),
            cash: 0,
            units: vec![0; terms.symbols.len()],
        }
    }

    pub(super) const fn is_up_to_date(&self, disk: &Disk) -> bool {
        self.read == disk.stored.entries.len()
    }

    pub(super) const fn fills(&self) -> &BTreeMap<Box<str>, Figures> {
        &self.fills
    }

    pub(super) fn read(&mut self, disk: &Disk, terms: &Terms, told: &Told) -> Finding {
        for bytes in disk.stored.entries.from(self.read) {
            let stored = disk.stored.links.get(self.read);
            self.read = self.read.saturating_add(1);
            let mut hasher = Sha256::new();
            hasher.update(self.link);
            hasher.update(bytes);
            self.link = hasher.finalize().into();
            if stored.is_none_or(|link| *link.bytes() != self.link) {
                return wrong(Invariant::I4, format!("entry {}: the chain is broken", self.read));
            }
            let line: EntryLine<'_> = match record(bytes) {
                Ok(line) => line,
                Err(e) => return wrong(Invariant::I4, format!("entry {}: {e}", self.read)),
            };
            self.entry(&line, terms, told)?;
        }
        Ok(())
    }

    fn entry(&mut self, line: &EntryLine<'_>, terms: &Terms, told: &Told) -> Finding {
        if usize::try_from(line.seq) != Ok(self.read) {
            return wrong(Invariant::I4, format!("entry {} stands where {} belongs", line.seq, self.read));
        }
        if !self.sources.insert((line.kind.into(), line.source_key.into())) {
            return wrong(Invariant::I4, format!("{} {} is booked twice", line.kind, line.source_key));
        }
        let mut sums: Vec<(&str, i128)> = Vec::new();
        let mut add = |name, steps: i128| match sums.iter_mut().find(|(n, _)| *n == name) {
            Some((_, sum)) => *sum = sum.saturating_add(steps),
            None => sums.push((name, steps)),
        };
        for p in &line.postings {
            add(p.currency, p.amount.0);
            if CASH.contains(&p.account) {
                self.cash = self.cash.saturating_add(p.amount.0);
            }
            if let (Some(commodity), Some(units)) = (p.commodity, p.units) {
                add(commodity, units.0);
                let held = terms.place(commodity).filter(|_| POSITIONS.contains(&p.account));
                if let Some(sum) = held.and_then(|place| self.units.get_mut(place)) {
                    *sum = sum.saturating_add(units.0);
                }
            }
        }
        if let Some((name, sum)) = sums.iter().find(|(_, sum)| *sum != 0) {
            return wrong(Invariant::I4, format!("entry {}: {name} sums to {sum} (10⁻⁸)", line.seq));
        }
        if line.kind == "fill" { self.fill(line, terms, told) } else { Ok(()) }
    }

    fn fill(&mut self, line: &EntryLine<'_>, terms: &Terms, told: &Told) -> Finding {
        let (id, facts) = (line.source_key, &line.facts);
        let figures = (|| {
            Some(Figures {
                order: facts.order?.into(),
                place: terms.place(facts.symbol?)?,
                quantity: facts.quantity?.0,
                price: facts.price?.0,
                commission: facts.commission?.0,
            })
        })();
        let Some(figures) = figures else {
            return wrong(Invariant::I3, format!("fill {id} does not say what it is"));
        };
        if told.executions.get(id) != Some(&figures) {
            return wrong(Invariant::I3, format!("fill {id} is booked; the venue made another or none"));
        }
        self.fills.insert(id.into(), figures);
        Ok(())
    }

    /// Cash and positions in the books are those of the venue's records.
    pub(super) fn agree(&self, terms: &Terms, told: &Told, position: impl Fn(usize) -> i128) -> Finding {
        if self.cash != told.cash {
            let what = format!("cash in the books is {}, by the venue's records {} (10⁻⁸)", self.cash, told.cash);
            return wrong(Invariant::I4, what);
        }
        for (place, symbol) in terms.symbols.iter().enumerate() {
            let (own, theirs) = (self.units.get(place).copied().unwrap_or(0), position(place));
            if own != theirs {
                return wrong(Invariant::I4, format!("{symbol}: {own} in the books, {theirs} at the venue (10⁻⁸)"));
            }
        }
        Ok(())
    }
}
