//! Seals what lies elsewhere, such as one-time code secrets in a database: with a key of its own that the vault keeps
//! sealed, so that rotating the vault's key leaves the database as it is.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use zeroize::Zeroizing;

use super::error::VaultError;
use super::key::{Key, Keys};
use super::seal::{self, Label};
use super::{Secret, Vault};

/// Seals and opens by name.
#[derive(Debug)]
pub struct Envelope {
    keys: Keys,
    name: String,
}

impl Vault {
    /// The envelope of a name; its key is made at the first call.
    ///
    /// # Errors
    /// [`VaultError`] where its key cannot be made or read.
    pub fn envelope(&self, name: &str) -> Result<Envelope, VaultError> {
        let stored = if let Some(stored) = self.secret(name)? {
            stored
        } else {
            let fresh = Key::random()?;
            let fresh = Secret::new(BASE64.encode(fresh.bytes.as_slice()));
            self.set_secret(name, &fresh)?;
            fresh
        };
        let bytes = Zeroizing::new(BASE64.decode(stored.reveal().as_bytes()).unwrap_or_default());
        let key = Key::of(&bytes).ok_or_else(|| VaultError::Name { name: name.to_owned() })?;
        Ok(Envelope { keys: Keys::one(key), name: name.to_owned() })
    }
}

impl Envelope {
    /// Seals bytes under a name; they open under the same name alone.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal::seal(self.keys.current(), &label(name), plain)
    }

    /// Opens what was sealed under this name.
    ///
    /// # Errors
    /// [`VaultError`]: another key, another name, other bytes.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        seal::open(&self.keys, sealed, &label(name), std::path::Path::new(&self.name))
    }
}

/// Any name, without what would break the line.
fn label(name: &str) -> Label {
    Label { name: format!("envelope:{}", BASE64URL_NOPAD.encode(name.as_bytes())), version: 1 }
}
