//! Backups beside a trading bot, restored elsewhere: the real binary on real files (REP-9, K10, K14).

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tbot::gateway::clock::Stopwatch;
use tbot::store::{self, Address, Batch, Check};

use super::bot::Bot;
use super::codes::{code, codes};
use super::tool::{Said, command, files, names, tbot, tbot_well, text};
use crate::places::Folder;
use crate::postgres;
use crate::store::sample;

const BOOKS: &str = "output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db";

/// Whole archives, the oldest first.
fn archives(data: &Path) -> Vec<PathBuf> {
    let folder = data.join("backups");
    let mut all: Vec<_> = names(&folder).iter().filter(|n| n.ends_with(".backup")).map(|n| folder.join(n)).collect();
    all.sort();
    all
}

fn restore(archive: &Path, key: &Path, into: &Path) -> Said {
    tbot(&["restore", &text(archive), "--data", &text(into), "--key", &text(key)])
}

/// The bytes of every event of the bot's life.
fn life(data: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(data.join("life.log")).unwrap();
    text.lines().map(|line| serde_json::from_str(line.split('\t').next().unwrap()).unwrap()).collect()
}

/// Every order that was sent: its id, and what it was for.
fn orders(data: &Path) -> Vec<(String, String)> {
    let events = super::killed::events(data);
    let sent = events.iter().filter(|e| e["kind"] == "intended");
    let what = |e: &Value| format!("{} {} {}", e["at"], e["data"]["symbol"], e["data"]["purpose"]["leg"]);
    sent.map(|e| (e["data"]["order"].as_str().unwrap().to_owned(), what(e))).collect()
}

fn trading(data: &Path, more: &[&str]) -> Bot {
    let bot = Bot::start(data, &[&["--speed", "1200"], more].concat());
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("a position", |b| b["positions"].as_array().is_some_and(|list| !list.is_empty()));
    bot
}

/// REP-9, K14, EXEC-1, LEDG-4a: a backup taken while the bot trades verifies, and is restored elsewhere. The bot in it
/// starts frozen, says what it was restored from, and its orders have ids that the lost time has not used.
#[test]
fn rep_9_a_backup_of_a_trading_bot_goes_on_elsewhere_frozen_and_under_new_ids() {
    let folder = Folder::new();
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    let bot = trading(&data, &[]);
    let taken = bot.tell("backup --why test --json");
    assert_eq!(taken.code, Some(0), "{}{}", taken.out, taken.err);
    let archive = PathBuf::from(taken.json()["done"]["backup"]["path"].as_str().unwrap());
    let at_backup = orders(&data).len();
    bot.until("more orders", |_| orders(&data).len() > at_backup + 4);
    bot.perish();
    let recorded = life(&data);
    let end = recorded.iter().rev().find(|e| e["kind"] == "finished").expect("the end is recorded");
    assert!(
        end["data"]["done"] == true && end["data"]["message"].as_str().unwrap().starts_with("Backup TBOT"),
        "{end}"
    );

    // sha256sum reads what lies beside it.
    let sum = std::process::Command::new("sha256sum")
        .args(["-c", "--quiet", &format!("{}.sha256", archive.file_name().unwrap().to_str().unwrap())])
        .current_dir(data.join("backups"))
        .status()
        .unwrap();
    assert!(sum.success());
    let listed = tbot_well(&["backups", "--verify", "--json", "--data", &text(&data)]).json();
    assert_eq!(listed["backups"][0]["whole"], true, "{listed}");
    let head = &listed["backups"][0]["books"]["heads"];
    assert!(head["seq"].as_u64() > Some(0) && head["signature"].as_str().is_some_and(|s| s.len() == 128), "{head}");

    let restored = restore(&archive, &data.join("keys/tbot.key"), &elsewhere);
    assert_eq!(restored.code, Some(0), "{}", restored.err);
    tbot_well(&["ledger", "verify", &text(&elsewhere.join(BOOKS))]);
    let before = orders(&elsewhere);
    let lost: Vec<_> = orders(&data).into_iter().filter(|order| !before.contains(order)).collect();
    assert!(lost.len() > 3, "there is a time that is lost");
    let secret = codes(&elsewhere);
    let bot = Bot::start(&elsewhere, &["--speed", "60"]);
    let frozen = bot.until("led back", |b| b["freezes"].as_array().is_some_and(|f| !f.is_empty()));
    let name = archive.file_stem().unwrap().to_str().unwrap();
    let why = format!("restored from {name} of ");
    assert!(frozen["freezes"].to_string().contains(&why), "K14: {frozen:#}");
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("a later minute", |b| b["fed_at"].as_str() > frozen["fed_at"].as_str());
    assert_eq!(orders(&elsewhere), before, "nothing is opened while it is frozen");
    assert_eq!(bot.tell("resume").code, Some(4), "it is no pause");
    assert_eq!(bot.tell("unfreeze restored").code, Some(2), "a person with a code lifts it");
    let lifted = bot.tell(&format!("unfreeze restored --as ada --code {}", code(&secret, 30)));
    assert_eq!(lifted.code, Some(0), "{}", lifted.err);
    // The next order may be an hour of the market away.
    bot.perish();
    let bot = Bot::start(&elsewhere, &["--speed", "600"]);
    assert_eq!(bot.tell("start").code, Some(0), "what was lifted stays lifted");
    let again = |(_, what): &(String, String)| lost.iter().any(|(_, other)| what == other);
    bot.until("the same decided once more", |_| orders(&elsewhere).iter().any(again));
    let new: Vec<_> = orders(&elsewhere).into_iter().filter(|order| !before.contains(order)).collect();
    assert!(new.iter().all(|(id, _)| lost.iter().all(|(other, _)| id != other)), "EXEC-1: {new:?} / {lost:?}");
    let log = life(&elsewhere);
    assert!(log.iter().any(|e| e["kind"] == "frozen" && e["data"]["name"] == "restored"), "the chain says it");
    bot.perish();
}

