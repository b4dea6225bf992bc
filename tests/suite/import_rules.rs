//! Who may import whom (docs/ARCHITECTURE.md): Cargo keeps the crate `desk` pure, these tests keep the rooms under `src/`
//! apart. They read the sources; a planted bad line for each rule proves that they see it.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::paths::{Named, module_of, paths};
use crate::sources::tokens::tokens;
use crate::sources::{Source, ends_in, files, repository};

/// Each room under `src/` and the rooms that it may name besides itself.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("main", &["app", "cli"]),
    ("lib", &[]),
    ("app", &["messages", "actors", "backup", "gateway", "store", "render", "cli", "web", "settings", "telemetry"]),
    ("backup", &["gateway", "store", "settings"]),
    ("settings", &[]),
    ("telemetry", &["settings"]),
    ("messages", &[]),
    ("gateway", &["settings"]),
    ("store", &["settings"]),
    ("render", &[]),
    ("actors", &["messages", "gateway", "store", "render"]),
    ("cli", &["messages", "backup", "gateway", "store", "render", "settings"]),
    ("web", &["messages", "render", "store", "settings"]),
];

/// Crates that only some rooms know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("rusqlite", &["store"]),
    ("reqwest", &["gateway"]),
    ("tokio_tungstenite", &["gateway"]),
    ("aes_gcm_siv", &["gateway"]),
    ("tera", &["render"]),
    ("actix", &["actors", "messages", "app"]),
    ("actix_web", &["web", "app"]),
    ("clap", &["cli", "app", "main"]),
];

/// What the pure crate may depend on, with the features that are switched on: words, bytes, hashes, time zones; no I/O.
const DESK_DEPENDENCIES: &[(&str, bool, &[&str])] = &[
    ("chrono", false, &[]),
    ("chrono-tz", false, &[]),
    ("serde", true, &["derive"]),
    ("serde_json", true, &["preserve_order"]),
    ("sha2", true, &[]),
];

/// Rooms of the standard library that the pure crate never enters. Its tests read recorded data through one file.
const NOT_IN_DESK: &[&str] = &["env", "fs", "io", "net", "os", "process", "thread"];
const DESK_TESTS_READ: &str = "crates/desk/src/test_data.rs";

/// Words that read the real clock.
const CLOCK: &[&str] = &["SystemTime", "Instant", "Utc", "Local"];

fn room_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap();
    inside.split_once('/').map_or_else(|| inside.trim_end_matches(".rs"), |(room, _)| room)
}

fn said(source: &Source, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", source.path)
}

/// What a file under `src/` names and must not.
fn forbidden(source: &Source) -> Vec<String> {
    let room = room_of(&source.path);
    let Some((_, may)) = MAY_NAME.iter().find(|(name, _)| *name == room) else {
        return vec![said(source, 1, &format!("the room {room} has no line in the table of rooms"))];
    };
    let mut faults = Vec::new();
    for Named { segments, line } in paths(&source.text, &module_of(&source.path)) {
        if !["crate", "tbot"].contains(&segments[0].as_str()) {
            continue;
        }
        let named = segments[1].as_str();
        if ["*", "self"].contains(&named) {
            faults.push(said(source, line, "names all rooms at once"));
        } else if MAY_NAME.iter().any(|(name, _)| *name == named) && named != room && !may.contains(&named) {
            faults.push(said(source, line, &format!("{room} must not name {named}")));
        }
    }
    let words = tokens(&source.text);
    for (at, word) in words.iter().enumerate() {
        let text = word.text.as_str();
        if let Some((_, rooms)) = ONLY_IN.iter().find(|(name, _)| *name == text)
            && !rooms.contains(&room)
        {
            faults.push(said(source, word.line, &format!("{text} belongs to {} alone", rooms.join(", "))));
        }
        let next = words.get(at + 1).map_or("", |t| t.text.as_str());
        let before = at.checked_sub(1).map_or("", |i| words[i].text.as_str());
        let renamed = ["crate", "tbot"].contains(&text) && before == "use" && next != "::";
        let elsewhere = (text == "path" && before == "[" && next == "=") || (text == "include" && next == "!");
        if renamed || elsewhere {
            faults.push(said(source, word.line, "hides where a module comes from"));
        }
    }
    faults
}

/// The line where a file names the real clock.
fn reads_clock(source: &Source) -> Option<usize> {
    tokens(&source.text).iter().find(|t| CLOCK.contains(&t.text.as_str())).map(|t| t.line)
}

/// What a file of the pure crate names and must not.
fn impure(source: &Source) -> Vec<String> {
    let entered = paths(&source.text, &module_of(&source.path)).into_iter().filter(|named| {
        ["std", "core"].contains(&named.segments[0].as_str()) && NOT_IN_DESK.contains(&named.segments[1].as_str())
    });
    let entered = entered.filter(|_| source.path != DESK_TESTS_READ);
    let mut faults: Vec<String> = entered
        .map(|named| said(source, named.line, &format!("desk never names {}", named.segments.join("::"))))
        .collect();
    faults.extend(reads_clock(source).map(|line| said(source, line, "desk has no clock")));
    faults
}

fn rust(path: &str) -> bool {
    ends_in(path, "rs")
}

