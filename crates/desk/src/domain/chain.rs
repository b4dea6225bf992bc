//! The hash chains of event log and books (LEDG-4a): each link is the SHA-256 of the link before it, as 32 raw
//! bytes, followed by the stored bytes of the record. The link before the first is 32 zero bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// A SHA-256, as text 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The link before the first.
    pub const GENESIS: Self = Self([0; 32]);

    /// The hash of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of some texts with a line feed between each two.
    #[must_use]
    pub fn of_lines(lines: &[&str]) -> Self {
        // Ids are made of a few short texts: hashed in one go, they need no buffer of the hasher's.
        let mut text = [0; 256];
        if let Some(text) = joined(lines, &mut text) {
            return Self::of(text);
        }
        let mut hasher = Sha256::new();
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                hasher.update(b"\n");
            }
            hasher.update(line);
        }
        Self(hasher.finalize().into())
    }

    /// The next link of a chain.
    #[must_use]
    pub fn link(self, record: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update(record);
        Self(hasher.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first `count` characters of the hash in lower-case base32 (RFC 4648, without padding), at most 48.
    #[must_use]
    pub fn base32(&self, count: usize) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        // Five bytes are eight characters.
        let (fives, _) = self.0.as_chunks::<5>();
        let characters = fives.iter().flat_map(|[a, b, c, d, e]| {
            let bits = u64::from_be_bytes([0, 0, 0, *a, *b, *c, *d, *e]);
            [35_u32, 30, 25, 20, 15, 10, 5, 0].map(|shift| {
                let index = usize::try_from((bits >> shift) & 31).unwrap_or(0);
                ALPHABET.get(index).copied().unwrap_or(b'a')
            })
        });
        characters.take(count).map(char::from).collect()
    }
}

/// The texts with a line feed between each two; nothing where they do not fit.
fn joined<'a>(lines: &[&str], text: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut used = 0_usize;
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            *text.get_mut(used)? = b'\n';
            used = used.checked_add(1)?;
        }
        let end = used.checked_add(line.len())?;
        text.get_mut(used..end)?.copy_from_slice(line.as_bytes());
        used = end;
    }
    text.get(..used)
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashError;

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no hash; 64 lower-case hexadecimal digits are needed")
    }
}

impl std::error::Error for HashError {}

impl FromStr for Hash {
    type Err = HashError;
    fn from_str(text: &str) -> Result<Self, HashError> {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Ok(b.wrapping_sub(b'0')),
            b'a'..=b'f' => Ok(b.wrapping_sub(b'a').wrapping_add(10)),
            _ => Err(HashError),
        };
        let mut bytes = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(HashError);
        }
        for (slot, [high, low]) in bytes.iter_mut().zip(pairs) {
            *slot = (digit(*high)? << 4) | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_and_hex_are_those_of_the_standards() {
        // LEDG-4a; the id of the worked month's first entry (BOOKS.md section 3).
        let id = Hash::of(b"EXAMPLE_US_SIM_01\nfloat_in\nfloat-0001").base32(26);
        assert_eq!(id, "f7j36yjelnl44vqruc7abpdyk4");
        let hash = Hash::of(b"");
        assert_eq!(hash.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hash.to_string().parse(), Ok(hash));
    }
}
