//! The living bot as a stranger runs it: the real binary, real files, registration over HTTP, verbs beside it, `kill -9`.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection as _, Executor as _};
use tbot::gateway::clock::Stopwatch;

use super::bot::{Bot, PATIENCE, raise_kill};
use super::tool::{Said, command, tbot, tbot_well, text};
use crate::places::Folder;

fn open_positions(board: &Value) -> usize {
    board["positions"].as_array().map_or(0, Vec::len)
}

/// LIFE-1, LIFE-3, LIFE-5, RISK-14, RISK-15, OPS-7, K1: from nothing to a trading bot; killed by the system with a position
/// open; led back; killed by a file; down in order; and its books verify.
#[test]
fn life_3_a_bot_that_died_while_trading_comes_back_and_can_be_killed() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let speed = ["--speed", "3000"];
    let bot = Bot::start(&data, &speed);
    let early = bot.tell("start");
    assert_eq!(early.code, Some(4), "nobody is registered yet: {}{}", early.out, early.err);
    bot.register();
    assert_eq!(bot.tell("start --why first").code, Some(0));
    let second = tbot(&["run", "--unwatched", "--data", &text(&data)]);
    assert_eq!(second.code, Some(4), "LIFE-13: {}", second.err);
    assert!(second.err.contains(&bot.child.id().to_string()), "LIFE-13: it names the first one: {}", second.err);
    bot.until("a position", |b| open_positions(b) > 0);
    bot.perish();

    // Without it: the last heartbeat, and its age.
    let gone = tbot(&["status", "--data", &text(&data)]);
    assert!(gone.out.contains("does not run"), "{}", gone.out);

    let bot = Bot::start(&data, &speed);
    assert!(bot.way_in.starts_with("Dashboard: http://127.0.0.1:"), "{}", bot.way_in);
    let back = bot.board();
    assert_eq!(back["state"], "started", "the state that is safe: {back:#}");
    assert!(open_positions(&back) > 0 || back["trades"].as_array().is_some_and(|t| !t.is_empty()), "{back:#}");
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("a position", |b| open_positions(b) > 0);
    raise_kill(&data, "by hand");
    let killed = bot.until("stopped", |b| b["state"] == "stopped");
    assert_eq!(open_positions(&killed), 0);
    assert!(killed["orders"].as_array().unwrap().is_empty());
    assert_eq!(killed["latch"]["why"], "by hand", "{}", killed["latch"]);
    assert_eq!(
        killed["latch"]["who"]["name"], "flag file control_kill.flag",
        "RISK-13: by which way: {}",
        killed["latch"]
    );
    assert_eq!(killed["reason"], "By flag file control_kill.flag: by hand.");
    assert!(data.join("control/control_kill.taken").exists(), "a flag is consumed by renaming it");
    bot.perish();

    // RISK-15: the latch survives, and a start is refused until a person has reset it.
    let mut bot = Bot::start(&data, &speed);
    let refused = bot.tell("start");
    assert_eq!(refused.code, Some(4));
    assert!(refused.err.contains("latch") && refused.err.contains("by flag file"), "{}", refused.err);
    let codeless = bot.tell("reset-kill --why seen");
    assert_eq!(codeless.code, Some(2), "{}", codeless.err);
    assert!(codeless.err.contains("code"), "{}", codeless.err);
    assert_eq!(bot.tell("shutdown").code, Some(0));
    assert_eq!(bot.child.wait().unwrap().code(), Some(0));
    let books = data.join("output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db");
    let verified = tbot(&["ledger", "verify", &text(&books)]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}

