//! WEB-5: the API describes itself, the description is true, and every error is a problem document.

use std::collections::BTreeSet;

use desk::domain::bot::Role;
use desk::domain::chart::{AccountType, Carries, ChartRow, NormalSide};
use desk::domain::time::Span;
use serde_json::Value;
use tbot::store::{self, Batch};
use tbot::web::HostLine;
use tbot::web::routes::all;

use super::client::{Answer, send};
use super::exports::month;
use super::server::{PASSWORD, Person, Server};
use super::sign_in::{administrator, code, next_code};
use crate::places::Place;
use crate::store::sample as books;

fn described(path: &str) -> bool {
    path.starts_with("/api/") || ["/health", "/ready", "/metrics"].contains(&path)
}

fn document(server: &Server, person: &Person) -> Value {
    let answer = server.get("/api/openapi.json", Some(person));
    assert_eq!(answer.status, 200);
    answer.json()
}

#[test]
fn web_5_routes_and_document_say_the_same_both_ways() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let document = document(&server, &ann);
    assert_eq!(document["openapi"], "3.1.0");
    let routes: BTreeSet<(String, String)> = all()
        .filter(|r| described(r.path))
        .map(|r| (r.path.to_owned(), r.verb.method().as_str().to_lowercase()))
        .collect();
    let paths = document["paths"].as_object().unwrap();
    let told = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())).collect::<Vec<_>>()
    });
    let told: BTreeSet<(String, String)> = told.collect();
    assert_eq!(routes, told);
    assert!(told.len() > 35, "{}", told.len());
    let mut ids = BTreeSet::new();
    for (path, method) in &told {
        let operation = &document["paths"][path][method];
        for part in ["summary", "operationId", "description", "responses", "security", "tags"] {
            assert!(!operation[part].is_null(), "{method} {path} lacks {part}");
        }
        assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: its operationId is another's");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for blank in path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            let found = parameters.iter().any(|p| p["in"] == "path" && p["name"] == blank);
            assert!(found, "{path} does not describe {blank}");
        }
        let key = parameters.iter().find(|p| p["name"] == "Idempotency-Key").map(|p| p["required"] == true);
        // A kill alone is taken without one.
        let expected = (method == "post").then_some(!path.ends_with("/kill"));
        assert_eq!(key, expected, "{method} {path}");
    }
    no_loose_ends(&document, &document);
}

/// Every reference leads somewhere.
fn no_loose_ends(value: &Value, document: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(to)) = map.get("$ref") {
                assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to} leads nowhere");
            }
            map.values().for_each(|v| no_loose_ends(v, document));
        }
        Value::Array(all) => all.iter().for_each(|v| no_loose_ends(v, document)),
        _ => {}
    }
}

