//! RISK-15: a kill whose process dies, by `kill -9` or for want of power, at each of its steps. The next process goes on
//! with it by itself. The steps are the code's own, so a new one without a row here is not forgotten.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use desk::machines::kill_switch::Receipt;
use serde_json::Value;
use tbot::gateway::plug::{Step, VARIABLE};
use tbot::store::{Address, Reader};

use super::bot::{Bot, raise_kill, receipts};
use super::tool::{tbot_well, text};
use crate::places::Folder;

const BOOKS: &str = "output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db";

/// Everything that is recorded, in order.
pub(super) fn events(data: &Path) -> Vec<Value> {
    let read = async {
        let reader = Reader::open(&Address::Sqlite(data.join(BOOKS))).await.unwrap();
        let book = reader.books().await.unwrap().remove(0);
        let stored = reader.events(&book, 0, 1_000_000).await.unwrap();
        reader.close().await;
        stored.iter().map(|s| serde_json::from_slice(&s.event.bytes).unwrap()).collect()
    };
    tokio::runtime::Runtime::new().unwrap().block_on(read)
}

/// The orders that were sent, each with its leg.
pub(super) fn sent(events: &[Value]) -> Vec<(&str, &str)> {
    let intended = events.iter().filter(|e| e["kind"] == "intended").map(|e| &e["data"]);
    intended.map(|d| (d["order"].as_str().unwrap(), d["purpose"]["leg"].as_str().unwrap())).collect()
}

fn holds(board: &Value) -> bool {
    board["positions"].as_array().is_some_and(|list| !list.is_empty())
}

fn enters(board: &Value) -> bool {
    board["orders"].as_array().is_some_and(|list| list.iter().any(|order| order["leg"] == "entry"))
}

/// A bot that is registered, and whose process is gone.
fn raised(data: &Path) {
    let bot = Bot::start(data, &["--speed", "30"]);
    bot.register();
    bot.perish();
}

/// An order that can be withdrawn is gone in a moment, too soon for a flag to be read.
const fn by_command(step: Step) -> bool {
    matches!(step, Step::CancelRecorded | Step::CancelSent)
}

/// Kills a trading bot that dies at this step; gives how much was recorded then. Nothing where the kill did not come to it,
/// because what it would have cancelled or closed was filled a moment before.
fn dies_at(step: Step, data: &Path) -> Option<usize> {
    let may_miss = matches!(step, Step::CancelRecorded | Step::CancelSent | Step::ExitRecorded | Step::ExitSent);
    let speed = if may_miss { "120" } else { "1200" };
    let mut bot = Bot::with(data, &["--speed", speed], &[(VARIABLE, &format!("{step:?}"))]);
    assert_eq!(bot.tell("start").code, Some(0), "{step:?}");
    if by_command(step) {
        bot.until("an entry", enters);
        bot.tell("kill --why enough");
    } else {
        bot.until("a position", holds);
        // By a file, so that a kill of which nothing is on the disk yet is asked for all the same.
        raise_kill(data, "enough");
    }
    let ended = bot.ends_unless(|| may_miss && !receipts(data).is_empty());
    assert!(may_miss || ended.is_some(), "{step:?}: the kill does not come past it");
    assert_eq!(ended?.signal(), Some(6), "{step:?}: {ended:?}");
    Some(events(data).len())
}

fn goes_on(step: Step, base: &Path) {
    let folder = Folder::new();
    let died = (0..10).find_map(|attempt| {
        let data = folder.path().join(attempt.to_string());
        assert!(Command::new("cp").arg("-a").args([base, &data]).status().unwrap().success());
        dies_at(step, &data).map(|before| (data, before))
    });
    let (data, before) = died.unwrap_or_else(|| panic!("{step:?}: what the kill would have met was gone each time"));

    let mut bot = Bot::start(&data, &["--speed", "600"]);
    let stopped = bot.until("stopped", |b| b["state"] == "stopped" && !receipts(&data).is_empty());
    let none = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
    assert!(none(&stopped["positions"]) && none(&stopped["orders"]), "{step:?}: {stopped:#}");
    assert_eq!(stopped["latch"]["why"], "enough", "{step:?}: the latch is shut: {}", stopped["latch"]);
    assert_eq!(bot.tell("start").code, Some(4), "{step:?}: the latch is shut");
    assert_eq!(bot.tell("shutdown").code, Some(0), "{step:?}");
    assert_eq!(bot.ends().code(), Some(0), "{step:?}");

    // Also where `tbot kill` had no answer from the process that died, has raised the flag, and that was read when the kill
    // was over.
    let kept = receipts(&data);
    assert_eq!(kept.len(), 1, "{step:?}: one kill leaves one receipt: {kept:#?}");
    assert!(kept[0].flat_ms.is_some() && kept[0].last_cancel_ms.is_some(), "{step:?}: {kept:#?}");
    if matches!(step, Step::Flat | Step::ReceiptSigned) {
        // What the first process found open and sent is on the receipt, and that another one took it up.
        let Receipt { opened, exits_sent, taken_up, mark, .. } = &kept[0];
        assert!(!opened.positions.is_empty() && *exits_sent > 0, "{step:?}: {kept:#?}");
        assert!(taken_up.is_some_and(|at| at > mark.at), "{step:?}: {kept:#?}");
    }
    let events = events(&data);
    if step == Step::ExitRecorded {
        // What was recorded and not sent has not reached the venue: nothing waits for it, not even for a minute.
        let is = |e: &&Value, kind: &str| e["kind"] == kind;
        let unknown =
            events[before..].iter().find(|e| is(e, "unknown")).unwrap_or_else(|| panic!("{step:?}: {events:?}"));
        let found = |e: &&Value| is(e, "not_accepted") && e["data"]["order"] == unknown["data"]["order"];
        let lost = events[before..].iter().find(found).unwrap_or_else(|| panic!("{step:?}: {unknown:#}"));
        assert_eq!(lost["at"], unknown["at"], "{step:?}");
    }
    let sent_later = sent(&events[before..]);
    assert!(sent_later.iter().all(|(_, leg)| *leg == "exit"), "{step:?}: an entry after the latch: {sent_later:?}");
    let all = sent(&events);
    let once: BTreeSet<_> = all.iter().map(|(order, _)| order).collect();
    assert_eq!(once.len(), all.len(), "{step:?}: an order was sent twice: {all:?}");
    let closed: Vec<_> =
        events.iter().filter(|e| e["kind"] == "trade_closed").map(|e| &e["data"]["decision"]).collect();
    let trades: BTreeSet<_> = closed.iter().map(ToString::to_string).collect();
    assert_eq!(trades.len(), closed.len(), "{step:?}: a trade was closed twice");
    tbot_well(&["ledger", "verify", &text(&data.join(BOOKS))]);
}

/// RISK-13 to RISK-15a, LIFE-3, EXEC-9: whichever step of the kill the process died at, the latch is still shut, no entry is
/// sent, the kill comes to its end by itself, one receipt tells of it, and nothing was sent twice.
#[test]
fn risk_15_a_kill_goes_on_whichever_step_its_process_died_at() {
    let folder = Folder::new();
    let base = folder.path().join("base");
    raised(&base);
    for step in Step::ALL {
        goes_on(step, &base);
    }
}
