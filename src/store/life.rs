//! The log of the bot's life: commands, states, freezes, the latch. A file of its own beside the books, so that a stop or a
//! kill can be recorded while the books cannot be written.
//!
//! A line is the event's canonical bytes, a tab, and the hash that chains it to the line before. A last line that a crash
//! has torn is cut off; anything else that does not fit is an error that names the line.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use desk::domain::bot::BotEvent;
use desk::domain::chain::Hash;
use serde::Deserialize;

use super::error::StoreError;

/// Appends to the log; there is one, and it holds the file's lock.
#[derive(Debug)]
pub struct LifeLog {
    path: PathBuf,
    file: File,
    head: Hash,
}

impl LifeLog {
    /// Opens the log, makes it where there is none, and reads what it holds.
    ///
    /// # Errors
    /// Where the file cannot be read or written, is in use by another process, or a line of it was touched.
    pub fn open(path: &Path) -> Result<(Self, Vec<BotEvent>), StoreError> {
        let fail = |source| StoreError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(fail)?;
        file.try_lock().map_err(|_| StoreError::Locked { place: path.display().to_string() })?;
        let mut log = Self { path: path.to_owned(), file, head: Hash::default() };
        let mut text = Vec::new();
        log.file.read_to_end(&mut text).map_err(fail)?;
        let read = parse(path, &text)?;
        log.head = read.head;
        if read.torn {
            log.file.set_len(read.whole).map_err(fail)?;
        }
        log.file.seek(SeekFrom::End(0)).map_err(fail)?;
        Ok((log, read.events))
    }

