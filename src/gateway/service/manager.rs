use std::path::PathBuf;
use std::process::{Command, Output};

use super::error::ServiceError;
use crate::gateway::owner::own_user;

/// The user's service manager, asked through `systemctl --user`.
#[derive(Clone, Debug)]
pub struct Manager {
    program: PathBuf,
    /// Where its socket lies, where this process's own environment does not say.
    runtime: Option<PathBuf>,
}

impl Manager {
    /// The manager of this process's user. A missing `XDG_RUNTIME_DIR` is set for each call.
    #[must_use]
    pub fn of_user() -> Self {
        let set = std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|v| !v.is_empty());
        let usual = || own_user().ok().map(|user| PathBuf::from(format!("/run/user/{user}")));
        Self { program: PathBuf::from("systemctl"), runtime: if set { None } else { usual() } }
    }

    /// A manager that is asked through another program.
    #[must_use]
    pub const fn with(program: PathBuf, runtime: Option<PathBuf>) -> Self {
        Self { program, runtime }
    }

    /// What to do once and for all where `XDG_RUNTIME_DIR` is missing; nothing where it is there.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let runtime = self.runtime.as_ref()?;
        Some(format!(
            "XDG_RUNTIME_DIR was not set; {} was used for this call. For good: add the line\n  export XDG_RUNTIME_DIR=/run/user/$(id -u)\nto ~/.profile",
            runtime.display()
        ))
    }

    /// Whether the user's services live on when the user signs out; nothing where that cannot be seen.
    #[must_use]
    pub fn lingers(&self) -> Option<bool> {
        let user = std::env::var("USER").ok().filter(|u| !u.is_empty() && !u.contains('/'))?;
        let folder = PathBuf::from("/var/lib/systemd/linger");
        folder.is_dir().then(|| folder.join(user).exists())
    }

    /// Asks, and gives what it said.
    ///
    /// # Errors
    /// [`ServiceError::Manager`] with its words.
    pub fn ask(&self, arguments: &[&str]) -> Result<String, ServiceError> {
        let output = self.call(arguments)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().trim_end_matches('.').to_owned();
        let said = if said.is_empty() { format!("ended with {}", output.status) } else { said };
        Err(Self::refused(arguments, said))
    }

    /// Asks for one word, which may come with a failure: `inactive`, `disabled`.
    ///
    /// # Errors
    /// [`ServiceError::Manager`] where there is no word.
    pub fn word(&self, arguments: &[&str]) -> Result<String, ServiceError> {
        let output = self.call(arguments)?;
        let word = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if word.is_empty() && !said.contains("No such file") { Err(Self::refused(arguments, said)) } else { Ok(word) }
    }

    fn call(&self, arguments: &[&str]) -> Result<Output, ServiceError> {
        let mut command = Command::new(&self.program);
        command.arg("--user").args(arguments);
        if let Some(runtime) = &self.runtime {
            command.env("XDG_RUNTIME_DIR", runtime);
        }
        command.output().map_err(|e| Self::refused(arguments, e.to_string()))
    }

    fn refused(arguments: &[&str], said: String) -> ServiceError {
        let remedy = if said.contains("connect to bus") || said.contains("No medium") {
            "There is no service manager for this user: sign in properly (not with su), or have it started at boot with: loginctl enable-linger"
        } else {
            "See: journalctl --user -e"
        };
        ServiceError::Manager { asked: arguments.join(" "), said, remedy: remedy.to_owned() }
    }
}
