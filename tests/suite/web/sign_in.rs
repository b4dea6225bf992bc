//! Coming in, going out, lock-out, codes, registration, links.

use data_encoding::BASE32_NOPAD;
use desk::domain::bot::{Role, Roles};
use desk::domain::time::Span;
use tbot::store::people::{AuditFilter, PersonId, Purpose};

use super::client::Answer;
use super::server::{PASSWORD, Person, Server};

fn sign_in(server: &Server, name: &str, password: &str, code: &str) -> Answer {
    server.post("/sign-in", None, &[("name", name), ("password", password), ("code", code), ("next", "/trades")])
}

/// Whoever comes in with this answer.
fn come_in(server: &Server, answer: &Answer) -> Person {
    let cookie = answer.cookie().expect("a session");
    let person = Person { cookie, form: String::new() };
    let form = server.get("/account", Some(&person)).form();
    Person { form, ..person }
}

fn deeds(server: &Server, what: &str) -> usize {
    let filter = AuditFilter { what: what.to_owned(), ..AuditFilter::default() };
    server.wait(server.people.audit(&filter, u64::MAX, 1_000)).unwrap().len()
}

#[test]
fn the_first_administrator_registers_by_a_link_that_works_once() {
    let server = Server::start();
    let link = server.link_for(Purpose::Register);
    let path = format!("/register/{link}");
    assert_eq!(server.get(&path, None).status, 200);
    // WEB-7: what is wrong is said beside its field, what was typed is kept, nothing is changed.
    let bad = server.post(&path, None, &[("name", "Ann Smith"), ("password", "short"), ("again", "short")]);
    assert_eq!(bad.status, 422);
    assert!(bad.body.contains("value=\"Ann Smith\"") && bad.body.contains("cannot be a name"), "{}", bad.body);
    assert!(bad.body.contains("at least 15 are needed") && !bad.body.contains("value=\"short\""), "{}", bad.body);
    assert_eq!(server.wait(server.people.count()).unwrap(), 0);

    let good = server.post(&path, None, &[("name", "ann"), ("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!((good.status, good.header("location")), (303, Some("/account")));
    let ann = come_in(&server, &good);
    assert_eq!(server.get("/users", Some(&ann)).status, 200, "an administrator");
    let person = server.wait(server.people.named("ann")).unwrap().unwrap();
    assert_eq!(person.roles, Roles::ADMINISTRATOR);

    let again = server.post(&path, None, &[("name", "eve"), ("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(again.status, 404, "the link is used up");
    let second = server.link_for(Purpose::Register);
    assert_eq!(server.get(&format!("/register/{second}"), None).status, 404, "there is somebody already");
    assert_eq!(server.wait(server.people.count()).unwrap(), 1);
    assert_eq!(deeds(&server, "registered"), 1);
}

#[test]
fn a_sign_in_shows_which_bot_it_is_and_leads_on() {
    let server = Server::start();
    server.add("ann", &[Role::Operator], true);
    let page = server.get("/sign-in?next=/trades", None);
    for shown in ["SIMULATED", "RIGD_US_SIM_01", "trading", "value=\"/trades\""] {
        assert!(page.body.contains(shown), "{shown}");
    }
    let good = sign_in(&server, "ann", PASSWORD, "");
    assert_eq!((good.status, good.header("location")), (303, Some("/trades")));
    let ann = come_in(&server, &good);
    assert!(server.get("/account", Some(&ann)).body.contains("this one"));
    assert_eq!(server.post("/sign-out", Some(&ann), &[]).header("location"), Some("/sign-in"));
    assert_eq!(server.get("/", Some(&ann)).header("location"), Some("/sign-in"), "the cookie opens nothing any more");
    assert_eq!((deeds(&server, "signed_in"), deeds(&server, "signed_out")), (1, 1));
}

#[test]
fn web_4_a_wrong_name_and_a_wrong_password_are_answered_alike_and_lock() {
    let server = Server::start();
    server.add("ann", &[Role::Operator], true);
    let wrong = sign_in(&server, "ann", "wrong password of ann", "");
    let nobody = sign_in(&server, "nobody", "wrong password of ann", "");
    assert_eq!((wrong.status, nobody.status), (401, 401));
    assert_eq!(wrong.body.replace("ann", "nobody"), nobody.body.replace("ann", "nobody"));
    server.later(Span::seconds(60));
    for _ in 0..4 {
        assert_eq!(sign_in(&server, "ann", "wrong", "").status, 401);
        server.later(Span::seconds(6));
    }
    let locked = sign_in(&server, "ann", PASSWORD, "");
    assert_eq!(locked.status, 429, "the right password does not open a locked name");
    assert!(locked.body.contains("Too many attempts with this name"), "{}", locked.body);
    assert_eq!(deeds(&server, "locked_out"), 1);
    server.later(Span::seconds(30));
    assert_eq!(sign_in(&server, "ann", PASSWORD, "").status, 303);
}

#[test]
fn web_4_one_address_has_ten_attempts_and_then_one_each_six_seconds() {
    let server = Server::start();
    let path = format!("/link/{}", "A".repeat(43));
    let statuses: Vec<u16> = (0..12).map(|_| server.get(&path, None).status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 404).count(), 10, "{statuses:?}");
    let late = server.get(&path, None);
    assert_eq!((late.status, late.header("retry-after").is_some()), (429, true));
    server.later(Span::seconds(7));
    assert_eq!(server.get(&path, None).status, 404);
}

#[test]
fn web_4_a_link_lets_in_once_and_a_look_at_it_uses_nothing_up() {
    let server = Server::start();
    let person = server.add("ann", &[Role::Viewer], false);
    let path = format!("/link/{}", server.link_for(Purpose::SignIn(person)));
    for _ in 0..2 {
        assert!(server.get(&path, None).body.contains("Sign in as ann"));
    }
    assert_eq!(server.post(&path, None, &[]).header("location"), Some("/"));
    assert_eq!(server.post(&path, None, &[]).status, 404);
    let late = format!("/link/{}", server.link_for(Purpose::SignIn(person)));
    server.later(Span::minutes(61));
    assert_eq!(server.get(&late, None).status, 404, "its time is over");
}

/// An administrator who is signed in and has one-time codes.
pub(crate) fn administrator(server: &Server, name: &str) -> (PersonId, Person, String) {
    with_codes(server, name, &[Role::Administrator])
}

/// Somebody with these roles and one-time codes.
pub(crate) fn with_codes(server: &Server, name: &str, roles: &[Role]) -> (PersonId, Person, String) {
    let id = server.add(name, roles, false);
    let secret = server.wait(server.people.begin_codes(id, name, "X")).unwrap().secret.to_string();
    server.wait(server.people.confirm_codes(id, &code(&secret, server), server.now())).unwrap().unwrap();
    (id, server.session_of(id), secret)
}

/// A code that was not used before.
pub(crate) fn next_code(secret: &str, server: &Server) -> String {
    server.later(Span::seconds(60));
    code(secret, server)
}

pub(crate) fn code(secret: &str, server: &Server) -> String {
    let plain: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes: [u8; 20] = BASE32_NOPAD.decode(plain.as_bytes()).unwrap().try_into().unwrap();
    let totp = totp_rs::Builder::new().with_secret(bytes).build().unwrap();
    totp.generate(u64::try_from(server.now().seconds()).unwrap()).to_string()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).unwrap_or_else(|| panic!("{from} in {text}")).split(to).next().unwrap()
}

#[test]
fn web_3_codes_are_asked_for_at_the_door_and_for_what_loosens_each_once() {
    let server = Server::start();
    server.add("ann", &[Role::Administrator], true);
    let ann = come_in(&server, &sign_in(&server, "ann", PASSWORD, ""));
    let reset = |person: &Person, key: &str, code: &str| {
        server.post("/commands/reset_kill", Some(person), &[("key", key), ("code", code), ("why", "it is well again")])
    };
    assert!(reset(&ann, "k0", "000000").body.contains("has none set up"));

    let setup = server.post("/account/codes", Some(&ann), &[]).body;
    let secret = between(&setup, "<code class=\"secret\">", "</code>").to_owned();
    let wrong = server.post("/account/codes/confirm", Some(&ann), &[("code", "000000")]);
    assert!(wrong.body.contains("This code is not right"), "{}", wrong.body);
    let first = code(&secret, &server);
    let done = server.post("/account/codes/confirm", Some(&ann), &[("code", &first)]).body;
    let recovery = between(&done, "<ol class=\"codes\"><li><code>", "</code>").to_owned();
    assert_eq!(done.matches("<li><code>").count(), 10);

    assert_eq!(reset(&ann, "k1", "").status, 403, "no code");
    assert_eq!(reset(&ann, "k2", &first).status, 403, "the code was used");
    server.later(Span::seconds(60));
    let second = code(&secret, &server);
    assert_eq!(reset(&ann, "k3", &second).header("location"), Some("/kill"));
    assert_eq!(reset(&ann, "k4", &second).status, 403, "each act needs its own");
    let given = server.given();
    assert_eq!((given.len(), given[0].caller.stepped_up), (1, true));

    assert_eq!(sign_in(&server, "ann", PASSWORD, "").status, 401, "the password alone does not open");
    server.later(Span::seconds(60));
    let third = code(&secret, &server);
    assert_eq!(sign_in(&server, "ann", PASSWORD, &third).status, 303);
    assert_eq!(sign_in(&server, "ann", PASSWORD, &third).status, 401, "no replay");
    assert_eq!(sign_in(&server, "ann", PASSWORD, &recovery.to_uppercase()).status, 303);
    assert_eq!(sign_in(&server, "ann", PASSWORD, &recovery).status, 401, "a recovery code opens once");
}

#[test]
fn web_4_sessions_are_revoked_by_their_owner_alone() {
    let server = Server::start();
    let id = server.add("ann", &[Role::Operator], false);
    let (here, there) = (server.session_of(id), server.session_of(id));
    let bob = server.person("bob", &[Role::Operator]);
    let lines = server.wait(server.people.sessions(id, server.now())).unwrap();
    let there_id = lines.iter().map(|l| l.session).max().unwrap().to_string();
    server.post("/account/sessions/revoke", Some(&bob), &[("session", &there_id)]);
    assert_eq!(server.get("/", Some(&there)).status, 200, "another person cannot end it");
    server.post("/account/sessions/revoke", Some(&here), &[("session", &there_id)]);
    assert_eq!(server.get("/", Some(&there)).status, 303);
    assert_eq!(server.get("/", Some(&here)).status, 200);

    // Another password ends every other session.
    let other = server.session_of(id);
    let changed = server.post("/account/password", Some(&here), &[("new", PASSWORD)]);
    assert!(changed.body.contains("All other sessions"), "{}", changed.body);
    assert_eq!((server.get("/", Some(&other)).status, server.get("/", Some(&here)).status), (303, 200));
}

#[test]
fn web_5_a_personal_token_can_do_what_it_was_given_and_its_owner_may() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Operator, Role::Reviewer]);
    let page = server.post("/account/tokens", Some(&ann), &[("label", "reports"), ("role_reviewer", "on")]).body;
    let token = between(&page, "shown this once: ", "</p>").to_owned();
    let with = |path: &str, method: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "k")];
        super::client::send(server.to, method, path, &headers, "").status
    };
    assert_eq!(with("/api/v1/board", "GET", &token), 200);
    assert_eq!(with("/metrics", "GET", &token), 200);
    assert_eq!(with("/api/v1/commands/start", "POST", &token), 403, "the token is not an operator's");
    assert_eq!(with("/api/v1/board", "GET", &format!("{token}x")), 401);
    assert_eq!(with("/api/v1/board", "GET", "tbot_nonsense"), 401);
    assert!(!server.get("/account", Some(&ann)).body.contains(&token), "never shown again");
    server.later(Span::minutes(91 * 24 * 60));
    assert_eq!(with("/api/v1/board", "GET", &token), 401, "it has an end");
}