    /// Reads what the log holds and changes nothing, also beside the process that writes it; and whether a crash has torn
    /// its last line.
    ///
    /// # Errors
    /// Where the file cannot be read, or a line of it was touched.
    pub fn read(path: &Path) -> Result<(Vec<BotEvent>, bool), StoreError> {
        let text = std::fs::read(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        parse(path, &text).map(|read| (read.events, read.torn))
    }

    /// Writes events, all or none; they are durable when this returns.
    ///
    /// # Errors
    /// Where the file cannot be written; it is as it was before.
    pub fn append(&mut self, events: &[BotEvent]) -> Result<(), StoreError> {
        let (mut text, mut head) = (Vec::new(), self.head);
        for event in events {
            let bytes = event.to_bytes().map_err(|e| StoreError::Unfit { reason: e.to_string() })?;
            head = head.link(&bytes);
            text.extend_from_slice(&bytes);
            text.extend_from_slice(format!("\t{head}\n").as_bytes());
        }
        let before = self.file.stream_position();
        let written = before.and_then(|at| self.write(&text).map_err(|e| self.take_back(at, e)));
        written.map_err(|source| StoreError::File { path: self.path.clone(), source })?;
        self.head = head;
        Ok(())
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        (&self.file).write_all(text)?;
        self.file.sync_data()
    }

    /// Cuts off what a failed write has left; a reader would cut off a torn line too.
    fn take_back(&self, at: u64, error: io::Error) -> io::Error {
        let cut = self.file.set_len(at).and_then(|()| (&self.file).seek(SeekFrom::Start(at)));
        cut.err().unwrap_or(error)
    }
}

/// What a log holds.
struct Parsed {
    events: Vec<BotEvent>,
    head: Hash,
    /// Bytes of whole lines.
    whole: u64,
    /// Whether something stands behind them.
    torn: bool,
}

fn parse(path: &Path, text: &[u8]) -> Result<Parsed, StoreError> {
    let mut lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    let torn = lines.pop().unwrap_or_default();
    let whole = u64::try_from(text.len().saturating_sub(torn.len())).unwrap_or(u64::MAX);
    let mut parsed = Parsed { events: Vec::new(), head: Hash::default(), whole, torn: !torn.is_empty() };
    for (number, line) in (1_u64..).zip(lines) {
        let place = || format!("{}: line {number}", path.display());
        let unfit = |why: &str| StoreError::Unread { reason: format!("{}: {why}", place()) };
        let line = std::str::from_utf8(line).map_err(|_| unfit("it is no text"))?;
        let (bytes, hash) = line.split_once('\t').ok_or_else(|| unfit("the hash is missing"))?;
        let next = parsed.head.link(bytes.as_bytes());
        if next.to_string() != hash {
            return Err(unfit("its hash does not follow from the lines before; it was touched"));
        }
        let event = BotEvent::from_bytes(bytes.as_bytes());
        parsed.events.push(event.map_err(|e| StoreError::Unknown { place: place(), reason: unknown(bytes, &e) })?);
        parsed.head = next;
    }
    Ok(parsed)
}

/// Why an event cannot be read: its kind, where that alone is unknown.
fn unknown(bytes: &str, error: &serde_json::Error) -> String {
    /// What every event begins with.
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    match serde_json::from_str(bytes) {
        Ok(Kind { kind }) if error.to_string().starts_with("unknown variant") => format!("its kind is {kind:?}"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::domain::bot::{BOT_EVENT_VERSION, BotBody};
    use desk::domain::time::Timestamp;

    fn event(seq: u64) -> BotEvent {
        let body = BotBody::ConfigApplied { number: 7 };
        BotEvent { v: BOT_EVENT_VERSION, seq, at: Timestamp::from_seconds(1_800_000_000), body, written: None }
    }

    fn place(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("tbot-life-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    #[test]
    fn life_4_what_was_appended_is_read_back_and_goes_on() {
        let path = place("back");
        let (mut log, events) = LifeLog::open(&path).unwrap();
        assert!(events.is_empty());
        log.append(&[event(1), event(2)]).unwrap();
        assert!(matches!(LifeLog::open(&path), Err(StoreError::Locked { .. })), "one writer");
        drop(log);
        let (mut log, events) = LifeLog::open(&path).unwrap();
        assert_eq!(events, [event(1), event(2)]);
        log.append(&[event(3)]).unwrap();
        drop(log);
        assert_eq!(LifeLog::open(&path).unwrap().1.len(), 3);
        std::fs::remove_file(path).unwrap();
    }

    /// LEDG-4a: what an earlier program wrote of its rehearsals is read; what no program of this version knows is refused with its
    /// place, and nothing is said of writing.
    #[test]
    fn ledg_4a_an_unknown_event_is_refused_by_its_line_and_its_kind() {
        let path = place("unknown");
        let line = |head: &mut Hash, bytes: &str| {
            *head = head.link(bytes.as_bytes());
            format!("{bytes}\t{head}\n")
        };
        let at = "2026-11-20T15:00:00Z";
        let began = format!(
            "{{\"v\":1,\"seq\":1,\"at\":\"{at}\",\"kind\":\"rehearsal_began\",\"data\":{{\"mark\":{{\"at\":\"{at}\",\
             \"who\":{{\"kind\":\"person\",\"name\":\"ada\"}},\"why\":\"\"}}}}}}"
        );
        let mut head = Hash::default();
        let known = line(&mut head, &began);
        std::fs::write(&path, &known).unwrap();
        assert_eq!(LifeLog::open(&path).unwrap().1[0].body.kind(), "rehearsal_began");
        for (bytes, says) in [
            (began.replace("rehearsal_began", "moon_rose"), "its kind is \"moon_rose\""),
            (began.replace("\"v\":1", "\"v\":9"), "version 9 is unknown"),
        ] {
            let next = line(&mut head.clone(), &bytes);
            std::fs::write(&path, format!("{known}{next}")).unwrap();
            let error = LifeLog::open(&path).map(drop).unwrap_err();
            let said = error.to_string();
            assert_eq!(error.code(), "STORE_UNKNOWN_EVENT", "{said}");
            assert!(said.contains(": line 2") && said.contains(says), "{said}");
            assert!(
                said.contains("another version of the program may have written it") && !said.contains("Nothing"),
                "{said}"
            );
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_a_touched_line_is_named() {
        let path = place("torn");
        let (mut log, _) = LifeLog::open(&path).unwrap();
        log.append(&[event(1), event(2)]).unwrap();
        drop(log);
        let whole = std::fs::read(&path).unwrap();
        let torn = &whole[..whole.len() - 9];
        std::fs::write(&path, torn).unwrap();
        assert_eq!(LifeLog::read(&path).unwrap(), (vec![event(1)], true));
        assert_eq!(std::fs::read(&path).unwrap(), torn, "who only reads changes nothing");
        assert_eq!(LifeLog::open(&path).unwrap().1, [event(1)]);
        let touched = String::from_utf8(whole.clone()).unwrap().replacen("\"number\":7", "\"number\":8", 1);
        let second = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
        let no_text = [&whole[..second], b"\xff\xfe\n"].concat();
        let no_hash = [&whole[..second], b"{}\n"].concat();
        for (text, says) in [
            (touched.into_bytes(), ["line 1", "touched"]),
            (no_text, ["line 2", "it is no text"]),
            (no_hash, ["line 2", "the hash is missing"]),
        ] {
            std::fs::write(&path, text).unwrap();
            for said in [LifeLog::open(&path).map(drop), LifeLog::read(&path).map(drop)] {
                let said = said.unwrap_err().to_string();
                assert!(says.iter().all(|s| said.contains(s)) && !said.contains("written"), "{said}");
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
