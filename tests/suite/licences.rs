//! Whatever is linked has a licence of the list in `deny.toml`, and nothing that it bans is there. `cargo deny check` says
//! more (advisories, sources) where it is installed; this needs Cargo alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::sources::repository;

/// Whether a licence expression can be satisfied with licences of the list. `/` is the older spelling of OR.
fn allowed(expression: &str, list: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Expression { words: &words, list };
    reader.either() && reader.words.is_empty()
}

struct Expression<'a> {
    words: &'a [&'a str],
    list: &'a BTreeSet<String>,
}

impl Expression<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        self.words = &self.words[usize::from(found)..];
        found
    }

    fn either(&mut self) -> bool {
        let mut ok = self.both();
        while self.take("OR") {
            ok |= self.both();
        }
        ok
    }

    fn both(&mut self) -> bool {
        let mut ok = self.one();
        while self.take("AND") {
            ok &= self.one();
        }
        ok
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let ok = self.either();
            return self.take(")") && ok;
        }
        let Some((name, rest)) = self.words.split_first() else { return false };
        self.words = rest;
        if self.take("WITH") {
            let exception = self.words[0];
            self.words = &self.words[1..];
            return self.list.contains(&format!("{name} WITH {exception}"));
        }
        self.list.contains(*name)
    }
}

struct Rules {
    licences: BTreeSet<String>,
    banned: BTreeSet<String>,
}

fn rules() -> Rules {
    let text = fs::read_to_string(repository().join("deny.toml")).unwrap();
    let deny: toml::Table = text.parse().unwrap();
    let licences = deny["licenses"]["allow"].as_array().unwrap().iter();
    let banned = deny["bans"]["deny"].as_array().unwrap().iter();
    Rules {
        licences: licences.map(|v| v.as_str().unwrap().to_owned()).collect(),
        banned: banned.map(|v| v["crate"].as_str().unwrap().to_owned()).collect(),
    }
}

/// What the workspace links or builds with, dev-dependencies aside, for this machine's target.
fn linked() -> BTreeMap<String, Value> {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let about = String::from_utf8(rustc.stdout).unwrap();
    let host = about.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
    // Everything was fetched for the build of this very test.
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let by_id = |list: &Value, key: &str| -> BTreeMap<String, Value> {
        list.as_array().unwrap().iter().map(|v| (v[key].as_str().unwrap().to_owned(), v.clone())).collect()
    };
    let packages = by_id(&metadata["packages"], "id");
    let nodes = by_id(&metadata["resolve"]["nodes"], "id");
    let members = metadata["workspace_members"].as_array().unwrap().iter();
    let mut open: Vec<String> = members.map(|v| v.as_str().unwrap().to_owned()).collect();
    let mut found = BTreeMap::new();
    while let Some(id) = open.pop() {
        if found.insert(id.clone(), packages[&id].clone()).is_some() {
            continue;
        }
        for dependency in nodes[&id]["deps"].as_array().unwrap() {
            let mut kinds = dependency["dep_kinds"].as_array().unwrap().iter();
            if kinds.any(|k| k["kind"] != "dev") {
                open.push(dependency["pkg"].as_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn everything_linked_has_an_allowed_licence() {
    let rules = rules();
    let linked = linked();
    assert!(linked.len() > 50, "the dependencies were not found");
    let mut faults = Vec::new();
    for package in linked.values() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !allowed(licence, &rules.licences) {
            faults.push(format!("{name}: {licence} is not on the list in deny.toml"));
        }
        if rules.banned.contains(name) {
            faults.push(format!("{name} is banned in deny.toml"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn licence_expressions_are_understood() {
    let list = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    let table = [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT/GPL-2.0", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND OpenSSL", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0 WITH Other-exception", false),
        ("none stated", false),
        ("", false),
    ];
    for (expression, expected) in table {
        assert_eq!(allowed(expression, &list), expected, "{expression}");
    }
}
