//! The verbs that work beside a running bot, and what they say without one. The bot's side of the socket is the product's
//! own server, with a door that notes what it was told.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use desk::domain::bot::{BotState, Command};
use desk::domain::time::Timestamp;
use tbot::gateway::clock;
use tbot::gateway::control::{Answering, ControlFolder, Heart, Heartbeat, InstanceLock, Reply, Request, Server};

use super::tool::{Said, command, tbot, tbot_well, text};
use crate::places::Folder;

/// A data folder, with a bot that answers where one was asked for.
struct Bot {
    folder: Folder,
    heard: Arc<Mutex<Vec<Request>>>,
    _runtime: Option<(tokio::runtime::Runtime, InstanceLock)>,
}

impl Bot {
    fn silent() -> Self {
        let folder = Folder::new();
        std::fs::create_dir_all(folder.path().join("config")).unwrap();
        std::fs::write(folder.path().join("config/default.toml"), "").unwrap();
        Self { folder, heard: Arc::default(), _runtime: None }
    }

    fn running(answer: fn(&Request) -> Reply) -> Self {
        let bot = Self::silent();
        let control = ControlFolder::open(&bot.control()).unwrap();
        let lock = InstanceLock::take(&control).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let heard = Arc::clone(&bot.heard);
        let answering: Answering = Arc::new(move |request| {
            let reply = answer(&request);
            heard.lock().unwrap().push(request);
            Box::pin(async move { reply })
        });
        runtime.block_on(async { drop(tokio::spawn(Server::bind(&control).unwrap().run(answering))) });
        Self { _runtime: Some((runtime, lock)), ..bot }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn control(&self) -> PathBuf {
        self.data().join("control")
    }

    fn tbot(&self, line: &str) -> Said {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let config = self.folder.path().join("config");
        words.extend(["--data".to_owned(), text(&self.data()), "--config".to_owned(), text(&config)]);
        tbot(&words)
    }

    fn beat(&self, at: Timestamp, pid: u32) {
        let control = ControlFolder::open(&self.control()).unwrap();
        let beat = Heartbeat {
            at,
            pid,
            version: "0.1.0".to_owned(),
            identity: Some("RIGD_US_SIM_01".parse().unwrap()),
            state: BotState::Monitoring,
            mode: None,
            broker: "simulated venue, up".to_owned(),
            feeds: Vec::new(),
            session: None,
            last_cycle: None,
            last_decision: None,
            decisions: 3,
            defense: false,
            unwatched: false,
            board: serde_json::json!({ "state": "monitoring", "mode": "paper" }),
        };
        Heart::new(&control, &self.control()).beat(&beat).unwrap();
    }
}

fn friendly(request: &Request) -> Reply {
    match request {
        Request::Rehearsal => Reply::Rehearsal { rehearsal: serde_json::Value::Null },
        Request::Diagnosis => Reply::Diagnosis { found: serde_json::Value::Null },
        Request::Board => {
            Reply::Board { board: serde_json::json!({ "state": "trading", "identity": "RIGD_US_SIM_01" }) }
        }
        Request::Command { command: Command::Start, .. } => {
            Reply::Refused { code: "state".to_owned(), message: "The latch is set.".to_owned() }
        }
        Request::Unlock { .. } | Request::Close { .. } | Request::Raise { .. } => {
            Reply::Refused { code: "busy".to_owned(), message: "The bot does not answer that now.".to_owned() }
        }
        Request::Command { command, .. } => {
            Reply::Done { at: Timestamp::from_seconds(1), message: format!("{} is under way.", command.as_str()) }
        }
    }
}

#[test]
fn ops_5_a_verb_reaches_the_running_bot_and_a_refusal_has_its_own_code() {
    let bot = Bot::running(friendly);
    let stopped = bot.tbot("stop --why lunch --json");
    assert_eq!(stopped.code, Some(0), "{}", stopped.err);
    assert_eq!(stopped.json()["done"]["message"], "stop is under way.");
    assert!(
        matches!(&bot.heard.lock().unwrap()[0], Request::Command { command: Command::Stop, why, .. } if why == "lunch")
    );
    let refused = bot.tbot("start");
    assert_eq!((refused.code, refused.err.trim()), (Some(4), "error: The latch is set."));
    let keys: Vec<String> = (0..2)
        .map(|_| {
            bot.tbot("pause");
            match bot.heard.lock().unwrap().last() {
                Some(Request::Command { key, .. }) => key.clone(),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert_ne!(keys[0], keys[1], "LIFE-7: two calls are two commands");
}

#[test]
fn life_5_what_needs_step_up_asks_for_a_name_and_a_code() {
    let bot = Bot::running(friendly);
    for verb in ["reset-kill", "unfreeze news", "defense leave", "mode observe"] {
        let bare = bot.tbot(verb);
        assert!(bare.code == Some(2) && bare.err.contains("--as NAME and --code CODE"), "{verb}: {}", bare.err);
        assert_eq!(bot.tbot(&format!("{verb} --as ada --code 123456")).code, Some(0), "{verb}");
        let heard = bot.heard.lock().unwrap();
        let Some(Request::Command { step_up: Some(step_up), .. }) = heard.last() else { panic!("{heard:?}") };
        assert_eq!((step_up.name.as_str(), step_up.code.as_str()), ("ada", "123456"));
        assert!(!format!("{heard:?}").contains("123456"), "a code is never printed");
    }
}

#[test]
fn life_5_kill_raises_the_flag_where_nobody_answers_and_says_so() {
    let bot = Bot::silent();
    let killed = bot.tbot("kill --why smoke");
    assert_eq!(killed.code, Some(5), "{}", killed.err);
    assert!(killed.err.contains("Raising") && killed.err.contains("heeded at the next start"), "{}", killed.err);
    assert_eq!(std::fs::read_to_string(bot.control().join("control_kill.flag")).unwrap(), "smoke");
    assert_eq!(bot.tbot("stop").code, Some(5));
    assert!(!bot.control().join("control_stop.flag").exists(), "only a kill goes that far");

    // A bot whose supervisor hangs: the flag is taken by the watcher.
    let busy = Bot::running(|_| Reply::Refused { code: "busy".to_owned(), message: "It does not answer.".to_owned() });
    let flag = busy.control().join("control_kill.flag");
    let watcher = std::thread::spawn(move || {
        while !flag.exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        std::fs::rename(&flag, flag.with_extension("taken")).unwrap();
    });
    let killed = busy.tbot("kill");
    watcher.join().unwrap();
    assert_eq!(killed.code, Some(0), "{}", killed.err);
    assert!(killed.out.contains("The flag was taken"), "{}", killed.out);
}

#[test]
fn life_14_status_works_without_a_running_bot_and_says_what_does_not_fit() {
    let bot = Bot::silent();
    let none = bot.tbot("status");
    assert_eq!((none.code, none.out.trim()), (Some(5), "No bot has run here yet."));
    bot.beat(Timestamp::from_seconds(clock::now().seconds() - 90), 4_321);
    let dead = bot.tbot("status");
    assert_eq!(dead.code, Some(5));
    assert!(
        dead.out.contains("does not run. Its last heartbeat, 9") && dead.out.contains("monitoring, process 4321"),
        "{}",
        dead.out
    );
    // RISK-15: the latch's own file says what the last heartbeat could not know.
    assert!(dead.out.contains("latch       clear"), "{}", dead.out);
    let mark = r#"{"at":"2026-11-20T15:00:00Z","who":{"kind":"person","name":"ada"},"why":"enough"}"#;
    std::fs::write(bot.control().join("kill.latch"), mark).unwrap();
    std::fs::write(bot.control().join("control_kill.flag"), "now").unwrap();
    let latched = bot.tbot("status");
    assert!(latched.out.contains("KILL LATCH  set 2026-11-20T15:00:00Z by ada: enough"), "{}", latched.out);
    assert!(latched.out.contains("control/control_kill.flag waits"), "{}", latched.out);
    let object = bot.tbot("status --json").json();
    assert_eq!((&object["latch"]["why"], &object["kill_flag"]), (&"enough".into(), &true.into()));
    assert_eq!(object["board"]["latch"]["why"], "enough");
    for gone in ["kill.latch", "control_kill.flag"] {
        std::fs::remove_file(bot.control().join(gone)).unwrap();
    }
    // A heartbeat that a crash has torn is said to be damaged, and hides nothing.
    let whole = std::fs::read(bot.control().join("heartbeat.json")).unwrap();
    std::fs::write(bot.control().join("heartbeat.json"), &whole[..whole.len() / 2]).unwrap();
    let torn = bot.tbot("status");
    assert_eq!((torn.code, torn.out.lines().next()), (Some(5), Some("The bot does not run.")), "{}", torn.err);
    assert!(torn.out.contains("heartbeat.json is damaged: it holds no heartbeat"), "{}", torn.out);
    std::fs::write(bot.control().join("heartbeat.json"), whole).unwrap();
    let object = bot.tbot("status --json").json();
    assert_eq!((&object["running"], &object["heartbeat"]["decisions"]), (&false.into(), &3.into()));

    let bot = Bot::running(friendly);
    bot.beat(clock::now(), std::process::id());
    let well = bot.tbot("status");
    assert_eq!(well.code, Some(0), "{}{}", well.out, well.err);
    assert!(well.out.contains("state       trading"), "{}", well.out);
    bot.beat(Timestamp::from_seconds(clock::now().seconds() - 60), 4_321);
    let doubtful = bot.tbot("status");
    assert_eq!(doubtful.code, Some(1));
    assert!(
        doubtful.out.contains("WRONG: the heartbeat is stale")
            && doubtful.out.contains("the heartbeat is of process 4321"),
        "{}",
        doubtful.out
    );
}

#[test]
fn ops_1_config_show_names_each_origin_and_refuses_what_is_wrong() {
    let bot = Bot::silent();
    let shown = bot.tbot("config show --json").json();
    assert_eq!(shown["web.listen"]["origin"], "built in");
    assert_eq!(shown["risk.day_loss"]["value"], "2000.00");
    let mut with = command(&["config", "show", "--json", "--data", &text(&bot.data())]);
    let said = with.env("TBOT__WEB__LISTEN", "127.0.0.1:99").current_dir(bot.folder.path()).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["web.listen"]["origin"], "TBOT__WEB__LISTEN");
    let wrong = |text: &str| {
        let config = bot.folder.path().join("config");
        std::fs::create_dir_all(&config).unwrap();
        std::fs::write(config.join("default.toml"), text).unwrap();
        bot.tbot("config show")
    };
    for (text, says) in [
        ("[web]\nlisten = \"0.0.0.0:1\"", "without TLS"),
        ("[web]\nport = 1", "there is no such key"),
        ("[risk]\nday_loss = 5", "is a runtime key"),
    ] {
        let said = wrong(text);
        assert!(said.code == Some(2) && said.err.contains(says), "{text}: {}", said.err);
    }
}

#[test]
fn ops_1_a_seeded_configuration_is_shown_with_its_version_and_survives_new_keys() {
    let bot = Bot::silent();
    let file = bot.folder.path().join("old.env");
    std::fs::write(&file, "MAX_DAILY_LOSS=750\nTOTAL_ALLOCATION=60000\n").unwrap();
    let import = format!("config import {}", text(&file));
    let done = bot.tbot(&import);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("risk.day_loss from 2000.00 to 750.00 (tightens)"), "{}", done.out);
    let day_loss = || bot.tbot("config show --section risk --json").json()["risk.day_loss"].clone();
    assert_eq!(
        day_loss(),
        serde_json::json!({ "value": "750.00", "origin": "configuration version 1", "unit": "USD" })
    );
    let key = std::fs::read(bot.data().join("keys/tbot.key")).unwrap();
    let rotated = bot.tbot("keys rotate --json").json();
    assert_eq!(rotated["resealed"], 1);
    assert_ne!(std::fs::read(bot.data().join("keys/tbot.key")).unwrap(), key);
    assert_eq!(day_loss()["value"], "750.00");
    let control = ControlFolder::open(&bot.control()).unwrap();
    let _runs = InstanceLock::take(&control).unwrap();
    std::fs::write(&file, "MAX_DAILY_LOSS=800\n").unwrap();
    let saved = bot.tbot(&import);
    assert_eq!(saved.code, Some(0), "{}", saved.err);
    assert!(saved.out.contains("saved as version 2; a bot runs here"), "{}", saved.out);
    assert!(saved.out.contains("tbot apply-config 2"), "{}", saved.out);
}

#[test]
fn ops_1a_the_documentation_s_keys_are_those_of_the_binary() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFIGURATION.md");
    let said = tbot_well(&["config", "keys", "--markdown"]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page == said.out, "write it anew: tbot config keys --markdown > docs/CONFIGURATION.md");
    assert!(tbot_well(&["config", "keys", "--json"]).json().as_array().unwrap().len() > 80);
}

#[test]
fn logs_are_read_masked_and_followed_until_interrupted() {
    let bot = Bot::silent();
    assert_eq!(bot.tbot("logs orders").code, Some(2));
    let logs = bot.data().join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    let line =
        |n: u32| format!("{{\"at\":\"t{n}\",\"level\":\"INFO\",\"target\":\"orders\",\"message\":\"sent {n}\"}}\n");
    std::fs::write(logs.join("orders.log"), line(1) + &line(2) + "url postgres://me:hush@db/x\n").unwrap();
    let said = bot.tbot("logs orders --lines 2");
    assert_eq!(said.out, "t2 INFO  sent 2\nurl postgres://me:***@db/x\n");
    let mut follow = command(&["logs", "--follow", "orders", "--lines", "1", "--data", &text(&bot.data())]);
    let mut child = follow.stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(600));
    let mut file = std::fs::OpenOptions::new().append(true).open(logs.join("orders.log")).unwrap();
    std::io::Write::write_all(&mut file, line(3).as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(900));
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(sent.success());
    let status = child.wait().unwrap();
    assert!(status.code() == Some(0) || status.signal().is_some(), "{status}");
    let mut out = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut out).unwrap();
    assert!(out.ends_with("t3 INFO  sent 3\n"), "{out}");
}
