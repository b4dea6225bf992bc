//! The API's own description: an OpenAPI 3.1 document, made from the table of routes and what is said of each row.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use desk::domain::bot::{Action, BotState};
use serde_json::{Map, Value, json};

use super::words::{ACT, CHART, CHOICES, ENTER, FIELDS, FLOAT, Field, OBJECTS, PLAIN, UNLOCK};
use crate::web::commands::needs_key;
use crate::web::refusal::Refusal;
use crate::web::routes::{Needs, Route, Verb, all};

/// What a page of rows can be asked.
const PAGED: &[Query] = &[CURSOR, LIMIT];
const CURSOR: Query = ("cursor", "integer", "where the page begins: `next` of the one before");
const LIMIT: Query = ("limit", "integer", "1 to 200 rows");
/// The same of a session.
const PAGED_SESSION: &[Query] = &[
    CURSOR,
    LIMIT,
    ("session", "string", "an earlier session from the event log, as 2026-06-01; without it what the board has"),
];
/// What the journal can be asked.
const JOURNAL: &[Query] = &[
    ("before", "integer", "before this entry: `next` of the page before"),
    ("day", "string", "entries of a day of the books, as 2026-06-01"),
    ("kind", "string", "entries of a kind: fill, settlement, fee_charge"),
    ("instrument", "string", "entries about an instrument"),
    ("lot", "string", "entries that moved units of a lot"),
    (
        "text",
        "string",
        "at most 80 characters, whatever their case, in description, reason, person, source, order, execution, symbol, lot, code or name of the accounts; the newest 100,000 of the entries that are asked for are looked through",
    ),
];
/// What the audit can be asked.
const AUDIT: &[Query] = &[
    ("who", "string", "whose deeds"),
    ("what", "string", "which deeds"),
    ("object", "string", "done to what"),
    ("before", "integer", "before this record: `next` of the page before"),
];
/// What the logs can be asked.
const LOGS: &[Query] = &[
    ("log", "string", "one log alone: system, cycles, signals, gates, orders, exits"),
    ("level", "string", "the least important level: error, warn, info, debug, trace"),
    ("actor", "string", "an actor or a part of the program"),
    ("text", "string", "words of the message or of the fields"),
];

/// What an export can be asked.
const EXPORT: &[Query] = &[
    ("format", "string", "ofx, ofx-opening, csv, json, beancount, hledger, trial-balance"),
    ("from", "string", "the first day, as 2026-06-01; without it the first that has entries"),
    ("to", "string", "the last day; without it the last that has entries"),
];

/// Which days a statement of the books is about, and how time is read.
const DAYS: &[Query] = &[
    ("from", "string", "the first day, as 2026-06-01; without it the last day alone"),
    ("to", "string", "the last day; without it the newest that has entries"),
    (
        "reading",
        "string",
        "session (the day that an entry was booked to), known (of these, what was booked up to a moment), effective (the session in which it happened)",
    ),
    ("known", "string", "the moment of the reading known, in UTC, as 2026-06-01T20:00:00Z"),
    ("sum", "string", "first: summed anew from the first entry on, each held against its hash; the same figures"),
];

/// How a broker's statement is read.
const STATEMENT: &[Query] = &[
    ("name", "string", "the file's name"),
    ("format", "string", "ofx or csv; without it as the file begins"),
    ("mapping", "string", "the columns of a CSV, a line each: amount = Net Amount"),
    ("from", "string", "the first day, where it is not the file's own"),
    ("to", "string", "the last day"),
];

/// What the review can be asked.
const REVIEW: &[Query] = &[
    ("show", "string", "open, queried, approved, all; without it what waits for whoever asks"),
    ("kind", "string", "entry, day, item; without it all of them"),
    ("who", "string", "what is assigned to this person"),
];
/// Whose acts.
const OF: &[Query] = &[("subject", "string", "entry:12, day:2026-11-20 or item:3; without it everything")];

