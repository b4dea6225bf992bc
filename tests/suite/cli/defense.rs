//! Defense mode, freezes and proposals as an operator types them (RISK-11, RISK-12).

use serde_json::Value;

use super::bot::Bot;
use super::codes::{code, codes};
use super::tool::{tbot, text};
use crate::places::Folder;
use crate::report::schemas::{fits, validator};

/// RISK-11: entered by a verb, it is told everywhere, halves the limits at once, and outlives the process.
#[test]
fn risk_11_defense_mode_is_told_everywhere_and_outlives_the_process() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = Bot::start(&data, &["--feed", "generated", "--speed", "60"]);
    bot.register();
    assert_eq!(bot.board()["defense"], Value::Null);
    let said = bot.tell("defense enter --why cpi");
    assert_eq!((said.code, said.out.trim()), (Some(0), "Defense mode is on, until somebody leaves it."));
    let on = |b: &Value| b["day"]["loss_limit"] == "1000.00" && b["defense"]["share"] == "0.50";
    let board = bot.until("half of the limits", on);
    let limits = board["defense"]["limits"].as_array().unwrap();
    let positions = limits.iter().find(|l| l["key"] == "risk.positions").unwrap();
    assert_eq!((&positions["usual"], &positions["now"]), (&"5".into(), &"2".into()));
    assert!(bot.tell("status").out.contains("DEFENSE     0.5 of each limit since"), "{}", bot.tell("status").out);
    let heart = || bot.tell("status --json").json()["heartbeat"]["defense"].clone();
    bot.until("a heartbeat that says so", |_| heart() == true);
    let left = bot.tell("defense leave --as ada --code 000000 --why calm");
    assert_eq!(left.code, Some(4), "{}{}", left.out, left.err);
    bot.perish();
    let secret = codes(&data);

    let again = Bot::start(&data, &["--feed", "generated", "--speed", "60"]);
    let board = again.until("it is back", on);
    assert_eq!(board["defense"]["mark"]["why"], "cpi");
    let left = again.tell(&format!("defense leave --as ada --code {} --why calm", code(&secret, 30)));
    assert_eq!((left.code, left.out.trim()), (Some(0), "Defense mode is off; the usual limits hold."), "{}", left.err);
    again.until("the usual limits", |b| b["day"]["loss_limit"] == "2000.00" && b["defense"].is_null());
    let none = again.tell("defense leave --as ada --code 000000 --why calm");
    assert_eq!(none.code, Some(4));
    // REP-1: it lies in the identity's own output, a JSON line each.
    let log = std::fs::read_to_string(data.join("output/TBOT_US_SIM_01/logs/disaster_mode.log")).unwrap_or_default();
    let schema = validator("disaster_mode");
    for line in log.lines() {
        fits(&schema, &serde_json::from_str(line).unwrap(), line);
    }
    assert!(log.contains("defense mode is on") && log.contains("\"why\":\"cpi\""), "{log}");
    assert!(log.contains("defense mode is off") && log.contains("\"why\":\"calm\""), "{log}");
}

/// RISK-12: what a freeze may be called; one of a strategy holds it alone.
#[test]
fn risk_12_a_freeze_says_what_it_holds_or_is_refused() {
    let folder = Folder::new();
    let bot = Bot::start(&folder.path().join("data"), &["--feed", "generated", "--speed", "60"]);
    bot.register();
    for (name, code, says) in [
        ("fomc", 0, "No new entries until fomc is cleared."),
        ("strategy-mid", 0, "No new entries of mid until strategy-mid is cleared."),
        ("strategy-lunch", 4, "strategy-lunch names no strategy of this bot. Allowed: strategy-open, strategy-mid"),
        ("mid", 4, "the freeze of one strategy is called strategy-mid."),
        ("symbol-spy", 4, "kept out from the next session on by screener.excluded."),
        ("day_loss", 4, "a name that the bot gives to freezes of its own."),
        ("lunch", 0, "No new entries until lunch is cleared."),
        ("open", 4, "fomc, lunch, strategy-mid are frozen now. Nothing was done."),
        ("Lunch", 2, "1 to 32 of a-z"),
    ] {
        let said = bot.tell(&format!("freeze {name}"));
        assert!(
            said.code == Some(code) && (said.out.clone() + &said.err).contains(says),
            "{name}: {}{}",
            said.out,
            said.err
        );
    }
    let frozen = bot.until("three freezes", |b| b["freezes"].as_array().is_some_and(|f| f.len() == 3));
    let whom: Vec<_> = frozen["freezes"].as_array().unwrap().iter().map(|f| (&f["name"], &f["strategy"])).collect();
    assert!(whom.contains(&(&"strategy-mid".into(), &"mid".into())), "{whom:?}");
}

