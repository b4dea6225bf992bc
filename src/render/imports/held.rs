//! A file held against a journal: what is kept of both.

use desk::domain::chain::Hash;
use desk::domain::decimal::Money;
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;
use desk::domain::time::Date;
use serde::{Deserialize, Serialize};

use super::closing::closed;
use super::error::ImportError;
use super::mapping::Mapping;
use super::matching::{WINDOW, matched};
use super::outcome::Matching;
use super::read::{FileFormat, Reading, read};
use crate::render::exports::ofx::lines;

/// The longest name of a file that is kept.
const LONGEST_NAME: usize = 120;
/// The longest mapping, in bytes.
const LONGEST_MAPPING: usize = 4_000;

/// How somebody wants a file to be read. It is kept beside the file, so that it can be read again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The file's name.
    pub name: String,
    /// `ofx` or `csv`; without one it is seen from the file.
    pub format: Option<String>,
    /// The columns of a CSV.
    pub mapping: String,
    /// The first day, where it is not the file's own.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// How it was read.
    pub asked: Asked,
    /// What it was read as.
    pub format: String,
    /// The accounts that it names.
    pub accounts: Vec<String>,
    /// How many lines it has.
    pub lines: u64,
    /// What of it is not compared, counted by its name.
    pub left_out: Vec<(String, u64)>,
}

/// What came of it, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The first day and the last.
    pub days: (Date, Date),
    /// Lines that agree with the books.
    pub matched: u64,
    /// Lines that differ.
    pub differing: u64,
    /// Lines that the books do not have.
    pub statement_only: u64,
    /// Entries that the statement does not have.
    pub books_only: u64,
    /// The difference of cash, by currency.
    pub differences: Vec<(Currency, Money)>,
    /// Positions and cash that were not the same at the end.
    #[serde(default)]
    pub held_otherwise: u64,
}

impl Summary {
    /// Of a result.
    #[must_use]
    pub fn of(matching: &Matching) -> Self {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Self {
            days: matching.days,
            matched: count(matching.matched.len()),
            differing: count(matching.differing.len()),
            statement_only: count(matching.statement_only.len()),
            books_only: count(matching.books_only.len()),
            differences: matching.sums.iter().map(|s| (s.currency, s.difference)).collect(),
            held_otherwise: matching.closed.as_ref().map_or(0, |c| count(c.differing().count())),
        }
    }

    /// Whether nothing is left over and nothing differs.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        self.differing == 0 && self.statement_only == 0 && self.books_only == 0 && self.held_otherwise == 0
    }
}

/// A file held against a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of the file and how it was read: the same again is the same import.
    pub hash: Hash,
    /// What it is.
    pub about: About,
    /// What came of it.
    pub matching: Matching,
}

/// Reads a file and holds it against the entries of a journal.
///
/// # Errors
/// What cannot be read, with line and column.
pub fn held(bytes: &[u8], asked: &Asked, entries: &[Entry], base: Currency) -> Result<Held, ImportError> {
    let asked = Asked { name: asked.name.chars().take(LONGEST_NAME).collect(), ..asked.clone() };
    let mapping = |what: String| ImportError::Mapping { line: 1, what };
    if asked.mapping.len() > LONGEST_MAPPING {
        return Err(mapping(format!("has more than {LONGEST_MAPPING} bytes")));
    }
    let format = match asked.format.as_deref().filter(|f| !f.is_empty()) {
        None => None,
        Some(name) => Some(FileFormat::named(name).ok_or(ImportError::Unknown)?),
    };
    let reading = Reading { format, mapping: Mapping::parse(&asked.mapping)?, from: asked.from, to: asked.to };
    let (format, statement) = read(bytes, &reading, base)?;
    let booked = lines(entries, base).map_err(|_| ImportError::Overflow)?;
    let closed = statement.closing.as_ref().map(|c| closed(c, entries)).transpose()?;
    let matching = Matching { closed, ..matched(&statement.lines, &booked, statement.period, WINDOW)? };
    let day = |day: Option<Date>| day.map(|d| d.to_string()).unwrap_or_default();
    let read_as = format!("{}\n{}\n{}\n{}\n", format.as_str(), asked.mapping, day(asked.from), day(asked.to));
    let hash = Hash::of(&[read_as.as_bytes(), bytes].concat());
    let lines = u64::try_from(statement.lines.len()).unwrap_or(u64::MAX);
    let about = About {
        asked,
        format: format.as_str().to_owned(),
        accounts: statement.accounts,
        lines,
        left_out: statement.left_out,
    };
    Ok(Held { hash, about, matching })
}
