//! LEDG-7 in the pages and the API: the queue, four eyes, conflicts that lose nothing, who reads what.

use desk::domain::bot::{Origin, Role, Who};
use desk::domain::time::Span;
use tbot::store::people::review::{ItemKind, NewItem, Subject};

use super::client::Answer;
use super::pages::with_the_worked_month;
use super::server::{Person, Server};
use crate::store::sample as books;

/// An act by the form of a subject's page.
fn act(server: &Server, path: &str, person: &Person, fields: &[(&str, &str)]) -> Answer {
    server.post(path, Some(person), fields)
}

#[test]
fn ledg_7_a_thread_from_question_to_approval() {
    let (server, _place, _runtime) = with_the_worked_month();
    let (ann, bob) = (server.person("ann", &[Role::Reviewer]), server.person("bob", &[Role::Reviewer]));
    let page = "/ledger/entries/12";
    let seen = server.get(page, Some(&ann)).body;
    assert!(seen.contains("Nobody has said anything") && seen.contains("name=\"version\" value=\"0\""), "{seen}");
    let asked = [("version", "0"), ("act", "query"), ("text", "Why <so> late?")];
    let done = act(&server, page, &ann, &asked);
    assert_eq!((done.status, done.header("location")), (303, Some("/ledger/entries/12#review")));
    let seen = server.get(page, Some(&bob)).body;
    for said in [
        "data-state=\"locked\">locked</span>, queried",
        "Why &lt;so&gt; late?",
        "changed by ann, 20:41",
        "name=\"about\" value=\"1\"",
    ] {
        assert!(seen.contains(said), "{said} in {seen}");
    }
    assert!(seen.contains("<b>ann reads</b> this too"), "{seen}");
    // The asker does not answer; an approval waits for the answer.
    let own = act(&server, page, &ann, &[("version", "1"), ("act", "answer"), ("about", "1"), ("text", "So.")]);
    assert!(own.status == 409 && own.body.contains("another reviewer answers it"), "{}", own.body);
    let early = act(&server, page, &bob, &[("version", "1"), ("act", "approve")]);
    assert!(early.status == 409 && early.body.contains("Questions are open on entry:12"), "{}", early.body);
    let answered = [("version", "1"), ("act", "answer"), ("about", "1"), ("text", "The exchange told it so.")];
    assert_eq!(act(&server, page, &bob, &answered).status, 303);
    assert_eq!(act(&server, page, &bob, &[("version", "2"), ("act", "approve")]).status, 303);
    let seen = server.get(page, Some(&ann)).body;
    assert!(seen.contains("Approved by bob") && seen.contains("locked</span>, approved"), "{seen}");
    let again = act(&server, page, &ann, &[("version", "3"), ("act", "approve")]);
    assert!(again.status == 409 && again.body.contains("bob has approved it"), "{}", again.body);
    let audit = server.get("/audit?object=entry%3A12", Some(&server.person("au", &[Role::Auditor]))).body;
    assert!(audit.contains("review refused") && audit.contains("The exchange told it so."), "{audit}");
}

