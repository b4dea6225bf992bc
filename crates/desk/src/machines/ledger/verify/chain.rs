//! One entry after the other, along the chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::fault::{Fault, What, same, same_option};
use super::records::{self, Expected};
use super::rows::{EntryColumns, StoredEntry, StoredPosting};
use super::sums::Sums;
use crate::domain::chain::Hash;
use crate::domain::chart;
use crate::domain::ids::{Identity, SessionId};
use crate::domain::journal::{Draft, Entry, EntryKind, Posting};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::wide::Wide;
use crate::machines::ledger::journal::Head;

/// What was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The end of the chain; to be compared with the head that is kept outside (LEDG-4a).
    pub head: Head,
    /// How many postings there are.
    pub postings: u64,
    /// How many sessions were closed.
    pub closings: u64,
}

/// Why a journal could not be verified: something is wrong with it, or reading it failed.
#[derive(Debug)]
pub enum VerifyError<E> {
    /// The first thing that is wrong.
    Fault(Fault),
    /// What the reader says.
    Read(E),
}

impl<E: fmt::Display> fmt::Display for VerifyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Read(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for VerifyError<E> {}

/// Verifies a journal from its first entry on.
///
/// # Errors
/// The first thing that is wrong, or what the reader says.
pub fn verify<'a, E>(
    identity: &Identity,
    entries: impl IntoIterator<Item = Result<StoredEntry<'a>, E>>,
) -> Result<Verified, VerifyError<E>> {
    let mut verifier = Verifier::new(identity.clone());
    for entry in entries {
        verifier.entry(&entry.map_err(VerifyError::Read)?).map_err(VerifyError::Fault)?;
    }
    Ok(verifier.verified())
}

/// A verification under way; for a reader that has one entry at a time.
#[derive(Clone, Debug)]
pub struct Verifier {
    identity: Identity,
    done: Verified,
    sums: Sums,
    sources: BTreeMap<EntryKind, BTreeMap<Box<str>, u64>>,
    reversed: BTreeMap<u64, u64>,
    closed: BTreeSet<SessionId>,
    closings_of: BTreeMap<SessionId, (u32, Hash)>,
    /// Every entry: a day is closed from those of its own and of the days before it, whatever later days have.
    taken: Vec<Draft>,
    /// The latest day with postings, and whether a day before it was closed last.
    latest: Option<SessionId>,
    crossed: bool,
    /// What no record covers yet, by day: the first entry, how many, and their postings.
    open: BTreeMap<SessionId, (u64, u64, u64)>,
    last_record: Hash,
}

