use std::fmt;
use std::io;
use std::path::PathBuf;

/// What can go wrong with the service.
#[derive(Debug)]
pub enum ServiceError {
    /// A unit of this name was not written by us.
    NotOurs {
        /// Its file.
        path: PathBuf,
    },
    /// There is no unit of ours.
    NotInstalled {
        /// Its name.
        unit: String,
    },
    /// The bot runs.
    Runs {
        /// Its unit.
        unit: String,
    },
    /// A path that a unit cannot name.
    Unnameable {
        /// Which.
        path: PathBuf,
    },
    /// The manager refused, or cannot be asked.
    Manager {
        /// What it was asked.
        asked: String,
        /// What it said.
        said: String,
        /// What to do.
        remedy: String,
    },
    /// A file cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ServiceError {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } => "service_not_ours",
            Self::NotInstalled { .. } => "service_not_installed",
            Self::Runs { .. } => "service_runs",
            Self::Unnameable { .. } => "service_path",
            Self::Manager { .. } => "service_manager",
            Self::File { .. } => "service_file",
        }
    }

    pub(super) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs { path } => write!(
                f,
                "{}: is there already and was not written by tbot. Move it away, then install again",
                path.display()
            ),
            Self::NotInstalled { unit } => write!(f, "{unit}: is not installed. Do it with: tbot service install"),
            Self::Runs { unit } => write!(f, "{unit}: runs. Stop it first: tbot service stop"),
            Self::Unnameable { path } => write!(
                f,
                "{}: a unit cannot name this path. Allowed: absolute, of letters, digits and / . _ - + @ ~",
                path.display()
            ),
            Self::Manager { asked, said, remedy } => write!(f, "systemctl --user {asked}: {said}. {remedy}"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl std::error::Error for ServiceError {}
