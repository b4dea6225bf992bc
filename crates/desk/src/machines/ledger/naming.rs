//! Lots named one by one (LEDG-5, BOOKS.md section 7): while its day is open a person says which lots a fill has closed. The
//! fill is reversed and booked anew with these lots; what they do not cover closes oldest first.

use std::fmt;

use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::{Fill, LotChoice};
use super::fill;
use super::key::TextKey;
use super::refusal::BookRefusal;
use super::reversal::{Bust, anew, book, booked_fill, reversal};
use crate::domain::decimal::Quantity;
use crate::domain::ids::{LotId, SessionId};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind};

/// The lots that a person names for a fill which has closed some.
#[derive(Clone, Debug, PartialEq)]
pub struct LotNaming {
    /// The fill's entry as stored.
    pub entry: Entry,
    /// Lots and units without sign, in the order in which they close; the rest goes oldest first.
    pub lots: Vec<(LotId, Quantity)>,
    /// Who names them.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why lots cannot be named for an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamingRefusal {
    /// It is no fill of shares which closed some.
    NothingClosed {
        /// The entry.
        seq: u64,
    },
    /// It was booked anew, with its lots.
    LotsStay {
        /// The entry.
        seq: u64,
    },
    /// It stands in a closed day.
    LotsSealed {
        /// The entry.
        seq: u64,
        /// Its day.
        session: SessionId,
        /// The last day closed.
        closed_through: SessionId,
    },
    /// It would close a lot that was opened after it.
    LotOpenedLater {
        /// The entry.
        seq: u64,
        /// The lot.
        lot: LotId,
    },
    /// Its marks of wash sales are not made anew any more.
    MarksStay {
        /// The entry.
        seq: u64,
    },
}

impl NamingRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NothingClosed { .. } => "nothing_closed",
            Self::LotsStay { .. } => "lots_stay",
            Self::LotsSealed { .. } => "lots_sealed",
            Self::LotOpenedLater { .. } => "lot_opened_later",
            Self::MarksStay { .. } => "marks_stay",
        }
    }
}

impl fmt::Display for NamingRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingClosed { seq } => {
                write!(f, "entry {seq} is no fill of shares that closed lots; none can be named for it")
            }
            Self::LotsStay { seq } => {
                write!(f, "entry {seq} was booked anew with its lots; a choice that is booked stays")
            }
            Self::LotsSealed { seq, session, closed_through } => write!(
                f,
                "entry {seq} stands in {session}, and the books are closed through {closed_through}; lots are named before the \
                 day is closed"
            ),
            Self::LotOpenedLater { seq, lot } => {
                write!(f, "lot {lot} was opened after entry {seq}, which can only close what was open before it")
            }
            Self::MarksStay { seq } => write!(
                f,
                "entry {seq} was booked more than 60 days before the last fill of its shares, or before a split of them; its marks of \
                 wash sales stay, and so do its lots"
            ),
        }
    }
}

/// Whether an entry is one whose lots can be named, by itself: a fill of shares that closed some, by a method. A choice once
/// booked stays, and so does what was booked anew.
///
/// # Errors
/// [`NamingRefusal`].
pub fn nameable(entry: &Entry) -> Result<(), NamingRefusal> {
    let d = &entry.draft;
    let shares = |account| matches!(account, AccountCode::LONG_POSITIONS | AccountCode::SHORT_POSITIONS);
    let held = || d.postings.iter().filter(|p| p.account.is_position());
    if d.kind != EntryKind::Fill || !d.facts.contains_key("closing") || held().any(|p| !shares(p.account)) {
        return Err(NamingRefusal::NothingClosed { seq: entry.seq });
    }
    if d.corrects.is_some() {
        return Err(NamingRefusal::LotsStay { seq: entry.seq });
    }
    Ok(())
}

/// The reversal of the fill, and the fill with the lots that were named.
pub(super) fn drafts(books: &Books, n: &LotNaming) -> Result<Vec<Draft>, BookRefusal> {
    nameable(&n.entry)?;
    let (seq, session) = (n.entry.seq, n.entry.draft.session);
    if n.by.trim().is_empty() || n.reason.trim().is_empty() {
        return Err(ActivityRefusal::NoReason { kind: EntryKind::Reversal, key: n.entry.entry_id.to_string() }.into());
    }
    if let Some(closed_through) = books.closed_through().filter(|last| *last >= session) {
        return Err(NamingRefusal::LotsSealed { seq, session, closed_through }.into());
    }
    if !books.washes.follow(&n.entry) {
        return Err(NamingRefusal::MarksStay { seq }.into());
    }
    let undone = Bust {
        entry: n.entry.clone(),
        later: Vec::new(),
        corrected: None,
        reason: n.reason.clone(),
        by: Some(n.by.clone()),
        session,
    };
    let (mut after, mut drafts) = (books.clone(), Vec::with_capacity(2));
    let draft = reversal(&after, &n.entry, &undone)?;
    book(&mut after, &mut drafts, draft);
    let lots = LotChoice::Specific(n.lots.clone());
    let fill = Fill { corrects: Some(seq), lots, ..booked_fill(&n.entry)? };
    let mut again = fill::draft(&after, &fill, &anew(&after, &n.entry))?;
    again.reason = Some(n.reason.clone());
    again.by = Some(n.by.clone());
    if let Some(lot) =
        again.postings.iter().filter_map(|p| p.tags.lot.as_ref()).find(|l| opened_later(books, n, &fill, l))
    {
        return Err(NamingRefusal::LotOpenedLater { seq, lot: lot.clone() }.into());
    }
    book(&mut after, &mut drafts, again);
    Ok(drafts)
}

/// Whether a lot was opened after the fill: nobody sells what is not there yet. Its own lot, where it went through zero, is not.
fn opened_later(books: &Books, n: &LotNaming, fill: &Fill, lot: &LotId) -> bool {
    let place = (fill.session.date, n.entry.seq);
    books.origins.get(&TextKey::new(lot.as_str())).is_some_and(|origin| (origin.acquired, origin.seq) > place)
}