/// K1, EXEC-9: a bot that died flat, right after a fill, agrees with its venue again; it trades on, and the day closes.
#[test]
fn exec_9_a_bot_that_died_flat_trades_on_and_closes_its_day() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let mut bot = Bot::start(&data, &["--speed", "3000"]);
    bot.register();
    for life in 1..=3 {
        assert_eq!(bot.tell("start").code, Some(0), "life {life}");
        bot.until("a closed trade", |b| {
            let closed = b["trades"].as_array().map_or(0, Vec::len);
            open_positions(b) == 0 && closed > 0 || b["session"]["closed"] == true
        });
        bot.perish();
        bot = Bot::start(&data, &["--speed", "3000"]);
    }
    let started = bot.tell("start");
    assert_eq!(started.code, Some(0), "{}", started.err);
    let first = bot.board()["session"]["id"].clone();
    bot.until("another session", |b| b["session"]["closed"] == true || b["session"]["id"] != first);
    assert_ne!(bot.board()["state"], "error");
    for (verb, code) in [("flatten --order nope", 4), ("drill", 0), ("reconcile", 0)] {
        assert_eq!(bot.tell(verb).code, Some(code), "{verb} promises nothing that nobody does");
    }
}

/// A part of a bot that has run is gone: it says so, and makes no empty one in its place.
#[test]
fn life_3_a_bot_that_lost_a_part_does_not_start_as_if_nothing_were_missing() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = Bot::start(&data, &["--speed", "3000"]);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("a position", |b| open_positions(b) > 0);
    bot.perish();
    let ledger = "output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db";
    for part in ["life.log", "config/000001.sealed", "people.db", ledger] {
        let (there, aside) = (data.join(part), folder.path().join("aside"));
        std::fs::rename(&there, &aside).unwrap();
        let refused = tbot(&["run", "--unwatched", "--data", &text(&data)]);
        assert_eq!(refused.code, Some(2), "{part}: {}", refused.err);
        assert!(refused.err.contains("is gone, but this bot has run"), "{part}: {}", refused.err);
        assert!(!there.exists(), "{part}: no new one is made");
        std::fs::rename(&aside, &there).unwrap();
    }
}

/// Waits until the audit has all of these, each what was done and to what.
async fn until_audited(file: &Path, wanted: &[(&str, &str)]) {
    let mut read = sqlx::SqliteConnection::connect(&format!("sqlite://{}?mode=ro", file.display())).await.unwrap();
    let begun = Stopwatch::start();
    loop {
        let kept: Vec<(String, String)> =
            sqlx::query_as("SELECT what, object FROM audit ORDER BY seq").fetch_all(&mut read).await.unwrap();
        let has = |(what, object): &(&str, &str)| kept.iter().any(|(w, o)| w == what && o == object);
        if wanted.iter().all(has) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{kept:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    read.close().await.unwrap();
}

/// WEB-2b: beside a running bot the audit verifies; one in which a word was changed does not, and it is said where.
#[tokio::test]
async fn web_2b_the_audit_is_verified_on_the_command_line() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = Bot::start(&data, &["--speed", "600"]);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("books that have begun", |b| b["session"].is_object());
    // What came at the command line and by a flag stands in it too, with what came of it; so does an export.
    assert_eq!(bot.tell("freeze vacation --why away").code, Some(0));
    raise_kill(&data, "a flag");
    bot.until("the kill", |b| b["latch"]["why"] == "a flag");
    assert_eq!(bot.tell("start").code, Some(4));
    let out = folder.path().join("journal.csv");
    tbot_well(&["ledger", "export", "--data", &text(&data), "--format", "csv", "--out", &text(&out)]);
    let file = data.join("people.db");
    let kept = [
        ("command", "freeze"),
        ("carried_out", "freeze"),
        ("command", "kill"),
        ("carried_out", "kill"),
        ("not_carried_out", "start"),
        ("exported", "journal.csv"),
    ];
    until_audited(&file, &kept).await;
    let verified = || tbot(&["audit", "verify", "--data", &text(&data), "--json"]);
    let begun = Stopwatch::start();
    let json = loop {
        let said = verified();
        let json = said.json();
        assert!(said.code == Some(0) && json["verified"] == true && json["records"].as_u64() > Some(0), "{json:#}");
        if json["mirrored"] == json["records"] {
            break json;
        }
        assert!(begun.elapsed() < PATIENCE, "the mirror follows: {json:#}");
    };
    bot.perish();
    // The end is cut off: the chain alone is whole, the mirror knows better.
    let mut raw = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    raw.execute("DROP TRIGGER audit_no_delete").await.unwrap();
    raw.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)").await.unwrap();
    raw.close().await.unwrap();
    let cut = verified();
    let first = format!("record {}: it is missing, and the mirror audit.log has it", json["records"]);
    assert_eq!(cut.code, Some(1), "{}{}", cut.out, cut.err);
    assert!(cut.json()["first_wrong"].as_str().is_some_and(|wrong| wrong.starts_with(&first)), "{}", cut.out);
    let mut raw = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    raw.execute("DROP TRIGGER audit_no_update").await.unwrap();
    raw.execute("UPDATE audit SET who = 'eve' WHERE seq = 1").await.unwrap();
    raw.close().await.unwrap();
    let said = tbot(&["audit", "verify", &text(&file)]);
    assert!(
        said.code == Some(1) && said.out.contains("WRONG, first: record 1: its columns"),
        "{}{}",
        said.out,
        said.err
    );
    let said = tbot(&["audit", "verify", &text(&folder.path().join("nothing.db"))]);
    assert!(said.code == Some(2) && said.err.contains("people.db"), "{}", said.err);
}

