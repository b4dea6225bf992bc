//! Everything that was attempted, refused, commanded and changed; append-only and chained like the books (WEB-2b).

use desk::domain::bot::{Origin, Who};
use desk::domain::chain::Hash;
use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mirror::Mirrored;
use super::open::{People, ask, tell};
use super::sql;
use crate::store::error::StoreError;
use crate::store::link::Link;

/// The version of the bytes that is written.
const VERSION: u16 = 1;
/// How many records the verifier reads at once.
const PAGE: i64 = 1_000;

/// Something that somebody did or tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// Who.
    pub who: Who,
    /// From where.
    pub origin: Origin,
    /// What, in one word of records: `signed_in`, `refused`, `command`.
    pub what: &'static str,
    /// To what.
    pub object: String,
    /// Before and after, or what came of it. Never a secret.
    pub detail: Value,
}

/// A record of the audit, as its stored bytes say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The version of its form.
    pub v: u16,
    /// 1, 2, 3 … without gap.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// From where.
    pub origin: Origin,
    /// What.
    pub what: String,
    /// To what.
    pub object: String,
    /// Before and after, or what came of it.
    pub detail: Value,
    /// Its link in the chain; not part of its bytes.
    #[serde(skip)]
    pub hash: Hash,
}

/// Which records are wanted; an empty text filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// To what.
    pub object: String,
}

/// What the verifier found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Records that agree with themselves and the record before.
    pub records: u64,
    /// How many of them stand in the mirror outside of the database too.
    pub mirrored: u64,
    /// The last link.
    pub head: Hash,
    /// The first record that does not agree, and why.
    pub fault: Option<String>,
}

type CheckRow = (i64, i64, String, String, String, Vec<u8>, Vec<u8>, Vec<u8>);

impl People {
    /// Records a deed at the end of the chain; its number.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn record(&self, deed: &Deed, now: Timestamp) -> Result<u64, StoreError> {
        self.whole(async |link| record_on(link, deed, now).await).await
    }

    /// Records before a number (`u64::MAX`: from the newest), the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read or a record is of another version.
    pub async fn audit(&self, filter: &AuditFilter, before: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = self
            .one(async |link| {
                ask!(
                    link,
                    "reading the audit",
                    fetch_all,
                    sql::AUDIT,
                    before,
                    filter.who.as_str(),
                    filter.what.as_str(),
                    filter.object.as_str(),
                    i64::from(limit)
                )
            })
            .await?;
        rows.into_iter()
            .map(|(seq, hash, bytes)| {
                let mut record: AuditRecord = serde_json::from_slice(&bytes).map_err(|e| odd(seq, &e.to_string()))?;
                record.hash = hash.as_slice().try_into().map(Hash::from_bytes).unwrap_or_default();
                Ok(record)
            })
            .collect()
    }

    /// Reads the whole chain again, holds it against the mirror `audit.log` where there is one, and names the first record
    /// that was touched.
    ///
    /// # Errors
    /// Where the database or the mirror cannot be read.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        // Read first: what is recorded meanwhile may be missing in it, and nothing of it in the database.
        let mirror = self.file().map_or_else(|| Ok(Mirrored::default()), Mirrored::beside)?;
        let mut report = AuditReport { records: 0, mirrored: 0, head: Hash::GENESIS, fault: None };
        loop {
            let after = i64::try_from(report.records).unwrap_or(i64::MAX);
            let rows: Vec<CheckRow> = self
                .one(async |link| ask!(link, "verifying the audit", fetch_all, sql::CHECK_AUDIT, after, PAGE))
                .await?;
            if rows.is_empty() {
                report.fault = mirror.beyond(report.records).map(|seq| {
                    format!("record {seq}: it is missing, and the mirror audit.log has it: the end was cut off")
                });
                return Ok(report);
            }
            for row in &rows {
                let next = report.records.saturating_add(1);
                let checked = check(row, &report).and_then(|hash| Ok((hash, mirror.holds(next, hash)?)));
                match checked {
                    Ok((hash, mirrored)) => {
                        report.head = hash;
                        report.records = next;
                        report.mirrored = report.mirrored.saturating_add(u64::from(mirrored));
                    }
                    Err(fault) => {
                        report.fault = Some(format!("record {}: {fault}", row.0));
                        return Ok(report);
                    }
                }
            }
        }
    }
}

/// Records a deed inside of the caller's transaction; its number.
pub(super) async fn record_on(link: &mut Link, deed: &Deed, now: Timestamp) -> Result<u64, StoreError> {
    let last: Option<(i64, Vec<u8>)> = ask!(link, "reading the head of the audit", fetch_optional, sql::LAST_AUDIT)?;
    let (seq, previous) = match last {
        None => (1, Hash::GENESIS),
        Some((seq, hash)) => {
            let hash = hash.as_slice().try_into().map(Hash::from_bytes);
            (seq.saturating_add(1), hash.map_err(|_| odd(seq, "the hash is no SHA-256"))?)
        }
    };
    let record = AuditRecord {
        v: VERSION,
        seq: u64::try_from(seq).unwrap_or(0),
        at: now,
        who: who_text(&deed.who),
        origin: deed.origin,
        what: deed.what.to_owned(),
        object: deed.object.chars().take(200).collect(),
        detail: deed.detail.clone(),
        hash: Hash::GENESIS,
    };
    let bytes = serde_json::to_vec(&record).map_err(|e| odd(seq, &e.to_string()))?;
    let hash = previous.link(&bytes);
    tell!(
        link,
        "writing to the audit",
        sql::ADD_AUDIT,
        seq,
        now.nanos(),
        record.who.as_str(),
        record.what.as_str(),
        record.object.as_str(),
        previous.bytes().to_vec(),
        hash.bytes().to_vec(),
        bytes.clone()
    )?;
    Ok(record.seq)
}

/// The link of a record that agrees with its bytes and the record before.
fn check(row: &CheckRow, before: &AuditReport) -> Result<Hash, String> {
    let (seq, at, who, what, object, previous, hash, bytes) = row;
    let next = before.records.saturating_add(1);
    if u64::try_from(*seq) != Ok(next) {
        return Err(format!("record {next} is missing"));
    }
    if previous.as_slice() != before.head.bytes() {
        return Err("it is not chained to the record before".to_owned());
    }
    let made = before.head.link(bytes);
    if hash.as_slice() != made.bytes() {
        return Err("its bytes do not have its hash".to_owned());
    }
    let record: AuditRecord = serde_json::from_slice(bytes).map_err(|e| format!("its bytes cannot be read: {e}"))?;
    let same = record.seq == next
        && record.at.nanos() == *at
        && record.who == *who
        && record.what == *what
        && record.object == *object;
    if same { Ok(made) } else { Err("its columns do not say what its bytes say".to_owned()) }
}

/// A person's name is the account's; others stand in brackets, which no account has.
pub(super) fn who_text(who: &Who) -> String {
    match who {
        Who::Person(name) => name.clone(),
        Who::Owner => "(owner)".to_owned(),
        Who::OwnerBy(way) => format!("({way})"),
        Who::Bot(part) => format!("({part})"),
    }
}

fn odd(seq: i64, why: &str) -> StoreError {
    StoreError::Unread { reason: format!("record {seq} of the audit: {why}") }
}
