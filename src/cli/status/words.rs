//! The board in words. It comes as JSON, from the socket or from the last heartbeat.

use std::fmt::Write as _;

use desk::domain::bot::{BotState, Who};
use desk::domain::decimal::Money;
use desk::domain::order::OrderState;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::console;
use crate::gateway::control::Heartbeat;
use crate::render::numbers::{Sign, cents_text, minus};
use crate::render::words::{self, order_state};

/// How many decisions are told.
const DECISIONS: usize = 5;

/// A heartbeat's own lines.
pub(super) fn heartbeat(beat: &Heartbeat) -> String {
    let never = "never".to_owned();
    let at = |moment: Option<_>| moment.map_or_else(|| never.clone(), |t: desk::domain::time::Timestamp| t.to_string());
    let mut lines = vec![
        format!("state       {}, process {}, version {}", beat.state.word(), beat.pid, beat.version),
        format!("broker      {}", beat.broker),
        format!("last cycle  {}", at(beat.last_cycle)),
        format!("decisions   {} this session, the last {}", beat.decisions, at(beat.last_decision)),
    ];
    if beat.defense {
        lines.push("DEFENSE     on".to_owned());
    }
    for feed in &beat.feeds {
        let age = feed.age_seconds.map_or("nothing yet".to_owned(), |age| format!("{age} s old"));
        lines.push(format!("feed        {}, {age}", feed.name));
    }
    lines.join("\n")
}

/// The board: state, session, freezes, money, positions, orders, strategies, decisions, actors that are not well.
pub(super) fn board(board: &Value) -> String {
    let mut text = head(board);
    let heads = ["symbol", "strategy", "side", "quantity", "entry", "last", "stop", "result"];
    let position = |p: &Value| {
        let own = ["symbol", "strategy", "side", "quantity", "entry", "last", "stop"].map(|name| number(p, name));
        own.into_iter().chain([money(p, "unrealised", Sign::Result)]).collect()
    };
    table(&mut text, "positions", &heads, &rows(board, "positions", position));
    let order = |o: &Value| {
        let own = ["order", "symbol", "strategy", "leg"].map(|name| cell(o, name));
        let state = read::<OrderState>(o, "state").map_or_else(|| cell(o, "state"), |s| order_state(s).to_owned());
        own.into_iter().chain([state, number(o, "asked"), number(o, "filled")]).collect()
    };
    let heads = ["order", "symbol", "strategy", "leg", "state", "asked", "filled"];
    table(&mut text, "orders", &heads, &rows(board, "orders", order));
    let strategy = |s: &Value| {
        let own = ["name", "signals", "blocked", "trades", "won"].map(|name| cell(s, name));
        let off = s.get("on") == Some(&Value::Bool(false));
        let out = if off { "off by the configuration".to_owned() } else { cell(s, "suspended") };
        own.into_iter().chain([money(s, "net", Sign::Result), out]).collect()
    };
    let heads = ["strategy", "signals", "blocked", "trades", "won", "net", "out, because"];
    table(&mut text, "strategies", &heads, &rows(board, "strategies", strategy));
    let decisions: Vec<Vec<String>> = list(board, "decisions").iter().take(DECISIONS).map(decision).collect();
    table(&mut text, "last decisions", &["at", "strategy", "symbol", "side", "outcome", "blocked by"], &decisions);
    for actor in list(board, "actors").iter().filter(|a| a.get("well") == Some(&Value::Bool(false))) {
        let silent = read::<u64>(actor, "silent_ms").map_or(0, |ms| ms.checked_div(1_000).unwrap_or(0));
        let _ = write!(
            text,
            "\nWRONG: {} has not answered for {silent} s. Last fault: {}",
            cell(actor, "name"),
            cell(actor, "fault")
        );
    }
    text
}

fn head(board: &Value) -> String {
    let rehearsing = if board.get("rehearsing") == Some(&Value::Bool(true)) { ", rehearsing" } else { "" };
    let mode_word = read(board, "mode").zip(read(board, "venue")).map(|(mode, venue)| words::mode(mode, venue).1);
    let state = read::<BotState>(board, "state").map_or_else(|| cell(board, "state"), |s| s.word().to_owned());
    let mut lines = vec![
        format!("bot         {}, {}", cell(board, "identity"), mode_word.unwrap_or("mode unknown")),
        format!("state       {state} since {}{rehearsing}", cell(board, "since")),
    ];
    let reason = cell(board, "reason");
    if reason != "–" {
        lines.push(format!("because     {reason}"));
    }
    lines.push(session(board));
    lines.push(format!("feed        {}, last {}", cell(board, "feed_name"), cell(board, "fed_at")));
    let of = |name| board.get(name).unwrap_or(&Value::Null);
    lines.push(latch(of("latch"), of("latch_written")));
    if let Some(defense) = board.get("defense").filter(|d| !d.is_null()) {
        let mark = defense.get("mark").unwrap_or(&Value::Null);
        let (since, share) = (cell(mark, "at"), number(defense, "share"));
        lines.push(format!("DEFENSE     {share} of each limit since {since} by {}: {}", who(mark), why(mark)));
    }
    for freeze in list(board, "freezes") {
        let mark = freeze.get("mark").unwrap_or(&Value::Null);
        lines.push(format!("FREEZE      {} by {}: {}", cell(freeze, "name"), who(mark), why(mark)));
    }
    if let Some(day) = board.get("day") {
        lines.push(format!(
            "day         net {} USD = closed trades {}, open positions {}, their fees {}; at stops {}, limit {}",
            money(day, "net", Sign::Result),
            money(day, "realised", Sign::Result),
            money(day, "unrealised", Sign::Result),
            money(day, "open_fees", Sign::Result),
            money(day, "at_stops", Sign::Result),
            money(day, "loss_limit", Sign::Plain),
        ));
    }
    lines.join("\n")
}

