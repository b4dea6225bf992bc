use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use desk::domain::chain::Hash;
use serde::Serialize;

use super::errors::{DataError, Format};
use crate::gateway::reason;

/// A data file may unpack to at most this many bytes (a symbol's minutes of a lifetime are less).
const MOST_BYTES: u64 = 2 << 30;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const GZIP: &[u8] = b"\x1F\x8B";
const ZSTD: &[u8] = b"\x28\xB5\x2F\xFD";
/// What a Parquet file begins and ends with.
pub(super) const PARQUET: &[u8] = b"PAR1";

/// A file that was read: what a run names as its input (RES-7a), without the folder it lay in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputFile {
    /// The file's name.
    pub name: String,
    /// The SHA-256 of its bytes as stored.
    pub sha256: Hash,
    /// Its size as stored.
    pub bytes: u64,
    /// The rows in it, those beyond the dates asked for included.
    pub rows: u64,
}

impl InputFile {
    /// Of these stored bytes.
    pub(super) fn of(path: &Path, stored: &[u8], rows: usize) -> Self {
        Self {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256: Hash::of(stored),
            bytes: u64::try_from(stored.len()).unwrap_or(u64::MAX),
            rows: u64::try_from(rows).unwrap_or(u64::MAX),
        }
    }
}

/// The bytes as stored.
pub(super) fn stored(path: &Path) -> Result<Vec<u8>, DataError> {
    fs::read(path).map_err(|e| DataError::Unreadable { file: path.to_owned(), why: reason(&e) })
}

/// The text of a stored file, unpacked: UTF-8, not empty, nothing that only poses as a table.
pub(super) fn text<'a>(path: &Path, format: Format, stored: &'a [u8]) -> Result<Cow<'a, [u8]>, DataError> {
    let file = || path.to_owned();
    let unpacked = match format {
        Format::CsvGz => {
            begins(path, stored, GZIP, "gzip data")?;
            Cow::Owned(unpack(path, format, flate2::bufread::MultiGzDecoder::new(stored))?)
        }
        Format::CsvZst => {
            begins(path, stored, ZSTD, "zstd data")?;
            let decoder = zstd::stream::read::Decoder::with_buffer(stored);
            let decoder = decoder.map_err(|e| DataError::Damaged { file: file(), format, why: e.to_string() })?;
            Cow::Owned(unpack(path, format, decoder)?)
        }
        Format::Csv | Format::Parquet => Cow::Borrowed(stored),
    };
    let text = without_mark(&unpacked);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(DataError::Empty { file: file() });
    }
    if let Some(looks) = other_than_text(text) {
        return Err(DataError::WrongContent { file: file(), looks, needed: "CSV text" });
    }
    if let Err(error) = std::str::from_utf8(text) {
        let above = text.iter().take(error.valid_up_to()).filter(|b| **b == b'\n').count();
        return Err(DataError::NotUtf8 { file: file(), line: above.saturating_add(1) });
    }
    Ok(unpacked)
}

/// The text without the byte order mark that some editors put before it.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Refuses what does not begin as its format does.
pub(super) fn begins(path: &Path, stored: &[u8], magic: &[u8], needed: &'static str) -> Result<(), DataError> {
    if stored.is_empty() {
        return Err(DataError::Empty { file: path.to_owned() });
    }
    if stored.starts_with(magic) {
        return Ok(());
    }
    let looks = other_than_text(stored).unwrap_or("text");
    Err(DataError::WrongContent { file: path.to_owned(), looks, needed })
}

fn unpack(path: &Path, format: Format, decoder: impl Read) -> Result<Vec<u8>, DataError> {
    let mut out = Vec::new();
    let damaged = |e: io::Error| DataError::Damaged { file: path.to_owned(), format, why: e.to_string() };
    decoder.take(MOST_BYTES.saturating_add(1)).read_to_end(&mut out).map_err(damaged)?;
    if u64::try_from(out.len()).is_ok_and(|n| n > MOST_BYTES) {
        return Err(DataError::TooLarge { file: path.to_owned(), limit: MOST_BYTES });
    }
    Ok(out)
}

/// What bytes that are no table of text look like.
fn other_than_text(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..4096).unwrap_or(bytes);
    if head.starts_with(GZIP) {
        Some("gzip data (such a file is named SYMBOL.csv.gz)")
    } else if head.starts_with(ZSTD) {
        Some("zstd data (such a file is named SYMBOL.csv.zst)")
    } else if head.starts_with(PARQUET) {
        Some("Parquet (such a file is named SYMBOL.parquet)")
    } else if head.contains(&0) {
        Some("binary data")
    } else if head.trim_ascii_start().starts_with(b"<") {
        Some("a web page (HTML)")
    } else {
        None
    }
}
