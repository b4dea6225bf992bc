//! Actors, the feed, the heartbeat: the worst first.

use serde_json::{Value, json};

use super::words::age;
use crate::messages::board::{ActorLine, Board};

pub(super) fn health(board: &Board, silent: Option<i64>) -> Value {
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
        "answered": board.actors.iter().map(|a| a.answered).min().map(|at| age(at, board.at)),
        "feed_name": board.feed_name,
        "feed": board.fed_at.map(|at| age(at, board.at)),
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
                "name": a.name, "well": a.well, "answered": age(a.answered, board.at), "waiting": a.waiting,
                "restarts": a.restarts, "fault": a.fault,
            })
        })
        .collect();
    json!({ "rows": rows })
}
