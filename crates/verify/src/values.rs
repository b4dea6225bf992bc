//! Decimals, times, sessions and hashes, as `docs/FORMATS.md` writes them.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes in a row.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// The first 26 characters of base32 (RFC 4648, lower case, no padding).
pub(crate) fn base32(hash: [u8; 32]) -> String {
    BASE32_NOPAD.encode(&hash).to_lowercase().chars().take(26).collect()
}

/// A decimal text in steps of 10⁻⁸.
pub(crate) fn steps(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1_i64, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if part.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    format!("{whole}{part:0<8}").parse::<i64>().ok()?.checked_mul(sign)
}

/// Steps of 10⁻⁸ as a decimal text with at least that many places.
pub(crate) fn decimal(steps: i64, least: usize) -> String {
    let magnitude = steps.unsigned_abs();
    let part = format!("{:08}", magnitude % 100_000_000);
    let cut = part.trim_end_matches('0').len().max(least);
    let part: String = part.chars().take(cut).collect();
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{}{point}{part}", if steps < 0 { "-" } else { "" }, magnitude / 100_000_000)
}

/// A session as the rows have it: `XNYS:2026-06-01` is 20260601 in the book's own calendar.
pub(crate) fn session(text: &str, calendar: &str) -> Option<i64> {
    let date = text.strip_prefix(calendar)?.strip_prefix(':')?;
    let more = |all: i64, part: &str| all.checked_mul(100)?.checked_add(part.parse().ok()?);
    date.split('-').try_fold(0, more)
}

/// A time, RFC 3339 with `Z`, in nanoseconds since 1970.
pub(crate) fn nanos(text: &str) -> Option<i64> {
    text.strip_suffix('Z')?;
    chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt()
}

/// A field's text; empty where it says nothing.
pub(crate) fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_default()
}
