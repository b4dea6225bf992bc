use std::fmt;
use std::path::PathBuf;

use desk::domain::symbol::Symbol;

use super::fault::Fault;

/// How bars are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Comma-separated text.
    Csv,
    /// The same, packed by gzip.
    CsvGz,
    /// The same, packed by zstd.
    CsvZst,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// All, by what a file's name ends with.
    pub const ALL: [Self; 4] = [Self::Csv, Self::CsvGz, Self::CsvZst, Self::Parquet];

    /// What a file's name ends with.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvGz => "csv.gz",
            Self::CsvZst => "csv.zst",
            Self::Parquet => "parquet",
        }
    }

    const fn packing(self) -> &'static str {
        match self {
            Self::Csv => "text",
            Self::CsvGz => "gzip",
            Self::CsvZst => "zstd",
            Self::Parquet => "Parquet",
        }
    }
}

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of text; the header is line 1.
    Line(usize),
    /// A row of a table without lines; the first is row 1.
    Row(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(n) => write!(f, "line {n}"),
            Self::Row(n) => write!(f, "row {n}"),
        }
    }
}

/// Why data were refused: what was wrong, where, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's sentence says what its fields are")]
pub enum DataError {
    /// The folder is not there.
    FolderMissing { folder: PathBuf },
    /// The folder cannot be listed, or is none.
    FolderUnreadable { folder: PathBuf, why: String },
    /// The folder has no data file.
    NoFiles { folder: PathBuf },
    /// Two files claim one symbol.
    TwoFiles { folder: PathBuf, symbol: Symbol, files: (String, String) },
    /// The folder has no file for this symbol.
    UnknownSymbol { folder: PathBuf, symbol: String, nearest: Vec<String> },
    /// The file cannot be read.
    Unreadable { file: PathBuf, why: String },
    /// The file cannot be written.
    Unwritable { file: PathBuf, why: String },
    /// The file has no byte.
    Empty { file: PathBuf },
    /// The file has a header and nothing else.
    HeaderOnly { file: PathBuf },
    /// The file unpacks to more than is believable.
    TooLarge { file: PathBuf, limit: u64 },
    /// The file's content is something else than its name says.
    WrongContent { file: PathBuf, looks: &'static str, needed: &'static str },
    /// The text is not UTF-8.
    NotUtf8 { file: PathBuf, line: usize },
    /// The header is another one.
    Header { file: PathBuf, found: String, expected: String },
    /// The packed bytes are cut off or damaged.
    Damaged { file: PathBuf, format: Format, why: String },
    /// A Parquet column has a type that does not fit.
    ColumnType { file: PathBuf, column: &'static str, found: String, allowed: &'static str },
    /// A row is refused.
    Row { file: PathBuf, place: Place, fault: Box<Fault> },
    /// `instruments.toml` is refused.
    Instruments { file: PathBuf, line: usize, what: String },
    /// This build reads no Parquet.
    WithoutParquet { file: PathBuf },
}

impl DataError {
    /// A name for programs that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FolderMissing { .. } => "data_folder_missing",
            Self::FolderUnreadable { .. } => "data_folder_unreadable",
            Self::NoFiles { .. } => "data_no_files",
            Self::TwoFiles { .. } => "data_two_files",
            Self::UnknownSymbol { .. } => "data_unknown_symbol",
            Self::Unreadable { .. } => "data_unreadable",
            Self::Unwritable { .. } => "data_unwritable",
            Self::Empty { .. } => "data_empty_file",
            Self::HeaderOnly { .. } => "data_header_only",
            Self::TooLarge { .. } => "data_too_large",
            Self::WrongContent { .. } => "data_wrong_content",
            Self::NotUtf8 { .. } => "data_not_utf8",
            Self::Header { .. } => "data_wrong_header",
            Self::Damaged { .. } => "data_damaged",
            Self::ColumnType { .. } => "data_column_type",
            Self::Row { fault, .. } => fault.code(),
            Self::Instruments { .. } => "data_instruments",
            Self::WithoutParquet { .. } => "data_without_parquet",
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FolderMissing { folder } => write!(f, "{}: there is no such folder", folder.display()),
            Self::FolderUnreadable { folder, why } => {
                write!(f, "{}: cannot be read as a folder: {why}", folder.display())
            }
            Self::NoFiles { folder } => write!(
                f,
                "{}: no data file in this folder; one file a symbol is needed, SYMBOL.csv, .csv.gz, .csv.zst or .parquet",
                folder.display()
            ),
            Self::TwoFiles { folder, symbol, files: (a, b) } => write!(
                f,
                "{}: two files for {symbol}, {a} and {b}; one file a symbol is allowed, so that it is clear which one counts",
                folder.display()
            ),
            Self::UnknownSymbol { folder, symbol, nearest } => {
                write!(f, "{}: no data for \"{symbol}\" in this folder; ", folder.display())?;
                write!(f, "the nearest names it has: {}", nearest.join(", "))
            }
            Self::Unreadable { file, why } => write!(f, "{}: cannot be read: {why}", file.display()),
            Self::Unwritable { file, why } => write!(f, "{}: cannot be written: {why}", file.display()),
            Self::Empty { file } => write!(f, "{}: is empty; a header and rows are needed", file.display()),
            Self::HeaderOnly { file } => {
                write!(f, "{}: has a header and no row; at least one row is needed", file.display())
            }
            Self::TooLarge { file, limit } => {
                write!(f, "{}: has more than {limit} bytes once unpacked; split it by date", file.display())
            }
            Self::WrongContent { file, looks, needed } => {
                write!(f, "{}, line 1: looks like {looks}; {needed} is needed", file.display())
            }
            Self::NotUtf8 { file, line } => {
                write!(f, "{}, line {line}: is not UTF-8 text; save the file as UTF-8", file.display())
            }
            Self::Header { file, found, expected } => {
                write!(f, "{}, line 1: the header is \"{found}\"; expected is \"{expected}\"", file.display())
            }
            Self::Damaged { file, format, why } => write!(
                f,
                "{}: the {} data are cut off or damaged: {why}; fetch or pack the file again",
                file.display(),
                format.packing()
            ),
            Self::ColumnType { file, column, found, allowed } => {
                write!(f, "{}, column {column}: has the type {found}; allowed is {allowed}", file.display())
            }
            Self::Row { file, place, fault } => {
                write!(f, "{}, {place}", file.display())?;
                if let Some(column) = fault.column() {
                    write!(f, ", column {column}")?;
                }
                write!(f, ": {fault}")
            }
            Self::Instruments { file, line, what } => write!(f, "{}, line {line}: {what}", file.display()),
            Self::WithoutParquet { file } => write!(
                f,
                "{}: this program was built without Parquet; build it with the feature `parquet`, or use CSV",
                file.display()
            ),
        }
    }
}

impl std::error::Error for DataError {}
