//! REP-1 to REP-6 with the real binary: what the sessions of a living bot leave behind, also when its process was killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use desk::domain::bot::{Origin, Who};
use desk::domain::decimal::Money;
use desk::domain::ids::Identity;
use desk::domain::time::Timestamp;
use serde_json::Value;
use tbot::store::people::People;
use tbot::store::people::review::{ActKind, Doing, ItemKind, Known, NewItem, Subject, Wanted};
use tbot::store::{Address, Reader, Sought};

use super::bot::Bot;
use super::tool::{tbot, text};
use crate::places::Folder;
use crate::report::schemas::{fits, validator};
use crate::web::server::Turned;

fn read(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn money(value: &Value) -> i64 {
    value.as_str().unwrap().parse::<Money>().unwrap().raw()
}

/// What the books say that a session has made: the change of income and expenses.
fn booked(data: &Path, session: &str) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = data.join("output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db");
        let reader = Reader::open(&Address::Sqlite(ledger)).await.unwrap();
        let book = reader.books().await.unwrap().remove(0);
        let accounts = reader.accounts(&book).await.unwrap();
        let result: Vec<_> = accounts.iter().filter(|a| ["income", "expense"].contains(&a.kind.as_str())).collect();
        let day = Sought { day: Some(session.parse().unwrap()), ..Sought::default() };
        let entries = reader.sought(&book, &day, u32::MAX).await.unwrap();
        let postings = entries.iter().flat_map(|e| &e.entry.draft.postings);
        let own = postings.filter(|p| result.iter().any(|a| a.code == p.account));
        -own.map(|p| p.amount.raw()).sum::<i64>()
    })
}

fn identity() -> Identity {
    "TBOT_US_SIM_01".parse().unwrap()
}

/// Does something with the database of people of a bot.
fn with_people<T>(data: &Path, act: impl AsyncFnOnce(&People) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Address::Sqlite(data.join("people.db"));
        act(&People::open(&place, Arc::new(Turned)).await.unwrap()).await
    })
}

