//! Our own JSON: the format `tbot-journal`, version 1, out and in. `schemas/journal.schema.json` describes it.

use std::collections::{BTreeMap, BTreeSet};

use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::{EntryId, ExecutionId, Identity, ItemId, LotId, SessionId, StrategyName};
use desk::domain::journal::entry::entry_id;
use desk::domain::journal::{AccountCode, Draft, Entry, EntryKind, Fact, Facts, FeeKind, Holding, Posting, Tags};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Timestamp;
use desk::domain::wide::Wide;
use serde::{Deserialize, Serialize};
use serde_json::ser::PrettyFormatter;

use super::input::{Export, ExportError, Journal};

/// The format's name.
const FORMAT: &str = "tbot-journal";
/// Its version.
const VERSION: u16 = 1;

/// Facts in the order in which people read them; others follow in the order of their names.
const READING_ORDER: &[&str] = &[
    "order",
    "symbol",
    "quantity",
    "before",
    "after",
    "new",
    "old",
    "cost",
    "acquired",
    "price",
    "commission",
    "fees",
    "settles",
    "closing",
    "realised",
    "coins",
    "coin_fee",
    "lot_method",
    "lots",
    "amount",
    "fee",
    "of_fill",
    "loss_lot",
    "loss_fill",
    "replacement_lot",
    "units",
    "rate",
    "rate_source",
    "rate_at",
];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u16,
    identity: Identity,
    base_currency: Currency,
    /// Names of accounts that persons have added or renamed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<AccountCode, String>,
    entries: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    seq: u64,
    entry_id: EntryId,
    kind: EntryKind,
    session: SessionId,
    effective_at: Timestamp,
    booked_at: Timestamp,
    source_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reverses: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    corrects: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    facts: serde_json::Map<String, Fact>,
    postings: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(rename = "line")]
    number: u64,
    account: AccountCode,
    currency: Currency,
    amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commodity: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lot: Option<LotId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strategy: Option<StrategyName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instrument: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fill: Option<ExecutionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fee_kind: Option<FeeKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item: Option<ItemId>,
}

