//! LEDG-9 in the browser: a statement is imported, told, and becomes review items where it differs.

use std::fmt::Write as _;

use desk::domain::bot::Role;
use tbot::render::exports::Format;
use tbot::store::people::AuditFilter;

use super::client::{Answer, send};
use super::exports::month;
use super::server::{Person, Server};
use crate::exports::samples::{bare, journal};
use crate::places::Place;
use crate::store::sample as books;

fn served(place: &Place) -> (Server, tokio::runtime::Runtime) {
    let (runtime, reader) = month(place);
    (Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader))), runtime)
}

/// A form with a file, as browsers send it.
fn upload(server: &Server, person: &Person, file: &str, more: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, value) in [("form", person.form.as_str())].iter().chain(more) {
        let _ = write!(body, "--xYz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    let _ = write!(
        body,
        "--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"june.ofx\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{file}\r\n--xYz--\r\n"
    );
    let headers = [
        ("Cookie", person.cookie.as_str()),
        ("Content-Type", "multipart/form-data; boundary=xYz"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    send(server.to, "POST", "/ledger/reconciliation", &headers, &body)
}

fn ofx() -> String {
    let journal = journal("books-example");
    bare(&journal, journal.days().unwrap(), Format::Ofx)
}

#[test]
fn ledg_9_a_statement_that_agrees_is_imported_once() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place);
    let rita = server.person("rita", &[Role::Reviewer]);
    let empty = server.get("/ledger/reconciliation", Some(&rita)).body;
    assert!(empty.contains("No statement is imported yet") && empty.contains("Import a statement"), "{empty}");
    let first = upload(&server, &rita, &ofx(), &[]);
    assert_eq!(
        (first.status, first.header("location")),
        (303, Some("/ledger/reconciliation/1?said=new")),
        "{}",
        first.body
    );
    let again = upload(&server, &rita, &ofx(), &[]);
    assert_eq!(again.header("location"), Some("/ledger/reconciliation/1?said=known"), "{}", again.body);
    let page = server.get("/ledger/reconciliation/1?said=known", Some(&rita)).body;
    for said in ["The statement agrees with the books", "imported before", "href=\"/ledger/entries/5\"", "june.ofx"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let list = server.get("/ledger/reconciliation", Some(&rita)).body;
    assert!(list.contains("agrees") && list.matches("june.ofx").count() == 1, "{list}");
    let audit = server.wait(server.people.audit(&AuditFilter::default(), 99, 99)).unwrap();
    assert_eq!(audit.iter().filter(|r| r.what == "statement_imported" && r.who == "rita").count(), 1);
}

#[test]
fn ledg_9_what_differs_is_told_to_the_cent_and_becomes_review_items_once() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place);
    let rita = server.person("rita", &[Role::Reviewer]);
    // A cent more on a sale, and a fee that is not there.
    let changed = ofx().replacen("<TOTAL>10239.00</TOTAL>", "<TOTAL>10239.01</TOTAL>", 1);
    let start = changed.find("<INVBANKTRAN><STMTTRN><TRNTYPE>FEE").unwrap();
    let end = start + changed[start..].find("</INVBANKTRAN>").unwrap() + "</INVBANKTRAN>".len();
    let changed = format!("{}{}", &changed[..start], &changed[end..]);
    let answer = upload(&server, &rita, &changed, &[]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = server.get("/ledger/reconciliation/1", Some(&rita)).body;
    for said in ["does not agree", "amount <b>+0.01</b>", "not in the statement", "Make a review item"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // The tables are a file, all of them, for whoever may take one.
    assert!(page.contains("/ledger/views/statement-1.csv"), "{page}");
    let csv = server.get("/ledger/views/statement-1.csv", Some(&rita));
    assert_eq!(csv.status, 200, "{}", csv.body);
    let of = |part: &str| csv.body.lines().filter(|l| l.starts_with(part)).collect::<Vec<_>>();
    assert_eq!(of("differing,").len(), 2, "the pair, and what differs of it: {}", csv.body);
    assert!(of("differing,")[1].trim_end().ends_with("amount,10239.01,10239.00,0.01"), "{:?}", of("differing,"));
    assert_eq!((of("books only,").len(), of("statement only,").len()), (1, 0));
    assert!(of("matched,").len() > 20 && !of("cash moved,").is_empty() && !of("held at the end,").is_empty());
    let vera = server.person("vera", &[Role::Viewer]);
    assert_eq!(server.get("/ledger/views/statement-1.csv", Some(&vera)).status, 403);
    assert_eq!(server.get("/ledger/views/statement-9.csv", Some(&rita)).status, 404);
    let raise = |source: &str| {
        let fields = [("act", "raise"), ("source", source)];
        server.post("/ledger/reconciliation/1", Some(&rita), &fields)
    };
    let place = page.find("name=\"source\" value=\"").unwrap() + "name=\"source\" value=\"".len();
    let source: String = page[place..].chars().take_while(|c| *c != '"').collect();
    let items = || server.wait(server.people.reviewed(&books::identity())).unwrap().items;
    assert_eq!(raise(&source).header("location"), Some("/ledger/reconciliation/1?said=raised"));
    assert_eq!(items().len(), 1);
    let first = items().remove(&1).unwrap();
    assert!(first.title.contains("amount: statement 10239.01, books 10239.00 (0.01)"), "{}", first.title);
    assert_eq!(first.about.unwrap().to_string(), "entry:5");
    assert_eq!(raise("").status, 303);
    assert_eq!(raise("").status, 303);
    assert_eq!(items().len(), 2, "each difference once");
    let page = server.get("/ledger/reconciliation/1", Some(&rita)).body;
    assert!(page.contains("review item 1") && page.contains("review item 2"), "{page}");
    assert_eq!(raise("statement:nothing").status, 409);
    let again = server.post("/ledger/reconciliation/1", Some(&rita), &[("act", "again")]);
    assert_eq!(again.header("location"), Some("/ledger/reconciliation/1?said=again"), "{}", again.body);
}

#[test]
fn ledg_9_a_file_that_cannot_be_read_is_refused_with_its_line_and_changes_nothing() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place);
    let rita = server.person("rita", &[Role::Reviewer]);
    let otto = server.person("otto", &[Role::Operator]);
    for (file, more, says) in [
        ("", vec![], "No file came"),
        ("hello", vec![], "neither OFX nor CSV"),
        ("date,amount\n2026-06-01,x\n", vec![], "line 2, amount"),
        ("day,sum\n2026-06-01,1\n", vec![("mapping", "date = day\namount = total")], "no column &quot;total&quot;"),
        ("date,amount\n2026-06-01,1\n", vec![("from", "june")], "is no day"),
    ] {
        let answer = upload(&server, &rita, file, &more);
        assert!(answer.status == 422 && answer.body.contains(says), "{file}: {} {}", answer.status, answer.body);
    }
    assert_eq!(upload(&server, &otto, &ofx(), &[]).status, 403);
    let forged = Person { form: "x".to_owned(), ..rita.clone() };
    assert_eq!(upload(&server, &forged, &ofx(), &[]).status, 403);
    let large = upload(&server, &rita, &"x".repeat(9 * 1024 * 1024), &[]);
    assert!(large.status == 422 && large.body.contains("too long"), "{}", large.status);
    assert!(server.wait(server.people.statements(&books::identity(), 9)).unwrap().is_empty());
    for path in ["/ledger/reconciliation/1", "/ledger/reconciliation/x", "/ledger/reconciliation/0"] {
        assert_eq!(server.get(path, Some(&rita)).status, 404, "{path}");
    }
}

#[test]
fn ledg_9_programs_import_by_the_same_rules() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place);
    let rita = server.person("rita", &[Role::Reviewer]);
    let path = "/api/v1/ledger/statements/import?name=june.ofx";
    let ask = |key: &str| {
        let headers = [
            ("Cookie", rita.cookie.as_str()),
            ("X-TBot-Form", rita.form.as_str()),
            ("Idempotency-Key", key),
            ("Content-Type", "application/octet-stream"),
        ];
        send(server.to, "POST", path, &headers, &ofx())
    };
    assert_eq!(ask("a").json(), serde_json::json!({ "number": 1, "new": true }));
    assert_eq!(ask("a").status, 204, "the same key acts once");
    assert_eq!(ask("b").json(), serde_json::json!({ "number": 1, "new": false }));
    let rows = server.get("/api/v1/ledger/statements", Some(&rita)).json();
    assert_eq!((&rows["rows"][0]["agrees"], &rows["rows"][0]["name"]), (&true.into(), &"june.ofx".into()));
    let one = server.get("/api/v1/ledger/statements/1", Some(&rita)).json();
    assert!(one["result"]["matched"].as_array().unwrap().len() > 20, "{one}");
}