/// A parameter of an address: name, type, meaning.
type Query = (&'static str, &'static str, &'static str);

/// What is said of a row of the table.
struct Said {
    path: &'static str,
    /// What it does, in a few words.
    summary: &'static str,
    /// The schema of what comes back; empty is text.
    answer: &'static str,
    asks: &'static [Query],
}

const fn said(path: &'static str, summary: &'static str, answer: &'static str, asks: &'static [Query]) -> Said {
    Said { path, summary, answer, asks }
}

/// What stands in paths.
const BLANKS: [(&str, &str, &str); 3] = [
    ("symbol", "string", "a symbol that the bot watches"),
    ("number", "integer", "the number of a statement"),
    ("day", "string", "a day of the books, such as 2026-11-20"),
];

#[rustfmt::skip]
const SAID: &[Said] = &[
    said("/api/openapi.json", "This document", "object", &[]),
    said("/api/v1/board", "All that a person sees at this moment", "Board", &[]),
    said("/api/v1/decisions", "The latest decisions with their gate traces, or those of a session; the newest first", "Decisions", PAGED_SESSION),
    said("/api/v1/orders", "Working orders, or all orders of a session", "Orders", PAGED_SESSION),
    said("/api/v1/positions", "Open positions", "Positions", PAGED),
    said("/api/v1/trades", "Closed trades of this session or an earlier one, the newest first", "Trades", PAGED_SESSION),
    said("/api/v1/alerts", "What the notifier said, the newest first", "Alerts", PAGED),
    said("/api/v1/causes", "What held entries back in this session: gates that refused signals, conditions that gave none", "Causes", &[]),
    said("/api/v1/symbols/{symbol}/bars", "The session's bars of a symbol: time in seconds, open, high, low, close, volume; and what was done on them", "Bars", &[]),
    said("/api/v1/logs", "The program's logs, the newest line first", "Logs", LOGS),
    said("/api/v1/ledger/export", "The books of some days as a file for other programs; recorded in the audit", "", EXPORT),
    said("/api/v1/ledger/trial-balance", "Debits and credits by account after the last day, a total for each currency", "TrialBalance", DAYS),
    said("/api/v1/ledger/income", "Income and expenses of the days", "Income", DAYS),
    said("/api/v1/ledger/balance-sheet", "Assets, liabilities and equity after the last day, at cost and at market", "BalanceSheet", DAYS),
    said("/api/v1/ledger/cash", "Cash in the days: opening, what each kind of entry moved, closing, what settles when", "Cash", DAYS),
    said("/api/v1/ledger/positions", "Positions after the last day, at cost and at market", "Holdings", DAYS),
    said("/api/v1/ledger/lots", "Lots that are open after the last day, at cost and at market", "Lots", DAYS),
    said("/api/v1/ledger/gains", "Parts of lots that were closed in the days, with what they gained", "Gains", DAYS),
    said("/api/v1/ledger/entries", "Shows the entry that a fact would make; with `shown` it is booked", "Entered", &[]),
    said("/api/v1/ledger/journal", "Entries of the journal with their postings, the newest first", "Journal", JOURNAL),
    said("/api/v1/ledger/accounts", "The chart of accounts as it stands, and its versions with who, when and why", "Chart", &[]),
    said("/api/v1/ledger/accounts/change", "Shows what a change of the chart would make; with `shown` it is made", "ChartShown", &[]),
    said("/api/v1/ledger/float", "The float in force and what accounting has assigned; posted, another assignment", "Float", &[]),
    said("/api/v1/ledger/days/{day}/unlock", "Opens a closed day again: one asks, another one confirms", "Unlocked", &[]),
    said("/api/v1/ledger/statements", "Brokers' statements with what came of them, the newest first", "Statements", &[]),
    said("/api/v1/ledger/statements/import", "Imports a statement: the body is the file; the same file again changes nothing", "Imported", STATEMENT),
    said("/api/v1/ledger/statements/{number}", "A statement, and what of it matches, differs, or is left over on either side", "StatementResult", &[]),
    said("/api/v1/audit", "What everybody attempted and did, the newest first", "AuditRecords", AUDIT),
    said("/api/v1/review", "What there is to review, the oldest first", "ReviewRows", REVIEW),
    said("/api/v1/review/acts", "What was said and decided, the newest first", "ReviewActs", OF),
    said("/api/v1/review/act", "Query, answer, comment, assign, approve", "ReviewStanding", &[]),
    said("/api/v1/audit/verify", "Verifies the audit's chain", "AuditVerified", &[]),
    said("/api/sre/health", "Each component with status, age and reason", "Health", &[]),
    said("/health", "Liveness: the server answers", "Alive", &[]),
    said("/ready", "Readiness: set up, and not in error", "Ready", &[]),
    said("/metrics", "Metrics for Prometheus", "", &[]),
];

/// Whether the document describes a row.
pub(crate) fn is_described(route: &Route) -> bool {
    route.path.starts_with("/api/") || ["/health", "/ready", "/metrics"].contains(&route.path)
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The document.
pub(crate) fn get() -> &'static Value {
    &DOCUMENT
}

/// `GET /api/openapi.json`
pub(crate) async fn serve() -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(get()))
}

