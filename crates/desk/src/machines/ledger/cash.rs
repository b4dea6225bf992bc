//! Float, positions brought in, settlement (BOOKS.md sections 5 and 6).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::books::Books;
use super::fact::{CashActivity, Opening, Settlement};
use super::fill::text;
use super::refusal::BookRefusal;
use crate::domain::decimal::Money;
use crate::domain::ids::{ItemId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Facts, Holding, Posting, Tags};
use crate::domain::symbol::Currency;
use crate::domain::time::{Date, Timestamp};
use crate::domain::wide::Overflow;

/// Float in or out: recorded, never moved by us.
pub(super) fn float(books: &Books, kind: EntryKind, float: &CashActivity) -> Result<Draft, BookRefusal> {
    let key = float.activity.as_str();
    books.not_yet(kind, key)?;
    if float.amount.raw() <= 0 {
        return Err(BookRefusal::AmountNotPositive { kind, key: key.to_owned(), amount: float.amount });
    }
    let money = |account, amount| Posting::money(account, float.currency, amount);
    let (description, postings) = if kind == EntryKind::FloatOut {
        let returned = money(AccountCode::FLOAT_RETURNED, float.amount);
        ("Float returned to accounting", vec![returned, money(AccountCode::CASH_SETTLED, float.amount.negated())])
    } else {
        let contributed = money(AccountCode::FLOAT_CONTRIBUTED, float.amount.negated());
        ("Float received from accounting", vec![money(AccountCode::CASH_SETTLED, float.amount), contributed])
    };
    Ok(Draft {
        description: description.to_owned(),
        postings,
        ..Draft::new(kind, key, books.bookable(float.session), float.effective_at)
    })
}

/// A position brought in at set-up: `opening:{instrument}`, lot `{instrument}-opening`, held by nobody's strategy.
pub(super) fn opening(books: &Books, opening: &Opening) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::Opening;
    let name = opening.instrument.as_str();
    let key = format!("opening:{name}");
    books.not_yet(kind, &key)?;
    if opening.quantity.is_zero() {
        return Err(BookRefusal::ZeroQuantity { key });
    }
    if opening.cost.raw() < 0 {
        return Err(BookRefusal::AmountNotPositive { kind, key, amount: opening.cost });
    }
    let overflow = |Overflow| BookRefusal::overflow(kind, &key);
    if opening.quantity.raw() == i64::MIN {
        return Err(overflow(Overflow));
    }
    let (account, cost) = if opening.quantity.raw() < 0 {
        (AccountCode::SHORT_POSITIONS, opening.cost.negated())
    } else {
        (AccountCode::LONG_POSITIONS, opening.cost)
    };
    let tags = Tags { instrument: Some(opening.instrument), ..Tags::default() };
    let posting = |account, amount, units, tags| Posting {
        account,
        currency: opening.currency,
        amount,
        holding: Some(Holding { commodity: opening.instrument, units }),
        tags,
    };
    let lot = format!("{name}-opening").parse().map_err(|_| overflow(Overflow))?;
    let held = Tags { lot: Some(lot), strategy: Some(StrategyName::External), ..tags.clone() };
    let mut postings = vec![
        posting(account, cost, opening.quantity, held),
        posting(AccountCode::UNITS_TRANSFERS, Money::ZERO, opening.quantity.negated(), tags),
    ];
    if !cost.is_zero() {
        postings.push(Posting::money(AccountCode::FLOAT_CONTRIBUTED, opening.currency, cost.negated()));
    }
    Ok(Draft {
        description: format!("{} {name} of {} brought in at cost", opening.quantity, opening.acquired),
        facts: Facts::from([
            (Cow::Borrowed("symbol"), text(name)),
            (Cow::Borrowed("quantity"), text(&opening.quantity)),
            (Cow::Borrowed("cost"), text(&opening.cost)),
            (Cow::Borrowed("acquired"), text(&opening.acquired)),
        ]),
        postings,
        ..Draft::new(kind, &key, books.bookable(opening.session), opening.effective_at)
    })
}

/// What is dated on or before the date becomes settled: one posting of 1020 per item and trade session that falls due.
pub(super) fn settlement(books: &Books, at: Timestamp, of: Settlement) -> Result<Vec<Draft>, BookRefusal> {
    for currency in books.settled_through.keys() {
        books.not_yet(EntryKind::Settlement, &format!("{}:{currency}", of.date))?;
    }
    let mut due: BTreeMap<Currency, Vec<(&ItemId, Money)>> = BTreeMap::new();
    for ((currency, item, _), amount) in &books.due {
        if item.as_str().parse::<Date>().is_ok_and(|d| d <= of.date) {
            due.entry(*currency).or_default().push((item, *amount));
        }
    }
    let mut drafts = Vec::with_capacity(due.len());
    for (currency, parts) in due {
        let key = format!("{}:{currency}", of.date);
        let total = parts.iter().try_fold(Money::ZERO, |sum, (_, amount)| sum.checked_add(*amount));
        let total = total.ok_or_else(|| BookRefusal::overflow(EntryKind::Settlement, &key))?;
        let mut postings = Vec::with_capacity(parts.len().saturating_add(1));
        if !total.is_zero() {
            postings.push(Posting::money(AccountCode::CASH_SETTLED, currency, total));
        }
        for (item, amount) in parts {
            let mut unsettled = Posting::money(AccountCode::CASH_UNSETTLED, currency, amount.negated());
            unsettled.tags.item = Some(item.clone());
            postings.push(unsettled);
        }
        drafts.push(Draft {
            description: format!("Settlement of {}", of.date),
            postings,
            ..Draft::new(EntryKind::Settlement, &key, books.bookable(of.session), at)
        });
    }
    Ok(drafts)
}

impl Books {
    /// The open item of a settlement date; the text of the last one is shared.
    pub(super) fn date_item(&self, date: Date) -> Result<ItemId, Overflow> {
        match &self.last_due {
            Some((last, item)) if *last == date => Ok(item.clone()),
            _ => date.to_string().parse().map_err(|_| Overflow),
        }
    }

    /// The item of cash that settles on a date: never a date whose settlement is booked already (BOOKS.md section 5).
    pub(super) fn settlement_date(&self, currency: Currency, settles: Date) -> Date {
        self.settled_through.get(&currency).map_or(settles, |through| settles.max(through.plus(1)))
    }

    /// Remembers through which date the cash of a currency is settled.
    pub(super) fn note_settlement(&mut self, entry: &Entry) {
        let (date, currency) = match entry.draft.source_key.split_once(':') {
            Some((date, currency)) => (date.parse::<Date>(), currency.parse::<Currency>()),
            None => return,
        };
        if let (Ok(date), Ok(currency)) = (date, currency) {
            let through = self.settled_through.entry(currency).or_insert(date);
            *through = date.max(*through);
        }
    }
}
