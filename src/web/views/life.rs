//! An order, event by event: what was decided, what the venue said, what became of it.

use std::collections::BTreeMap;

use desk::domain::event::{Body, Event};
use desk::domain::ids::ExecutionId;
use desk::domain::order::{Ending, Execution, Intent, Leg, Purpose, Refusal};
use serde_json::{Value, json};

use super::words::moment;
use crate::render::numbers::{clock, quantity};
use crate::render::words::order_state;
use crate::web::history::PastOrder;

/// An order's life. An execution leads to its entry, where the reader may open it.
pub(crate) fn life(order: &PastOrder, entries: &BTreeMap<ExecutionId, u64>) -> Value {
    let line = &order.line;
    let row = |event: &Event| {
        let (what, detail) = told(order, event);
        let entry = match &event.body {
            Body::Executed { order, execution, .. } if *order == line.order => entries.get(&execution.id),
            _ => None,
        };
        json!({ "seq": event.seq, "at": moment(event.at), "what": what, "detail": detail, "entry": entry })
    };
    json!({
        "order": line.order, "leg": line.leg, "strategy": line.strategy, "symbol": line.symbol, "side": order.side,
        "asked": quantity(line.asked), "filled": quantity(line.filled), "state": order_state(line.state),
        "decision": order.decision, "events": order.life.iter().map(row).collect::<Vec<_>>(),
    })
}

fn told(order: &PastOrder, event: &Event) -> (&'static str, String) {
    let own = event.body.order() == Some(&order.line.order);
    match &event.body {
        Body::Intended(intent) => intended(order.line.leg, intent),
        Body::TradeClosed(trade) => {
            ("the trade is over", format!("{}; what was left of the order ended with it", trade.reason.label()))
        }
        Body::Executed { .. } if !own => ("its entry was filled", "it works from now on".to_owned()),
        body if !own => ("its entry changed", body.kind().replace('_', " ")),
        Body::CancelIntended { .. } => ("withdrawal decided", String::new()),
        Body::AmendIntended { stop, .. } => ("move decided", format!("to {stop}")),
        Body::Accepted { .. } => ("taken by the venue", String::new()),
        Body::Refused { why, .. } => ("refused by the venue", refusal(*why).to_owned()),
        Body::Executed { execution, .. } => ("filled", filled(execution)),
        Body::Triggered { .. } => ("price touched", "it works as a market order from now on".to_owned()),
        Body::Ended { how, .. } => {
            let how = if *how == Ending::Cancelled { "cancelled" } else { "expired" };
            (how, format!("{} of {} were filled", quantity(order.line.filled), quantity(order.line.asked)))
        }
        Body::Amended { stop, .. } => ("moved", format!("to {stop}")),
        Body::Unknown { .. } => ("no answer", "it is asked again until it is known".to_owned()),
        Body::NotAccepted { .. } => ("never taken", "the venue does not know it".to_owned()),
        Body::Impossible { from, to, .. } => (
            "impossible report",
            format!("{} after {}; recorded, and not followed", order_state(*to), order_state(*from)),
        ),
        body => (body.kind(), String::new()),
    }
}

fn intended(leg: Leg, intent: &Intent) -> (&'static str, String) {
    let (size, symbol) = (quantity(intent.quantity), intent.symbol);
    match (&intent.purpose, leg) {
        (Purpose::Entry { plan, .. }, Leg::Stop) => ("decided with its entry", format!("stop at {}", plan.stop)),
        (Purpose::Entry { plan, .. }, Leg::Target) => ("decided with its entry", format!("target at {}", plan.target)),
        (Purpose::Entry { expires_at, .. }, _) => (
            "decided",
            format!("{} {size} {symbol}; its rest ends at {} UTC", intent.side.as_str(), clock(*expires_at)),
        ),
        (Purpose::Exit { reason }, _) => ("decided", format!("closes {size} {symbol}: {}", reason.label())),
    }
}

fn filled(e: &Execution) -> String {
    let model = if e.synthetic { "; by the model" } else { "" };
    format!("{} at {}; commission {}; execution {}{model}", quantity(e.quantity), e.price, e.commission, e.id)
}

const fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::DuplicateId => "an order of this id is there already",
        Refusal::Halted => "the instrument is halted",
        Refusal::Closed => "the venue takes no orders now",
        Refusal::NothingHeld => "there is nothing to reduce",
        Refusal::UnknownSymbol => "the instrument is not traded here",
        Refusal::Scripted => "refused as scripted",
    }
}