#[test]
fn the_last_administrator_stays_and_others_come_by_link() {
    let server = Server::start();
    let (id, ann, secret) = administrator(&server, "ann");
    let next = || next_code(&secret, &server);
    let id_text = id.to_string();
    let alone =
        server.post("/users/roles", Some(&ann), &[("person", &id_text), ("role_viewer", "on"), ("code", &next())]);
    assert!(alone.body.contains("ann is the only administrator"), "{}", alone.body);
    let added = server.post("/users", Some(&ann), &[("name", "bob"), ("role_viewer", "on"), ("code", &next())]);
    assert_eq!(added.status, 200, "{}", added.body);
    let link = between(&added.body, "/link/", " ").to_owned();
    let bob = come_in(&server, &server.post(&format!("/link/{link}"), None, &[]));
    assert_eq!((server.get("/", Some(&bob)).status, server.get("/users", Some(&bob)).status), (200, 403));
    let bob_id = server.wait(server.people.named("bob")).unwrap().unwrap().id.to_string();
    let taken = server.post("/users", Some(&ann), &[("name", "bob"), ("role_viewer", "on"), ("code", &next())]);
    assert!(taken.body.contains("The name bob is taken"), "{}", taken.body);
    server.post("/users/disable", Some(&ann), &[("person", &bob_id), ("disabled", "yes"), ("code", &next())]);
    assert_eq!(server.get("/", Some(&bob)).status, 303, "kept out at once");
}
