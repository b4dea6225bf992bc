//! Lots named one by one (LEDG-5, BOOKS.md section 7): while its day is open a person says which lots a fill has closed. The
//! fill is reversed and booked anew with these lots; what they do not cover closes oldest first.

use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::{Fill, LotChoice};
use super::fill;
use super::key::TextKey;
use super::refusal::BookRefusal;
use super::reversal::{Bust, anew, book, booked_fill, reversal};
use crate::domain::decimal::Quantity;
use crate::domain::ids::LotId;
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

/// Whether an entry is one whose lots can be named, by itself: a fill of shares that closed some, by a method. A choice once
/// booked stays, and so does what was booked anew.
///
/// # Errors
/// [`ActivityRefusal`].
pub fn nameable(entry: &Entry) -> Result<(), ActivityRefusal> {
    let d = &entry.draft;
    let shares = |account| matches!(account, AccountCode::LONG_POSITIONS | AccountCode::SHORT_POSITIONS);
    let held = || d.postings.iter().filter(|p| p.account.is_position());
    if d.kind != EntryKind::Fill || !d.facts.contains_key("closing") || held().any(|p| !shares(p.account)) {
        return Err(ActivityRefusal::NothingClosed { seq: entry.seq });
    }
    if d.corrects.is_some() {
        return Err(ActivityRefusal::LotsStay { seq: entry.seq });
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
        return Err(ActivityRefusal::LotsSealed { seq, session, closed_through }.into());
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
        return Err(ActivityRefusal::LotOpenedLater { seq, lot: lot.clone() }.into());
    }
    book(&mut after, &mut drafts, again);
    Ok(drafts)
}

/// Whether a lot was opened after the fill: nobody sells what is not there yet. Its own lot, where it went through zero, is not.
fn opened_later(books: &Books, n: &LotNaming, fill: &Fill, lot: &LotId) -> bool {
    let place = (fill.session.date, n.entry.seq);
    books.origins.get(&TextKey::new(lot.as_str())).is_some_and(|origin| (origin.acquired, origin.seq) > place)
}
