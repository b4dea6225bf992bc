//! Accrued fees: the day's rounding and the broker's charge (LEDG-3b, BOOKS.md sections 4 and 5).

use std::borrow::Cow;

use super::books::Books;
use super::fact::{FeeCharge, SessionEnd};
use super::fill::{fee_account, text};
use super::refusal::BookRefusal;
use crate::domain::decimal::Money;
use crate::domain::ids::{ItemId, SessionId};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Facts, FeeKind, Posting};
use crate::domain::symbol::Currency;
use crate::domain::time::Timestamp;
use crate::domain::wide::{Overflow, Wide, widen};

/// One cent in steps of 10⁻⁸.
const CENT: i64 = 1_000_000;

/// What a trade session accrued of one fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accrual {
    /// `{session}:{fee kind}`.
    pub(super) item: ItemId,
    pub(super) currency: Currency,
    /// Σ of its fills, at full scale.
    pub(super) raw: Money,
    /// Σ of its roundings.
    pub(super) rounded: Money,
    /// How many roundings are booked.
    pub(super) roundings: u64,
}

/// The session of an item `{session}:{fee kind}`.
pub(super) fn session_of(item: &ItemId) -> Option<SessionId> {
    item.as_str().rsplit_once(':').and_then(|(session, _)| session.parse().ok())
}

/// The next cent upwards, as the broker rounds a day's fee.
fn next_cent(amount: Money) -> Result<Money, Overflow> {
    let cents = Wide::from(amount).raised(widen(CENT)).ok_or(Overflow)?;
    (cents * CENT).money()
}

/// One entry per fee kind that does not end on a cent; a late sale's day is rounded anew.
pub(super) fn rounding(books: &Books, at: Timestamp, end: SessionEnd) -> Result<Vec<Draft>, BookRefusal> {
    let mut drafts = Vec::new();
    for fee in FeeKind::ALL {
        let Some(accrual) = books.accruals.get(&(end.session, fee)) else { continue };
        let mut key = format!("{}:{}", end.session, fee.as_str());
        if accrual.roundings > 0 {
            key = format!("{key}:{}", accrual.roundings.saturating_add(1));
        }
        let overflow = |Overflow| BookRefusal::overflow(EntryKind::FeeRounding, &key);
        let whole = next_cent(accrual.raw).map_err(overflow)?;
        let difference = whole.checked_sub(accrual.raw).and_then(|d| d.checked_sub(accrual.rounded));
        let difference = difference.ok_or(Overflow).map_err(overflow)?;
        if difference.is_zero() {
            continue;
        }
        books.not_yet(EntryKind::FeeRounding, &key)?;
        let mut expense = Posting::money(fee_account(fee), accrual.currency, difference);
        expense.tags.fee_kind = Some(fee);
        let mut owed = Posting::money(AccountCode::FEES_ACCRUED, accrual.currency, difference.negated());
        owed.tags.fee_kind = Some(fee);
        owed.tags.item = Some(books.fee_item(end.session, fee).map_err(overflow)?);
        drafts.push(Draft {
            description: format!("{} of the day: {whole}", fee.label()),
            postings: vec![expense, owed],
            ..Draft::new(EntryKind::FeeRounding, &key, books.bookable(end.session), at)
        });
    }
    Ok(drafts)
}

/// The broker's charge; it clears the accrual's open item.
pub(super) fn charge(books: &Books, charge: &FeeCharge) -> Result<Draft, BookRefusal> {
    let (kind, key) = (EntryKind::FeeCharge, charge.activity.as_str());
    books.not_yet(kind, key)?;
    if charge.amount.raw() <= 0 {
        return Err(BookRefusal::AmountNotPositive { kind, key: key.to_owned(), amount: charge.amount });
    }
    if books.accruals.get(&(charge.of, charge.fee)).is_none_or(|a| a.currency != charge.currency) {
        return Err(BookRefusal::NothingAccrued { session: charge.of, fee: charge.fee });
    }
    let mut owed = Posting::money(AccountCode::FEES_ACCRUED, charge.currency, charge.amount);
    owed.tags.fee_kind = Some(charge.fee);
    owed.tags.item = Some(books.fee_item(charge.of, charge.fee).map_err(|Overflow| BookRefusal::overflow(kind, key))?);
    let mut cash = Posting::money(AccountCode::CASH_SETTLED, charge.currency, charge.amount.negated());
    cash.tags.fee_kind = Some(charge.fee);
    Ok(Draft {
        description: format!("{} fee of {} charged", charge.fee.label(), charge.of),
        facts: Facts::from([(Cow::Borrowed("fee"), text(charge.fee.as_str()))]),
        postings: vec![owed, cash],
        ..Draft::new(kind, key, books.bookable(charge.session), charge.effective_at)
    })
}

impl Books {
    /// The open item of a session's accrued fee: `{session}:{fee kind}`.
    pub(super) fn fee_item(&self, session: SessionId, fee: FeeKind) -> Result<ItemId, Overflow> {
        match self.accruals.get(&(session, fee)) {
            Some(accrual) => Ok(accrual.item.clone()),
            None => format!("{session}:{}", fee.as_str()).parse().map_err(|_| Overflow),
        }
    }

    /// Folds a posting of 2310: roundings and charges apart, it accrues.
    pub(super) fn move_accrual(&mut self, entry: &Entry, p: &Posting, item: &ItemId, fee: FeeKind) -> Option<()> {
        let kind = entry.draft.kind;
        // An item that is not `{session}:{fee kind}` is not one of a day's fees.
        let session = session_of(item);
        let (Some(session), false) = (session, kind == EntryKind::FeeCharge) else { return Some(()) };
        let accrual = self.accruals.entry((session, fee)).or_insert_with(|| Accrual {
            item: item.clone(),
            currency: p.currency,
            raw: Money::ZERO,
            rounded: Money::ZERO,
            roundings: 0,
        });
        let sum = if kind == EntryKind::FeeRounding { &mut accrual.rounded } else { &mut accrual.raw };
        *sum = sum.checked_sub(p.amount)?;
        Some(())
    }

    /// Counts a rounding of its item.
    pub(super) fn count_rounding(&mut self, entry: &Entry) {
        let item = entry.draft.postings.iter().find_map(|p| Some((p.tags.item.as_ref()?, p.tags.fee_kind?)));
        let Some((item, fee)) = item else { return };
        let session = session_of(item);
        if let Some(accrual) = session.and_then(|s| self.accruals.get_mut(&(s, fee))) {
            accrual.roundings = accrual.roundings.saturating_add(1);
        }
    }
}
