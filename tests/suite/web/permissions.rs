//! WEB-2a: every route, method and role against the one table; what is not in it does not exist.

use desk::domain::bot::{Action, Need, Role, Roles, permit};
use tbot::web::routes::{Needs, Route, Verb, all};

use super::client::{Answer, head, open};
use super::server::{Person, Server};
use crate::sources::{ends_in, files};

/// An address with something in its blanks.
fn address(route: &Route) -> String {
    route
        .path
        .replace("{token}", &"A".repeat(43))
        .replace("{id}", "2026-11-20-AMD-close-203100")
        .replace("{symbol}", "NVDA")
        .replace("{seq}", "1")
        .replace("{day}", "2026-11-20")
        .replace("{number}", "1")
        .replace("{section}", "risk")
        .replace("{name}", "app.css")
}

fn ask(server: &Server, route: &Route, person: Option<&Person>) -> Answer {
    let path = address(route);
    if let (Some(person), "/events") = (person, route.path) {
        // The stream has no end; its head says enough.
        let (status, headers) = head(&mut open(server.to, "GET", &path, &[("Cookie", &person.cookie)], ""));
        return Answer { status, headers, body: String::new() };
    }
    match route.verb {
        Verb::Get => server.get(&path, person),
        Verb::Post => {
            server.post(&path, person, &[("key", "k"), ("name", "x"), ("mode", "paper"), ("strategy", "mid")])
        }
    }
}

/// What the guard said: let through, sign in first, not with these roles, a code is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Through,
    SignIn,
    NotYou,
    Code,
}

fn said(answer: &Answer) -> Said {
    let to_sign_in = answer.header("location").is_some_and(|l| l.starts_with("/sign-in"));
    let has = |code: &str, title: &str| {
        answer.status == 403 && (answer.body.contains(&format!("\"code\":\"{code}\"")) || answer.body.contains(title))
    };
    match answer.status {
        303 if to_sign_in => Said::SignIn,
        401 if answer.body.contains("\"code\":\"sign_in\"") => Said::SignIn,
        _ if has("forbidden", "Not with your roles") => Said::NotYou,
        _ if has("step_up", "A one-time code is needed") => Said::Code,
        403 => panic!("403 without its reason: {}", answer.body),
        _ => Said::Through,
    }
}

/// Whether settings that ask for each key's own right are refused all the same: a section to those who may change nothing in
/// it, a form without keys to those who may not read them all.
fn no_key_of_theirs(route: &Route, roles: Roles) -> bool {
    let may = |action| permit(roles, action).is_ok();
    match route.path {
        "/settings/sections/{section}" => !may(Action::ReadSystem) && !may(Action::Halt),
        "/settings/draft" | "/settings/apply" => !may(Action::ReadSystem),
        _ => false,
    }
}

fn expected(route: &Route, roles: Option<Roles>) -> Said {
    if roles.is_some_and(|roles| no_key_of_theirs(route, roles)) {
        return Said::NotYou;
    }
    match (route.needs, roles) {
        (Needs::Nothing, _) | (Needs::SignedIn, Some(_)) => Said::Through,
        (_, None) => Said::SignIn,
        (Needs::Action(action), Some(roles)) => match (permit(roles, action), route.verb) {
            (Err(_), _) => Said::NotYou,
            (Ok(Need::StepUp), Verb::Post) => Said::Code,
            (Ok(_), _) => Said::Through,
        },
    }
}

#[test]
fn web_2a_every_route_opens_for_whom_the_table_says_and_for_nobody_else() {
    let server = Server::start();
    let people: Vec<(Roles, i64)> = Role::ALL
        .into_iter()
        .map(|r| (Roles::of(&[r]), server.add(&r.as_str().replace('_', "-"), &[r], false)))
        .collect();
    let mut faults = Vec::new();
    let mut count = 0;
    for route in all() {
        let visitors = people.iter().map(|(roles, id)| (Some(*roles), Some(*id))).chain([(None, None)]);
        for (roles, id) in visitors {
            // A session of its own for each: some routes end it. Signing out is led to the sign-in page.
            let person = id.map(|id| server.session_of(id));
            let found = ask(&server, route, person.as_ref());
            let signed_out = route.path == "/sign-out" && id.is_some();
            let found_said = if signed_out { Said::Through } else { said(&found) };
            if found_said != expected(route, roles) {
                faults.push(format!("{route:?} for {roles:?}: {found_said:?} ({})", found.status));
            }
            if found.status >= 500 {
                faults.push(format!("{route:?} for {roles:?}: {} {}", found.status, found.body));
            }
            count += 1;
        }
    }
    assert!(count > 500, "{count} combinations");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let refused = server.wait(server.people.audit(
        &tbot::store::people::AuditFilter { what: "refused".into(), ..Default::default() },
        u64::MAX,
        1_000,
    ));
    assert!(refused.unwrap().len() > 100, "every refusal is in the audit");
}

#[test]
fn a_method_or_an_address_that_the_table_lacks_does_not_exist() {
    let server = Server::start();
    let everybody = server.person("root", &Role::ALL);
    let cookie = [("Cookie", everybody.cookie.as_str())];
    let mut paths: Vec<&str> = all().map(|r| r.path).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let known: Vec<Verb> = all().filter(|r| r.path == path).map(|r| r.verb).collect();
        let route = all().find(|r| r.path == path).unwrap();
        let methods =
            [("GET", Some(Verb::Get)), ("POST", Some(Verb::Post)), ("PUT", None), ("DELETE", None), ("PATCH", None)];
        for (method, verb) in methods {
            if verb.is_some_and(|v| known.contains(&v)) {
                continue;
            }
            let answer = super::client::send(server.to, method, &address(route), &cookie, "");
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    for path in ["/nothing", "/api/v1/nothing", "/static/../Cargo.toml", "/commands/nothing", "/api/v1/commands/", "//"]
    {
        assert_eq!(server.get(path, Some(&everybody)).status, 404, "{path}");
    }
}

#[test]
fn routes_are_registered_in_the_table_alone() {
    let words = ["web::resource(", ".route(", "web::scope(", "#[get(", "#[post(", ".service("];
    for source in files("src/web", |path| ends_in(path, "rs")) {
        for word in words {
            let here = source.text.contains(word);
            assert!(!here || source.path == "src/web/routes.rs", "{}: {word}", source.path);
        }
    }
}

#[test]
fn a_refusal_says_who_could() {
    let server = Server::start();
    let reviewer = server.person("rita", &[Role::Reviewer]);
    let page = server.post("/commands/start", Some(&reviewer), &[("key", "k")]);
    assert_eq!(page.status, 403);
    assert!(
        page.body.contains("This needs an operator or an administrator. You are signed in as reviewer."),
        "{}",
        page.body
    );
    let problem = server.post("/api/v1/commands/start", Some(&reviewer), &[]);
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    assert_eq!(problem.json()["code"], "forbidden");
    // Nothing that the role may not do is offered either.
    let dashboard = server.get("/", Some(&reviewer)).body;
    assert!(!dashboard.contains("Kill now") && !dashboard.contains("/commands/start"), "{dashboard}");
    assert!(dashboard.contains("Stop and Kill: an operator, a risk officer or an administrator"));
    assert!(!dashboard.contains("href=\"/audit\"") && dashboard.contains("href=\"/ledger\""));
    assert!(server.given().is_empty());
}
