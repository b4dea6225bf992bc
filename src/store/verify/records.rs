//! What a closing record says besides its lines: whose it is, what it covers, what it follows (BOOKS.md section 12).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use desk::domain::chain::Hash;
use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::SessionId;
use desk::domain::journal::{AccountCode, Entry, EntryKind, Fact, entry};
use desk::domain::symbol::{Currency, Symbol};
use desk::machines::ledger::record::{ClosingBalance, ClosingRecord, TrialLine, hash_of};
use desk::machines::ledger::{EquityLine, TrialBalance};
use serde::Deserialize as _;

use super::report::{Finding, found};
use crate::store::schema;
use crate::store::words::Book;

/// Which days are closed, and what the next record has to cover.
#[derive(Default)]
pub(super) struct Records {
    closed: BTreeSet<SessionId>,
    /// What no record covers yet, by day: the first entry, how many, and their postings.
    open: BTreeMap<SessionId, (u64, u64, u64)>,
    /// The last record of each day.
    of_day: BTreeMap<SessionId, (u32, Hash)>,
    last: Option<Hash>,
    /// Whether a float has said which currency is the book's own.
    floated: bool,
}

impl Records {
    /// A closed day takes no entries but an unlock, and the first float is in the currency of the book.
    pub(super) fn in_order(&mut self, book: &Book, entry: &Entry) -> Result<(), Finding> {
        let d = &entry.draft;
        let closed = self.closed.last().filter(|closed| d.session <= **closed && d.kind != EntryKind::Unlock);
        if let Some(closed) = closed {
            let finding = found("entry", book.number).seq(entry.seq).column("session");
            return Err(finding.values(d.session, format!("a session after {closed}, which is closed")));
        }
        let first = d.postings.first().filter(|_| d.kind == EntryKind::FloatIn && !self.floated);
        if let Some(float) = first {
            self.floated = true;
            same(found("book", book.number).column("base_currency"), book.base_currency, float.currency)?;
        }
        Ok(())
    }

    /// Holds a record against the entries before its `day_close`, whose last one has this hash.
    pub(super) fn check(
        &self,
        book: &Book,
        close: &Entry,
        record: &ClosingRecord,
        before: Hash,
    ) -> Result<(), Finding> {
        let (seq, day) = (close.seq, close.draft.session);
        let of = |column: &str| found("closing_record", book.number).seq(seq).column(column);
        let hash = |hash: Option<Hash>| hash.map_or_else(String::new, |hash| hash.to_string());
        let fact = |name: &str| close.draft.facts.get(name).and_then(Fact::as_str).unwrap_or_default();
        let earlier = self.of_day.get(&day);
        let covered = || self.open.range(..=day).map(|(_, of)| *of);
        same(of("identity"), &record.identity, &book.identity)?;
        same(of("session"), record.session, day)?;
        same(of("n"), record.n, earlier.map_or(0, |(n, _)| *n).saturating_add(1))?;
        same(of("next_session"), record.next_session.to_string(), fact("next_session"))?;
        same(of("replaces"), hash(record.replaces), hash(earlier.map(|(_, hash)| *hash)))?;
        same(of("first_seq"), record.first_seq, covered().map(|(first, ..)| first).min().unwrap_or(seq))?;
        same(of("last_seq"), record.last_seq, seq.saturating_sub(1))?;
        same(of("entries"), record.entries, covered().map(|(_, entries, _)| entries).sum::<u64>())?;
        same(of("postings"), record.postings, covered().map(|(.., postings)| postings).sum::<u64>())?;
        same(of("last_hash"), record.last_hash, before)?;
        same(of("previous_record"), record.previous_record, self.last.unwrap_or(Hash::GENESIS))?;
        same(of("broker_hash"), record.broker_hash, hash_of(&record.broker).unwrap_or(Hash::GENESIS))?;
        let prices = record.prices.as_ref().and_then(|prices| hash_of(prices).ok());
        same(of("prices_hash"), hash(record.prices_hash), hash(prices))?;
        let told = close.draft.facts.get("equity").map(|fact| Vec::<EquityLine>::deserialize(fact).unwrap_or_default());
        same(of("equity"), format!("{:?}", record.equity), format!("{:?}", told.unwrap_or_default()))?;
        same(of("checks"), record.checks.is_empty(), false)?;
        same(of("entry_version"), record.entry_version, record.entry_version.clamp(1, entry::VERSION))?;
        same(of("schema"), i64::from(record.schema), i64::from(record.schema).clamp(1, schema::VERSION))?;
        same(of("closed_at"), record.closed_at, close.draft.effective_at)
    }

    /// Takes an entry in that was found right, with the hash of the record that it seals.
    pub(super) fn take(&mut self, entry: &Entry, record: Option<Hash>) {
        let day = entry.draft.session;
        if let Some(record) = record {
            self.closed.insert(day);
            let n = self.of_day.get(&day).map_or(0, |(n, _)| *n).saturating_add(1);
            self.of_day.insert(day, (n, record));
            self.open.retain(|of, _| *of > day);
            self.last = Some(record);
        }
        let of_day = self.open.entry(day).or_insert((entry.seq, 0, 0));
        let postings = u64::try_from(entry.draft.postings.len()).unwrap_or(u64::MAX);
        (of_day.1, of_day.2) = (of_day.1.saturating_add(1), of_day.2.saturating_add(postings));
        if entry.draft.kind == EntryKind::Unlock {
            self.closed.retain(|closed| *closed < day);
        }
    }
}

fn same<T: PartialEq + Display>(of: Finding, stored: T, computed: impl Into<T>) -> Result<(), Finding> {
    let computed = computed.into();
    if stored == computed { Ok(()) } else { Err(of.values(stored, computed)) }
}

/// The trial balance of some closing balances.
pub(super) fn trial_lines(balances: &[ClosingBalance]) -> Vec<TrialLine> {
    let mut money: BTreeMap<(AccountCode, Currency), Money> = BTreeMap::new();
    let mut units: BTreeMap<(AccountCode, Symbol), Quantity> = BTreeMap::new();
    for balance in balances {
        let sum = money.entry((balance.account, balance.currency)).or_default();
        *sum = Money::from_raw(sum.raw().saturating_add(balance.amount.raw()));
        if let (Some(commodity), Some(more)) = (balance.commodity, balance.units) {
            let sum = units.entry((balance.account, commodity)).or_default();
            *sum = Quantity::from_raw(sum.raw().saturating_add(more.raw()));
        }
    }
    TrialBalance { money, units }.lines()
}
