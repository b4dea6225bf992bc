//! `GET /ledger/statements`: income of some days, and the balance sheet after the last of them.

use std::collections::BTreeMap;

use actix_web::web::{Data, Query};
use desk::domain::decimal::Money;
use desk::domain::ids::SessionId;
use desk::domain::journal::{AccountCode, EntryKind};
use desk::domain::symbol::Currency;
use serde_json::{Value, json};

use super::days::{Asked, Chosen};
use super::{Answer, book, names};
use crate::render::numbers::{Column, Sign};
use crate::store::{Book, Days, Reader, Sought};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// Sums of money by currency and account.
type Sums = BTreeMap<(Currency, AccountCode), Money>;

/// The parts of a statement: their name, the codes from and up to, whether a credit is a positive figure.
type Part = (&'static str, u16, u16, bool);

/// More years than books have.
const YEARS: u32 = 400;

const INCOME: &[Part] = &[("Income", 4000, 5000, true), ("Expenses", 5000, 6000, false)];
const SHEET: &[Part] =
    &[("Assets", 1000, 2000, false), ("Liabilities", 2000, 3000, true), ("Equity", 3000, 4000, true)];

/// `GET /ledger/statements`
pub(crate) async fn statements(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let mut own = json!({});
    if let Some((reader, book)) = book(&shared).await?
        && let Some(chosen) = Chosen::of(&reader, &book, &asked).await?
    {
        let names = names(&reader, &book).await?;
        let after = sums(&reader, &book, chosen.days.to).await?;
        let mut moved = less(&after, &sums(&reader, &book, chosen.before()).await?);
        before_year_close(&mut moved, &reader, &book, chosen.days).await?;
        let mut currencies: Vec<Currency> = after.keys().map(|(currency, _)| *currency).collect();
        currencies.dedup();
        let shown = currencies.into_iter().map(|currency| {
            // What was earned so far and is not closed to the retained result yet belongs to equity.
            let so_far = result(&after, currency);
            json!({
                "currency": currency,
                "income": statement(&moved, currency, INCOME, &names, ("Result", result(&moved, currency))),
                "sheet": statement(&after, currency, SHEET, &names, ("Result so far", so_far)),
            })
        });
        own = json!({ "days": chosen.shown(), "currencies": shown.collect::<Vec<_>>() });
    }
    Frame::new(&shared, &visitor, "/ledger/statements").page("Statements", "pages/statements.html", own)
}

async fn sums(reader: &Reader, book: &Book, up_to: SessionId) -> Result<Sums, Refusal> {
    let mut sums = Sums::new();
    for b in reader.balances(book, Some(up_to)).await?.into_iter().filter(|b| !b.account.is_units()) {
        let sum = sums.entry((b.currency, b.account)).or_default();
        *sum = sum.checked_add(b.amount).unwrap_or(*sum);
    }
    Ok(sums)
}

fn less(after: &Sums, before: &Sums) -> Sums {
    let before = |key| before.get(key).copied().unwrap_or_default();
    after.iter().map(|(key, sum)| (*key, sum.checked_sub(before(key)).unwrap_or(*sum))).collect()
}

/// Takes out again what a year's close has moved to the retained result: it is no income and no expense of its day.
async fn before_year_close(moved: &mut Sums, reader: &Reader, book: &Book, days: Days) -> Result<(), Refusal> {
    let sought = Sought { kind: Some(EntryKind::YearClose), ..Sought::default() };
    for close in reader.sought(book, &sought, YEARS).await? {
        let day = close.entry.draft.session;
        if day < days.from || days.to < day {
            continue;
        }
        for posting in &close.entry.draft.postings {
            if let Some(sum) = moved.get_mut(&(posting.currency, posting.account)) {
                *sum = sum.checked_sub(posting.amount).unwrap_or(*sum);
            }
        }
    }
    Ok(())
}

/// Income less expenses.
fn result(sums: &Sums, currency: Currency) -> Money {
    let own = sums.iter().filter(|((c, account), _)| *c == currency && (4000..6000).contains(&account.code()));
    own.fold(Money::ZERO, |sum, (_, amount)| sum.checked_sub(*amount).unwrap_or(sum))
}

fn statement(
    sums: &Sums,
    currency: Currency,
    parts: &[Part],
    names: &BTreeMap<AccountCode, String>,
    last: (&str, Money),
) -> Value {
    let line = |amount: &Money, credit: bool| if credit { amount.negated() } else { *amount };
    let of = |part: &Part| {
        let (_, from, to, credit) = *part;
        let own = sums.iter().filter(move |((c, account), sum)| {
            *c == currency && (from..to).contains(&account.code()) && !sum.is_zero()
        });
        own.map(move |((_, account), sum)| (*account, line(sum, credit))).collect::<Vec<_>>()
    };
    let total = |lines: &[(AccountCode, Money)]| {
        lines.iter().fold(Money::ZERO, |sum, (_, amount)| sum.checked_add(*amount).unwrap_or(sum))
    };
    let all: Vec<(&Part, Vec<(AccountCode, Money)>)> = parts.iter().map(|part| (part, of(part))).collect();
    let figures = all.iter().flat_map(|(_, lines)| lines.iter().map(|(_, m)| *m).chain([total(lines)]));
    let column = Column::of(figures.chain([last.1]), Sign::Plain);
    let shown = all.iter().map(|((name, ..), lines)| {
        let rows = lines.iter().map(|(account, amount)| {
            json!({
                "code": account.code(), "name": names.get(account).map_or("", String::as_str),
                "amount": column.cell(*amount),
            })
        });
        json!({ "name": name, "rows": rows.collect::<Vec<_>>(), "total": column.cell(total(lines)) })
    });
    json!({
        "parts": shown.collect::<Vec<_>>(), "last": { "name": last.0, "amount": column.cell(last.1) },
        "pad": column.pad(0),
    })
}