fn document() -> Value {
    let mut paths = Map::new();
    for route in all().filter(|r| is_described(r)) {
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(route.verb.method().as_str().to_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "TBot", "version": env!("CARGO_PKG_VERSION"),
            "description": "One bot, one broker account. The same permissions as the pages; errors are problem documents (RFC 9457).",
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": { "Problem": {
                "description": "It was not done; why, and what is allowed.",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "a personal token, made on the Account page" },
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-tbot", "description": "what a browser has after signing in; POST then needs the header X-TBot-Form" },
            },
        },
    })
}

/// Who may, in words and as the document has it.
pub(crate) fn who(needs: Needs) -> String {
    match needs {
        Needs::Nothing => "everybody".to_owned(),
        Needs::SignedIn | Needs::Action(Action::Look) => "whoever is signed in".to_owned(),
        Needs::Action(action) => action.who().to_string(),
    }
}

fn operation(route: &Route) -> Value {
    let mut operation = Map::new();
    let name = route.path.replace("/api/", "").replace(['/', '.', '{', '}'], "_");
    operation.insert(
        "operationId".to_owned(),
        json!(format!("{}_{}", route.verb.method().as_str().to_lowercase(), name.trim_matches('_'))),
    );
    operation.insert("description".to_owned(), json!(format!("For {}.", who(route.needs))));
    if route.needs == Needs::Nothing {
        operation.insert("security".to_owned(), json!([]));
    } else {
        operation.insert("security".to_owned(), json!([{ "token": [] }, { "session": [] }]));
    }
    match (route.verb, route.path.strip_prefix("/api/v1/commands/")) {
        (Verb::Post, Some(verb)) => command(&mut operation, verb),
        (verb, _) => {
            plain(&mut operation, route.path);
            match verb {
                Verb::Post if route.takes_file() => file(&mut operation),
                Verb::Post if route.path.ends_with("/ledger/entries") => body(&mut operation, ENTER),
                Verb::Post if route.path.ends_with("/accounts/change") => body(&mut operation, CHART),
                Verb::Post if route.path.ends_with("/float") => {
                    body(&mut operation, FLOAT);
                    answered(&mut operation, "FloatTold");
                }
                Verb::Post if route.path.ends_with("/unlock") => body(&mut operation, UNLOCK),
                Verb::Post => body(&mut operation, ACT),
                Verb::Get => {}
            }
        }
    }
    Value::Object(operation)
}

fn answers(ok: &Value) -> Value {
    json!({ "200": ok, "default": { "$ref": "#/components/responses/Problem" } })
}

fn command(operation: &mut Map<String, Value>, verb: &str) {
    let own = FIELDS.iter().find(|(v, _)| *v == verb).map_or(&[][..], |(_, fields)| fields);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, kind, must, help) in own {
        let mut schema = typed(kind);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(help));
        }
        properties.insert((*name).to_owned(), schema);
        if *must {
            required.push(*name);
        }
    }
    properties.insert(
        "why".to_owned(),
        json!({ "type": "string", "description": "the reason, kept in the audit; cut after 500 characters" }),
    );
    properties.insert(
        "code".to_owned(),
        json!({ "type": "string", "description": "a one-time code, where the act asks for one" }),
    );
    operation.insert("summary".to_owned(), json!(format!("Command: {}", verb.replace('_', " "))));
    operation.insert("tags".to_owned(), json!(["commands"]));
    operation.insert("parameters".to_owned(), json!([if needs_key(verb) { key() } else { free_key() }]));
    let schema = if verb == "kill" {
        json!({ "description": "why, if it is text; a kill is never refused for what came with it" })
    } else {
        json!({ "type": "object", "properties": properties, "required": required })
    };
    operation.insert(
        "requestBody".to_owned(),
        json!({ "required": !required.is_empty(), "content": { "application/json": { "schema": schema } } }),
    );
    let done = json!({ "description": "It is done, or has begun.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Done" } } } });
    operation.insert("responses".to_owned(), answers(&done));
}

/// A key, and an object with these fields.
fn body(operation: &mut Map<String, Value>, fields: &[Field]) {
    let property = |(name, kind, _, help): &Field| {
        let mut schema = typed(kind);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(help));
        }
        ((*name).to_owned(), schema)
    };
    let properties: Map<String, Value> = fields.iter().map(property).collect();
    let required: Vec<&str> = fields.iter().filter(|(_, _, must, _)| *must).map(|(name, ..)| *name).collect();
    if let Some(parameters) = operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut() {
        parameters.push(key());
    }
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    operation.insert(
        "requestBody".to_owned(),
        json!({ "required": true, "content": { "application/json": { "schema": schema } } }),
    );
}

