//! The board in words. It comes as JSON, from the socket or from the last heartbeat.

use std::fmt::Write as _;

use desk::domain::decimal::Money;
use serde_json::Value;

use crate::cli::console;
use crate::gateway::control::Heartbeat;
use crate::render::numbers::{Sign, cents_text};

/// How many decisions are told.
const DECISIONS: usize = 5;

/// A heartbeat's own lines.
pub(super) fn heartbeat(beat: &Heartbeat) -> String {
    let never = "never".to_owned();
    let at = |moment: Option<_>| moment.map_or_else(|| never.clone(), |t: desk::domain::time::Timestamp| t.to_string());
    let mut lines = vec![
        format!("state       {}, process {}, version {}", beat.state, beat.pid, beat.version),
        format!("broker      {}", beat.broker),
        format!("last cycle  {}", at(beat.last_cycle)),
        format!("decisions   {} this session, the last {}", beat.decisions, at(beat.last_decision)),
    ];
    for feed in &beat.feeds {
        let age = feed.age_seconds.map_or("nothing yet".to_owned(), |age| format!("{age} s old"));
        lines.push(format!("feed        {}, {age}", feed.name));
    }
    lines.join("\n")
}

/// The board: state, session, freezes, money, positions, orders, strategies, decisions, actors that are not well.
pub(super) fn board(board: &Value) -> String {
    let mut text = head(board);
    let positions =
        rows(board, "positions", &["symbol", "strategy", "side", "quantity", "entry", "last", "stop", "unrealised"]);
    table(
        &mut text,
        "positions",
        &["symbol", "strategy", "side", "quantity", "entry", "last", "stop", "result"],
        &positions,
    );
    let orders = rows(board, "orders", &["order", "symbol", "strategy", "leg", "state", "asked", "filled"]);
    table(&mut text, "orders", &["order", "symbol", "strategy", "leg", "state", "asked", "filled"], &orders);
    let strategies = rows(board, "strategies", &["name", "signals", "blocked", "trades", "won", "net", "suspended"]);
    table(
        &mut text,
        "strategies",
        &["strategy", "signals", "blocked", "trades", "won", "net", "out, because"],
        &strategies,
    );
    let decisions: Vec<Vec<String>> = list(board, "decisions").iter().take(DECISIONS).map(decision).collect();
    table(&mut text, "last decisions", &["at", "strategy", "symbol", "side", "outcome", "blocked by"], &decisions);
    for actor in list(board, "actors").iter().filter(|a| a.get("well") == Some(&Value::Bool(false))) {
        let (name, since, fault) = (cell(actor, "name"), cell(actor, "answered"), cell(actor, "fault"));
        let _ = write!(text, "\nWRONG: {name} does not answer since {since}: {fault}");
    }
    text
}

fn head(board: &Value) -> String {
    let rehearsing = if board.get("rehearsing") == Some(&Value::Bool(true)) { ", rehearsing" } else { "" };
    let mut lines = vec![
        format!(
            "bot         {} in mode {} on venue {}",
            cell(board, "identity"),
            cell(board, "mode"),
            cell(board, "venue")
        ),
        format!("state       {} since {}{rehearsing}", cell(board, "state"), cell(board, "since")),
    ];
    let reason = cell(board, "reason");
    if reason != "–" {
        lines.push(format!("because     {reason}"));
    }
    lines.push(session(board));
    lines.push(format!("feed        {}, last {}", cell(board, "feed_name"), cell(board, "fed_at")));
    match board.get("latch").filter(|latch| !latch.is_null()) {
        Some(latch) => {
            lines.push(format!("KILL LATCH  set {} by {}: {}", cell(latch, "at"), who(latch), cell(latch, "why")));
        }
        None => lines.push("latch       clear".to_owned()),
    }
    for freeze in list(board, "freezes") {
        let mark = freeze.get("mark").unwrap_or(&Value::Null);
        lines.push(format!("FREEZE      {} by {}: {}", cell(freeze, "name"), who(mark), cell(mark, "why")));
    }
    if let Some(day) = board.get("day") {
        lines.push(format!(
            "day         net {} USD ({} realised, {} open, {} fees), at stops {}, limit {}",
            money(day, "net", Sign::Result),
            money(day, "realised", Sign::Result),
            money(day, "unrealised", Sign::Result),
            money(day, "fees", Sign::Plain),
            money(day, "at_stops", Sign::Result),
            money(day, "loss_limit", Sign::Plain),
        ));
    }
    lines.join("\n")
}

