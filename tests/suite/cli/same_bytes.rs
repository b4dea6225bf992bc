use std::path::Path;

use super::tool::{command, files, generated, text, write_bars};
use crate::places::Folder;

fn run(data: &Path, out: &Path, more: &[&str], place_and_tongue: [&str; 2]) {
    let mut arguments = vec!["backtest".to_owned(), "--data".to_owned(), text(data), "--out".to_owned(), text(out)];
    arguments.extend(more.iter().map(|s| (*s).to_owned()));
    let [zone, tongue] = place_and_tongue;
    let ended = command(&arguments).env("TZ", zone).env("LANG", tongue).env("LC_ALL", tongue).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Runs twice, into another folder, in another time zone and language, and with the symbols in another order, and compares
/// every byte.
pub(super) fn same(data: &Path, symbols: &[&str], more: &[&str]) {
    let place = Folder::new();
    let forward = symbols.join(",");
    let backward = symbols.iter().rev().copied().collect::<Vec<_>>().join(",");
    let (first, second, third) =
        (place.path().join("first"), place.path().join("second/deeper"), place.path().join("third"));
    run(data, &first, &[&["--symbols", &forward], more].concat(), ["UTC", "C"]);
    run(data, &second, &[&["--symbols", &forward], more].concat(), ["Asia/Tokyo", "de_DE.UTF-8"]);
    run(data, &third, &[&["--symbols", &backward], more].concat(), ["America/New_York", "tr_TR.UTF-8"]);
    let expected = files(&first);
    for name in [
        "trade_history.json",
        "trade_history.csv",
        "decisions.jsonl",
        "summary.json",
        "ledger.db",
        "report.html",
        "run.json",
    ] {
        assert!(!expected[Path::new(name)].is_empty(), "{name}");
    }
    assert!(expected.keys().any(|p| p.starts_with("summaries") && p.ends_with("daily_summary.json")));
    for other in [&second, &third] {
        let found = files(other);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (name, bytes) in &expected {
            assert!(found[name] == *bytes, "{} differs in {}", name.display(), other.display());
        }
    }
}

#[test]
fn res_7a_the_same_inputs_give_the_same_bytes_in_every_file() {
    let data = Folder::new();
    let bars = generated("2026-03-11", 3, 5);
    write_bars(data.path(), &bars);
    let symbols: Vec<&str> = bars.keys().map(String::as_str).collect();
    same(data.path(), &symbols, &[]);
    same(data.path(), &symbols[..3], &["--strategies", "close,open", "--set", "open.range_minutes=20"]);
}

#[test]
fn res_7a_no_path_host_or_wall_time_is_in_any_file() {
    let (data, place) = (Folder::new(), Folder::new());
    write_bars(data.path(), &generated("2026-03-12", 1, 5));
    let out = place.path().join("out");
    run(data.path(), &out, &[], ["UTC", "C"]);
    let year = std::process::Command::new("date").arg("+%Y-%m-%dT%H").output().unwrap().stdout;
    let year = String::from_utf8(year).unwrap();
    for (name, bytes) in files(&out) {
        for word in [text(data.path()), text(place.path()), year.trim().to_owned()] {
            let found = bytes.windows(word.len()).any(|w| w == word.as_bytes());
            assert!(!found, "{word} is in {}", name.display());
        }
    }
}
