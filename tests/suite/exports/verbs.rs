use std::path::{Path, PathBuf};

use tbot::render::exports::{Format, ofx};

use super::programs::accepts;
use crate::cli::tool::{Said, generated, names, tbot, tbot_well, text, write_bars};
use crate::places::Folder;
use crate::report::schemas::{fits, validator};

/// Books of a few sessions of a generated market.
fn books() -> (Folder, PathBuf) {
    let place = Folder::new();
    let (bars, out) = (place.path().join("bars"), place.path().join("out"));
    write_bars(&bars, &generated("2026-03-09", 3, 11));
    tbot_well(&["backtest", "--json", "--data", &text(&bars), "--out", &text(&out)]);
    (place, out)
}

fn export(path: &Path, format: &str, out: &Path, more: &[&str]) -> Said {
    tbot(&[&["ledger", "export", &text(path), "--format", format, "--out", &text(out)], more].concat())
}

#[test]
fn ledg_8_a_run_s_books_go_to_every_program_whole_and_in_parts() {
    let (place, out) = books();
    for (part, more) in [
        ("whole", &[][..]),
        ("rest", &["--from", "2026-03-10"]),
        ("day", &["--from", "2026-03-11", "--to", "2026-03-11"]),
    ] {
        for format in Format::ALL {
            let file = place.path().join(format!("{part}.{}", format.as_str()));
            let said = export(&out, format.as_str(), &file, &[more, &["--json"]].concat());
            assert_eq!(said.code, Some(0), "{part} {format:?}: {}{}", said.out, said.err);
            assert!(said.json()["entries"].as_u64().unwrap() > 5, "{part}: {}", said.out);
            if matches!(format, Format::Beancount | Format::Hledger) {
                assert_eq!(accepts(format, &file).unwrap_or(Ok(())), Ok(()), "{part} {format:?}");
            }
        }
        let said =
            tbot_well(&["ledger", "check-ofx", &text(&place.path().join(format!("{part}.ofx"))), "--json"]).json();
        assert_eq!(said["found"]["faults"], serde_json::json!([]), "{part}");
        assert_eq!(said["opening"].is_string(), part != "whole", "{part}: {said}");
    }
    // The opening is the closing record of the session before, as the books have it.
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.path().join("rest.ofx.opening.json")).unwrap()).unwrap();
    fits(&validator("closing"), &record, "FILE.opening.json");
    assert_eq!((&record["session"], record["closing_lots"].is_string()), (&"XNYS:2026-03-09".into(), true));
    // Nothing is left of the names that files had while they were written.
    assert!(names(place.path()).iter().all(|name| !name.contains("partial")));
    // The JSON is a journal that can be exported again.
    let json = place.path().join("whole.json");
    let again = place.path().join("again.csv");
    assert_eq!(export(&json, "csv", &again, &[]).code, Some(0));
    assert_eq!(std::fs::read(again).unwrap(), std::fs::read(place.path().join("whole.csv")).unwrap());
}