/// WEB-2a: a proposal that is not there is said to be none.
#[test]
fn ops_5_there_is_no_proposal_and_the_answer_says_where_they_will_come_from() {
    let folder = Folder::new();
    let bot = Bot::start(&folder.path().join("data"), &["--feed", "generated", "--speed", "60"]);
    for verb in ["approve 4", "reject 4"] {
        let said = bot.tell(verb);
        assert_eq!(said.code, Some(4), "{verb}");
        assert!(
            said.err.starts_with("error: There is no proposal 4; none is waiting. Proposals will come from"),
            "{}",
            said.err
        );
    }
    assert_eq!(bot.tell("approve lunch").code, Some(2));
}

/// RISK-12: a drawdown holds until somebody clears it with a code and a reason; then it is measured from the equity of then, also
/// after a kill.
#[test]
fn risk_12_a_drawdown_is_cleared_by_hand_and_stays_cleared_when_the_process_dies() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let settings = folder.path().join("settings.env");
    std::fs::write(&settings, "risk.drawdown=40\n").unwrap();
    let imported = tbot(&["config", "import", &text(&settings), "--data", &text(&data)]);
    assert_eq!(imported.code, Some(0), "{}{}", imported.out, imported.err);
    let start = || Bot::start(&data, &["--feed", "generated", "--speed", "1500"]);
    let bot = start();
    bot.register();
    bot.perish();
    let secret = codes(&data);

    let bot = start();
    assert_eq!(bot.tell("start").code, Some(0));
    let of_drawdown = |b: &Value| b["freezes"].as_array().unwrap().iter().find(|f| f["name"] == "drawdown").cloned();
    let frozen = bot.until("a drawdown", |b| of_drawdown(b).is_some());
    assert_eq!(of_drawdown(&frozen).unwrap()["for_the_session"], false);
    // Nothing moves equity any more.
    for line in ["pause --why looking", "flatten"] {
        assert_eq!(bot.tell(line).code, Some(0), "{line}");
    }
    bot.until("nothing held", |b| b["positions"].as_array().unwrap().is_empty());
    let clear = |code: &str| bot.tell(&format!("unfreeze drawdown --as ada --code {code} --why looked"));
    assert_eq!(clear("000000").code, Some(4));
    assert!(of_drawdown(&bot.board()).is_some());
    let said = clear(&code(&secret, 30));
    assert!(said.code == Some(0) && said.out.contains("the peak from which the next one"), "{}{}", said.out, said.err);
    bot.until("it is gone", |b| of_drawdown(b).is_none());
    let cleared_at = bot.board()["fed_at"].as_str().unwrap().to_owned();
    let fed = |b: &Value, past: &str| b["fed_at"].as_str().is_some_and(|at| at > past);
    bot.until("later minutes", |b| fed(b, &cleared_at) && of_drawdown(b).is_none());
    bot.perish();

    // The next process folds the record: the pause is back, the drawdown is not.
    let again = start();
    let paused = |b: &Value| b["freezes"].as_array().unwrap().iter().any(|f| f["name"] == "pause");
    again.until("the record is folded", |b| fed(b, &cleared_at) && paused(b) && of_drawdown(b).is_none());
    let output = data.join("output/TBOT_US_SIM_01");
    let told =
        |folder: std::path::PathBuf| std::fs::read_to_string(folder.join("logs/system.jsonl")).unwrap_or_default();
    let sessions = || std::fs::read_dir(output.join("sessions")).into_iter().flatten().flatten().map(|f| f.path());
    let said = || sessions().chain([output.clone()]).map(told).collect::<String>();
    again.until("its line", |_| said().lines().any(|l| l.contains("drawdown_cleared") && l.contains("looked")));
    again.perish();
    let verified = tbot(&["ledger", "verify", "--data", &text(&data)]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}