#[test]
fn ledg_7_a_conflict_is_said_and_what_was_typed_stays() {
    let (server, _place, _runtime) = with_the_worked_month();
    let (ann, bob) = (server.person("ann", &[Role::Reviewer]), server.person("bob", &[Role::Reviewer]));
    let page = "/ledger/days/2026-06-02";
    assert_eq!(act(&server, page, &bob, &[("version", "0"), ("act", "comment"), ("text", "Looks odd.")]).status, 303);
    let late = act(&server, page, &ann, &[("version", "0"), ("act", "query"), ("text", "A long & careful question")]);
    assert_eq!(late.status, 409);
    for said in [
        "bob commented at 20:41 UTC",
        ">A long &amp; careful question</textarea>",
        "name=\"version\" value=\"1\"",
        "What was typed is kept below",
        "Looks odd.",
    ] {
        assert!(late.body.contains(said), "{said} in {}", late.body);
    }
    assert_eq!(
        act(&server, page, &ann, &[("version", "1"), ("act", "query"), ("text", "A long question")]).status,
        303
    );
    // Nothing typed, and too much typed: beside what was typed.
    let silent = act(&server, page, &ann, &[("version", "2"), ("act", "comment"), ("text", " ")]);
    assert!(silent.status == 422 && silent.body.contains("A few words are needed"), "{}", silent.body);
    for (field, value) in [("version", "x"), ("act", "delete"), ("about", "-1")] {
        let mut fields = vec![("version", "2"), ("act", "comment"), ("text", "x")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let odd = act(&server, page, &ann, &fields);
        assert!(odd.status == 422 && odd.body.contains("Allowed"), "{field}: {} {}", odd.status, odd.body);
    }
    for (path, missing) in [("/ledger/days/2026-06-06", 404), ("/ledger/days/x", 404), ("/ledger/items/1", 404)] {
        assert_eq!(server.get(path, Some(&ann)).status, missing, "{path}");
        assert_eq!(act(&server, path, &ann, &[("version", "0"), ("act", "approve")]).status, missing, "{path}");
    }
}

#[test]
fn ledg_7_four_eyes_and_roles() {
    let (server, _place, _runtime) = with_the_worked_month();
    let author = server.person("reviewer", &[Role::Reviewer]);
    let operator = server.person("op", &[Role::Operator]);
    let bob = server.person("bob", &[Role::Reviewer]);
    let approve = [("version", "0"), ("act", "approve")];
    for page in ["/ledger/entries/61", "/ledger/days/2026-06-11"] {
        let seen = server.get(page, Some(&author)).body;
        assert!(seen.contains("so you cannot approve it") && !seen.contains("value=\"approve\""), "{page}: {seen}");
        let own = act(&server, page, &author, &approve);
        assert!(own.status == 409 && own.body.contains("reviewer entered it"), "{page}: {}", own.body);
        let seen = server.get(page, Some(&operator)).body;
        assert!(seen.contains("your roles read") && !seen.contains("name=\"act\""), "{page}: {seen}");
        assert_eq!(act(&server, page, &operator, &approve).status, 403);
        assert_eq!(act(&server, page, &bob, &approve).status, 303);
    }
    // The day's approval covers what it holds; the entry that had its own keeps it.
    assert!(server.get("/ledger/entries/56", Some(&bob)).body.contains("Approved with its day"));
    assert!(server.get("/ledger/closes", Some(&bob)).status == 200);
    let queue = server.get("/ledger/review?show=approved&kind=day", Some(&bob)).body;
    assert!(queue.contains("Day 2026-06-11") && !queue.contains("Day 2026-06-12"), "{queue}");
}

#[test]
fn ledg_7_the_queue_shows_what_waits_for_whom_the_oldest_first() {
    let (server, _place, _runtime) = with_the_worked_month();
    let author = server.person("reviewer", &[Role::Reviewer]);
    let bob = server.person("bob", &[Role::Reviewer]);
    let of = |person: &Person, narrowed: &str| server.get(&format!("/ledger/review{narrowed}"), Some(person)).body;
    let seen = of(&bob, "");
    let place = |text: &str| seen.find(text).unwrap_or_else(|| panic!("{text} in {seen}"));
    assert!(place("Day 2026-06-01") < place("Day 2026-06-02"), "the oldest first");
    assert!(seen.contains("Entry 61: Activity 77") && seen.contains("12.34"), "{seen}");
    // Nobody's own entries wait for themselves, nor does a day with one of them in it.
    let own = of(&author, "");
    assert!(!own.contains("Entry 61") && !own.contains("Day 2026-06-11") && own.contains("Day 2026-06-12"), "{own}");
    let item = NewItem {
        kind: ItemKind::Statement,
        title: "Fee of 2026-06-12: statement 1.02, books 1.01".to_owned(),
        text: String::new(),
        about: Some(Subject::Entry(61)),
        day: Some("2026-06-12".parse().unwrap()),
        source: "statement:1".to_owned(),
    };
    let by = (&Who::Bot("import".to_owned()), Origin::CommandLine);
    server.wait(server.people.raise(&books::identity(), &item, by, server.now())).unwrap();
    assert!(of(&bob, "?show=queried").contains("Item 1: Fee of 2026-06-12"));
    let page = server.get("/ledger/items/1", Some(&bob)).body;
    assert!(page.contains("/ledger/entries/61") && page.contains("<b>(import)</b> raised it"), "{page}");
    let early = act(&server, "/ledger/days/2026-06-12", &bob, &[("version", "0"), ("act", "approve")]);
    assert!(early.status == 409 && early.body.contains("item:1"), "{}", early.body);
    // Assigned to one, it waits for nobody else.
    let assigned = act(&server, "/ledger/items/1", &bob, &[("version", "1"), ("act", "assign"), ("to", "reviewer")]);
    assert_eq!(assigned.status, 303, "{}", assigned.body);
    assert!(!of(&bob, "").contains("Item 1") && of(&author, "").contains("Item 1"));
    assert!(of(&bob, "?show=open&who=reviewer").contains("Item 1"));
    let nobody = act(&server, "/ledger/items/1", &bob, &[("version", "2"), ("act", "assign"), ("to", "zoe")]);
    assert!(nobody.status == 422 && nobody.body.contains("Allowed: bob, reviewer"), "{}", nobody.body);
    let answer = [("version", "2"), ("act", "answer"), ("about", "1"), ("text", "Broker's rounding.")];
    assert_eq!(act(&server, "/ledger/items/1", &author, &answer).status, 303);
    assert_eq!(act(&server, "/ledger/items/1", &bob, &[("version", "3"), ("act", "approve")]).status, 303);
    assert!(of(&bob, "?kind=item").contains("Nothing waits for you"));
    for wrong in ["?show=nonsense", "?kind=lot"] {
        assert_eq!(server.get(&format!("/ledger/review{wrong}"), Some(&bob)).status, 422, "{wrong}");
    }
}

#[test]
fn web_5_programs_review_by_the_same_rules() {
    let (server, _place, _runtime) = with_the_worked_month();
    let bob = server.person("bob", &[Role::Reviewer]);
    let send = |key: &str, body: &str| {
        let headers = [
            ("Cookie", bob.cookie.as_str()),
            ("X-TBot-Form", bob.form.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key),
        ];
        super::client::send(server.to, "POST", "/api/v1/review/act", &headers, body)
    };
    let done = send("k1", r#"{"subject":"entry:5","version":0,"act":"query","text":"Why?"}"#);
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(
        done.json(),
        serde_json::json!({ "subject": "entry:5", "version": 1, "assigned": null, "queries": [1], "approved_by": null })
    );
    let resolved = send("k2", r#"{"subject":"entry:5","version":1,"act":"resolve","about":1}"#);
    assert_eq!(resolved.json()["queries"], serde_json::json!([]));
    for (key, body, status) in [
        ("k3", r#"{"subject":"entry:5","version":9,"act":"approve"}"#, 409),
        ("k4", r#"{"subject":"entry:5","version":2,"act":"query"}"#, 422),
        ("k5", r#"{"subject":"lot:5","version":2,"act":"query"}"#, 422),
        ("k6", r#"{"subject":"entry:999","version":0,"act":"approve"}"#, 404),
        ("k7", r#"{"subject":"entry:5","version":2,"act":"raise","text":"x"}"#, 422),
        ("k8", "nonsense", 422),
    ] {
        assert_eq!(send(key, body).status, status, "{body}");
    }
    let acts = server.get("/api/v1/review/acts?subject=entry:5", Some(&bob)).json();
    let words: Vec<&str> = acts["rows"].as_array().unwrap().iter().map(|a| a["act"].as_str().unwrap()).collect();
    assert_eq!(words, ["resolve", "query"], "the newest first");
    let rows = server.get("/api/v1/review?kind=entry", Some(&bob)).json();
    let found = rows["rows"].as_array().unwrap().iter().find(|r| r["subject"] == "entry:5").unwrap().clone();
    assert_eq!((found["state"].as_str(), found["review"].as_str()), (Some("locked"), Some("unreviewed")));
}

#[test]
fn ledg_7_who_reads_an_entry_is_gone_after_a_while() {
    let (server, _place, _runtime) = with_the_worked_month();
    let (ann, bob) = (server.person("ann", &[Role::Reviewer]), server.person("bob", &[Role::Reviewer]));
    server.get("/ledger/entries/61", Some(&ann));
    assert!(server.get("/ledger/review", Some(&bob)).body.contains("ann reads it now"));
    assert!(server.get("/ledger/entries/61", Some(&bob)).body.contains("ann reads</b> this too"));
    server.later(Span::seconds(60));
    assert!(!server.get("/ledger/entries/61", Some(&bob)).body.contains("this too"));
}