/// LIFE-11: the process that falls is started again by the one that was called, whatever that call told the first start.
#[test]
fn life_11_a_call_with_the_flags_of_a_first_start_starts_again_too() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let words = ["run", "--identity", "RIGD_US_SIM_05", "--broker", "SIM", "--capital", "50000", "--listen", &listen];
    let mut called =
        command(&words).args(["--data", &text(&data)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Stopwatch::start();
    let mut process = |other: Option<u64>| loop {
        let beat = std::fs::read(data.join("control/heartbeat.json")).ok();
        let pid = beat.and_then(|b| serde_json::from_slice::<Value>(&b).ok()).and_then(|b| b["pid"].as_u64());
        match pid {
            Some(pid) if Some(pid) != other => return pid,
            _ if called.try_wait().unwrap().is_some() => panic!("it is over, and nothing runs"),
            _ => assert!(begun.elapsed() < PATIENCE, "no process after {other:?}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let first = process(None);
    let fell = Command::new("kill").args(["-9", &first.to_string()]).status().unwrap();
    assert!(fell.success());
    let second = process(Some(first));
    assert_eq!(tbot(&["shutdown", "--data", &text(&data)]).code, Some(0));
    assert_eq!(called.wait().unwrap().code(), Some(0));
    assert_ne!(first, second);
    // OPS-1, OPS-6: a later start, and the service, listen where this one was told to.
    let kept = std::fs::read_to_string(data.join("boot.toml")).unwrap();
    assert!(kept.contains(&format!("listen = \"{listen}\"")), "{kept}");
}

/// LIFE-5, LIFE-11: what somebody took away by mistake is noticed: the socket is put back, a lost watcher is told.
#[test]
fn life_5_a_removed_socket_is_put_back_and_a_lost_watcher_is_told() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let words = ["run", "--identity", "RIGD_US_SIM_05", "--listen", "127.0.0.1:0", "--data", &text(&data)];
    let mut watcher = command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = |seen: &dyn Fn(&Said) -> bool| {
        let begun = Stopwatch::start();
        loop {
            let said = tbot(&["status", "--data", &text(&data)]);
            if seen(&said) {
                return said;
            }
            assert!(begun.elapsed() < PATIENCE, "{}{}", said.out, said.err);
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    status(&|said| said.code == Some(0));
    std::fs::remove_file(data.join("control/tbot.sock")).unwrap();
    status(&|said| said.code == Some(0));

    watcher.kill().unwrap();
    watcher.wait().unwrap();
    let told = status(&|said| said.code == Some(1));
    assert!(told.out.contains("if it falls it stays down"), "{}", told.out);
    let board = tbot(&["status", "--json", "--data", &text(&data)]).json()["board"].clone();
    assert!(board["alerts"].as_array().unwrap().iter().any(|alert| alert["code"] == "unwatched"), "{board:#}");
    assert_eq!(tbot(&["shutdown", "--data", &text(&data)]).code, Some(0));
}