pub(super) fn write(export: &Export<'_>) -> Result<Vec<u8>, ExportError> {
    let file = File {
        format: FORMAT.to_owned(),
        version: VERSION,
        identity: export.journal.identity.clone(),
        base_currency: export.journal.base_currency,
        accounts: export.journal.own_names(),
        entries: export.inside().map(row).collect(),
    };
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(b" ");
    file.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn row(entry: &Entry) -> Row {
    let d = &entry.draft;
    Row {
        seq: entry.seq,
        entry_id: entry.entry_id.clone(),
        kind: d.kind,
        session: d.session,
        effective_at: d.effective_at,
        booked_at: entry.booked_at,
        source_key: d.source_key.clone(),
        reverses: d.reverses,
        corrects: d.corrects,
        reason: d.reason.clone(),
        by: d.by.clone(),
        description: d.description.clone(),
        facts: in_reading_order(&d.facts),
        postings: d.postings.iter().zip(1..).map(line).collect(),
    }
}

fn line((posting, number): (&Posting, u64)) -> Line {
    let tags = posting.tags.clone();
    Line {
        number,
        account: posting.account,
        currency: posting.currency,
        amount: posting.amount,
        commodity: posting.holding.map(|h| h.commodity),
        units: posting.holding.map(|h| h.units),
        lot: tags.lot,
        strategy: tags.strategy,
        instrument: tags.instrument,
        fill: tags.fill,
        fee_kind: tags.fee_kind,
        item: tags.item,
    }
}

fn in_reading_order(facts: &Facts) -> serde_json::Map<String, Fact> {
    let place = |name: &str| READING_ORDER.iter().position(|n| *n == name).unwrap_or(READING_ORDER.len());
    let mut sorted: Vec<(&str, &Fact)> = facts.iter().collect();
    sorted.sort_by_key(|(name, _)| place(name));
    sorted.into_iter().map(|(name, fact)| (name.to_owned(), fact.clone())).collect()
}

/// Reads a journal back. Each entry has to balance, carry the id that follows from its source, and follow on the one
/// before it.
///
/// # Errors
/// [`ExportError::NoJournal`] or [`ExportError::BadEntry`].
pub fn import(bytes: &[u8]) -> Result<Journal, ExportError> {
    let no_journal = |reason: String| ExportError::NoJournal { reason };
    let file: File = serde_json::from_slice(bytes)
        .map_err(|e| no_journal(format!("line {}, column {}: {e}", e.line(), e.column())))?;
    if file.format != FORMAT || file.version != VERSION {
        let found =
            format!("format {:?}, version {}; {FORMAT:?}, version {VERSION} is read", file.format, file.version);
        return Err(no_journal(found));
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(file.entries.len());
    let mut reversed = BTreeSet::new();
    for row in file.entries {
        let seq = row.seq;
        let expected = entries.last().map_or(seq.max(1), |last| last.seq.saturating_add(1));
        let bad = |reason: String| ExportError::BadEntry { seq, reason };
        if seq != expected {
            return Err(bad(format!("stands where entry {expected} is due")));
        }
        if let Some(undone) = row.reverses
            && (undone >= seq || !reversed.insert(undone))
        {
            return Err(bad(format!("reverses entry {undone}, which comes later or is reversed already")));
        }
        let entry = entry(row).map_err(bad)?;
        let id = entry_id(&file.identity, entry.draft.kind, &entry.draft.source_key);
        if id.as_ref() != Ok(&entry.entry_id) {
            return Err(bad("has an id that does not follow from identity, kind and source key".to_owned()));
        }
        balances(&entry).map_err(bad)?;
        entries.push(entry);
    }
    let mut accounts = Journal::default_accounts();
    accounts.extend(file.accounts);
    Ok(Journal { identity: file.identity, base_currency: file.base_currency, accounts, entries })
}

fn entry(row: Row) -> Result<Entry, String> {
    let mut postings = Vec::with_capacity(row.postings.len());
    for (line, number) in row.postings.into_iter().zip(1_u64..) {
        if line.number != number {
            return Err(format!("has a line {} where line {number} is due", line.number));
        }
        postings.push(posting(line)?);
    }
    Ok(Entry {
        seq: row.seq,
        entry_id: row.entry_id,
        booked_at: row.booked_at,
        draft: Draft {
            kind: row.kind,
            source_key: row.source_key,
            session: row.session,
            effective_at: row.effective_at,
            reverses: row.reverses,
            corrects: row.corrects,
            description: row.description,
            reason: row.reason,
            by: row.by,
            facts: row.facts.into_iter().map(|(name, fact)| (name.into(), fact)).collect(),
            postings,
        },
    })
}

fn posting(line: Line) -> Result<Posting, String> {
    let holding = match (line.commodity, line.units) {
        (None, None) => None,
        (Some(commodity), Some(units)) if !units.is_zero() => Some(Holding { commodity, units }),
        _ => return Err(format!("line {}: commodity and units go together, and units are never zero", line.number)),
    };
    if line.account.is_units() && !line.amount.is_zero() {
        return Err(format!("line {}: account {} carries units only, the amount is 0.00", line.number, line.account));
    }
    Ok(Posting {
        account: line.account,
        currency: line.currency,
        amount: line.amount,
        holding,
        tags: Tags {
            lot: line.lot,
            strategy: line.strategy,
            instrument: line.instrument,
            fill: line.fill,
            fee_kind: line.fee_kind,
            item: line.item,
        },
    })
}

/// LEDG-1: amounts sum to nothing in each currency, units in each commodity.
fn balances(entry: &Entry) -> Result<(), String> {
    let postings = &entry.draft.postings;
    if entry.draft.kind.is_memo() != postings.is_empty() {
        return Err(format!("of kind {} has {} postings", entry.draft.kind, postings.len()));
    }
    for currency in postings.iter().map(|p| p.currency) {
        let of = postings.iter().filter(|p| p.currency == currency);
        let sum = of.fold(Wide::ZERO, |sum, p| sum + Wide::from(p.amount));
        if sum != Wide::ZERO {
            return Err(format!(
                "does not balance: its amounts in {currency} sum to {} and not to nothing",
                steps(sum)
            ));
        }
    }
    for commodity in postings.iter().filter_map(|p| p.holding).map(|h| h.commodity) {
        let of = postings.iter().filter_map(|p| p.holding).filter(|h| h.commodity == commodity);
        let sum = of.fold(Wide::ZERO, |sum, h| sum + Wide::from(h.units));
        if sum != Wide::ZERO {
            return Err(format!("does not balance: its units of {commodity} sum to {} and not to nothing", steps(sum)));
        }
    }
    Ok(())
}

fn steps(sum: Wide) -> String {
    super::numbers::decimal(sum, 8, 0)
}