/// The latch, as its mark says: set when by the clock on the wall, or by the market's where nothing else is known.
pub(super) fn latch(mark: &Value, written: &Value) -> String {
    match (mark, written) {
        (Value::Null, _) => "latch       clear".to_owned(),
        (set, Value::Null) => format!("KILL LATCH  set {} by {}: {}", cell(set, "at"), who(set), why(set)),
        (set, wall) => format!("KILL LATCH  set {} by {}: {}", plain(wall), who(set), why(set)),
    }
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
    read::<Who>(mark, "who").map_or_else(|| cell(mark, "who"), |who| who.to_string())
}

fn why(mark: &Value) -> String {
    let why = cell(mark, "why");
    if why.is_empty() { "no reason given".to_owned() } else { why }
}

fn rows(board: &Value, name: &str, row: impl Fn(&Value) -> Vec<String>) -> Vec<Vec<String>> {
    list(board, name).iter().map(row).collect()
}

/// A value of a known kind.
fn read<T: DeserializeOwned>(value: &Value, name: &str) -> Option<T> {
    value.get(name).and_then(|value| serde_json::from_value(value.clone()).ok())
}

/// A number without the zeros behind it, anything else as it is.
fn number(value: &Value, name: &str) -> String {
    let text = cell(value, name);
    if text.parse::<Money>().is_err() {
        return text;
    }
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    minus(short)
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
            "latch": { "at": "2026-11-20T15:00:00Z", "who": { "kind": "owner_by", "name": "signal SIGUSR2" }, "why": "" },
            "defense": { "mark": { "at": "2026-11-20T14:50:00Z", "who": { "kind": "person", "name": "ada" }, "why": "cpi" }, "share": "0.50" },
            "freezes": [{ "name": "fomc", "mark": { "who": { "kind": "person", "name": "ada" }, "why": "news" } }],
            "session": { "id": "XNYS:2026-11-20", "windows": ["open"], "next": [{ "what": "open ends", "at": "15:30" }] },
            "day": { "net": "-12.34000000", "realised": "0.00", "unrealised": "-11.34", "fees": "1.00", "open_fees": "-1.00", "at_stops": "-80.00", "loss_limit": "2000.00" },
            "positions": [{ "symbol": "SPY", "strategy": "open", "side": "long", "quantity": "10.00000000", "unrealised": "-11.34567" }],
            "orders": [{ "order": "A1", "symbol": "SPY", "leg": "stop", "state": "accepted", "asked": "10.00000000" }],
            "strategies": [{ "name": "open", "net": "-94.11499123", "signals": 3 }],
            "decisions": [{ "at": "t", "outcome": "blocked", "decision": { "strategy": "mid", "symbol": "SPY", "side": "short", "blocked": ["fee", "below_multiple"] } }],
            "actors": [{ "name": "risk", "well": false, "silent_ms": 3200, "fault": "panicked" }]
        });
        let text = board(&value);
        for said in [
            "RIGD_US_SIM_01, SIMULATED",
            "state       trading since 2026-11-20T14:30:00Z",
            "KILL LATCH  set 2026-11-20T15:00:00Z by signal SIGUSR2: no reason given",
            "FREEZE      fomc by ada: news",
            "DEFENSE     0.5 of each limit since 2026-11-20T14:50:00Z by ada: cpi",
            "XNYS:2026-11-20, open open, next: open ends at 15:30",
            "net −12.34 USD = closed trades 0.00, open positions −11.34, their fees −1.00",
            "limit 2,000.00",
            "−94.11",
            "−11.35",
            "working",
            "fee (below multiple)",
            "WRONG: risk has not answered for 3 s. Last fault: panicked",
        ] {
            assert!(text.contains(said), "{said:?} is missing in\n{text}");
        }
        for said in ["paper", "00000", "-12", "-94"] {
            assert!(!text.contains(said), "{said:?} stands in\n{text}");
        }
        let written = latch(&value["latch"], &json!("2026-11-23T03:52:59Z"));
        assert_eq!(written, "KILL LATCH  set 2026-11-23T03:52:59Z by signal SIGUSR2: no reason given");
    }
}
