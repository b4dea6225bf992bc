//! What an accountant does at the command line beside a running bot: statements held against the books, days opened again by
//! two; and what the bot asks the review by itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use desk::domain::bot::Role;
use serde_json::{Value, json};
use tbot::store::{Address, Reader};

use super::bot::Bot;
use super::codes::{code, reviewer};
use super::tool::{Said, tbot, text};
use crate::places::Folder;
use crate::web::client::{Answer, send};

const SPEED: [&str; 2] = ["--speed", "3000"];
const BOOKS: &str = "output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db";

/// A bot that somebody has registered with, and that does not run.
fn registered() -> (Folder, PathBuf) {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = Bot::start(&data, &["--speed", "60"]);
    bot.register();
    bot.perish();
    (folder, data)
}

/// The first day that is closed, by the files that it leaves.
fn first_day(bot: &Bot) -> PathBuf {
    let exports = bot.data.join("output/TBOT_US_SIM_01/exports");
    let days = || {
        let found = std::fs::read_dir(&exports).ok()?.flatten().map(|f| f.path());
        found.filter(|f| f.join("SHA256SUMS").exists()).min()
    };
    bot.until("the files of a close", |_| days().is_some());
    days().unwrap()
}

fn day_of(folder: &Path) -> String {
    folder.file_name().unwrap().to_str().unwrap().trim_start_matches("XNYS_").to_owned()
}

fn said(said: &Said, code: i32, words: &[&str]) {
    let all = said.out.clone() + &said.err;
    assert_eq!(said.code, Some(code), "{all}");
    for word in words {
        assert!(all.contains(word), "{word:?} is missing in: {all}");
    }
}

/// LEDG-9: the same statement beside a running bot, without one, and against books at rest.
#[test]
fn ledg_9_a_statement_is_reconciled_to_the_cent_and_what_differs_goes_into_the_review() {
    let (folder, data) = registered();
    let bot = Bot::start(&data, &SPEED);
    assert_eq!(bot.tell("start").code, Some(0));
    let day = first_day(&bot);
    let reconcile = |file: &Path, more: &[&str]| {
        let (file, data) = (text(file), text(&data));
        tbot(&[&["ledger", "reconcile", &file, "--data", &data], more].concat())
    };
    let good = day.join("journal.ofx");
    let ofx = std::fs::read_to_string(&good).unwrap();
    let account = ofx.split("<ACCTID>").nth(1).unwrap().split('<').next().unwrap().trim().to_owned();
    said(&reconcile(&good, &["--account", &account]), 0, &["kept as statement 1", " 0 differing"]);
    let other = reconcile(&good, &["--account", "U999"]);
    said(&other, 2, &[&account, "not of U999 alone as --account says"]);
    said(&reconcile(&day.join("journal.csv"), &["--account", "U999"]), 2, &["names no account"]);

    // A cent less in the first total after a commission.
    let at = ofx.find("<COMMISSION>").unwrap();
    let at = at + ofx[at..].find("<TOTAL>").unwrap() + "<TOTAL>".len();
    let total = ofx[at..].split('<').next().unwrap().trim();
    assert_eq!(total.split_once('.').unwrap().1.len(), 2, "in cents: {total}");
    let cents = total.replace('.', "").parse::<i64>().unwrap() - 1;
    let sign = if cents < 0 { "-" } else { "" };
    let off = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
    let planted = folder.path().join("planted.ofx");
    std::fs::write(&planted, format!("{}{off}{}", &ofx[..at], &ofx[at + total.len()..])).unwrap();
    let found = reconcile(&planted, &[]);
    said(&found, 1, &[" 1 differing", "cash differs by -0.01 USD"]);
    said(&found, 1, &["In the review: 1 item, 1 of them new: "]);
    // The same again is the same items.
    let again = reconcile(&planted, &["--json"]);
    let object: Value = serde_json::from_str(again.out.lines().next().unwrap()).unwrap();
    assert_eq!((again.code, &object["new"], &object["review"]["raised"]), (Some(1), &false.into(), &true.into()));
    assert!(object["review"]["message"].as_str().unwrap().contains(" 0 of them new"), "{object:#}");
    bot.perish();

    said(&reconcile(&planted, &[]), 1, &["Nothing was raised for the review", "beside the running bot"]);
    let books = text(&data.join(BOOKS));
    said(&reconcile(&good, &["--books", &books]), 0, &["held against books at rest, and not kept", " 0 differing"]);
    let at_rest = reconcile(&planted, &["--books", &books, "--json"]);
    let object: Value = serde_json::from_str(at_rest.out.lines().next().unwrap()).unwrap();
    assert_eq!((at_rest.code, &object["statement"], &object["review"]), (Some(1), &Value::Null, &Value::Null));
    said(&reconcile(&good, &["--books", &text(&folder.path().join("none.db"))]), 2, &["there is no such file"]);
}

