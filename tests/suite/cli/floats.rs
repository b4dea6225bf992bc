//! LEDG-10 with the real binary: accounting leaves files, the float follows, and all of it outlives the process.

use std::path::Path;

use serde_json::{Value, json};
use tbot::store::Address;
use tbot::store::people::review::{ActKind, Subject};
use tbot::store::people::{AuditFilter, People};

use super::bot::Bot;
use super::tool::{tbot, text};
use crate::places::Folder;
use crate::report::schemas::{fits, validator};
use crate::web::server::Turned;

fn document(reference: &str, float: &str, from: &str) -> Value {
    json!({ "document": reference, "assigned_by": "Treasury", "float": float, "currency": "USD", "from": from })
}

/// Writes it as accounting should: under another name, then whole.
fn leave(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join("writing"), bytes).unwrap();
    std::fs::rename(folder.join("writing"), folder.join(name)).unwrap();
}

#[test]
fn ledg_10_accounting_s_files_assign_the_float() {
    let folder = Folder::new();
    let (data, accounting) = (folder.path().join("data"), folder.path().join("accounting"));
    let place = text(&accounting);
    let environment = [("TBOT__PATHS__ACCOUNTING", place.as_str())];
    let start = || Bot::with(&data, &["--feed", "generated", "--speed", "1500"], &environment);
    let bot = start();
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    let inbox = accounting.join("TBOT_US_SIM_01/float");
    bot.until("the inbox", |_| inbox.join("done").exists());

    let first = document("FA-1", "100000.00", "2024-01-02");
    fits(&validator("float_assignment"), &first, "what accounting leaves");
    leave(&inbox, "float_assignment-1.json", &serde_json::to_vec(&first).unwrap());
    let board = bot.until("the first", |b| b["floats"][0]["assignment"]["document"] == "FA-1");
    assert_eq!(board["float"], "100000.00");
    // A higher one needs no code here: who can write to the folder is accounting.
    leave(
        &inbox,
        "float_assignment-2.csv",
        b"document,assigned_by,float,currency,from,cash\nFA-2,Treasury,120000,USD,2024-01-02,0\n",
    );
    bot.until("the second", |b| b["float"] == "120000.00");
    let wrong = document("FA-2", "90000.00", "2024-01-02");
    leave(&inbox, "float_assignment-3.json", &serde_json::to_vec(&wrong).unwrap());
    leave(&inbox, "float_assignment-4.json", b"{\"document\":\"FA-4\"");
    let alerts = |b: &Value| b["alerts"].as_array().unwrap().iter().filter(|a| a["code"] == "float_refused").count();
    bot.until("both refused", |b| alerts(b) == 2);
    let why =
        |n: u8| std::fs::read_to_string(inbox.join(format!("refused/float_assignment-{n}.json.reason.txt"))).unwrap();
    assert!(why(3).contains("document FA-2 has assigned 120000.00 USD from 2024-01-02 already"), "{}", why(3));
    assert!(why(4).contains("it is no assignment"), "{}", why(4));
    assert!(inbox.join("done/float_assignment-1.json").exists() && inbox.join("done/float_assignment-2.csv").exists());
    bot.until("a trade", |b| !b["trades"].as_array().unwrap().is_empty());
    bot.perish();

    // The next process has the same float; a file that was left again changes nothing.
    let again = start();
    let board = again.until("the float", |b| b["float"] == "120000.00");
    assert_eq!(board["floats"].as_array().map(Vec::len), Some(2));
    leave(&inbox, "float_assignment-1.json", &serde_json::to_vec(&first).unwrap());
    again.until("put away", |_| inbox.join("done/2-float_assignment-1.json").exists());
    assert_eq!(again.board()["floats"].as_array().map(Vec::len), Some(2));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let address = Address::Sqlite(data.join("people.db"));
        let people = People::open(&address, std::sync::Arc::new(Turned)).await.unwrap();
        let identity = "TBOT_US_SIM_01".parse().unwrap();
        let reviewed = people.reviewed(&identity).await.unwrap();
        let (number, item) = reviewed.items.iter().find(|(_, i)| i.source == "float_entry:1").unwrap();
        assert_eq!(item.about, Some(Subject::Entry(1)));
        let standing = reviewed.standing(Subject::Item(*number));
        let last = &standing.acts.last().unwrap().wanted;
        assert!(standing.queries().is_empty() && last.kind == ActKind::Resolve, "{standing:?}");
        // At a simulated venue the set-up is the document of the cash that the account began with.
        assert!(last.text.contains("the set-up, which states a float of 100000.00 USD"), "{last:?}");
        let deeds = people.audit(&AuditFilter::default(), u64::MAX, 1_000).await.unwrap();
        let of = |what: &str| deeds.iter().filter(|d| d.what == what).map(|d| d.object.as_str()).collect::<Vec<_>>();
        assert_eq!(of("float_assigned"), ["float:FA-2", "float:FA-1"]);
        let done = deeds.iter().find(|d| d.what == "float_assigned").unwrap();
        assert!(done.who.contains("accounting's file float_assignment-2.csv"), "{done:?}");
        people.close().await.unwrap();
    });
    drop(again);
    let verified = tbot(&["ledger", "verify", "--data", &text(&data)]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}

/// REP-8 in the living bot: equity below what accounting has assigned asks accounting, once; an assignment that fits settles it with
/// the next close, and the bot says both.
#[test]
fn rep_8_an_assignment_of_float_settles_what_equity_asked() {
    let folder = Folder::new();
    let (data, accounting) = (folder.path().join("data"), folder.path().join("accounting"));
    let place = text(&accounting);
    let environment = [("TBOT__PATHS__ACCOUNTING", place.as_str())];
    let bot = Bot::with(&data, &["--feed", "generated", "--speed", "6000"], &environment);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    let inbox = accounting.join("TBOT_US_SIM_01/float");
    bot.until("the inbox", |_| inbox.join("done").exists());
    let assign = |n: u8, float: &str| {
        let paper = document(&format!("FA-{n}"), float, "2024-01-02");
        leave(&inbox, &format!("float_assignment-{n}.json"), &serde_json::to_vec(&paper).unwrap());
    };
    let alerts = |b: &Value, code: &str| {
        let all = b["alerts"].as_array().unwrap();
        all.iter().filter(|a| a["code"] == code).map(|a| a["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assign(1, "150000.00");
    let board = bot.until("a deviation", |b| !alerts(b, "float_deviation").is_empty());
    let said = alerts(&board, "float_deviation");
    assert!(said[0].contains("below the float 150000.00"), "{said:?}");
    assign(2, "100000.00");
    let board = bot.until("within", |b| !alerts(b, "float_within").is_empty());
    assert!(alerts(&board, "float_within")[0].contains("is within what is allowed of the float 100000.00"));
    assert_eq!(alerts(&board, "float_deviation").len(), 1, "it is said once");
    bot.perish();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let address = Address::Sqlite(data.join("people.db"));
        let people = People::open(&address, std::sync::Arc::new(Turned)).await.unwrap();
        let reviewed = people.reviewed(&"TBOT_US_SIM_01".parse().unwrap()).await.unwrap();
        let (number, _) = reviewed.items.iter().find(|(_, i)| i.source.starts_with("float:XNYS:")).unwrap();
        let standing = reviewed.standing(Subject::Item(*number));
        let last = &standing.acts.last().unwrap();
        assert!(standing.queries().is_empty() && last.wanted.kind == ActKind::Resolve, "{standing:?}");
        assert!(last.wanted.text.contains("is within what is allowed of the float 100000.00"), "{last:?}");
        people.close().await.unwrap();
    });
}