#[test]
fn an_export_that_cannot_be_is_refused_with_what_is_allowed() {
    let place = Folder::new();
    let journal = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exports/journal.json");
    let there = place.path().join("there.csv");
    std::fs::write(&there, "mine").unwrap();
    let (fresh, nowhere) = (place.path().join("fresh"), place.path().join("no/such/folder/x"));
    let rest = place.path().join("rest.json");
    assert_eq!(export(&journal, "json", &rest, &["--from", "2026-09-09"]).code, Some(0));
    let notes = place.path().join("notes.json");
    std::fs::write(&notes, "{}").unwrap();
    for (path, format, out, more, says) in [
        (&journal, "xls", &fresh, &[][..], "[possible values: ofx, csv, json, beancount, hledger, trial-balance]"),
        (&journal, "csv", &there, &[], "exists already and is not overwritten"),
        (&journal, "csv", &nowhere, &[], "cannot be written: there is no such file"),
        (&journal, "csv", &fresh, &["--from", "2027-01-01", "--to", "2026-09-10"], "lies after --to 2026-09-10"),
        (
            &journal,
            "csv",
            &fresh,
            &["--from", "2027-01-01"],
            "between 2027-01-01 and 2027-01-01; the journal has entries from 2026-09-08",
        ),
        (
            &journal,
            "csv",
            &fresh,
            &["--to", "2020-01-01"],
            "between 2020-01-01 and 2020-01-01; the journal has entries from 2026-09-08",
        ),
        (
            &journal,
            "csv",
            &fresh,
            &["--to", "2026-09-01", "--from", "2026-08-01"],
            "the journal has entries from 2026-09-08 to 2026-09-10",
        ),
        (&journal, "csv", &fresh, &["--from", "yesterday"], "a date is needed"),
        (&journal, "ofx", &fresh, &["--price", "FERN=-1"], "a symbol and a price above zero"),
        (&journal, "ofx", &fresh, &["--account", "0123456789012345678"], "1 to 18 printable characters"),
        (&rest, "beancount", &fresh, &[], "begins with entry 8; beancount needs all entries from the first"),
        (&notes, "csv", &fresh, &[], "notes.json: is no journal in JSON: line 1"),
        (&place.path().join("gone.db"), "csv", &fresh, &[], "there is no such file"),
    ] {
        let said = export(path, format, out, more);
        assert_eq!(said.code, Some(2), "{says}: {}{}", said.out, said.err);
        assert!(said.err.contains(says), "{says:?} is missing in: {}", said.err);
    }
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");
    assert_eq!(names(place.path()), ["notes.json", "rest.json", "there.csv"]);
}

#[test]
fn check_ofx_names_each_fault_and_ends_with_1() {
    let place = Folder::new();
    let journal = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exports/journal.json");
    let file = place.path().join("sample.ofx");
    assert_eq!(export(&journal, "ofx", &file, &["--price", "FERN=20.10"]).code, Some(0));
    let whole = std::fs::read_to_string(&file).unwrap();
    assert!(whole.contains("<MKTVAL>-3015.00</MKTVAL>") && whole.contains("No price is known"), "{whole}");
    assert_eq!(ofx::check(&whole, &ofx::Opening::default()).faults, []);
    let said = tbot_well(&["ledger", "check-ofx", &text(&file)]);
    assert!(said.out.contains("2 statements"), "{}", said.out);
    std::fs::write(&file, whole.replacen("<COMMISSION>1.50", "<COMMISSION>1.51", 1)).unwrap();
    let said = tbot(&["ledger", "check-ofx", &text(&file)]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.contains("wrong_total") && said.out.contains("TOTAL is not -UNITS x UNITPRICE"),
        "{}{}",
        said.out,
        said.err
    );
    for (arguments, says) in [
        (vec!["nowhere.ofx".to_owned()], "nowhere.ofx: cannot be read"),
        (vec![text(&file), "--opening".to_owned(), text(&journal)], "is no closing record"),
    ] {
        let said = tbot(&[vec!["ledger".to_owned(), "check-ofx".to_owned()], arguments].concat());
        assert_eq!(said.code, Some(2));
        assert!(said.err.contains(says), "{}", said.err);
    }
}

#[test]
fn books_that_do_not_verify_are_not_exported() {
    let (place, out) = books();
    let record = out.join("run.json");
    let mut run: serde_json::Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    run["books"]["records"] = (run["books"]["records"].as_u64().unwrap() + 1).into();
    std::fs::write(&record, run.to_string()).unwrap();
    let file = place.path().join("x.csv");
    let said = export(&out, "csv", &file, &[]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("do not verify, and nothing was done with them: "), "{}", said.out);
    assert_eq!(export(&out, "csv", &file, &["--json"]).json()["verified"], false);
    assert!(!file.exists());
}
