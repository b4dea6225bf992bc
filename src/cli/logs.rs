//! `tbot logs`: the program's logs, the last lines or as they come.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::bot::BotArguments;
use super::failure::Failure;
use super::{console, examples, interrupt};
use crate::gateway::clock::Stopwatch;
use crate::settings::mask;

/// How often a followed log is looked at.
const EVERY: Duration = Duration::from_millis(250);
/// How much of a log's end is read for its last lines.
const TAIL: u64 = 4 * 1_024 * 1_024;

/// Which log.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot logs", "tbot logs orders --lines 200", "tbot logs --follow errors", "tbot logs --json | jq .message"]))]
pub struct Arguments {
    /// Which one [default: system, where everything else goes]
    #[arg(value_parser = ["system", "cycles", "signals", "gates", "orders", "exits", "errors"], default_value = "system")]
    log: String,
    /// Go on with what comes, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// How many of the last lines
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    lines: usize,
    /// Print the lines as they are stored, one JSON object each
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Prints a log.
///
/// # Errors
/// Where it cannot be read.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let path = arguments.bot.boot()?.folders.logs().join(format!("{}.log", arguments.log));
    let fail = |e| Failure::failed("log", format!("{}: {e}", path.display()));
    let mut at = match File::open(&path) {
        Ok(file) => tail(file, arguments).map_err(fail)?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && arguments.follow => 0,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("{}: there is no such log yet; the bot writes it when it runs", path.display());
            return Err(Failure::bad_input("no_log", message));
        }
        Err(e) => return Err(fail(e)),
    };
    while arguments.follow && !interrupt::asked() {
        at = news(&path, at, arguments.json).map_err(fail)?;
        Stopwatch::start().wait_until(EVERY, || !interrupt::asked());
    }
    Ok(())
}

/// The last lines; where the file ends.
fn tail(mut file: File, arguments: &Arguments) -> std::io::Result<u64> {
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(end.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    for line in lines.iter().skip(lines.len().saturating_sub(arguments.lines)) {
        print(line, arguments.json);
    }
    Ok(end)
}

/// What came since, whole lines alone; where the next begins. A log that was turned over begins anew.
fn news(path: &Path, at: u64, json: bool) -> std::io::Result<u64> {
    let Ok(mut file) = File::open(path) else { return Ok(0) };
    let at = if file.metadata()?.len() < at { 0 } else { at };
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end.saturating_add(1));
    let text = String::from_utf8_lossy(bytes.get(..whole).unwrap_or_default()).into_owned();
    for line in text.lines() {
        print(line, json);
    }
    Ok(at.saturating_add(u64::try_from(whole).unwrap_or(0)))
}

fn print(line: &str, json: bool) {
    let line = mask(line);
    console::say(&if json { line } else { readable(&line) });
}

/// A stored line for people: time, level, what, and the fields.
fn readable(line: &str) -> String {
    let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(line) else { return line.to_owned() };
    let mut word = |name: &str| {
        let value = fields.shift_remove(name);
        value.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
    };
    let (at, level, message) = (word("at"), word("level"), word("message"));
    fields.shift_remove("target");
    let rest: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    format!("{at} {level:<5} {message} {}", rest.join(" ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_line_reads_well() {
        let line =
            r#"{"at":"2026-11-20T14:30:00Z","level":"WARN","target":"orders","message":"late","order":"A1","n":3}"#;
        assert_eq!(readable(line), "2026-11-20T14:30:00Z WARN  late order=A1 n=3");
        assert_eq!(readable("plain"), "plain");
    }
}
