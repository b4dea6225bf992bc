use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use desk::domain::journal::{AccountCode, EntryKind};
use serde_json::Value;
use tbot::render::exports::{Format, import};

use super::samples::{bare, journal, journals, opening, parts, reversed};
use crate::places::Folder;
use crate::report::schemas::{fits, validator};

/// A program that `scripts/ledger-tools` installs: Python's in a folder of its own, others in the system.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ledger-tools/bin").join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = std::env::split_paths(&path).map(|p| p.join(name)).filter(|_| name != "python");
    let found = [ours].into_iter().chain(system).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is not installed; scripts/ledger-tools does it");
    }
    found
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|s| String::from_utf8_lossy(s).into_owned()).concat()
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

/// What a program says of a file; nothing where it is not installed.
pub(super) fn accepts(format: Format, file: &Path) -> Option<Result<(), String>> {
    let file = file.to_str().unwrap();
    let output = match format {
        Format::Beancount => run(&program("bean-check")?, &["--no-cache", file]),
        _ => run(&program("hledger")?, &["-f", file, "check", "--strict"]),
    };
    Some(if output.status.success() { Ok(()) } else { Err(said(&output)) })
}

/// The text with a cent more in the first figure after a mark, in the n-th line that has it.
fn a_cent_more(text: &str, mark: &str, n: usize) -> Option<String> {
    let (at, line) = text.lines().enumerate().filter(|(_, l)| l.contains(mark)).nth(n)?;
    let from = line.find(mark)? + mark.len();
    let digits = from + line[from..].find(|c: char| c == '-' || c.is_ascii_digit())?;
    let end = line[digits..].find(|c: char| !"-.0123456789".contains(c)).map_or(line.len(), |e| digits + e);
    let figure = &line[digits..end];
    let places = figure.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let steps: i128 = figure.replace('.', "").parse().ok()?;
    let cent = 10_i128.pow(places.saturating_sub(2).try_into().ok()?);
    let (steps, places) = if places < 2 { (steps * 10_i128.pow(2 - places as u32), 2) } else { (steps, places) };
    let more = steps + cent;
    let scale = 10_i128.pow(places as u32);
    let sign = if more < 0 { "-" } else { "" };
    let text_of = format!("{sign}{}.{:0places$}", more.abs() / scale, more.abs() % scale);
    let planted = format!("{}{text_of}{}", &line[..digits], &line[end..]);
    let lines: Vec<&str> = text.lines().enumerate().map(|(i, l)| if i == at { planted.as_str() } else { l }).collect();
    Some(lines.join("\n") + "\n")
}

#[test]
fn ledg_8_beancount_and_hledger_accept_every_part_and_catch_a_cent() {
    let place = Folder::new();
    for (format, marks) in [
        (Format::Beancount, ["  Assets:Cash:", "  Income:Gains:", " {", " balance Assets:Cash:"]),
        (Format::Hledger, ["    assets:cash:", "    income:gains:", " @@ ", "0 USD = "]),
    ] {
        let file = place.path().join(format.as_str());
        for (name, journal, period) in parts() {
            let text = bare(&journal, period, format);
            std::fs::write(&file, &text).unwrap();
            let Some(verdict) = accepts(format, &file) else { return };
            assert_eq!(verdict, Ok(()), "{name} as {}", format.as_str());
            // Planting is done once a journal.
            if period.from != journal.days().unwrap().from {
                continue;
            }
            for mark in marks {
                let planted = a_cent_more(&text, mark, 1).unwrap_or_else(|| panic!("{name}: no figure after {mark:?}"));
                std::fs::write(&file, planted).unwrap();
                assert!(accepts(format, &file).unwrap().is_err(), "{name}: a cent after {mark:?} passed {format:?}");
            }
        }
    }
}

