//! A first start: the wizard from nothing to a trading bot, as a browser walks it; and one that fails.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;

use super::bot::{Bot, PASSWORD};
use super::tool::{names, tbot, text};
use crate::places::Folder;
use crate::web::client::{Answer, encoded, send};

/// A browser in the wizard.
struct Browser {
    place: SocketAddr,
    cookie: String,
}

impl Browser {
    fn get(&self, path: &str) -> Answer {
        send(self.place, "GET", path, &[("Cookie", &self.cookie)], "")
    }

    /// Sends a step's form; its secret is that of the page.
    fn answer(&self, step: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(&format!("/setup/{step}")).body;
        let (_, rest) = page.split_once("name=\"form\" value=\"").expect("a form");
        let secret = rest.split_once('"').unwrap().0;
        let kind = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Cookie", self.cookie.as_str()),
        ];
        let form = encoded(&[&[("form", secret)], fields].concat());
        send(self.place, "POST", &format!("/setup/{step}"), &kind, &form)
    }

    /// The page to which a refused answer leads back. The browser's own way back then never meets a form that was sent.
    fn refused(&self, step: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.answer(step, fields);
        let place = format!("/setup/{step}");
        assert_eq!((answer.status, answer.header("location")), (303, Some(place.as_str())), "{}", answer.body);
        let page = self.get(&place);
        assert_eq!(page.status, 200);
        page
    }
}

const LIMITS: [(&str, &str); 7] = [
    ("risk.risk_per_trade", "100"),
    ("risk.order_value", "10,000"),
    ("risk.positions", "3"),
    ("risk.trades_day", "20"),
    ("risk.day_loss", "900.00"),
    ("risk.drawdown", "5000"),
    ("risk.gross", "50000"),
];
const SCHEDULE: [(&str, &str); 9] = [
    ("strategies.open.enabled", "true"),
    ("strategies.open.window_start", "O+0"),
    ("strategies.open.window_end", "O+60"),
    ("strategies.mid.enabled", "true"),
    ("strategies.mid.window_start", "O+90"),
    ("strategies.mid.window_end", "C-90"),
    ("strategies.close.window_start", "C-60"),
    ("strategies.close.window_end", "C-10"),
    ("lifecycle.autostart", "true"),
];

