//! The vault (OPS-2): the runtime configuration and every secret, sealed with AES-256-GCM-SIV. Nothing is ever written
//! over: a version or a secret that changes is a new file, and rotation replaces each file whole.

/// Seals what lies elsewhere.
mod envelope;
/// What can go wrong.
mod error;
/// Keys and where they come from.
mod key;
/// One sealed file.
mod seal;
/// Signs receipts.
mod signer;
/// A sealed stream.
mod stream;

#[cfg(test)]
mod tests;

pub use envelope::Envelope;
pub use error::VaultError;
pub use key::KeySource;
pub use signer::Signer;
pub use stream::{StreamOpener, StreamSealer, Unopened};

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::key::Keys;
use self::seal::Label;
use crate::settings::{Folders, Secret, replace};

/// The name that configurations are sealed under.
const CONFIGURATION: &str = "configuration";
const ENDING: &str = "sealed";

/// The sealed files and the keys to them.
#[derive(Debug)]
pub struct Vault {
    folders: Folders,
    source: KeySource,
    keys: Mutex<Keys>,
}

/// A version of the runtime configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number, from 1.
    pub number: u32,
    /// When it was saved.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
    /// The earlier version whose content it brings back.
    pub same_as: Option<u32>,
    /// The document, as `settings::Runtime` writes and reads it.
    pub document: String,
}

/// Who saves, when, why, and over which version.
#[derive(Clone, Debug)]
pub struct Saving {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
    /// The newest version that was seen; 0 where there was none. Another one meanwhile is a refusal.
    pub over: u32,
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotation {
    /// The new key's id.
    pub key: String,
    /// How many files were sealed anew.
    pub resealed: usize,
}

impl Vault {
    /// Opens the vault with the key that is there.
    ///
    /// # Errors
    /// [`VaultError`]: no key, or one that others can read.
    pub fn open(folders: &Folders, source: KeySource) -> Result<Self, VaultError> {
        let keys = Mutex::new(source.read()?);
        Ok(Self { folders: folders.clone(), source, keys })
    }

    /// Opens the vault; where there is no key yet and nothing sealed, makes one.
    ///
    /// # Errors
    /// As [`Self::open`]; sealed files without their key.
    pub fn create(folders: &Folders, source: KeySource) -> Result<Self, VaultError> {
        match Self::open(folders, source.clone()) {
            Err(VaultError::NoKey { path }) => {
                let sealed = listed(&folders.config())?.len().saturating_add(listed(&folders.secrets())?.len());
                if sealed > 0 {
                    return Err(VaultError::KeyLost { path, sealed });
                }
                source.make()?;
                Self::open(folders, source)
            }
            opened => opened,
        }
    }

    /// The numbers of all versions of the configuration, the oldest first.
    ///
    /// # Errors
    /// [`VaultError::File`].
    pub fn versions(&self) -> Result<Vec<u32>, VaultError> {
        Ok(listed(&self.folders.config())?.into_iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// A version of the configuration.
    ///
    /// # Errors
    /// [`VaultError`]: there is none of this number, or it was touched.
    pub fn read(&self, number: u32) -> Result<Version, VaultError> {
        let path = self.version_path(number);
        let plain = self.unseal(&path, &Label { name: CONFIGURATION.to_owned(), version: number })?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Damaged { path })
    }

    /// The newest version, where there is one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn newest(&self) -> Result<Option<Version>, VaultError> {
        self.versions()?.last().map(|number| self.read(*number)).transpose()
    }

    /// Saves a document as a new version, and gives its number. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`VaultError::Changed`] where somebody else saved meanwhile; [`VaultError::File`].
    pub fn save(&self, document: &str, saving: Saving) -> Result<u32, VaultError> {
        self.append(document.to_owned(), None, saving)
    }

    /// Saves the content of an earlier version as a new one (OPS-3).
    ///
    /// # Errors
    /// As [`Self::read`] and [`Self::save`].
    pub fn roll_back(&self, to: u32, saving: Saving) -> Result<u32, VaultError> {
        let earlier = self.read(to)?;
        self.append(earlier.document, Some(to), saving)
    }

    fn append(&self, document: String, same_as: Option<u32>, saving: Saving) -> Result<u32, VaultError> {
        let _lock = self.lock()?;
        let newest = self.versions()?.last().copied().unwrap_or(0);
        if newest != saving.over {
            return Err(VaultError::Changed { seen: saving.over, newest });
        }
        let number = newest.saturating_add(1);
        let Saving { at, by, why, over: _ } = saving;
        let version = Version { number, at, by, why, same_as, document };
        let path = self.version_path(number);
        let plain = serde_json::to_vec(&version).map_err(|e| VaultError::file(&path, e.into()))?;
        self.seal(&path, &Label { name: CONFIGURATION.to_owned(), version: number }, &Zeroizing::new(plain))?;
        Ok(number)
    }

    /// The names of the secrets that are set, with their versions.
    ///
    /// # Errors
    /// [`VaultError::File`].
    pub fn secrets(&self) -> Result<BTreeMap<String, u32>, VaultError> {
        let mut newest = BTreeMap::new();
        for name in listed(&self.folders.secrets())? {
            if let Some((name, number)) = name.rsplit_once('.')
                && let Ok(number) = number.parse()
            {
                newest.insert(name.to_owned(), number);
            }
        }
        Ok(newest)
    }

