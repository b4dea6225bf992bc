//! Pages that show the board: all that moves while the bot trades.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::messages::board::DecisionLine;
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

/// `GET /orders`
pub(crate) async fn orders(shared: Data<Shared>, visitor: Visitor) -> Answer {
    plain(&shared, &visitor, "/orders", "Orders", "pages/orders.html")
}

/// `GET /trades`
pub(crate) async fn trades(shared: Data<Shared>, visitor: Visitor) -> Answer {
    plain(&shared, &visitor, "/trades", "Trades", "pages/trades.html")
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
    let lines = (shared.site.settings)();
    let closes = lines.iter().any(|l| l.key == "lifecycle.shutdown_closes" && l.value == "true");
    let own = json!({ "shutdown": { "closes": closes } });
    Frame::new(&shared, &visitor, "/system/shutdown").page("Shutdown", "pages/shutdown.html", own)
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

/// What the list of decisions is narrowed to; empty is everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Narrowed {
    outcome: String,
    gate: String,
    strategy: String,
    symbol: String,
}

impl Narrowed {
    fn fits(&self, line: &DecisionLine) -> bool {
        let d = &line.decision;
        let same = |asked: &str, found: &str| asked.is_empty() || asked.eq_ignore_ascii_case(found);
        same(&self.outcome, line.outcome)
            && same(&self.strategy, d.strategy.as_str())
            && same(self.symbol.trim(), &d.symbol.to_string())
            && (self.gate.is_empty() || d.blocked.is_some_and(|(g, _)| g.as_str() == self.gate))
    }

    fn is_everything(&self) -> bool {
        [&self.outcome, &self.gate, &self.strategy, &self.symbol].iter().all(|f| f.is_empty())
    }
}

/// `GET /decisions`
pub(crate) async fn decisions(shared: Data<Shared>, visitor: Visitor, narrowed: Query<Narrowed>) -> Answer {
    let board = shared.board();
    let rows = views::decision_rows(&board, |d| narrowed.fits(d));
    let gates: Vec<Value> =
        desk::domain::records::GateName::ALL.iter().map(|g| json!({ "code": g, "label": g.label() })).collect();
    let own = json!({
        "list": rows, "live": narrowed.is_everything(), "gates": gates,
        "asked": { "outcome": narrowed.outcome, "gate": narrowed.gate, "strategy": narrowed.strategy, "symbol": narrowed.symbol },
    });
    Frame::new(&shared, &visitor, "/decisions").page("Decisions", "pages/decisions.html", own)
}

/// `GET /decisions/{id}`
pub(crate) async fn decision(shared: Data<Shared>, visitor: Visitor, id: Path<String>) -> Answer {
    let board = shared.board();
    let line = board.decisions.iter().find(|d| d.decision.id.as_str() == id.as_str()).ok_or_else(|| {
        Refusal::Missing(format!(
            "There is no decision {:?} among the latest {}. Older ones stand in the event log.",
            id.as_str().chars().take(80).collect::<String>(),
            crate::messages::board::Board::DECISIONS
        ))
    })?;
    let own = json!({ "decision": views::decision(&board, line) });
    let title = format!("{} {}", line.decision.symbol, line.decision.strategy);
    Frame::new(&shared, &visitor, "/decisions").page(&title, "pages/decision.html", own)
}

/// `GET /symbols/{symbol}`
pub(crate) async fn symbol(shared: Data<Shared>, visitor: Visitor, symbol: Path<String>) -> Answer {
    let asked = shared.watched(&symbol)?;
    let board = shared.board();
    let own = json!({
        "symbol": asked,
        "own": {
            "positions": views::positions(&board, |s| s == asked),
            "orders": views::orders(&board, |s| s == asked),
            "trades": views::trades(&board, |s| s == asked),
            "decisions": views::decision_rows(&board, |d| d.decision.symbol == asked),
        },
        "bars": shared.site.bars.is_some(),
    });
    Frame::new(&shared, &visitor, "/symbols").page(&asked.to_string(), "pages/symbol.html", own)
}
