use std::fmt;
use std::io;
use std::path::PathBuf;

/// What can go wrong in `control/`.
#[derive(Debug)]
pub enum ControlError {
    /// The folder is not the bot's alone.
    NotPrivate {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Another instance runs (LIFE-13).
    Held {
        /// The lock's file.
        path: PathBuf,
        /// Its process, where that could be read.
        pid: Option<u32>,
    },
    /// A file cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds something else than it should.
    Damaged {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// Nobody answers at the socket.
    Silent {
        /// Which.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
}

impl ControlError {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPrivate { .. } => "control_not_private",
            Self::Held { .. } => "already_running",
            Self::File { .. } => "control_file",
            Self::Damaged { .. } => "control_damaged",
            Self::Silent { .. } => "bot_silent",
        }
    }

    pub(super) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPrivate { path, reason } => {
                write!(f, "{} {reason}. Allowed: a folder of the bot's own user with mode 0700", path.display())
            }
            Self::Held { path, pid: Some(pid) } => {
                write!(f, "this bot runs already, as process {pid} ({} is locked)", path.display())
            }
            Self::Held { path, pid: None } => {
                write!(f, "this bot runs already ({} is locked)", path.display())
            }
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Damaged { path, what } => write!(f, "{} is damaged: it holds no {what}", path.display()),
            Self::Silent { path, reason } => write!(f, "no bot answers at {}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for ControlError {}