/// What of a value does not fit its schema.
fn misfits(value: &Value, schema: &Value, document: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(to) = schema["$ref"].as_str() {
        return misfits(value, document.pointer(to.trim_start_matches('#')).unwrap(), document, at, faults);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<Vec<String>> = any
            .iter()
            .map(|schema| {
                let mut faults = Vec::new();
                misfits(value, schema, document, at, &mut faults);
                faults
            })
            .collect();
        if !tried.iter().any(Vec::is_empty) {
            faults.extend(tried.into_iter().next().unwrap());
        }
        return;
    }
    let fits = match schema["type"].as_str() {
        None => true,
        Some("null") => value.is_null(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(other) => panic!("{at}: the type {other} is not looked at here"),
    };
    if !fits {
        faults.push(format!("{at} is {value}, not {}", schema["type"]));
        return;
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        faults.push(format!("{at} is {value}, none of {}", schema["enum"]));
    }
    if schema["pattern"].is_string() {
        let text = value.as_str().unwrap().trim_start_matches('-');
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || c == '.') {
            faults.push(format!("{at} is {value}, no decimal"));
        }
    }
    if let (Some(all), Value::Array(items)) = (schema.get("items"), value) {
        for (n, item) in items.iter().enumerate() {
            misfits(item, all, document, &format!("{at}/{n}"), faults);
        }
    }
    let (Some(properties), Value::Object(map)) = (schema["properties"].as_object(), value) else { return };
    for (name, value) in map {
        match properties.get(name) {
            Some(schema) => misfits(value, schema, document, &format!("{at}/{name}"), faults),
            None if schema["additionalProperties"] == false => faults.push(format!("{at}/{name} is not described")),
            None => {}
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if !map.contains_key(name.as_str().unwrap()) {
            faults.push(format!("{at} lacks {name}"));
        }
    }
}

#[test]
fn web_5_every_answer_is_as_the_document_says() {
    let place = Place::sqlite();
    let (_runtime, reader) = month(&place);
    let server = Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader)));
    let everybody = server.person("root", &Role::ALL);
    let document = document(&server, &everybody);
    let mut looked = 0;
    for board in [super::sample::board(), super::sample::killing()] {
        server.board.send_replace(std::sync::Arc::new(board));
        for (path, methods) in document["paths"].as_object().unwrap() {
            let schema = &methods["get"]["responses"]["200"]["content"]["application/json"]["schema"];
            // There is no statement here; those have tests of their own.
            if schema.is_null() || path.contains("{number}") {
                continue;
            }
            let answer = server.get(&path.replace("{symbol}", "NVDA"), Some(&everybody));
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let mut faults = Vec::new();
            misfits(&answer.json(), schema, &document, path, &mut faults);
            assert!(faults.is_empty(), "{}", faults.join("\n"));
            looked += 1;
        }
    }
    assert!(looked > 28, "{looked}");
    // What a verb answers, and that each field that it names is heeded.
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(verb) = path.strip_prefix("/api/v1/commands/") else { continue };
        let fields = &methods["post"]["requestBody"]["content"]["application/json"]["schema"];
        let mut body = serde_json::Map::new();
        for name in fields["required"].as_array().into_iter().flatten() {
            let value = match name.as_str().unwrap() {
                "mode" => "paper",
                "strategy" => "mid",
                "name" => "x",
                _ => "7",
            };
            body.insert(name.as_str().unwrap().to_owned(), value.into());
        }
        let answer = api(&server, &everybody, path, &format!("key-{verb}"), &Value::Object(body).to_string());
        let mut faults = Vec::new();
        let (schema, told) = match answer.status {
            200 => ("Done", answer.json()),
            // No one-time code was sent.
            403 => ("Problem", answer.json()),
            other => panic!("{path}: {other} {}", answer.body),
        };
        misfits(&told, &document["components"]["schemas"][schema], &document, path, &mut faults);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

