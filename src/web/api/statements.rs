//! The statements of the books for programs (LEDG-6), and brokers' statements (LEDG-9).

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::render::imports::Summary;
use crate::store::people::StatementLine;
use crate::web::books::{self, Chosen, View};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::statements::{self, Given, about, matching, missing, summary};
use crate::web::visitor::{Body, Visitor};

/// Statements at once.
const ROWS: u32 = 200;

/// How the body is to be read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    name: String,
    format: String,
    mapping: String,
    from: String,
    to: String,
}

/// `GET /api/v1/ledger/{view}`: a statement with the choices of its page.
pub(crate) async fn books(
    shared: Data<Shared>,
    asked: Query<books::Asked>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let named = request.path().rsplit('/').next().and_then(View::named);
    let view = named.ok_or_else(|| Refusal::Missing("There is no such statement.".to_owned()))?;
    let Some(chosen) = Chosen::of(&shared, &asked).await? else {
        return Err(Refusal::Conflict("Nothing is booked yet; there is no statement.".to_owned()));
    };
    let (table, prices) = view.table(&shared, &chosen).await?;
    let (at, entry) = chosen.known().unzip();
    let mut told = json!({
        "statement": view.as_str(), "identity": shared.site.identity, "from": chosen.days.from.date.to_string(),
        "to": chosen.days.to.date.to_string(), "reading": chosen.word(), "known_at": at, "known_entry": entry,
        "rows": table.json(),
    });
    if let (Some(told), false) = (told.as_object_mut(), prices.is_null()) {
        told.insert("prices".to_owned(), prices);
    }
    Ok(HttpResponse::Ok().json(told))
}

/// `GET /api/v1/ledger/statements`
pub(crate) async fn rows(shared: Data<Shared>) -> Result<HttpResponse, Refusal> {
    let lines = shared.site.people.statements(&shared.site.identity, ROWS).await?;
    let rows = lines.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(json!({ "rows": rows })))
}

/// `GET /api/v1/ledger/statements/{number}`
pub(crate) async fn one(shared: Data<Shared>, number: Path<String>) -> Result<HttpResponse, Refusal> {
    let number: u64 = number.parse().map_err(|_| missing())?;
    let found = shared.site.people.statement(&shared.site.identity, number).await?;
    let (line, _, result) = found.ok_or_else(missing)?;
    Ok(HttpResponse::Ok().json(json!({ "statement": row(&line)?, "result": matching(&result)? })))
}

/// `POST /api/v1/ledger/statements/import`: the body is the file.
pub(crate) async fn import(
    shared: Data<Shared>,
    visitor: Visitor,
    asked: Query<Asked>,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    let with = |name: &str| {
        match name {
            "format" => &asked.format,
            "mapping" => &asked.mapping,
            "from" => &asked.from,
            _ => &asked.to,
        }
        .clone()
    };
    let given = Given::of(&asked.name, body.0, with)?;
    let imported = statements::import(&shared, &visitor, given).await?;
    Ok(HttpResponse::Ok().json(json!({ "number": imported.number, "new": imported.new })))
}

fn row(line: &StatementLine) -> Result<Value, Refusal> {
    let (about, summary) = (about(line)?, summary(line)?);
    let agrees = summary.agrees();
    let Summary { days: (from, to), matched, differing, statement_only, books_only, .. } = summary;
    Ok(json!({
        "number": line.number, "name": about.asked.name, "format": about.format, "accounts": about.accounts,
        "imported_at": line.at, "imported_by": line.who, "from": from, "to": to, "lines": about.lines,
        "head": line.head, "agrees": agrees, "matched": matched, "differing": differing,
        "statement_only": statement_only, "books_only": books_only,
    }))
}
