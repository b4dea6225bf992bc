//! The settings: a draft, its difference, its applying; who may what; going back.

use std::sync::{Arc, Mutex, PoisonError};

use desk::domain::bot::{Command, Role};
use tbot::settings::{Runtime, SettingsError};
use tbot::store::people::AuditFilter;
use tbot::web::{NotSaved, Saved, Saving, Versions};

use super::client::Answer;
use super::sample;
use super::server::{Person, Server};

/// Versions in memory.
pub(crate) struct Kept(Mutex<Vec<Saved>>);

impl Default for Kept {
    fn default() -> Self {
        let first = Saved {
            number: 1,
            at: desk::domain::time::Timestamp::from_seconds(1_700_000_000),
            by: "ada".to_owned(),
            why: "set-up".to_owned(),
            same_as: None,
            runtime: Runtime::default(),
        };
        Self(Mutex::new(vec![first]))
    }
}

impl Versions for Kept {
    fn all(&self) -> Result<Vec<Saved>, String> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn check(&self, new: &Runtime) -> Result<(), SettingsError> {
        new.may_follow(&self.0.lock().unwrap_or_else(PoisonError::into_inner).last().unwrap().runtime)
    }

    fn save(&self, new: &Runtime, saving: &Saving) -> Result<u32, NotSaved> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = all.last().unwrap().number;
        if newest != saving.over {
            return Err(NotSaved::Changed);
        }
        let Saving { by, why, same_as, .. } = saving.clone();
        let at = all[0].at;
        all.push(Saved { number: newest + 1, at, by, why, same_as, runtime: new.clone() });
        Ok(newest + 1)
    }
}

/// A change of one key, as the form of the difference sends it.
fn apply(server: &Server, who: &Person, (key, value): (&str, &str), base: &str, why: &str) -> Answer {
    let shown = format!("shown.{key}");
    server.post("/settings/apply", Some(who), &[("base", base), (&shown, "yes"), (key, value), ("why", why)])
}

fn draft(server: &Server, who: &Person, key: &str, value: &str) -> Answer {
    let shown = format!("shown.{key}");
    server.post("/settings/draft", Some(who), &[(&shown, "yes"), (key, value)])
}

/// OPS-3, WEB-2a, WEB-7: what stands, a draft, its difference, its applying; the audit has who, what, why.
#[test]
fn ops_3_a_change_is_seen_before_it_is_applied_and_is_recorded() {
    let server = Server::start();
    let officer = server.person("olga", &[Role::RiskOfficer]);
    let page = server.get("/settings/sections/risk", Some(&officer));
    assert!(page.body.contains("name=\"risk.day_loss\" value=\"2000.00\""), "{}", page.body);
    assert!(page.body.contains("takes effect at once") && page.body.contains("1 to 100000000"));
    assert!(!page.body.contains("name=\"risk.float\""), "the float is fixed: {}", page.body);

    let wrong = draft(&server, &officer, "risk.day_loss", "0");
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("0 is not allowed. Allowed: 1 to 100000000 USD."), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"0\""), "what was typed stays");
    let seen = draft(&server, &officer, "risk.day_loss", "1,500").body;
    assert!(seen.contains("2000.00") && seen.contains("1500.00") && seen.contains("tightens"), "{seen}");
    assert!(!seen.contains("One-time code"), "tightening never asks for one: {seen}");
    assert!(server.given().is_empty(), "a draft changes nothing");

    assert_eq!(apply(&server, &officer, ("risk.day_loss", "1500"), "1", "").status, 422, "a reason is needed");
    let done = apply(&server, &officer, ("risk.day_loss", "1500"), "1", "thin week");
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("Version 2 is saved."), "{}", done.body);
    assert_eq!(server.given().last().unwrap().command, Command::ApplyConfig(2));
    let filter = AuditFilter { what: "configuration_changed".into(), ..Default::default() };
    let audit = server.wait(server.people.audit(&filter, u64::MAX, 10)).unwrap();
    let said = format!("{:?}", audit[0]);
    for words in ["olga", "version 2", "risk.day_loss", "2000.00", "1500.00", "thin week"] {
        assert!(said.contains(words), "{words}: {said}");
    }

    // Somebody who saw an older version sees the difference to the newest first.
    let late = apply(&server, &officer, ("risk.day_loss", "1400"), "1", "late");
    assert_eq!(late.status, 409);
    assert!(late.body.contains("Version 2 was saved meanwhile by olga"), "{}", late.body);

    // Who changed it stands beside it, and every version can be brought back.
    let root = server.person("root", &[Role::Administrator]);
    let page = server.get("/settings", Some(&root)).body;
    assert!(page.contains("olga") && page.contains("/settings/versions/2") && page.contains("thin week"), "{page}");
    let back = server.get("/settings/versions/1", Some(&root)).body;
    assert!(back.contains("Going back to version 1 changes 1 of the keys") && back.contains("loosens"), "{back}");
}

