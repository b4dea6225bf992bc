//! What persons enter into the books: read, shown, booked. The same way for forms and programs.

/// Kinds and fields.
pub(crate) mod kinds;
/// From fields to facts.
mod read;

use std::time::Duration;

use actix_web::rt::time::timeout;
use desk::domain::chain::Hash;
use desk::domain::journal::{Draft, Entry};
use serde_json::json;

use super::commands::note;
use super::exports::book;
use super::refusal::Refusal;
use super::site::Shared;
use super::visitor::Visitor;
use crate::messages::bookkeeping::{Answer, Asked, How, NotBooked, Told};
use kinds::Kind;
use read::{Around, read};
pub(crate) use read::{With, Wrong};

/// So long a page waits for the ledger.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of it.
pub(crate) enum Outcome {
    /// What would be booked, and its hash.
    Shown(Vec<Draft>, Hash),
    /// The numbers of the entries that were booked.
    Booked(Vec<u64>),
    /// Fields are wrong.
    Wrong(Vec<Wrong>),
    /// The books say no; the field that it is about, where it is about one.
    Refused(Option<&'static str>, NotBooked),
}

/// Asks the ledger.
pub(crate) async fn ask(shared: &Shared, asked: Asked) -> Answer {
    timeout(PATIENCE, shared.site.bookkeeping.ask(asked)).await.unwrap_or(Err(NotBooked::Busy))
}

/// The entry that a form names, where its kind has one and the books too.
///
/// # Errors
/// Where the books do not answer.
pub(crate) async fn entry_of(shared: &Shared, kind: &Kind, with: With<'_>) -> Result<Option<Entry>, Refusal> {
    let before = with("entry").trim().parse::<u64>().ok().and_then(|seq| seq.checked_sub(1));
    let Some(before) = before.filter(|_| kind.fields.contains(&"entry")) else { return Ok(None) };
    let (reader, own) = book(shared).await?;
    Ok(reader.entries(&own, before, 1).await?.into_iter().next().map(|stored| stored.entry))
}

/// Shows what a person enters, or books it where it is what was shown.
///
/// # Errors
/// Where books or audit do not answer. What cannot be audited is not done.
pub(crate) async fn enter(
    shared: &Shared,
    visitor: &Visitor,
    kind: &Kind,
    with: With<'_>,
    how: How,
) -> Result<Outcome, Refusal> {
    let entry = entry_of(shared, kind, with).await?;
    let (_, own) = book(shared).await?;
    let now = shared.board().at;
    let around = Around { by: visitor.name.clone(), calendar: own.calendar, now, entry };
    let entered = match read(kind, with, &around) {
        Ok(entered) => entered,
        Err(wrong) => return Ok(Outcome::Wrong(wrong)),
    };
    if how != How::Show {
        let detail = json!({
            "kind": kind.name, "day": entered.day.date.to_string(), "reason": entered.author.reason,
            "reference": with("reference").trim(), "entry": with("entry").trim(),
        });
        note(shared, visitor, "enter", kind.name, detail, false).await?;
    }
    let asked = Asked { author: entered.author, day: Some(entered.day), fact: entered.fact, how };
    Ok(match ask(shared, asked).await {
        Ok(Told::Shown(drafts, hash)) => Outcome::Shown(drafts, hash),
        Ok(Told::Booked(numbers)) => {
            let first = numbers.first().copied().unwrap_or_default();
            note(shared, visitor, "entered", &format!("entry:{first}"), json!({ "kind": kind.name }), true).await?;
            Outcome::Booked(numbers)
        }
        Err(refused) => Outcome::Refused(about(&refused, kind), refused),
    })
}

/// The field that a refusal is about.
fn about(refused: &NotBooked, kind: &Kind) -> Option<&'static str> {
    let field = match refused.code() {
        "day_shut" | "year_closed_later" => "day",
        "not_yet" => "when",
        "already_booked" if kind.fields.contains(&"entry") => "entry",
        "already_booked" | "bad_item" => "reference",
        "amount_not_positive" | "no_amount" | "overflow" => "amount",
        "unknown_lot" | "lot_units" | "lots_beyond_fill" | "lot_opened_later" if kind.name == "lots" => "lots",
        "unknown_lot" => "lot",
        "not_reversible" | "not_that_entry" | "lot_used" | "nothing_closed" | "lots_stay" | "lots_sealed"
        | "marks_stay" => "entry",
        "not_held" => "instrument",
        "same_currency" => "sold_currency",
        "wrong_account" => "debit",
        "zero_quantity" => "quantity",
        _ => return None,
    };
    kind.asked().find(|f| f.name == field).map(|f| f.name)
}