/// LEDG-2, WEB-5: the chart with its versions, and a change of it shown and made, are as the document says.
#[test]
fn web_5_the_chart_and_its_changes_are_as_the_document_says() {
    let place = Place::sqlite();
    let (runtime, reader) = month(&place);
    let server = Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader)));
    let (_, ann, secret) = administrator(&server, "ann");
    server.later(Span::seconds(60));
    let document = document(&server, &ann);
    let fits = |answer: &Answer, path: &str, method: &str| {
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let schema = &document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(!schema.is_null(), "{method} {path}");
        let mut faults = Vec::new();
        misfits(&answer.json(), schema, &document, path, &mut faults);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        answer.json()
    };
    let (accounts, change) = ("/api/v1/ledger/accounts", "/api/v1/ledger/accounts/change");
    let mut fields = serde_json::json!({
        "act": "add", "account": "5650", "name": "Market data", "side": "debit", "reason": "a vendor's bill",
    });
    let shown = fits(&api(&server, &ann, change, "k1", &fields.to_string()), change, "post");
    assert_eq!((shown["version"].as_u64(), shown["made"].as_bool()), (Some(2), Some(false)));
    (fields["shown"], fields["code"]) = (shown["shown"].clone(), code(&secret, &server).into());
    let made = fits(&api(&server, &ann, change, "k2", &fields.to_string()), change, "post");
    assert_eq!((made["account"].as_str(), made["made"].as_bool()), (Some("5650"), Some(true)));
    // The books beside this server are not the ones that it changed: a version comes to them as an event does.
    runtime.block_on(async {
        let (reader, mut writer) = store::open(&place.address, &books::identity()).await.unwrap();
        let account = ChartRow {
            code: "5650".parse().unwrap(),
            name: "Market data".to_owned(),
            kind: AccountType::Expense,
            side: NormalSide::Debit,
            holds: Carries::Currency,
            items: false,
            open: true,
        };
        let events = [books::chart_changed(1, 2, u64::try_from(books::worked_month().len()).unwrap(), account)];
        writer.append(&Batch { events: &events, ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
        reader.close().await;
    });
    let chart = fits(&server.get(accounts, Some(&ann)), accounts, "get");
    assert_eq!((chart["version"].as_u64(), chart["versions"].as_array().map(Vec::len)), (Some(2), Some(1)));
}

fn api(server: &Server, person: &Person, path: &str, key: &str, body: &str) -> Answer {
    let headers = [
        ("Cookie", person.cookie.as_str()),
        ("X-TBot-Form", &person.form),
        ("Idempotency-Key", key),
        ("Content-Type", "application/json"),
    ];
    send(server.to, "POST", path, &headers, body)
}

#[test]
fn web_5_every_error_of_the_api_is_a_problem_document() {
    let server = Server::start();
    let (ann, root) = (server.person("ann", &[Role::Viewer]), server.person("root", &Role::ALL));
    let document = document(&server, &root);
    let get = |path: &str, person: Option<&Person>| server.get(path, person);
    let table = [
        (401, get("/api/v1/board", None)),
        (403, get("/api/v1/audit", Some(&ann))),
        (404, get("/api/v1/nothing", Some(&root))),
        (404, get("/api/v1/symbols/NOPE/bars", Some(&root))),
        (405, send(server.to, "DELETE", "/api/v1/board", &[("Cookie", &root.cookie)], "")),
        (422, get("/api/v1/orders?limit=many", Some(&root))),
        (422, get("/api/v1/audit?before=x", Some(&root))),
        (422, api(&server, &root, "/api/v1/commands/start", "", "{}")),
        (422, api(&server, &root, "/api/v1/commands/freeze", "k1", "{\"name\":\"NO SUCH\"}")),
        (422, api(&server, &root, "/api/v1/commands/start", "k2", &"x".repeat(100_000))),
        (403, api(&server, &ann, "/api/v1/commands/start", "k3", "{}")),
        (403, send(server.to, "POST", "/api/v1/commands/kill", &[("Cookie", &root.cookie)], "{}")),
        (401, send(server.to, "GET", "/api/v1/board", &[("Authorization", "Bearer nonsense")], "")),
    ];
    for (n, (status, answer)) in table.iter().enumerate() {
        assert_eq!(answer.status, *status, "row {n}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "row {n}");
        let told = answer.json();
        let mut faults = Vec::new();
        misfits(&told, &document["components"]["schemas"]["Problem"], &document, "problem", &mut faults);
        assert!(faults.is_empty(), "row {n}: {}", faults.join("\n"));
        assert_eq!(told["status"], *status, "row {n}");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.ends_with('.') && !detail.contains('!'), "row {n}: {detail}");
    }
}

/// RISK-14, WEB-5: a kill is taken whatever comes with it: no key, one that is none, a reason without end, no JSON. What is
/// too long of a reason is cut.
#[test]
fn risk_14_a_kill_is_taken_whatever_comes_with_it() {
    let server = Server::start();
    let root = server.person("root", &Role::ALL);
    let long = format!("{{\"why\":\"{}\"}}", "x".repeat(100_000));
    let table = [("", "{}"), ("no key", "{}"), ("k1", long.as_str()), ("k2", "no json"), ("k3", "{\"why\":7}")];
    for (key, body) in table {
        let before = server.orders.lock().unwrap().len();
        let answer = api(&server, &root, "/api/v1/commands/kill", key, body);
        assert_eq!(answer.status, 200, "{key}: {}", answer.body);
        let orders = server.orders.lock().unwrap();
        let given = orders.last().unwrap();
        assert_eq!((orders.len(), &given.command), (before + 1, &desk::domain::bot::Command::Kill), "{key}");
        assert!(given.why.len() <= 500 && (1..=64).contains(&given.key.len()), "{given:?}");
    }
    let forms = [("why", "x".repeat(100_000)), ("key", String::new())];
    let fields: Vec<(&str, &str)> = forms.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(server.post("/commands/kill", Some(&root), &fields).status, 303);
    let keys: BTreeSet<String> = server.orders.lock().unwrap().iter().map(|o| o.key.clone()).collect();
    assert_eq!(keys.len(), table.len() + 1, "each without a key is a kill of its own");
}

/// WEB-5, LIFE-7: several requests at once with one key are one, in the audit too.
#[test]
fn web_5_parallel_requests_with_one_key_are_one() {
    let server = Server::start();
    let root = server.person("root", &Role::ALL);
    for verb in ["pause", "kill"] {
        let path = format!("/api/v1/commands/{verb}");
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| api(&server, &root, &path, "k1", "{}"))).collect();
            asked.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(answers.iter().all(|a| a.status == 200 && a.body == answers[0].body), "{verb}: {}", answers[0].body);
    }
    let audit = server.get("/api/v1/audit?limit=200", Some(&root)).json();
    let count = |what: &str| {
        let rows = audit["rows"].as_array().unwrap();
        rows.iter().filter(|r| r["what"] == what && r["object"] == "pause").count()
    };
    assert_eq!((count("command"), count("carried_out")), (1, 1), "{audit:#}");
}

