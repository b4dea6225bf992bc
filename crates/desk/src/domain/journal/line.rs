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
        let escaped = |b: u8| b < 0x20 || b == b'"' || b == b'\\';
        // All bytes are looked at, without a branch for each.
        if text.bytes().fold(false, |any, b| any | escaped(b)) {
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
