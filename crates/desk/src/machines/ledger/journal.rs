//! Numbers, stamps, ids and the chain: a draft becomes a sealed entry (LEDG-4a).

use std::fmt;

use super::books::Books;
use crate::domain::chain::Hash;
use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::Identity;
use crate::domain::journal::{Draft, Entry, EntryKind, entry};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;

/// The end of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry; 0 where there is none.
    pub seq: u64,
    /// Its link of the chain; [`Hash::GENESIS`] where there is none.
    pub hash: Hash,
    /// When it was recorded.
    pub booked_at: Timestamp,
}

/// An entry with the bytes that are stored and their link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The entry.
    pub entry: Entry,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// The link before it, hashed with the bytes.
    pub hash: Hash,
}

/// An entry as it is kept and stored: a sealed one without its fields, which take several times the room of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// The link before it, hashed with the bytes.
    pub hash: Hash,
}

impl Stored {
    /// The entry, from its bytes.
    ///
    /// # Errors
    /// Where the bytes are no entry of a known version; those of a sealed one are.
    pub fn entry(&self) -> Result<Entry, serde_json::Error> {
        Entry::from_bytes(&self.bytes)
    }
}

/// Why a draft could not be sealed, or stored bytes not be folded.
#[derive(Debug)]
pub enum JournalError {
    /// Amounts do not sum to zero in a currency.
    Amounts {
        /// The number the entry has or would have.
        seq: u64,
        /// The currency.
        currency: Currency,
        /// What the sum is; nothing where 64 bits do not hold it.
        sum: Option<Money>,
    },
    /// Units do not sum to zero in a commodity.
    Units {
        /// The number the entry has or would have.
        seq: u64,
        /// The commodity.
        commodity: Symbol,
        /// What the sum is; nothing where 64 bits do not hold it.
        sum: Option<Quantity>,
    },
    /// An entry without the two postings that it needs, or a memo with some.
    Postings {
        /// The number the entry has or would have.
        seq: u64,
        /// Its kind.
        kind: EntryKind,
        /// How many postings it has.
        count: usize,
    },
    /// Stored entries that do not follow each other.
    NotNext {
        /// The number that belongs here.
        expected: u64,
        /// The number that stands here.
        found: u64,
    },
    /// Stored bytes that are no entry, or an entry that cannot be written.
    Bytes {
        /// The number that belongs here.
        seq: u64,
        /// What the reader or writer says.
        error: String,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amounts { seq, currency, sum } => match sum {
                Some(sum) => write!(f, "entry {seq}: amounts in {currency} sum to {sum}; zero is needed"),
                None => write!(f, "entry {seq}: the sum of amounts in {currency} is beyond 64 bits"),
            },
            Self::Units { seq, commodity, sum } => match sum {
                Some(sum) => write!(f, "entry {seq}: units of {commodity} sum to {sum}; zero is needed"),
                None => write!(f, "entry {seq}: the sum of units of {commodity} is beyond 64 bits"),
            },
            Self::Postings { seq, kind, count } => {
                write!(f, "entry {seq}: {kind} has {count} postings; a memo has none, any other entry at least two")
            }
            Self::NotNext { expected, found } => {
                write!(f, "entry {found} stands where entry {expected} belongs")
            }
            Self::Bytes { seq, error } => write!(f, "entry {seq}: {error}"),
        }
    }
}

impl std::error::Error for JournalError {}

/// The writing end of one identity's journal.
#[derive(Clone, Debug)]
pub struct Journal {
    identity: Identity,
    head: Head,
    /// Where entries are written before they are kept.
    buffer: Vec<u8>,
}

