//! Books on PostgreSQL (LEDG-11, OPS-12): the real binary with `database.url = postgres://…`, several bots in one database.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::bot::{Bot, PASSWORD};
use super::tool::{tbot, text};
use crate::places::Folder;
use crate::postgres;
use crate::web::client::{encoded, send};

/// A database that is prepared: the address of its owner, and that of the bots.
async fn prepared(name: &str) -> Option<(String, String)> {
    let owner = postgres::database(name).await?;
    let role = format!("tbot_{name}_{}", std::process::id());
    tell(&owner, &format!("DROP ROLE IF EXISTS {role}")).await;
    tell(&owner, &format!("CREATE ROLE {role} LOGIN")).await;
    let said = tbot(&["database", "prepare", &owner, "--role", &role]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    Some((owner.clone(), postgres::as_user(&owner, &role)))
}

async fn tell(url: &str, sql: &str) {
    let mut server = PgConnection::connect(url).await.unwrap();
    server.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}

fn bot(data: &Path, identity: &str, url: &str) -> Bot {
    let bot = Bot::anew(data, &["--identity", identity, "--database", url, "--speed", "20000"]);
    bot.register();
    bot
}

fn trades(bot: &Bot) {
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("trades", |b| b["trades"].as_array().is_some_and(|t| !t.is_empty()));
}

#[tokio::test]
async fn ledg_11_two_bots_trade_into_one_database_each_its_own_book() {
    let Some((owner, url)) = prepared("fleet").await else { return };
    let folder = Folder::new();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let mut first = bot(&one, "ABCD_US_SIM_01", &url);
    let second = bot(&two, "ABCD_US_SIM_02", &url);
    trades(&first);
    trades(&second);

    let (place, _) = second.link();
    let form = encoded(&[("name", "ada"), ("password", PASSWORD)]);
    let kind = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    let signed_in = send(place, "POST", "/sign-in", &kind, &form);
    let cookie = signed_in.cookie().unwrap();
    let dashboard = send(place, "GET", "/", &[("Cookie", &cookie)], "").body;
    for said in ["Bots of this database", "ABCD_US_SIM_01", "ABCD_US_SIM_02", "this bot"] {
        assert!(dashboard.contains(said), "{said}");
    }
    assert_eq!(dashboard.matches("writes its books").count(), 2);

    // One dies as in a power cut: the dashboard of the other says so, and it goes on where it was.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    second.until("the other is gone", |_| {
        send(place, "GET", "/", &[("Cookie", &cookie)], "").body.matches("does not run").count() == 1
    });
    let again = Bot::anew(&one, &["--speed", "20000"]);
    let board = again.until("recovered", |b| b["state"] != "started" || !b["trades"].as_array().unwrap().is_empty());
    assert!(!board["trades"].as_array().unwrap().is_empty(), "its day is there again: {board:#}");

    for data in [&one, &two] {
        assert_eq!(tbot(&["shutdown", "--data", &text(data)]).code, Some(0));
    }
    for mut bot in [again, second] {
        assert_eq!(bot.ends().code(), Some(0));
    }
    let said = tbot(&["ledger", "verify", &owner, "--json"]).json();
    assert_eq!((said["verified"].as_bool(), said["books"].as_array().map(Vec::len)), (Some(true), Some(2)), "{said:#}");
    let said = tbot(&["ledger", "verify", "--data", &text(&one)]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let exported = folder.path().join("one.csv");
    let words = ["ledger", "export", &text(&one), "--identity", "ABCD_US_SIM_01", "--format", "csv", "--out"];
    assert_eq!(tbot(&[&words[..], &[&text(&exported)]].concat()).code, Some(0));
    assert!(std::fs::read_to_string(exported).unwrap().contains(",fill,"), "its trades are there");
}

/// LEDG-4a, OPS-8: the check holds the signatures of day closes on a server against the bot's own key, and names one that is
/// another's.
#[tokio::test]
async fn ledg_4a_the_signatures_of_closes_on_a_server_are_checked() {
    let Some((owner, url)) = prepared("signed").await else { return };
    let folder = Folder::new();
    let data = folder.path().join("one");
    let mut bot = bot(&data, "ABCD_US_SIM_01", &url);
    assert_eq!(bot.tell("start").code, Some(0));
    let closes = folder.path().join("one/output/ABCD_US_SIM_01/exports");
    bot.until("a closed day", |_| closes.read_dir().is_ok_and(|mut days| days.next().is_some()));
    assert_eq!(tbot(&["shutdown", "--data", &text(&data)]).code, Some(0));
    assert_eq!(bot.ends().code(), Some(0));
    let books = || {
        let said = tbot(&["check", "--json", "--data", &text(&data)]).json();
        let point = said["checks"].as_array().unwrap().iter().find(|p| p["check"] == "books").unwrap().clone();
        (point["verdict"].as_str().unwrap().to_owned(), point["found"].as_str().unwrap().to_owned())
    };
    let (verdict, found) = books();
    assert_eq!(verdict, "fine", "{found}");
    assert!(found.contains("day closes hold") || found.contains("one day close holds"), "{found}");
    for step in [
        "ALTER TABLE closing_record DISABLE TRIGGER closing_record_no_change",
        "UPDATE closing_record SET signature = decode(repeat('07', 64), 'hex')",
        "ALTER TABLE closing_record ENABLE TRIGGER closing_record_no_change",
    ] {
        tell(&owner, step).await;
    }
    let (verdict, found) = books();
    assert!(verdict == "wrong" && found.contains("signature"), "{verdict}: {found}");
}