/// RISK-15: what is refused without a reason spends no one-time code.
#[test]
fn risk_15_a_reset_without_a_reason_spends_no_code() {
    let server = Server::start();
    let (_, root, secret) = administrator(&server, "root");
    let code = next_code(&secret, &server);
    let reset = |key: &str, why: &str| {
        let body = serde_json::json!({ "code": code, "why": why }).to_string();
        api(&server, &root, "/api/v1/commands/reset_kill", key, &body)
    };
    let refused = reset("k1", " ");
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("needs a reason in words"), "{}", refused.body);
    assert_eq!(reset("k2", "the feed is well again").status, 200, "the code is good still");
}

/// WEB-5: a form that is sent twice acts once; with other words under the same key it is refused.
#[test]
fn web_5_a_form_that_is_sent_twice_acts_once() {
    let server = Server::start();
    let id = server.add("ann", &[Role::Viewer], true);
    let ann = server.session_of(id);
    let form = |key: &str, label: &str| server.post("/account/tokens", Some(&ann), &[("key", key), ("label", label)]);
    let tokens = || server.wait(server.people.tokens(id, server.now())).unwrap().len();
    let first = form("k1", "reports");
    assert!(first.body.contains("shown this once"), "{}", first.body);
    let again = form("k1", "reports");
    assert_eq!((again.status, again.header("location"), tokens()), (303, Some("/account"), 1));
    assert_eq!((form("k1", "other words").status, tokens()), (409, 1));
    assert_eq!((form("k2", "other words").status, tokens()), (200, 2));
    // What was refused may be sent again under its key.
    assert_eq!((form("k3", " ").status, form("k3", "third").status, tokens()), (422, 200, 3));
    // Another form of the same page is another act.
    let fields = [("key", "k1"), ("old", PASSWORD), ("new", "another long enough password")];
    let page = server.post("/account/password", Some(&ann), &fields);
    assert_eq!(page.status, 200, "{}", page.body);
}

#[test]
fn web_5_a_token_does_what_its_roles_may_and_never_what_asks_for_a_code() {
    let server = Server::start();
    let id = server.add("ann", &[Role::Operator, Role::Administrator], false);
    let text = server
        .wait(server.people.make_token(
            id,
            "test",
            desk::domain::bot::Roles::of(&[Role::Administrator, Role::Operator]),
            server.now(),
            server.now() + desk::domain::time::Span::minutes(5),
        ))
        .unwrap();
    let bearer = format!("Bearer {}", text.text());
    let ask = |method: &str, path: &str, key: &str| {
        send(server.to, method, path, &[("Authorization", &bearer), ("Idempotency-Key", key)], "")
    };
    assert_eq!(ask("GET", "/api/v1/board", "").status, 200);
    assert_eq!(ask("POST", "/api/v1/commands/start", "k1").status, 200);
    let refused = ask("POST", "/api/v1/commands/reset_kill", "k2");
    assert_eq!(refused.json()["code"], "step_up");
    assert!(refused.body.contains("a personal token cannot give"), "{}", refused.body);
    server.later(desk::domain::time::Span::minutes(6));
    assert_eq!(ask("GET", "/api/v1/board", "").status, 401, "it has expired");
}

