//! What a report is made of, and why one cannot be made.

use std::fmt;

use desk::domain::decimal::Price;
use desk::domain::ids::SessionId;
use desk::domain::market::Bar;
use desk::domain::records::RecordError;
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use desk::domain::wide::Overflow;
use desk::research::{Material, Summary};

/// A band of prices that a decision relied on: the opening range, the look-back's extremes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartRange {
    /// The start of its first bar.
    pub from: Timestamp,
    /// The end of its last bar.
    pub to: Timestamp,
    /// Its lower edge.
    pub low: Price,
    /// Its upper edge.
    pub high: Price,
    /// What it is, in words: `opening range`.
    pub label: String,
}

/// One symbol's minute bars in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartDay {
    /// The session.
    pub session: SessionId,
    /// The symbol.
    pub ticker: Symbol,
    /// The session's open.
    pub open: Timestamp,
    /// The session's close.
    pub close: Timestamp,
    /// Bars that start inside of the session, in order; missing minutes are simply not there.
    pub bars: Vec<Bar>,
    /// VWAP at each bar, nothing where it does not exist; as many as bars.
    pub vwap: Vec<Option<Price>>,
    /// Starts of corrupt bars.
    pub corrupt: Vec<Timestamp>,
    /// Bands of prices that decisions relied on.
    pub ranges: Vec<ChartRange>,
}

/// What the verification of the books found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BooksCheck {
    /// Whether everything agreed.
    pub verified: bool,
    /// What was checked, a sentence each.
    pub checks: Vec<String>,
    /// The first thing that is wrong, where something is.
    pub first_wrong: Option<String>,
}

/// Everything that `report.html` shows.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// The run's records.
    pub material: Material<'a>,
    /// Its statistics.
    pub summary: &'a Summary,
    /// Bars of the days that [`chosen_days`](super::chosen_days) named.
    pub charts: &'a [ChartDay],
    /// What the verification of the books found.
    pub books: &'a BooksCheck,
}

/// Why a file cannot be made.
#[derive(Debug)]
pub enum RenderError {
    /// A record contradicts itself.
    Record(RecordError),
    /// A sum is beyond what 64 bits hold.
    Overflow(Overflow),
    /// The JSON writer refused.
    Json(serde_json::Error),
    /// The CSV writer refused.
    Csv(String),
    /// The template engine refused.
    Template(String),
}

impl RenderError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Record(_) => "record_contradicts_itself",
            Self::Overflow(_) => "overflow",
            Self::Json(_) => "json",
            Self::Csv(_) => "csv",
            Self::Template(_) => "template",
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(e) => write!(f, "{e}; nothing was written"),
            Self::Overflow(e) => write!(f, "the report cannot be added up: {e}"),
            Self::Json(e) => write!(f, "a record cannot be written as JSON: {e}"),
            Self::Csv(e) => write!(f, "a record cannot be written as CSV: {e}"),
            Self::Template(e) => write!(f, "the report's template cannot be filled: {e}"),
        }
    }
}

impl std::error::Error for RenderError {}

impl From<RecordError> for RenderError {
    fn from(e: RecordError) -> Self {
        Self::Record(e)
    }
}

impl From<Overflow> for RenderError {
    fn from(e: Overflow) -> Self {
        Self::Overflow(e)
    }
}

impl From<serde_json::Error> for RenderError {
    fn from(e: serde_json::Error) -> Self {
        Self::Json(e)
    }
}

impl From<tera::Error> for RenderError {
    fn from(e: tera::Error) -> Self {
        // The cause says which variable of which template; the head alone says only that one failed.
        let cause = std::error::Error::source(&e).map(|c| format!(": {c}")).unwrap_or_default();
        Self::Template(format!("{e}{cause}"))
    }
}
