//! Trial balance, income and balance sheet: sums over postings, by currency and account.

use std::collections::BTreeMap;

use desk::domain::decimal::Money;
use desk::domain::journal::AccountCode;
use desk::domain::symbol::Currency;

use super::asked::Chosen;
use super::table::{Cell, Table};
use super::{add, take};
use crate::store::Scope;
use crate::web::refusal::Refusal;

/// Sums of money by currency and account.
type Sums = BTreeMap<(Currency, AccountCode), Money>;

/// What accounts are called.
type Names = BTreeMap<AccountCode, String>;

/// The parts of a statement: their name, the codes from and up to, whether a credit is a positive figure.
type Of = (&'static str, u16, u16, bool);

const INCOME: &[Of] = &[("Income", 4000, 5000, true), ("Expenses", 5000, 6000, false)];
const SHEET: &[Of] = &[("Assets", 1000, 2000, false), ("Liabilities", 2000, 3000, true), ("Equity", 3000, 4000, true)];

/// An account's figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) account: AccountCode,
    pub(crate) name: String,
    pub(crate) amount: Money,
}

/// A part of a statement with its total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) lines: Vec<Line>,
    pub(crate) total: Money,
}

/// A statement in one currency, and the figure that it ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) currency: Currency,
    pub(crate) parts: Vec<Part>,
    pub(crate) last: (&'static str, Money),
}

/// A trial balance in one currency: balances, debits positive, and the sums of both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<Line>,
    pub(crate) debits: Money,
    pub(crate) credits: Money,
}

impl Trial {
    /// Of books without an entry.
    pub(crate) const fn empty(currency: Currency) -> Self {
        Self { currency, lines: Vec::new(), debits: Money::ZERO, credits: Money::ZERO }
    }
}

/// What accounts are called.
async fn names(chosen: &Chosen) -> Result<Names, Refusal> {
    Ok(chosen.reader.accounts(&chosen.book).await?.into_iter().map(|a| (a.code, a.name)).collect())
}

async fn sums(chosen: &Chosen, scope: &Scope) -> Result<Sums, Refusal> {
    let mut sums = Sums::new();
    for b in chosen.summed.balances(&chosen.book, scope).await?.into_iter().filter(|b| !b.account.is_units()) {
        let sum = sums.entry((b.currency, b.account)).or_default();
        *sum = add(*sum, b.amount)?;
    }
    Ok(sums)
}

/// Debits and credits by account after the last of the days.
pub(crate) async fn trial(chosen: &Chosen) -> Result<Vec<Trial>, Refusal> {
    let names = names(chosen).await?;
    let mut trials = Vec::<Trial>::new();
    for ((currency, account), amount) in sums(chosen, &chosen.scope.through()).await? {
        if amount.is_zero() {
            continue;
        }
        if trials.last().is_none_or(|t| t.currency != currency) {
            trials.push(Trial::empty(currency));
        }
        let Some(trial) = trials.last_mut() else { continue };
        if amount > Money::ZERO {
            trial.debits = add(trial.debits, amount)?;
        } else {
            trial.credits = take(trial.credits, amount)?;
        }
        trial.lines.push(Line { account, name: names.get(&account).cloned().unwrap_or_default(), amount });
    }
    Ok(trials)
}

/// Income and expenses of the days.
pub(crate) async fn income(chosen: &Chosen) -> Result<Vec<Statement>, Refusal> {
    let mut moved = sums(chosen, &chosen.scope).await?;
    // What a year's close has moved to the retained result is no income and no expense of its day.
    for close in chosen.summed.year_closes(&chosen.book, &chosen.scope).await? {
        for posting in &close.draft.postings {
            if let Some(sum) = moved.get_mut(&(posting.currency, posting.account)) {
                *sum = take(*sum, posting.amount)?;
            }
        }
    }
    let currencies = sums(chosen, &chosen.scope.through()).await?;
    statements(chosen, &currencies, &moved, (INCOME, "Result")).await
}