/// WEB-7, OPS-3: a file that cannot be used is said beside its field with what was typed, and no version is saved.
#[test]
fn ops_3_a_version_that_cannot_be_applied_is_not_saved() {
    let server = Server::start();
    let operator = server.person("otto", &[Role::Operator]);
    let change = ("screener.file", "/nowhere/list.txt");
    for answer in [draft(&server, &operator, change.0, change.1), apply(&server, &operator, change, "1", "a list")] {
        assert_eq!(answer.status, 422);
        let body = answer.body.replace("&#x2F;", "/");
        assert!(body.contains("screener.file /nowhere/list.txt: it cannot be read"), "{body}");
        assert!(body.contains("value=\"/nowhere/list.txt\"") && body.contains("Allowed: a plain file"), "{body}");
    }
    assert!(server.given().is_empty());
    assert_eq!(draft(&server, &operator, "screener.price_min", "2").status, 200, "version 1 is still the newest");
}

/// OPS-3, decision 0022: when a change takes effect is said as it will be. Beside an earlier change of the strategy that waits for
/// the next session a later one waits too; taking the earlier one back frees it; going off holds at once.
#[test]
fn ops_3_a_change_beside_one_that_waits_says_that_it_waits() {
    let server = Server::start();
    let operator = server.person("otto", &[Role::Operator]);
    let takes = |key: &str, value: &str| {
        let page = draft(&server, &operator, key, value).body;
        let row = page.split(&format!("<code>{key}</code>")).nth(1).unwrap_or_else(|| panic!("{page}"));
        row.split("<td class=\"c2\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    let (now, later) = ("at once", "from the next session on");
    assert_eq!(takes("strategies.open.timeout", "30"), now);
    assert_eq!(takes("strategies.open.range_minutes", "20"), later);
    // It is saved; the bot trades by what the session began with.
    apply(&server, &operator, ("strategies.open.range_minutes", "20"), "1", "a longer look");
    let mut board = sample::board();
    board.strategies[0].changes = true;
    server.board.send_replace(Arc::new(board));
    assert_eq!(takes("strategies.open.timeout", "30"), later);
    assert_eq!(takes("strategies.open.enabled", "false"), now);
    assert_eq!(takes("strategies.open.range_minutes", "15"), now, "that is what the session began with");
    assert_eq!(takes("strategies.mid.timeout", "30"), now, "the others do not wait");
    // The page of the strategies shows what it trades by.
    let mut board = sample::board();
    (board.strategies[0].changes, board.strategies[0].in_force.range_minutes) = (true, 12);
    server.board.send_replace(Arc::new(board));
    let page = server.get("/strategies", Some(&operator)).body;
    assert!(page.contains(">12<small class=\"w\">next session 15</small>"), "{page}");
    let page = server.get("/settings/sections/strategies.open", Some(&operator)).body;
    assert!(!page.contains("takes effect at once<") && page.contains("at once where it goes off"), "{page}");
}

/// WEB-2a, WEB-3: each key asks for its own right, and what loosens for a code.
#[test]
fn web_2a_each_key_asks_for_its_own_right() {
    let server = Server::start();
    let person = |name: &str, role| server.person(name, &[role]);
    let (viewer, operator) = (person("vera", Role::Viewer), person("otto", Role::Operator));
    let (officer, root) = (person("olga", Role::RiskOfficer), person("root", Role::Administrator));
    for (who, change, status, says) in [
        (&viewer, ("risk.day_loss", "1500"), 403, "risk.day_loss is not yours to change."),
        (&operator, ("risk.day_loss", "1500"), 200, "Version 2 is saved"),
        (&operator, ("risk.day_loss", "1600"), 403, "Nothing was changed: some of it you may not change"),
        (&officer, ("risk.day_loss", "1600"), 403, "A one-time code is needed"),
        (
            &officer,
            ("strategies.open.timeout", "30"),
            403,
            "strategies.open.timeout is not yours to change. Who may: an operator",
        ),
        (&operator, ("strategies.open.timeout", "30"), 200, "Version 3 is saved"),
        (
            &operator,
            ("lifecycle.autostart", "true"),
            403,
            "lifecycle.autostart is not yours to change. Who may: an administrator",
        ),
        (&root, ("venue.latency_ms", "1"), 403, "venue.latency_ms was fixed at set-up"),
        (&root, ("risk.float", "5"), 403, "risk.float was fixed at set-up"),
    ] {
        let base = if server.given().is_empty() {
            "1"
        } else if server.given().len() == 1 {
            "2"
        } else {
            "3"
        };
        let answer = apply(&server, who, change, base, "because");
        assert_eq!(answer.status, status, "{change:?}: {}", answer.body);
        assert!(answer.body.contains(says), "{change:?}: {}", answer.body);
    }
    assert_eq!(server.given().len(), 2);
}

/// WEB-2a: settings are read by auditors and administrators; a section by those, too, who may change something in it. No
/// form, however forged, shows them to others; what was tried is in the audit.
#[test]
fn web_2a_settings_are_shown_to_nobody_else() {
    let server = Server::start();
    let viewer = server.person("vera", &[Role::Viewer]);
    let operator = server.person("otto", &[Role::Operator]);
    let auditor = server.person("alma", &[Role::Auditor]);
    for (who, section, status) in [
        (&viewer, "risk", 403),
        (&viewer, "lifecycle", 403),
        (&operator, "risk", 200),
        (&operator, "venue", 403),
        (&auditor, "venue", 200),
    ] {
        let page = server.get(&format!("/settings/sections/{section}"), Some(who));
        assert_eq!(page.status, status, "{section}: {}", page.body);
    }
    let forged: [&[(&str, &str)]; 4] = [
        &[],
        &[("same_as", "1")],
        &[("section", "risk")],
        &[("shown.risk.day_loss", "yes"), ("risk.day_loss", "lots")],
    ];
    for fields in forged {
        for path in ["/settings/draft", "/settings/apply"] {
            let answer = server.post(path, Some(&viewer), fields);
            assert_eq!(answer.status, 403, "{path} {fields:?}: {}", answer.body);
            assert!(!answer.body.contains("2000.00"), "{path} {fields:?}: {}", answer.body);
        }
    }
    let filter = AuditFilter { who: "vera".into(), what: "refused".into(), ..Default::default() };
    let audit = server.wait(server.people.audit(&filter, u64::MAX, 100)).unwrap();
    assert!(audit.len() >= 8, "{audit:?}");
    // Who changes a section comes back to it, not to all of them.
    let shown = [("base", "1"), ("shown.risk.day_loss", "yes"), ("risk.day_loss", "1500"), ("why", "because")];
    let done = server.post("/settings/apply", Some(&operator), &shown);
    assert!(done.body.contains("Settings: risk") && !done.body.contains("Boot settings"), "{}", done.body);
}
