//! Pages that show the board: all that moves while the bot trades.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::render::numbers::{clock, count};
use crate::store::Fellow;
use crate::web::refusal::Refusal;
use crate::web::site::{BackupLine, Shared};
use crate::web::views;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

type Answer = Result<HttpResponse, Refusal>;

fn plain(shared: &Shared, visitor: &Visitor, path: &str, title: &str, template: &str) -> Answer {
    Frame::new(shared, visitor, path).page(title, template, Value::Null)
}

/// `GET /`
pub(crate) async fn dashboard(shared: Data<Shared>, visitor: Visitor) -> Answer {
    let own = json!({ "bots": bots(&shared).await? });
    Frame::new(&shared, &visitor, "/").page("Dashboard", "pages/dashboard.html", own)
}

/// The bots whose books are in the same database: on a server there may be several (OPS-12).
async fn bots(shared: &Shared) -> Result<Vec<Value>, Refusal> {
    let Some(reader) = shared.site.books.as_ref().filter(|reader| reader.is_on_server()) else { return Ok(Vec::new()) };
    let row = |fellow: &Fellow| {
        json!({
            "identity": fellow.identity,
            "own": fellow.identity == shared.site.identity.as_str(),
            "writes": fellow.writes,
            "recorded": fellow.recorded_at.map_or_else(|| "never".to_owned(), moment),
            "closed": fellow.closed.map_or_else(|| "no session yet".to_owned(), |day| day.to_string()),
            "entries": count(fellow.entries),
        })
    };
    Ok(reader.fleet().await?.iter().map(row).collect())
}

/// `GET /risk`
pub(crate) async fn risk(shared: Data<Shared>, visitor: Visitor) -> Answer {
    plain(&shared, &visitor, "/risk", "Limits and freezes", "pages/risk.html")
}

/// `GET /kill`
pub(crate) async fn kill(shared: Data<Shared>, visitor: Visitor) -> Answer {
    plain(&shared, &visitor, "/kill", "Kill and drills", "pages/kill.html")
}

/// `GET /system/health`
pub(crate) async fn health(shared: Data<Shared>, visitor: Visitor) -> Answer {
    let (lines, unread) = match (shared.site.backups)() {
        Ok(lines) => (lines, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let shown = |line: &BackupLine| {
        let kib = line.bytes.div_ceil(1_024);
        json!({
            "name": line.name, "at": line.at.to_string(), "day": line.at.utc_date().to_string(),
            "time": clock(line.at), "size": count(kib), "checksum": line.checksum,
        })
    };
    let shown: Vec<Value> = lines.iter().map(shown).collect();
    let own = json!({ "backups": { "lines": shown, "unread": unread } });
    Frame::new(&shared, &visitor, "/system/health").page("Health", "pages/health.html", own)
}

/// `GET /alerts`
pub(crate) async fn alerts(shared: Data<Shared>, visitor: Visitor) -> Answer {
    plain(&shared, &visitor, "/alerts", "Alerts", "pages/alerts.html")
}

/// `GET /system/shutdown`
pub(crate) async fn shutdown(shared: Data<Shared>, visitor: Visitor) -> Answer {
    plain(&shared, &visitor, "/system/shutdown", "Shutdown", "pages/shutdown.html")
}

/// What the page is narrowed to; empty is everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AskedWhy {
    strategy: String,
    symbol: String,
}

/// `GET /why`
pub(crate) async fn why(shared: Data<Shared>, visitor: Visitor, asked: Query<AskedWhy>) -> Answer {
    let own = json!({ "why": views::why(&shared.board(), &asked.strategy, asked.symbol.trim()) });
    Frame::new(&shared, &visitor, "/why").page("Why no trades", "pages/why.html", own)
}

/// `GET /rehearsal`
pub(crate) async fn rehearsal(shared: Data<Shared>, visitor: Visitor) -> Answer {
    plain(&shared, &visitor, "/rehearsal", "Rehearsal", "pages/rehearsal.html")
}

/// `GET /symbols/{symbol}`
pub(crate) async fn symbol(shared: Data<Shared>, visitor: Visitor, symbol: Path<String>) -> Answer {
    let asked = shared.watched(&symbol)?;
    let board = shared.board();
    let own = json!({
        "symbol": asked,
        "own": {
            "positions": views::positions(&board, |s| s == asked),
            "orders": views::orders(&board.orders, |s| s == asked),
            "trades": views::trades(&board.trades, |s| s == asked),
            "decisions": views::decision_rows(&board.decisions, |d| d.decision.symbol == asked),
        },
        "bars": shared.site.bars.is_some(),
    });
    Frame::new(&shared, &visitor, "/symbols").page(&asked.to_string(), "pages/symbol.html", own)
}
