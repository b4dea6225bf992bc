//! Closing records against the postings (BOOKS.md section 12).

use std::fmt::Debug;

use serde::Deserialize as _;

use super::fault::{Fault, What, same, same_option};
use super::rows::{StoredBalance, StoredClosing, StoredLot};
use super::sums::Sums;
use crate::domain::chain::Hash;
use crate::domain::chart;
use crate::domain::ids::Identity;
use crate::domain::journal::{Entry, Fact, entry};
use crate::domain::wide::Overflow;
use crate::machines::ledger::prices::EquityLine;
use crate::machines::ledger::record::{self, ClosingRecord, hash_of};

/// What a record has to say, as far as it follows from the entries before its `day_close`.
pub(super) struct Expected<'a> {
    pub(super) identity: &'a Identity,
    pub(super) n: u32,
    pub(super) replaces: Option<Hash>,
    pub(super) first_seq: u64,
    pub(super) entries: u64,
    pub(super) postings: u64,
    pub(super) last_hash: Hash,
    pub(super) previous_record: Hash,
    pub(super) sums: &'a Sums,
}

/// Checks the record of a `day_close` and gives its hash.
pub(super) fn check(close: &Entry, stored: Option<StoredClosing<'_>>, expected: &Expected<'_>) -> Result<Hash, Fault> {
    let seq = close.seq;
    let fact = |name: &str| close.draft.facts.get(name).and_then(Fact::as_str).unwrap_or("nothing").to_owned();
    let Some(stored) = stored else {
        let computed = fact("record");
        return Err(Fault { seq, what: What::Record, stored: "nothing".to_owned(), computed });
    };
    let hash = Hash::of(stored.record);
    same(seq, What::Record, fact("record").as_str(), hash.to_string().as_str())?;
    let record = ClosingRecord::from_bytes(stored.record).map_err(|e| Fault {
        seq,
        what: What::Record,
        stored: e.to_string(),
        computed: format!("a closing record of version 1 to {}", record::VERSION),
    })?;
    plain_fields(close, &record, expected)?;
    let overflow = |Overflow| Fault {
        seq,
        what: What::Overflow,
        stored: "postings".to_owned(),
        computed: "a sum beyond 64 bits".to_owned(),
    };
    let trial = expected.sums.trial_lines().map_err(overflow)?;
    first_difference(seq, What::RecordField("trial_balance"), &record.trial_balance, &trial)?;
    let balances = expected.sums.closing_balances().map_err(overflow)?;
    if let Some(rows) = stored.balances {
        let computed: Vec<StoredBalance<'_>> = balances.iter().map(StoredBalance::of).collect();
        first_difference(seq, What::ClosingBalance, rows, &computed)?;
    }
    let lots = expected.sums.closing_lots().map_err(overflow)?;
    if let Some(rows) = stored.lots {
        let computed: Vec<StoredLot<'_>> = lots.iter().map(StoredLot::of).collect();
        first_difference(seq, What::ClosingLot, rows, &computed)?;
    }
    hashed(seq, "closing_balances", record.closing_balances, &balances)?;
    hashed(seq, "closing_lots", record.closing_lots, &lots)?;
    hashed(seq, "broker_hash", record.broker_hash, &record.broker)?;
    if let (Some(prices), Some(prices_hash)) = (&record.prices, record.prices_hash) {
        hashed(seq, "prices_hash", prices_hash, prices)?;
    }
    // What the next close begins with, the entry says too.
    let told = close.draft.facts.get("equity").map(|fact| Vec::<EquityLine>::deserialize(fact).unwrap_or_default());
    first_difference(seq, What::RecordField("equity"), &record.equity, &told.unwrap_or_default())?;
    Ok(hash)
}

fn plain_fields(close: &Entry, record: &ClosingRecord, expected: &Expected<'_>) -> Result<(), Fault> {
    let seq = close.seq;
    let field = What::RecordField;
    same(seq, field("identity"), record.identity.as_str(), expected.identity.as_str())?;
    same(seq, field("session"), record.session, close.draft.session)?;
    same(seq, field("n"), record.n, expected.n)?;
    let next = close.draft.facts.get("next_session").and_then(Fact::as_str).unwrap_or("nothing");
    same(seq, field("next_session"), record.next_session.to_string().as_str(), next)?;
    same_option(seq, field("replaces"), record.replaces, expected.replaces)?;
    same(seq, field("first_seq"), record.first_seq, expected.first_seq)?;
    same(seq, field("last_seq"), record.last_seq, seq.saturating_sub(1))?;
    same(seq, field("entries"), record.entries, expected.entries)?;
    same(seq, field("postings"), record.postings, expected.postings)?;
    same(seq, field("last_hash"), record.last_hash, expected.last_hash)?;
    same(seq, field("previous_record"), record.previous_record, expected.previous_record)?;
    same(seq, field("chart"), record.chart, chart::VERSION)?;
    same(seq, field("entry_version"), record.entry_version, entry::VERSION)
}

fn hashed(seq: u64, name: &'static str, stored: Hash, of: &impl serde::Serialize) -> Result<(), Fault> {
    let what = What::RecordField(name);
    let computed = hash_of(of);
    let error = |e: serde_json::Error| Fault { seq, what, stored: stored.to_string(), computed: e.to_string() };
    same(seq, what, stored, computed.map_err(error)?)
}

/// Compares two lists line by line and names the first line that differs.
fn first_difference<T: PartialEq + Debug>(seq: u64, what: What, stored: &[T], computed: &[T]) -> Result<(), Fault> {
    if stored == computed {
        return Ok(());
    }
    let at = stored.iter().zip(computed).take_while(|(s, c)| s == c).count();
    let text = |side: &[T]| side.get(at).map_or_else(|| "nothing".to_owned(), |line| format!("{line:?}"));
    Err(Fault { seq, what, stored: text(stored), computed: text(computed) })
}
