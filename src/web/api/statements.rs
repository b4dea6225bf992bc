//! Brokers' statements for programs (LEDG-9).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::render::imports::Summary;
use crate::store::people::StatementLine;
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