/// Another answer than the one of the address that is read.
fn answered(operation: &mut Map<String, Value>, answer: &str) {
    let content = json!({ "application/json": { "schema": typed(answer) } });
    let done = json!({ "description": "It stands in the record.", "content": content });
    operation.insert("responses".to_owned(), answers(&done));
}

/// A key besides what the address asks, and a file.
fn file(operation: &mut Map<String, Value>) {
    if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        parameters.push(key());
    }
    operation.insert(
        "requestBody".to_owned(),
        json!({ "required": true, "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } } }),
    );
}

/// The key of whatever changes something.
fn key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": true,
        "description": "the same key brings the same answer and acts once",
        "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" },
    })
}

/// The key of a verb that is never refused for its key.
fn free_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "the same key brings the same answer; without one, or with one that is not 1 to 64 letters, digits, \
                        hyphens and underscores, it is an act of its own",
        "schema": { "type": "string" },
    })
}

fn plain(operation: &mut Map<String, Value>, path: &str) {
    // A row without words is found by the test.
    let Some(said) = SAID.iter().find(|s| s.path == path) else { return };
    operation.insert("summary".to_owned(), json!(said.summary));
    operation.insert("tags".to_owned(), json!([if path.starts_with("/api/v1/") { "data" } else { "operations" }]));
    let mut parameters: Vec<Value> = said
        .asks
        .iter()
        .map(|(name, kind, help)| json!({ "name": name, "in": "query", "description": help, "schema": typed(kind) }))
        .collect();
    for (name, kind, help) in BLANKS.iter().filter(|(name, ..)| path.contains(&format!("{{{name}}}"))) {
        parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": help, "schema": { "type": kind },
        }));
    }
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }
    let content = match said.answer {
        "" => json!({ "text/plain": { "schema": { "type": "string" } } }),
        answer => json!({ "application/json": { "schema": typed(answer) } }),
    };
    let mut responses = answers(&json!({ "description": said.summary, "content": content }));
    if path == "/ready"
        && let Some(map) = responses.as_object_mut()
    {
        let not_ready = json!({ "description": "Not ready.", "content": content });
        map.insert("503".to_owned(), not_ready);
    }
    operation.insert("responses".to_owned(), responses);
}

/// A type of the short notation as a schema.
fn typed(notation: &str) -> Value {
    if let Some(inner) = notation.strip_suffix('?') {
        return json!({ "anyOf": [typed(inner), { "type": "null" }] });
    }
    if let Some(inner) = notation.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        return json!({ "type": "array", "items": typed(inner) });
    }
    let Some((_, kind, format, help)) = PLAIN.iter().find(|(name, ..)| *name == notation) else {
        return json!({ "$ref": format!("#/components/schemas/{notation}") });
    };
    let mut schema = Map::new();
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            schema.insert(name.to_owned(), json!(value));
        }
    };
    put("type", kind);
    put(if format.starts_with('^') { "pattern" } else { "format" }, format);
    put("description", help);
    Value::Object(schema)
}

fn schemas() -> Value {
    let mut all = Map::new();
    for (name, notation) in OBJECTS {
        let properties: Map<String, Value> = notation
            .split("; ")
            .filter_map(|part| part.split_once(": "))
            .map(|(name, kind)| (name.to_owned(), typed(kind)))
            .collect();
        let required: Vec<&String> = properties.keys().collect();
        let schema = json!({
            "type": "object", "required": required, "additionalProperties": false, "properties": properties,
        });
        all.insert((*name).to_owned(), schema);
    }
    for (name, words) in CHOICES {
        all.insert((*name).to_owned(), json!({ "type": "string", "enum": words }));
    }
    let states: Vec<&str> = BotState::ALL.iter().map(|s| s.as_str()).collect();
    all.insert("State".to_owned(), json!({ "type": "string", "enum": states }));
    all.insert(
        "Who".to_owned(),
        json!({
            "type": "object", "required": ["kind"], "additionalProperties": false,
            "properties": {
                "kind": { "type": "string", "enum": ["person", "owner", "owner_by", "bot"] },
                "name": { "type": "string", "description": "the account, the way it came, or the part of the bot" },
            },
        }),
    );
    Value::Object(all)
}