/// LEDG-7: one asks, another one confirms; every refusal says why, and who could.
#[test]
fn ledg_7_a_closed_day_is_opened_by_two_reviewers_at_the_command_line() {
    let (_folder, data) = registered();
    let (bob, cleo) = (reviewer(&data, "bob", &[Role::Reviewer]), reviewer(&data, "cleo", &[Role::Reviewer]));
    let (dora, vic) = (reviewer(&data, "dora", &[Role::Reviewer]), reviewer(&data, "vic", &[Role::Viewer]));
    let bot = Bot::start(&data, &SPEED);
    assert_eq!(bot.tell("start").code, Some(0));
    let day = day_of(&first_day(&bot));
    let unlock = |day: &str, more: &[&str]| {
        let data = text(&data);
        tbot(&[&["ledger", "unlock", day, "--data", &data], more].concat())
    };
    said(&unlock(&day, &["--as", "bob"]), 2, &["needs --why"]);
    said(&unlock(&day, &["--why", "a wrong fee"]), 2, &["needs a reviewer", "--as NAME"]);
    said(&unlock("lunch", &["--why", "x"]), 2, &["XNYS:2026-11-20"]);
    let by = |name: &str, code: &str, more: &[&str]| unlock(&day, &[&["--as", name, "--code", code], more].concat());
    let why: &[&str] = &["--why", "a wrong fee"];
    said(&by("eve", "000000", why), 4, &["Nobody of the name \"eve\""]);
    said(&by("ada", "000000", why), 4, &["ada has set up no one-time codes", "page Account"]);
    said(&by("bob", "000000", why), 4, &["The code is not one of bob's"]);
    said(&by("vic", &code(&vic, 0), why), 4, &["This needs", "Who could: bob, cleo, dora."]);
    let globex = format!("GLBX:{day}");
    let elsewhere = unlock(&globex, &["--as", "bob", "--code", "000000", "--why", "x"]);
    said(&elsewhere, 4, &["is no session of these books", "XNYS:"]);

    // What the books say comes with their own code.
    let never = unlock("1900-01-01", &["--as", "dora", "--code", &code(&dora, 0), "--why", "x", "--json"]);
    said(&never, 4, &["XNYS:1900-01-01 is no day of the books"]);
    assert_eq!(never.json()["error"]["code"], "no_day");

    said(
        &by("bob", &code(&bob, 0), why),
        0,
        &["Another reviewer has to confirm it. Who could: cleo, dora.", "stays closed"],
    );
    let own = by("bob", &code(&bob, 30), &["--confirm"]);
    said(&own, 4, &["You have asked for it", "another reviewer", "Who could: cleo, dora."]);
    let session = format!("XNYS:{day}");
    let code_of_cleo = code(&cleo, 0);
    let done = unlock(&session, &["--as", "cleo", "--code", &code_of_cleo, "--confirm", "--json"]);
    said(&done, 0, &["as bob has asked and you have confirmed"]);
    assert_eq!(done.json()["done"]["act"], "confirm");
    let late = by("cleo", &code(&cleo, 30), &["--confirm"]);
    assert_eq!(late.code, Some(4), "{}{}", late.out, late.err);
    bot.perish();

    said(&unlock(&day, &["--as", "bob", "--code", "1", "--why", "x"]), 5, &["no bot answers"]);
    let out = data.join("journal.json");
    let exported = tbot(&["ledger", "export", "--data", &text(&data), "--format", "json", "--out", &text(&out)]);
    said(&exported, 0, &[]);
    let journal = std::fs::read_to_string(&out).unwrap();
    let journal: Value = serde_json::from_str(&journal).unwrap();
    let entries = journal["entries"].as_array().unwrap();
    let opened: Vec<&Value> = entries.iter().filter(|e| e["kind"] == "unlock").collect();
    assert!(opened.len() == 1 && opened[0].to_string().contains("bob"), "{opened:#?}");
    assert!(opened[0].to_string().contains("cleo") && opened[0].to_string().contains("a wrong fee"), "{opened:#?}");
}

