//! D1, D6, RISK-14a on real file systems: the disk is full, or turns read-only, while the bot trades. Each test runs itself
//! again in a mount name space of its own, where it may make file systems; where that is not allowed it says so.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::bot::{Bot, raise_kill};
use super::tool::{tbot_well, text};
use crate::places::Folder;

const INSIDE: &str = "TBOT_TEST_INSIDE";
const BOOKS: &str = "output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db";

fn run(words: &[&str]) -> bool {
    Command::new(words[0]).args(&words[1..]).status().is_ok_and(|status| status.success())
}

/// Whether this process is in a name space of its own. Otherwise the test is run again in one, and has passed there.
fn is_inside(test: &str, needs_root: bool) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    // As root of this machine, or as root of a name space of users.
    let ways: &[&[&str]] = if needs_root { &[&["--mount"]] } else { &[&["--mount"], &["-Urm"]] };
    let allowed =
        |way: &&&[&str]| run(&[&["unshare"], **way, &["sh", "-c", "mount -t tmpfs tmpfs /mnt 2> /dev/null"]].concat());
    let Some(way) = ways.iter().find(allowed) else {
        eprintln!("NOT TESTED: {test}; no file system can be made here");
        return false;
    };
    let test = format!("cli::disk::{test}");
    let mut again = Command::new("unshare");
    again.args(*way).arg(std::env::current_exe().unwrap()).args(["--exact", &test, "--nocapture"]);
    assert!(again.env(INSIDE, "yes").status().unwrap().success(), "{test} failed in its name space");
    false
}

fn has_alert(board: &Value, code: &str) -> bool {
    board["alerts"].as_array().is_some_and(|list| list.iter().any(|alert| alert["code"] == code))
}

fn says(board: &Value, words: &str) -> bool {
    let text = |alert: &Value| alert["text"].as_str().is_some_and(|text| text.contains(words));
    board["alerts"].as_array().is_some_and(|list| list.iter().any(text))
}

fn is_frozen(board: &Value, name: &str) -> bool {
    board["freezes"].as_array().is_some_and(|list| list.iter().any(|freeze| freeze["name"] == name))
}

fn is_flat(board: &Value) -> bool {
    ["positions", "orders"].iter().all(|name| board[*name].as_array().is_some_and(Vec::is_empty))
}

fn holding(data: &Path, speed: &str) -> Bot {
    let bot = Bot::start(data, &["--speed", speed]);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("a position", |b| b["positions"].as_array().is_some_and(|list| !list.is_empty()));
    bot
}

/// Takes all the room that there is, to the last byte.
fn fill(ballast: &Path) {
    let mut file = OpenOptions::new().create(true).append(true).open(ballast).unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        while file.write_all(&vec![b'\n'; size]).is_ok() {}
    }
}

/// Takes the room that is left in the last page of each log too: otherwise a few lines still find a place.
fn fill_logs(logs: &Path) {
    for name in super::tool::names(logs) {
        fill(&logs.join(name));
    }
}

/// A file system that stays full, whatever is freed on it and whichever log takes it, until this is dropped.
struct Full {
    ballast: PathBuf,
    over: Arc<AtomicBool>,
    filling: Option<JoinHandle<()>>,
}