/// REP-9: what was touched, cut, moved or belongs to another key is found, in a sentence, and nothing is put in place; a
/// folder that is used is left as it is.
#[test]
fn rep_9_what_is_not_whole_is_not_restored_and_nothing_is_written_over() {
    let folder = Folder::new();
    let (data, into) = (folder.path().join("data"), folder.path().join("into"));
    let bot = trading(&data, &[]);
    assert_eq!(bot.tell("backup").code, Some(0));
    let key = data.join("keys/tbot.key");
    let archive = archives(&data).pop().unwrap();
    let living = restore(&archive, &key, &data);
    assert_eq!(living.code, Some(4), "{}", living.err);
    assert!(living.err.contains("a bot runs here as process"), "{}", living.err);
    bot.perish();
    let occupied = restore(&archive, &key, &data);
    assert!(occupied.code == Some(2) && occupied.err.contains("nothing is written over"), "{}", occupied.err);

    let whole = std::fs::read(&archive).unwrap();
    let beside = PathBuf::from(format!("{}.sha256", text(&archive)));
    let sum = std::fs::read(&beside).unwrap();
    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle] ^= 1;
    let cut = whole[..whole.len() - 100].to_vec();
    for (what, bytes) in [("flipped", &flipped), ("cut", &cut)] {
        std::fs::write(&archive, bytes).unwrap();
        let found = restore(&archive, &key, &into);
        assert!(found.code == Some(3) && found.err.contains("not those of its checksum"), "{what}: {}", found.err);
        let listed = tbot(&["backups", "--verify", "--data", &text(&data)]);
        assert!(listed.code == Some(1) && listed.out.contains("wrong"), "{what}: {}{}", listed.out, listed.err);
        // Whoever changes the archive can change the checksum too; not what is sealed.
        std::fs::remove_file(&beside).unwrap();
        let found = restore(&archive, &key, &into);
        assert!(found.code == Some(3) && found.err.contains("piece"), "{what}: {}", found.err);
        std::fs::write(&beside, &sum).unwrap();
        assert!(!into.exists(), "{what}");
    }
    std::fs::write(&archive, &whole).unwrap();
    let strange = folder.path().join("strange");
    let other = Bot::start(&strange, &["--speed", "1200"]);
    other.perish();
    let wrong = restore(&archive, &strange.join("keys/tbot.key"), &into);
    assert!(wrong.code == Some(3) && wrong.err.contains("was sealed with key"), "{}", wrong.err);
    assert!(!into.exists());
    let left: Vec<_> = names(folder.path()).into_iter().filter(|n| n.contains("restoring")).collect();
    assert!(left.is_empty(), "{left:?}");
    std::fs::create_dir(&into).unwrap();
    assert_eq!(restore(&archive, &key, &into).code, Some(0), "an empty folder is as good as none");
}

