//! LEDG-2 in the browser: the chart of accounts is shown with its versions, and changed by whoever may.

use desk::domain::bot::Role;
use desk::domain::time::Span;
use tbot::store::people::AuditFilter;

use super::exports::month;
use super::server::{Person, Server};
use super::sign_in::{administrator, code, next_code};
use crate::places::Place;
use crate::store::sample as books;

const PAGE: &str = "/ledger/accounts";
const ADD: [(&str, &str); 5] =
    [("act", "add"), ("account", "5650"), ("name", "Market data"), ("side", "debit"), ("reason", "a vendor's bill")];

fn hash(body: &str) -> String {
    let from = body.split("name=\"shown\" value=\"").nth(1).unwrap_or_else(|| panic!("nothing is shown: {body}"));
    from.split('"').next().unwrap().to_owned()
}

/// Makes a change as it was shown, with a code or without.
fn make(server: &Server, who: &Person, fields: &[(&str, &str)], code: Option<&str>) -> super::client::Answer {
    let shown = hash(&server.post(PAGE, Some(who), fields).body);
    let mut all = fields.to_vec();
    all.extend([("step", "make"), ("shown", shown.as_str())]);
    all.extend(code.map(|code| ("code", code)));
    server.post(PAGE, Some(who), &all)
}

#[test]
fn ledg_2_the_page_shows_the_chart_and_only_an_administrator_changes_it() {
    let place = Place::sqlite();
    let (_runtime, reader) = month(&place);
    let server = Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader)));
    let rita = server.person("rita", &[Role::Reviewer]);
    let page = server.get(PAGE, Some(&rita)).body;
    for said in [
        "version 1 of the chart",
        "5110",
        "Commissions",
        "money, item by item",
        "The chart that every book begins with",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(!page.contains("Change the chart"), "{page}");
    assert_eq!(server.post(PAGE, Some(&rita), &ADD).status, 403);
    assert_eq!(server.get(PAGE, Some(&server.person("vera", &[Role::Viewer]))).status, 403);

    let (_, ann, secret) = administrator(&server, "ann");
    let next = || next_code(&secret, &server);
    assert!(server.get(PAGE, Some(&ann)).body.contains("Change the chart"));
    let shown = server.post(PAGE, Some(&ann), &ADD);
    assert!(
        shown.body.contains("This would be version 2") && shown.body.contains("5650 Market data added"),
        "{}",
        shown.body
    );
    // Without a code nothing is changed; with one it is, once.
    assert_eq!(make(&server, &ann, &ADD, None).status, 403);
    let done = make(&server, &ann, &ADD, Some(&next()));
    assert_eq!((done.status, done.header("location")), (303, Some("/ledger/accounts#versions")), "{}", done.body);
    let again = server.post(PAGE, Some(&ann), &ADD);
    assert_eq!(again.status, 422);
    assert!(again.body.contains("5650 is Market data already"), "{}", again.body);

    let audit = server.wait(server.people.audit(&AuditFilter::default(), 99, 99)).unwrap();
    let deeds: Vec<(String, String)> = audit.into_iter().map(|r| (r.what, r.object)).collect();
    for what in ["chart", "chart_changed"] {
        assert!(deeds.contains(&(what.to_owned(), "account:5650".to_owned())), "{what}: {deeds:?}");
    }
}

#[test]
fn ledg_2_of_two_who_change_the_chart_at_once_the_second_is_told() {
    let place = Place::sqlite();
    let (_runtime, reader) = month(&place);
    let server = Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader)));
    let (_, ann, of_ann) = administrator(&server, "ann");
    let (_, bob, of_bob) = administrator(&server, "bob");
    server.later(Span::seconds(60));
    let rename = [("act", "rename"), ("account", "5110"), ("name", "Brokerage"), ("reason", "as the auditors call it")];
    let shown = hash(&server.post(PAGE, Some(&bob), &rename).body);
    assert_eq!(make(&server, &ann, &ADD, Some(&code(&of_ann, &server))).status, 303);
    let code = code(&of_bob, &server);
    let late = [&rename[..], &[("step", "make"), ("shown", &shown), ("code", &code)]].concat();
    let told = server.post(PAGE, Some(&bob), &late);
    assert_eq!(told.status, 409);
    assert!(
        told.body.contains("Somebody else has changed the chart") && told.body.contains("This would be version 3"),
        "{}",
        told.body
    );
    assert!(told.body.contains("Brokerage"), "what was typed is kept");
}

#[test]
fn web_5_programs_read_the_chart_and_its_changes_are_told_first() {
    let place = Place::sqlite();
    let (_runtime, reader) = month(&place);
    let server = Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader)));
    let rita = server.person("rita", &[Role::Reviewer]);
    let chart = server.get("/api/v1/ledger/accounts", Some(&rita)).json();
    assert_eq!((chart["version"].as_u64(), chart["accounts"].as_array().map(Vec::len)), (Some(1), Some(39)));
    let cash = &chart["accounts"][0];
    assert_eq!(
        (cash["account"].as_str(), cash["type"].as_str(), cash["open"].as_bool()),
        (Some("1010"), Some("asset"), Some(true))
    );
    let person = &rita;
    let headers =
        [("Cookie", person.cookie.as_str()), ("X-TBot-Form", person.form.as_str()), ("Idempotency-Key", "k1")];
    let body = r#"{"act":"close","account":"5110","reason":"x"}"#;
    let refused = super::client::send(server.to, "POST", "/api/v1/ledger/accounts/change", &headers, body);
    assert_eq!(refused.status, 403, "{}", refused.body);
}
