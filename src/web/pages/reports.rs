//! `GET /reports`: sessions and weeks with their reports, and the files themselves.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::frame::Frame;
use crate::render::numbers::{Sign, count, glance};
use crate::web::exports::{exported, file as file_of};
use crate::web::refusal::Refusal;
use crate::web::site::{Period, Shared};
use crate::web::visitor::Visitor;

/// So many sessions and weeks are shown, the newest first.
const MOST: usize = 120;

/// `GET /reports`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor) -> Result<HttpResponse, Refusal> {
    let (all, unread) = match (shared.site.reports.listed)() {
        Ok(all) => (all, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let rows = |sessions: bool| -> Vec<Value> {
        all.iter().filter(|p| p.session.is_some() == sessions).take(MOST).map(row).collect()
    };
    let ready = all.iter().find(|p| p.readiness.is_some()).map(row);
    let own = json!({ "reports": { "sessions": rows(true), "weeks": rows(false), "ready": ready, "unread": unread } });
    Frame::new(&shared, &visitor, "/reports").page("Reports", "pages/reports.html", own)
}

fn row(period: &Period) -> Value {
    let title = period.session.map_or_else(|| period.name.clone(), |s| s.date.to_string());
    let strategy = |name: &&String| is_page(name) && !["report.html", "readiness.html"].contains(&name.as_str());
    let word = |name: &String| json!({ "file": name, "name": name.trim_end_matches(".html") });
    json!({
        "path": period.name,
        "title": title,
        "trades": count(period.trades),
        "won": count(period.won),
        "net": glance(period.net, Sign::Result),
        "report": period.files.iter().any(|f| f == "report.html"),
        "strategies": period.files.iter().filter(strategy).map(word).collect::<Vec<_>>(),
        "ready": period.readiness,
        "data": period.files.iter().find(|f| f.ends_with("summary.json")),
    })
}

fn is_page(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|end| end == "html")
}

fn content_type(name: &str) -> &'static str {
    match std::path::Path::new(name).extension().and_then(std::ffi::OsStr::to_str) {
        Some("html") => "text/html; charset=utf-8",
        Some("md") => "text/markdown; charset=utf-8",
        _ => "application/json",
    }
}

/// `GET /reports/{period}/{file}`: a page that stands alone, to be kept and opened; it runs nowhere near the bot's own.
pub(crate) async fn file(
    shared: Data<Shared>,
    visitor: Visitor,
    asked: Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let (period, name) = asked.into_inner();
    let Some(bytes) = (shared.site.reports.file)(&period, &name) else {
        return Err(Refusal::Missing(
            "There is no such report; the page Reports lists those that are there.".to_owned(),
        ));
    };
    let identity = &shared.site.identity;
    let named = format!("{identity}-{period}-{name}");
    exported(&shared, &visitor, &named, json!({ "report": period, "file": name, "bytes": bytes.len() })).await?;
    Ok(file_of(&named, content_type(&name), bytes))
}