impl Verifier {
    /// Before the first entry.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            done: Verified::default(),
            sums: Sums::default(),
            sources: BTreeMap::new(),
            reversed: BTreeMap::new(),
            closed: BTreeSet::new(),
            closings_of: BTreeMap::new(),
            taken: Vec::new(),
            latest: None,
            crossed: false,
            open: BTreeMap::new(),
            last_record: Hash::GENESIS,
        }
    }

    /// What was verified so far.
    #[must_use]
    pub const fn verified(&self) -> Verified {
        self.done
    }

    /// Verifies the next entry.
    ///
    /// # Errors
    /// The first thing that is wrong with it; the verification ends there.
    pub fn entry(&mut self, stored: &StoredEntry<'_>) -> Result<(), Fault> {
        let seq = self.done.head.seq.saturating_add(1);
        same(seq, What::Number, stored.seq, seq)?;
        let hash = self.done.head.hash.link(stored.bytes);
        same(seq, What::Hash, stored.hash, hash)?;
        let entry = Entry::from_bytes(stored.bytes).map_err(|e| Fault {
            seq,
            what: What::Bytes,
            stored: e.to_string(),
            computed: "an entry of a known version".to_owned(),
        })?;
        same(seq, What::NumberInBytes, entry.seq, seq)?;
        self.id(&entry)?;
        if let Some(columns) = &stored.columns {
            same_columns(&entry, columns)?;
        }
        if let Some(rows) = stored.postings {
            same_postings(&entry, rows)?;
        }
        well_formed(&entry)?;
        balanced(&entry)?;
        self.in_order(&entry)?;
        let mut record = None;
        if entry.draft.kind == EntryKind::DayClose {
            record = Some(self.close(&entry, stored)?);
        } else if stored.closing.is_some() {
            let (stored, computed) = ("a closing record".to_owned(), format!("none for {}", entry.draft.kind));
            return Err(Fault { seq, what: What::Record, stored, computed });
        }
        self.take(entry, hash, record);
        Ok(())
    }

    fn id(&self, entry: &Entry) -> Result<(), Fault> {
        let (kind, key) = (entry.draft.kind, &entry.draft.source_key);
        // BOOKS.md section 3, written out here a second time on purpose.
        let text = format!("{}\n{}\n{key}", self.identity.as_str(), kind.as_str());
        let computed = Hash::of(text.as_bytes()).base32(26);
        same(entry.seq, What::EntryId, entry.entry_id.as_str(), &computed)
    }

    /// Stamps, sources, reversals, sessions.
    fn in_order(&self, entry: &Entry) -> Result<(), Fault> {
        let (seq, d) = (entry.seq, &entry.draft);
        if entry.booked_at < self.done.head.booked_at {
            return same(seq, What::BookedAt, entry.booked_at, self.done.head.booked_at);
        }
        if let Some(first) = self.sources.get(&d.kind).and_then(|keys| keys.get(d.source_key.as_str())) {
            let stored = format!("{} {}", d.kind, d.source_key);
            return Err(Fault { seq, what: What::Source, stored, computed: format!("booked by entry {first}") });
        }
        let fault = |what, stored: String, computed: String| Err(Fault { seq, what, stored, computed });
        if let Some(named) = [d.reverses, d.corrects].into_iter().flatten().find(|named| *named == 0 || *named >= seq) {
            return fault(What::Reversal, format!("entry {named}"), "an entry before this one".to_owned());
        }
        if let Some((of, by)) = d.reverses.and_then(|of| self.reversed.get(&of).map(|by| (of, by))) {
            return fault(What::Reversal, format!("entry {of}"), format!("entry {of} is reversed by entry {by}"));
        }
        if d.reverses.is_some() != (d.kind == EntryKind::Reversal) {
            return same_option(seq, What::Reversal, d.reverses.map(|s| s.to_string()), Some(d.kind.to_string()));
        }
        match self.closed.last() {
            Some(closed) if d.session <= *closed && d.kind != EntryKind::Unlock => {
                fault(What::ClosedSession, d.session.to_string(), format!("a session after {closed}, which is closed"))
            }
            _ => Ok(()),
        }
    }

    fn close(&self, entry: &Entry, stored: &StoredEntry<'_>) -> Result<Hash, Fault> {
        let day = entry.draft.session;
        let before = self.closings_of.get(&day);
        let covered = || self.open.range(..=day).map(|(_, of)| *of);
        let apart = self.crossed || self.latest.is_some_and(|latest| latest > day);
        let own = apart.then(|| Sums::through(day, self.taken.iter()));
        let expected = Expected {
            identity: &self.identity,
            n: before.map_or(0, |(n, _)| *n).saturating_add(1),
            replaces: before.map(|(_, record)| *record),
            first_seq: covered().map(|(first, ..)| first).min().unwrap_or(entry.seq),
            entries: covered().map(|(_, entries, _)| entries).sum(),
            postings: covered().map(|(.., postings)| postings).sum(),
            last_hash: self.done.head.hash,
            previous_record: self.last_record,
            sums: own.as_ref().unwrap_or(&self.sums),
        };
        let key = format!("{}:{}", entry.draft.session, expected.n);
        same(entry.seq, What::Source, entry.draft.source_key.as_str(), &key)?;
        records::check(entry, stored.closing, &expected)
    }

    /// Takes an entry in that was found right.
    fn take(&mut self, entry: Entry, hash: Hash, record: Option<Hash>) {
        let (seq, d) = (entry.seq, entry.draft);
        self.done.head = Head { seq, hash, booked_at: entry.booked_at };
        self.sums.add(&d);
        let count = u64::try_from(d.postings.len()).unwrap_or(u64::MAX);
        self.done.postings = self.done.postings.saturating_add(count);
        if count > 0 {
            self.latest = self.latest.max(Some(d.session));
        }
        if let Some(reversed) = d.reverses {
            self.reversed.insert(reversed, seq);
        }
        if let Some(record) = record {
            self.done.closings = self.done.closings.saturating_add(1);
            self.closed.insert(d.session);
            let (n, last) = self.closings_of.entry(d.session).or_default();
            *n = n.saturating_add(1);
            *last = record;
            self.crossed = self.latest.is_some_and(|latest| latest > d.session);
            self.open.retain(|day, _| *day > d.session);
            self.last_record = record;
        }
        let of_day = self.open.entry(d.session).or_insert((seq, 0, 0));
        (of_day.1, of_day.2) = (of_day.1.saturating_add(1), of_day.2.saturating_add(count));
        if d.kind == EntryKind::Unlock {
            self.closed.retain(|closed| *closed < d.session);
        }
        self.sources.entry(d.kind).or_default().insert(d.source_key.as_str().into(), seq);
        self.taken.push(d);
    }
}

