//! What the browser loads once: styles, scripts, charts. Built in; an address carries the hash of its bytes.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use desk::domain::chain::Hash;

use super::refusal::Refusal;

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// Name, kind and bytes of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("app.css", STYLE, include_str!("../../static/app.css")),
    ("app.js", SCRIPT, include_str!("../../static/app.js")),
    ("charts.js", SCRIPT, include_str!("../../static/charts.js")),
    ("forms.css", STYLE, include_str!("../../static/forms.css")),
    ("mark.svg", PICTURE, include_str!("../../static/mark.svg")),
    ("uplot.css", STYLE, include_str!("../../static/vendor/uplot/uPlot.min.css")),
    ("uplot.js", SCRIPT, include_str!("../../static/vendor/uplot/uPlot.iife.min.js")),
    (
        "lightweight-charts.js",
        SCRIPT,
        include_str!("../../static/vendor/lightweight-charts/lightweight-charts.standalone.production.js"),
    ),
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut all = Hash::GENESIS;
    for (_, _, bytes) in FILES {
        all = all.link(bytes.as_bytes());
    }
    all.base32(12)
});

/// A short hash over all of them: it changes with each version.
pub(crate) fn version() -> &'static str {
    &VERSION
}

/// `GET /static/{name}`.
pub(crate) async fn file(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let found = FILES.iter().find(|(known, ..)| *known == name.as_str());
    let (_, kind, bytes) = found.ok_or_else(|| Refusal::Missing("There is no such file.".to_owned()))?;
    // An address with this version's hash never changes; any other is asked for again.
    let fixed = request.query_string() == format!("v={}", version());
    let keep = if fixed { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(HttpResponse::Ok().content_type(*kind).insert_header((header::CACHE_CONTROL, keep)).body(*bytes))
}
