//! Proof of life (LIFE-14): `heartbeat.json`, whole at any moment, and a line in `heartbeat.log`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use desk::domain::bot::{BotState, Mode};
use desk::domain::ids::{Identity, SessionId};
use desk::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ControlError;
use super::folder::ControlFolder;

/// A heartbeat that is older is stale.
pub const STALE: Span = Span::seconds(5);
/// The log is turned over at this size; one older part is kept.
const LARGEST_LOG: u64 = 8 * 1_024 * 1_024;
const FILE: &str = "heartbeat.json";

/// What a heartbeat carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// When, by the real clock.
    pub at: Timestamp,
    /// The process.
    pub pid: u32,
    /// The binary's version.
    pub version: String,
    /// Whose bot; nothing before set-up.
    pub identity: Option<Identity>,
    /// The state.
    pub state: BotState,
    /// The mode.
    pub mode: Option<Mode>,
    /// The link to the broker, in a word.
    pub broker: String,
    /// Feeds with their ages.
    pub feeds: Vec<Feed>,
    /// The session.
    pub session: Option<SessionId>,
    /// When a strategy last looked at the market.
    pub last_cycle: Option<Timestamp>,
    /// When a decision was last made.
    pub last_decision: Option<Timestamp>,
    /// Decisions of this session.
    pub decisions: u64,
    /// Whether defense mode is on.
    #[serde(default)]
    pub defense: bool,
    /// Whether the process that would start this one again is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unwatched: bool,
    /// All else that a person sees, for `tbot status` without a running bot.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub board: Value,
}

/// A feed and when it last brought something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Its name.
    pub name: String,
    /// When it last brought something, by the clock that it owns.
    pub last: Option<Timestamp>,
    /// How long ago that was, in seconds.
    pub age_seconds: Option<i64>,
}

/// Writes heartbeats.
#[derive(Debug)]
pub struct Heart {
    json: PathBuf,
    log: PathBuf,
}

impl Heart {
    /// Into this control folder, with a line in `{logs}/heartbeat.log`.
    #[must_use]
    pub fn new(folder: &ControlFolder, logs: &Path) -> Self {
        Self { json: folder.path().join(FILE), log: logs.join("heartbeat.log") }
    }

    /// Writes one. The file is replaced whole; a reader never sees half of it.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn beat(&self, heartbeat: &Heartbeat) -> Result<(), ControlError> {
        let whole = serde_json::to_vec(heartbeat).map_err(|e| ControlError::file(&self.json, e.into()))?;
        // Without waiting for the disk: a heartbeat that a power cut takes is stale anyway.
        let partial = self.json.with_extension("json.partial");
        let mut options = OpenOptions::new();
        let write = |mut file: std::fs::File, bytes: &[u8]| file.write_all(bytes);
        options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)
            .and_then(|file| write(file, &whole))
            .and_then(|()| std::fs::rename(&partial, &self.json))
            .map_err(|e| ControlError::file(&self.json, e))?;
        let line = Heartbeat { board: Value::Null, ..heartbeat.clone() };
        let mut line = serde_json::to_vec(&line).map_err(|e| ControlError::file(&self.log, e.into()))?;
        line.push(b'\n');
        if self.log.metadata().is_ok_and(|m| m.len() >= LARGEST_LOG) {
            let _ = std::fs::rename(&self.log, self.log.with_extension("log.1"));
        }
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.log)
            .and_then(|file| write(file, &line))
            .map_err(|e| ControlError::file(&self.log, e))
    }
}

/// The last heartbeat of a control folder.
///
/// # Errors
/// [`ControlError::File`] where it cannot be read, [`ControlError::Damaged`] where it is none; nothing where there never was
/// one.
pub fn last_heartbeat(control: &Path) -> Result<Option<Heartbeat>, ControlError> {
    let path = control.join(FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ControlError::file(path, e)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|_| ControlError::Damaged { path, what: "heartbeat" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn life_14_a_heartbeat_is_whole_and_leaves_a_line() {
        let place = TestPlace::new();
        let folder = ControlFolder::open(&place.join("control")).unwrap();
        assert_eq!(last_heartbeat(folder.path()).unwrap(), None);
        let heart = Heart::new(&folder, &place);
        let mut beat = Heartbeat {
            at: Timestamp::from_seconds(1_700_000_000),
            pid: 17,
            version: "0.1.0".to_owned(),
            identity: Some("RIGD_US_SIM_01".parse().unwrap()),
            state: BotState::Trading,
            mode: Some(Mode::Paper),
            broker: "simulated".to_owned(),
            feeds: vec![Feed { name: "generated".to_owned(), last: None, age_seconds: Some(3) }],
            session: None,
            last_cycle: None,
            last_decision: None,
            decisions: 4,
            defense: true,
            unwatched: false,
            board: serde_json::json!({ "number": 7 }),
        };
        for pid in 17..20 {
            beat.pid = pid;
            heart.beat(&beat).unwrap();
            assert_eq!(last_heartbeat(folder.path()).unwrap(), Some(beat.clone()));
        }
        let log = std::fs::read_to_string(place.join("heartbeat.log")).unwrap();
        assert_eq!(log.lines().count(), 3);
        assert!(log.lines().all(|line| line.contains("\"state\":\"trading\"") && !line.contains("board")));
        std::fs::write(folder.path().join(FILE), "{\"at\":").unwrap();
        let damaged = last_heartbeat(folder.path()).unwrap_err();
        assert_eq!(damaged.code(), "control_damaged");
        assert!(damaged.to_string().ends_with("heartbeat.json is damaged: it holds no heartbeat"), "{damaged}");
    }
}
