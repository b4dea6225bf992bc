//! A file that grows with the session. What it holds is a function of the record: what could not be written, or was written
//! by a process that is gone, is written anew, whole.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::settings::replace;

/// A file that grows.
#[derive(Debug)]
pub(super) struct Growing {
    path: PathBuf,
    bytes: Vec<u8>,
    /// How much of it lies on the disk; nothing where that is not known.
    written: Option<usize>,
}

impl Growing {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, bytes: Vec::new(), written: None }
    }

    /// The name, without its folder.
    pub(super) fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn add(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
    }

    /// What it holds now; mostly more of the same.
    pub(super) fn set(&mut self, bytes: Vec<u8>) {
        let same = self.written.filter(|n| self.bytes.get(..*n).is_some_and(|old| bytes.starts_with(old)));
        (self.bytes, self.written) = (bytes, same);
    }

    /// Nothing, as at a session's begin.
    pub(super) fn clear(&mut self) {
        self.set(Vec::new());
    }

    /// Brings the disk to where it is.
    ///
    /// # Errors
    /// Those of the file system; the next call writes it anew.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Some(written) = self.written.take() else {
            if self.bytes.is_empty() {
                match std::fs::remove_file(&self.path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            } else {
                replace(&self.path, &self.bytes)?;
            }
            self.written = Some(self.bytes.len());
            return Ok(());
        };
        if let Some(more) = self.bytes.get(written..).filter(|more| !more.is_empty()) {
            if written == 0 {
                replace(&self.path, &self.bytes)?;
            } else {
                OpenOptions::new().append(true).open(&self.path)?.write_all(more)?;
            }
        }
        self.written = Some(self.bytes.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rep_1_a_growing_file_is_what_was_told_also_after_another_process_or_a_failure() {
        let folder = std::env::temp_dir().join(format!("tbot-growing-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("orders.jsonl");
        std::fs::write(&path, "half a li").unwrap();
        let read = || std::fs::read_to_string(&path).unwrap();
        let mut own = Growing::new(path.clone());
        own.add(b"one\n");
        own.flush().unwrap();
        assert_eq!(read(), "one\n", "what another process left is replaced");
        own.add(b"two\n");
        own.flush().unwrap();
        own.flush().unwrap();
        assert_eq!(read(), "one\ntwo\n");
        std::fs::remove_file(&path).unwrap();
        own.add(b"three\n");
        assert!(own.flush().is_err());
        own.flush().unwrap();
        assert_eq!(read(), "one\ntwo\nthree\n", "written anew after a failure");
        own.set(b"one\ntwo\nthree\nfour\n".to_vec());
        own.flush().unwrap();
        own.set(b"other\n".to_vec());
        own.flush().unwrap();
        assert_eq!(read(), "other\n");
        own.clear();
        own.flush().unwrap();
        assert!(!path.exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
