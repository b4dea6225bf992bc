//! Dividends: receivable or owed from the ex-date on if they were announced, otherwise when they are paid
//! (BOOKS.md section 5).

use super::activity::{blank, cash_lines, named};
use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::CashActivity;
use super::holders::Holders;
use super::refusal::BookRefusal;
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{ItemId, SessionId};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Fact, Facts, Posting, Tags};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::{Date, Timestamp};
use crate::domain::wide::{Overflow, value_of};

/// A dividend announced: earned on the units held before the ex-date's open, owed on those short.
#[derive(Clone, Debug, PartialEq)]
pub struct DividendAccrual {
    /// Whose shares.
    pub instrument: Symbol,
    /// From when on they trade without it.
    pub ex_date: Date,
    /// When it is paid, where that was announced with it: from then on it may stay open for some sessions only.
    pub pays: Option<Date>,
    /// For one share, above zero.
    pub per_share: Price,
    /// In which currency.
    pub currency: Currency,
    /// The books' day.
    pub session: SessionId,
    /// The ex-date's open.
    pub effective_at: Timestamp,
}

/// A dividend paid, or charged for shares that were short.
#[derive(Clone, Debug, PartialEq)]
pub struct Dividend {
    /// The cash after tax; negative where it was charged. Where nothing was accrued its time is the ex-date's.
    pub cash: CashActivity,
    /// Whose shares.
    pub instrument: Symbol,
    /// The ex-date that it belongs to.
    pub ex_date: Date,
    /// Tax withheld, not below zero.
    pub withheld: Money,
}

/// Whose a dividend is that was accrued, and when it is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Announced {
    holders: Holders,
    /// Nothing where the announcement did not say.
    pub(super) pays: Option<Date>,
}

/// The pay date among the facts of an accrual.
const PAYS: &str = "pays";

fn item_of(instrument: Symbol, ex_date: Date) -> String {
    format!("{instrument}:{ex_date}")
}

/// The accrual; nothing where no share is held or owed.
pub(super) fn accrual(books: &Books, a: &DividendAccrual) -> Result<Vec<Draft>, BookRefusal> {
    let (kind, key) = (EntryKind::DividendAccrual, item_of(a.instrument, a.ex_date));
    books.not_yet(kind, &key)?;
    if a.per_share.raw() <= 0 {
        let amount = Money::from_raw(a.per_share.raw());
        return Err(BookRefusal::AmountNotPositive { kind, key, amount });
    }
    let overflow = |_| BookRefusal::overflow(kind, &key);
    let item: ItemId = key.parse().map_err(|_| ActivityRefusal::BadItem { kind, item: key.clone() })?;
    let mut drafts = Vec::new();
    for (account, debit, credit, words) in [
        (AccountCode::LONG_POSITIONS, AccountCode::DIVIDENDS_RECEIVABLE, AccountCode::DIVIDENDS, ("", "")),
        (AccountCode::SHORT_POSITIONS, AccountCode::IN_LIEU, AccountCode::DIVIDENDS_OWED, (" owed", " short")),
    ] {
        let holders = books.holders(a.instrument, account).map_err(overflow)?;
        let units = holders.total().map_err(overflow)?;
        let total = value_of(units, a.per_share).map_err(overflow)?;
        if total.is_zero() {
            continue;
        }
        let mut postings = Vec::with_capacity(2);
        for (strategy, amount) in holders.share(total).map_err(overflow)? {
            let line = |account: AccountCode, amount| {
                let item = account.is_open_items().then(|| item.clone());
                let tags = Tags { strategy, instrument: Some(a.instrument), item, ..Tags::default() };
                Posting { tags, ..Posting::money(account, a.currency, amount) }
            };
            postings.extend([line(debit, amount), line(credit, amount.negated())]);
        }
        drafts.push(Draft {
            description: format!("{} ex {}{} on {units}{}", a.instrument, a.per_share, words.0, words.1),
            facts: a.pays.iter().map(|date| named(PAYS, date)).collect(),
            postings,
            ..Draft::new(kind, &key, books.bookable(a.session), a.effective_at)
        });
    }
    Ok(drafts)
}