#[test]
fn no_room_names_another_that_it_must_not() {
    let sources = files("src", rust);
    assert!(sources.len() > 20, "the sources were not found");
    let faults: Vec<String> = sources.iter().flat_map(forbidden).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_real_clock_is_known_to_one_file_of_the_gateway() {
    let sources = files("src", rust);
    let known: Vec<&str> = sources.iter().filter(|s| reads_clock(s).is_some()).map(|s| s.path.as_str()).collect();
    assert!(known.iter().all(|path| path.starts_with("src/gateway/")), "{known:?}");
    assert!(known.len() <= 1, "{known:?}");
}

#[test]
fn the_pure_crate_enters_no_room_of_the_outside() {
    let sources = files("crates/desk/src", rust);
    assert!(sources.len() > 50, "the sources were not found");
    let faults: Vec<String> = sources.iter().flat_map(impure).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What a manifest of the pure crate has besides the list.
fn beyond_list(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let mut faults = Vec::new();
    for table in ["build-dependencies", "target"] {
        if manifest.contains_key(table) {
            faults.push(format!("desk has no [{table}]"));
        }
    }
    let dependencies = manifest["dependencies"].as_table().unwrap();
    for (name, wanted) in dependencies {
        let default = wanted.get("default-features").is_none_or(|v| v.as_bool() == Some(true));
        let features = wanted.get("features").and_then(|v| v.as_array()).into_iter().flatten();
        let features: BTreeSet<&str> = features.filter_map(|f| f.as_str()).collect();
        let allowed = DESK_DEPENDENCIES.iter().find(|(allowed, ..)| allowed == name);
        if !allowed.is_some_and(|(_, d, f)| *d == default && f.iter().copied().collect::<BTreeSet<_>>() == features) {
            faults.push(format!("desk must not depend on {name} with {wanted:?}"));
        }
    }
    faults
}

#[test]
fn the_pure_crate_depends_on_the_list_alone() {
    let manifest = fs::read_to_string(repository().join("crates/desk/Cargo.toml")).unwrap();
    assert_eq!(beyond_list(&manifest), Vec::<String>::new());
    assert!(!repository().join("crates/desk/build.rs").exists(), "desk has no build script");
}

#[test]
fn planted_bad_lines_are_seen() {
    let table = [
        ("src/gateway/venue.rs", "use crate::store::Writer;", "gateway must not name store"),
        ("src/gateway/a/b.rs", "use super::super::super::render as r;", "gateway must not name render"),
        ("src/render/page.rs", "use crate::{render::numbers, gateway};", "render must not name gateway"),
        ("src/store/open.rs", "fn f() { tbot::cli::run() }", "store must not name cli"),
        ("src/web/page.rs", "let x: crate::actors::Risk;", "web must not name actors"),
        ("src/cli/demo.rs", "use crate::app;", "cli must not name app"),
        ("src/cli/demo.rs", "use crate::*;", "names all rooms at once"),
        ("src/cli/demo.rs", "use crate as other;", "hides where a module comes from"),
        ("src/cli/demo.rs", "#[path = \"../store/sql.rs\"] mod sql;", "hides where a module comes from"),
        ("src/cli/demo.rs", "include!(\"../store/sql.rs\");", "hides where a module comes from"),
        ("src/cli/demo.rs", "let q = sqlx::query(\"SELECT 1\");", "sqlx belongs to store alone"),
        ("src/store/open.rs", "use {std::fs, reqwest::Client};", "reqwest belongs to gateway alone"),
        ("src/cli/demo.rs", "use tera::Tera;", "tera belongs to render alone"),
        ("src/store/open.rs", "use actix::prelude::*;", "actix belongs to actors, messages, app alone"),
        ("src/kitchen/soup.rs", "", "the room kitchen has no line in the table of rooms"),
    ];
    for (path, text, expected) in table {
        let faults = forbidden(&Source { path: path.to_owned(), text: format!("// first\n{text}\n") });
        assert!(faults.iter().any(|f| f.ends_with(expected)), "{path}: {text}: {faults:?}");
    }
    let fine = [
        ("src/cli/demo.rs", "use crate::{gateway::market_data, store::Reader, render}; use super::progress;"),
        ("src/store/open.rs", "// use crate::render; sqlx\nuse super::words; let s = \"tera::Tera\";"),
        ("src/main.rs", "fn main() { tbot::app::run() }"),
    ];
    for (path, text) in fine {
        assert_eq!(forbidden(&Source { path: path.to_owned(), text: text.to_owned() }), Vec::<String>::new());
    }
}

#[test]
fn planted_impurities_are_seen() {
    let table = [
        "use std::fs;",
        "use std::{collections::BTreeMap, net::TcpStream};",
        "fn f() { std::env::var(\"X\"); }",
        "use std::time::Instant;",
        "let now = chrono::Utc::now();",
    ];
    for text in table {
        let source = Source { path: "crates/desk/src/domain/bad.rs".to_owned(), text: text.to_owned() };
        assert_eq!(impure(&source).len(), 1, "{text}");
    }
    let manifests = [
        "[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\ntokio = \"1\"",
        "[dependencies]\nchrono = { version = \"0.4\", default-features = false, features = [\"clock\"] }",
        "[dependencies]\nchrono-tz = \"0.10\"",
        "[dependencies]\n[build-dependencies]\ncc = \"1\"",
        "[dependencies]\n[target.'cfg(unix)'.dependencies]\nlibc = \"1\"",
    ];
    for manifest in manifests {
        assert_eq!(beyond_list(manifest).len(), 1, "{manifest}");
    }
}