impl Full {
    fn with(ballast: PathBuf, logs: PathBuf) -> Self {
        fill(&ballast);
        let over = Arc::new(AtomicBool::new(false));
        let (path, until) = (ballast.clone(), Arc::clone(&over));
        let filling = std::thread::spawn(move || {
            while !until.load(Ordering::SeqCst) {
                fill(&path);
                fill_logs(&logs);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Self { ballast, over, filling: Some(filling) }
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        self.filling.take().map(JoinHandle::join).transpose().unwrap();
        std::fs::remove_file(&self.ballast).unwrap();
    }
}

fn kept(data: &Path) -> usize {
    let names =
        std::fs::read_dir(data.join("receipts")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with("-kill.receipt")).count()
}

/// D1, RISK-14a, RISK-15: nothing can be written any more. The kill is carried out past the books, and the pages say what
/// cannot be done; when there is room again books and receipt catch up, and the books are sound. The latch outlives it.
#[test]
fn d1_a_kill_works_on_a_full_disk_and_the_books_catch_up() {
    if !is_inside("d1_a_kill_works_on_a_full_disk_and_the_books_catch_up", false) {
        return;
    }
    let folder = Folder::new();
    assert!(run(&["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", &text(folder.path())]));
    let data = folder.path().join("data");
    let mut bot = holding(&data, "600");
    let full = Full::with(folder.path().join("ballast"), data.join("logs"));
    let killed = bot.tell("kill --why full");
    assert_eq!(killed.code, Some(0), "{}{}", killed.out, killed.err);
    let done = bot.until("flat by the venue's word", |b| has_alert(b, "kill_done"));
    assert!(is_frozen(&done, "books") && has_alert(&done, "books"), "it says that the books wait: {done:#}");
    // What the bot frees itself may give the receipt its page before the ballast has it.
    let waits = has_alert(&done, "receipt_lost") || kept(&data) == 1;
    assert!(waits, "it says that the receipt waits: {done:#}");
    assert_eq!(done["latch"]["why"], "full");
    bot.until("the logs' own alert", |b| has_alert(b, "logs"));
    let emergency = std::fs::read_to_string(data.join("emergency.log")).unwrap();
    assert!(emergency.contains("\"what\":\"exit\""), "what was sent past the books is written down");
    let latch = std::fs::read_to_string(data.join("control/kill.latch")).unwrap();
    assert!(latch.contains("\"why\":\"full\""), "the latch is on the disk with who and why, however full: {latch:?}");

    drop(full);
    let stopped = bot.until("stopped", |b| b["state"] == "stopped" && b["closing"]["receipt"].is_string());
    assert!(is_flat(&stopped), "{stopped:#}");
    bot.until("what is left to do", |b| says(b, "have caught up. Entries stay frozen until somebody clears"));
    // WEB-2b: and so does the audit, by what its mirror has of it.
    let mirror = data.join("output/TBOT_US_SIM_01/logs/audit.log");
    let done = "\"what\":\"carried_out\",\"object\":\"kill\"";
    bot.until("the audit of the kill", |_| std::fs::read_to_string(&mirror).is_ok_and(|text| text.contains(done)));
    tbot_well(&["audit", "verify", "--data", &text(&data)]);
    assert_eq!(kept(&data), 1, "the receipt is kept as soon as that can be done");
    assert_eq!(bot.tell("shutdown").code, Some(0));
    assert_eq!(bot.ends().code(), Some(0));
    tbot_well(&["ledger", "verify", &text(&data.join(BOOKS))]);
    let bot = Bot::start(&data, &["--speed", "600"]);
    let refused = bot.tell("start");
    assert!(refused.code == Some(4) && refused.err.contains("latch"), "{}", refused.err);
    bot.perish();
    assert!(run(&["umount", &text(folder.path())]));
}

/// D1, RISK-14a: the disk stays full over the session's end while a kill closes positions. No session begins before the last
/// one is recorded: the kill comes to its end, the books catch up in order, and the next process starts where they end.
#[test]
fn d1_a_disk_that_stays_full_over_the_sessions_end_leaves_books_that_lead_back() {
    if !is_inside("d1_a_disk_that_stays_full_over_the_sessions_end_leaves_books_that_lead_back", false) {
        return;
    }
    let folder = Folder::new();
    assert!(run(&["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", &text(folder.path())]));
    let data = folder.path().join("data");
    let mut bot = holding(&data, "1200");
    let full = Full::with(folder.path().join("ballast"), data.join("logs"));
    assert_eq!(bot.tell("kill --why full").code, Some(0));
    bot.until("flat by the venue's word", |b| has_alert(b, "kill_done"));
    // A session lasts twenty seconds at this speed.
    std::thread::sleep(Duration::from_secs(22));
    drop(full);
    let stopped = bot.until("stopped", |b| b["state"] == "stopped" && b["closing"]["receipt"].is_string());
    assert!(is_flat(&stopped), "{stopped:#}");
    assert_eq!(bot.tell("shutdown").code, Some(0));
    assert_eq!(bot.ends().code(), Some(0));
    let recorded = super::killed::events(&data);
    let held = recorded.iter().filter(|e| e["kind"] == "trade_closed").count();
    assert!(held > 0, "what was held is closed in the books, by the kill or by its own stop or target a moment before");
    tbot_well(&["ledger", "verify", &text(&data.join(BOOKS))]);
    let bot = Bot::start(&data, &["--speed", "600"]);
    bot.until("the next process", |b| b["latch"]["why"] == "full" && is_flat(b));
    bot.perish();
    assert!(run(&["umount", &text(folder.path())]));
}

/// Makes a file system in a file, below a folder that is there.
fn mounted(image: &Path, place: &Path) -> Option<String> {
    let device = (std::fs::File::create(image).and_then(|file| file.set_len(16 << 20)).is_ok()
        && run(&["mkfs.ext4", "-q", "-F", &text(image)])
        && run(&["mount", "-o", "loop,errors=remount-ro", &text(image), &text(place)]))
    .then(|| Command::new("findmnt").args(["-n", "-o", "SOURCE", &text(place)]).output().unwrap().stdout)?;
    let device = String::from_utf8(device).unwrap();
    device.trim().rsplit('/').next().map(str::to_owned)
}

/// D6, RISK-14a: the file system of the books turns read-only under them, as Linux does it with a failing disk. The kill is
/// carried out past the books and leaves its receipt. The way back is the one that the alert names: the process ends, the
/// file system is checked and mounted, and the bot starts, latched, with sound books.
#[test]
fn d6_a_kill_works_when_the_books_turn_read_only() {
    const NAME: &str = "d6_a_kill_works_when_the_books_turn_read_only";
    if !is_inside(NAME, true) {
        return;
    }
    let folder = Folder::new();
    let data = folder.path().join("data");
    let ledgers = data.join(BOOKS).parent().unwrap().to_owned();
    std::fs::create_dir_all(&ledgers).unwrap();
    let trigger = mounted(&folder.path().join("image"), &ledgers)
        .map(|device| format!("/sys/fs/ext4/{device}/trigger_fs_error"))
        .filter(|path| Path::new(path).exists());
    let Some(trigger) = trigger else {
        eprintln!("NOT TESTED: {NAME}; no ext4 file system can be made here");
        return;
    };
    let mut bot = holding(&data, "600");
    std::fs::write(&trigger, "a failing disk").unwrap();
    assert!(std::fs::write(ledgers.join("probe"), "").is_err(), "it is read-only now");
    raise_kill(&data, "failing");
    let done = bot.until("flat by the venue's word", |b| has_alert(b, "kill_done"));
    assert!(is_frozen(&done, "books"), "{done:#}");
    assert_eq!(done["latch"]["why"], "failing");
    assert_eq!(kept(&data), 1);
    let emergency = std::fs::read_to_string(data.join("emergency.log")).unwrap();
    assert!(emergency.contains("\"what\":\"exit\""), "what was sent past the books is written down");
    assert!(says(&done, "check and mount the file system again"), "it says what to do: {done:#}");
    assert_eq!(bot.tell("shutdown").code, Some(0));
    if bot.ends_unless(|| false).is_none() {
        bot.child.kill().unwrap();
        bot.child.wait().unwrap();
    }
    assert!(run(&["umount", &text(&ledgers)]));
    let image = text(&folder.path().join("image"));
    // 1: errors were there, and are mended.
    let mended = Command::new("fsck.ext4").args(["-p", "-f", &image]).status().unwrap();
    assert!(matches!(mended.code(), Some(0 | 1)), "{mended}");
    assert!(run(&["mount", "-o", "loop,errors=remount-ro", &image, &text(&ledgers)]));
    tbot_well(&["ledger", "verify", &text(&data.join(BOOKS))]);
    let back = Bot::start(&data, &["--speed", "600"]);
    let board = back.until("the kill to its end", |b| is_flat(b) && b["state"] == "stopped");
    assert_eq!(board["latch"]["why"], "failing", "the latch outlives it");
    assert!(has_alert(&board, "emergency_file"), "what was sent past the books is told: {board:#}");
    assert_eq!(back.tell("start").code, Some(4));
    back.perish();
    tbot_well(&["ledger", "verify", &text(&data.join(BOOKS))]);
    assert!(run(&["umount", &text(&ledgers)]));
}

/// REP-9, REP-10: a backup for which there is no room leaves nothing, says what to do, and the next one with room is whole.
#[test]
fn rep_9_a_backup_on_a_full_disk_leaves_nothing_and_says_what_to_do() {
    if !is_inside("rep_9_a_backup_on_a_full_disk_leaves_nothing_and_says_what_to_do", false) {
        return;
    }
    let folder = Folder::new();
    assert!(run(&["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", &text(folder.path())]));
    let data = folder.path().join("data");
    let bot = holding(&data, "600");
    let ballast = folder.path().join("ballast");
    // Room for what the bot writes, and for a part of the backup.
    fill(&ballast);
    std::fs::OpenOptions::new()
        .write(true)
        .open(&ballast)
        .unwrap()
        .set_len(ballast.metadata().unwrap().len() - (96 << 10))
        .unwrap();
    let refused = bot.tell("backup");
    assert_eq!(refused.code, Some(3), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("full") && refused.err.contains("tbot backup"), "{}", refused.err);
    assert!(has_alert(&bot.board(), "backup"), "it is an alert: {:#}", bot.board());
    let left: Vec<_> = super::tool::names(&data.join("backups")).into_iter().filter(|n| n != ".lock").collect();
    assert!(left.is_empty(), "{left:?}");
    std::fs::remove_file(&ballast).unwrap();
    let taken = bot.tell("backup");
    assert_eq!(taken.code, Some(0), "{}{}", taken.out, taken.err);
    tbot_well(&["backups", "--verify", "--data", &text(&data)]);
    bot.perish();
    assert!(run(&["umount", &text(folder.path())]));
}
