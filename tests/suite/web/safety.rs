//! WEB-4: headers on every answer, forgery refused, no inline script or style; WEB-2c; kill without script.

use desk::domain::bot::{Command, Origin, Role, Who};
use desk::domain::time::Span;
use tbot::web::routes::{Verb, all};

use super::client::{Answer, encoded, send};
use super::server::Server;

const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

fn dressed(answer: &Answer, what: &str) {
    for (name, value) in HEADERS {
        assert_eq!(answer.header(name), Some(*value), "{what}: {name}");
    }
    let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{what} has no policy"));
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{what}: {policy}");
    assert!(answer.header("permissions-policy").is_some() && answer.header("cache-control").is_some(), "{what}");
}

#[test]
fn web_4_every_answer_carries_the_headers_and_no_page_has_inline_script_or_style() {
    let server = Server::start();
    let person = server.person("root", &Role::ALL);
    for route in all().filter(|r| r.verb == Verb::Get && r.path != "/events") {
        let path = route
            .path
            .replace("{symbol}", "NVDA")
            .replace("{id}", "2026-11-20-AMD-close-203100")
            .replace("{name}", "app.js");
        for who in [Some(&person), None] {
            let answer = server.get(&path, who);
            dressed(&answer, &path);
            if answer.header("content-type").is_some_and(|t| t.starts_with("text/html")) {
                inline_free(&answer.body, &path);
            }
        }
    }
    dressed(&server.get("/nothing", None), "404");
    dressed(&server.post("/", Some(&person), &[]), "405");
    dressed(&server.post("/commands/kill", None, &[]), "signed out");
    dressed(&send(server.to, "POST", "/commands/kill", &[("Cookie", &person.cookie)], "x"), "forged");
}

fn inline_free(html: &str, what: &str) {
    for word in ["<style", " style=", " onclick=", " onload=", " onsubmit=", "javascript:"] {
        assert!(!html.contains(word), "{what} has {word}");
    }
    for tag in html.split("<script").skip(1) {
        assert!(tag.starts_with(" src=\"/static/"), "{what} has an inline script: {}", tag.get(..60).unwrap_or(tag));
    }
    assert_eq!(html.matches("<h1").count(), 1, "{what} has one heading of the first rank");
    let hosts = html.matches("src=\"http").count() + html.matches("<link rel=\"stylesheet\" href=\"http").count();
    assert_eq!(hosts, 0, "{what} loads from another host");
}

/// Headers in place of the good ones.
type Changed<'a> = &'a [(&'a str, &'a str)];

#[test]
fn web_4_what_another_site_sends_is_refused_and_does_nothing() {
    let server = Server::start();
    let (ann, bob) = (server.person("ann", &[Role::Operator]), server.person("bob", &[Role::Operator]));
    let own = format!("http://{}", server.to);
    let good: Vec<(&str, String)> = vec![
        ("Cookie", ann.cookie.clone()),
        ("Content-Type", "application/x-www-form-urlencoded".into()),
        ("Origin", own),
        ("Sec-Fetch-Site", "same-origin".into()),
    ];
    let try_it = |changed: &[(&str, &str)], form: &str| {
        let mut headers: Vec<(&str, &str)> = good.iter().map(|(n, v)| (*n, v.as_str())).collect();
        for (name, value) in changed {
            headers.retain(|(n, _)| n != name);
            headers.push((name, value));
        }
        send(server.to, "POST", "/commands/kill", &headers, &encoded(&[("form", form), ("key", "k1")]))
    };
    let table: &[(&str, Changed<'_>, &str)] = &[
        ("no secret", &[], ""),
        ("a wrong secret", &[], "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("another person's secret", &[], &bob.form),
        ("another site", &[("Sec-Fetch-Site", "cross-site")], &ann.form),
        ("another host of the same site", &[("Sec-Fetch-Site", "same-site")], &ann.form),
        ("another origin", &[("Origin", "https://evil.example")], &ann.form),
        ("an opaque origin", &[("Origin", "null")], &ann.form),
    ];
    for (what, changed, form) in table {
        let answer = try_it(changed, form);
        assert_eq!(answer.status, 403, "{what}");
        assert!(answer.body.contains("This form is not from here"), "{what}: {}", answer.body);
    }
    assert!(server.given().is_empty(), "nothing was done");
    assert_eq!(try_it(&[], &ann.form).status, 303);
    assert_eq!(server.given().len(), 1);
}

#[test]
fn web_2_a_kill_is_a_plain_form_and_pressing_twice_is_pressing_once() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::RiskOfficer]);
    let page = server.get("/", Some(&ann)).body;
    assert!(
        page.contains("popovertarget=\"kill\"") && page.contains("action=\"/commands/kill\""),
        "two clicks, no script"
    );
    let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for _ in 0..2 {
        let answer = server.post("/commands/kill", Some(&ann), &[("key", key), ("why", "feed looks wrong")]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/kill")));
    }
    let given = server.given();
    assert!(given.iter().all(|o| o.command == Command::Kill && o.why == "feed looks wrong" && o.key == given[0].key));
    assert_eq!((given[0].caller.who.clone(), given[0].caller.origin), (Who::Person("ann".into()), Origin::Web));
    assert_eq!(server.get("/kill", Some(&ann)).status, 200);
}

