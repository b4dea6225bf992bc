use std::path::{Path, PathBuf};

use desk::domain::ids::Identity;

use super::error::ServiceError;

const TEMPLATE: &str = include_str!("../../../deploy/tbot.service.in");
/// How a unit of ours begins.
pub(super) const MARK: &str = "# Written by tbot service install.";

/// What a unit names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Whose bot.
    pub identity: Identity,
    /// The program.
    pub program: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// The folder of its boot keys, where there is one: what is built in holds otherwise.
    pub config: Option<PathBuf>,
    /// The key that is handed over as a credential.
    pub key: PathBuf,
}

impl Unit {
    /// The name of an identity's unit.
    #[must_use]
    pub fn name(identity: &Identity) -> String {
        format!("tbot-{identity}.service")
    }

    /// Its text.
    ///
    /// # Errors
    /// [`ServiceError::Unnameable`] where a path would need quotes that units read in more than one way.
    pub fn text(&self) -> Result<String, ServiceError> {
        let paths = [("{PROGRAM}", &self.program), ("{DATA}", &self.data), ("{KEY}", &self.key)];
        let name = Self::name(&self.identity);
        let mut text = TEMPLATE.replace("{UNIT}", &name).replace("{IDENTITY}", self.identity.as_str());
        for (place, path) in paths {
            text = text.replace(place, nameable(path)?);
        }
        let config = match &self.config {
            Some(folder) => format!(" --config {}", nameable(folder)?),
            None => String::new(),
        };
        text = text.replace("{CONFIG}", &config);
        Ok(text)
    }
}

fn nameable(path: &Path) -> Result<&str, ServiceError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/._-+@~".contains(c);
    let text = path.to_str().filter(|text| text.starts_with('/') && text.chars().all(fits));
    text.ok_or_else(|| ServiceError::Unnameable { path: path.to_path_buf() })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::settings::test_place::TestPlace;

    fn unit(program: &str) -> Unit {
        Unit {
            identity: "RIGD_US_SIM_01".parse().unwrap(),
            program: PathBuf::from(program),
            data: PathBuf::from("/var/lib/me/tbot"),
            config: Some(PathBuf::from("/opt/tbot/config")),
            key: PathBuf::from("/var/lib/me/tbot/keys/tbot.key"),
        }
    }

    #[test]
    fn ops_6_the_unit_needs_no_root_and_is_hardened_where_user_mode_allows() {
        let text = unit("/opt/tbot/tbot").text().unwrap();
        assert!(text.starts_with(MARK) && !text.contains('{'), "{text}");
        for line in [
            "ExecStart=/opt/tbot/tbot run --unwatched --data /var/lib/me/tbot --config /opt/tbot/config",
            "Type=notify",
            "WatchdogSec=10",
            "RestartForceExitStatus=75",
            "LoadCredential=tbot.key:/var/lib/me/tbot/keys/tbot.key",
            "PrivateUsers=yes",
            "ReadWritePaths=/var/lib/me/tbot",
            "WantedBy=default.target",
        ] {
            assert!(text.lines().any(|l| l == line), "{line:?} is missing in\n{text}");
        }
        let bare = Unit { config: None, ..unit("/opt/tbot/tbot") }.text().unwrap();
        let line = "ExecStart=/opt/tbot/tbot run --unwatched --data /var/lib/me/tbot";
        assert!(bare.lines().any(|l| l == line), "{bare}");
        assert!(!text.lines().any(|l| l.starts_with("User=") || l.contains("multi-user.target")));
    }

    #[test]
    fn a_path_that_a_unit_cannot_name_is_refused() {
        for path in ["relative/tbot", "/opt/my bot/tbot", "/opt/100%/tbot", "/opt/$HOME/tbot", "/opt/a\"b"] {
            assert_eq!(unit(path).text().unwrap_err().code(), "service_path", "{path}");
        }
    }

    #[test]
    fn ops_6_systemd_finds_no_fault_in_the_unit() {
        let place = TestPlace::new();
        let path = place.join(Unit::name(&"RIGD_US_SIM_01".parse().unwrap()));
        std::fs::write(&path, unit("/bin/true").text().unwrap()).unwrap();
        let verified = Command::new("systemd-analyze").args(["--user", "verify"]).arg(&path).output();
        let Ok(verified) = verified else {
            // No systemd on this machine.
            return;
        };
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        let about_us: Vec<&str> = said.lines().filter(|line| line.contains("tbot-RIGD")).collect();
        assert!(about_us.is_empty(), "{said}");
    }
}