/// Assets, liabilities and equity after the last of the days.
pub(crate) async fn sheet(chosen: &Chosen) -> Result<Vec<Statement>, Refusal> {
    let after = sums(chosen, &chosen.scope.through()).await?;
    // What was earned so far and is not closed to the retained result yet belongs to equity.
    statements(chosen, &after, &after, (SHEET, "Result so far")).await
}

/// A statement for each currency that was ever booked.
async fn statements(
    chosen: &Chosen,
    booked: &Sums,
    sums: &Sums,
    (parts, last): (&[Of], &'static str),
) -> Result<Vec<Statement>, Refusal> {
    let names = names(chosen).await?;
    let mut currencies: Vec<Currency> = booked.keys().map(|(currency, _)| *currency).collect();
    currencies.dedup();
    let of = |currency: Currency| {
        let parts = parts.iter().map(|of| part(sums, currency, of, &names)).collect::<Result<_, _>>()?;
        Ok(Statement { currency, parts, last: (last, result(sums, currency)?) })
    };
    currencies.into_iter().map(of).collect()
}

fn part(sums: &Sums, currency: Currency, of: &Of, names: &Names) -> Result<Part, Refusal> {
    let (name, from, to, credit) = *of;
    let mut part = Part { name, lines: Vec::new(), total: Money::ZERO };
    for ((own, account), sum) in sums {
        if *own != currency || !(from..to).contains(&account.code()) || sum.is_zero() {
            continue;
        }
        let amount = if credit { sum.negated() } else { *sum };
        part.total = add(part.total, amount)?;
        part.lines.push(Line { account: *account, name: names.get(account).cloned().unwrap_or_default(), amount });
    }
    Ok(part)
}

/// Income less expenses.
fn result(sums: &Sums, currency: Currency) -> Result<Money, Refusal> {
    let own = sums.iter().filter(|((c, account), _)| *c == currency && (4000..6000).contains(&account.code()));
    own.map(|(_, amount)| *amount).try_fold(Money::ZERO, take)
}

/// The trial balance as a table; a total follows the accounts of its currency.
pub(crate) fn trial_table(trials: &[Trial]) -> Table {
    const COLUMNS: &[&str] = &["currency", "account", "name", "debit", "credit"];
    let debit = |m: Money| if m > Money::ZERO { Cell::money(m) } else { Cell::Nothing };
    let row = |t: &Trial, l: &Line| {
        let (currency, account) = (Cell::plain(t.currency), Cell::plain(l.account));
        vec![currency, account, Cell::text(&l.name), debit(l.amount), debit(l.amount.negated())]
    };
    let total = |t: &Trial| {
        vec![Cell::plain(t.currency), Cell::Nothing, Cell::text("Total"), Cell::money(t.debits), Cell::money(t.credits)]
    };
    let rows = trials.iter().flat_map(|t| t.lines.iter().map(move |l| row(t, l)).chain([total(t)]));
    Table::new(COLUMNS, rows)
}

/// Equity at cost: its part of a balance sheet, and the result so far.
pub(crate) fn equity(sheet: &Statement) -> Result<Money, Refusal> {
    let part = sheet.parts.iter().find(|p| p.name == "Equity").map_or(Money::ZERO, |p| p.total);
    add(part, sheet.last.1)
}

/// Statements as a table: a total follows the accounts of its part, the last figure ends the currency, and then comes what
/// belongs to it besides.
pub(crate) fn table(
    statements: &[Statement],
    besides: impl Fn(&Statement) -> Result<Vec<Vec<Cell>>, Refusal>,
) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] = &["currency", "part", "account", "name", "amount"];
    let mut rows = Vec::new();
    for s in statements {
        let row = |part: &str, account: Cell, name: &str, amount: Money| {
            vec![Cell::plain(s.currency), Cell::text(part), account, Cell::text(name), Cell::money(amount)]
        };
        for part in &s.parts {
            rows.extend(part.lines.iter().map(|l| row(part.name, Cell::plain(l.account), &l.name, l.amount)));
            rows.push(row(part.name, Cell::Nothing, "Total", part.total));
        }
        let (name, amount) = s.last;
        rows.push(row(name, Cell::Nothing, name, amount));
        rows.extend(besides(s)?);
    }
    Ok(Table::new(COLUMNS, rows))
}
