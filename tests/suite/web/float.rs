//! LEDG-10 in the browser and for programs: a reviewer assigns the float as accounting's document says.

use desk::domain::bot::Role;
use tbot::store::people::AuditFilter;

use super::client::{Answer, send};
use super::server::{Person, Server};
use super::sign_in::{next_code, with_codes};

const PAGE: &str = "/ledger/float";
const API: &str = "/api/v1/ledger/float";

fn typed<'a>(document: &'a str, float: &'a str, code: &'a str) -> Vec<(&'static str, &'a str)> {
    let common = [("assigned_by", "Treasury"), ("currency", "USD"), ("from", "2026-11-23"), ("cash", "")];
    [("document", document), ("float", float), ("code", code)].into_iter().chain(common).collect()
}

fn api(server: &Server, person: &Person, key: &str, body: &str) -> Answer {
    let headers = [
        ("Cookie", person.cookie.as_str()),
        ("X-TBot-Form", &person.form),
        ("Idempotency-Key", key),
        ("Content-Type", "application/json"),
    ];
    send(server.to, "POST", API, &headers, body)
}

#[test]
fn ledg_10_a_reviewer_assigns_the_float_and_raising_it_needs_a_code() {
    let server = Server::start();
    let (_, rita, secret) = with_codes(&server, "rita", &[Role::Reviewer]);
    let olga = server.person("olga", &[Role::Operator, Role::Administrator]);
    let page = server.get(PAGE, Some(&olga)).body;
    assert!(page.contains("30,000.00") && page.contains("Nothing is assigned yet"), "{page}");
    assert!(!page.contains("Assign this float"), "it is accounting's, and no administrator's");
    assert!(page.contains("a reviewer assigns another") && !page.contains("the form below"), "{page}");
    assert_eq!(server.post(PAGE, Some(&olga), &typed("D-1", "20000", "")).status, 403);
    assert_eq!(server.get(PAGE, Some(&server.person("vera", &[Role::Viewer]))).status, 403);

    // WEB-7: what is wrong stands beside its field, what was typed is kept, nothing is changed.
    let bad = [("document", "D-1"), ("float", "lots"), ("from", "lunch"), ("currency", "USD")];
    let wrong = server.post(PAGE, Some(&rita), &bad);
    assert_eq!(wrong.status, 422);
    for said in ["An amount like 50000.00 is needed", "A date like 2026-11-23", "value=\"lots\"", "value=\"D-1\""] {
        assert!(wrong.body.contains(said), "{said}: {}", wrong.body);
    }
    let nothing = server.post(PAGE, Some(&rita), &typed("D-1", "0.5", ""));
    assert!(nothing.status == 422 && nothing.body.contains("Allowed: 1.00 to 1000000000.00"), "{}", nothing.body);

    let lowered = server.post(PAGE, Some(&rita), &typed("D-1", "20000", ""));
    assert_eq!(
        (lowered.status, lowered.header("location")),
        (303, Some("/ledger/float#assignments")),
        "{}",
        lowered.body
    );
    // WEB-3: what raises needs a code, a right one, once.
    let raised = |code: &str| server.post(PAGE, Some(&rita), &typed("D-2", "40000", code));
    let without = raised("");
    assert!(
        without.status == 422 && without.body.contains("this raises the float from 20000.00 to 40000.00"),
        "{}",
        without.body
    );
    assert_eq!(raised("000000").status, 403);
    let code = next_code(&secret, &server);
    assert_eq!(raised(&code).status, 303);
    assert_eq!(raised(&code).status, 403, "a code is used once");
    let page = server.get(PAGE, Some(&rita)).body;
    for said in ["40,000.00", "D-1", "D-2", "Treasury", "rita", "as the float"] {
        assert!(page.contains(said), "{said}: {page}");
    }

    let audit = server.wait(server.people.audit(&AuditFilter::default(), 99, 99)).unwrap();
    let of = |what: &str| audit.iter().find(|r| r.what == what && r.object == "float:D-2").unwrap().detail.clone();
    assert_eq!(of("assign_float")["code"], true);
    let done = of("float_assigned");
    assert_eq!((done["before"].as_str(), done["after"].as_str()), (Some("20000.00"), Some("40000.00")), "{done}");
    assert!(audit.iter().any(|r| r.what == "float_refused" && r.detail["refused"] == "step_up"));
}

#[test]
fn ledg_10_programs_assign_and_the_same_key_and_document_act_once() {
    let server = Server::start();
    let rita = server.person("rita", &[Role::Reviewer]);
    let body = r#"{"document":"D-7","assigned_by":"Treasury","float":"25000.00","currency":"USD","from":"2026-11-23","cash":"-5000.00"}"#;
    let told = api(&server, &rita, "k1", body);
    assert_eq!((told.status, &told.json()["new"]), (200, &true.into()), "{}", told.body);
    assert_eq!(told.json()["assigned"]["before"], "30000.00");
    assert_eq!(api(&server, &rita, "k1", body).status, 204, "the same key acts once");
    let again = api(&server, &rita, "k2", body);
    assert_eq!((again.status, &again.json()["new"]), (200, &false.into()), "{}", again.body);
    let raising = body.replace("D-7", "D-8").replace("25000", "26000");
    let refused = api(&server, &rita, "k3", &raising);
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("step_up")), "{}", refused.body);
    let odd = api(&server, &rita, "k4", &body.replace("25000.00", "much"));
    assert!(odd.status == 422 && odd.body.contains("float: An amount"), "{} {}", odd.status, odd.body);
    let read = server.get(API, Some(&rita)).json();
    assert_eq!(
        (read["float"].as_str(), read["assignments"][0]["assignment"]["cash"].as_str()),
        (Some("25000.00"), Some("-5000.00"))
    );
    assert_eq!(read["assignments"].as_array().map(Vec::len), Some(1));
}