/// The payment: against what was accrued, otherwise earned or owed now.
pub(super) fn payment(books: &Books, d: &Dividend) -> Result<Draft, BookRefusal> {
    let (kind, key) = (EntryKind::Dividend, d.cash.activity.as_str());
    books.not_yet(kind, key)?;
    if d.cash.amount.is_zero() && d.withheld.is_zero() {
        return Err(ActivityRefusal::NoAmount { kind, key: key.to_owned() }.into());
    }
    if d.withheld.raw() < 0 {
        return Err(BookRefusal::AmountNotPositive { kind, key: key.to_owned(), amount: d.withheld });
    }
    let overflow = |_| BookRefusal::overflow(kind, key);
    let charged = d.cash.amount.raw() < 0;
    let name = item_of(d.instrument, d.ex_date);
    let item: ItemId = name.parse().map_err(|_| ActivityRefusal::BadItem { kind, item: name })?;
    let accrued = if charged { AccountCode::DIVIDENDS_OWED } else { AccountCode::DIVIDENDS_RECEIVABLE };
    let open = books.items.contains_key(&(accrued, d.cash.currency, item.clone()));
    let (account, owners) = match (open, charged) {
        (true, _) => (accrued, books.dividends.get(&item).map(|d| d.holders.clone()).unwrap_or_default()),
        (false, true) => (AccountCode::IN_LIEU, Holders::default()),
        (false, false) => (AccountCode::DIVIDENDS, Holders::default()),
    };
    let gross = d.cash.amount.checked_add(d.withheld).ok_or_else(|| overflow(Overflow))?;
    let mut taxes = owners.share(d.withheld).map_err(overflow)?;
    let mut postings = Vec::with_capacity(3);
    for (strategy, amount) in owners.share(gross).map_err(overflow)? {
        let at = taxes.iter().position(|(s, _)| *s == strategy);
        let tax = at.map_or(Money::ZERO, |at| taxes.swap_remove(at).1);
        let item = open.then(|| item.clone());
        let tags = Tags { strategy, instrument: Some(d.instrument), item, ..Tags::default() };
        let net = amount.checked_sub(tax).ok_or_else(|| overflow(Overflow))?;
        let cash = CashActivity { amount: net, ..d.cash.clone() };
        let mut lines = cash_lines(AccountCode::CASH_SETTLED, blank(account, &cash, tags.clone()), &cash);
        if !tax.is_zero() {
            // The account gives all of it; the cash is what the tax leaves.
            for line in lines.iter_mut().filter(|l| l.account == account) {
                line.amount = amount.negated();
            }
            let tags = Tags { item: None, ..tags };
            lines.insert(1, Posting { amount: tax, ..blank(AccountCode::TAXES_WITHHELD, &cash, tags) });
        }
        postings.extend(lines.into_iter().filter(|l| !l.amount.is_zero()));
    }
    let what = if charged { "payment in lieu charged" } else { "dividend paid" };
    Ok(Draft {
        description: format!("{} {what}", d.instrument),
        facts: Facts::from([named("symbol", &d.instrument), named("amount", &d.cash.amount)]),
        postings,
        ..Draft::new(kind, key, books.bookable(d.cash.session), d.cash.effective_at)
    })
}

impl Books {
    /// Remembers whose dividend an item is, so that its payment is theirs too, and when that is due.
    pub(super) fn note_dividend(&mut self, entry: &Entry, item: &ItemId, posting: &Posting) -> Option<()> {
        if entry.draft.kind != EntryKind::DividendAccrual {
            return Some(());
        }
        let share = Quantity::from_raw(posting.amount.raw()).magnitude();
        let announced = self.dividends.entry(item.clone()).or_default();
        announced.pays = entry.draft.facts.get(PAYS).and_then(Fact::as_str).and_then(|date| date.parse().ok());
        announced.holders.add(posting.tags.strategy, share).ok()
    }
}
