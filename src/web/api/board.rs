//! The board and its parts, as they are.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::web::history::{Past, Record};
use crate::web::pages::logs::{Asked as Lines, found};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

type Answer = Result<HttpResponse, Refusal>;

/// The most rows at once.
const MOST: usize = 200;

/// How many rows, after which; of an earlier session where one is named.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Paged {
    cursor: Option<usize>,
    limit: Option<usize>,
    session: String,
}

/// The session that is asked for, from the event log; nothing where what the board has is asked for.
async fn past(shared: &Shared, asked: &Paged) -> Result<Option<Past>, Refusal> {
    match asked.session.as_str() {
        "" => Ok(None),
        day => Record::session_on(shared, day).await.map(Some),
    }
}

/// A page of rows, and the cursor of the next one.
fn paged<T: Serialize>(rows: &[T], asked: &Paged) -> HttpResponse {
    let (from, limit) = (asked.cursor.unwrap_or(0).min(rows.len()), asked.limit.unwrap_or(MOST).clamp(1, MOST));
    let to = from.saturating_add(limit).min(rows.len());
    let next = (to < rows.len()).then_some(to);
    HttpResponse::Ok()
        .json(json!({ "count": rows.len(), "rows": rows.get(from..to).unwrap_or_default(), "next": next }))
}

/// `GET /api/v1/board`
pub(crate) async fn board(shared: Data<Shared>) -> Answer {
    Ok(HttpResponse::Ok().json(&*shared.board()))
}

/// `GET /api/v1/decisions`
pub(crate) async fn decisions(shared: Data<Shared>, asked: Query<Paged>) -> Answer {
    Ok(match past(&shared, &asked).await? {
        Some(past) => paged(&past.decisions, &asked),
        None => paged(&shared.board().decisions, &asked),
    })
}

/// `GET /api/v1/orders`
pub(crate) async fn orders(shared: Data<Shared>, asked: Query<Paged>) -> Answer {
    Ok(match past(&shared, &asked).await? {
        Some(past) => paged(&past.orders.iter().map(|o| &o.line).collect::<Vec<_>>(), &asked),
        None => paged(&shared.board().orders, &asked),
    })
}

/// `GET /api/v1/positions`
pub(crate) async fn positions(shared: Data<Shared>, asked: Query<Paged>) -> Answer {
    Ok(paged(&shared.board().positions, &asked))
}

/// `GET /api/v1/alerts`
pub(crate) async fn alerts(shared: Data<Shared>, asked: Query<Paged>) -> Answer {
    Ok(paged(&shared.board().alerts, &asked))
}

/// `GET /api/v1/causes`
pub(crate) async fn causes(shared: Data<Shared>) -> Answer {
    let board = shared.board();
    Ok(HttpResponse::Ok().json(json!({ "refusals": board.refusals, "skips": board.skips })))
}

/// `GET /api/v1/logs`
pub(crate) async fn logs(shared: Data<Shared>, asked: Query<Lines>) -> Answer {
    let read = shared.site.logs.clone();
    let lines = actix_web::web::block(move || read()).await.map_err(|_| Refusal::Busy)?;
    let (rows, count) = found(lines, &asked, MOST);
    Ok(HttpResponse::Ok().json(json!({ "count": count, "rows": rows })))
}

/// `GET /api/v1/trades`
pub(crate) async fn trades(shared: Data<Shared>, asked: Query<Paged>) -> Answer {
    Ok(match past(&shared, &asked).await? {
        Some(past) => paged(&past.trades, &asked),
        None => paged(&shared.board().trades, &asked),
    })
}

/// `GET /api/v1/symbols/{symbol}/bars`: the session's bars so far, and what was done on them.
pub(crate) async fn bars(shared: Data<Shared>, symbol: Path<String>) -> Answer {
    let asked = shared.watched(&symbol)?;
    let source = shared.site.bars.as_ref().ok_or_else(|| Refusal::Missing("Nobody keeps bars here.".to_owned()))?;
    let bars: Vec<Value> =
        source(asked).iter().map(|b| json!([b.start.seconds(), b.open, b.high, b.low, b.close, b.volume])).collect();
    let board = shared.board();
    let mut marks: Vec<Value> = Vec::new();
    for t in board.trades.iter().filter(|t| t.symbol == asked) {
        marks.push(
            json!({ "at": t.entered_at.seconds(), "price": t.entry_price().ok(), "side": t.side, "what": "entry", "why": Value::Null }),
        );
        marks.push(json!({ "at": t.exited_at.seconds(), "price": t.exit_price().ok(), "side": t.side, "what": "exit", "why": t.reason.label() }));
    }
    for d in board.decisions.iter().filter(|d| d.decision.symbol == asked && d.outcome == "blocked") {
        let gate = d.decision.blocked.map(|(g, _)| g.label());
        marks.push(json!({ "at": d.at.seconds(), "price": d.decision.plan.reference, "side": d.decision.side, "what": "blocked", "why": gate }));
    }
    let mut lines: Vec<Value> = Vec::new();
    for p in board.positions.iter().filter(|p| p.symbol == asked) {
        marks.push(
            json!({ "at": p.since.seconds(), "price": p.entry, "side": p.side, "what": "entry", "why": Value::Null }),
        );
        lines.push(json!({ "price": p.stop, "what": "stop" }));
        lines.push(json!({ "price": p.target, "what": "target" }));
    }
    Ok(HttpResponse::Ok().json(json!({ "symbol": asked, "bars": bars, "marks": marks, "lines": lines })))
}