/// LEDG-2, LEDG-8: an account that a person added and one that got another name.
#[test]
fn ledg_2_accounts_of_persons_go_out_with_their_names_and_come_back() {
    let place = Folder::new();
    let (data, rename) = (AccountCode::new(5650).unwrap(), AccountCode::CASH_SETTLED);
    for (name, mut journal) in journals() {
        let entries = journal.entries.iter_mut().filter(|e| e.draft.kind == EntryKind::FeeRounding);
        let expenses = entries.flat_map(|e| &mut e.draft.postings).filter(|p| p.account.code() / 1000 == 5);
        let moved = expenses.map(|p| p.account = data).count();
        assert!(moved > 0, "{name}: nothing is posted to the added account");
        journal.accounts.insert(data, "Market data, \"real\" time".to_owned());
        journal.accounts.insert(rename, "Cash: at the broker".to_owned());
        let days = journal.days().unwrap();
        let json = bare(&journal, days, Format::Json);
        fits(&validator("journal"), &serde_json::from_str(&json).unwrap(), name);
        assert_eq!(import(json.as_bytes()).unwrap(), journal, "{name}");
        assert!(bare(&journal, days, Format::Csv).contains("Market data"), "{name}");
        for (format, told) in [
            (Format::Beancount, r#"name: "Market data, \"real\" time""#),
            (Format::Hledger, r#"name:Market data  "real" time"#),
        ] {
            let (file, text) = (place.path().join(format.as_str()), bare(&journal, days, format));
            assert!(text.contains(told), "{name}: {told} in {text}");
            std::fs::write(&file, text).unwrap();
            let Some(verdict) = accepts(format, &file) else { return };
            assert_eq!(verdict, Ok(()), "{name} as {}", format.as_str());
        }
    }
}

#[test]
fn a_reversal_puts_every_kind_of_lot_back() {
    let place = Folder::new();
    let month = journal("books-example");
    // Brought in, split, cash in lieu, coin with its fee, contracts paid in coin, a sale through zero.
    for seq in [2, 30, 34, 40, 46, 50, 64] {
        let undone = reversed(&month, seq - 1);
        for format in [Format::Beancount, Format::Hledger] {
            let file = place.path().join(format.as_str());
            std::fs::write(&file, bare(&undone, undone.days().unwrap(), format)).unwrap();
            let Some(verdict) = accepts(format, &file) else { return };
            assert_eq!(verdict, Ok(()), "entry {seq} reversed, as {}", format.as_str());
        }
    }
}

#[test]
fn ledg_8_three_readers_of_ofx_read_it_and_come_to_the_same_figures() {
    let (Some(python), Some(ofxdump)) = (program("python"), program("ofxdump")) else { return };
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/read_ofx.py");
    let place = Folder::new();
    let file = place.path().join("journal.ofx");
    for (name, journal, period) in parts() {
        std::fs::write(&file, bare(&journal, period, Format::Ofx)).unwrap();
        let output = run(&python, &["-W", "ignore", reader.to_str().unwrap(), file.to_str().unwrap()]);
        assert!(output.status.success(), "{name}: {}", said(&output));
        let read: Value = serde_json::from_slice(&output.stdout).unwrap();
        let before = opening(&journal, period);
        for (account, statement) in read["ofxtools"]["statements"].as_object().unwrap() {
            let steps = |v: &Value| desk::domain::decimal::parse_steps(v.as_str().unwrap().as_bytes()).unwrap();
            let currency = account.rsplit('-').next().filter(|c| c.len() == 3).unwrap_or("USD");
            let opened = before.cash.get(currency).copied().unwrap_or(0);
            assert_eq!(opened + steps(&statement["cash"]), steps(&statement["available"]), "{name}: cash of {account}");
            assert_eq!(read["ofxparse"][account]["available"], statement["available"], "{name}: {account}");
            let ids = statement["ids"].as_array().unwrap().len();
            assert_eq!(read["ofxparse"][account]["transactions"], ids, "{name}: {account}");
            if before == tbot::render::exports::ofx::Opening::default() {
                assert_eq!(statement["moved"], statement["held"], "{name}: units of {account}");
            }
        }
        let output = run(&ofxdump, &[file.to_str().unwrap()]);
        let heard = said(&output);
        let errors: Vec<&str> = heard.lines().filter(|l| l.contains("ERROR")).collect();
        assert!(output.status.success() && errors.is_empty(), "{name}: {errors:?}");
        assert!(heard.contains("ofx_proc_transaction"), "{name}: {heard}");
    }
}
