//! What the broker's list of activities brings besides fills: interest, borrow, late fees, cash moved between wallets,
//! one currency for another, and what nobody knows (BOOKS.md section 5).

use std::borrow::Cow;

use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::CashActivity;
use super::fill::text;
use super::refusal::BookRefusal;
use crate::domain::chart::AccountType;
use crate::domain::decimal::Money;
use crate::domain::ids::{ExecutionId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, EntryKind, Facts, Posting, Tags};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;

/// What shares cost that were borrowed for a short position.
#[derive(Clone, Debug, PartialEq)]
pub struct Borrow {
    /// The cash; negative where it was charged.
    pub cash: CashActivity,
    /// Which shares.
    pub instrument: Symbol,
}

/// A fee that no fill accrued, charged on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct LateFee {
    /// The cash; negative where it was charged, positive where it was given back.
    pub cash: CashActivity,
    /// Its account, an expense.
    pub account: AccountCode,
    /// What the broker calls it.
    pub name: String,
    /// The fill that it belongs to, where the broker says so.
    pub of: Option<FillTags>,
}

/// What tags a posting to a fill that is in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillTags {
    /// The execution.
    pub execution: ExecutionId,
    /// What was traded.
    pub instrument: Symbol,
    /// Whose order it was.
    pub strategy: StrategyName,
}

/// One currency for another.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// The venue's id of it; the source key.
    pub execution: ExecutionId,
    /// What came in, above zero.
    pub bought: (Money, Currency),
    /// What left, above zero.
    pub sold: (Money, Currency),
    /// The rate as the broker states it.
    pub rate: String,
    /// Who states it.
    pub source: String,
    /// When it was stated.
    pub rate_at: Timestamp,
    /// The trade session.
    pub session: SessionId,
    /// When it was executed.
    pub effective_at: Timestamp,
}

/// A name and its value among the facts of an entry.
pub(super) fn named(name: &'static str, value: &(impl ToString + ?Sized)) -> (Cow<'static, str>, serde_json::Value) {
    (Cow::Borrowed(name), text(value))
}

/// The head of an entry about an activity, once it is known that it is new and not of nothing.
fn head(books: &Books, kind: EntryKind, cash: &CashActivity) -> Result<Draft, BookRefusal> {
    books.not_yet(kind, &cash.activity)?;
    if cash.amount.is_zero() {
        return Err(ActivityRefusal::NoAmount { kind, key: cash.activity.clone() }.into());
    }
    Ok(Draft::new(kind, &cash.activity, books.bookable(cash.session), cash.effective_at))
}

/// The two lines of cash that came in from an account or left to it, the debit first.
pub(super) fn cash_lines(cash_account: AccountCode, other: Posting, cash: &CashActivity) -> Vec<Posting> {
    let line = |account, amount, tags: &Tags| Posting {
        account,
        currency: cash.currency,
        amount,
        holding: None,
        tags: Tags { item: None, ..tags.clone() },
    };
    let moved = line(cash_account, cash.amount, &other.tags);
    let against = Posting { amount: cash.amount.negated(), ..other };
    if cash.amount.raw() > 0 { vec![moved, against] } else { vec![against, moved] }
}

/// A posting of nothing yet, to be given its amount.
pub(super) fn blank(account: AccountCode, cash: &CashActivity, tags: Tags) -> Posting {
    Posting { tags, ..Posting::money(account, cash.currency, Money::ZERO) }
}

/// Interest earned, or paid on margin.
pub(super) fn interest(books: &Books, cash: &CashActivity) -> Result<Draft, BookRefusal> {
    let (account, description) = if cash.amount.raw() > 0 {
        (AccountCode::INTEREST_EARNED, "Credit interest")
    } else {
        (AccountCode::MARGIN_INTEREST, "Margin interest")
    };
    Ok(Draft {
        description: description.to_owned(),
        facts: Facts::from([named("amount", &cash.amount)]),
        postings: cash_lines(AccountCode::CASH_SETTLED, blank(account, cash, Tags::default()), cash),
        ..head(books, EntryKind::Interest, cash)?
    })
}

/// The cost of borrowing, shared by the strategies that are short, as their units are.
pub(super) fn borrow(books: &Books, borrow: &Borrow) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::Borrow;
    let head = head(books, kind, &borrow.cash)?;
    let overflow = |_| BookRefusal::overflow(kind, &borrow.cash.activity);
    let holders = books.holders(borrow.instrument, AccountCode::SHORT_POSITIONS).map_err(overflow)?;
    let mut postings = Vec::with_capacity(2);
    for (strategy, amount) in holders.share(borrow.cash.amount).map_err(overflow)? {
        let cash = CashActivity { amount, ..borrow.cash.clone() };
        let tags = Tags { strategy, instrument: Some(borrow.instrument), ..Tags::default() };
        postings.extend(cash_lines(AccountCode::CASH_SETTLED, blank(AccountCode::BORROW_COST, &cash, tags), &cash));
    }
    Ok(Draft {
        description: format!("Borrow fee {}", borrow.instrument),
        facts: Facts::from([named("symbol", &borrow.instrument)]),
        postings,
        ..head
    })
}

