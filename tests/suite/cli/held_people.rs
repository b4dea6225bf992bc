//! RISK-13: the database of people is held by somebody else; a kill from a browser is not.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _};
use tbot::gateway::clock::Stopwatch;
use tbot::store::people::Token;

use super::bot::{Bot, PATIENCE, receipts};
use crate::places::Folder;
use crate::web::client::{Answer, encoded, send};

/// What a browser that is signed in asks for.
fn ask(bot: &Bot, method: &str, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let (_, rest) = bot.way_in.split_once("http://").unwrap();
    let place = rest.split('/').next().unwrap().parse().unwrap();
    let kind =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin"), ("Cookie", cookie)];
    send(place, method, path, &kind, &encoded(fields))
}

/// RISK-13, WEB-2c: a session that was begun before this process kills at once, though its database does not answer and this
/// process has not seen it yet.
#[test]
fn risk_13_a_session_of_an_earlier_process_kills_while_the_database_of_people_is_held() {
    let folder = Folder::new();
    let data = folder.path();
    let bot = Bot::start(data, &["--speed", "60"]);
    let cookie = bot.register();
    bot.perish();

    let bot = Bot::start(data, &["--speed", "60"]);
    bot.until("it stands", |b| b["state"] == "started");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = runtime.block_on(async {
        let file = data.join("people.db");
        let mut held = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        held.execute("BEGIN EXCLUSIVE").await.unwrap();
        held
    });
    let form = Token::read(cookie.split_once('=').unwrap().1).unwrap().form_secret();
    let begun = Stopwatch::start();
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&bot, "POST", "/commands/kill", &cookie, &[("key", "k1"), ("form", &form)]));
        while !data.join("control/kill.latch").exists() {
            assert!(begun.elapsed() < PATIENCE, "the latch is open");
            std::thread::sleep(Duration::from_millis(5));
        }
        runtime.block_on(held.close()).unwrap();
        asked.join().unwrap()
    });
    assert_eq!(answer.header("location"), Some("/kill"), "{}", answer.body);
    bot.until("stopped", |b| b["state"] == "stopped" && !receipts(data).is_empty());
    assert_eq!(receipts(data).len(), 1);
}
