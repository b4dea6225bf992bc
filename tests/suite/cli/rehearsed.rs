//! A rehearsal of the real binary: begun by a file, ended by a stop, forgotten by the next process.

use super::bot::Bot;
use crate::places::Folder;
use crate::report::schemas::{fits, validator};

/// RES-1, RES-2, LIFE-5: the flag is consumed when it is read, Stop ends the rehearsal, and a restart never resumes it.
#[test]
fn res_2_a_flag_begins_a_rehearsal_and_a_restart_never_resumes_it() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = Bot::start(&data, &[]);
    bot.register();
    let ledger = data.join("output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db");
    let before = std::fs::read(&ledger).unwrap();
    // The kill switch is exercised by itself at first.
    bot.until("drilled", |b| b["drill"].is_object());
    let logs = || ["life.log", "logs/system.log"].map(|name| std::fs::read_to_string(data.join(name)).unwrap());
    let quiet = logs();
    std::fs::write(data.join("control/test_mode.flag"), "a dry run").unwrap();
    bot.until("rehearsing", |b| b["rehearsing"] == true);
    assert_eq!(logs(), quiet, "RES-3: what begins a rehearsal stands in the audit alone");
    assert!(data.join("control/test_mode.taken").exists() && !data.join("control/test_mode.flag").exists());
    let second = bot.tell("rehearse");
    assert_eq!(second.code, Some(4), "{}{}", second.out, second.err);
    assert!(bot.tell("status").out.contains("rehearsing"));
    let stopped = bot.tell("stop --why enough");
    assert_eq!(stopped.code, Some(0), "{}", stopped.err);
    bot.until("over", |b| b["rehearsing"] == false);
    let log = data.join("output/TBOT_US_SIM_01/logs/test_mode.log");
    bot.until("told", |_| std::fs::read_to_string(&log).is_ok_and(|text| text.contains("rehearsal_ended")));
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(
        told.starts_with("{\"at\":") && told.contains("rehearsal_began") && told.contains("ended by Stop"),
        "{told}"
    );
    let schema = validator("rehearsal");
    for line in told.lines() {
        fits(&schema, &serde_json::from_str(line).unwrap(), "test_mode.log");
    }
    assert_eq!(std::fs::read(&ledger).unwrap(), before, "RES-3");

    std::fs::write(data.join("control/test_mode.flag"), "").unwrap();
    bot.until("rehearsing again", |b| b["rehearsing"] == true);
    bot.perish();
    let bot = Bot::start(&data, &[]);
    assert_eq!(bot.board()["rehearsing"], false, "a restart never resumes a rehearsal");
}
