//! What everybody did, the newest first, and whether the chain is whole.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::store::people::AuditFilter;
use crate::web::books::{Cell, Table};
use crate::web::exports::csv_file;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

/// Rows of a page.
const PAGE: u32 = 100;
/// Records that a file reads at once.
const READ: u32 = 1_000;

/// Which records, before which.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) object: String,
    pub(crate) before: Option<u64>,
    pub(crate) verify: String,
}

impl Asked {
    /// What was asked, for the audit itself.
    fn words(&self) -> Value {
        json!({ "who": self.who, "what": self.what, "object": self.object })
    }

    pub(crate) fn filter(&self) -> AuditFilter {
        let plain = |text: &str| text.trim().to_owned();
        AuditFilter { who: plain(&self.who), what: plain(&self.what), object: plain(&self.object) }
    }
}

/// `GET /audit`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Result<HttpResponse, Refusal> {
    let people = &shared.site.people;
    let records = people.audit(&asked.filter(), asked.before.unwrap_or(u64::MAX), PAGE).await?;
    let verified = if asked.verify == "yes" { Some(people.verify_audit().await?) } else { None };
    let rows: Vec<Value> = records
        .iter()
        .map(|r| {
            let detail = match &r.detail {
                Value::Object(map) if map.is_empty() => String::new(),
                other => other.to_string(),
            };
            json!({
                "seq": r.seq, "at": moment(r.at), "who": r.who, "what": r.what.replace('_', " "), "code": r.what,
                "object": r.object, "origin": r.origin.as_str().replace('_', " "), "detail": detail,
                "hash": r.hash.to_string(),
            })
        })
        .collect();
    let full = u32::try_from(records.len()) == Ok(PAGE);
    let older = records.last().filter(|_| full).map(|r| r.seq);
    let own = json!({
        "audit": {
            "rows": rows, "older": older,
            "verified": verified.map(|v| json!(v)),
            "asked": { "who": asked.who, "what": asked.what, "object": asked.object },
        },
    });
    Frame::new(&shared, &visitor, "/audit").page("Audit", "pages/audit.html", own)
}

/// `GET /audit/records.csv`: all that fits the filter, whatever page is shown.
pub(crate) async fn file(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Result<HttpResponse, Refusal> {
    const COLUMNS: &[&str] = &["no", "at", "who", "origin", "what", "object", "detail", "hash"];
    let (people, filter) = (&shared.site.people, asked.filter());
    let mut rows = Vec::new();
    let mut before = u64::MAX;
    loop {
        let records = people.audit(&filter, before, READ).await?;
        rows.extend(records.iter().map(|r| {
            let mut row = vec![Cell::Number(r.seq), Cell::plain(r.at), Cell::text(&r.who)];
            row.extend([r.origin.as_str(), &r.what, &r.object].map(Cell::text));
            row.extend([Cell::text(&r.detail), Cell::plain(r.hash)]);
            row
        }));
        match records.last() {
            Some(last) => before = last.seq,
            None => break,
        }
    }
    csv_file(&shared, &visitor, "audit.csv", (&Table::new(COLUMNS, rows), &asked.words())).await
}
