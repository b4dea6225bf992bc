//! What happened as lines of the session's logs (REP-1, REP-1a): an action is one record, and each log takes those that it
//! is about.

use std::collections::BTreeMap;

use desk::domain::decimal::Price;
use desk::domain::event::{Body, Event};
use desk::domain::float::FloatAssigned;
use desk::domain::ids::{DecisionId, OrderId, SessionId, StrategyName};
use desk::domain::market::Side;
use desk::domain::order::{Ending, Purpose};
use desk::domain::records::Mode;
use desk::domain::symbol::Symbol;
use desk::domain::trade::Trade;
use serde_json::{Map, Value, json};

use crate::render::logs::ACTION_COLUMNS;

/// What is known of an order from its intent.
#[derive(Clone, Debug)]
struct Known {
    decision: DecisionId,
    strategy: StrategyName,
    symbol: Symbol,
    side: Side,
    leg: &'static str,
}

/// Turns events into lines.
#[derive(Debug)]
pub(super) struct Lines {
    broker: String,
    mode: Mode,
    session: Option<SessionId>,
    orders: BTreeMap<OrderId, Known>,
}

/// A line, and which logs take it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) strategy: Option<StrategyName>,
    pub(super) event: &'static str,
    pub(super) record: Value,
}

impl Line {
    fn is(&self, events: &[&str]) -> bool {
        events.contains(&self.event)
    }

    /// Whether `orders.jsonl` has it.
    pub(super) fn of_orders(&self) -> bool {
        self.record.get("order_id").is_some_and(|id| !id.is_null())
    }

    /// Whether `exits.jsonl` has it.
    pub(super) fn of_exits(&self) -> bool {
        self.is(&["exit_intended", "trade_closed"])
            || (self.event == "executed" && self.record.get("leg") != Some(&json!("entry")))
    }

    /// Whether `outcomes.jsonl` has it: what became of a decision.
    pub(super) fn of_outcomes(&self) -> bool {
        self.is(&["signal_blocked", "entry_missed", "trade_closed"])
    }

    /// Whether `unresolved_orders.log` has it: refused, in part, or of unknown outcome.
    pub(super) fn unresolved(&self) -> bool {
        // The siblings of a bracket are withdrawn in order; an entry that ended has a rest that was not filled.
        self.is(&["refused", "unknown", "not_accepted", "impossible"])
            || (self.event == "ended" && self.record.get("leg") == Some(&json!("entry")))
    }
}

impl Lines {
    pub(super) fn new(broker: &str, mode: Mode) -> Self {
        Self { broker: broker.to_owned(), mode, session: None, orders: BTreeMap::new() }
    }

    /// Another session.
    pub(super) fn turn(&mut self, session: SessionId) {
        self.session = Some(session);
        self.orders.clear();
    }

    /// The line of an event that is about a signal, an order or a trade.
    pub(super) fn action(&mut self, event: &Event) -> Option<Line> {
        let (name, own) = self.told(&event.body)?;
        let mut record: Map<String, Value> =
            ACTION_COLUMNS.iter().map(|column| ((*column).to_owned(), Value::Null)).collect();
        let head = json!({
            "timestamp": event.at, "event": name, "seq": event.seq, "session": self.session,
            "broker": self.broker, "mode": self.mode,
        });
        if matches!(event.body, Body::Decided(_)) {
            record.insert("signal_trigger_time".to_owned(), json!(event.at));
        }
        for value in [head, own] {
            if let Value::Object(more) = value {
                record.extend(more);
            }
        }
        let strategy = record.get("strategy_name").and_then(|name| serde_json::from_value(name.clone()).ok());
        Some(Line { strategy, event: name, record: Value::Object(record) })
    }

    fn told(&mut self, body: &Body) -> Option<(&'static str, Value)> {
        Some(match body {
            Body::Decided(d) => {
                let name = if d.blocked.is_some() { "signal_blocked" } else { "signal" };
                let own = json!({
                    "strategy_name": d.strategy, "ticker": d.symbol, "trade_side": d.side, "side": d.side,
                    "size": d.size, "decision_id": d.id, "entry_price": d.plan.reference,
                    "stop_price": d.plan.stop, "target_price": d.plan.target,
                    "gate": d.blocked.map(|(gate, _)| gate), "reason": d.blocked.map(|(_, why)| why.as_str()),
                });
                (name, own)
            }
            Body::Intended(intent) => {
                let known = |leg| Known {
                    decision: intent.decision.clone(),
                    strategy: intent.strategy,
                    symbol: intent.symbol,
                    side: intent.side,
                    leg,
                };
                let name = match &intent.purpose {
                    Purpose::Entry { stop_order, target_order, .. } => {
                        self.orders.insert(intent.order.clone(), known("entry"));
                        self.orders.insert(stop_order.clone(), known("stop"));
                        self.orders.insert(target_order.clone(), known("target"));
                        "entry_intended"
                    }
                    Purpose::Exit { .. } => {
                        self.orders.insert(intent.order.clone(), known("exit"));
                        "exit_intended"
                    }
                };
                let reason = match &intent.purpose {
                    Purpose::Exit { reason } => Some(*reason),
                    Purpose::Entry { .. } => None,
                };
                (name, self.order(&intent.order, json!({ "size": intent.quantity, "exit_reason": reason })))
            }
            Body::TradeClosed(trade) => ("trade_closed", closed(trade)?),
            Body::EntryMissed { decision, symbol } => {
                let strategy = self.orders.values().find(|k| k.decision == *decision).map(|k| k.strategy);
                ("entry_missed", json!({ "strategy_name": strategy, "ticker": symbol, "decision_id": decision }))
            }
            Body::Frozen { strategy, reason, have, limit } => {
                let reason = format!("{}: {have}, the limit is {limit}", reason.as_str());
                ("frozen", json!({ "strategy_name": strategy, "reason": reason }))
            }
            other => return self.of_order(other),
        })
    }

