use std::fmt;
use std::io;
use std::path::PathBuf;

/// What can go wrong with sealed files and their keys.
#[derive(Debug)]
pub enum VaultError {
    /// There is no key.
    NoKey {
        /// Where it should be.
        path: PathBuf,
    },
    /// There are sealed files and no key to them.
    KeyLost {
        /// Where it should be.
        path: PathBuf,
        /// How many files are sealed.
        sealed: usize,
    },
    /// Others can read the key.
    NotPrivate {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The key's file is none.
    KeyDamaged {
        /// Which.
        path: PathBuf,
    },
    /// The key comes from a credential alone and cannot be changed from here.
    ReadOnlyKey {
        /// Where the key's own file should be.
        path: PathBuf,
    },
    /// The file was sealed with a key that is not here.
    OtherKey {
        /// Which file.
        path: PathBuf,
        /// The key's id.
        key: String,
    },
    /// The file says that it is something else.
    Swapped {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        expected: String,
        /// What it says.
        found: String,
    },
    /// A byte was changed, or the file is not whole.
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// There is no such version.
    Missing {
        /// Its file.
        path: PathBuf,
    },
    /// Somebody else saved meanwhile.
    Changed {
        /// The version that the change was made over.
        seen: u32,
        /// The newest one.
        newest: u32,
    },
    /// A name that cannot be a secret's.
    Name {
        /// Which.
        name: String,
    },
    /// The system has no randomness.
    Random,
    /// A file cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl VaultError {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKey { .. } => "no_key",
            Self::KeyLost { .. } => "key_lost",
            Self::NotPrivate { .. } => "key_not_private",
            Self::KeyDamaged { .. } => "key_damaged",
            Self::ReadOnlyKey { .. } => "key_read_only",
            Self::OtherKey { .. } => "sealed_with_another_key",
            Self::Swapped { .. } => "sealed_swapped",
            Self::Damaged { .. } => "sealed_damaged",
            Self::Missing { .. } => "sealed_missing",
            Self::Changed { .. } => "changed_meanwhile",
            Self::Name { .. } => "secret_name",
            Self::Random => "no_randomness",
            Self::File { .. } => "vault_file",
        }
    }

    pub(super) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey { path } => write!(f, "{}: there is no key yet; set-up makes it", path.display()),
            Self::KeyLost { path, sealed } => write!(
                f,
                "{}: the key is missing, and {sealed} files are sealed with it. Bring it back from your backup of the key; without it the configuration and the secrets cannot be read",
                path.display()
            ),
            Self::NotPrivate { path, reason } => {
                write!(f, "{} {reason}. Allowed: a file of the bot's own user with mode 0600 or 0400", path.display())
            }
            Self::KeyDamaged { path } => {
                write!(f, "{}: is no key file, or it was cut short; bring it back from your backup", path.display())
            }
            Self::ReadOnlyKey { path } => write!(
                f,
                "the key comes from a credential that cannot be changed from here. Put the key's file at {} and rotate again",
                path.display()
            ),
            Self::OtherKey { path, key } => {
                write!(f, "{}: was sealed with key {key}, which is not here", path.display())
            }
            Self::Swapped { path, expected, found } => {
                write!(
                    f,
                    "{}: should be {expected} and says that it is {found}; it was put there from elsewhere",
                    path.display()
                )
            }
            Self::Damaged { path } => {
                write!(f, "{}: is damaged or was changed; bring it back from a backup", path.display())
            }
            Self::Missing { path } => write!(f, "{}: there is no such version", path.display()),
            Self::Changed { seen, newest } => write!(
                f,
                "somebody else saved meanwhile: the change was made over version {seen}, the newest is {newest}. Look at the difference and save again"
            ),
            Self::Name { name } => {
                write!(f, "{name:?} cannot be a secret's name. Allowed: 1 to 64 of a-z, 0-9, _ and -")
            }
            Self::Random => f.write_str("the system gives no randomness, so no key or seal can be made"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl std::error::Error for VaultError {}
