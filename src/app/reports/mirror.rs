//! `logs/audit.log`, a mirror of the audit's table, and `logs/error_tracebacks.log`, what fell and where (REP-1). Both are of
//! the bot as a whole: they go on over sessions.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::day_exports::NotWritten;
use crate::gateway::clock;
use crate::store::people::{AuditFilter, People};

/// So many records are read at once.
const PAGE: u32 = 500;

/// The mirror of the audit.
pub(super) struct Mirror {
    people: People,
    path: PathBuf,
    /// The last record that it holds; nothing before the file was looked at.
    last: Option<u64>,
}

impl Mirror {
    pub(super) fn new(people: People, logs: &Path) -> Self {
        Self { people, path: logs.join("audit.log"), last: None }
    }

    /// Writes what was recorded since.
    ///
    /// # Errors
    /// Where the audit cannot be read or the file not be written; the next call begins where this one ended.
    pub(super) async fn bring(&mut self) -> Result<(), NotWritten> {
        let last = self.last.unwrap_or_else(|| last_of(&self.path));
        self.last = Some(last);
        let (mut found, mut before) = (Vec::new(), u64::MAX);
        loop {
            let page = self.people.audit(&AuditFilter::default(), before, PAGE).await?;
            let more = u32::try_from(page.len()) == Ok(PAGE);
            found.extend(page.into_iter().take_while(|record| record.seq > last));
            match found.last() {
                Some(oldest) if more && oldest.seq > last.saturating_add(1) && oldest.seq < before => {
                    before = oldest.seq;
                }
                _ => break,
            }
        }
        for record in found.iter().rev() {
            let line = record.mirrored().map_err(super::paper::unmade)?;
            append(&self.path, &line).map_err(|e| NotWritten::Folder(self.path.clone(), e))?;
            self.last = Some(record.seq);
        }
        Ok(())
    }
}

/// The number of the last whole line.
fn last_of(path: &Path) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let seq = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?.get("seq")?.as_u64();
    text.lines().rev().find_map(seq).unwrap_or(0)
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())
}

/// From now on what panics is written with the way that led there, and told as before.
pub(super) fn trace_faults(logs: &Path) {
    let path = logs.join("error_tracebacks.log");
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let line = json!({
            "at": clock::now(), "thread": thread.name(), "fault": panic.to_string(),
            "backtrace": std::backtrace::Backtrace::force_capture().to_string(),
        });
        // There is nobody to tell it to: the fault itself is told by whoever guards what fell.
        let _ = append(&path, &line.to_string());
        before(panic);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rep_1_a_fault_leaves_its_traceback() {
        let folder = std::env::temp_dir().join(format!("tbot-faults-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        trace_faults(&folder);
        let fell = std::thread::spawn(|| panic!("a fault on purpose")).join();
        assert!(fell.is_err());
        drop(std::panic::take_hook());
        let text = std::fs::read_to_string(folder.join("error_tracebacks.log")).unwrap();
        let own = text.lines().find(|line| line.contains("a fault on purpose")).unwrap();
        let line: serde_json::Value = serde_json::from_str(own).unwrap();
        assert!(line["backtrace"].as_str().unwrap().contains("rep_1_a_fault_leaves_its_traceback"), "{line:#}");
        let schema = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
            serde_json::from_slice::<serde_json::Value>(&std::fs::read(path).unwrap()).unwrap()
        };
        let common = schema("common");
        let registry = jsonschema::Registry::new().add("urn:tbot:schema:common", &common).unwrap().prepare().unwrap();
        let validator = jsonschema::options().with_registry(&registry).build(&schema("fault")).unwrap();
        assert!(validator.is_valid(&line), "{line:#}");
        assert_eq!(last_of(&folder.join("nothing")), 0);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