#[test]
fn web_5_a_key_is_good_for_one_command() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Operator]);
    let give = |verb: &str, key: &str, body: &str| {
        let path = format!("/api/v1/commands/{verb}");
        let headers = [
            ("Cookie", ann.cookie.as_str()),
            ("X-TBot-Form", &ann.form),
            ("Idempotency-Key", key),
            ("Content-Type", "application/json"),
        ];
        send(server.to, "POST", &path, &headers, body)
    };
    let first = give("start", "key-1", "{}");
    assert_eq!((first.status, &first.json()["message"]), (200, &"start is carried out.".into()));
    assert_eq!(give("start", "key-1", "{}").body, first.body, "the same key brings the same");
    assert_eq!(server.given().len(), 1);
    assert_eq!(give("resume", "key-1", "{}").json()["code"], "state", "another command with it does not");
    for (key, body, code) in
        [("", "{}", "invalid"), ("a b", "{}", "invalid"), ("key-2", "[1]", "invalid"), ("key-2", "{", "invalid")]
    {
        assert_eq!(give("start", key, body).json()["code"], code, "{key:?} {body}");
    }
    let refused = give("suspend_strategy", "key-3", "{\"strategy\":\"lunch\"}").json();
    assert!(refused["detail"].as_str().unwrap().contains("Allowed: open, mid, close"), "{refused}");
    assert_eq!(give("flatten", "key-4", "{\"symbol\":\"NVDA\",\"why\":\"late\"}").status, 200);
    assert_eq!(server.given().len(), 2);
}

#[test]
fn web_2c_an_idle_session_stops_kills_and_flattens_and_does_nothing_else() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Operator]);
    server.later(Span::minutes(61));
    assert_eq!(server.get("/", Some(&ann)).header("location"), Some("/sign-in"));
    for (verb, status) in
        [("stop", "/"), ("kill", "/kill"), ("flatten", "/"), ("start", "/sign-in"), ("pause", "/sign-in")]
    {
        let answer = server.post(&format!("/commands/{verb}"), Some(&ann), &[("key", "k")]);
        assert_eq!(answer.header("location"), Some(status), "{verb}");
    }
    assert_eq!(server.given().len(), 3);
    server.later(Span::minutes(12 * 60));
    let answer = server.post("/commands/kill", Some(&ann), &[("key", "k2")]);
    assert_eq!(answer.header("location"), Some("/sign-in"), "nothing after its absolute end");
    assert_eq!(server.given().len(), 3);
}

#[test]
fn web_4_cookies_are_strict_and_over_tls_bound_to_the_host() {
    for (secure, begins) in [(false, "tbot="), (true, "__Host-tbot=")] {
        let server = Server::start_at("127.0.0.1:0", secure);
        let person = server.add("ann", &[Role::Viewer], false);
        let link = server.link_for(tbot::store::people::Purpose::SignIn(person));
        let answer = server.post(&format!("/link/{link}"), None, &[]);
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.starts_with(begins), "{cookie}");
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
        assert_eq!(answer.header("strict-transport-security").is_some(), secure);
    }
}

#[test]
fn a_kill_does_not_wait_for_the_people_s_database() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Operator]);
    assert_eq!(server.get("/", Some(&ann)).status, 200);
    // Somebody holds the database, and then its tables are gone.
    server.break_people();
    let answer = server.post("/commands/kill", Some(&ann), &[("key", "k1")]);
    assert_eq!(answer.header("location"), Some("/kill"), "{}", answer.body);
    assert_eq!(server.given()[0].command, Command::Kill);
    assert_eq!(
        server.post("/commands/start", Some(&ann), &[("key", "k2")]).status,
        500,
        "what does not stop is not done"
    );
    assert_eq!(server.given().len(), 1);
    assert_eq!(server.post("/commands/kill", None, &[("key", "k3")]).header("location"), Some("/sign-in"));
}

/// WEB-2c, RISK-13: while the people's database is held by somebody else, a page says so with a time to come again; a kill
/// of a session that is known is carried out at once.
#[test]
fn web_2c_a_held_database_delays_pages_and_never_a_kill() {
    use sqlx::{Connection as _, Executor as _};
    let server = Server::start();
    let ann = server.person("ann", &[Role::Operator]);
    assert_eq!(server.get("/risk", Some(&ann)).status, 200);
    let path = server.folder.path().join("people.db");
    let held = server.wait(async {
        let mut held = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        held.execute("BEGIN EXCLUSIVE").await.unwrap();
        held
    });
    // So that this use has to be written down.
    server.later(desk::domain::time::Span::minutes(5));
    let killed = std::thread::scope(|scope| {
        let first = scope.spawn(|| server.get("/risk", Some(&ann)).status);
        std::thread::sleep(std::time::Duration::from_millis(300));
        let page = scope.spawn(|| server.get("/risk", Some(&ann)));
        let begun = tbot::gateway::clock::Stopwatch::start();
        let kill = scope.spawn(|| server.post("/commands/kill", Some(&ann), &[("key", "k1"), ("why", "now")]));
        let heard = || server.orders.lock().unwrap().iter().any(|o| o.command == desk::domain::bot::Command::Kill);
        while !heard() && begun.elapsed() < std::time::Duration::from_secs(5) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let took = begun.elapsed();
        let page = page.join().unwrap();
        assert_eq!((page.status, page.header("retry-after")), (503, Some("2")), "{}", page.body);
        assert!(page.body.contains("did not answer in time"), "{}", page.body);
        server.wait(held.close()).unwrap();
        assert!([200, 503].contains(&first.join().unwrap()));
        assert!(kill.join().unwrap().status < 400);
        took
    });
    assert!(killed < std::time::Duration::from_millis(1_500), "a kill waited for a database: {killed:?}");
}
