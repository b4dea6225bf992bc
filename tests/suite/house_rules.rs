//! The habits of the house that no lint keeps: short files, nothing left undone, exceptions with a reason, no traces of a
//! particular machine, no test that nobody runs.

use std::io::Write as _;

use crate::sources::tokens::{Token, tokens};
use crate::sources::{Source, ends_in, files};

/// No file of ours is longer.
const LONGEST: usize = 700;

/// The folders that hold our own text, and the files beside them.
const FOLDERS: &[&str] = &[
    ".ci",
    "benches",
    "config",
    "crates",
    "deploy",
    "docs",
    "examples",
    "migrations",
    "schemas",
    "scripts",
    "src",
    "static",
    "templates",
    "tests",
];

fn ours(wanted: impl Fn(&str) -> bool) -> Vec<Source> {
    files("", |path| {
        let inside = path.split_once('/').is_none_or(|(folder, _)| FOLDERS.contains(&folder));
        inside && path != "Cargo.lock" && wanted(path)
    })
}

fn is_code(path: &str) -> bool {
    ["rs", "sql", "html", "css", "js", "sh"].iter().any(|ending| ends_in(path, ending)) || path.starts_with("scripts/")
}

fn rust() -> Vec<Source> {
    let sources = ours(|path| ends_in(path, "rs"));
    assert!(sources.len() > 100, "the sources were not found");
    sources
}

#[test]
fn files_are_short() {
    let code = ours(is_code);
    let too_long: Vec<String> = code
        .iter()
        .map(|s| (s.text.lines().count(), &s.path))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{path}: {lines} lines, {LONGEST} are allowed"))
        .collect();
    let mut lengths: Vec<usize> = rust().iter().map(|s| s.text.lines().count()).collect();
    lengths.sort_unstable();
    let (median, nine_of_ten) = (lengths[lengths.len() / 2], lengths[lengths.len() * 9 / 10]);
    // Past the test runner's capture: this line is for people.
    let _ = writeln!(
        std::io::stderr(),
        "{} Rust files, {} lines; median {median}, nine of ten at most {nine_of_ten}, longest {}",
        lengths.len(),
        lengths.iter().sum::<usize>(),
        lengths[lengths.len() - 1],
    );
    assert!(too_long.is_empty(), "\n{}", too_long.join("\n"));
    assert!(median <= 200, "the median file has {median} lines");
    assert!(nine_of_ten <= 400, "one file of ten has more than {nine_of_ten} lines");
}

/// Macros that stand for work not done.
fn undone(words: &[Token]) -> Vec<usize> {
    let pairs = words.windows(2);
    let found = pairs.filter(|w| ["todo", "unimplemented"].contains(&w[0].text.as_str()) && w[1].text == "!");
    found.map(|w| w[0].line).collect()
}

/// `allow` and `expect` in attributes that give no reason.
fn without_reason(words: &[Token]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let inner = usize::from(words.get(at + 1).is_some_and(|t| t.text == "!"));
        if words[at].text != "#" || words.get(at + 1 + inner).is_none_or(|t| t.text != "[") {
            at += 1;
            continue;
        }
        let end = closing(words, at + 1 + inner);
        for i in at..end {
            let exception = ["allow", "expect"].contains(&words[i].text.as_str());
            if exception && words.get(i + 1).is_some_and(|t| t.text == "(") {
                let inside = &words[i + 1..closing(words, i + 1)];
                if !inside.windows(2).any(|w| w[0].text == "reason" && w[1].text == "=") {
                    found.push(words[i].line);
                }
            }
        }
        at = end;
    }
    found
}

/// Where the bracket that opens here is closed.
fn closing(words: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    words.len()
}

#[test]
fn nothing_is_left_undone_and_exceptions_give_their_reason() {
    let mut faults = Vec::new();
    for source in rust() {
        let words = tokens(&source.text);
        faults.extend(undone(&words).into_iter().map(|line| format!("{}:{line}: left undone", source.path)));
        faults
            .extend(without_reason(&words).into_iter().map(|line| format!("{}:{line}: no reason given", source.path)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Folders of people's machines, spelt so that this file does not name one itself.
const PLACES: &[&str] = &[concat!("/", "home/"), concat!("/", "root/"), concat!("/", "work/"), concat!("/", "Users/")];

fn names_a_place(text: &str) -> Option<usize> {
    text.lines().position(|line| PLACES.iter().any(|place| line.contains(place))).map(|at| at + 1)
}

#[test]
fn no_file_names_a_folder_of_some_machine() {
    let faults: Vec<String> =
        ours(|_| true).iter().filter_map(|s| Some(format!("{}:{}", s.path, names_a_place(&s.text)?))).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn every_test_of_the_root_package_is_in_the_one_binary() {
    let stray: Vec<String> = files("tests", |path| ends_in(path, "rs") && !path.starts_with("tests/suite/"))
        .into_iter()
        .map(|s| s.path)
        .collect();
    assert!(stray.is_empty(), "nobody runs {stray:?}: `tests/suite/main.rs` is the one test binary");
}

#[test]
fn planted_faults_are_seen() {
    let lines = |text: &str| (undone(&tokens(text)), without_reason(&tokens(text)));
    assert_eq!(lines("fn f() {\n todo!() }"), (vec![2], vec![]));
    assert_eq!(lines("fn f() { unimplemented!(\"later\") } // todo!()"), (vec![1], vec![]));
    assert_eq!(lines("#[allow(dead_code)]\nfn f() { x.expect(\"why\") }"), (vec![], vec![1]));
    assert_eq!(lines("#![cfg_attr(test, allow(clippy::panic))]"), (vec![], vec![1]));
    assert_eq!(lines("#![cfg_attr(test, allow(clippy::panic, reason = \"a test\"))]"), (vec![], vec![]));
    assert_eq!(lines("#[expect(clippy::panic, reason = \"why\")]"), (vec![], vec![]));
    assert_eq!(names_a_place(&format!("one\nsee {}me/notes", PLACES[0])), Some(2));
    assert_eq!(names_a_place("https://example.org/homes"), None);
}
