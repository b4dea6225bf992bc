//! What the notifier said, collapsed where it said the same again.

use serde_json::{Value, json};

use super::words::moment;
use crate::messages::board::{Alert, AlertLevel, Board};

/// The newest of those that say the same, and how often they did.
struct Said<'a> {
    alert: &'a Alert,
    times: usize,
}

/// How many are to be looked at now.
pub(super) fn urgent(board: &Board) -> usize {
    board.alerts.iter().filter(|a| a.level == AlertLevel::Critical).count()
}

/// The feed: the newest first; what was repeated stands once with its count.
pub(super) fn alerts(board: &Board) -> Value {
    let mut said: Vec<Said<'_>> = Vec::new();
    for alert in &board.alerts {
        let same = |s: &&mut Said<'_>| {
            (s.alert.level, &s.alert.code, &s.alert.text) == (alert.level, &alert.code, &alert.text)
        };
        match said.iter_mut().find(same) {
            Some(found) => found.times = found.times.saturating_add(1),
            None => said.push(Said { alert, times: 1 }),
        }
    }
    let of = |level| board.alerts.iter().filter(|a| a.level == level).count();
    let counts: Vec<String> = AlertLevel::ALL
        .into_iter()
        .map(|l| (l, of(l)))
        .filter(|(_, n)| *n > 0)
        .map(|(l, n)| format!("{n} {}", l.as_str()))
        .collect();
    let rows: Vec<Value> = said
        .iter()
        .map(|s| {
            json!({
                "at": moment(s.alert.at), "level": s.alert.level.as_str(), "code": s.alert.code,
                "text": s.alert.text, "times": s.times,
            })
        })
        .collect();
    let worst = said.iter().filter(|s| s.alert.level == AlertLevel::Critical).map(|s| s.alert.text.as_str()).next();
    json!({
        "rows": rows,
        "meta": if counts.is_empty() { "none".to_owned() } else { counts.join(", ") },
        "urgent": of(AlertLevel::Critical),
        "answer": worst.unwrap_or("Nothing is urgent."),
    })
}
