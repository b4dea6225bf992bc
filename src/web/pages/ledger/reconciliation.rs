//! Brokers' statements and what came of holding them against the books (LEDG-9).

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use desk::domain::decimal::{Money, Quantity};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::render::imports::{
    Asset, Basis, Booked, Closed, Difference, Field, Line, Matching, Pair, Summary, Unmatched,
};
use crate::render::numbers::{Sign, count, plain, quantity};
use crate::store::people::StatementLine;
use crate::web::books::{self, Cell, Table};
use crate::web::multipart::Upload;
use crate::web::pages::frame::Frame;
use crate::web::raising::{self, Raise};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::statements::{self, Given, about, matching, missing, summary};
use crate::web::views::words::moment;
use crate::web::visitor::{Fields, Visitor};

/// How many statements the page lists.
const LISTED: u32 = 200;
/// How many rows of a table are shown.
const ROWS: usize = 500;

/// What a statement's page says first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    said: String,
}

/// `GET /ledger/reconciliation`
pub(crate) async fn list(shared: Data<Shared>, visitor: Visitor) -> Answer {
    let lines = shared.site.people.statements(&shared.site.identity, LISTED).await?;
    let rows = lines.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    let own = json!({ "statements": rows, "open": shared.site.books.is_some() });
    Frame::new(&shared, &visitor, "/ledger/reconciliation").page("Reconciliation", "pages/reconciliation.html", own)
}

/// The statements as a table.
pub(super) async fn table(shared: &Shared) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] = &[
        "statement",
        "name",
        "format",
        "from",
        "to",
        "lines",
        "imported_at",
        "imported_by",
        "agrees",
        "off",
        "matched",
        "differing",
        "statement_only",
        "books_only",
    ];
    let row = |line: &StatementLine| {
        let (about, summary) = (about(line)?, summary(line)?);
        let mut row = vec![Cell::Number(line.number), Cell::text(&about.asked.name), Cell::text(&about.format)];
        row.extend([summary.days.0, summary.days.1].map(Cell::plain));
        row.extend([Cell::Number(about.lines), Cell::plain(line.at), Cell::text(&line.who)]);
        row.extend([Cell::Truth(summary.agrees()), Cell::text(off(&summary).join(", "))]);
        let counts = [summary.matched, summary.differing, summary.statement_only, summary.books_only];
        row.extend(counts.map(Cell::Number));
        Ok(row)
    };
    let lines = shared.site.people.statements(&shared.site.identity, books::ROWS).await?;
    Ok(Table::new(COLUMNS, lines.iter().map(row).collect::<Result<Vec<_>, Refusal>>()?))
}

/// `POST /ledger/reconciliation`: a file.
pub(crate) async fn import(shared: Data<Shared>, visitor: Visitor, fields: Fields, upload: Upload) -> Answer {
    let given = Given::of(&upload.name, upload.bytes, |name| fields.get(name).to_owned())?;
    let imported = statements::import(&shared, &visitor, given).await?;
    let said = if imported.new { "new" } else { "known" };
    Ok(led_to(&format!("/ledger/reconciliation/{}?said={said}", imported.number)))
}

/// `GET /ledger/reconciliation/{number}`
pub(crate) async fn statement(
    shared: Data<Shared>,
    visitor: Visitor,
    number: Path<String>,
    said: Query<Said>,
) -> Answer {
    let number = number_of(&number)?;
    let found = shared.site.people.statement(&shared.site.identity, number).await?;
    let (line, _, result) = found.ok_or_else(missing)?;
    let found = matching(&result)?;
    let mut own = json!({ "statement": row(&line)?, "found": tables(&found, &line), "limit": ROWS });
    if let Some(own) = own.as_object_mut() {
        own.insert("raised".to_owned(), raising::raised(&shared, &line, &found).await?);
    }
    let notice = match said.said.as_str() {
        "new" => Some("The statement is imported and held against the books.".to_owned()),
        "known" => Some("This file was imported before; nothing has changed. This is what came of it.".to_owned()),
        "again" => Some("The statement is held against the books as they are now.".to_owned()),
        "raised" => Some("What was chosen stands in the review.".to_owned()),
        _ => None,
    };
    let title = format!("Statement {number}");
    Frame::new(&shared, &visitor, "/ledger/reconciliation").with_notice(notice).page(
        &title,
        "pages/statement.html",
        own,
    )
}

/// `POST /ledger/reconciliation/{number}`: again, or a review item.
pub(crate) async fn act(shared: Data<Shared>, visitor: Visitor, number: Path<String>, fields: Fields) -> Answer {
    let number = number_of(&number)?;
    match fields.get("act") {
        "again" => {
            let (who, origin) = visitor.by();
            statements::again(&shared, (&who, origin), number).await?;
            Ok(led_to(&format!("/ledger/reconciliation/{number}?said=again")))
        }
        "raise" => {
            let found = shared.site.people.statement(&shared.site.identity, number).await?;
            let (line, _, result) = found.ok_or_else(missing)?;
            let raise = Raise { line: &line, found: &matching(&result)?, source: fields.get("source") };
            let (who, origin) = visitor.by();
            raising::raise(&shared, (&who, origin), &raise).await?;
            Ok(led_to(&format!("/ledger/reconciliation/{number}?said=raised")))
        }
        _ => Err(Refusal::Invalid("Allowed are again and raise.".to_owned())),
    }
}

