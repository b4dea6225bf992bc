//! What a verification found.

use std::fmt;

use crate::store::error::StoreError;
use crate::store::head::Heads;
use crate::store::words::Book;

/// The outcome: what was read of each book, and the first thing that is wrong.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Book by book, as far as was read.
    pub books: Vec<BookReport>,
    /// The first thing that is wrong.
    pub finding: Option<Finding>,
}

impl Report {
    /// Whether nothing was found.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.finding.is_none()
    }
}

/// What was read of a book and found right.
#[derive(Clone, Debug)]
pub struct BookReport {
    /// The book.
    pub book: Book,
    /// The last entry and event that are right.
    pub heads: Heads,
    /// How many entries.
    pub entries: u64,
    /// How many postings.
    pub postings: u64,
    /// How many events.
    pub events: u64,
    /// How many closings.
    pub closings: u64,
    /// How many of them carry a signature.
    pub signed: u64,
    /// The last entry that a signed closing seals.
    pub sealed: u64,
    /// Whether each closing was held against a public key.
    pub signatures_checked: bool,
}

impl BookReport {
    pub(in crate::store) fn new(book: Book) -> Self {
        Self {
            book,
            heads: Heads::default(),
            entries: 0,
            postings: 0,
            events: 0,
            closings: 0,
            signed: 0,
            sealed: 0,
            signatures_checked: false,
        }
    }
}

/// Something that is wrong: where, what is stored, and what it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table; `schema` or `file` where it is the database itself.
    pub table: &'static str,
    /// The book's number; 0 where it is no book's.
    pub book: i64,
    /// The record's sequence.
    pub seq: Option<u64>,
    /// The line in its entry.
    pub line: Option<u32>,
    /// The column, or the thing of the schema.
    pub column: String,
    /// What is stored.
    pub stored: String,
    /// What was computed.
    pub computed: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table)?;
        if let Some(seq) = self.seq {
            write!(f, " {seq}")?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if self.book > 1 {
            write!(f, " (book {})", self.book)?;
        }
        let or_nothing = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        write!(
            f,
            ", {}: stored is {}, computed is {}",
            self.column,
            or_nothing(&self.stored),
            or_nothing(&self.computed)
        )
    }
}

/// Why verifying ends early.
pub(super) enum Stop {
    /// Something is wrong.
    Found(Box<Finding>),
    /// It cannot go on.
    Failed(StoreError),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Found(Box::new(finding))
    }
}

impl From<StoreError> for Stop {
    fn from(e: StoreError) -> Self {
        Self::Failed(e)
    }
}

/// Begins a finding.
pub(super) fn found(table: &'static str, book: i64) -> Finding {
    Finding {
        table,
        book,
        seq: None,
        line: None,
        column: String::new(),
        stored: String::new(),
        computed: String::new(),
    }
}

impl Finding {
    pub(super) fn seq(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    pub(super) fn line(mut self, line: u64) -> Self {
        self.line = Some(u32::try_from(line).unwrap_or(u32::MAX));
        self
    }

    pub(super) fn column(mut self, column: &str) -> Self {
        column.clone_into(&mut self.column);
        self
    }

    /// Ends the finding.
    pub(super) fn values(mut self, stored: impl fmt::Display, computed: impl fmt::Display) -> Self {
        (self.stored, self.computed) = (stored.to_string(), computed.to_string());
        self
    }
}
