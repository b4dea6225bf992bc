//! What stands in an address.

use std::fmt::Write as _;

/// A text as a value in an address (RFC 3986): what is not unreserved is written as `%` and two digits.
pub(crate) fn in_address(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            // Writing into a text does not fail.
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}
