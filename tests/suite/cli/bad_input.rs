use std::path::Path;

use super::tool::{Said, generated, names, tbot, tbot_well, text, write_bars};
use crate::places::Folder;

const HEAD: &str = "ts_utc,open,high,low,close,volume\n";
const GOOD: &str = "2026-03-13T14:03:00Z,10,11,9,10.5,100\n";

/// What comes after a header and a good row, and what its refusal says besides file and line 3.
const ROWS: &[(&str, &str, &[&str])] = &[
    ("letters in numbers", "2026-03-13T14:04:00Z,1O,11,9,10,1", &["column open", "\"1O\"", "are allowed"]),
    ("not a number", "2026-03-13T14:04:00Z,NaN,11,9,10,1", &["column open", "\"NaN\"", "are allowed"]),
    ("infinity", "2026-03-13T14:04:00Z,10,inf,9,10,1", &["column high", "\"inf\"", "are allowed"]),
    ("negative price", "2026-03-13T14:04:00Z,10,11,-9,10,1", &["column low", "-9.00", "above 0 and at most"]),
    ("absurd price", "2026-03-13T14:04:00Z,10,99999999999999,9,10,1", &["99999999999999", "at most 10000000.00"]),
    ("high below low", "2026-03-13T14:04:00Z,10,9,11,10,1", &["the high 9.00", "the low 11.00", "at or above"]),
    ("out of order", "2026-03-13T14:02:00Z,10,11,9,10,1", &["2026-03-13T14:02:00Z", "must be in order of time"]),
    ("duplicate", "2026-03-13T14:03:00Z,10,11,9,10,1", &["2026-03-13T14:03:00Z", "each minute may have one row"]),
    ("no time zone", "2026-03-13T14:04:00,10,11,9,10,1", &["2026-03-13T14:04:00", "time zone", "is needed"]),
    ("impossible date", "2026-02-30T14:04:00Z,10,11,9,10,1", &["2026-02-30T14:04:00Z", "is needed"]),
    ("short row", "2026-03-13T14:04:00Z,10,11,9", &["4 columns", "the header 6"]),
];

