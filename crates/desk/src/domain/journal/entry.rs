//! An entry and its canonical bytes.
//!
//! The bytes are one JSON object in UTF-8 without white space: keys in the order of [`Entry`]'s fields (`v` first),
//! fields that say nothing left out, decimals as strings, times RFC 3339. They are stored as written and hashed as
//! stored; nothing ever serialises an entry again to check it. `docs/FORMATS.md` has worked hashes.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::account::AccountCode;
use super::facts::Facts;
use super::kind::EntryKind;
use super::posting::{FeeKind, Holding, Posting, Tags};
use crate::domain::chain::Hash;
use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::{EntryId, ExecutionId, Identity, ItemId, LotId, SessionId, StrategyName};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;

/// The version of the canonical bytes that is written.
pub const VERSION: u16 = 1;

/// What is to be booked; numbering and stamping make it an [`Entry`].
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What it is about.
    pub kind: EntryKind,
    /// Unique with the kind: the same fact cannot be booked twice.
    pub source_key: String,
    /// The books' day.
    pub session: SessionId,
    /// When it happened in the world.
    pub effective_at: Timestamp,
    /// The entry undone.
    pub reverses: Option<u64>,
    /// The entry replaced.
    pub corrects: Option<u64>,
    /// Text for people.
    pub description: String,
    /// Why, for kinds that a person enters.
    pub reason: Option<String>,
    /// Who, for kinds that a person enters.
    pub by: Option<String>,
    /// What the postings alone do not tell.
    pub facts: Facts,
    /// The lines.
    pub postings: Vec<Posting>,
}

impl Draft {
    /// A draft that says no more than what, when and in which words; the rest is filled in by name.
    #[must_use]
    pub fn new(kind: EntryKind, source_key: &str, session: SessionId, effective_at: Timestamp) -> Self {
        Self {
            kind,
            source_key: source_key.to_owned(),
            session,
            effective_at,
            reverses: None,
            corrects: None,
            description: String::new(),
            reason: None,
            by: None,
            facts: Facts::new(),
            postings: Vec::new(),
        }
    }
}

/// A numbered entry of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// 1, 2, 3 … without gap.
    pub seq: u64,
    /// Stable through restore and re-export.
    pub entry_id: EntryId,
    /// When we recorded it; never runs backwards.
    pub booked_at: Timestamp,
    /// What was booked.
    pub draft: Draft,
}

/// The stable id of a fact: the first 26 characters of lower-case base32(sha256(identity LF kind LF source key)).
///
/// # Errors
/// Never for real hashes; the type asks.
pub fn entry_id(
    identity: &Identity,
    kind: EntryKind,
    source_key: &str,
) -> Result<EntryId, crate::domain::ids::IdError> {
    Hash::of_lines(&[identity.as_str(), kind.as_str(), source_key]).base32(26).parse()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry<'a> {
    v: u16,
    seq: u64,
    #[serde(borrow)]
    entry_id: Cow<'a, EntryIdText>,
    kind: EntryKind,
    source_key: Cow<'a, str>,
    session: SessionId,
    effective_at: Timestamp,
    booked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reverses: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    corrects: Option<u64>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    description: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "no_facts")]
    facts: Cow<'a, Facts>,
    postings: Vec<WirePosting<'a>>,
}

/// The id as it stands in the bytes.
type EntryIdText = EntryId;

fn no_facts(facts: &Facts) -> bool {
    facts.is_empty()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePosting<'a> {
    line: u16,
    account: AccountCode,
    currency: Currency,
    amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commodity: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lot: Option<Cow<'a, LotId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strategy: Option<StrategyName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instrument: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fill: Option<Cow<'a, ExecutionId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fee_kind: Option<FeeKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item: Option<Cow<'a, ItemId>>,
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let d = &self.draft;
        WireEntry {
            v: VERSION,
            seq: self.seq,
            entry_id: Cow::Borrowed(&self.entry_id),
            kind: d.kind,
            source_key: Cow::Borrowed(&d.source_key),
            session: d.session,
            effective_at: d.effective_at,
            booked_at: self.booked_at,
            reverses: d.reverses,
            corrects: d.corrects,
            description: Cow::Borrowed(&d.description),
            reason: d.reason.as_deref().map(Cow::Borrowed),
            by: d.by.as_deref().map(Cow::Borrowed),
            facts: Cow::Borrowed(&d.facts),
            postings: d.postings.iter().zip(1_u16..).map(|(p, line)| wire_posting(p, line)).collect(),
        }
        .serialize(s)
    }
}

fn wire_posting(p: &Posting, line: u16) -> WirePosting<'_> {
    WirePosting {
        line,
        account: p.account,
        currency: p.currency,
        amount: p.amount,
        commodity: p.holding.map(|h| h.commodity),
        units: p.holding.map(|h| h.units),
        lot: p.tags.lot.as_ref().map(Cow::Borrowed),
        strategy: p.tags.strategy,
        instrument: p.tags.instrument,
        fill: p.tags.fill.as_ref().map(Cow::Borrowed),
        fee_kind: p.tags.fee_kind,
        item: p.tags.item.as_ref().map(Cow::Borrowed),
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let w = WireEntry::deserialize(d)?;
        if w.v != VERSION {
            return Err(D::Error::custom(format!(
                "entry {}: version {} is unknown; this program reads version {VERSION}",
                w.seq, w.v
            )));
        }
        let mut postings = Vec::with_capacity(w.postings.len());
        for (p, line) in w.postings.into_iter().zip(1_u16..) {
            if p.line != line {
                return Err(D::Error::custom(format!(
                    "entry {}: line {} stands where line {line} belongs",
                    w.seq, p.line
                )));
            }
            let holding = match (p.commodity, p.units) {
                (Some(commodity), Some(units)) => Some(Holding { commodity, units }),
                (None, None) => None,
                _ => {
                    return Err(D::Error::custom(format!(
                        "entry {}: line {line} has a commodity or units, but not both",
                        w.seq
                    )));
                }
            };
            postings.push(Posting {
                account: p.account,
                currency: p.currency,
                amount: p.amount,
                holding,
                tags: Tags {
                    lot: p.lot.map(Cow::into_owned),
                    strategy: p.strategy,
                    instrument: p.instrument,
                    fill: p.fill.map(Cow::into_owned),
                    fee_kind: p.fee_kind,
                    item: p.item.map(Cow::into_owned),
                },
            });
        }
        Ok(Self {
            seq: w.seq,
            entry_id: w.entry_id.into_owned(),
            booked_at: w.booked_at,
            draft: Draft {
                kind: w.kind,
                source_key: w.source_key.into_owned(),
                session: w.session,
                effective_at: w.effective_at,
                reverses: w.reverses,
                corrects: w.corrects,
                description: w.description.into_owned(),
                reason: w.reason.map(Cow::into_owned),
                by: w.by.map(Cow::into_owned),
                facts: w.facts.into_owned(),
                postings,
            },
        })
    }
}

impl Entry {
    /// The canonical bytes that are stored and hashed.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known for an entry.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.to_bytes_with(&mut Vec::new())
    }

    /// The same by a buffer that is kept for the next one.
    ///
    /// # Errors
    /// As [`Self::to_bytes`].
    pub fn to_bytes_with(&self, buffer: &mut Vec<u8>) -> Result<Vec<u8>, serde_json::Error> {
        super::bytes::write(self, buffer)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// Where the bytes are no entry of a known version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        super::read::read(bytes).map_or_else(|| serde_json::from_slice(bytes), Ok)
    }
}
