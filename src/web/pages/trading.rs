//! Decisions, orders and trades: those of the board, live; those of earlier sessions, and one of them, from the event log.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::rt::time::timeout;
use actix_web::web::{Data, Path, Query};
use desk::domain::bot::Action;
use desk::domain::ids::ExecutionId;
use desk::domain::records::GateName;
use serde::Deserialize;
use serde_json::{Value, json};

use super::frame::Frame;
use super::ledger::entry_line;
use crate::messages::board::DecisionLine;
use crate::store::StoredEntry;
use crate::web::history::{Past, PastOrder, Record};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views;
use crate::web::visitor::Visitor;

type Answer = Result<HttpResponse, Refusal>;

/// Rows of a page of an earlier session.
const PAGE: usize = 200;
/// So long the days to choose from are waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Which session, and after how many rows; empty is the board, live.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Of {
    session: String,
    after: usize,
}

/// The session that was asked for, and what a page needs to choose another one.
async fn chosen(shared: &Shared, session: &str) -> Result<(Option<Past>, Value), Refusal> {
    let offered = async {
        match Record::open(shared).await? {
            Some(record) => record.days(shared).await,
            None => Ok(Vec::new()),
        }
    };
    // What is live needs no database, and does not wait for one.
    let offered = timeout(PATIENCE, offered).await.map_err(|_| Refusal::Overloaded).flatten();
    let offered = offered.unwrap_or_else(|e| {
        tracing::warn!(target: "web", "earlier sessions are not offered: {e}");
        Vec::new()
    });
    let past = match session {
        "" => None,
        day => Some(Record::session_on(shared, day).await?),
    };
    let now = shared.board().session.as_ref().map(|s| s.id.date.to_string());
    let day = if session.is_empty() { now.clone() } else { Some(session.to_owned()) };
    Ok((past, json!({ "offered": offered, "asked": session, "day": day, "now": now })))
}

/// What the list of decisions is narrowed to; empty is everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Narrowed {
    session: String,
    after: usize,
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
    let (past, sessions) = chosen(&shared, &narrowed.session).await?;
    let fits = |d: &DecisionLine| narrowed.fits(d);
    let list = match &past {
        Some(past) => views::decision_page(&past.decisions, fits, narrowed.after, PAGE),
        None => views::decision_rows(&shared.board().decisions, fits),
    };
    let gates: Vec<Value> = GateName::ALL.iter().map(|g| json!({ "code": g, "label": g.label() })).collect();
    let own = json!({
        "list": list, "live": past.is_none() && narrowed.is_everything(), "gates": gates, "sessions": sessions,
        "asked": { "outcome": narrowed.outcome, "gate": narrowed.gate, "strategy": narrowed.strategy, "symbol": narrowed.symbol },
    });
    Frame::new(&shared, &visitor, "/decisions").page("Decisions", "pages/decisions.html", own)
}

/// `GET /orders`
pub(crate) async fn orders(shared: Data<Shared>, visitor: Visitor, of: Query<Of>) -> Answer {
    let (past, sessions) = chosen(&shared, &of.session).await?;
    let list = past.as_ref().map(|past| {
        let shown: Vec<_> = past.orders.iter().skip(of.after).take(PAGE).map(|o| &o.line).collect();
        let next = of.after.saturating_add(shown.len());
        json!({
            "table": views::orders(shown, |_| true), "count": past.orders.len(),
            "next": (next < past.orders.len()).then_some(next),
        })
    });
    Frame::new(&shared, &visitor, "/orders").page(
        "Orders",
        "pages/orders.html",
        json!({ "list": list, "sessions": sessions }),
    )
}

/// `GET /trades`
pub(crate) async fn trades(shared: Data<Shared>, visitor: Visitor, of: Query<Of>) -> Answer {
    let (past, sessions) = chosen(&shared, &of.session).await?;
    let list = past.as_ref().map(|past| views::trades(&past.trades, |_| true));
    Frame::new(&shared, &visitor, "/trades").page(
        "Trades",
        "pages/trades.html",
        json!({ "list": list, "sessions": sessions }),
    )
}

