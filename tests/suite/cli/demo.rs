use super::tool::{names, tbot, tbot_well, text};
use crate::places::Folder;

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