impl Journal {
    /// An empty journal.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self::resume(identity, Head::default())
    }

    /// A journal that goes on after a stored entry.
    #[must_use]
    pub const fn resume(identity: Identity, head: Head) -> Self {
        Self { identity, head, buffer: Vec::new() }
    }

    /// The end of the chain.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Numbers, stamps and seals a draft. `booked_at` never runs backwards: where the clock does, the last stamp is
    /// taken again.
    ///
    /// # Errors
    /// [`JournalError`] where the draft does not balance; the journal is as it was.
    pub fn append(&mut self, draft: Draft, booked_at: Timestamp) -> Result<Sealed, JournalError> {
        let seq = self.head.seq.saturating_add(1);
        balances(seq, &draft)?;
        let bytes_error = |error: String| JournalError::Bytes { seq, error };
        let entry_id = entry::entry_id(&self.identity, draft.kind, &draft.source_key);
        let entry_id = entry_id.map_err(|e| bytes_error(e.to_string()))?;
        let booked_at = booked_at.max(self.head.booked_at);
        let entry = Entry { seq, entry_id, booked_at, draft };
        let bytes = entry.to_bytes_with(&mut self.buffer).map_err(|e| bytes_error(e.to_string()))?;
        let hash = self.head.hash.link(&bytes);
        self.head = Head { seq, hash, booked_at };
        Ok(Sealed { entry, bytes, hash })
    }
}

/// Whether a draft balances in each currency and commodity and has as many postings as its kind asks for (LEDG-1).
fn balances(seq: u64, draft: &Draft) -> Result<(), JournalError> {
    let postings = &draft.postings;
    if draft.kind.is_memo() != postings.is_empty() || postings.len() == 1 {
        return Err(JournalError::Postings { seq, kind: draft.kind, count: postings.len() });
    }
    // An entry has a currency and a commodity or two: each is summed where it first stands.
    for (i, first) in postings.iter().enumerate() {
        let before = postings.iter().take(i);
        let currency = first.currency;
        if before.clone().all(|p| p.currency != currency) {
            let of = postings.iter().filter(|p| p.currency == currency);
            let sum = of.map(|p| p.amount).try_fold(Money::ZERO, Money::checked_add);
            if sum != Some(Money::ZERO) {
                return Err(JournalError::Amounts { seq, currency, sum });
            }
        }
        let Some(commodity) = first.holding.map(|h| h.commodity) else { continue };
        let of = |h: &crate::domain::journal::Holding| h.commodity == commodity;
        if !before.filter_map(|p| p.holding).any(|h| of(&h)) {
            let mut units = postings.iter().filter_map(|p| p.holding).filter(of).map(|h| h.units);
            let sum = units.try_fold(Quantity::ZERO, Quantity::checked_add);
            if sum != Some(Quantity::ZERO) {
                return Err(JournalError::Units { seq, commodity, sum });
            }
        }
    }
    Ok(())
}

impl Books {
    /// Folds stored entries from the first on: the books, and the journal that goes on after them.
    ///
    /// # Errors
    /// [`JournalError`] at the first bytes that are no entry, or not the next one.
    pub fn fold<B: AsRef<[u8]>>(
        identity: Identity,
        stored: impl IntoIterator<Item = B>,
    ) -> Result<(Self, Journal), JournalError> {
        Self::fold_telling(identity, stored, drop)
    }

    /// The same, where somebody takes each entry after it was folded.
    ///
    /// # Errors
    /// As [`Self::fold`].
    pub fn fold_telling<B: AsRef<[u8]>>(
        identity: Identity,
        stored: impl IntoIterator<Item = B>,
        mut tell: impl FnMut(Entry),
    ) -> Result<(Self, Journal), JournalError> {
        let mut books = Self::new(identity.clone());
        let mut head = Head::default();
        for bytes in stored {
            let seq = head.seq.saturating_add(1);
            let entry =
                Entry::from_bytes(bytes.as_ref()).map_err(|e| JournalError::Bytes { seq, error: e.to_string() })?;
            if entry.seq != seq {
                return Err(JournalError::NotNext { expected: seq, found: entry.seq });
            }
            head = Head { seq, hash: head.hash.link(bytes.as_ref()), booked_at: entry.booked_at };
            books.apply(&entry);
            tell(entry);
        }
        Ok((books, Journal::resume(identity, head)))
    }
}
