//! What a value must not be: where it stands, what it is, what is allowed.

use std::fmt;
use std::path::PathBuf;

use super::key::Home;

/// Why settings are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsError {
    /// There is no such key.
    Unknown {
        /// What was written.
        key: String,
        /// Where.
        origin: String,
        /// The keys that resemble it.
        nearest: Vec<String>,
    },
    /// The key lives elsewhere (OPS-1).
    WrongHome {
        /// Which key.
        key: String,
        /// Where it stands.
        origin: String,
        /// Where it lives.
        home: Home,
    },
    /// The value is not allowed.
    NotAllowed {
        /// Which key.
        key: String,
        /// What was given.
        value: String,
        /// Where.
        origin: String,
        /// What is allowed.
        allowed: String,
    },
    /// Two values do not go together.
    Together {
        /// Which keys.
        keys: String,
        /// Why not, and what is allowed.
        message: String,
    },
    /// A value that start needs is missing (OPS-1a, REP-2).
    Missing {
        /// Which key.
        key: &'static str,
        /// What to write.
        write: String,
    },
    /// A file cannot be read or written, or is not TOML.
    File {
        /// Which.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
    /// A file that a key names cannot be used.
    Named {
        /// Which key.
        key: &'static str,
        /// The file.
        path: String,
        /// Its line and value where there are such, and what is allowed.
        message: String,
    },
    /// Versions that must agree do not (OPS-4).
    Version {
        /// What was found.
        found: String,
        /// What this binary is.
        own: String,
        /// What to do.
        remedy: String,
    },
}

impl SettingsError {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_key",
            Self::WrongHome { .. } => "wrong_home",
            Self::NotAllowed { .. } => "value_not_allowed",
            Self::Together { .. } => "values_conflict",
            Self::Missing { .. } => "value_missing",
            Self::File { .. } => "settings_file",
            Self::Named { .. } => "named_file",
            Self::Version { .. } => "version",
        }
    }

    /// The key that it is about, where it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Unknown { key, .. } | Self::WrongHome { key, .. } | Self::NotAllowed { key, .. } => Some(key),
            Self::Missing { key, .. } | Self::Named { key, .. } => Some(key),
            Self::Together { keys, .. } => keys.split(", ").next(),
            Self::File { .. } | Self::Version { .. } => None,
        }
    }

    pub(super) fn file(path: impl Into<PathBuf>, message: impl fmt::Display) -> Self {
        Self::File { path: path.into(), message: message.to_string() }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { key, origin, nearest } => {
                write!(f, "{key} ({origin}): there is no such key. The nearest: {}", nearest.join(", "))
            }
            Self::WrongHome { key, origin, home: Home::Runtime } => write!(
                f,
                "{key} ({origin}): is a runtime key. It lives in the encrypted configuration: change it under Settings, or bring it in with tbot config import"
            ),
            Self::WrongHome { key, origin, home: Home::Boot } => write!(
                f,
                "{key} ({origin}): is a boot key. It comes from config/*.toml, boot.toml, the environment or a flag, not from the runtime configuration"
            ),
            Self::NotAllowed { key, value, origin, allowed } => {
                write!(f, "{key} ({origin}): {value:?} is not allowed. Allowed: {allowed}")
            }
            Self::Together { keys, message } => write!(f, "{keys}: {message}"),
            Self::Missing { key, write } => write!(f, "{key}: is missing. {write}"),
            Self::Named { key, path, message } => write!(f, "{key} {path}: {message}"),
            Self::File { path, message } => write!(f, "{}: {message}", path.display()),
            Self::Version { found, own, remedy } => {
                write!(f, "versions do not agree: {found}, and this is {own}. {remedy}")
            }
        }
    }
}

impl std::error::Error for SettingsError {}
