//! The reports as the pages list and give them: what lies in `summaries`, folder by folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use desk::domain::decimal::Money;
use desk::domain::ids::SessionId;
use serde_json::Value;

use super::super::day_exports::SUMS;
use crate::web::{Period, Reports};

/// The reports of a bot.
pub(in crate::app) fn reports(output: &Path) -> Reports {
    let root = output.join("summaries");
    let other = root.clone();
    Reports {
        listed: Arc::new(move || list(&root)),
        file: Arc::new(move |period, name| {
            let folder = other.join(period);
            let known = is_period(period) && names(&folder).iter().any(|own| own == name);
            known.then(|| std::fs::read(folder.join(name)).ok()).flatten()
        }),
    }
}

/// A session, `XNYS_2026-11-20`, or a week, `2026-W47`: nothing else is a folder of ours, and neither leads elsewhere.
fn is_period(name: &str) -> bool {
    session(name).is_some() || is_week(name)
}

fn session(name: &str) -> Option<SessionId> {
    name.replacen('_', ":", 1).parse().ok()
}

fn is_week(name: &str) -> bool {
    name.split_once("-W").is_some_and(|(year, week)| {
        year.len() == 4 && week.len() == 2 && [year, week].iter().all(|t| t.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// The files of a folder, as its checksums name them: they are written last.
fn names(folder: &Path) -> Vec<String> {
    let sums = std::fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    sums.lines().filter_map(|line| line.split_once("  ")).map(|(_, name)| name.to_owned()).collect()
}

fn list(root: &Path) -> Result<Vec<Period>, String> {
    let unread = |e: std::io::Error| format!("{} cannot be read: {e}", root.display());
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(root).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_period(&name) {
            continue;
        }
        let files = names(&entry.path());
        if files.is_empty() {
            continue;
        }
        let read = |file: &str| {
            let bytes = files.iter().any(|own| own == file).then(|| std::fs::read(entry.path().join(file)).ok())?;
            serde_json::from_slice::<Value>(&bytes?).ok()
        };
        let figures = ["daily_summary.json", "summary.json"].into_iter().find_map(read);
        let ready = read("readiness.json");
        found.insert(name.clone(), period(name, files, (figures.as_ref(), ready.as_ref())));
    }
    Ok(found.into_values().rev().collect())
}

fn period(name: String, files: Vec<String>, (figures, ready): (Option<&Value>, Option<&Value>)) -> Period {
    let own = figures.and_then(|f| f.get("trades"));
    let text = |key: &str| own.and_then(|t| t.get(key)).and_then(Value::as_str);
    let number = |key: &str| own.and_then(|t| t.get(key)).and_then(Value::as_u64).unwrap_or(0);
    Period {
        session: session(&name),
        trades: number("trades"),
        won: number("won"),
        net: text("net").and_then(|net| net.parse().ok()).unwrap_or(Money::ZERO),
        readiness: ready.and_then(|r| r.get("head")).and_then(Value::as_str).map(str::to_owned),
        name,
        files,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rep_6_only_files_of_a_report_are_given_and_nothing_beside_them() {
        let folder = std::env::temp_dir().join(format!("tbot-listed-{}", std::process::id()));
        let own = folder.join("summaries/2026-W47");
        std::fs::create_dir_all(&own).unwrap();
        std::fs::create_dir_all(folder.join("summaries/elsewhere")).unwrap();
        std::fs::write(folder.join("secret"), "s").unwrap();
        std::fs::write(own.join("report.html"), "page").unwrap();
        std::fs::write(own.join("summary.json"), r#"{"trades":{"trades":3,"won":2,"net":"-1.50"}}"#).unwrap();
        std::fs::write(own.join("readiness.json"), r#"{"head":"3 of 8 met"}"#).unwrap();
        std::fs::write(own.join(SUMS), "00  report.html\n00  summary.json\n00  readiness.json\n").unwrap();
        let reports = reports(&folder);
        let [week] = (reports.listed)().unwrap().try_into().unwrap();
        assert_eq!((week.name.as_str(), week.trades, week.won), ("2026-W47", 3, 2));
        assert_eq!((week.net.to_string().as_str(), week.readiness.as_deref()), ("-1.50", Some("3 of 8 met")));
        assert_eq!((reports.file)("2026-W47", "report.html").unwrap(), b"page");
        for (period, name) in [
            ("2026-W47", "SHA256SUMS"),
            ("2026-W47", "../../secret"),
            ("..", "secret"),
            ("elsewhere", "report.html"),
            ("2026-W4x", "report.html"),
        ] {
            assert_eq!((reports.file)(period, name), None, "{period}/{name}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