/// A fee charged on its own.
pub(super) fn late_fee(books: &Books, fee: &LateFee) -> Result<Draft, BookRefusal> {
    let head = head(books, EntryKind::Fee, &fee.cash)?;
    let added = books.chart.added(fee.account).is_some_and(|row| row.kind == AccountType::Expense);
    if !added && !is_fee(fee.account) {
        return Err(ActivityRefusal::WrongAccount {
            key: fee.cash.activity.clone(),
            account: fee.account,
            allowed: "5110, 5210, 5220, 5230, 5240, 5610, 5910 and expenses added to the chart",
        }
        .into());
    }
    let mut facts = Facts::new();
    let mut tags = Tags::default();
    let mut description = fee.name.clone();
    if let Some(of) = &fee.of {
        facts = Facts::from([named("symbol", &of.instrument), named("of_fill", &of.execution)]);
        tags.strategy = Some(of.strategy);
        tags.instrument = Some(of.instrument);
        tags.fill = Some(of.execution.clone());
        description = format!("{} of fill {}, charged later", fee.name, of.execution);
    }
    let other = blank(fee.account, &fee.cash, tags);
    Ok(Draft { description, facts, postings: cash_lines(AccountCode::CASH_SETTLED, other, &fee.cash), ..head })
}

/// Whether a fee may be booked there.
const fn is_fee(account: AccountCode) -> bool {
    matches!(account.code(), 5110 | 5210 | 5220 | 5230 | 5240 | 5610 | 5910)
}

/// Cash that a person moved to the derivatives wallet, or from it: recorded, never moved by us.
pub(super) fn transfer(books: &Books, cash: &CashActivity) -> Result<Draft, BookRefusal> {
    let head = head(books, EntryKind::Transfer, cash)?;
    let way = if cash.amount.raw() > 0 { "to" } else { "from" };
    let other = blank(AccountCode::CASH_SETTLED, cash, Tags::default());
    Ok(Draft {
        description: format!("Cash moved by a person {way} the derivatives wallet"),
        facts: Facts::from([named("amount", &cash.amount)]),
        postings: cash_lines(AccountCode::CASH_DERIVATIVES, other, cash),
        ..head
    })
}

/// An activity of a type that is not known: against suspense at once, until a person has decided.
pub(super) fn unknown(books: &Books, cash: &CashActivity) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::UnknownActivity;
    let head = head(books, kind, cash)?;
    let item = cash.activity.parse().map_err(|_| ActivityRefusal::BadItem { kind, item: cash.activity.clone() })?;
    let other = blank(AccountCode::SUSPENSE, cash, Tags { item: Some(item), ..Tags::default() });
    let magnitude = if cash.amount.raw() > 0 { cash.amount } else { cash.amount.negated() };
    let way = if cash.amount.raw() > 0 { "credited" } else { "charged" };
    Ok(Draft {
        description: format!("Activity of an unknown type, {magnitude} {way}"),
        facts: Facts::from([named("amount", &cash.amount)]),
        postings: cash_lines(AccountCode::CASH_SETTLED, other, cash),
        ..head
    })
}

/// Two legs through 3900, with the amounts that the broker states; the rate is their quotient, kept as stated.
pub(super) fn conversion(books: &Books, c: &Conversion) -> Result<Draft, BookRefusal> {
    let (kind, key) = (EntryKind::Conversion, c.execution.as_str());
    books.not_yet(kind, key)?;
    if let Some((amount, _)) = [c.bought, c.sold].into_iter().find(|(amount, _)| amount.raw() <= 0) {
        return Err(BookRefusal::AmountNotPositive { kind, key: key.to_owned(), amount });
    }
    if c.bought.1 == c.sold.1 {
        return Err(ActivityRefusal::SameCurrency { execution: c.execution.clone(), currency: c.sold.1 }.into());
    }
    let line = |account, (amount, currency): (Money, Currency)| Posting::money(account, currency, amount);
    let out = |(amount, currency): (Money, Currency)| (amount.negated(), currency);
    Ok(Draft {
        description: format!("{} {} bought at {}", c.bought.0, c.bought.1, c.rate),
        facts: Facts::from([named("rate", &c.rate), named("rate_source", &c.source), named("rate_at", &c.rate_at)]),
        postings: vec![
            line(AccountCode::CASH_SETTLED, c.bought),
            line(AccountCode::CONVERSION, out(c.bought)),
            line(AccountCode::CONVERSION, c.sold),
            line(AccountCode::CASH_SETTLED, out(c.sold)),
        ],
        ..Draft::new(kind, key, books.bookable(c.session), c.effective_at)
    })
}