    /// A secret, where it is set.
    ///
    /// # Errors
    /// [`VaultError`] where it was touched.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let Some(version) = self.secrets()?.get(name).copied() else { return Ok(None) };
        let path = self.secret_path(name, version);
        let plain = self.unseal(&path, &Label { name: secret_label(name), version })?;
        let text = std::str::from_utf8(&plain).map_err(|_| VaultError::Damaged { path })?;
        Ok(Some(Secret::new(text.to_owned())))
    }

    /// Sets a secret: a new version is sealed, then the older one removed.
    ///
    /// # Errors
    /// [`VaultError::Name`] for a name that is none; [`VaultError::File`].
    pub fn set_secret(&self, name: &str, secret: &Secret) -> Result<u32, VaultError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if !(1..=64).contains(&name.len()) || !name.chars().all(fits) {
            return Err(VaultError::Name { name: name.to_owned() });
        }
        let _lock = self.lock()?;
        let before = self.secrets()?.get(name).copied();
        let version = before.unwrap_or(0).saturating_add(1);
        let label = Label { name: secret_label(name), version };
        self.seal(&self.secret_path(name, version), &label, secret.reveal().as_bytes())?;
        if let Some(before) = before {
            remove(&self.secret_path(name, before))?;
        }
        Ok(version)
    }

    /// Removes a secret; whether there was one.
    ///
    /// # Errors
    /// [`VaultError::File`].
    pub fn remove_secret(&self, name: &str) -> Result<bool, VaultError> {
        let _lock = self.lock()?;
        match self.secrets()?.get(name) {
            Some(version) => remove(&self.secret_path(name, *version)).map(|()| true),
            None => Ok(false),
        }
    }

    /// A new key for everything. The old one is kept beside it until the last file is sealed anew, so that it can be
    /// stopped at any point; rotating again then finishes it. A running bot takes the new key from the file by itself.
    ///
    /// # Errors
    /// [`VaultError`]: a key that only a credential holds, a file that was touched, a disk that is full.
    pub fn rotate(&self) -> Result<Rotation, VaultError> {
        let _lock = self.lock()?;
        let both = self.source.add_key()?;
        let key = both.current_id();
        *self.keys() = both;
        let mut resealed: usize = 0;
        for (path, label) in self.all()? {
            let plain = self.unseal(&path, &label)?;
            self.seal(&path, &label, &plain)?;
            resealed = resealed.saturating_add(1);
        }
        *self.keys() = self.source.drop_older_keys()?;
        Ok(Rotation { key, resealed })
    }

    /// Every sealed file with what it is sealed under.
    fn all(&self) -> Result<Vec<(PathBuf, Label)>, VaultError> {
        let versions = self.versions()?.into_iter();
        let mut all: Vec<_> =
            versions.map(|n| (self.version_path(n), Label { name: CONFIGURATION.to_owned(), version: n })).collect();
        for (name, version) in self.secrets()? {
            all.push((self.secret_path(&name, version), Label { name: secret_label(&name), version }));
        }
        Ok(all)
    }

    fn seal(&self, path: &Path, label: &Label, plain: &[u8]) -> Result<(), VaultError> {
        let bytes = seal::seal(self.keys().current(), label, plain)?;
        replace(path, &bytes).map_err(|e| VaultError::file(path, e))
    }

    fn unseal(&self, path: &Path, label: &Label) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let bytes = std::fs::read(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => VaultError::Missing { path: path.to_path_buf() },
            _ => VaultError::file(path, e),
        })?;
        let opened = seal::open(&self.keys(), &bytes, label, path);
        match opened {
            // Somebody rotated the keys beside this process.
            Err(VaultError::OtherKey { .. }) => {
                let fresh = self.source.read_file()?;
                let opened = seal::open(&fresh, &bytes, label, path)?;
                *self.keys() = fresh;
                Ok(opened)
            }
            opened => opened,
        }
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One writer at a time, over processes. Whoever holds it seals with the key that is in use now, not with one that was
    /// rotated away beside this process.
    fn lock(&self) -> Result<File, VaultError> {
        let lock = self.take_lock()?;
        match self.all()?.pop() {
            Some((path, label)) => {
                // What is damaged does not hinder what comes after it.
                if let Err(VaultError::OtherKey { path, key }) = self.unseal(&path, &label) {
                    return Err(VaultError::OtherKey { path, key });
                }
            }
            None => {
                if let Ok(fresh) = self.source.read_file() {
                    *self.keys() = fresh;
                }
            }
        }
        Ok(lock)
    }

    fn take_lock(&self) -> Result<File, VaultError> {
        let path = self.folders.config().join(".lock");
        let fail = |e| VaultError::file(&path, e);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(fail)?;
        file.lock().map_err(fail)?;
        Ok(file)
    }

    fn version_path(&self, number: u32) -> PathBuf {
        self.folders.config().join(format!("{number:06}.{ENDING}"))
    }

    fn secret_path(&self, name: &str, version: u32) -> PathBuf {
        self.folders.secrets().join(format!("{name}.{version:06}.{ENDING}"))
    }
}

fn secret_label(name: &str) -> String {
    format!("secret:{name}")
}

fn remove(path: &Path) -> Result<(), VaultError> {
    std::fs::remove_file(path).map_err(|e| VaultError::file(path, e))
}

/// The names of the sealed files of a folder without their ending, in order; what was being written is none of them.
fn listed(folder: &Path) -> Result<Vec<String>, VaultError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(VaultError::file(folder, e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| VaultError::file(folder, e))?.path();
        let sealed = path.extension().is_some_and(|ending| ending == ENDING);
        if let Some(stem) = path.file_stem().and_then(|s| s.to_str()).filter(|s| sealed && !s.starts_with('.')) {
            names.push(stem.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}