/// REP-9, OPS-1: without a running bot this process takes it; old ones go by number, the newest stays; the key is in none.
#[test]
fn rep_9_backups_without_a_bot_are_rotated_and_hold_no_key() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = trading(&data, &[]);
    assert_eq!(bot.tell("kill --why test").code, Some(0));
    bot.until("stopped", |b| b["state"] == "stopped");
    bot.perish();
    let keys = folder.path().join("keys.env");
    std::fs::write(&keys, "backup.keep_count=2\n").unwrap();
    tbot_well(&["config", "import", &text(&keys), "--data", &text(&data)]);
    for n in 1..=4 {
        let taken = tbot_well(&["backup", "--json", "--data", &text(&data)]).json();
        assert!(taken["done"]["backup"]["bytes"].as_u64() > Some(1_000), "{taken}");
        assert_eq!(archives(&data).len(), n.min(2), "{taken}");
        assert!(text(archives(&data).last().unwrap()).ends_with(taken["done"]["backup"]["name"].as_str().unwrap()));
    }
    assert_eq!(names(&data.join("backups")).iter().filter(|n| n.ends_with(".sha256")).count(), 2);
    let into = folder.path().join("into");
    let archive = archives(&data).pop().unwrap();
    assert_eq!(restore(&archive, &data.join("keys/tbot.key"), &into).code, Some(0));
    let key = std::fs::read(data.join("keys/tbot.key")).unwrap();
    let secret = key.split(|b| *b == b' ').next_back().unwrap();
    let own = |path: &PathBuf| path.ends_with("keys/tbot.key");
    let holding: Vec<_> =
        files(&into).into_iter().filter(|(p, b)| !own(p) && b.windows(40).any(|w| w == &secret[..40])).collect();
    assert!(holding.is_empty());

    // RISK-15: a kill outlives its bot, wherever that is restored.
    let bot = Bot::start(&into, &["--speed", "1200"]);
    let refused = bot.tell("start");
    assert!(refused.code == Some(4) && refused.err.contains("latch"), "{}", refused.err);
    bot.perish();
}

/// REP-9: a backup after each session by itself, while the bot goes on; in a market that runs fast one in ten minutes.
#[test]
fn rep_9_a_backup_is_taken_after_a_session_by_itself() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = Bot::start(&data, &["--speed", "6000"]);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    let told = |b: &Value| b["alerts"].as_array().is_some_and(|all| all.iter().any(|a| a["code"] == "backup"));
    let seen = bot.until("a backup by itself", told);
    assert_ne!(seen["state"], "error");
    let sessions = || life(&data).iter().filter(|e| e["kind"] == "session_ended").count();
    let then = sessions();
    assert!(then > 0);
    bot.until("another session's end", |_| sessions() > then + 1);
    assert_eq!(archives(&data).len(), 1);
    assert_eq!(bot.tell("backup").code, Some(0), "whoever asks gets one at any time");
    assert_eq!(archives(&data).len(), 2);
    bot.perish();
    tbot_well(&["backups", "--verify", "--data", &text(&data)]);
}