fn session(board: &Value) -> String {
    let Some(session) = board.get("session").filter(|s| !s.is_null()) else { return "session     none".to_owned() };
    let next = list(session, "next").first();
    let next = next.map(|n| format!(", next: {} at {}", cell(n, "what"), cell(n, "at"))).unwrap_or_default();
    let open: Vec<String> = list(session, "windows").iter().map(plain).collect();
    let open = if open.is_empty() { "no window open".to_owned() } else { format!("{} open", open.join(", ")) };
    format!("session     {}, {open}{next}", cell(session, "id"))
}

fn decision(line: &Value) -> Vec<String> {
    let decision = line.get("decision").unwrap_or(&Value::Null);
    let blocked = match decision.get("blocked").and_then(Value::as_array).map(Vec::as_slice) {
        Some([gate, reason]) => format!("{} ({})", plain(gate), plain(reason).replace('_', " ")),
        _ => "–".to_owned(),
    };
    let own = ["strategy", "symbol", "side"].map(|name| cell(decision, name));
    let [strategy, symbol, side] = own;
    vec![cell(line, "at"), strategy, symbol, side, cell(line, "outcome"), blocked]
}

fn who(mark: &Value) -> String {
    match mark.get("who") {
        Some(Value::Object(who)) => {
            let part = |name: &str| who.get(name).map(plain);
            part("name").or_else(|| part("kind")).unwrap_or_default()
        }
        Some(other) => plain(other),
        None => "–".to_owned(),
    }
}

fn rows(board: &Value, name: &str, columns: &[&str]) -> Vec<Vec<String>> {
    list(board, name).iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect()
}

fn table(text: &mut String, name: &str, heads: &[&str], rows: &[Vec<String>]) {
    if !rows.is_empty() {
        let _ = write!(text, "\n\n{name}\n{}", console::table(heads, rows));
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn cell(value: &Value, name: &str) -> String {
    value.get(name).map_or_else(|| "–".to_owned(), plain)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn money(value: &Value, name: &str, sign: Sign) -> String {
    let amount = value.get(name).and_then(Value::as_str).and_then(|text| text.parse::<Money>().ok());
    amount.map_or_else(|| "–".to_owned(), |amount| cents_text(amount, sign))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn life_14_the_status_names_what_holds_the_bot_back_and_what_it_decided() {
        let value = json!({
            "identity": "RIGD_US_SIM_01", "mode": "paper", "venue": "simulated", "state": "trading",
            "since": "2026-11-20T14:30:00Z", "reason": null, "rehearsing": false, "feed_name": "generated", "fed_at": null,
            "latch": { "at": "2026-11-20T15:00:00Z", "who": { "kind": "person", "name": "ada" }, "why": "too hot" },
            "freezes": [{ "name": "fomc", "mark": { "who": { "kind": "owner" }, "why": "news" } }],
            "session": { "id": "XNYS:2026-11-20", "windows": ["open"], "next": [{ "what": "open ends", "at": "15:30" }] },
            "day": { "net": "-12.34000000", "realised": "0.00", "unrealised": "-12.34", "fees": "1.00", "at_stops": "-80.00", "loss_limit": "2000.00" },
            "positions": [{ "symbol": "SPY", "strategy": "open", "side": "long", "quantity": "10" }],
            "decisions": [{ "at": "t", "outcome": "blocked", "decision": { "strategy": "mid", "symbol": "SPY", "side": "short", "blocked": ["fee", "below_multiple"] } }],
            "actors": [{ "name": "risk", "well": false, "answered": "t", "fault": "panicked" }]
        });
        let text = board(&value);
        for words in [
            "RIGD_US_SIM_01 in mode paper on venue simulated",
            "state       trading since 2026-11-20T14:30:00Z",
            "KILL LATCH  set 2026-11-20T15:00:00Z by ada: too hot",
            "FREEZE      fomc by owner: news",
            "XNYS:2026-11-20, open open, next: open ends at 15:30",
            "limit 2,000.00",
            "fee (below multiple)",
            "WRONG: risk does not answer since t: panicked",
        ] {
            assert!(text.contains(words), "{words:?} is missing in\n{text}");
        }
    }
}
