//! `GET /ledger/exports`: the books as files for other programs.

use actix_web::web::{Data, Query};
use desk::domain::time::Date;
use serde_json::{Value, json};

use super::{Answer, book};
use crate::render::exports::Format;
use crate::web::exports::{Asked, OPENING, date_of, download as file_of};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// So many days of the books are looked through for the first.
const DAYS: u32 = 100_000;

/// `GET /ledger/exports`
pub(crate) async fn exports(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let mut own = json!({});
    if let Some((reader, book)) = book(&shared).await? {
        let days = reader.days(&book, DAYS).await?;
        if let (Some(newest), Some(first)) = (days.first().map(|d| d.date), days.last().map(|d| d.date)) {
            let to = date_of(&asked.to)?.unwrap_or(newest);
            let from = date_of(&asked.from)?.unwrap_or_else(|| month(newest).min(to));
            if from > to {
                return Err(Refusal::Invalid(format!("From {from} to {to}: the first day comes first.")));
            }
            own = json!({ "exports": {
                "from": from.to_string(), "to": to.to_string(), "first": first.to_string(), "newest": newest.to_string(),
                "presets": presets(first, newest, (from, to)),
                "files": files(from > first),
            } });
        }
    }
    Frame::new(&shared, &visitor, "/ledger/exports").page("Exports", "pages/exports.html", own)
}

/// `GET /ledger/exports/file` and `GET /api/v1/ledger/export`
pub(crate) async fn download(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    file_of(&shared, &visitor, &asked).await
}

/// The first day of a month.
fn month(day: Date) -> Date {
    let (year, month, _) = day.ymd();
    Date::new(year, month, 1).unwrap_or(day)
}

/// The first day of a year.
fn year(day: Date) -> Date {
    Date::new(day.year(), 1, 1).unwrap_or(day)
}

fn presets(first: Date, newest: Date, shown: (Date, Date)) -> Vec<Value> {
    let before_month = month(newest).plus(-1);
    let before_year = year(newest).plus(-1);
    let all = [
        ("The newest day", newest, newest),
        ("This month", month(newest), newest),
        ("The month before", month(before_month), before_month),
        ("This year", year(newest), newest),
        ("The year before", year(before_year), before_year),
        ("Everything", first, newest),
    ];
    // A period before the books began has nothing.
    let held = all.into_iter().filter(|(_, _, to)| *to >= first);
    held.map(|(name, from, to)| {
        json!({ "name": name, "from": from.to_string(), "to": to.to_string(), "here": (from, to) == shown })
    })
    .collect()
}

fn files(begins_later: bool) -> Vec<Value> {
    let row = |format: &str, name: &str, about: &str| json!({ "format": format, "name": name, "about": about });
    let mut rows = vec![
        row(
            Format::Ofx.as_str(),
            "OFX 2.2",
            "Investment statement for accounting programs; checked before it is given",
        ),
        row(Format::Csv.as_str(), "CSV", "One row a posting, with everything that the books hold of it"),
        row(Format::Json.as_str(), "JSON", "Entries with their facts; a schema describes it"),
        row(Format::Beancount.as_str(), "beancount", "Lots at cost, a balance assertion after each day"),
        row(Format::Hledger.as_str(), "hledger", "A journal that passes strict checks, with the same assertions"),
        row(
            Format::TrialBalance.as_str(),
            "Trial balance",
            "Debits, credits and balance of each account at the period's end",
        ),
    ];
    if begins_later {
        rows.insert(
            1,
            row(
                OPENING,
                "Opening of the OFX file",
                "Cash and units before the first day; OFX itself has no place for them",
            ),
        );
    }
    rows
}
