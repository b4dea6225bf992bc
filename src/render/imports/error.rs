//! Why a statement cannot be read: where, what was found, what is allowed.

use std::fmt;

/// Why a statement cannot be read. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// More bytes than are read.
    TooLarge {
        /// Its size.
        bytes: usize,
        /// What is allowed.
        most: usize,
    },
    /// More lines than are compared.
    TooMany {
        /// What is allowed.
        most: usize,
    },
    /// Neither OFX nor CSV, by what it begins with.
    Unknown,
    /// No text in UTF-8.
    NotText {
        /// The first byte that is none.
        at: usize,
    },
    /// It has no line, and no period is given.
    Empty,
    /// No well-formed OFX.
    Ofx {
        /// The line.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// OFX without a statement.
    NoStatement,
    /// No well-formed CSV.
    Csv {
        /// The line.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// A value that is none.
    Value {
        /// The line.
        line: u64,
        /// The column or element.
        column: String,
        /// What stands there.
        found: String,
        /// What may.
        allowed: &'static str,
    },
    /// A value that is needed and missing.
    Missing {
        /// The line.
        line: u64,
        /// The column or element.
        column: String,
    },
    /// A column that the header does not have.
    Column {
        /// Which.
        name: String,
        /// What it is needed for.
        field: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A mapping that cannot be understood.
    Mapping {
        /// Its line.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// Its amounts are beyond 64 bits.
    Overflow,
}

impl ImportError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "statement_too_large",
            Self::TooMany { .. } => "statement_too_long",
            Self::Unknown => "statement_format",
            Self::NotText { .. } => "statement_not_text",
            Self::Empty => "statement_empty",
            Self::Ofx { .. } => "statement_not_ofx",
            Self::NoStatement => "statement_missing",
            Self::Csv { .. } => "statement_not_csv",
            Self::Value { .. } => "statement_value",
            Self::Missing { .. } => "statement_value_missing",
            Self::Column { .. } => "statement_column",
            Self::Mapping { .. } => "statement_mapping",
            Self::Overflow => "overflow",
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, most } => write!(f, "the statement has {bytes} bytes; at most {most} are read"),
            Self::TooMany { most } => {
                write!(f, "the statement has more than {most} lines; import it in parts, for shorter periods")
            }
            Self::Unknown => {
                f.write_str("the file is neither OFX nor CSV by what it begins with; say which with the format")
            }
            Self::NotText { at } => {
                write!(f, "byte {at} is no UTF-8; save the statement as UTF-8 and import it again")
            }
            Self::Empty => {
                f.write_str("the statement has no lines, so its days are not known; give the first and the last day")
            }
            Self::NoStatement => f.write_str("the file is OFX, but holds no investment or bank statement"),
            Self::Ofx { line, what } | Self::Csv { line, what } => write!(f, "line {line}: {what}"),
            Self::Value { line, column, found, allowed } => {
                write!(f, "line {line}, {column}: {found:?} cannot be read; allowed is {allowed}")
            }
            Self::Missing { line, column } => write!(f, "line {line}, {column}: a value is needed here"),
            Self::Column { name, field, found } => {
                write!(
                    f,
                    "no column {name:?}, which is needed for the {field}; the columns are {found}. Name the right one in the mapping"
                )
            }
            Self::Mapping { line, what } => write!(f, "mapping, line {line}: {what}"),
            Self::Overflow => {
                f.write_str("the amounts of the statement cannot be added up; they are beyond 92,233,720,368")
            }
        }
    }
}

impl std::error::Error for ImportError {}
