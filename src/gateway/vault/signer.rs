//! Signs what has to be believed later: receipts, heads of backups, closing records. Ed25519 (RFC 8032); the key is a secret of
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
        Ok(Signer::from_seed(seed))
    }
}

impl Signer {
    /// From the key's 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key, 64 hexadecimal digits.
    #[must_use]
    pub fn key(&self) -> String {
        HEXLOWER.encode(self.0.verifying_key().as_bytes())
    }

    /// The signature of these bytes, 128 hexadecimal digits.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> String {
        HEXLOWER.encode(&self.sign_raw(bytes))
    }

    /// The signature of these bytes, as its 64 bytes.
    #[must_use]
    pub fn sign_raw(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test vector of RFC 8032, section 7.1.
    #[test]
    fn a_signature_is_that_of_the_standard_and_of_these_bytes_alone() {
        let seed = HEXLOWER.decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let signer = Signer::from_seed(&seed.try_into().unwrap());
        assert_eq!(signer.key(), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let signature = signer.sign(b"");
        assert!(
            signature.starts_with("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"),
            "{signature}"
        );
        assert!(signer.is_own(b"", &signature));
        assert!(!signer.is_own(b"x", &signature));
        assert!(!Signer::from_seed(&[7; 32]).is_own(b"", &signature));
        assert!(!signer.is_own(b"", "not hexadecimal"));
    }
}
