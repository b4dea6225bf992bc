use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use super::tool::{command, names, tbot, tbot_well, text};
use crate::places::Folder;
use crate::web::client::send;

#[test]
fn ops_5a_a_day_runs_to_its_verified_books() {
    let place = Folder::new();
    let out = place.path().join("out");
    let said = tbot_well(&["demo", "--speed", "max", "--out", &text(&out)]);
    for words in [
        "SIMULATED: generated market",
        "UTC (10:00:00 New York)",
        "ordered, stop",
        "closed: ",
        "blocked by ",
        "New York): 0 positions",
        "The day is over. SIMULATED",
        "report.html",
        "books verified",
    ] {
        assert!(said.out.contains(words), "{words:?} is missing in: {}", said.out);
    }
    assert!(said.err.is_empty(), "{}", said.err);
    assert!(!said.out.contains('\x1b'), "plain lines when piped");
    let report = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.to_lowercase().contains("simulated"), "the report says that it is simulated");
    tbot_well(&["ledger", "verify", &text(&out)]);
    // The same seed gives the same day; another one another day.
    let net = |arguments: &[&str]| {
        let folder = Folder::new();
        let other = text(&folder.path().join("out"));
        let all = [&["demo", "--speed", "max", "--json", "--out", &other], arguments].concat();
        let json = tbot_well(&all).json();
        (json["run_id"].clone(), json["net"].clone(), json["books"].clone())
    };
    assert_eq!(net(&[]), net(&[]));
    assert_ne!(net(&[]), net(&["--seed", "77"]));
}

/// The dashboard beside the terminal: the link signs in once, the same day moves there, and all goes when it ends.
#[test]
fn ops_5a_the_day_is_watched_in_the_browser_too() {
    let place = Folder::new();
    let (out, passing) = (place.path().join("out"), place.path().join("passing"));
    std::fs::create_dir(&passing).unwrap();
    let mut words = command(&["demo", "--speed", "3000", "--out", &text(&out)]);
    let mut demo = words.env("TMPDIR", &passing).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(demo.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let (words, url) = line.trim().split_once(": http://").unwrap();
    assert_eq!(words, "Dashboard, signed in as demo (the link works once)");
    let (to, path) = url.split_once('/').unwrap();
    let (to, path) = (to.parse().unwrap(), format!("/{path}"));
    assert_eq!(send(to, "GET", "/", &[], "").header("location"), Some("/sign-in"), "strangers sign in");
    let entered = send(to, "POST", &path, &[("Sec-Fetch-Site", "same-origin")], "");
    assert_eq!(entered.status, 303, "{}", entered.body);
    assert_eq!(send(to, "POST", &path, &[("Sec-Fetch-Site", "same-origin")], "").status, 404, "it works once");
    let cookie = entered.cookie().unwrap();
    let dashboard = send(to, "GET", "/", &[("Cookie", &cookie)], "");
    assert!(dashboard.body.contains("generated market, seed 2"), "{}", dashboard.body);
    let board = || send(to, "GET", "/api/v1/board", &[("Cookie", &cookie)], "").json()["at"].clone();
    let early = board();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_ne!(board(), early, "it moves");
    assert_eq!(names(&passing).len(), 1, "what it writes lies in a folder of its own");
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("books verified"), "{rest}");
    assert_eq!(demo.wait().unwrap().code(), Some(0), "without a terminal it ends with the day");
    assert!(names(&passing).is_empty(), "and that folder is gone");
    let quiet = tbot_well(&["demo", "--no-web", "--speed", "max", "--out", &text(&place.path().join("quiet"))]);
    assert!(!quiet.out.contains("Dashboard"), "{}", quiet.out);
}

#[test]
fn without_out_the_last_demo_is_replaced_and_nothing_else() {
    let place = Folder::new();
    let here = |seed: &str| {
        let mut command = super::tool::command(&["demo", "--speed", "max", "--seed", seed]);
        command.current_dir(place.path()).output().unwrap()
    };
    assert!(here("1").status.success());
    assert!(here("2").status.success());
    assert_eq!(names(place.path()), ["tbot-demo"]);
    std::fs::remove_file(place.path().join("tbot-demo/run.json")).unwrap();
    assert_eq!(here("3").status.code(), Some(2), "what is no demo any more stays");
}

#[test]
fn a_demo_refuses_what_it_cannot_use() {
    let place = Folder::new();
    let out = text(&place.path().join("out"));
    for (arguments, says) in [
        (&["--speed", "fast"][..], "Allowed: a whole number from 1 to 100000, or max"),
        (&["--speed", "0"], "Allowed: a whole number from 1 to 100000, or max"),
        (&["--data", "/nowhere", "--speed", "max"], "/nowhere: there is no such folder"),
        (&["--symbols", "SPY"], "--data"),
    ] {
        let said = tbot(&[&["demo", "--out", &out], arguments].concat());
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(said.err.contains(says), "{says:?} is missing in: {}", said.err);
    }
    assert!(names(place.path()).is_empty());
}
