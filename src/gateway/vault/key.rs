//! Keys: a systemd credential, or a file of the bot's own user alone. The file has a line for each key, the one in use
//! first; a second line is there only while keys are rotated.

use std::io;
use std::path::PathBuf;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::VaultError;
use crate::gateway::owner::{not_private, own_user};
use crate::settings::replace;

/// The name of the credential in the service's unit.
pub(in crate::gateway) const CREDENTIAL: &str = "tbot.key";
const HEAD: &str = "tbot key 1";

/// Where the key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySource {
    /// The service manager's credential, which goes before the file.
    pub credential: Option<PathBuf>,
    /// The key's own file.
    pub file: PathBuf,
}

/// A key.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

/// The key in use, and older ones while keys are rotated.
pub(super) struct Keys {
    all: Vec<Key>,
}

impl KeySource {
    /// The credential that the service manager handed over, if any, else this file.
    #[must_use]
    pub fn of_process(file: PathBuf) -> Self {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self { credential: folder.map(|f| f.join(CREDENTIAL)).filter(|c| c.is_file()), file }
    }

    /// The keys as this process has them.
    pub(super) fn read(&self) -> Result<Keys, VaultError> {
        match &self.credential {
            Some(credential) => read(credential.clone()),
            None => self.read_file(),
        }
    }

    /// The keys as they are now, whatever the credential was at the start.
    pub(super) fn read_file(&self) -> Result<Keys, VaultError> {
        read(self.file.clone())
    }

    /// Makes the first key.
    pub(super) fn make(&self) -> Result<(), VaultError> {
        self.write(&Keys { all: vec![Key::random()?] })
    }

    /// A new key before the others.
    pub(super) fn add_key(&self) -> Result<Keys, VaultError> {
        let mut keys = self.own_file()?;
        keys.all.insert(0, Key::random()?);
        self.write(&keys)?;
        Ok(keys)
    }

    /// The key in use, alone.
    pub(super) fn drop_older_keys(&self) -> Result<Keys, VaultError> {
        let mut keys = self.own_file()?;
        keys.all.truncate(1);
        self.write(&keys)?;
        Ok(keys)
    }

    fn own_file(&self) -> Result<Keys, VaultError> {
        self.read_file().map_err(|e| match e {
            VaultError::NoKey { path } if self.credential.is_some() => VaultError::ReadOnlyKey { path },
            other => other,
        })
    }

    fn write(&self, keys: &Keys) -> Result<(), VaultError> {
        let mut text = Zeroizing::new(String::new());
        for key in &keys.all {
            let bytes = Zeroizing::new(BASE64.encode(key.bytes.as_slice()));
            for part in [HEAD, " ", &key.id, " ", &bytes, "\n"] {
                text.push_str(part);
            }
        }
        replace(&self.file, text.as_bytes()).map_err(|e| VaultError::file(&self.file, e))
    }
}

fn read(path: PathBuf) -> Result<Keys, VaultError> {
    let fail = |e| VaultError::file(&path, e);
    let found = match path.metadata() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(VaultError::NoKey { path }),
        found => found.map_err(fail)?,
    };
    if let Some(reason) = not_private(&found, own_user().map_err(fail)?) {
        return Err(VaultError::NotPrivate { path, reason });
    }
    let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(fail)?);
    let all: Option<Vec<Key>> = text.lines().map(Key::parse).collect();
    match all {
        Some(all) if !all.is_empty() && text.ends_with('\n') => Ok(Keys { all }),
        _ => Err(VaultError::KeyDamaged { path }),
    }
}

impl Key {
    pub(super) fn random() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| VaultError::Random)?;
        Ok(Self { id: id(&bytes), bytes })
    }

    fn parse(line: &str) -> Option<Self> {
        let (given, text) = line.strip_prefix(HEAD)?.strip_prefix(' ')?.split_once(' ')?;
        let key = Self::of(&Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?))?;
        (key.id == given).then_some(key)
    }

    /// The key of these bytes, where there are as many as a key has.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes).ok()?);
        Some(Self { id: id(&bytes), bytes })
    }
}

/// A key's id: eight bytes of a hash that says nothing about the key, and shows when its line was changed.
fn id(key: &[u8; 32]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"tbot key id");
    hash.update(key);
    HEXLOWER.encode(hash.finalize().get(..8).unwrap_or_default())
}

impl Keys {
    /// This key alone.
    pub(super) fn one(key: Key) -> Self {
        Self { all: vec![key] }
    }

    /// The key that seals.
    pub(super) fn current(&self) -> Option<&Key> {
        self.all.first()
    }

    /// Its id.
    pub(super) fn current_id(&self) -> String {
        self.current().map(|key| key.id.clone()).unwrap_or_default()
    }

    /// The key of an id.
    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.all.iter().find(|key| key.id == id)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all.iter().map(|key| &key.id)).finish()
    }
}