/// LEDG-4a, REP-6: books on a server are verified at each session's end, while the bot books on. The health of a day says that they are
/// as they were written; once somebody who owns the database has touched an entry, that of the next day names it.
#[tokio::test]
async fn ledg_4a_books_on_a_server_are_verified_each_day() {
    let Some((owner, url)) = prepared("daily").await else { return };
    let folder = Folder::new();
    let data = folder.path().join("one");
    let mut bot = bot(&data, "ABCD_US_SIM_01", &url);
    assert_eq!(bot.tell("start").code, Some(0));
    let summaries = data.join("output/ABCD_US_SIM_01/summaries");
    let days = || {
        let found = summaries.read_dir().into_iter().flatten().map(|day| day.unwrap().path().join("daily_health.json"));
        let mut files: Vec<_> = found.filter(|file| file.exists()).collect();
        files.sort();
        files
    };
    let health = |file: &Path| -> serde_json::Value { serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap() };
    bot.until("the health of a day", |_| !days().is_empty());
    let first = days().remove(0);
    assert_eq!(health(&first)["books_verified"], true, "{:#}", health(&first));
    for step in [
        "ALTER TABLE posting DISABLE TRIGGER posting_no_change",
        "UPDATE posting SET amount = amount + 1 WHERE seq = 1",
        "ALTER TABLE posting ENABLE TRIGGER posting_no_change",
    ] {
        tell(&owner, step).await;
    }
    bot.until("a day that names it", |_| days().iter().any(|day| health(day)["books_verified"] == false));
    let named = days().into_iter().map(|day| health(&day)).find(|day| day["books_verified"] == false).unwrap();
    assert_eq!(named["status"], "critical");
    let reason = named["reasons"][0].as_str().unwrap();
    assert!(
        reason.contains("the books do not verify") && reason.contains("posting") && reason.contains('1'),
        "{reason}"
    );
    assert_eq!(health(&first)["books_verified"], true, "what was written of an earlier day stays");
    assert_eq!(tbot(&["shutdown", "--data", &text(&data)]).code, Some(0));
    assert_eq!(bot.ends().code(), Some(0));
}

#[tokio::test]
async fn ledg_4_a_bot_does_not_run_as_a_role_that_may_change_its_books() {
    let Some((owner, url)) = prepared("owner").await else { return };
    let folder = Folder::new();
    let words = |url: &str, data: &str| {
        let data = text(&folder.path().join(data));
        tbot(&[
            "run",
            "--unwatched",
            "--identity",
            "ABCD_US_SIM_01",
            "--listen",
            "127.0.0.1:0",
            "--database",
            url,
            "--data",
            &data,
        ])
    };
    let said = words(&owner, "as_owner");
    assert_ne!(said.code, Some(0));
    assert!(
        said.err.contains("this role may DELETE on account") && said.err.contains("tbot database prepare"),
        "{}",
        said.err
    );

    let empty = postgres::database("unprepared").await.unwrap();
    let said = words(&empty, "unprepared");
    assert!(said.code != Some(0) && said.err.contains("tbot database prepare"), "{}", said.err);

    // Books that were there and are gone are not made anew.
    let data = folder.path().join("gone");
    bot(&data, "ABCD_US_SIM_01", &url).perish();
    let other = prepared("emptied").await.unwrap().1;
    let said = words(&other, "gone");
    assert!(said.code != Some(0) && said.err.contains("no book of ABCD_US_SIM_01"), "{}", said.err);
}

/// D1: a server that is away, and comes back.
#[tokio::test]
async fn d1_a_lost_server_stalls_the_books_and_nothing_is_lost_when_it_answers_again() {
    let Some((owner, url)) = prepared("lost").await else { return };
    let folder = Folder::new();
    let data = folder.path().join("bot");
    let mut bot = bot(&data, "ABCD_US_SIM_01", &url);
    trades(&bot);
    let before = bot.board()["number"].as_u64().unwrap();
    // Every connection is cut, and none is let in again for a while.
    let role = url.rsplit_once("user=").unwrap().1.to_owned();
    tell(&owner, &format!("ALTER ROLE {role} NOLOGIN")).await;
    tell(&owner, &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'")).await;
    bot.until("entries are frozen", |b| b["freezes"].as_array().is_some_and(|f| !f.is_empty()));
    tell(&owner, &format!("ALTER ROLE {role} LOGIN")).await;
    bot.until("it records again", |b| {
        b["number"].as_u64().unwrap() > before && b["freezes"].as_array().unwrap().is_empty()
    });
    assert_eq!(bot.tell("shutdown").code, Some(0));
    assert_eq!(bot.ends().code(), Some(0));
    let said = tbot(&["ledger", "verify", &text(&data), "--json"]).json();
    assert_eq!(said["verified"], true, "{said:#}");
}
