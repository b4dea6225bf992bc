//! The documents say what is: the two commands come first, and every file that they name exists.

use std::collections::BTreeSet;
use std::path::Path;

use crate::sources::{Source, ends_in, files, repository};

/// A path in backquotes is held against the repository where it begins with one of these.
const TOP: &[&str] =
    &["benches/", "crates/", "docs/", "migrations/", "schemas/", "scripts/", "src/", "static/", "templates/", "tests/"];

fn documents() -> Vec<Source> {
    let found = files("", |path| {
        let ours = !path.contains('/') || path.starts_with("docs/") || path.starts_with("schemas/");
        ours && ends_in(path, "md")
    });
    assert!(found.len() > 5, "the documents were not found");
    found
}

/// What stands in backquotes and is a path of ours.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let quotes = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    quotes.filter(|q| TOP.iter().any(|top| q.starts_with(top)) && !q.contains([' ', '*', '{']))
}

/// The targets of links into the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    targets.filter(|target| !target.contains("://") && !target.starts_with('#'))
}

#[test]
fn every_file_that_a_document_names_exists() {
    let root = repository();
    let mut missing = Vec::new();
    for document in documents() {
        let folder = root.join(&document.path).parent().map(Path::to_owned).unwrap();
        let named = quoted(&document.text).map(|path| (path, root.join(path)));
        let linked = links(&document.text).map(|path| (path, folder.join(path)));
        for (path, place) in named.chain(linked) {
            if !place.exists() {
                missing.push(format!("{}: {path}", document.path));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn the_codes_of_the_store_stand_in_the_operators_table() {
    let code = |text: &str| text.split('"').find(|part| part.starts_with("STORE_")).map(str::to_owned);
    let source = std::fs::read_to_string(repository().join("src/store/error.rs")).unwrap();
    let said: BTreeSet<String> = source.lines().filter(|line| line.contains("=> \"")).filter_map(code).collect();
    let operations = documents().into_iter().find(|d| d.path == "docs/OPERATIONS.md").unwrap();
    let row = |line: &str| {
        line.strip_prefix("| `STORE_").and_then(|rest| rest.split_once('`')).map(|(name, _)| format!("STORE_{name}"))
    };
    let listed: BTreeSet<String> = operations.text.lines().filter_map(row).collect();
    assert!(said.len() > 10, "the codes were not found");
    assert_eq!(listed, said);
}

#[test]
fn the_readme_begins_with_the_two_commands() {
    let readme = documents().into_iter().find(|d| d.path == "README.md").unwrap();
    let (_, rest) = readme.text.split_once("```sh\n").unwrap();
    let commands: Vec<&str> = rest.lines().take(2).map(|line| line.split('#').next().unwrap().trim()).collect();
    assert_eq!(commands, ["cargo run --release -- demo", "scripts/test"]);
    assert!(readme.text.find("```sh").unwrap() < 20, "nothing but the title stands before them");
}

#[test]
fn planted_names_are_seen() {
    let text = "see `src/none.rs` and `cargo test src/`, [this](docs/NONE.md), [that](https://example.org/x.md)";
    assert_eq!(quoted(text).collect::<Vec<_>>(), ["src/none.rs"]);
    assert_eq!(links(text).collect::<Vec<_>>(), ["docs/NONE.md"]);
}