/// Whole files, and what their refusal says besides the file.
const FILES: &[(&str, &[u8], &[&str])] = &[
    ("empty", b"", &["is empty", "are needed"]),
    ("header only", HEAD.as_bytes(), &["at least one row is needed"]),
    (
        "wrong header",
        b"time,o,h,l,c,v\n1,2,3,4,5,6\n",
        &["line 1", "\"time,o,h,l,c,v\"", "ts_utc,open,high,low,close,volume"],
    ),
    ("binary", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", &["line 1", "is needed"]),
    ("html", b"<!DOCTYPE html>\n<html><body>404</body></html>\n", &["line 1", "HTML", "is needed"]),
];

fn refused(said: &Said, what: &str, words: &[&str]) {
    assert_eq!(said.code, Some(2), "{what}: {}{}", said.out, said.err);
    let first = said.err.lines().next().unwrap_or_default();
    assert!(first.starts_with("error: "), "{what}: {}", said.err);
    for word in words {
        assert!(said.err.contains(word), "{what}: {word:?} is missing in: {}", said.err);
    }
    assert!(said.out.is_empty(), "{what}: nothing belongs on stdout: {}", said.out);
}

/// Runs a backtest over a folder, and sees that nothing is left behind.
fn backtest(data: &Path, more: &[&str]) -> Said {
    let place = Folder::new();
    let mut arguments = vec!["backtest".to_owned(), "--data".to_owned(), text(data), "--out".to_owned()];
    arguments.push(text(&place.path().join("new/result")));
    arguments.extend(more.iter().map(|s| (*s).to_owned()));
    let said = tbot(&arguments);
    assert!(names(place.path()).is_empty(), "left behind: {:?}", names(place.path()));
    said
}

#[test]
fn a_bad_row_is_refused_with_file_line_value_and_what_is_allowed() {
    for (what, row, words) in ROWS {
        let folder = Folder::new();
        std::fs::write(folder.path().join("AAPL.csv"), format!("{HEAD}{GOOD}{row}\n")).unwrap();
        let said = backtest(folder.path(), &[]);
        refused(&said, what, &[&["AAPL.csv, line 3"], *words].concat());
    }
}

#[test]
fn a_bad_file_is_refused_by_its_name() {
    for (what, bytes, words) in FILES {
        let folder = Folder::new();
        std::fs::write(folder.path().join("AAPL.csv"), bytes).unwrap();
        refused(&backtest(folder.path(), &[]), what, &[&["AAPL.csv"], *words].concat());
    }
}

#[test]
fn a_good_file_beside_a_bad_one_does_not_save_it() {
    let folder = Folder::new();
    write_bars(folder.path(), &generated("2026-03-12", 1, 3));
    std::fs::write(folder.path().join("ZZZ.csv"), format!("{HEAD}{GOOD}2026-03-13T14:04:00Z,x,11,9,10,1\n")).unwrap();
    refused(&backtest(folder.path(), &[]), "bad beside good", &["ZZZ.csv, line 3", "\"x\""]);
}

#[test]
fn what_is_asked_for_has_to_be_there_and_make_sense() {
    let folder = Folder::new();
    write_bars(folder.path(), &generated("2026-03-12", 2, 3));
    let shown = text(folder.path());
    let missing = folder.path().join("nowhere");
    let quotes = Folder::new();
    std::fs::write(quotes.path().join("ZZZ.csv"), "ts_utc").unwrap();
    let others = text(quotes.path());
    refused(&backtest(&missing, &[]), "missing folder", &["nowhere", "there is no such folder"]);
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("unknown symbol", &["--symbols", "ALFA.SIM,ALFB.SIM"], &[&shown, "\"ALFB.SIM\"", "nearest", "ALFA.SIM"]),
        ("symbol twice", &["--symbols", "ALFA.SIM,ALFA.SIM"], &["ALFA.SIM", "twice"]),
        ("unknown strategy", &["--strategies", "opne"], &["\"opne\"", "nearest: open", "Allowed: open, mid, close"]),
        ("strategy twice", &["--strategies", "open,open"], &["open", "twice"]),
        ("dates swapped", &["--from", "2026-03-13", "--to", "2026-03-12"], &["2026-03-13", "later than", "2026-03-12"]),
        ("no date", &["--from", "soon"], &["--from", "\"soon\"", "2026-03-13 is needed"]),
        ("impossible date", &["--to", "2026-02-30"], &["--to", "\"2026-02-30\""]),
        ("weekend", &["--from", "2026-03-14", "--to", "2026-03-15"], &["no session from 2026-03-14 to 2026-03-15"]),
        ("no data then", &["--from", "2026-04-01"], &[&shown, "no bar", "2026-04-01", "2026-03-13T19:59:00Z"]),
        ("beyond the calendar", &["--from", "1999-01-04"], &["2005-01-01", "2035-12-31", "1999-01-04"]),
        ("out of bounds", &["--set", "open.range_minutes=4"], &["open.range_minutes", "\"4\"", "Allowed: 5 to 60 min"]),
        ("unknown parameter", &["--set", "open.range_minute=4"], &["open.range_minute:", "nearest: range_minutes"]),
        ("no setting", &["--set", "open.range_minutes"], &["STRATEGY.PARAMETER=VALUE is needed"]),
        ("setting unused", &["--strategies", "open", "--set", "mid.timeout=5"], &["mid does not run"]),
        ("no quotes", &["--quotes", "/nowhere/quotes"], &["/nowhere/quotes", "there is no such folder"]),
        ("quotes of others", &["--symbols", "ALFA.SIM", "--quotes", &others], &["of a symbol that runs", "ZZZ"]),
        ("negative seed", &["--seed", "-1"], &["'-1'", "--seed", "0 to 18446744073709551615 is allowed"]),
        ("text as seed", &["--seed", "one"], &["'one'", "--seed", "0 to 18446744073709551615 is allowed"]),
    ];
    for (what, more, words) in cases {
        refused(&backtest(folder.path(), more), what, words);
    }
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_runs() {
    let folder = Folder::new();
    let data = folder.path().join("bars");
    write_bars(&data, &generated("2026-03-12", 1, 3));
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let mine = folder.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(mine.join("thesis.txt"), "mine").unwrap();
    let run = |out: &Path, more: &[&str]| {
        let mut arguments = vec!["backtest".to_owned(), "--data".to_owned(), text(&data)];
        arguments.extend(["--out".to_owned(), text(out)]);
        arguments.extend(more.iter().map(|s| (*s).to_owned()));
        tbot(&arguments)
    };
    refused(&run(&file, &[]), "a file", &["file", "is a file"]);
    refused(&run(&file.join("below"), &[]), "below a file", &["below", "cannot be written", "a file, not a folder"]);
    refused(&run(Path::new("/proc/result"), &[]), "no place", &["/proc/result", "cannot be written"]);
    // A folder with other things in it is never replaced, not even by force.
    refused(&run(&mine, &[]), "a folder in use", &["mine", "new or empty"]);
    refused(&run(&mine, &["--force"]), "a folder in use", &["mine", "new or empty"]);
    assert_eq!(names(&mine), ["thesis.txt"]);
    // A run is replaced by force alone; a failure leaves it as it was.
    let out = folder.path().join("out");
    let arguments = |more: &[&str]| {
        let mut all = vec!["backtest".to_owned(), "--data".to_owned(), text(&data), "--out".to_owned(), text(&out)];
        all.extend(more.iter().map(|s| (*s).to_owned()));
        all
    };
    tbot_well(&arguments(&[]));
    let before = names(&out);
    refused(&run(&out, &[]), "a run in use", &["out", "--force to replace it"]);
    refused(&run(&out, &["--force", "--symbols", "NONE"]), "a failure", &["\"NONE\""]);
    assert_eq!(names(&out), before);
    tbot_well(&arguments(&["--force", "--seed", "9"]));
    assert_eq!(names(folder.path()), ["bars", "file", "mine", "out"]);
}

#[test]
fn a_full_disk_is_said_with_the_file_and_nothing_is_left() {
    let place = Folder::new();
    let (data, small) = (place.path().join("bars"), place.path().join("small"));
    write_bars(&data, &generated("2026-03-12", 1, 3));
    std::fs::create_dir(&small).unwrap();
    // A small disk of our own, where the system lets everybody have one; it is gone with the process.
    let script = r#"mount -t tmpfs -o size="$2" none "$1" || exit 77
        "$0" backtest --data "$3" --out "$1/out" > /dev/null; code=$?; ls -A "$1"; exit $code"#;
    for size in ["40k", "200k", "400k"] {
        let arguments = ["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_tbot"), &text(&small), size, &text(&data)];
        let Ok(ended) = std::process::Command::new("unshare").args(arguments).output() else { return };
        let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        if ended.status.code() != Some(3) {
            assert!(err.contains("unshare") || err.contains("mount"), "{size}: {:?} {out} {err}", ended.status);
            eprintln!("SKIPPED: no disk of our own: {err}");
            return;
        }
        assert!(err.contains("small/out/") && err.contains("full"), "{size}: {err}");
        assert_eq!(out, "", "{size}: left behind");
    }
}

#[test]
fn with_json_a_failure_is_an_object_too() {
    let folder = Folder::new();
    let out = folder.path().join("out");
    let said = tbot(&["backtest", "--data", "/nowhere", "--out", &text(&out), "--json"]);
    assert_eq!(said.code, Some(2));
    let error = &said.json()["error"];
    assert_eq!(error["code"], "data_folder_missing");
    assert_eq!(error["exit"], 2);
    assert!(error["message"].as_str().unwrap().contains("/nowhere"));
    assert!(said.err.contains("/nowhere"));
}
