//! RES-6: what is read, and what is refused.

/// Bad input in text, a table.
mod bad_text;
/// Folders and `instruments.toml`.
mod folders;
/// Parquet as others write it, and bad input in it.
#[cfg(feature = "parquet")]
mod parquets;
/// Real recordings.
mod recorded;
/// What is written is what is read.
mod round_trip;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{DataError, DataFolder, QuoteFolder, SymbolBars, SymbolQuotes};
use desk::domain::time::Timestamp;

const EVER: (Timestamp, Timestamp) = (Timestamp::from_nanos(i64::MIN), Timestamp::MAX);

/// A folder of its own, gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tbot-market-data-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn with(name: &str, bytes: &[u8]) -> Self {
        let folder = Self::new();
        folder.put(name, bytes);
        folder
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read_all(dir: &Path, symbol: &str) -> Result<SymbolBars, DataError> {
    let folder = DataFolder::open(dir)?;
    folder.read(folder.find(symbol)?, EVER.0, EVER.1)
}

fn read_quotes(dir: &Path, symbol: &str) -> Result<SymbolQuotes, DataError> {
    QuoteFolder::open(dir)?.read(symbol.parse().unwrap(), EVER.0, EVER.1)
}

/// Each of these words is in the message; the message names the file and is a sentence of one line.
fn says(error: &DataError, code: &str, words: &[&str]) {
    let message = error.to_string();
    assert_eq!(error.code(), code, "{message}");
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
    assert!(!message.contains('\n') && !message.contains('!') && message.len() < 600, "{message}");
}