/// WEB-6: what is old or gone is failed, with its reason and age; metrics are lines that Prometheus reads.
#[test]
fn web_6_components_tell_their_age_and_reason_and_metrics_are_well_formed() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let component = |name: &str| {
        let all = server.get("/api/sre/health", Some(&ann)).json();
        let found = all["components"].as_array().unwrap().iter().find(|c| c["component"] == name).cloned();
        (all["status"].clone(), found.unwrap_or_else(|| panic!("{name} in {all}")))
    };
    assert_eq!(component("feed").1["status"], "ok");
    assert_eq!(component("disk").1["reason"], "9419 MiB are free");
    assert_eq!(component("clock").1["reason"], "it was set by 12 ms since the process began");
    let host = super::sample::host();
    let (little, set) = (Some(511 << 20), desk::domain::time::Span::nanos(-1_000_000_001));
    assert!(
        HostLine { free: little, ..host.clone() }.disk().unwrap_err().contains("511 MiB are free; 512 MiB are needed")
    );
    assert!(HostLine { free: None, ..host.clone() }.disk().is_err());
    assert!(HostLine { clock_set: set, ..host }.clock().unwrap_err().contains("set by -1001 ms"), "{set:?}");
    assert_eq!(component("books").1["status"], "waiting");
    server.later(desk::domain::time::Span::minutes(3));
    let (all, feed) = component("feed");
    assert_eq!((all, &feed["status"], &feed["age_seconds"]), ("failed".into(), &"failed".into(), &180.into()));
    assert!(feed["reason"].as_str().unwrap().contains("180 s ago; 120 s are allowed"), "{feed}");
    assert!(component("board").1["reason"].as_str().unwrap().contains("nothing new for 180 s"));
    let mut ill = super::sample::board();
    (ill.number, ill.actors[0].well, ill.actors[0].silent_ms) = (2, false, 3_200);
    server.board.send_replace(std::sync::Arc::new(ill));
    assert_eq!(component("supervisor").1["age_seconds"], 3);

    let metrics = server.get("/metrics", Some(&ann)).body;
    let mut told = BTreeSet::new();
    for line in metrics.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(told.insert(rest.split(' ').next().unwrap().to_owned()), "{line} stands twice");
        } else if !line.starts_with('#') {
            let (name, rest) = line.split_once('{').unwrap_or_else(|| panic!("{line}"));
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            let family = name.strip_suffix("_sum").or_else(|| name.strip_suffix("_count")).unwrap_or(name);
            assert!(told.contains(name) || told.contains(family), "{name} has no type");
            assert!(labels.contains("identity=\"RIGD_US_SIM_01\""), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    for name in [
        "tbot_state",
        "tbot_actor_up",
        "tbot_feed_age_seconds",
        "tbot_latched",
        "tbot_build_info",
        "tbot_mailbox",
        "tbot_disk_free_bytes",
        "tbot_clock_set_milliseconds",
    ] {
        assert!(told.contains(name), "{name}");
    }
    assert_eq!(server.get("/health", None).json()["status"], "alive");
    assert_eq!(server.get("/ready", None).status, 200);
    for path in ["/health", "/ready"] {
        let head = send(server.to, "HEAD", path, &[], "");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
    }
    let error = tbot::messages::board::Board { state: desk::domain::bot::BotState::Error, ..super::sample::board() };
    server.board.send_replace(std::sync::Arc::new(error));
    assert_eq!(server.get("/ready", None).status, 503);
}