/// REP-5: what lies beside the summaries fits its schema.
fn logs_fit(output: &Path, second: &str) {
    for (path, kind) in [
        ("logs/orders.jsonl", "action"),
        ("logs/exits.jsonl", "action"),
        ("logs/outcomes.jsonl", "action"),
        ("logs/open.log", "action"),
        ("logs/cycles.jsonl", "cycle"),
        ("logs/system.jsonl", "system"),
        ("decisions/decisions.jsonl", "decision"),
    ] {
        let (schema, told) =
            (validator(kind), lines(&output.join("sessions").join(second.replace(':', "_")).join(path)));
        assert!(!told.is_empty(), "{path}");
        for line in &told {
            fits(&schema, line, path);
        }
    }
    for (name, kind) in [("audit.log", "audit"), ("heartbeat.log", "heartbeat")] {
        let (schema, told) = (validator(kind), lines(&output.join("logs").join(name)));
        assert!(!told.is_empty(), "{name}");
        for line in &told {
            fits(&schema, line, name);
        }
    }
    fits(&validator("status"), &read(&output.join("logs/status.json")), "status.json");
    let evaluations = read(&output.join("logs/evaluations.json"));
    fits(&validator("evaluations"), &evaluations, "evaluations.json");
    assert!(evaluations.as_array().is_some_and(|counted| !counted.is_empty()), "{evaluations}");
    let audit = lines(&output.join("logs/audit.log"));
    let numbers: Vec<u64> = audit.iter().map(|r| r["seq"].as_u64().unwrap()).collect();
    assert!(numbers.len() > 1 && numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
    let health = read(&output.join("summaries/XNYS_2026-11-20/daily_health.json"));
    fits(&validator("daily_health"), &health, "daily_health.json");
    assert_eq!(health["books_verified"], true, "{health:#}");
    let week = read(&output.join("summaries/2026-W47/summary.json"));
    fits(&validator("summary"), &week, "the week");
    assert_eq!((week["from"].as_str(), week["sessions"].as_u64()), (Some("2026-11-20"), Some(1)));
}

/// REP-6: the readiness report in its forms; the week's own lies beside its other reports, and is what the verb tells.
fn readiness_is_told(data: &Path) {
    let asked = ["report", "readiness", "--week", "47", "--format", "json", "--data", &text(data)];
    let ready = tbot(&asked).json();
    fits(&validator("readiness"), &ready, "readiness");
    assert_eq!((ready["week"].as_str(), ready["ready"].as_bool()), (Some("2026-W47"), Some(false)));
    let weeks = data.join("output/TBOT_US_SIM_01/summaries");
    let sums = std::fs::read_to_string(weeks.join("2026-W47/SHA256SUMS")).unwrap();
    for (name, form) in [("readiness.json", "json"), ("readiness.md", "markdown"), ("readiness.html", "html")] {
        let told = tbot(&["report", "readiness", "--week", "47", "--format", form, "--data", &text(data)]);
        let written = std::fs::read_to_string(weeks.join("2026-W47").join(name)).unwrap();
        assert_eq!(written.trim_end(), told.out.trim_end(), "{name}");
        assert!(sums.lines().any(|line| line.ends_with(&format!("  {name}"))), "{name} in {sums}");
    }
    let later = read(&weeks.join("2026-W48/readiness.json"));
    fits(&validator("readiness"), &later, "the next week's readiness");
    assert_eq!((later["week"].as_str(), ready["gates"][0]["have"].as_str()), (Some("2026-W48"), Some("1")));
    let have: u64 = later["gates"][0]["have"].as_str().unwrap().parse().unwrap();
    assert!(have > 1, "the sessions of the week before count too: {later:#}");
    let page = tbot(&["report", "readiness", "--format", "html", "--data", &text(data)]);
    assert!(page.out.contains(" of 8 met"), "{}{}", page.out, page.err);
    let refused = tbot(&["report", "readiness", "--week", "99", "--data", &text(data)]);
    assert!(refused.code == Some(2) && refused.err.contains("from 1 to 53"), "{}", refused.err);
}

#[test]
fn rep_1_each_closed_session_leaves_its_files_and_a_kill_in_its_middle_loses_nothing() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let output = data.join("output/TBOT_US_SIM_01");
    let bot = Bot::start(&data, &["--speed", "1500"]);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    let sums = |session: &str| output.join("sessions").join(session.replace(':', "_")).join("SHA256SUMS");
    let first = "XNYS:2026-11-20";
    let killed = bot.until("trades of a later session", |b| {
        let (session, trades) = (&b["session"], b["trades"].as_array().unwrap());
        session["id"] != first && session["closed"] == false && trades.len() > 1
    });
    bot.perish();
    let second = killed["session"]["id"].as_str().unwrap();
    let bot = Bot::start(&data, &["--speed", "1500"]);
    let _ = bot.tell("start");
    bot.until("both sessions' files", |_| sums(first).exists() && sums(second).exists());
    drop(bot);

    let summary = validator("daily_summary");
    for session in [first, second] {
        let path = session.replace(':', "_");
        let own = output.join("sessions").join(&path);
        let trades = read(&own.join("trades/trade_history.json"));
        let trades = trades.as_array().unwrap();
        let day = read(&output.join("summaries").join(&path).join("daily_summary.json"));
        fits(&summary, &day, &path);
        assert_eq!(day["session"], session);
        assert_eq!(day["total_trades"], trades.len());
        assert!(!trades.is_empty());
        assert_eq!(lines(&own.join("trades/trades.jsonl")), *trades);
        let net: i64 = trades.iter().map(|t| money(&t["pnl_net"])).sum();
        assert_eq!(money(&day["trades"]["net"]), net);
        let made = money(&day["equity_close"]) - money(&day["equity_open"]);
        assert_eq!(made, booked(&data, session), "{session}: the summary's result is the ledger's");
        let rounding = money(&day["fees"]["sec_rounding"]) + money(&day["fees"]["taf_rounding"]);
        assert_eq!(made, net - rounding);
        let minutes = day["exposure"]["minutes"].as_u64().unwrap();
        assert!([210, 390].contains(&minutes), "no minute of the morning is lost: {minutes}");
        assert_eq!(lines(&own.join("logs/cycles.jsonl")).len() as u64, minutes);
        assert!(!day["evaluations_without_signal"].as_array().unwrap().is_empty());
        let outcomes = lines(&own.join("logs/outcomes.jsonl"));
        assert_eq!(outcomes.iter().filter(|o| o["event"] == "trade_closed").count(), trades.len());
        for name in ["report.html", "open.html", "mid.html", "close.html"] {
            let page = std::fs::read_to_string(output.join("summaries").join(&path).join(name)).unwrap();
            assert!(page.contains("trading session") && page.contains("TBOT_US_SIM_01"), "{name}");
        }
    }
    logs_fit(&output, second);
    readiness_is_told(&data);
}

