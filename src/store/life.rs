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
        let mut text = String::new();
        log.file.read_to_string(&mut text).map_err(fail)?;
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let (whole, torn) = text.split_at_checked(whole).unwrap_or((&text, ""));
        let mut events = Vec::new();
        for (number, line) in (1_u64..).zip(whole.lines()) {
            let unfit = |why: &str| StoreError::Unfit { reason: format!("{}: line {number}: {why}", path.display()) };
            let (bytes, hash) = line.split_once('\t').ok_or_else(|| unfit("the hash is missing"))?;
            let next = log.head.link(bytes.as_bytes());
            if next.to_string() != hash {
                return Err(unfit("its hash does not follow from the lines before; it was touched"));
            }
            events.push(BotEvent::from_bytes(bytes.as_bytes()).map_err(|e| unfit(&e.to_string()))?);
            log.head = next;
        }
        if !torn.is_empty() {
            let length = u64::try_from(whole.len()).unwrap_or(u64::MAX);
            log.file.set_len(length).map_err(fail)?;
        }
        log.file.seek(SeekFrom::End(0)).map_err(fail)?;
        Ok((log, events))
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

    #[test]
    fn a_torn_last_line_is_cut_off_and_a_touched_line_is_named() {
        let path = place("torn");
        let (mut log, _) = LifeLog::open(&path).unwrap();
        log.append(&[event(1), event(2)]).unwrap();
        drop(log);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        assert_eq!(LifeLog::open(&path).unwrap().1, [event(1)]);
        let touched = String::from_utf8(whole).unwrap().replacen("\"number\":7", "\"number\":8", 1);
        std::fs::write(&path, touched).unwrap();
        let said = LifeLog::open(&path).unwrap_err().to_string();
        assert!(said.contains("line 1") && said.contains("touched"), "{said}");
        std::fs::remove_file(path).unwrap();
    }
}
