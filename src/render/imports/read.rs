//! A file as a statement.

use desk::domain::symbol::Currency;
use desk::domain::time::Date;

use super::error::ImportError;
use super::line::Statement;
use super::mapping::Mapping;
use super::{csv, journal, ofx};
use crate::render::exports::Period;

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 8 * 1024 * 1024;
/// The most lines that are compared.
pub(super) const MOST_LINES: usize = 20_000;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// OFX 1.x or 2.x.
    Ofx,
    /// CSV with a header.
    Csv,
}

impl FileFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ofx, Self::Csv];

    /// The name on the command line and in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ofx => "ofx",
            Self::Csv => "csv",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == name)
    }

    /// What a file is by what it begins with; nothing where it is neither.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let begin: String = text.chars().take(4000).collect();
        let first = begin.lines().find(|l| !l.trim().is_empty())?;
        if begin.contains("<OFX>") || begin.contains("OFXHEADER") {
            Some(Self::Ofx)
        } else if !first.trim_start().starts_with(['<', '{', '[']) && first.contains([',', ';', '\t']) {
            Some(Self::Csv)
        } else {
            None
        }
    }
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Its format; without one it is seen from the file.
    pub format: Option<FileFormat>,
    /// The columns of a CSV.
    pub mapping: Mapping,
    /// The first day, where it is not the file's own.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

/// Reads a file.
///
/// # Errors
/// [`ImportError`] with line and column.
pub fn read(bytes: &[u8], reading: &Reading, base: Currency) -> Result<(FileFormat, Statement), ImportError> {
    if bytes.len() > LARGEST {
        return Err(ImportError::TooLarge { bytes: bytes.len(), most: LARGEST });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| ImportError::NotText { at: e.valid_up_to() })?;
    let text = text.trim_start_matches('\u{feff}');
    let format = reading.format.or_else(|| FileFormat::of(text)).ok_or(ImportError::Unknown)?;
    let mut statement = match format {
        FileFormat::Ofx => ofx::read(text)?,
        FileFormat::Csv => {
            let lines = if journal::is_ours(text) {
                journal::read(text, base)?
            } else {
                csv::read(text, &reading.mapping, base)?
            };
            let days = || lines.iter().map(|l| l.line.date);
            let from = reading.from.or_else(|| days().min()).ok_or(ImportError::Empty)?;
            let to = reading.to.or_else(|| days().max()).ok_or(ImportError::Empty)?;
            Statement { accounts: Vec::new(), period: Period { from, to }, lines, left_out: Vec::new(), closing: None }
        }
    };
    if statement.lines.len() > MOST_LINES {
        return Err(ImportError::TooMany { most: MOST_LINES });
    }
    let Period { from, to } = statement.period;
    statement.period = Period { from: reading.from.unwrap_or(from), to: reading.to.unwrap_or(to) };
    Ok((format, statement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledg_9_a_file_is_bounded_and_known_by_what_it_begins_with() {
        let read = |bytes: &[u8]| super::read(bytes, &Reading::default(), Currency::USD);
        assert!(matches!(read(&vec![b'a'; LARGEST + 1]), Err(ImportError::TooLarge { .. })));
        assert_eq!(read(&[b'a', 0xff]).unwrap_err(), ImportError::NotText { at: 1 });
        for text in ["", "  \n", "hello", "{\"a\": 1, \"b\": 2}", "<html>a,b</html>"] {
            assert_eq!(read(text.as_bytes()).unwrap_err(), ImportError::Unknown, "{text}");
        }
        assert_eq!(read(b"date,amount\n").unwrap_err(), ImportError::Empty);
        assert_eq!(read(b"<OFX></OFX>").unwrap_err(), ImportError::NoStatement);
        let mut long = String::from("date,amount\n");
        for _ in 0..=MOST_LINES {
            long.push_str("2026-06-30,1\n");
        }
        assert_eq!(read(long.as_bytes()).unwrap_err(), ImportError::TooMany { most: MOST_LINES });
    }
}
