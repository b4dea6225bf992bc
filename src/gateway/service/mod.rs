//! The bot as a systemd user service (OPS-6): its unit, written and enabled without root, and the manager's own verbs.

/// What can go wrong.
mod error;
/// The user's service manager.
mod manager;
/// The unit's text.
mod unit;

pub use error::ServiceError;
pub use manager::Manager;
pub use unit::Unit;

use std::path::{Path, PathBuf};

use serde::Serialize;

use self::unit::MARK;
use crate::settings::replace;

/// The service of one bot.
#[derive(Clone, Debug)]
pub struct Service {
    unit: String,
    path: PathBuf,
    manager: Manager,
}

/// What an installation did and found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// The unit's file.
    pub path: PathBuf,
    /// Whether the file was written anew; an equal one is left as it is.
    pub written: bool,
    /// Whether the unit was enabled now; it may have been before.
    pub enabled: bool,
    /// Whether the service lives on when the user signs out; nothing where that cannot be seen.
    pub lingers: Option<bool>,
}

/// How the service stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The unit's name.
    pub unit: String,
    /// `active`, `inactive`, `failed` …
    pub active: String,
    /// `enabled`, `disabled`, `not-found` …
    pub enabled: String,
    /// What the bot says of itself.
    pub status: String,
    /// Its process.
    pub pid: Option<u32>,
    /// How often it was started again.
    pub restarts: Option<u32>,
    /// Whether the service lives on when the user signs out.
    pub lingers: Option<bool>,
}

impl Service {
    /// The service of the bot with this unit name, kept in the user's folder of units.
    #[must_use]
    pub fn new(unit: String, units: &Path, manager: Manager) -> Self {
        Self { path: units.join(&unit), unit, manager }
    }