pub(super) fn number_of(text: &str) -> Result<u64, Refusal> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(missing)
}

fn led_to(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}

fn row(line: &StatementLine) -> Result<Value, Refusal> {
    let (about, summary) = (about(line)?, summary(line)?);
    let left_out = about.left_out.iter().map(|(name, n)| json!({ "name": name, "count": count(*n) }));
    let left_out: Vec<Value> = left_out.collect();
    Ok(json!({
        "number": line.number, "name": about.asked.name, "format": about.format, "accounts": about.accounts.join(", "),
        "at": moment(line.at), "who": line.who, "n": line.n, "matched_at": moment(line.matched_at), "head": line.head,
        "from": summary.days.0.to_string(), "to": summary.days.1.to_string(), "lines": count(about.lines),
        "left_out": left_out, "agrees": summary.agrees(), "off": off(&summary),
        "matched": count(summary.matched), "differing": summary.differing, "statement_only": summary.statement_only,
        "books_only": summary.books_only, "held_otherwise": summary.held_otherwise,
    }))
}

/// The differences of cash that are not nothing, in words.
fn off(summary: &Summary) -> Vec<String> {
    let some = summary.differences.iter().filter(|(_, off)| !off.is_zero());
    some.map(|(currency, off)| format!("{} {currency}", plain(*off, Sign::Result))).collect()
}

fn tables(found: &Matching, statement: &StatementLine) -> Value {
    let of_pair = |p: &Pair| {
        json!({
            "statement": shown(&p.stated.line), "place": p.stated.place, "id": p.stated.id,
            "books": p.booked.iter().map(booked).collect::<Vec<_>>(), "by_id": p.basis == Basis::Id,
            "differences": p.differences.iter().map(difference).collect::<Vec<_>>(),
            "source": raising::source_of_line(statement, p.stated.place),
        })
    };
    let alone = |u: &Unmatched| {
        json!({
            "statement": shown(&u.stated.line), "place": u.stated.place, "id": u.stated.id, "doubles": u.doubles,
            "source": raising::source_of_line(statement, u.stated.place),
        })
    };
    let left = |b: &Booked| json!({ "books": booked(b), "source": raising::source_of_entry(statement, b) });
    let sums = found.sums.iter().map(|s| {
        json!({
            "currency": s.currency, "statement": plain(s.statement, Sign::Plain), "books": plain(s.books, Sign::Plain),
            "difference": plain(s.difference, Sign::Result), "agrees": s.difference.is_zero(),
        })
    });
    json!({
        "differing": found.differing.iter().take(ROWS).map(of_pair).collect::<Vec<_>>(),
        "statement_only": found.statement_only.iter().take(ROWS).map(alone).collect::<Vec<_>>(),
        "books_only": found.books_only.iter().take(ROWS).map(left).collect::<Vec<_>>(),
        "matched": found.matched.iter().take(ROWS).map(of_pair).collect::<Vec<_>>(),
        "sums": sums.collect::<Vec<_>>(), "window": found.window,
        "closed": found.closed.as_ref().map(|closed| held(closed, statement)),
    })
}

/// What was held at the end: cash first.
fn held(closed: &Closed, statement: &StatementLine) -> Value {
    let standings = closed.standings.iter().take(ROWS).map(|s| {
        let figure = |steps: i64, sign: Sign| match &s.asset {
            Asset::Cash(_) => plain(Money::from_raw(steps), sign),
            Asset::Units(_) => quantity(Quantity::from_raw(steps)),
        };
        json!({
            "asset": s.asset.to_string(), "statement": figure(s.statement, Sign::Plain),
            "books": figure(s.books, Sign::Plain), "difference": figure(s.difference(), Sign::Result),
            "agrees": s.difference() == 0, "source": raising::source_of_asset(statement, &s.asset),
        })
    });
    json!({ "at": moment(closed.at), "standings": standings.collect::<Vec<_>>() })
}

fn booked(b: &Booked) -> Value {
    json!({ "seq": b.seq, "line": shown(&b.line) })
}

/// A line for people: its day and instrument, its units and price, its cash.
fn shown(line: &Line) -> Value {
    let units = line.units.map(|units| {
        let price = line.price.map(|p| format!(" at {p}")).unwrap_or_default();
        format!("{}{price}", quantity(units))
    });
    let cash = |amount: Money| format!("{} {}", plain(amount, Sign::Plain), line.currency);
    json!({
        "date": line.date.to_string(), "instrument": line.instrument, "units": units, "cash": line.amount.map(cash),
        "text": line.text,
    })
}

fn difference(d: &Difference) -> Value {
    let by = d.by.as_deref().map(|by| {
        let sign = if by.starts_with('-') { "" } else { "+" };
        let unit = if d.field == Field::Date { " days" } else { "" };
        format!("{sign}{by}{unit}").replace('-', "\u{2212}")
    });
    json!({ "field": d.field.word(), "statement": d.statement, "books": d.books, "by": by })
}