/// K9, K10: killed at any moment of a backup, what lies there under an archive's name is whole; what is not goes with the
/// next one.
#[test]
fn k10_a_backup_killed_on_its_way_leaves_nothing_that_looks_whole() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    trading(&data, &[]).perish();
    // Something that takes its time.
    let mut noise: u64 = 1;
    let random = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.to_be_bytes()[0]
    });
    let ballast: Vec<u8> = random.take(8 << 20).collect();
    std::fs::write(data.join("output/TBOT_US_SIM_01/exports/large.bin"), &ballast).unwrap();
    let mut interrupted = 0;
    for millis in [5, 20, 60, 120, 240, 480] {
        let mut taking =
            command(&["backup", "--data", &text(&data)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Stopwatch::start();
        begun.wait_until(Duration::from_millis(millis), || true);
        taking.kill().unwrap();
        interrupted += usize::from(taking.wait().unwrap().code().is_none());
    }
    assert!(interrupted > 1, "some were killed on their way");
    let listed = tbot(&["backups", "--verify", "--data", &text(&data)]);
    assert_eq!(listed.code, Some(0), "{}{}", listed.out, listed.err);
    tbot_well(&["backup", "--data", &text(&data)]);
    let left: Vec<_> = names(&data.join("backups")).into_iter().filter(|n| n.contains("partial")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// REP-9: books on PostgreSQL are in the archive as a file, and go from there into a database that has none.
#[test]
fn rep_9_books_on_a_server_are_backed_up_restored_and_loaded_into_another() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(url) = runtime.block_on(postgres::database("backup")) else { return };
    let heads = runtime.block_on(async {
        let address = Address::new(&url);
        store::create(&address, &sample::new_book()).await.unwrap();
        let (_, mut writer) = store::open(&address, &sample::identity()).await.unwrap();
        let (entries, events) = (sample::trades(30), sample::events(30));
        writer.append(&Batch { entries: &entries, events: &events, closings: &[] }).await.unwrap();
        writer.close().await.unwrap()
    });
    let folder = Folder::new();
    let (data, into) = (folder.path().join("data"), folder.path().join("into"));
    std::fs::create_dir(&data).unwrap();
    let identity = sample::identity();
    let boot = format!("[bot]\nidentity = \"{identity}\"\n\n[database]\nurl = \"{url}\"\n");
    std::fs::write(data.join("boot.toml"), boot).unwrap();
    let keys = folder.path().join("keys.env");
    std::fs::write(&keys, "backup.keep_count=2\n").unwrap();
    tbot_well(&["config", "import", &text(&keys), "--data", &text(&data)]);
    let taken = tbot_well(&["backup", "--json", "--data", &text(&data)]).json();
    let books = &taken["done"]["backup"]["books"];
    assert!(books["inside"] == true && books["heads"]["seq"] == heads.entry.seq, "{taken}");
    assert!(books["server"].as_str().is_some_and(|p| p.starts_with("postgres://") && !p.contains("user=")), "{taken}");
    let archive = archives(&data).pop().unwrap();
    let restored = restore(&archive, &data.join("keys/tbot.key"), &into);
    assert_eq!(restored.code, Some(0), "{}", restored.err);
    assert!(restored.out.contains("tbot database load"), "{}", restored.out);
    let file = into.join(books["place"].as_str().unwrap());
    let said = tbot(&["ledger", "verify", &text(&file), "--json"]).json();
    assert_eq!(said["verified"], true, "{said:#}");

    let owner = runtime.block_on(postgres::database("loaded")).unwrap();
    let role = format!("tbot_loads_{}", std::process::id());
    runtime.block_on(async {
        let mut server = PgConnection::connect(&owner).await.unwrap();
        server.execute(AssertSqlSafe(format!("DROP ROLE IF EXISTS {role}"))).await.unwrap();
        server.execute(AssertSqlSafe(format!("CREATE ROLE {role} LOGIN"))).await.unwrap();
    });
    tbot_well(&["database", "prepare", &owner, "--role", &role]);
    let said = tbot_well(&["database", "load", &text(&file), "--into", &postgres::as_user(&owner, &role)]);
    assert!(said.out.contains("30 entries, 30 events, the same hashes"), "{}", said.out);
    let report = runtime.block_on(store::verify(&Address::new(&owner), &Check::default())).unwrap();
    assert!(report.is_sound() && report.books[0].heads == heads, "{report:?}");
}
