use std::collections::BTreeMap;
use std::path::Path;

use desk::domain::market::Bar;
use desk::domain::time::{Span, Timestamp};
use serde_json::Value;
use tbot::store::{Address, Reader};

use super::tool::{generated, tbot_well, text, write_bars};
use crate::places::Folder;

fn trades(bars: &BTreeMap<String, Vec<Bar>>, place: &Path) -> Vec<Value> {
    let (data, out) = (place.join("data"), place.join("out"));
    write_bars(&data, bars);
    tbot_well(&["backtest", "--json", "--data", &text(&data), "--out", &text(&out)]);
    serde_json::from_slice(&std::fs::read(out.join("trade_history.json")).unwrap()).unwrap()
}

fn instant(trade: &Value, name: &str) -> Timestamp {
    trade[name].as_str().unwrap().parse().unwrap()
}

/// The record of the same decision.
fn same<'a>(trades: &'a [Value], of: &Value) -> &'a Value {
    trades.iter().find(|t| t["decision_id"] == of["decision_id"]).unwrap()
}

/// What the event log says of a trade's end.
fn told(out: &Path, of: &Value) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let reader = Reader::open(&Address::Sqlite(out.join("ledger.db"))).await.unwrap();
        let book = reader.books().await.unwrap().remove(0);
        let events = reader.events(&book, 0, 1_000_000).await.unwrap();
        reader.close().await;
        let closed = events.iter().filter(|e| e.event.kind == "trade_closed");
        let records = closed.map(|e| serde_json::from_slice::<Value>(&e.event.bytes).unwrap());
        let found = records.map(|r| r["data"].clone()).find(|d| d["decision"] == of["decision_id"]).unwrap();
        found["reason"].as_str().unwrap().to_owned()
    })
}

#[test]
fn strat_15_where_a_symbol_s_data_stop_in_a_trade_its_record_says_data_end() {
    let whole = generated("2026-03-11", 2, 5);
    let place = Folder::new();
    let all = trades(&whole, &place.path().join("whole"));
    let held = |t: &&Value| instant(t, "exit_timestamp") - instant(t, "entry_timestamp") >= Span::minutes(3);
    let last_session = all.last().unwrap()["session"].clone();
    let trade = all.iter().find(|t| t["session"] == last_session && held(t)).unwrap();
    let symbol = trade["ticker"].as_str().unwrap();
    let stop = instant(trade, "entry_timestamp") + Span::MINUTE;
    let close = whole[symbol].last().unwrap().end();

    let cut = |name: &str, more: &[Timestamp]| {
        let mut bars = whole.clone();
        let own = bars.get_mut(symbol).unwrap();
        let last = *own.last().unwrap();
        own.retain(|b| b.start <= stop);
        own.extend(more.iter().map(|start| Bar { start: *start, ..last }));
        let place = place.path().join(name);
        let found = same(&trades(&bars, &place), trade).clone();
        assert_eq!(found["synthetic"], true, "{name}: {found}");
        assert_eq!(instant(&found, "exit_timestamp"), close, "{name}: {found}");
        assert_eq!(told(&place.join("out"), trade), "session_end", "{name}: the event keeps the order's reason");
        found["exit_reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(cut("stopped", &[]), "data_end");
    // STRAT-1: bars outside of sessions count for nothing.
    assert_eq!(cut("after_hours", &[close, close + Span::minutes(60)]), "data_end");
    // The symbol is there again on the next day.
    assert_eq!(cut("later", &[close + Span::minutes(18 * 60)]), "session_end");
}
