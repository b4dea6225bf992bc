//! The living bot as a stranger runs it: the real binary, real files, registration over HTTP, verbs beside it, `kill -9`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use tbot::gateway::clock::Stopwatch;

use super::tool::{Said, command, tbot, text};
use crate::places::Folder;
use crate::web::client::{encoded, send};

/// A running bot; it ends with the test.
struct Bot {
    child: Child,
    /// The line with which it says where it is found.
    way_in: String,
    data: PathBuf,
}

impl Bot {
    fn start(data: &Path, more: &[&str]) -> Self {
        let mut words = vec!["run", "--unwatched", "--listen", "127.0.0.1:0", "--log-level", "error", "--data"];
        let folder = text(data);
        words.push(&folder);
        words.extend(more);
        let mut child = command(&words).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut way_in = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut way_in).unwrap();
        assert!(!way_in.is_empty(), "it ended: {:?}", child.wait());
        Self { child, way_in: way_in.trim().to_owned(), data: data.to_owned() }
    }

    fn tell(&self, line: &str) -> Said {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words.extend(["--data".to_owned(), text(&self.data)]);
        tbot(&words)
    }

    fn board(&self) -> Value {
        self.tell("status --json").json()["board"].clone()
    }

    /// Waits until the board shows it.
    fn until(&self, what: &str, seen: impl Fn(&Value) -> bool) -> Value {
        let begun = Stopwatch::start();
        loop {
            let board = self.board();
            if seen(&board) {
                return board;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "never {what}: {board:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Registers the first administrator by the link that was printed.
    fn register(&self) {
        let (_, url) = self.way_in.split_once("http://").unwrap();
        let (place, path) = url.split_once('/').unwrap();
        let form = encoded(&[("name", "ada"), ("password", PASSWORD), ("again", PASSWORD)]);
        let kind = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
        let answer = send(place.parse().unwrap(), "POST", &format!("/{path}"), &kind, &form);
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.until("registered", |b| b["state"] == "started");
    }

    /// The process dies here and now.
    fn perish(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PASSWORD: &str = "four words are enough here";

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
    std::fs::write(data.join("control/control_kill.flag"), "by hand").unwrap();
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
    for verb in ["flatten --order nope", "drill", "reconcile"] {
        assert_eq!(bot.tell(verb).code, Some(4), "{verb} promises nothing that nobody does");
    }
}
