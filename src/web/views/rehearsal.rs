//! A rehearsal: whether one may start, how far it has come, what came of it (RES-1 to RES-2a).

use desk::domain::bot::BotState;
use desk::machines::rehearsal::{Checked, Point};
use serde_json::{Value, json};

use super::words::{counted, moment, percent};
use crate::messages::board::Board;
use crate::messages::rehearsal::{LogLine, RehearsalBoard, WindowLine, WindowState};
use crate::render::numbers::{Sign, cents_text, clock, count};

/// So many lines of its log are shown, the newest first; the audit log has all.
const LINES: usize = 60;

/// The rehearsal that runs or the last one, and whether another may start.
pub(crate) fn rehearsal(board: &Board, last: Option<&RehearsalBoard>) -> Value {
    json!({
        "running": board.rehearsing,
        "tag": last.filter(|r| board.rehearsing && r.ended.is_none()).map(|r| {
            format!("{} of {}", r.at_window(), r.windows.len())
        }),
        "why_not": why_not(board),
        "last": last.map(told),
    })
}

/// Why none may start now, as far as the board knows; the supervisor has the last word.
fn why_not(board: &Board) -> Option<String> {
    if board.rehearsing {
        return Some("One is running.".to_owned());
    }
    let windows = board.session.as_ref().map(|s| s.windows.as_slice()).unwrap_or_default();
    let windows: Vec<&str> = windows.iter().map(|w| w.as_str()).collect();
    let held = match (board.positions.len(), board.orders.len()) {
        (0, 0) => None,
        (0, n) => Some(format!("{} working.", counted(n, "order"))),
        (n, _) => Some(format!("{} open.", counted(n, "position"))),
    };
    let rests = matches!(board.state, BotState::Started | BotState::Idle | BotState::Stopped);
    held.or_else(|| (!windows.is_empty()).then(|| format!("The window of {} is open.", windows.join(" and "))))
        .or_else(|| (!rests).then(|| format!("The bot is {}.", board.state.word())))
}

fn told(r: &RehearsalBoard) -> Value {
    let passed = r.passed();
    let log: Vec<Value> = r.log.iter().rev().take(LINES).map(line).collect();
    let hidden = r.earlier.saturating_add(r.log.len()).saturating_sub(log.len());
    let points = r.checklist.as_ref().map(|c| c.points.as_slice()).unwrap_or_default();
    json!({
        "id": r.id,
        "began": moment(r.mark.at), "who": r.mark.who.to_string(), "why": r.mark.why,
        "session": r.session, "prices": r.prices,
        "over": r.ended.is_some(), "ended": r.ended.map(moment),
        "passed": passed, "verdict": r.verdict,
        "progress": percent(r.permille), "left": format!("{} s", r.left_s),
        "screened": r.screened.len(),
        "left_out": r.left_out.iter().map(|(s, why)| json!({ "symbol": s, "why": why })).collect::<Vec<_>>(),
        "windows": r.windows.iter().map(window).collect::<Vec<_>>(),
        "log": log, "hidden": hidden,
        "points": points.iter().map(point).collect::<Vec<_>>(),
        "met": points.iter().filter(|p| p.passed).count(),
    })
}

fn window(w: &WindowLine) -> Value {
    let (word, step) = match w.state {
        WindowState::Waiting => ("waiting", "wait"),
        WindowState::Running => ("running", "busy"),
        WindowState::Done => ("done", "done"),
        WindowState::Cut => ("cut short", "wait"),
    };
    let minutes = |at: desk::domain::time::Timestamp| clock(at).chars().take(5).collect::<String>();
    json!({
        "strategy": w.strategy, "state": word, "step": step, "cut": w.state == WindowState::Cut,
        "from": minutes(w.from), "to": minutes(w.to),
        "market": (w.state != WindowState::Waiting).then(|| minutes(w.market)),
        "speed": count(u64::try_from(w.speed).unwrap_or(0)),
        "took": w.took_ms.map(|ms| format!("{}.{} s", ms.div_euclid(1_000), ms.rem_euclid(1_000).div_euclid(100))),
        "bars": count(w.bars), "decisions": w.decisions, "blocked": w.blocked, "orders": w.orders, "fills": w.fills,
        "trades": w.trades, "net": cents_text(w.net, Sign::Result),
    })
}

fn line(l: &LogLine) -> Value {
    json!({ "market": l.market.map(clock), "strategy": l.strategy, "what": l.what })
}

fn point(checked: &Checked) -> Value {
    json!({ "name": name(checked.point), "passed": checked.passed, "evidence": checked.evidence })
}

fn name(point: Point) -> String {
    let word = point.word();
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