    /// What became of an order.
    fn of_order(&self, body: &Body) -> Option<(&'static str, Value)> {
        let moved = |price: &Price| json!({ "stop_price": price });
        Some(match body {
            Body::Accepted { order } => ("accepted", self.order(order, json!({}))),
            Body::Refused { order, why } => ("refused", self.order(order, json!({ "error_code": why }))),
            Body::Executed { order, execution, .. } => {
                let known = self.orders.get(order).map_or("entry", |k| k.leg);
                let price = if known == "entry" { "entry_price" } else { "exit_price" };
                let more = json!({
                    "size": execution.quantity.magnitude(), price: execution.price, "fees": execution.commission,
                    "synthetic": execution.synthetic,
                });
                ("executed", self.order(order, more))
            }
            Body::Triggered { order } => ("triggered", self.order(order, json!({}))),
            Body::Ended { order, how } => {
                let how = if *how == Ending::Cancelled { "cancelled" } else { "expired" };
                ("ended", self.order(order, json!({ "reason": how })))
            }
            Body::Amended { order, stop } => ("amended", self.order(order, moved(stop))),
            Body::AmendIntended { order, stop } => ("amend_intended", self.order(order, moved(stop))),
            Body::CancelIntended { order } => ("cancel_intended", self.order(order, json!({}))),
            Body::Unknown { order } => ("unknown", self.order(order, json!({}))),
            Body::NotAccepted { order } => ("not_accepted", self.order(order, json!({}))),
            Body::Impossible { order, from, to } => {
                let reason = format!("reported as {to:?} while {from:?}").to_lowercase();
                ("impossible", self.order(order, json!({ "reason": reason })))
            }
            _ => return None,
        })
    }

    /// What is known of an order, and more.
    fn order(&self, order: &OrderId, more: Value) -> Value {
        let mut record = match self.orders.get(order) {
            Some(k) => json!({
                "strategy_name": k.strategy, "ticker": k.symbol, "trade_side": k.side, "side": k.side,
                "decision_id": k.decision, "leg": k.leg,
            }),
            None => json!({}),
        };
        if let (Value::Object(own), Value::Object(more)) = (&mut record, more) {
            own.insert("order_id".to_owned(), json!(order));
            own.extend(more);
        }
        record
    }

    /// The line of an event about the session itself.
    pub(super) fn system(event: &Event) -> Option<Value> {
        let (name, text) = match &event.body {
            Body::SessionOpened { open, close, .. } => ("session_opened", format!("from {open} to {close}")),
            Body::Settled { session } => ("settled", format!("what fell due on {}", session.date)),
            Body::FeeCharged { fee, amount, of, .. } => ("fee_charged", format!("{fee:?} of {of}: {amount}")),
            Body::Frozen { reason, have, limit, .. } => {
                ("frozen", format!("{}: {have}, the limit is {limit}", reason.as_str()))
            }
            Body::DrawdownCleared { peak, by, why } => {
                ("drawdown_cleared", format!("measured from {peak} from now on; {by}: {why}"))
            }
            Body::SessionClosed { session } => ("session_closed", format!("the books of {session} are closed")),
            Body::ChartChanged(change) => {
                let (account, state) = (&change.account, if change.account.open { "open" } else { "closed" });
                let text = format!(
                    "version {}: {} {}, {state}; {}: {}",
                    change.version, account.code, account.name, change.by, change.reason
                );
                ("chart_changed", text)
            }
            Body::FloatAssigned(assigned) => {
                let FloatAssigned { assignment: a, before, by } = assigned.as_ref();
                let text = format!(
                    "{} {} from {} on, {before} before; document {} of {}, brought by {by}",
                    a.float, a.currency, a.from, a.document, a.assigned_by
                );
                ("float_assigned", text)
            }
            Body::Configured(chosen) => {
                let text = format!("version {} by {}: {} trade", chosen.version, chosen.by, chosen.who_trades());
                ("configured", text)
            }
            Body::LotsChosen { session, method } => ("lots_chosen", format!("{method} from {session} on")),
            _ => return None,
        };
        Some(json!({ "at": event.at, "seq": event.seq, "event": name, "text": text }))
    }
}

/// A closed trade; nothing where its sums do not fit, which the record has refused before.
fn closed(t: &Trade) -> Option<Value> {
    let net = t.net().ok()?;
    Some(json!({
        "strategy_name": t.strategy, "ticker": t.symbol, "trade_side": t.side, "side": t.side, "size": t.size,
        "signal_trigger_time": t.signal_at, "entry_timestamp": t.entered_at, "exit_timestamp": t.exited_at,
        "entry_price": t.entry_price().ok()?, "exit_price": t.exit_price().ok()?, "fees": t.fees().ok()?,
        "pnl_gross": t.gross().ok()?, "pnl_net": net, "PnL": net, "exit_reason": t.reason,
        "synthetic": t.synthetic, "decision_id": t.decision,
    }))
}
