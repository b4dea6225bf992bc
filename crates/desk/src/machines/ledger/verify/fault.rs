//! The first thing that is wrong with a journal.

use std::fmt;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The number of an entry: one is missing, doubled or swapped.
    Number,
    /// The link of the chain.
    Hash,
    /// The bytes are no entry of a known version.
    Bytes,
    /// The number inside the bytes.
    NumberInBytes,
    /// The id of an entry.
    EntryId,
    /// A column that differs from the bytes.
    Column(&'static str),
    /// A posting's row that differs from the bytes.
    Posting {
        /// Its line.
        line: u64,
        /// Which column.
        column: &'static str,
    },
    /// The number of postings.
    PostingCount,
    /// An account that the chart does not have.
    Account {
        /// The posting's line.
        line: u64,
    },
    /// A posting that says nothing, has units of zero, or an amount on an account of units.
    PostingForm {
        /// The posting's line.
        line: u64,
    },
    /// An open-item account's posting without its tag.
    ItemTag {
        /// The posting's line.
        line: u64,
    },
    /// Σ amounts of the entry in a currency.
    Amounts,
    /// Σ units of the entry in a commodity.
    Units,
    /// The stamp ran backwards.
    BookedAt,
    /// The same fact was booked before.
    Source,
    /// The entry that is reversed is not there, or was reversed before.
    Reversal,
    /// A session that takes nothing any more.
    ClosedSession,
    /// The closing record: missing, unreadable, or not the one whose hash the entry holds.
    Record,
    /// A field of the closing record.
    RecordField(&'static str),
    /// A stored closing balance.
    ClosingBalance,
    /// A stored closing lot.
    ClosingLot,
    /// A sum beyond 64 bits.
    Overflow,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => f.write_str("its number"),
            Self::Hash => f.write_str("its hash"),
            Self::Bytes => f.write_str("its bytes"),
            Self::NumberInBytes => f.write_str("the number in its bytes"),
            Self::EntryId => f.write_str("its id"),
            Self::Column(name) => write!(f, "the column {name}"),
            Self::Posting { line, column } => write!(f, "the column {column} of posting {line}"),
            Self::PostingCount => f.write_str("how many postings it has"),
            Self::Account { line } => write!(f, "the account of posting {line}"),
            Self::PostingForm { line } => write!(f, "what posting {line} carries"),
            Self::ItemTag { line } => write!(f, "the open item of posting {line}"),
            Self::Amounts => f.write_str("the sum of its amounts"),
            Self::Units => f.write_str("the sum of its units"),
            Self::BookedAt => f.write_str("when it was booked"),
            Self::Source => f.write_str("its source"),
            Self::Reversal => f.write_str("what it reverses"),
            Self::ClosedSession => f.write_str("its session"),
            Self::Record => f.write_str("its closing record"),
            Self::RecordField(name) => write!(f, "{name} in its closing record"),
            Self::ClosingBalance => f.write_str("a stored closing balance"),
            Self::ClosingLot => f.write_str("a stored closing lot"),
            Self::Overflow => f.write_str("a sum"),
        }
    }
}

/// The first thing that is wrong: where, what, and the two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the entry at which it shows.
    pub seq: u64,
    /// What is wrong.
    pub what: What,
    /// What is stored.
    pub stored: String,
    /// What was computed.
    pub computed: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "entry {}: {} is wrong: stored is {}; computed is {}",
            self.seq, self.what, self.stored, self.computed
        )
    }
}

impl std::error::Error for Fault {}

/// Compares two sides.
pub(super) fn same<T: PartialEq + fmt::Display + Copy>(
    seq: u64,
    what: What,
    stored: T,
    computed: T,
) -> Result<(), Fault> {
    if stored == computed {
        return Ok(());
    }
    Err(Fault { seq, what, stored: stored.to_string(), computed: computed.to_string() })
}

/// Compares two sides that may be missing.
pub(super) fn same_option<T: PartialEq + fmt::Display>(
    seq: u64,
    what: What,
    stored: Option<T>,
    computed: Option<T>,
) -> Result<(), Fault> {
    if stored == computed {
        return Ok(());
    }
    let text = |side: Option<T>| side.map_or_else(|| "nothing".to_owned(), |t| t.to_string());
    Err(Fault { seq, what, stored: text(stored), computed: text(computed) })
}
