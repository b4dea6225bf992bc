//! Short names held inline: ticker symbols and currencies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest symbol, in bytes.
pub const LONGEST: usize = 22;

/// An instrument's ticker at its venue: 1 to 22 of `A–Z a–z 0–9 . - _ /`. Ordered by bytes.
///
/// Unused bytes are zero, so the order of the words below is the order of the text; it is asked for each bar.
#[derive(Clone, Copy)]
pub struct Symbol {
    bytes: [u8; LONGEST],
    len: u8,
}

impl Symbol {
    /// The text's bytes as three numbers whose order is its own; never all zero.
    pub(crate) fn words(&self) -> [u64; 3] {
        let (eights, rest) = self.bytes.as_chunks::<8>();
        let mut last = [0; 8];
        if let Some(place) = last.get_mut(..rest.len()) {
            place.copy_from_slice(rest);
        }
        let word = |i: usize| eights.get(i).map_or(0, |eight| u64::from_be_bytes(*eight));
        [word(0), word(1), u64::from_be_bytes(last)]
    }
}

impl PartialEq for Symbol {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Symbol {}

impl std::hash::Hash for Symbol {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.words().hash(state);
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let ((ours, our_rest), (theirs, their_rest)) = (self.bytes.as_chunks::<8>(), other.bytes.as_chunks::<8>());
        for (a, b) in ours.iter().zip(theirs) {
            if a != b {
                return u64::from_be_bytes(*a).cmp(&u64::from_be_bytes(*b));
            }
        }
        our_rest.cmp(their_rest)
    }
}

/// A text that is no symbol or currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameError;

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no symbol; 1 to 22 letters, digits, points, dashes, slashes or underscores are allowed")
    }
}

impl std::error::Error for NameError {}

impl Symbol {
    /// The text's bytes, all of them ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl FromStr for Symbol {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/');
        let mut bytes = [0; LONGEST];
        let slot = bytes.get_mut(..text.len()).ok_or(NameError)?;
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(NameError);
        }
        slot.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, len: u8::try_from(text.len()).map_err(|_| NameError)? })
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
    }
}

/// A fiat currency by its ISO 4217 code. Coins are commodities, not currencies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// The three letters.
    pub(crate) const fn bytes(self) -> [u8; 3] {
        self.0
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Currency {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| NameError)?;
        if code.iter().all(u8::is_ascii_uppercase) { Ok(Self(code)) } else { Err(NameError) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse()
            .map_err(|_| de::Error::custom(format!("{text:?} is no currency; three capital letters are needed")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_ordered_by_their_bytes() {
        let mut texts = [
            "A",
            "AA",
            "AB",
            "BRK.B",
            "BRK-B",
            "a",
            "ABCDEFGH",
            "ABCDEFGHI",
            "ABCDEFGHIJKLMNOPQRSTUV",
            "ABCDEFGHIJKLMNOPQ/STUV",
        ];
        let mut symbols: Vec<Symbol> = texts.iter().map(|t| t.parse().unwrap()).collect();
        texts.sort_unstable();
        symbols.sort_unstable();
        assert_eq!(symbols.iter().map(Symbol::as_str).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn what_is_no_symbol_is_refused() {
        for text in ["", "A B", "ABCDEFGHIJKLMNOPQRSTUVW", "Ä", "A\0"] {
            assert_eq!(text.parse::<Symbol>(), Err(NameError), "{text:?}");
        }
    }
}
