//! The names of archives: whose, and when. `RIGD_US_SIM_01_20261121T220000Z.backup`.

use std::fmt;
use std::path::Path;

use desk::domain::ids::Identity;
use desk::domain::time::Timestamp;

/// The ending of an archive's file.
pub(super) const ENDING: &str = "backup";

/// An archive's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Whose bot.
    pub identity: Identity,
    /// When it was begun, to the second.
    pub at: Timestamp,
}

impl Name {
    /// The name of a backup of now.
    #[must_use]
    pub const fn new(identity: Identity, at: Timestamp) -> Self {
        Self { identity, at: Timestamp::from_seconds(at.seconds()) }
    }

    /// The name without its ending, where it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (identity, time) = text.rsplit_once('_')?;
        let part = |from: usize, to: usize| time.get(from..to);
        let spelt = format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4)?,
            part(4, 6)?,
            part(6, 8)?,
            part(9, 11)?,
            part(11, 13)?,
            part(13, 15)?
        );
        let name = Self { identity: identity.parse().ok()?, at: Timestamp::parse(spelt.as_bytes()).ok()? };
        (name.to_string() == text).then_some(name)
    }

    /// The name of an archive's file, where it is one.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension().is_some_and(|e| e == ENDING);
        path.file_stem().and_then(|stem| stem.to_str()).filter(|_| ending).and_then(Self::parse)
    }

    /// The file's name.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{self}.{ENDING}")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time: String = self.at.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        write!(f, "{}_{time}", self.identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rep_9_a_name_says_whose_and_when_and_is_read_back() {
        let at = Timestamp::from_nanos(1_800_000_000_123_456_789);
        let name = Name::new("RIGD_US_SIM_01".parse().unwrap(), at);
        assert_eq!(name.file(), "RIGD_US_SIM_01_20270115T080000Z.backup");
        assert_eq!(Name::of_file(Path::new("backups").join(name.file()).as_path()), Some(name));
        for other in [
            "RIGD_US_SIM_01_20270115T080000Z.backup.sha256",
            "RIGD_US_SIM_01_20270115T080000Z",
            ".partial-RIGD_US_SIM_01_20270115T080000Z.backup",
            "RIGD_US_SIM_01_20271315T080000Z.backup",
            "20270115T080000Z.backup",
            "RIGD_US_SIM_01_20270115T080000Zx.backup",
        ] {
            assert_eq!(Name::of_file(Path::new(other)), None, "{other}");
        }
    }
}