/// LIFE-1, OPS-1, WEB-4, WEB-7: from nothing to a trading bot in the browser; who has no link sees nothing, what is wrong is
/// said and kept, and nothing is made before the last step.
#[test]
fn ops_1_the_wizard_leads_from_nothing_to_a_trading_bot() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let bot = Bot::anew(&data, &["--speed", "3000"]);
    let (place, link) = bot.link();
    for path in ["/", "/setup/limits", "/settings", "/open/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let stranger = send(place, "GET", path, &[], "");
        assert_eq!(stranger.status, 403, "{path}");
        assert!(stranger.body.contains("Open the link that the terminal shows"), "{path}");
        assert!(stranger.header("content-security-policy").is_some(), "{path}");
    }
    // LIFE-14: whoever asks beside it hears what it waits for, and where.
    let waits = bot.tell("status");
    let said = format!("The bot waits for its set-up at http://{place}: open the link");
    assert!(waits.code == Some(5) && waits.out.contains(&said) && !waits.out.contains("WRONG"), "{}", waits.out);
    let opened = send(place, "GET", &link, &[], "");
    assert_eq!((opened.status, opened.header("location")), (303, Some("/setup/identity")));
    let browser = Browser { place, cookie: opened.cookie().unwrap() };
    let refused = browser.refused("identity", &[("identity", "my bot")]);
    assert!(refused.body.contains("value=\"my bot\"") && refused.body.contains("is no identity. Allowed: four parts"));
    let next = |step: &str, fields: &[(&str, &str)], to: &str| {
        let answer = browser.answer(step, fields);
        assert_eq!((answer.status, answer.header("location")), (303, Some(to)), "{step}: {}", answer.body);
    };
    next("identity", &[("identity", "RIGD_US_SIM_07")], "/setup/account");
    next("account", &[("venue", "simulated")], "/setup/float");
    next("float", &[("risk.float", "50,000.00")], "/setup/limits");
    let mut wrong = LIMITS;
    wrong[4] = ("risk.day_loss", "60000");
    let refused = browser.refused("limits", &wrong);
    assert!(refused.body.contains("60000.00 is more than the float of 50000.00."), "{}", refused.body);
    assert!(browser.get("/setup/limits").body.contains("60000"), "it is kept until it is answered");
    next("limits", &LIMITS, "/setup/schedule");
    assert!(!browser.get("/setup/limits").body.contains("60000"), "and not longer");
    let early = browser.refused("administrator", &[("name", "ada"), ("password", PASSWORD), ("again", PASSWORD)]);
    assert!(early.body.contains("value=\"ada\"") && !early.body.contains(PASSWORD), "{}", early.body);
    assert!(early.body.contains("Not answered yet: Schedule, Time zone"), "{}", early.body);
    // Whoever comes again by the link goes on where it was left.
    assert_eq!(send(place, "GET", &link, &[], "").header("location"), Some("/setup/schedule"));
    next("schedule", &SCHEDULE, "/setup/time-zone");
    next("time-zone", &[("display.time_zone", "Europe/Berlin")], "/setup/administrator");
    let weak = browser.refused("administrator", &[("name", "ada"), ("password", "passwordpassword"), ("again", "")]);
    assert!(weak.body.contains("guessed soon") && !weak.body.contains("passwordpassword"), "{}", weak.body);
    assert!(
        !names(&data).contains(&"people.db".to_owned()),
        "nothing is made before the last step: {:?}",
        names(&data)
    );
    let done = browser.answer("administrator", &[("name", "ada"), ("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!((done.status, done.header("location")), (303, Some("/account/codes")), "{}", done.body);
    let cookie = done.cookie().unwrap();
    let signed_in = send(place, "GET", "/account/codes", &[("Cookie", &cookie)], "");
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    assert!(signed_in.body.contains("You are signed in as ada"));
    // It starts by itself, as was answered, with what was answered.
    bot.until("trading", |b| b["state"] == "idle" || b["positions"].as_array().is_some_and(|p| !p.is_empty()));
    let board = bot.board();
    assert_eq!(board["identity"], "RIGD_US_SIM_07");
    assert_eq!(board["day"]["loss_limit"], "900.00");
    let on: Vec<_> = board["strategies"].as_array().unwrap().iter().filter(|s| s["on"] == true).collect();
    assert_eq!(on.len(), 2, "close was not ticked: {on:?}");
    tighten(&bot, place, &cookie);
    for file in ["life.log", "people.db", "boot.toml", "output/RIGD_US_SIM_07/ledgers/RIGD_US_SIM_07_BOT_ledger.db"] {
        let mode = data.join(file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

/// OPS-3: a tightened limit holds in the running bot, and stands after a restart.
fn tighten(bot: &Bot, place: SocketAddr, cookie: &str) {
    let form = send(place, "GET", "/settings", &[("Cookie", cookie)], "").form();
    let kind =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin"), ("Cookie", cookie)];
    let fields = [
        ("form", form.as_str()),
        ("base", "1"),
        ("shown.risk.day_loss", "yes"),
        ("risk.day_loss", "800"),
        ("shown.strategies.order", "yes"),
        ("strategies.order", "open,close,mid"),
        ("why", "a thin week"),
    ];
    let applied = send(place, "POST", "/settings/apply", &kind, &encoded(&fields));
    assert_eq!(applied.status, 200, "{}", applied.body);
    for words in ["Version 2 is saved. Version 2 is being applied.", "At the next start: strategies.order"] {
        assert!(applied.body.contains(words), "{words}: {}", applied.body);
    }
    let over = |b: &serde_json::Value| b["day"]["loss_limit"] == "800.00" && b["state"] != "updating";
    bot.until("tightened", over);
    assert_ne!(bot.board()["state"], "error", "a change that takes its time is no fault");
    let unknown = bot.tell("apply-config 9 --as ada --code 000000");
    assert_eq!(unknown.code, Some(4), "{}", unknown.err);
}

/// LIFE-1, OPS-1c: a first start that cannot be leaves nothing behind.
#[test]
fn life_1_a_failed_first_start_leaves_nothing_behind() {
    let folder = Folder::new();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = busy.local_addr().unwrap().to_string();
    for (words, says) in [
        (["--listen", taken.as_str()], "nothing can listen there"),
        (["--feed", "replay:/nowhere"], "/nowhere: there is no such folder"),
        (["--feed", "broker"], "simulated venue alone"),
        (["--tls", "files"], "web.certificate"),
    ] {
        let data = text(&folder.path().join("above/data"));
        let said = tbot(&[&["run", "--unwatched", "--data", data.as_str()], words.as_slice()].concat());
        assert_eq!(said.code, Some(2), "{words:?}: {}", said.err);
        assert!(said.err.contains(says), "{words:?}: {}", said.err);
        assert!(names(folder.path()).is_empty(), "{words:?} left {:?}", names(folder.path()));
    }
}
