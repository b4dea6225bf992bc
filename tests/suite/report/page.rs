//! `report.html` and the vendored scripts in it.

use std::path::Path;

use desk::domain::chain::Hash;
use tbot::render::{chosen_days, report_html};

use super::sample::{Sample, empty, sample};

const SYMBOLS: [&str; 8] = ["NVDA", "SPY", "KO", "MU", "AMD", "F", "MSFT", "XOM"];

/// Writes a report beside the test's other files, where a person can look at it.
fn kept(name: &str, sample: &Sample) -> String {
    let html = report_html(&sample.input()).unwrap();
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), &html).unwrap();
    html
}

#[test]
fn a_report_is_one_page_that_needs_nothing_else() {
    // RES-7a, REP-6
    let run = sample(12, &SYMBOLS, 11);
    let html = kept("report.html", &run);
    // The scripts, which come last, are compared with their list below.
    let page = html.split("<script>").next().unwrap();
    for outside in ["src=\"", "href=\"http", "@import", "url(", "NaN", "undefined"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("SIMULATED") && page.contains("Simulated venue, recorded market"));
    assert!(html == report_html(&sample(12, &SYMBOLS, 11).input()).unwrap(), "the same bytes twice");
}

#[test]
fn a_long_run_stays_under_15_megabytes_and_says_what_it_leaves_out() {
    // The report draws at most 60 symbol-days: largest gain, loss and slippage.
    let run = sample(120, &SYMBOLS, 3);
    let chosen = chosen_days(&run.trades).unwrap();
    assert_eq!((chosen.len(), run.charts.len()), (60, 60));
    let sum = |key: &(_, _)| -> i64 {
        run.trades.iter().filter(|t| (t.session, t.ticker) == *key).map(|t| t.pnl_net.raw()).sum()
    };
    let all: std::collections::BTreeSet<_> = run.trades.iter().map(|t| (t.session, t.ticker)).collect();
    for extreme in [all.iter().max_by_key(|k| sum(k)).unwrap(), all.iter().min_by_key(|k| sum(k)).unwrap()] {
        assert!(chosen.contains(extreme), "{extreme:?}");
    }
    let html = kept("report-long.html", &run);
    assert!(html.len() < 15_000_000, "{} bytes", html.len());
    assert!(html.contains(&format!("60 of {} symbol-days with trades are drawn", all.len())));
}

#[test]
fn a_day_of_a_generated_market_says_so_on_its_face() {
    let html = kept("report-demo.html", &sample(1, &SYMBOLS, 5));
    assert!(html.contains("Simulated venue, generated market: every price is drawn from seed 7."));
}

#[test]
fn an_empty_run_is_a_page_too() {
    let html = kept("report-empty.html", &empty());
    assert!(html.contains("No trade was made"));
    assert!(html.contains("Without a trade there is no luck to test."));
}

#[test]
fn books_that_do_not_agree_stand_at_the_head() {
    let mut run = sample(1, &SYMBOLS, 5);
    run.books.verified = false;
    run.books.first_wrong = Some("entry 7: its hash is not that of its bytes".to_owned());
    let html = report_html(&run.input()).unwrap();
    let head = html.find("No figure of this report can be relied on").unwrap();
    assert!(head < html.find("id=\"h-str\"").unwrap());
    assert!(html.contains("entry 7: its hash is not that of its bytes"));
}

#[test]
fn text_from_outside_cannot_become_markup() {
    let mut run = sample(1, &SYMBOLS, 5);
    let bad = "</script><script>alert(1)</script>";
    run.assumptions.fees[0].evidence = bad.to_owned();
    run.books.checks.push(bad.to_owned());
    run.charts[0].ranges[0].label = bad.to_owned();
    let html = report_html(&run.input()).unwrap();
    assert!(!html.contains("<script>alert"));
}

#[test]
fn vendored_scripts_are_what_their_list_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/vendor");
    let list = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let rows: Vec<Vec<&str>> = list
        .lines()
        .filter(|l| l.starts_with("| `"))
        .map(|l| l.split('|').map(|c| c.trim().trim_matches('`')).collect())
        .collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let bytes = std::fs::read(folder.join(row[1])).unwrap();
        assert_eq!(Hash::of(&bytes).to_string(), row[4], "{}", row[1]);
    }
}