/// The API of a bot, for one person.
struct Program {
    to: SocketAddr,
    token: String,
}

impl Program {
    fn of(bot: &Bot, token: &str) -> Self {
        let to = bot.way_in.split("http://").nth(1).unwrap().split('/').next().unwrap().trim().parse().unwrap();
        Self { to, token: format!("Bearer {token}") }
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let key = format!("k{}", body.len() + path.len());
        let headers = [("Authorization", self.token.as_str()), ("Idempotency-Key", &key)];
        send(self.to, "POST", path, &[&headers[..], &[("Content-Type", "application/json")]].concat(), &body)
    }

    fn get(&self, path: &str) -> Value {
        send(self.to, "GET", path, &[("Authorization", &self.token)], "").json()
    }

    /// Enters something as it is shown; its number.
    fn enter(&self, what: &Value) -> u64 {
        let shown = self.post("/api/v1/ledger/entries", what);
        assert_eq!(shown.status, 200, "{}", shown.body);
        let mut what = what.clone();
        what["shown"] = shown.json()["shown"].clone();
        let booked = self.post("/api/v1/ledger/entries", &what);
        assert_eq!(booked.status, 200, "{}", booked.body);
        booked.json()["booked"][0].as_u64().unwrap()
    }
}

/// LEDG-12: why a day is open is said again after a restart, whether the next session trades by then or not; put right, it is closed
/// by name from the command line, by the figures of its own end.
#[test]
fn ledg_12_why_a_day_is_open_outlives_a_restart_and_put_right_it_is_closed() {
    let (_folder, data) = registered();
    let (token, other) = (super::codes::token(&data, "bob"), super::codes::token(&data, "cleo"));
    let bot = Bot::start(&data, &SPEED);
    assert_eq!(bot.tell("start").code, Some(0));
    let board = bot.until("a session", |b| b["day"]["sent"].as_u64() > Some(0));
    let day = board["session"]["id"].as_str().unwrap().split(':').nth(1).unwrap().to_owned();
    let program = Program::of(&bot, &token);
    let wrong = program.enter(&json!({
        "kind": "float_in", "day": day, "reason": "as the letter says", "amount": "0.01", "currency": "USD",
        "reference": "letter-1",
    }));
    let open = |b: &Value| !b["open_days"][0].is_null();
    bot.until("a day that does not close", open);
    let items = || program.get("/api/v1/review")["rows"].to_string();
    bot.until("its item", |_| items().contains("does not close: check 3, cash in USD"));
    bot.perish();
    let (dora, vic) = (reviewer(&data, "dora", &[Role::Reviewer]), reviewer(&data, "vic", &[Role::Viewer]));
    // It does not trade, and the feed stands: what is said now was found in the books and in the review.
    let bot = Bot::start(&data, &SPEED);
    let board = bot.until("why", open);
    let why = board["open_days"][0]["why"].as_str().unwrap();
    assert!(why.contains("check 3, cash in USD: the books have"), "{why}");
    // By hand it is tried again, whether a session trades by now or not.
    let close = |more: &[&str]| tbot(&[&["ledger", "close", "--data", &text(&data)], more].concat());
    said(&close(&[]), 2, &["needs a reviewer", "--as NAME"]);
    said(&close(&["--as", "vic", "--code", &code(&vic, 0)]), 4, &["This needs", "Who could:"]);
    let tried = close(&["--as", "dora", "--code", &code(&dora, 0)]);
    said(&tried, 0, &[&format!("The books of XNYS:{day} are being closed.")]);
    let why = bot.board()["open_days"][0]["why"].to_string();
    assert!(why.contains("check 3, cash in USD: the books have"), "a check that fails closes nothing: {why}");
    let program = Program::of(&bot, &other);
    program.enter(&json!({ "kind": "reversal", "day": day, "reason": "it never came", "entry": wrong.to_string() }));
    said(&close(&[&day, "--as", "cleo", "--code", "1"]), 4, &["cleo has set up no one-time codes"]);
    let closed = close(&[&day, "--as", "dora", "--code", &code(&dora, 30)]);
    said(&closed, 0, &[&format!("The books of XNYS:{day} are being closed.")]);
    let is_open =
        |b: &Value| b["open_days"].as_array().unwrap().iter().any(|open| open["day"].to_string().contains(&day));
    bot.until("the day closed", |b| !is_open(b));
    bot.perish();
    let records = async {
        let reader = Reader::open(&Address::Sqlite(data.join(BOOKS))).await.unwrap();
        let book = reader.books().await.unwrap().remove(0);
        let closes = reader.closes(&book, 10).await.unwrap();
        closes.into_iter().map(|close| (close.record.session.date.to_string(), close.record.closed_by)).collect()
    };
    let records: Vec<(String, String)> = tokio::runtime::Runtime::new().unwrap().block_on(records);
    assert!(records.contains(&(day, "dora".to_owned())), "{records:?}");
}

