//! Actors, the feed, the heartbeat: the worst first.

use desk::domain::time::Span;
use serde_json::{Value, json};

use crate::messages::board::{ActorLine, Board};
use crate::render::numbers::span;
use crate::web::ages::Ages;

/// An age in milliseconds, in words.
fn silence(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    match ms.div_euclid(1_000) {
        0 => format!("{}.{} s", 0, ms.rem_euclid(1_000).div_euclid(100)),
        seconds => span(Span::seconds(seconds)),
    }
}

pub(super) fn health(board: &Board, ages: Ages, silent: Option<i64>) -> Value {
    let ill: Vec<&ActorLine> = board.actors.iter().filter(|a| !a.well).collect();
    let restarts = board.actors.iter().map(|a| a.restarts).fold(0_u32, u32::saturating_add);
    let answer = match (silent, ill.first()) {
        (Some(seconds), _) => format!("The bot has told nothing new for {seconds} s."),
        (None, Some(a)) => format!("{} does not answer: {}.", a.name, a.fault.as_deref().unwrap_or("no reason known")),
        (None, None) => format!("All {} actors answer.", board.actors.len()),
    };
    json!({
        "answer": answer,
        "well": silent.is_none() && ill.is_empty(),
        "actors": board.actors.len(),
        "ill": ill.len(),
        "restarts": restarts,
        "answered": board.actors.iter().map(|a| a.silent_ms).max().map(silence),
        "feed_name": board.feed_name,
        "feed": ages.feed.map(|seconds| span(Span::seconds(seconds))),
        "waiting": board.actors.iter().map(|a| a.waiting).max().unwrap_or(0),
    })
}

pub(super) fn actors(board: &Board) -> Value {
    let mut shown: Vec<&ActorLine> = board.actors.iter().collect();
    shown.sort_by_key(|a| (a.well, std::cmp::Reverse(a.restarts)));
    let rows: Vec<Value> = shown
        .iter()
        .map(|a| {
            json!({
                "name": a.name, "well": a.well, "answered": silence(a.silent_ms), "waiting": a.waiting,
                "restarts": a.restarts, "fault": a.fault,
            })
        })
        .collect();
    json!({ "rows": rows })
}
