//! The screener's page.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use serde_json::json;

use super::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views;
use crate::web::visitor::Visitor;

/// What the list is narrowed to; empty is everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    symbol: String,
    result: String,
    reason: String,
}

/// `GET /screener`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Result<HttpResponse, Refusal> {
    let Asked { symbol, result, reason } = &*asked;
    let list = views::screener(&shared.board(), &views::Screened { symbol, result, reason });
    let own = json!({
        "list": list,
        "narrow": { "symbol": symbol, "result": result, "reason": reason },
        "narrowed": ![symbol, result, reason].iter().all(|text| text.is_empty()),
    });
    Frame::new(&shared, &visitor, "/screener").page("Screener", "pages/screener.html", own)
}