/// LEDG-7, LEDG-5: over the API two reviewers open a closed day again, one corrects it and names the lots of a sale, and it is closed
/// again by the figures that its record holds.
#[test]
fn ledg_7_a_closed_day_is_opened_corrected_and_closed_again_over_the_api() {
    let (_folder, data) = registered();
    let (bob, cleo) = (super::codes::token(&data, "bob"), super::codes::token(&data, "cleo"));
    let trading = Bot::start(&data, &SPEED);
    assert_eq!(trading.tell("start").code, Some(0));
    let day = day_of(&first_day(&trading));
    trading.perish();
    // It does not trade, and the feed stands: no session's end closes the day meanwhile.
    let bot = Bot::start(&data, &SPEED);
    let (bob, cleo) = (Program::of(&bot, &bob), Program::of(&bot, &cleo));
    let path = format!("/api/v1/ledger/days/{day}/unlock");
    let unlock = |who: &Program, act: &str| who.post(&path, &json!({ "act": act, "reason": "a wrong fee" }));
    let (asked, own, opened) = (unlock(&bob, "ask"), unlock(&bob, "confirm"), unlock(&cleo, "confirm"));
    assert_eq!(
        (asked.status, own.status, opened.status),
        (200, 403, 200),
        "{} {} {}",
        asked.body,
        own.body,
        opened.body
    );
    bot.until("the day open", |b| b["open_days"].to_string().contains(&day));
    let adjustment = |reference: &str| {
        json!({
            "kind": "adjustment", "day": day, "reason": "as the statement says", "description": "Rounding of the broker",
            "debit": "5990", "credit": "4900", "amount": "0.01", "currency": "USD", "reference": reference,
        })
    };
    bob.enter(&adjustment("R-1"));
    let fills = || bob.get(&format!("/api/v1/ledger/journal?day={day}&kind=fill"))["rows"].as_array().unwrap().clone();
    let sale = fills().into_iter().find(|row| !row["facts"]["closing"].is_null()).unwrap();
    let closed = sale["postings"].as_array().unwrap().iter().filter(|p| !p["lot"].is_null() && !p["units"].is_null());
    let text = |value: &Value| value.as_str().unwrap().trim_start_matches('-').to_owned();
    let lots: Vec<String> = closed.map(|p| format!("{} {}", text(&p["lot"]), text(&p["units"]))).collect();
    let entry = sale["seq"].to_string();
    bob.enter(&json!({ "kind": "lots", "day": day, "reason": "these", "entry": entry, "lots": lots.join(", ") }));
    let again = fills().into_iter().find(|row| row["corrects"] == sale["seq"]).unwrap();
    assert_eq!((&again["facts"]["lot_method"], &again["by"]), (&"specific".into(), &"bob".into()), "{again:#}");

    let close = bob.post("/api/v1/commands/close_day", &json!({ "why": "put right", "day": day }));
    assert_eq!(close.status, 200, "{}", close.body);
    bot.until("the day closed", |b| !b["open_days"].to_string().contains(&day));
    let shut = bob.post("/api/v1/ledger/entries", &adjustment("R-second"));
    assert_eq!((shut.status, &shut.json()["code"]), (409, &json!("day_shut")), "{}", shut.body);
    bot.perish();
    let records = async {
        let reader = Reader::open(&Address::Sqlite(data.join(BOOKS))).await.unwrap();
        let book = reader.books().await.unwrap().remove(0);
        reader.closes(&book, 100).await.unwrap()
    };
    let records = tokio::runtime::Runtime::new().unwrap().block_on(records);
    let of_day = records.iter().filter(|close| close.record.session.date.to_string() == day);
    let mut closed: Vec<_> = of_day.map(|close| (close.record.n, close.record.closed_by.as_str())).collect();
    closed.sort_unstable();
    assert_eq!(closed, [(1, "tbot"), (2, "bob")]);
}

