//! The audit and its verification.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde_json::json;

use crate::web::pages::audit::Asked;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

/// Records at once.
const PAGE: u32 = 200;

/// `GET /api/v1/audit`
pub(crate) async fn records(shared: Data<Shared>, asked: Query<Asked>) -> Result<HttpResponse, Refusal> {
    let before = asked.before.unwrap_or(u64::MAX);
    let rows = shared.site.people.audit(&asked.filter(), before, PAGE).await?;
    let next = rows.last().map(|r| r.seq).filter(|seq| *seq > 1 && u32::try_from(rows.len()) == Ok(PAGE));
    Ok(HttpResponse::Ok().json(json!({ "rows": rows, "next": next })))
}

/// `GET /api/v1/audit/verify`
pub(crate) async fn verify(shared: Data<Shared>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(shared.site.people.verify_audit().await?))
}
