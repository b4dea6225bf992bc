//! Signatures of closing records (LEDG-4a, LEDG-12): what is signed, and the public keys that are kept outside of the books.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use desk::domain::ids::Identity;
use ed25519_dalek::{Signature, VerifyingKey};

use super::error::StoreError;

/// What stands before a record where it is signed, so that no signature of anything else can pass for a closing's.
const DOMAIN: &[u8] = b"TBot closing record, signed, version 1\n";

/// What is signed of a closing record.
#[must_use]
pub fn closing_text(record: &[u8]) -> Vec<u8> {
    [DOMAIN, record].concat()
}

/// The public keys of a bot: each of its closing records is signed by one of them.
#[derive(Clone, Debug)]
pub struct Signers {
    keys: Vec<VerifyingKey>,
    /// Whose; nothing where all books that are read are meant.
    of: Option<Identity>,
}

impl Signers {
    /// The file beside a database: `ledger.pub` beside `ledger.db`.
    #[must_use]
    pub fn path(database: &Path) -> PathBuf {
        database.with_extension("pub")
    }

    /// Reads a file of public keys, one a line; nothing where there is no such file.
    ///
    /// # Errors
    /// Where it cannot be read, or a line is no key.
    pub fn read(file: &Path) -> Result<Option<Self>, StoreError> {
        let fail = |source| StoreError::File { path: file.to_owned(), source };
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(fail(e)),
        };
        let keys: Option<Vec<VerifyingKey>> = text.lines().map(key).collect();
        match keys.filter(|keys| !keys.is_empty()) {
            Some(keys) => Ok(Some(Self { keys, of: None })),
            None => Err(fail(std::io::Error::new(
                ErrorKind::InvalidData,
                "each line has to be a public key of 64 hexadecimal digits",
            ))),
        }
    }

    /// Keeps a key beside a database, after those that are kept there; once.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn keep(database: &Path, fresh: &str) -> Result<(), StoreError> {
        let path = Self::path(database);
        let known = Self::read(&path)?.map(|own| own.keys).unwrap_or_default();
        if key(fresh).is_some_and(|k| known.contains(&k)) {
            return Ok(());
        }
        let fail = |source| StoreError::File { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(fail)?;
        file.write_all(format!("{fresh}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(fail)
    }

    /// The same keys, for one book alone.
    #[must_use]
    pub fn of(self, identity: Identity) -> Self {
        Self { of: Some(identity), ..self }
    }

    /// Whether they sign the books of this identity.
    pub(super) fn sign_for(&self, identity: &Identity) -> bool {
        self.of.as_ref().is_none_or(|of| of == identity)
    }

    /// Whether a signature is one of theirs, of this record.
    pub(super) fn have_signed(&self, record: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        let text = closing_text(record);
        self.keys.iter().any(|key| key.verify_strict(&text, &signature).is_ok())
    }
}

fn key(line: &str) -> Option<VerifyingKey> {
    let bytes = HEXLOWER.decode(line.trim().as_bytes()).ok()?;
    VerifyingKey::from_bytes(&<[u8; 32]>::try_from(bytes).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledg_4a_keys_are_kept_once_and_a_file_of_something_else_is_refused() {
        let folder = std::env::temp_dir().join(format!("tbot-signers-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let database = folder.join("ledger.db");
        assert!(Signers::read(&Signers::path(&database)).unwrap().is_none());
        // The public keys of the first two test vectors of RFC 8032, section 7.1.
        let first = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let second = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        for key in [first, second, first] {
            Signers::keep(&database, key).unwrap();
        }
        let path = Signers::path(&database);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{first}\n{second}\n"));
        assert_eq!(Signers::read(&path).unwrap().unwrap().keys.len(), 2);
        for bad in ["", "no key\n", "d75a98\n"] {
            std::fs::write(&path, bad).unwrap();
            assert!(Signers::read(&path).is_err(), "{bad:?}");
        }
    }
}