/// The journal entries of some orders for whoever may open them, and by execution where each is.
async fn entries(
    record: &Record,
    visitor: &Visitor,
    orders: &[&PastOrder],
) -> Result<(Vec<Value>, BTreeMap<ExecutionId, u64>), Refusal> {
    if !visitor.may(Action::ReadLedger) {
        return Ok((Vec::new(), BTreeMap::new()));
    }
    let executions: Vec<&ExecutionId> = orders.iter().flat_map(|order| order.executions()).collect();
    let fills = record.fills(&executions).await?;
    let of = |fill: &StoredEntry| fill.entry.draft.source_key.parse().ok().map(|id| (id, fill.entry.seq));
    let lines = fills.iter().map(entry_line).collect::<Result<Vec<_>, _>>()?;
    Ok((lines, fills.iter().filter_map(of).collect()))
}

/// An id of an address, in a sentence.
fn named(id: &str) -> String {
    format!("{:?}", id.chars().take(80).collect::<String>())
}

/// `GET /orders/{id}`
pub(crate) async fn order(shared: Data<Shared>, visitor: Visitor, id: Path<String>) -> Answer {
    let missing = || {
        Refusal::Missing(format!(
            "The event log has no order {}. A client order id holds its day, as in EXAM01-260601-on6yyji6mwa5nbje.",
            named(&id)
        ))
    };
    let record = Record::open(&shared).await?.ok_or_else(missing)?;
    let past = record.of_order(&id).await?.ok_or_else(missing)?;
    let order = past.order(&id).ok_or_else(missing)?;
    let (lines, by_execution) = entries(&record, &visitor, &[order]).await?;
    let siblings: Vec<_> =
        past.orders_of(order.decision.as_str()).map(|o| &o.line).filter(|l| l.order != order.line.order).collect();
    let own = json!({
        "order": views::life(order, &by_execution), "entries": lines, "siblings": views::orders(siblings, |_| true),
    });
    let title = format!("{} {}", order.line.symbol, order.line.leg.as_str());
    Frame::new(&shared, &visitor, "/orders").page(&title, "pages/order.html", own)
}

/// A decision's session with its entries, as the event log and the books have them.
async fn told(shared: &Shared, visitor: &Visitor, id: &str) -> Result<(Past, Vec<Value>), Refusal> {
    let Some(record) = Record::open(shared).await? else { return Ok((Past::default(), Vec::new())) };
    let past = record.of_decision(id).await?.unwrap_or_default();
    let orders: Vec<&PastOrder> = past.orders_of(id).collect();
    let lines = entries(&record, visitor, &orders).await?.0;
    Ok((past, lines))
}

/// `GET /decisions/{id}`
pub(crate) async fn decision(shared: Data<Shared>, visitor: Visitor, id: Path<String>) -> Answer {
    let board = shared.board();
    let shown = board.decisions.iter().find(|d| d.decision.id.as_str() == id.as_str());
    let (unread, (past, lines)) = match told(&shared, &visitor, &id).await {
        Ok(told) => (false, told),
        // The board knows what the gates said.
        Err(_) if shown.is_some() => (true, (Past::default(), Vec::new())),
        Err(refusal) => return Err(refusal),
    };
    let line = past.decision(&id).or(shown).ok_or_else(|| {
        Refusal::Missing(format!(
            "The event log has no decision {}. A decision's id begins with its session, as in XNYS:2026-11-20/open/ACME/1.",
            named(&id)
        ))
    })?;
    let known = board.trades.iter().find(|t| t.decision == line.decision.id);
    let trade = past.trade_of(&id).or(known);
    let open = board.positions.iter().any(|p| p.decision == line.decision.id);
    let own = json!({
        "decision": views::decision(line, trade, open), "entries": lines, "unread": unread,
        "orders": views::orders(past.orders_of(&id).map(|o| &o.line), |_| true),
        "trade": trade.map(|t| views::trades(std::slice::from_ref(t), |_| true)),
        "now": board.session.as_ref().is_some_and(|s| s.id == line.decision.session),
    });
    let title = format!("{} {}", line.decision.symbol, line.decision.strategy);
    Frame::new(&shared, &visitor, "/decisions").page(&title, "pages/decision.html", own)
}
