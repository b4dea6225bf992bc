use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use desk::domain::market::Bar;

use super::check::BAR_COLUMNS;
use super::errors::DataError;
use crate::gateway::reason;

/// Writes bars as CSV, packed by zstd or gzip where the file's name ends with `.zst` or `.gz`. The same bars give the
/// same bytes.
///
/// # Errors
/// [`DataError::Unwritable`].
pub fn write_csv(path: &Path, bars: &[Bar]) -> Result<(), DataError> {
    let text = text(bars).into_bytes();
    let packed = match path.extension().and_then(|end| end.to_str()) {
        Some("zst") => zstd(&text),
        Some("gz") => gzip(&text),
        _ => Ok(text),
    };
    packed
        .and_then(|bytes| fs::write(path, bytes))
        .map_err(|e| DataError::Unwritable { file: path.to_owned(), why: reason(&e) })
}

fn text(bars: &[Bar]) -> String {
    let mut out = BAR_COLUMNS.join(",");
    out.push('\n');
    for Bar { start, open, high, low, close, volume } in bars {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{start},{open},{high},{low},{close},{volume}");
    }
    out
}

fn zstd(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3)?;
    encoder.include_checksum(true)?;
    encoder.write_all(text)?;
    encoder.finish()
}

fn gzip(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}
