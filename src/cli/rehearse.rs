//! What follows `tbot rehearse`: its progress, its log, its checklist; the verdict is the exit code (RES-2a).

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::progress::Progress;
use super::run::runtime;
use super::{console, interrupt};
use crate::gateway::clock::Stopwatch;
use crate::gateway::control::{Reply, Request, client};
use crate::settings::Boot;

/// How often the bot is asked how far it is.
const ASK: Duration = Duration::from_millis(250);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a rehearsal that was begun may take to show.
const TO_SHOW: Duration = Duration::from_secs(15);

/// The rehearsal that runs, or the last one; null where there was none.
///
/// # Errors
/// [`Exit::Silent`] where no bot answers.
pub(super) fn last(boot: &Boot) -> Result<Value, Failure> {
    match runtime()?.block_on(client::ask(&boot.folders.control(), &Request::Rehearsal, PATIENCE))? {
        Reply::Rehearsal { rehearsal } => Ok(rehearsal),
        _ => Err(Failure::failed("protocol", "the bot gave an answer to another question")),
    }
}

/// Follows the rehearsal that comes after `before` to its end.
///
/// # Errors
/// [`Exit::Found`] where a point failed; [`Exit::Silent`] where the bot is gone; Ctrl-C, which leaves it running.
pub(super) fn follow(boot: &Boot, before: &Value, json: bool) -> Result<(), Failure> {
    let begun = Stopwatch::start();
    let mut progress = Progress::new("rehearsal", 1_000);
    let mut told = 0;
    loop {
        if interrupt::asked() {
            console::remark("The rehearsal goes on in the bot. End it with: tbot stop");
            return Err(Failure::interrupted());
        }
        let now = last(boot)?;
        if now.is_null() || now.get("id") == before.get("id") {
            if begun.elapsed() > TO_SHOW {
                let message = "the rehearsal does not show; tbot logs errors may say why";
                return Err(Failure::failed("rehearsal", message));
            }
        } else {
            progress.at(now.get("permille").and_then(Value::as_u64).unwrap_or(0));
            if !json {
                told = tell_log(&now, told);
            }
            if !now.get("ended").is_none_or(Value::is_null) {
                progress.done();
                return conclude(&now, json);
            }
        }
        begun.wait_until(begun.elapsed().saturating_add(ASK), || !interrupt::asked());
    }
}

/// Tells the lines that are new; how many there were in all by now.
fn tell_log(now: &Value, told: u64) -> u64 {
    let log = now.get("log").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let earlier = now.get("earlier").and_then(Value::as_u64).unwrap_or(0);
    for (line, number) in log.iter().zip(earlier..) {
        if number >= told {
            console::say(&words(line));
        }
    }
    earlier.saturating_add(u64::try_from(log.len()).unwrap_or(0))
}

/// `open   14:31:00  SPY: simulated fill of 10 at 470.12`.
fn words(line: &Value) -> String {
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let clock = text("market").split_once('T').map_or("", |(_, time)| time.get(..8).unwrap_or(time));
    format!("{:<6} {clock:<8}  {}", text("strategy"), text("what")).trim_start().to_owned()
}

fn conclude(now: &Value, json: bool) -> Result<(), Failure> {
    let points = now.pointer("/checklist/points").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let passed = !points.is_empty() && points.iter().all(|p| p.get("passed") == Some(&Value::Bool(true)));
    let verdict = now.get("verdict").and_then(Value::as_str).unwrap_or("The rehearsal has no verdict.");
    if json {
        console::say(&json!({ "rehearsal": now, "passed": passed }).to_string());
    } else {
        let rows: Vec<Vec<String>> = points.iter().map(row).collect();
        console::say(&console::text_table(&["Point", "", "Evidence"], &rows));
        console::say(verdict);
    }
    if passed {
        return Ok(());
    }
    // The checklist was told already.
    Err(Failure { exit: Exit::Found, code: "rehearsal_failed".into(), message: verdict.to_owned() })
}

fn row(point: &Value) -> Vec<String> {
    let text = |name: &str| point.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text("point").replace('_', " ");
    let of = text("of");
    let name = if of.is_empty() { name } else { format!("{name}, {of}") };
    let passed = point.get("passed") == Some(&Value::Bool(true));
    vec![name, if passed { "passed" } else { "FAILED" }.to_owned(), text("evidence")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(passed: bool) -> Value {
        json!({
            "id": "rehearsal-1", "verdict": "The rehearsal failed 1 of 2 points: flat at the end.",
            "checklist": { "points": [
                { "point": "window", "of": "open", "passed": true, "evidence": "bars 120, fills 1" },
                { "point": "flat", "passed": passed, "evidence": "positions left 2" },
            ] },
        })
    }

    #[test]
    fn res_2a_the_verdict_is_the_exit_code() {
        assert_eq!(conclude(&ended(true), true), Ok(()));
        let failed = conclude(&ended(false), false).unwrap_err();
        assert_eq!((failed.exit, failed.exit.code(), failed.code), (Exit::Found, 1, "rehearsal_failed".into()));
        assert_eq!(conclude(&json!({}), true).unwrap_err().exit, Exit::Found, "no checklist is no success");
        let points = ended(false);
        let rows: Vec<_> = points.pointer("/checklist/points").unwrap().as_array().unwrap().iter().map(row).collect();
        assert_eq!(rows[0], ["window, open", "passed", "bars 120, fills 1"]);
        assert_eq!(rows[1], ["flat", "FAILED", "positions left 2"]);
    }

    #[test]
    fn res_2_each_line_of_the_log_is_told_once() {
        let log =
            |earlier: u64, lines: usize| json!({ "earlier": earlier, "log": vec![json!({ "what": "x" }); lines] });
        assert_eq!(tell_log(&log(0, 3), 0), 3);
        assert_eq!(tell_log(&log(2, 3), 3), 5, "the first two lines are no longer shown");
        let line = json!({ "market": "2026-11-20T14:31:00Z", "strategy": "open", "what": "SPY: simulated fill" });
        assert_eq!(words(&line), "open   14:31:00  SPY: simulated fill");
        assert_eq!(words(&json!({ "market": null, "strategy": null, "what": "over" })), "over");
    }
}
