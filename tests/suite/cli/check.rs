//! `tbot check` and `tbot diagnose` (OPS-8, OPS-9), and a run without any file of configuration (OPS-1).

use std::os::unix::fs::PermissionsExt as _;

use desk::domain::chain::Hash;
use serde_json::Value;

use super::bot::Bot;
use super::tool::{Said, command, names, tbot, text};
use crate::places::Folder;

fn point<'a>(checked: &'a Value, name: &str) -> &'a Value {
    let all = checked["checks"].as_array().unwrap();
    all.iter().find(|p| p["check"] == name).unwrap_or_else(|| panic!("no {name}: {checked:#}"))
}

/// OPS-8: an empty place is fine for a first start, and stays empty; what stands in the way is named with what to do.
#[test]
fn ops_8_a_check_changes_nothing_and_names_what_stands_in_the_way() {
    let folder = Folder::new();
    let data = text(&folder.path().join("data"));
    let check = |more: &[&str]| -> Said { tbot(&[&["check", "--json", "--data", data.as_str()], more].concat()) };
    let mut run = command(&["check", "--data", data.as_str()]);
    run.env("TBOT__WEB__LISTEN", "127.0.0.1:0");
    let said = run.output().unwrap();
    let out = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said.status.code(), Some(0), "{out}");
    assert!(
        out.contains("Nothing stands in the way of a start.") && out.contains("look folders: The first start makes it")
    );
    assert!(names(folder.path()).is_empty(), "nothing was made: {:?}", names(folder.path()));

    let bot = Bot::start(&folder.path().join("data"), &["--speed", "600"]);
    bot.register();
    let running = check(&[]).json();
    assert_eq!(running["ready"], true, "{running:#}");
    for name in ["settings", "folders", "permissions", "key", "configuration", "books", "life", "clock", "disk", "web"]
    {
        assert_eq!(point(&running, name)["verdict"], "fine", "{running:#}");
    }
    assert!(point(&running, "process")["found"].as_str().unwrap().contains("a bot runs here, process"));
    assert!(point(&running, "books")["found"].as_str().unwrap().contains("recomputed"));
    bot.perish();

    // OPS-8: a line of the log that was touched is named, and the file is left as it is.
    let life = folder.path().join("data/life.log");
    let whole = std::fs::read_to_string(&life).unwrap();
    std::fs::write(&life, whole.replacen("\"registration\"", "\"Registration\"", 1)).unwrap();
    let touched = check(&["--fast"]).json();
    assert_eq!(point(&touched, "life")["verdict"], "wrong", "{touched:#}");
    assert!(point(&touched, "life")["found"].as_str().unwrap().contains("life.log: line "), "{touched:#}");
    // LEDG-4a: an event of another version is no damage, and a backup is no remedy.
    let last = whole.trim_end().rsplit_once('\t').unwrap().1.parse::<Hash>().unwrap();
    let bytes = r#"{"v":1,"seq":1,"at":"2026-11-20T15:00:00Z","kind":"moon_rose","data":{}}"#;
    std::fs::write(&life, format!("{whole}{bytes}\t{}\n", last.link(bytes.as_bytes()))).unwrap();
    let newer = check(&["--fast"]).json();
    let (found, remedy) = (point(&newer, "life")["found"].as_str(), point(&newer, "life")["remedy"].as_str());
    assert!(found.is_some_and(|f| f.contains("does not know the event there: its kind is \"moon_rose\"")), "{newer:#}");
    assert!(remedy.is_some_and(|r| r.contains("the version of the program") && !r.contains("backup")), "{newer:#}");
    std::fs::write(&life, whole).unwrap();

    let key = folder.path().join("data/keys/tbot.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = check(&["--fast"]);
    assert_eq!(open.code, Some(1), "{}", open.out);
    assert!(point(&open.json(), "permissions")["remedy"].as_str().unwrap().contains("chmod 600"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(&key, folder.path().join("elsewhere")).unwrap();
    let lost = check(&["--fast"]).json();
    assert_eq!((&lost["ready"], &point(&lost, "key")["verdict"]), (&false.into(), &"wrong".into()), "{lost:#}");
    std::fs::rename(folder.path().join("elsewhere"), &key).unwrap();
    let books = folder.path().join("data/output/TBOT_US_SIM_01/ledgers/TBOT_US_SIM_01_BOT_ledger.db");
    std::fs::write(&books, "not books").unwrap();
    let torn = check(&[]).json();
    assert_eq!(point(&torn, "books")["verdict"], "wrong", "{torn:#}");
    let wrong = tbot(&["check", "--json", "--data", data.as_str(), "--config", "/nowhere"]);
    assert_eq!(wrong.code, Some(1));
    assert!(point(&wrong.json(), "settings")["found"].as_str().unwrap().contains("/nowhere: there is no such folder"));
}

/// OPS-9: the first cause, with what to do; without a bot that there is none.
#[test]
fn ops_9_diagnose_names_the_first_cause() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let none = tbot(&["diagnose", "--json", "--data", &text(&data)]);
    assert_eq!((none.code, &none.json()["held"]), (Some(5), &true.into()), "{}", none.out);
    let bot = Bot::start(&data, &["--speed", "60"]);
    bot.register();
    let said = bot.tell("diagnose");
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("HOLDS") && said.out.contains("What to do: Start it"), "{}", said.out);
    bot.tell("defense enter");
    bot.until("in defense", |b| !b["defense"].is_null());
    let object = bot.tell("diagnose --json").json();
    let chain = object["chain"].as_array().unwrap();
    let link = |name: &str| chain.iter().find(|l| l["name"] == name).unwrap();
    assert_eq!((&link("Bot")["holds"], &link("Defense")["holds"]), (&true.into(), &false.into()));
    assert!(link("Defense")["said"].as_str().unwrap().contains("50.0 % of each limit"), "{object:#}");
}

/// OPS-1: the defaults are in the binary; a folder that is named and not there is a slip.
#[test]
fn ops_1_a_bot_runs_without_any_file_of_configuration() {
    let folder = Folder::new();
    let mut run = command(&["run", "--unwatched", "--data", "data", "--config", "nowhere"]);
    let slip = run.current_dir(folder.path()).output().unwrap();
    let err = String::from_utf8_lossy(&slip.stderr).into_owned();
    assert!(slip.status.code() == Some(2) && err.contains("nowhere: there is no such folder"), "{err}");
    assert!(names(folder.path()).is_empty());
    let mut bare = command(&["run", "--unwatched", "--data", "data", "--listen", "127.0.0.1:0", "--feed", "generated"]);
    let mut child = bare.current_dir(folder.path()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("Set it up in the browser"), "{line}");
}
