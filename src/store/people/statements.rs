//! Brokers' statements as they were imported, and what came of holding them against the books (LEDG-9). A statement, its
//! result and the audit record of both are one transaction; what is written stays.

use desk::domain::bot::{Origin, Who};
use desk::domain::chain::Hash;
use desk::domain::ids::Identity;
use desk::domain::time::Timestamp;
use serde_json::{Value, json};

use super::audit::{Deed, record_on, who_text};
use super::open::{People, ask, tell};
use super::sql;
use crate::store::error::StoreError;
use crate::store::link::Link;

/// A statement to be kept.
#[derive(Clone, Debug)]
pub struct NewStatement {
    /// Of the file and of how it was read.
    pub hash: Hash,
    /// What it is, as an object.
    pub about: Value,
    /// The file as it came.
    pub bytes: Vec<u8>,
}

/// What came of holding a statement against the books.
#[derive(Clone, Debug)]
pub struct NewMatching {
    /// The last entry that was compared.
    pub head: u64,
    /// In figures, as an object.
    pub summary: Value,
    /// The whole of it.
    pub result: Vec<u8>,
}

/// What came of importing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The statement's number.
    pub number: u64,
    /// Whether it is new; nothing was written where the same file was imported before.
    pub new: bool,
}

/// A statement that is kept, with the latest result.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementLine {
    /// Its number.
    pub number: u64,
    /// Of the file and of how it was read.
    pub hash: Hash,
    /// When it was imported.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// What it is.
    pub about: Value,
    /// How often it was held against the books.
    pub n: u64,
    /// When it was last.
    pub matched_at: Timestamp,
    /// The last entry that was compared then.
    pub head: u64,
    /// What came of it, in figures.
    pub summary: Value,
}

/// The file as it came, and the whole of its latest result.
type Whole = (Vec<u8>, Vec<u8>);
type Row = (i64, Vec<u8>, i64, String, String, i64, i64, i64, String);

impl People {
    /// Keeps a statement and its first result. The same file, read in the same way, is kept once: a second time gives the
    /// number of the first, and writes nothing.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn import_statement(
        &self,
        identity: &Identity,
        (statement, matching): (&NewStatement, &NewMatching),
        (who, origin): (&Who, Origin),
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        let name = identity.as_str();
        self.whole(async |link| {
            let hash = statement.hash.bytes().to_vec();
            let there: Option<(i64,)> =
                ask!(link, "looking for a statement", fetch_optional, sql::STATEMENT_OF_HASH, name, hash.clone())?;
            if let Some((number,)) = there {
                return Ok(Imported { number: unsigned(number), new: false });
            }
            let (number,): (i64,) = ask!(link, "counting statements", fetch_one, sql::NEXT_STATEMENT, name)?;
            let detail = json!({ "statement": number, "about": statement.about, "hash": statement.hash.to_string(),
                "summary": matching.summary });
            let audit = record(link, "statement_imported", (identity, who, origin), detail, now).await?;
            tell!(
                link,
                "keeping a statement",
                sql::ADD_STATEMENT,
                name,
                number,
                hash.clone(),
                now.nanos(),
                who_text(who),
                statement.about.to_string(),
                statement.bytes.clone(),
                audit
            )?;
            keep(link, (name, number, 1), matching, (who, audit), now).await?;
            Ok(Imported { number: unsigned(number), new: true })
        })
        .await
    }

    /// Keeps a further result of a statement; how many there are then.
    ///
    /// # Errors
    /// Where there is no such statement, or the database cannot be written.
    pub async fn match_again(
        &self,
        identity: &Identity,
        number: u64,
        matching: &NewMatching,
        (who, origin): (&Who, Origin),
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let name = identity.as_str();
        let statement = i64::try_from(number).unwrap_or(i64::MAX);
        self.whole(async |link| {
            let (n,): (i64,) = ask!(link, "counting results", fetch_one, sql::NEXT_MATCHING, name, statement)?;
            let detail = json!({ "statement": number, "n": n, "summary": matching.summary });
            let audit = record(link, "statement_matched", (identity, who, origin), detail, now).await?;
            keep(link, (name, statement, n), matching, (who, audit), now).await?;
            Ok(unsigned(n))
        })
        .await
    }

    /// The statements of a bot with their latest results, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn statements(&self, identity: &Identity, limit: u32) -> Result<Vec<StatementLine>, StoreError> {
        let name = identity.as_str();
        let rows: Vec<Row> = self
            .one(async |link| ask!(link, "reading statements", fetch_all, sql::STATEMENTS, name, i64::from(limit)))
            .await?;
        rows.into_iter().map(line).collect()
    }

    /// A statement, its file, and the whole of its latest result.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn statement(
        &self,
        identity: &Identity,
        number: u64,
    ) -> Result<Option<(StatementLine, Vec<u8>, Vec<u8>)>, StoreError> {
        let (name, number) = (identity.as_str(), i64::try_from(number).unwrap_or(i64::MAX));
        let (row, whole): (Option<Row>, Option<Whole>) = self
            .one(async |link| {
                let row = ask!(link, "reading a statement", fetch_optional, sql::STATEMENT, name, number)?;
                let whole = ask!(link, "reading a statement", fetch_optional, sql::STATEMENT_WHOLE, name, number)?;
                Ok((row, whole))
            })
            .await?;
        match row.zip(whole) {
            Some((row, (bytes, result))) => Ok(Some((line(row)?, bytes, result))),
            None => Ok(None),
        }
    }
}

async fn record(
    link: &mut Link,
    what: &'static str,
    (identity, who, origin): (&Identity, &Who, Origin),
    detail: Value,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let deed = Deed { who: who.clone(), origin, what, object: format!("{identity} statements"), detail };
    let audit = record_on(link, &deed, now).await?;
    Ok(i64::try_from(audit).unwrap_or(i64::MAX))
}

async fn keep(
    link: &mut Link,
    (name, statement, n): (&str, i64, i64),
    matching: &NewMatching,
    (who, audit): (&Who, i64),
    now: Timestamp,
) -> Result<(), StoreError> {
    tell!(
        link,
        "keeping what came of a statement",
        sql::ADD_MATCHING,
        name,
        statement,
        n,
        now.nanos(),
        who_text(who),
        i64::try_from(matching.head).unwrap_or(i64::MAX),
        matching.summary.to_string(),
        matching.result.clone(),
        audit
    )
    .map(drop)
}

fn line((number, hash, at, who, about, n, matched_at, head, summary): Row) -> Result<StatementLine, StoreError> {
    let unfit = |what: &str| StoreError::Unread { reason: format!("statement {number}: {what} cannot be read") };
    Ok(StatementLine {
        number: unsigned(number),
        hash: hash.as_slice().try_into().map(Hash::from_bytes).map_err(|_| unfit("its hash"))?,
        at: Timestamp::from_nanos(at),
        who,
        about: serde_json::from_str(&about).map_err(|_| unfit("what it is"))?,
        n: unsigned(n),
        matched_at: Timestamp::from_nanos(matched_at),
        head: unsigned(head),
        summary: serde_json::from_str(&summary).map_err(|_| unfit("what came of it"))?,
    })
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
