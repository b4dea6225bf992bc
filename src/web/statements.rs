//! Importing a broker's statement (LEDG-9): read and held against the books beside everything else, then kept.

use actix_web::web::{Bytes, block};
use desk::domain::bot::{Origin, Who};
use desk::domain::journal::Entry;
use serde_json::Value;

use super::exports::{book, date_of};
use super::refusal::Refusal;
use super::site::Shared;
use super::visitor::Visitor;
use crate::render::imports::{About, Asked, Held, LARGEST, Matching, Summary, held};
use crate::store::people::{Imported, NewMatching, NewStatement, StatementLine};

/// The largest form with a file, in bytes: the file, and what is around it.
pub(crate) const LARGEST_FORM: usize = LARGEST.saturating_add(64 * 1024);

/// A file, and how it is to be read.
pub(crate) struct Given {
    pub(crate) asked: Asked,
    pub(crate) bytes: Bytes,
}

impl Given {
    /// What a form or an address says of a file.
    pub(crate) fn of(name: &str, bytes: Bytes, with: impl Fn(&str) -> String) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::Invalid(
                "No file came, or an empty one. Choose a statement in OFX or CSV.".to_owned(),
            ));
        }
        let asked = Asked {
            name: if name.is_empty() { "statement".to_owned() } else { name.to_owned() },
            format: Some(with("format")).filter(|f| !f.is_empty()),
            mapping: with("mapping").replace('\r', ""),
            from: date_of(&with("from"))?,
            to: date_of(&with("to"))?,
        };
        Ok(Self { asked, bytes })
    }
}

/// Reads a statement, holds it against the books and keeps both.
///
/// # Errors
/// What cannot be read, with line and column.
pub(crate) async fn import(shared: &Shared, visitor: &Visitor, given: Given) -> Result<Imported, Refusal> {
    let bytes = given.bytes.clone();
    let (held, head) = hold(shared, given).await?;
    let about = value(&held.about)?;
    let statement = NewStatement { hash: held.hash, about, bytes: bytes.to_vec() };
    let matching = kept(&held.matching, head)?;
    let ((who, origin), now) = (visitor.by(), shared.now());
    let people = &shared.site.people;
    let identity = &shared.site.identity;
    Ok(people.import_statement(identity, (&statement, &matching), (&who, origin), now).await?)
}

/// Holds a statement that is kept against the books as they are now.
///
/// # Errors
/// Where there is no such statement.
pub(crate) async fn again(shared: &Shared, by: (&Who, Origin), number: u64) -> Result<(), Refusal> {
    let (people, identity) = (&shared.site.people, &shared.site.identity);
    let (line, bytes, _) = people.statement(identity, number).await?.ok_or_else(missing)?;
    let given = Given { asked: about(&line)?.asked, bytes: Bytes::from(bytes) };
    let (held, head) = hold(shared, given).await?;
    let matching = kept(&held.matching, head)?;
    people.match_again(identity, number, &matching, by, shared.now()).await?;
    Ok(())
}

/// Off the server's own thread, for a journal may be long; the last entry comes with the result.
async fn hold(shared: &Shared, given: Given) -> Result<(Held, u64), Refusal> {
    let (reader, book) = book(shared).await?;
    let turn = shared.exporting.acquire().await.map_err(|_| Refusal::Busy)?;
    let entries: Vec<Entry> = reader.all_entries(&book).await?;
    let (base, modest) = (book.base_currency, shared.site.manners.modest);
    let work = move || {
        modest();
        let head = entries.last().map_or(0, |e| e.seq);
        held(&given.bytes, &given.asked, &entries, base).map(|held| (held, head))
    };
    let done = block(work).await.map_err(|_| Refusal::Busy)?;
    drop(turn);
    done.map_err(|e| Refusal::Invalid(format!("The statement was not imported: {e}.")))
}

fn kept(matching: &Matching, head: u64) -> Result<NewMatching, Refusal> {
    let result = serde_json::to_vec(matching).map_err(|e| broken(&e))?;
    Ok(NewMatching { head, summary: value(&Summary::of(matching))?, result })
}

fn value(what: &impl serde::Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(what).map_err(|e| broken(&e))
}

fn broken(error: &serde_json::Error) -> Refusal {
    tracing::error!(target: "web", %error, "a statement cannot be kept or read back");
    Refusal::Broken("What came of the statement cannot be kept or read back; the log says why.".to_owned())
}

pub(crate) fn missing() -> Refusal {
    Refusal::Missing("There is no such statement.".to_owned())
}

/// What a statement is.
pub(crate) fn about(line: &StatementLine) -> Result<About, Refusal> {
    serde_json::from_value(line.about.clone()).map_err(|e| broken(&e))
}

/// What came of it, in figures.
pub(crate) fn summary(line: &StatementLine) -> Result<Summary, Refusal> {
    serde_json::from_value(line.summary.clone()).map_err(|e| broken(&e))
}

/// The whole of it.
pub(crate) fn matching(result: &[u8]) -> Result<Matching, Refusal> {
    serde_json::from_slice(result).map_err(|e| broken(&e))
}
