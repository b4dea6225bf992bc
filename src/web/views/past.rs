//! What is over and kept as history: cleared freezes, and kills, flattens, cancels and pauses with their receipts.

use serde_json::{Value, json};

use super::closing::{after, named};
use super::risk::mark;
use super::words::counted;
use crate::messages::board::Mark;
use crate::messages::past::{ClearedFreeze, Past, PastClosing};
use crate::render::numbers::{clock, minus};

/// A mark with its day: history is rarely today's.
fn dated(at: &Mark) -> Value {
    let mut said = mark(at);
    if let Some(said) = said.as_object_mut() {
        said.insert("day".to_owned(), json!(at.at.utc_date().to_string()));
    }
    said
}

pub(super) fn past(past: &Past) -> Value {
    json!({
        "freezes": past.freezes.iter().map(freeze).collect::<Vec<_>>(),
        "closings": past.closings.iter().map(closing).collect::<Vec<_>>(),
        "unread": past.unread,
        "most": Past::KEPT,
    })
}

fn freeze(c: &ClearedFreeze) -> Value {
    json!({
        "name": c.freeze.name, "strategy": c.freeze.strategy, "set": dated(&c.freeze.mark), "cleared": dated(&c.cleared),
    })
}

fn closing(c: &PastClosing) -> Value {
    let positions: Vec<String> = c.positions.iter().map(|p| minus(p)).collect();
    json!({
        "verb": c.verb, "mark": dated(&c.mark), "also": c.also.iter().map(|m| m.who.to_string()).collect::<Vec<_>>(),
        "taken_up": c.taken_up.map(|at| json!({ "at": at, "day": at.utc_date().to_string(), "clock": clock(at) })),
        "entries": counted(c.entries, "entry").replace("entrys", "entries"), "protective": c.protective,
        "positions": counted(c.positions.len(), "position"), "named": named(&positions),
        "last_cancel": after(c.last_cancel_ms), "flat": after(c.flat_ms), "receipt": c.receipt,
        "kill": c.verb == "kill", "reset": c.reset.as_ref().map(dated),
    })
}
