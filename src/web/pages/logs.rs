//! The program's logs, the newest line first: filtered, masked, read only.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

/// Lines of a page.
const PAGE: usize = 200;
/// The levels, the worst first.
const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
/// What every line has besides its own fields.
const OWN: [&str; 6] = ["at", "level", "target", "message", "actor", "log"];

/// Which lines.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    log: String,
    level: String,
    actor: String,
    text: String,
}

type Line = Map<String, Value>;

fn word<'a>(line: &'a Line, name: &str) -> &'a str {
    line.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Who wrote it: the actor that it names, or the part of the program that it comes from.
fn actor(line: &Line) -> String {
    match word(line, "actor") {
        "" => word(line, "target").trim_start_matches("tbot::").split("::").collect::<Vec<_>>().join(" "),
        actor => actor.to_owned(),
    }
}

/// The fields that are a line's own, `order=A1 shares=10`.
fn fields(line: &Line) -> String {
    let own = line.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
    let said =
        own.map(|(name, value)| format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    said.collect::<Vec<_>>().join(" ")
}

impl Asked {
    /// The least important level that is shown, by its place.
    fn least(&self) -> usize {
        LEVELS.iter().position(|l| l.eq_ignore_ascii_case(&self.level)).unwrap_or(LEVELS.len())
    }

    fn fits(&self, line: &Line) -> bool {
        let has = |within: &str, asked: &str| within.to_lowercase().contains(&asked.trim().to_lowercase());
        let level = LEVELS.iter().position(|l| *l == word(line, "level")).unwrap_or(0);
        (self.log.is_empty() || self.log == word(line, "log"))
            && level <= self.least()
            && has(&actor(line), &self.actor)
            && (has(word(line, "message"), &self.text) || has(&fields(line), &self.text))
    }
}

/// The lines that were asked for, the newest first, and how many fit in all.
pub(crate) fn found(lines: Vec<Line>, asked: &Asked, most: usize) -> (Vec<Line>, usize) {
    let mut fitting: Vec<Line> = lines.into_iter().filter(|line| asked.fits(line)).collect();
    let count = fitting.len();
    // Stable: lines of one moment keep the order in which they were written.
    fitting.reverse();
    fitting.sort_by(|a, b| word(b, "at").cmp(word(a, "at")));
    fitting.truncate(most);
    (fitting, count)
}

/// `GET /logs`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Result<HttpResponse, Refusal> {
    let read = shared.site.logs.clone();
    let lines = actix_web::web::block(move || read()).await.map_err(|_| Refusal::Busy)?;
    let (shown, count) = found(lines, &asked, PAGE);
    let rows: Vec<Value> = shown
        .iter()
        .map(|line| {
            let at = word(line, "at").parse().map(moment).unwrap_or_default();
            json!({
                "at": at, "level": word(line, "level").to_lowercase(), "log": word(line, "log"), "actor": actor(line),
                "message": word(line, "message"), "fields": fields(line),
            })
        })
        .collect();
    let own = json!({
        "logs": {
            "rows": rows, "count": count, "shown": shown.len(),
            "levels": LEVELS.map(str::to_lowercase), "names": shared.site.log_names,
            "asked": { "log": asked.log, "level": asked.level.to_lowercase(), "actor": asked.actor, "text": asked.text },
        },
    });
    Frame::new(&shared, &visitor, "/logs").page("Logs", "pages/logs.html", own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let line = |at: &str, level: &str, log: &str, message: &str| {
            let line = json!({ "at": at, "level": level, "target": "tbot::actors::risk", "message": message, "log": log, "order": "A1" });
            let Value::Object(line) = line else { panic!() };
            line
        };
        vec![
            line("2026-11-20T14:30:00Z", "INFO", "system", "first"),
            line("2026-11-20T14:31:00Z", "WARN", "orders", "late"),
            line("2026-11-20T14:30:30Z", "ERROR", "system", "the feed is gone"),
        ]
    }

    #[test]
    fn ops_10_lines_are_narrowed_by_level_log_actor_and_text() {
        let count = |level: &str, log: &str, actor: &str, text: &str| {
            let [level, log, actor, text] = [level, log, actor, text].map(str::to_owned);
            found(lines(), &Asked { log, level, actor, text }, 9).1
        };
        assert_eq!(count("", "", "", ""), 3);
        assert_eq!((count("error", "", "", ""), count("warn", "", "", ""), count("info", "", "", "")), (1, 2, 3));
        assert_eq!((count("", "orders", "", ""), count("", "exits", "", "")), (1, 0));
        assert_eq!((count("", "", "risk", ""), count("", "", "ledger", "")), (3, 0));
        assert_eq!((count("", "", "", "FEED"), count("", "", "", "order=a1"), count("", "", "", "B2")), (1, 3, 0));
        let (shown, all) = found(lines(), &Asked::default(), 2);
        assert_eq!((shown.len(), all), (2, 3));
        assert_eq!(shown[0]["message"], "late", "the newest first");
    }
}
