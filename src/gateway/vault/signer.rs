//! Signs what has to be believed later: receipts now, checkpoints of the books. Ed25519 (RFC 8032); the key is a secret of
//! the vault like others, made at the first call.

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::error::VaultError;
use super::key::Key;
use super::{Secret, Vault};

/// The secret's name.
const NAME: &str = "signing";

/// Signs.
#[derive(Debug)]
pub struct Signer(SigningKey);

impl Vault {
    /// The bot's signer.
    ///
    /// # Errors
    /// [`VaultError`] where its key cannot be made or read.
    pub fn signer(&self) -> Result<Signer, VaultError> {
        let stored = if let Some(stored) = self.secret(NAME)? {
            stored
        } else {
            let fresh = Secret::new(BASE64.encode(Key::random()?.bytes.as_slice()));
            self.set_secret(NAME, &fresh)?;
            fresh
        };
        let bytes = Zeroizing::new(BASE64.decode(stored.reveal().as_bytes()).unwrap_or_default());
        let seed = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| VaultError::Name { name: NAME.to_owned() })?;
        Ok(Signer(SigningKey::from_bytes(seed)))
    }
}

impl Signer {
    /// The public key, 64 hexadecimal digits.
    #[must_use]
    pub fn key(&self) -> String {
        HEXLOWER.encode(self.0.verifying_key().as_bytes())
    }

    /// The signature of these bytes, 128 hexadecimal digits.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> String {
        HEXLOWER.encode(&self.0.sign(bytes).to_bytes())
    }

    /// Whether a signature is this signer's, of these bytes.
    #[must_use]
    pub fn is_own(&self, bytes: &[u8], signature: &str) -> bool {
        verified(&self.0.verifying_key(), bytes, signature)
    }
}

fn verified(key: &VerifyingKey, bytes: &[u8], signature: &str) -> bool {
    let decoded = HEXLOWER.decode(signature.as_bytes()).ok();
    let signature = decoded.and_then(|s| <[u8; 64]>::try_from(s).ok()).map(|s| Signature::from_bytes(&s));
    signature.is_some_and(|s| key.verify_strict(bytes, &s).is_ok())
}
