//! What makes a repeated command one command (LIFE-7).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::chain::Hash;

/// A command's key: the same key twice has the effect of one. 1 to 64 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Key(String);

impl Key {
    /// The longest key that is kept as it is, in bytes.
    pub const LONGEST: usize = 64;

    /// Any text makes a key, so that no kill fails for its key's sake: what does not fit is replaced by its hash.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let fits = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Self(text.to_owned()) } else { Self(Hash::of(text.as_bytes()).base32(26)) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn life_7_any_text_makes_a_key_and_the_same_text_the_same_key() {
        assert_eq!(Key::of("01J-kill").as_str(), "01J-kill");
        for text in ["", "two words", "ü", &"k".repeat(65)] {
            let key = Key::of(text);
            assert_eq!(key.as_str().len(), 26, "{text:?}");
            assert_eq!(key, Key::of(text));
            assert_eq!(key, Key::of(key.as_str()));
        }
        assert_ne!(Key::of("two words"), Key::of("two  words"));
    }
}
