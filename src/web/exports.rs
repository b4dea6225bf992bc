//! The books as files for other programs: which file is asked for, and its making beside everything else.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::block;
use desk::domain::bot::Origin;
use desk::domain::time::Date;
use serde::Deserialize;
use serde_json::json;

use super::books::Table;
use super::refusal::Refusal;
use super::site::Shared;
use super::visitor::Visitor;
use crate::render::exports::{self, Export, ExportError, Format, Journal, Period, ofx};
use crate::store::people::Deed;
use crate::store::{Book, Reader};

/// Why there is nothing to export before the books are open.
pub(crate) const CLOSED: &str = "The books are not open yet; they open when the set-up is done.";

/// What is exported beside an OFX file: cash and units before its period.
pub(crate) const OPENING: &str = "ofx-opening";

/// A file that is asked for. Empty days are those of the whole journal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(crate) format: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    File(Format),
    Opening,
}

/// A file that was made.
struct Made {
    name: String,
    content_type: &'static str,
    bytes: Vec<u8>,
}

/// The books, where they are open.
pub(crate) async fn book(shared: &Shared) -> Result<(Reader, Book), Refusal> {
    let Some(reader) = shared.site.books.clone() else {
        return Err(Refusal::Conflict(CLOSED.to_owned()));
    };
    let book = reader.book(&shared.site.identity).await?;
    Ok((reader, book))
}

/// A date of an address; nothing where it is empty.
pub(crate) fn date_of(text: &str) -> Result<Option<Date>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| {
        let text: String = text.chars().take(30).collect();
        Refusal::Invalid(format!("{text:?} is no day; a date like 2026-06-30 is needed, or nothing."))
    };
    text.parse().map(Some).map_err(wrong)
}

/// Everything that is booked so far, with the names of accounts.
pub(crate) async fn journal(reader: &Reader, book: &Book) -> Result<Journal, Refusal> {
    Ok(Journal {
        identity: book.identity.clone(),
        base_currency: book.base_currency,
        accounts: reader.accounts(book).await?.into_iter().map(|a| (a.code, a.name)).collect(),
        entries: reader.all_entries(book).await?,
    })
}

/// The file as an answer, recorded in the audit (WEB-2b).
///
/// # Errors
/// What was asked wrongly, or what the books cannot tell in this format.
pub(crate) async fn download(shared: &Shared, visitor: &Visitor, asked: &Asked) -> Result<HttpResponse, Refusal> {
    let wanted = wanted(&asked.format)?;
    let (from, to) = (date_of(&asked.from)?, date_of(&asked.to)?);
    let (reader, book) = book(shared).await?;
    // One at a time: a journal may be long, and pages are to be served meanwhile.
    let turn = shared.exporting.acquire().await.map_err(|_| Refusal::Busy)?;
    let journal = journal(&reader, &book).await?;
    let days = journal.days().ok_or_else(|| refused(&ExportError::NoEntries))?;
    let period = Period { from: from.unwrap_or(days.from), to: to.unwrap_or(days.to) };
    if period.from > period.to {
        return Err(Refusal::Invalid(format!("From {} to {}: the first day comes first.", period.from, period.to)));
    }
    let record = match wanted {
        Wanted::Opening | Wanted::File(Format::Ofx) => {
            reader.record_before(&book, &journal.entries, period.from).await?
        }
        Wanted::File(_) => None,
    };
    let modest = shared.site.manners.modest;
    let made = block(move || {
        modest();
        make(&journal, wanted, period, record.as_deref())
    });
    let made = made.await.map_err(|_| Refusal::Busy)?.map_err(|e| refused(&e))?;
    drop(turn);
    let detail = json!({ "format": asked.format, "from": period.from, "to": period.to, "bytes": made.bytes.len() });
    exported(shared, visitor, &made.name, detail).await?;
    Ok(file(&made.name, made.content_type, made.bytes))
}

/// An export stands in the audit before anybody has it.
pub(crate) async fn exported(
    shared: &Shared,
    visitor: &Visitor,
    name: &str,
    detail: serde_json::Value,
) -> Result<(), Refusal> {
    let (who, object) = (visitor.who(), name.to_owned());
    let deed = Deed { who, origin: Origin::Web, what: "exported", object, detail };
    shared.site.people.record(&deed, shared.now()).await?;
    Ok(())
}

/// A view as a file, in the audit like every export.
pub(crate) async fn csv_file(
    shared: &Shared,
    visitor: &Visitor,
    name: &str,
    (table, asked): (&Table, &serde_json::Value),
) -> Result<HttpResponse, Refusal> {
    let name = format!("{}_{name}", shared.site.identity);
    exported(shared, visitor, &name, json!({ "asked": asked, "rows": table.len() })).await?;
    Ok(file(&name, Format::Csv.content_type(), table.csv()?))
}

/// A file for the browser to keep.
pub(crate) fn file(name: &str, content_type: &'static str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(bytes)
}

fn wanted(format: &str) -> Result<Wanted, Refusal> {
    if format == OPENING {
        return Ok(Wanted::Opening);
    }
    Format::named(format).map(Wanted::File).ok_or_else(|| {
        let allowed = Format::ALL.map(Format::as_str).join(", ");
        let format: String = format.chars().take(30).collect();
        Refusal::Invalid(format!("{format:?} is no format; allowed are {allowed}, {OPENING}."))
    })
}

fn make(journal: &Journal, wanted: Wanted, period: Period, record: Option<&[u8]>) -> Result<Made, ExportError> {
    let nothing = (BTreeMap::new(), BTreeMap::new());
    let export = Export { journal, period, instruments: &nothing.0, prices: &nothing.1, account: None };
    match wanted {
        Wanted::File(format) => {
            let bytes = match format {
                Format::Ofx => ofx::checked(&export, record)?.0,
                _ => exports::export(format, &export)?,
            };
            let name = format.file_name(&journal.identity, period);
            Ok(Made { name, content_type: format.content_type(), bytes })
        }
        Wanted::Opening => {
            let bytes = ofx::checked(&export, record)?.1;
            let bytes = bytes.ok_or(ExportError::NothingBefore { from: period.from })?;
            let name = format!("{}.opening.json", Format::Ofx.file_name(&journal.identity, period));
            Ok(Made { name, content_type: Format::Json.content_type(), bytes })
        }
    }
}

fn refused(error: &ExportError) -> Refusal {
    let mut said = error.to_string();
    if let Some(first) = said.get(..1).map(str::to_uppercase) {
        said.replace_range(..1, &first);
    }
    match error {
        ExportError::NoEntries | ExportError::EmptyPeriod { .. } | ExportError::NothingBefore { .. } => {
            Refusal::Invalid(format!("{said}."))
        }
        _ => {
            tracing::error!(target: "web", code = error.code(), "an export could not be made: {error}");
            Refusal::Broken(format!("{said}."))
        }
    }
}
