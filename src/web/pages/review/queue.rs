//! `GET /ledger/review`: what waits for whoever looks, the oldest first; everything else by filters in the address.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use desk::domain::bot::Action;
use serde::Deserialize;
use serde_json::{Value, json};

use super::path;
use super::thread::reading;
use crate::render::numbers::{Column, Sign};
use crate::store::people::review::{Review, Subject};
use crate::web::books::{Cell, Table};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::review::{Row, whole};
use crate::web::site::Shared;
use crate::web::views::words::{counted, moment};
use crate::web::visitor::Visitor;

/// How many rows a page shows.
const PAGE: usize = 200;
/// What can be shown: its name in addresses, and in words.
const SHOWN: &[(&str, &str)] = &[
    ("", "waiting for me"),
    ("open", "not approved"),
    ("queried", "queried"),
    ("approved", "approved"),
    ("all", "everything"),
];
/// Kinds of subjects.
const KINDS: &[(&str, &str)] = &[("", "all kinds"), ("entry", "entries"), ("day", "days"), ("item", "items")];

/// Which rows; empty where nothing is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Narrowed {
    pub(crate) show: String,
    pub(crate) kind: String,
    pub(crate) who: String,
}

impl Narrowed {
    /// Refuses words that mean nothing.
    fn checked(self) -> Result<Self, Refusal> {
        for (name, value, known) in [("show", &self.show, SHOWN), ("kind", &self.kind, KINDS)] {
            if !known.iter().any(|(word, _)| word == value) {
                let allowed: Vec<&str> = known.iter().map(|(word, _)| *word).filter(|w| !w.is_empty()).collect();
                let allowed = allowed.join(", ");
                return Err(Refusal::Invalid(format!("{name} is {value:?}. Allowed: {allowed}, or nothing.")));
            }
        }
        Ok(self)
    }

    /// Whether somebody who looks wants this row.
    fn takes(&self, row: &Row, visitor: &Visitor) -> bool {
        let review = row.state().review();
        let shown = match self.show.as_str() {
            // Nothing waits for those who only read.
            "" => visitor.may(Action::Account) && row.waits_for(&visitor.name),
            "open" => review != Review::Approved,
            "queried" => review == Review::Queried,
            "approved" => review == Review::Approved,
            _ => true,
        };
        let kind = match row.subject() {
            Subject::Entry(_) => "entry",
            Subject::Day(_) => "day",
            Subject::Item(_) => "item",
        };
        let assigned = self.who.is_empty() || row.standing.assigned() == Some(self.who.as_str());
        shown && (self.kind.is_empty() || self.kind == kind) && assigned
    }
}

/// The rows that are asked for, the oldest first.
///
/// # Errors
/// [`Refusal::Invalid`] where a filter means nothing.
pub(crate) async fn narrowed(
    shared: &Shared,
    visitor: &Visitor,
    asked: Narrowed,
) -> Result<(Vec<Row>, Narrowed), Refusal> {
    let asked = asked.checked()?;
    let mut rows = match whole(shared).await? {
        None => Vec::new(),
        Some(whole) => whole.rows().await?,
    };
    rows.retain(|row| asked.takes(row, visitor));
    Ok((rows, asked))
}

/// `GET /ledger/review`
pub(crate) async fn queue(
    shared: Data<Shared>,
    visitor: Visitor,
    asked: Query<Narrowed>,
) -> Result<HttpResponse, Refusal> {
    let (rows, asked) = narrowed(&shared, &visitor, asked.into_inner()).await?;
    let amounts = Column::of(rows.iter().filter_map(|r| r.amount.map(|(amount, _)| amount)), Sign::Plain);
    let now = shared.now();
    let shown: Vec<Value> = rows
        .iter()
        .take(PAGE)
        .map(|row| {
            let state = row.state();
            let asks = row.standing.queries().first().map(|q| {
                let text: String = q.wanted.text.chars().take(160).collect();
                json!({ "who": q.who, "text": text })
            });
            let mut readers = shared.review.readers(row.subject(), now);
            readers.retain(|name| *name != visitor.name);
            json!({
                "path": path(row.subject()), "title": row.title, "state": state.as_str(), "review": state.review().as_str(),
                "since": row.since.map(moment), "day": row.day.map(|day| day.to_string()),
                "amount": row.amount.map(|(amount, _)| amounts.cell(amount)),
                "currency": row.amount.map(|(_, currency)| currency), "asks": asks,
                "assigned": row.standing.assigned(), "readers": reading(&readers),
            })
        })
        .collect();
    let offered =
        |all: &[(&str, &str)]| all.iter().map(|(word, said)| json!({ "word": word, "said": said })).collect::<Vec<_>>();
    let persons = shared.site.people.persons().await?;
    let own = json!({
        "queue": {
            "rows": shown, "count": counted(rows.len(), "thing"), "more": rows.len().saturating_sub(PAGE),
            "pad": amounts.pad(0), "books": shared.site.books.is_some(), "reviews": visitor.may(Action::Account),
            "asked": { "show": asked.show, "kind": asked.kind, "who": asked.who },
            "shows": offered(SHOWN), "kinds": offered(KINDS),
            "whom": persons.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        },
    });
    Frame::new(&shared, &visitor, "/ledger/review").page("Review", "pages/review.html", own)
}

/// The same rows as a table, all of them.
pub(crate) async fn table(shared: &Shared, visitor: &Visitor, asked: Narrowed) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] =
        &["subject", "title", "state", "review", "day", "since", "amount", "currency", "assigned", "asked_by", "asked"];
    let (rows, _) = narrowed(shared, visitor, asked).await?;
    let row = |row: &Row| {
        let (state, asks) =
            (row.state(), row.standing.queries().first().map(|q| (q.who.clone(), q.wanted.text.clone())));
        let (who, text) = asks.unzip();
        let mut cells = vec![Cell::plain(row.subject()), Cell::text(&row.title), Cell::plain(state.as_str())];
        cells.extend([Cell::plain(state.review().as_str()), Cell::maybe(row.day), Cell::maybe(row.since)]);
        cells.extend([Cell::maybe_money(row.amount.map(|a| a.0)), Cell::maybe(row.amount.map(|a| a.1))]);
        cells.extend(
            [row.standing.assigned().map(str::to_owned), who, text].map(|t| t.map_or(Cell::Nothing, Cell::text)),
        );
        cells
    };
    Ok(Table::new(COLUMNS, rows.iter().map(row)))
}
