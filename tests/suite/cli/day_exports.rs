//! LEDG-8a, LEDG-9 with the real binary: a day's close leaves its files, and they come back as statements.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tbot::store::Address;
use tbot::store::people::{AuditFilter, People};

use super::bot::Bot;
use super::tool::{tbot, text};
use crate::places::Folder;
use crate::report::schemas::{fits, validator};
use crate::store::raw::Raw;
use crate::web::server::Turned;

/// The files of a day by name, held against their checksums; nothing while they are not all there.
fn day(folder: &Path) -> Option<BTreeMap<String, Vec<u8>>> {
    let sums = std::fs::read_to_string(folder.join("SHA256SUMS")).ok()?;
    let file = |line: &str| {
        let (sum, name) = line.split_once("  ").unwrap();
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let found = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        assert_eq!(found, sum, "{name}");
        (name.to_owned(), bytes)
    };
    Some(sums.lines().map(file).collect())
}

/// The first day that has all its files.
fn first_day(exports: &Path) -> Option<String> {
    let folders = std::fs::read_dir(exports).ok()?.flatten().filter(|f| f.path().join("SHA256SUMS").exists());
    folders.map(|f| f.file_name().into_string().unwrap()).min()
}

/// REP-1a: a session's trades and decisions, each trade with the entries that book it.
fn records_are_whole(sessions: &Path) {
    let records = day(sessions).unwrap();
    for name in
        ["decisions/decisions.jsonl", "trades/trade_history.csv", "trades/trade_history.json", "trades/trades.jsonl"]
    {
        assert!(records.contains_key(name), "{name}");
    }
    let trades: Vec<serde_json::Value> = serde_json::from_slice(&records["trades/trade_history.json"]).unwrap();
    assert!(!trades.is_empty() && trades.iter().all(|t| t["entry_seqs"].as_array().is_some_and(|e| e.len() > 1)));
    let decisions = String::from_utf8(records["decisions/decisions.jsonl"].clone()).unwrap();
    for trade in &trades {
        assert!(decisions.contains(trade["decision_id"].as_str().unwrap()), "{trade:#}");
    }
}

/// LEDG-4a, LEDG-12: `tbot check` and `tbot restore` hold the signatures against the bot's public key, and say so.
fn signatures_are_checked_where_books_come_back(data: &Path, whole: bool) {
    let checked = tbot(&["check", "--data", &text(data)]);
    let taken = tbot(&["backup", "--json", "--data", &text(data)]);
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let archive = taken.json()["done"]["backup"]["path"].as_str().unwrap().to_owned();
    let into = data.with_file_name(format!("restored-{whole}"));
    let restored = tbot(&["restore", &archive, "--data", &text(&into), "--key", &text(&data.join("keys/tbot.key"))]);
    let holds = |said: &str| said.contains("day close holds") || said.contains("day closes hold");
    if whole {
        assert!(holds(&checked.out), "{}", checked.out);
        assert!(restored.code == Some(0) && holds(&restored.out), "{}{}", restored.out, restored.err);
    } else {
        assert!(checked.code == Some(1) && checked.out.contains("the signature of the bot's key"), "{}", checked.out);
        assert_ne!(restored.code, Some(0), "{}", restored.out);
        assert!(restored.err.contains("the signature of the bot's key") && !into.exists(), "{}", restored.err);
    }
}

/// LEDG-12: the bot signed each close; with its public key a close without its signature is found, and without the key that
/// is said.
fn closings_are_signed(data: &Path) {
    let books = data.join("output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db");
    let key = books.with_extension("pub");
    let verify = |more: &[&str]| tbot(&[&["ledger", "verify", &text(&books)], more].concat());
    let said = verify(&["--json"]).json();
    let book = &said["books"][0];
    assert!(said["verified"] == true && book["signatures_checked"] == true, "{said:#}");
    assert!(book["closings"].as_u64().unwrap() > 0 && book["signed"] == book["closings"], "{said:#}");
    let said = tbot(&["ledger", "verify", "--data", &text(data)]);
    assert!(said.code == Some(0) && said.out.contains("each checked with the public key"), "{}{}", said.out, said.err);

    signatures_are_checked_where_books_come_back(data, true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut raw = Raw::open(&Address::Sqlite(books.clone())).await;
        raw.tamper("UPDATE closing_record SET signature = NULL").await;
        raw.close().await;
    });
    signatures_are_checked_where_books_come_back(data, false);
    let elsewhere = data.with_file_name("kept.pub");
    std::fs::rename(&key, &elsewhere).unwrap();
    let unknown = verify(&[]);
    assert!(unknown.code == Some(0) && unknown.out.contains("NOT CHECKED"), "{}{}", unknown.out, unknown.err);
    let found = verify(&["--public-key", &text(&elsewhere)]);
    assert_eq!(found.code, Some(1), "{}{}", found.out, found.err);
    assert!(
        found.out.contains("closing_record") && found.out.contains("signature: stored is nothing"),
        "{}",
        found.out
    );
    let none = verify(&["--public-key", &text(&key)]);
    assert!(none.code == Some(2) && none.err.contains("there is no such file"), "{}", none.err);
}

