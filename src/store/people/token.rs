//! Random bits that open something; only their hash is stored.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use desk::domain::chain::Hash;
use zeroize::Zeroizing;

use crate::store::error::StoreError;

/// 256 random bits, as text 43 characters that fit into an address or a cookie.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(random::<32>()?.as_slice()))))
    }

    /// One that came from outside; nothing where it cannot be one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// What is shown once, or set as a cookie.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.0.as_bytes())
    }

    /// A second secret that follows from it and does not lead back: what a form carries to prove that it is ours (WEB-4).
    #[must_use]
    pub fn form_secret(&self) -> String {
        Hash::of(format!("form {}", *self.0).as_bytes()).base32(32)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, StoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|e| StoreError::Unfit { reason: format!("the system gave no random bytes: {e}") })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_4_a_token_is_read_back_and_shown_to_nobody_by_accident() {
        let (one, two) = (Token::new().unwrap(), Token::new().unwrap());
        assert_ne!(one.text(), two.text());
        assert_eq!(one.text().len(), 43);
        assert_eq!(Token::read(one.text()).unwrap().hash(), one.hash());
        assert!(!format!("{one:?}").contains(one.text()));
        assert_ne!(one.form_secret(), two.form_secret());
        for bad in ["", "short", &"x".repeat(44), "ä", &"!".repeat(43)] {
            assert!(Token::read(bad).is_none(), "{bad}");
        }
    }
}
