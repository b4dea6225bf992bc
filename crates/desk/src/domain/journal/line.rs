//! JSON written by hand, for records of which a run makes tens of thousands.

/// A growing line of JSON.
pub(crate) struct Line(pub(crate) Vec<u8>);

impl Line {
    /// Text as it stands: keys, brackets, commas.
    pub(crate) fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A string that may need escapes.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), serde_json::Error> {
        if needs_escape(text.as_bytes()) {
            serde_json::to_writer(&mut self.0, text)
        } else {
            self.plain(text);
            Ok(())
        }
    }

    /// A string that needs none: codes, ids, decimals, times. As bytes, for those held inline would have to be proven text.
    pub(crate) fn plain(&mut self, text: impl AsRef<[u8]>) {
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_ref());
        self.0.push(b'"');
    }

    /// A whole number.
    pub(crate) fn number(&mut self, number: u64) {
        let mut digits = [0_u8; 20];
        let (mut left, mut used) = (number, 0_usize);
        for place in digits.iter_mut().rev() {
            *place = b'0'.saturating_add(u8::try_from(left % 10).unwrap_or(0));
            left /= 10;
            used = used.saturating_add(1);
            if left == 0 {
                break;
            }
        }
        self.0.extend(digits.iter().skip(20_usize.saturating_sub(used)));
    }

    /// A key with its string, where there is one; the key brings its comma, quotes and colon.
    pub(crate) fn code(&mut self, key: &str, code: Option<impl AsRef<[u8]>>) {
        if let Some(code) = code {
            self.raw(key);
            self.plain(code);
        }
    }

    /// The same for a string that may need escapes.
    pub(crate) fn maybe(&mut self, key: &str, text: Option<&str>) -> Result<(), serde_json::Error> {
        if let Some(text) = text {
            self.raw(key);
            self.text(text)?;
        }
        Ok(())
    }
}

/// Whether a text has a control character, a quotation mark or a backslash: eight bytes at a time, then the rest.
fn needs_escape(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = text.as_chunks::<8>();
    // A byte under a bound of at most 0x80 borrows from its highest bit; of two equal bytes nothing is left, which is under 1.
    let under = |word: u64, bound: u64| word.wrapping_sub(ONES.wrapping_mul(bound)) & !word;
    let found = words.iter().fold(0, |found, word| {
        let word = u64::from_ne_bytes(*word);
        let alike = |byte: u8| under(word ^ u64::from_ne_bytes([byte; 8]), 1);
        found | under(word, 0x20) | alike(b'"') | alike(b'\\')
    });
    found & HIGH != 0 || rest.iter().any(|b| *b < 0x20 || *b == b'"' || *b == b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8259: what has to be escaped in a string, at each place of a word and after it, beside bytes of every kind.
    #[test]
    fn every_byte_is_judged_at_every_place() {
        for byte in 0..=u8::MAX {
            let escaped = byte < 0x20 || byte == b'"' || byte == b'\\';
            for (place, beside) in (0..19).flat_map(|p| [b' ', b'!', b'[', 0x7f, 0x80, 0xff].map(|b| (p, b))) {
                let mut text = [beside; 19];
                text[place] = byte;
                assert_eq!(needs_escape(&text), escaped, "{byte} at {place} beside {beside}");
            }
        }
    }
}