#[test]
fn ledg_8a_a_closed_day_leaves_its_files_and_ledg_9_they_agree_with_the_books() {
    let folder = Folder::new();
    let (data, accounting) = (folder.path().join("data"), folder.path().join("accounting"));
    // Accounting's folder cannot be made at first: a file stands in its place.
    std::fs::write(&accounting, "in the way").unwrap();
    let environment = [("TBOT__PATHS__ACCOUNTING", text(&accounting))];
    let environment: Vec<(&str, &str)> = environment.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let bot = Bot::with(&data, &["--speed", "3000"], &environment);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    let exports = data.join("output/TBOT_US_SIM_01/exports");
    bot.until("the files of a close", |_| first_day(&exports).is_some());
    let session = first_day(&exports).unwrap();
    let own = exports.join(&session);
    bot.until("an alert", |b| b["alerts"].as_array().unwrap().iter().any(|a| a["code"] == "exports_failed"));
    bot.perish();

    // The folder can be made again: the next start writes what is missing there.
    std::fs::remove_file(&accounting).unwrap();
    let bot = Bot::with(&data, &["--speed", "3000"], &environment);
    let theirs = accounting.join("TBOT_US_SIM_01").join(&session);
    bot.until("accounting's files", |_| theirs.join("SHA256SUMS").exists());
    let files = day(&own).unwrap();
    assert_eq!(day(&theirs).unwrap(), files);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["closing.json", "journal.csv", "journal.json", "journal.ofx"]);
    // REP-5: the record fits its schema.
    let record: Value = serde_json::from_slice(&files["closing.json"]).unwrap();
    fits(&validator("closing"), &record, "closing.json");
    assert_eq!((record["v"].as_u64(), record["prices"]["source"].as_str()), (Some(2), Some("bars:last close")));
    // REP-1a: and the session's trades and decisions, each trade with the entries that book it.
    let sessions = data.join("output/TBOT_US_SIM_01/sessions").join(&session);
    bot.until("the session's records", |_| sessions.join("SHA256SUMS").exists());
    records_are_whole(&sessions);
    assert_eq!(tbot(&["ledger", "check-ofx", &text(&own.join("journal.ofx"))]).code, Some(0));

    let import = |file: &Path| tbot(&["ledger", "import", &text(file), "--data", &text(&data)]);
    for name in ["journal.ofx", "journal.csv"] {
        let first = import(&own.join(name));
        assert_eq!(first.code, Some(0), "{name}: {}{}", first.out, first.err);
        assert!(first.out.contains("kept as statement") && first.out.contains(" 0 differing"), "{}", first.out);
        let again = import(&own.join(name));
        assert!(again.code == Some(0) && again.out.contains("imported before"), "{}", again.out);
    }
    let planted = folder.path().join("planted.ofx");
    let statement = String::from_utf8(files["journal.ofx"].clone()).unwrap();
    // A digit more before the first total after a commission.
    let at = statement.find("<COMMISSION>").unwrap();
    let at = at + statement[at..].find("<TOTAL>").unwrap() + "<TOTAL>".len();
    std::fs::write(
        &planted,
        format!("{}{}{}", &statement[..at], "9", &statement[at..]).replace("<TOTAL>9-", "<TOTAL>-9"),
    )
    .unwrap();
    let found = import(&planted);
    assert_eq!(found.code, Some(1), "{}{}", found.out, found.err);
    assert!(found.out.contains("1 differing") && found.out.contains("cash differs by"), "{}", found.out);
    let bad = folder.path().join("bad.csv");
    std::fs::write(&bad, "date,amount\n2026-06-01,x\n").unwrap();
    let refused = import(&bad);
    assert!(refused.code == Some(2) && refused.err.contains("line 2, amount"), "{}", refused.err);
    drop(bot);
    closings_are_signed(&data);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let audit = runtime.block_on(async {
        let people = People::open(&Address::Sqlite(data.join("people.db")), std::sync::Arc::new(Turned)).await.unwrap();
        people
            .audit(&AuditFilter { what: "statement_imported".into(), ..Default::default() }, u64::MAX, 99)
            .await
            .unwrap()
    });
    assert_eq!(audit.len(), 3, "each file once");
    assert!(audit.iter().all(|r| r.who.starts_with("(tbot ledger import, user ")), "{audit:?}");
}