fn same_columns(entry: &Entry, c: &EntryColumns<'_>) -> Result<(), Fault> {
    let (seq, d) = (entry.seq, &entry.draft);
    let column = What::Column;
    same(seq, column("entry_id"), c.entry_id, entry.entry_id.as_str())?;
    same(seq, column("kind"), c.kind, d.kind.as_str())?;
    same(seq, column("source_key"), c.source_key, &d.source_key)?;
    same(seq, column("session"), c.session, &d.session.to_string())?;
    same(seq, column("effective_at"), c.effective_at, d.effective_at)?;
    same(seq, column("booked_at"), c.booked_at, entry.booked_at)?;
    same_option(seq, column("reverses"), c.reverses, d.reverses)?;
    same_option(seq, column("corrects"), c.corrects, d.corrects)?;
    let count = u64::try_from(d.postings.len()).unwrap_or(u64::MAX);
    same(seq, column("postings"), c.postings, count)
}

fn same_postings(entry: &Entry, rows: &[StoredPosting<'_>]) -> Result<(), Fault> {
    let seq = entry.seq;
    for ((posting, line), row) in entry.draft.postings.iter().zip(1_u64..).zip(rows) {
        let c = StoredPosting::of(posting, line);
        let column = |column| What::Posting { line, column };
        same(seq, column("line"), row.line, c.line)?;
        same(seq, column("account"), row.account, c.account)?;
        same(seq, column("currency"), row.currency, c.currency)?;
        same(seq, column("amount"), row.amount, c.amount)?;
        same_option(seq, column("commodity"), row.commodity, c.commodity)?;
        same_option(seq, column("units"), row.units, c.units)?;
        same_option(seq, column("lot"), row.lot, c.lot)?;
        same_option(seq, column("strategy"), row.strategy, c.strategy)?;
        same_option(seq, column("instrument"), row.instrument, c.instrument)?;
        same_option(seq, column("fill"), row.fill, c.fill)?;
        same_option(seq, column("fee_kind"), row.fee_kind, c.fee_kind)?;
        same_option(seq, column("item"), row.item, c.item)?;
    }
    same(seq, What::PostingCount, rows.len(), entry.draft.postings.len())
}

/// How many postings, and what each of them carries.
fn well_formed(entry: &Entry) -> Result<(), Fault> {
    let (seq, d) = (entry.seq, &entry.draft);
    let fault = |what, stored: String, computed: &str| Err(Fault { seq, what, stored, computed: computed.to_owned() });
    let memo = matches!(d.kind, EntryKind::WashSale | EntryKind::DayClose | EntryKind::Unlock);
    match d.postings.len() {
        0 if memo => return Ok(()),
        count if memo => return fault(What::PostingCount, count.to_string(), "0, as for every memo"),
        count @ (0 | 1) => return fault(What::PostingCount, count.to_string(), "2 or more"),
        _ => {}
    }
    for (p, line) in d.postings.iter().zip(1_u64..) {
        let Some(account) = chart::find(p.account) else {
            return fault(What::Account { line }, p.account.to_string(), "an account of the chart");
        };
        let form = |stored: String, computed| fault(What::PostingForm { line }, stored, computed);
        match p.holding {
            None if p.amount.is_zero() => return form("nothing".to_owned(), "an amount or units"),
            Some(h) if h.units.is_zero() => return form("units of zero".to_owned(), "units, or no commodity"),
            _ => {}
        }
        match account.holds {
            chart::Holds::Units | chart::Holds::LotsWithoutAmount if !p.amount.is_zero() => {
                return form(format!("the amount {}", p.amount), "units alone");
            }
            chart::Holds::OpenItems if p.tags.item.is_none() => {
                return fault(What::ItemTag { line }, "nothing".to_owned(), "the tag item");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Σ amounts per currency and Σ units per commodity (LEDG-1).
fn balanced(entry: &Entry) -> Result<(), Fault> {
    let mut amounts: BTreeMap<Currency, Wide> = BTreeMap::new();
    let mut units: BTreeMap<Symbol, Wide> = BTreeMap::new();
    for Posting { currency, amount, holding, .. } in &entry.draft.postings {
        *amounts.entry(*currency).or_default() += Wide::from(*amount);
        if let Some(h) = holding {
            *units.entry(h.commodity).or_default() += Wide::from(h.units);
        }
    }
    let shown = |sum: Wide, of: &str| match sum.money() {
        Ok(sum) => format!("{sum} {of}"),
        Err(_) => format!("{} steps of 10^-8 {of}", sum.raw()),
    };
    for (currency, sum) in amounts {
        let of = currency.as_str();
        same(entry.seq, What::Amounts, shown(sum, of).as_str(), shown(Wide::ZERO, of).as_str())?;
    }
    for (commodity, sum) in units {
        let of = commodity.as_str();
        same(entry.seq, What::Units, shown(sum, of).as_str(), shown(Wide::ZERO, of).as_str())?;
    }
    Ok(())
}