/// REP-2, REP-8: the strategies' logs in the form that is asked for; accounting hears of equity beyond its threshold.
#[test]
fn rep_2_and_rep_8_logs_in_csv_and_a_float_that_is_left_behind() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let settings = folder.path().join("settings.env");
    std::fs::write(&settings, "float.below=0.0001\nfloat.above=0.0001\n").unwrap();
    let imported = tbot(&["config", "import", &text(&settings), "--data", &text(&data)]);
    assert_eq!(imported.code, Some(0), "{}{}", imported.out, imported.err);
    let bot = Bot::start(&data, &["--speed", "3000", "--log-format", "csv"]);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    let told =
        bot.until("an alert", |b| b["alerts"].as_array().unwrap().iter().any(|a| a["code"] == "float_deviation"));
    let alert = told["alerts"].as_array().unwrap().iter().find(|a| a["code"] == "float_deviation").unwrap().clone();
    assert!(alert["text"].as_str().unwrap().contains("The bot transfers nothing"), "{alert}");
    let output = data.join("output/TBOT_US_SIM_01");
    let sums = output.join("sessions/XNYS_2026-11-20/SHA256SUMS");
    bot.until("the session's files", |_| sums.exists());
    let log = std::fs::read_to_string(output.join("sessions/XNYS_2026-11-20/logs/mid.log")).unwrap();
    let mut reader = csv::Reader::from_reader(log.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), tbot::render::logs::ACTION_COLUMNS.len());
    assert!(reader.records().filter(|row| row.as_ref().unwrap().iter().any(|cell| cell == "trade_closed")).count() > 0);
    drop(bot);
    let items = with_people(&data, async |people| people.reviewed(&identity()).await.unwrap().items);
    let of_float =
        items.values().filter(|item| item.kind == ItemKind::Float && item.source.starts_with("float:")).count();
    assert_eq!(of_float, 1, "{items:#?}");
}

/// REP-1, LEDG-12: a day whose books stay open, because a question is, is reported all the same, and so is the next.
#[test]
fn rep_1_a_day_with_an_open_question_is_reported_and_says_so() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let output = data.join("output/TBOT_US_SIM_01");
    let bot = Bot::start(&data, &["--speed", "3000"]);
    bot.register();
    let item = NewItem {
        kind: ItemKind::Statement,
        title: "Fee of 2026-11-20: statement 1.02, books 1.01".to_owned(),
        text: String::new(),
        about: None,
        day: Some("2026-11-20".parse().unwrap()),
        source: "statement:1".to_owned(),
    };
    let by = (&Who::Bot("import".to_owned()), Origin::CommandLine);
    with_people(&data, async |people| people.raise(&identity(), &item, by, Timestamp::default()).await.unwrap());
    assert_eq!(bot.tell("start").code, Some(0));
    let days = ["XNYS:2026-11-20", "XNYS:2026-11-23"].map(|day| output.join("summaries").join(day.replace(':', "_")));
    bot.until("both sessions' files", |_| days.iter().all(|day| day.join("SHA256SUMS").exists()));
    for day in &days {
        let health = read(&day.join("daily_health.json"));
        fits(&validator("daily_health"), &health, "daily_health.json");
        assert_eq!((health["books_verified"].as_bool(), health["books_closed"].as_bool()), (Some(true), Some(false)));
        let reasons = health["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|r| r.as_str().unwrap().contains("stayed open")), "{health:#}");
    }
    let summary = read(&days[1].join("daily_summary.json"));
    assert!(summary["total_trades"].as_u64().unwrap() > 0, "{summary:#}");

    // LEDG-8a, LEDG-12: the question is answered; the next session's end closes each day, and its files tell of it alone.
    let done = Doing {
        subject: Subject::Item(1),
        version: 1,
        who: Who::Person("rita".to_owned()),
        origin: Origin::Web,
        wanted: Wanted {
            about: Some(1),
            text: "The statement rounds up.".to_owned(),
            ..Wanted::plain(ActKind::Answer)
        },
    };
    with_people(&data, async |people| {
        people.review(&identity(), &done, &Known::default(), Timestamp::default()).await.unwrap();
    });
    let files = ["XNYS_2026-11-20", "XNYS_2026-11-23"].map(|day| output.join("exports").join(day));
    bot.until("both days' files", |_| files.iter().all(|day| day.join("SHA256SUMS").exists()));
    let told = |day: &Path| {
        assert_eq!(tbot(&["ledger", "check-ofx", &text(&day.join("journal.ofx"))]).code, Some(0), "{}", day.display());
        let journal = read(&day.join("journal.json"));
        let entries = journal["entries"].as_array().unwrap();
        let sessions: BTreeSet<_> = entries.iter().map(|e| e["session"].as_str().unwrap().to_owned()).collect();
        (entries[0]["seq"].as_u64().unwrap(), sessions)
    };
    let [first, second] = files.each_ref().map(|day| told(day));
    assert_eq!(first, (1, BTreeSet::from(["XNYS:2026-11-20".to_owned()])), "from the first entry on");
    assert_eq!(second.1, BTreeSet::from(["XNYS:2026-11-23".to_owned()]));
}