    /// The unit's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.unit
    }

    /// The manager that it is asked through.
    #[must_use]
    pub const fn manager(&self) -> &Manager {
        &self.manager
    }

    /// Writes the unit, has the manager read it, and enables it. Where the manager refuses, the file is as before.
    ///
    /// # Errors
    /// [`ServiceError`]: a unit of this name that is somebody else's; a manager that cannot be asked.
    pub fn install(&self, unit: &Unit) -> Result<Installed, ServiceError> {
        let text = unit.text()?;
        let before = self.ours()?;
        let written = before.as_deref() != Some(text.as_str());
        if written {
            self.write(&text)?;
        }
        let enabled = self.enable();
        if enabled.is_err() && written {
            self.restore(before.as_deref())?;
        }
        Ok(Installed { path: self.path.clone(), written, enabled: enabled?, lingers: self.manager.lingers() })
    }

    fn enable(&self) -> Result<bool, ServiceError> {
        self.manager.ask(&["daemon-reload"])?;
        if self.manager.word(&["is-enabled", &self.unit])? == "enabled" {
            return Ok(false);
        }
        self.manager.ask(&["enable", &self.unit]).map(|_| true)
    }

    /// Disables the unit and removes its file. A running bot is not stopped: that is a decision of its own.
    ///
    /// # Errors
    /// [`ServiceError`]: it still runs; a unit of this name that is somebody else's.
    pub fn uninstall(&self) -> Result<bool, ServiceError> {
        if self.ours()?.is_none() {
            return Ok(false);
        }
        let active = self.manager.word(&["is-active", &self.unit])?;
        if ["active", "activating", "deactivating", "reloading"].contains(&active.as_str()) {
            return Err(ServiceError::Runs { unit: self.unit.clone() });
        }
        self.manager.ask(&["disable", &self.unit])?;
        std::fs::remove_file(&self.path).map_err(|e| ServiceError::file(&self.path, e))?;
        self.manager.ask(&["daemon-reload"])?;
        Ok(true)
    }

    /// Starts, stops or restarts it, after the manager has read its unit again.
    ///
    /// # Errors
    /// [`ServiceError`]: it is not installed; the manager's words.
    pub fn tell(&self, verb: &str) -> Result<(), ServiceError> {
        if self.ours()?.is_none() {
            return Err(ServiceError::NotInstalled { unit: self.unit.clone() });
        }
        self.manager.ask(&["daemon-reload"])?;
        self.manager.ask(&[verb, &self.unit]).map(drop)
    }

    /// How it stands.
    ///
    /// # Errors
    /// [`ServiceError`] where the manager cannot be asked.
    pub fn standing(&self) -> Result<Standing, ServiceError> {
        let wanted = "--property=ActiveState,UnitFileState,StatusText,MainPID,NRestarts,LoadState";
        let said = self.manager.ask(&["show", wanted, &self.unit])?;
        let value = |name: &str| {
            let found = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            found.unwrap_or_default().to_owned()
        };
        let enabled = value("UnitFileState");
        Ok(Standing {
            unit: self.unit.clone(),
            active: value("ActiveState"),
            enabled: if enabled.is_empty() { value("LoadState") } else { enabled },
            status: value("StatusText"),
            pid: value("MainPID").parse().ok().filter(|pid| *pid != 0),
            restarts: value("NRestarts").parse().ok(),
            lingers: self.manager.lingers(),
        })
    }

    /// What stands in the unit's file, where it is ours.
    fn ours(&self) -> Result<Option<String>, ServiceError> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) if text.starts_with(MARK) => Ok(Some(text)),
            Ok(_) => Err(ServiceError::NotOurs { path: self.path.clone() }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(ServiceError::file(&self.path, e)),
        }
    }

    fn write(&self, text: &str) -> Result<(), ServiceError> {
        let folder = self.path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(|e| ServiceError::file(folder, e))?;
        replace(&self.path, text.as_bytes()).map_err(|e| ServiceError::file(&self.path, e))
    }

    fn restore(&self, before: Option<&str>) -> Result<(), ServiceError> {
        match before {
            Some(text) => self.write(text),
            None => std::fs::remove_file(&self.path).map_err(|e| ServiceError::file(&self.path, e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::settings::test_place::TestPlace;

    /// A manager that notes what it was asked, and says what the file `answers` has.
    fn service(place: &TestPlace, script: &str) -> Service {
        let program = place.join("systemctl");
        let text = format!("#!/bin/sh\necho \"$XDG_RUNTIME_DIR $*\" >> {}/asked\n{script}\n", place.display());
        std::fs::write(&program, text).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let manager = Manager::with(program, Some(place.join("run")));
        Service::new("tbot-RIGD_US_SIM_01.service".to_owned(), &place.join("units"), manager)
    }

    fn unit() -> Unit {
        Unit {
            identity: "RIGD_US_SIM_01".parse().unwrap(),
            program: PathBuf::from("/opt/tbot/tbot"),
            data: PathBuf::from("/var/lib/me/tbot"),
            config: Some(PathBuf::from("/opt/tbot/config")),
            key: PathBuf::from("/var/lib/me/tbot/keys/tbot.key"),
        }
    }

    fn asked(place: &TestPlace) -> Vec<String> {
        let log = std::fs::read_to_string(place.join("asked")).unwrap_or_default();
        let head = format!("{} --user ", place.join("run").display());
        log.lines().map(|line| line.strip_prefix(&head).unwrap().to_owned()).collect()
    }

    const IDLE: &str = "case \"$2\" in is-enabled) echo disabled; exit 1;; is-active) echo inactive; exit 3;; esac";

    #[test]
    fn ops_6_an_installation_writes_reloads_and_enables_and_an_uninstallation_undoes_that() {
        let place = TestPlace::new();
        let service = service(&place, IDLE);
        let installed = service.install(&unit()).unwrap();
        assert!(installed.written && installed.enabled);
        let name = "tbot-RIGD_US_SIM_01.service";
        let expected = ["daemon-reload".to_owned(), format!("is-enabled {name}"), format!("enable {name}")];
        assert_eq!(asked(&place), expected);
        assert!(!service.install(&unit()).unwrap().written, "an equal unit is left as it is");
        assert!(service.uninstall().unwrap());
        assert!(!place.join("units").join(name).exists());
        assert!(!service.uninstall().unwrap(), "there is nothing left to undo");
        assert!(place.join("units").exists());
        assert_eq!(service.tell("start").unwrap_err().code(), "service_not_installed");
    }

    #[test]
    fn ops_6_somebody_elses_unit_and_a_running_bot_are_left_alone() {
        let place = TestPlace::new();
        let idle = service(&place, IDLE);
        std::fs::create_dir_all(place.join("units")).unwrap();
        let path = place.join("units/tbot-RIGD_US_SIM_01.service");
        std::fs::write(&path, "[Unit]\nDescription=mine\n").unwrap();
        assert_eq!(idle.install(&unit()).unwrap_err().code(), "service_not_ours");
        assert_eq!(idle.uninstall().unwrap_err().code(), "service_not_ours");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[Unit]\nDescription=mine\n");
        assert!(asked(&place).is_empty());
        std::fs::remove_file(&path).unwrap();
        service(&place, IDLE).install(&unit()).unwrap();
        let running = service(&place, "[ \"$2\" = is-active ] && echo active");
        assert_eq!(running.uninstall().unwrap_err().code(), "service_runs");
        assert!(path.exists());
    }

    #[test]
    fn ops_6_a_manager_that_refuses_leaves_the_file_as_it_was() {
        let place = TestPlace::new();
        let refusing = "echo 'Failed to connect to bus' >&2; exit 1";
        let refused = service(&place, refusing).install(&unit()).unwrap_err().to_string();
        assert!(refused.contains("Failed to connect to bus"), "{refused}");
        assert_eq!(std::fs::read_dir(place.join("units")).unwrap().count(), 0);
        service(&place, IDLE).install(&unit()).unwrap();
        let path = place.join("units/tbot-RIGD_US_SIM_01.service");
        let before = std::fs::read_to_string(&path).unwrap();
        let moved = Unit { program: PathBuf::from("/opt/new/tbot"), ..unit() };
        assert!(service(&place, refusing).install(&moved).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    }

    #[test]
    fn the_standing_is_read_from_the_manager() {
        let place = TestPlace::new();
        let said = "printf 'ActiveState=active\\nUnitFileState=enabled\\nStatusText=trading\\nMainPID=42\\nNRestarts=1\\nLoadState=loaded\\n'";
        let standing = service(&place, said).standing().unwrap();
        let found = (
            standing.active.as_str(),
            standing.enabled.as_str(),
            standing.status.as_str(),
            standing.pid,
            standing.restarts,
        );
        assert_eq!(found, ("active", "enabled", "trading", Some(42), Some(1)));
    }
}