/// LEDG-9, LEDG-12: a check of the close that fails is an item of the review by itself, and settled by itself once it passes.
#[test]
fn ledg_12_a_check_that_fails_is_an_item_until_the_close_passes() {
    let (_folder, data) = registered();
    let (bob, cleo) = (super::codes::token(&data, "bob"), super::codes::token(&data, "cleo"));
    let bot = Bot::start(&data, &SPEED);
    let (bob, cleo) = (Program::of(&bot, &bob), Program::of(&bot, &cleo));
    assert_eq!(bot.tell("start").code, Some(0));
    let board = bot.until("a session", |b| b["day"]["sent"].as_u64() > Some(0));
    let session = board["session"]["id"].as_str().unwrap().to_owned();
    let day = session.split(':').nth(1).unwrap();
    let wrong = bob.enter(&json!({
        "kind": "float_in", "day": day, "reason": "as the letter says", "amount": "0.01", "currency": "USD",
        "reference": "letter-1",
    }));
    let held = bot.until("a day that does not close", |b| !b["open_days"][0].is_null());
    let why = held["open_days"][0]["why"].as_str().unwrap();
    assert!(why.contains("check 3, cash in USD"), "{why}");
    let items = || -> Vec<Value> {
        let rows = cleo.get("/api/v1/review")["rows"].as_array().unwrap().clone();
        let of_close = |r: &Value| r["title"].as_str().unwrap().contains("does not close: check 3, cash in USD");
        rows.into_iter().filter(of_close).collect()
    };
    bot.until("an item", |_| !items().is_empty());
    let item = items()[0].clone();
    assert_eq!((&item["review"], &item["waits_for_me"]), (&"queried".into(), &true.into()), "{item:#}");
    let subject = item["subject"].as_str().unwrap().to_owned();
    // The day cannot be approved meanwhile, and the item does not keep it open: the reversal does what it takes.
    let held = bot.board()["open_days"][0].clone();
    let day = held["day"].as_str().map_or(day, |of| of.split(':').nth(1).unwrap()).to_owned();
    cleo.enter(&json!({ "kind": "reversal", "day": day, "reason": "it never came", "entry": wrong.to_string() }));
    // The next session's close tries the days before it first.
    let acts = || cleo.get(&format!("/api/v1/review/acts?subject={subject}")).to_string();
    bot.until("a settled item", |_| acts().contains("Every check agrees now: entry "));
    assert!(acts().contains("\"resolve\"") && acts().contains("(day close)"), "{}", acts());
    assert!(!bot.board()["open_days"].to_string().contains("check 3"));
}
