//! What has failed lately, `control/failures`: one line a failure, so that an actor which ends the process again and again
//! is counted over several processes (LIFE-11).

use std::path::PathBuf;

use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::ControlError;
use super::folder::ControlFolder;
use crate::settings::replace;

/// So many are kept; more than any number that escalates.
const MOST: usize = 256;

/// One failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// When, by the clock on the wall.
    pub at: Timestamp,
    /// Whose.
    pub actor: String,
    /// What was wrong.
    pub why: String,
    /// Whether a supervisor has weighed it; what ended the process waits for the next one.
    pub weighed: bool,
}

/// The file.
#[derive(Clone, Debug)]
pub struct Failures {
    path: PathBuf,
}

impl Failures {
    /// In a control folder.
    #[must_use]
    pub fn new(control: &ControlFolder) -> Self {
        Self { path: control.path().join("failures") }
    }

    /// Those of before, the oldest first. A line that cannot be read is left out: it counts nothing.
    #[must_use]
    pub fn read(&self) -> Vec<Failed> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Notes one more; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn note(&self, failure: Failed) -> Result<(), ControlError> {
        let mut all = self.read();
        all.push(failure);
        self.keep(&all)
    }

    /// All have been weighed.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn weighed(&self) -> Result<(), ControlError> {
        let mut all = self.read();
        if all.iter().all(|failure| failure.weighed) {
            return Ok(());
        }
        for failure in &mut all {
            failure.weighed = true;
        }
        self.keep(&all)
    }

    fn keep(&self, all: &[Failed]) -> Result<(), ControlError> {
        let fail = |e| ControlError::file(&self.path, e);
        let mut text = String::new();
        for failure in all.iter().skip(all.len().saturating_sub(MOST)) {
            text.push_str(&serde_json::to_string(failure).map_err(|e| fail(e.into()))?);
            text.push('\n');
        }
        replace(&self.path, text.as_bytes()).map_err(fail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn life_11_failures_outlive_the_process_and_are_weighed_once() {
        let place = TestPlace::new();
        let failures = Failures::new(&ControlFolder::open(&place.join("control")).unwrap());
        assert_eq!(failures.read(), []);
        let failure = |n: i64, weighed| Failed {
            at: Timestamp::from_seconds(n),
            actor: "risk".to_owned(),
            why: "it hung".to_owned(),
            weighed,
        };
        failures.note(failure(1, true)).unwrap();
        failures.note(failure(2, false)).unwrap();
        assert_eq!(failures.read(), [failure(1, true), failure(2, false)]);
        failures.weighed().unwrap();
        assert_eq!(failures.read(), [failure(1, true), failure(2, true)]);
        std::fs::write(place.join("control/failures"), "half a li\n").unwrap();
        assert_eq!(failures.read(), []);
        for n in 0..300 {
            failures.note(failure(n, true)).unwrap();
        }
        assert_eq!((failures.read().len(), failures.read()[0].at), (MOST, Timestamp::from_seconds(44)));
    }
}
