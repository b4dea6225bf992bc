//! `GET /ledger/accounts/{code}`: one account, posting by posting, with its running balance.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Query};
use desk::domain::decimal::Money;
use desk::domain::journal::AccountCode;
use desk::domain::symbol::Currency;
use serde_json::{Value, json};

use super::{Answer, book, names};
use crate::render::numbers::{Column, Sign, quantity};
use crate::store::RegisterLine;
use crate::web::books::{Asked, Cell, Chosen, ROWS, Table, add};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

/// How many postings a page shows.
const PAGE: u32 = 500;

/// `GET /ledger/accounts/{code}`
pub(crate) async fn register(
    shared: Data<Shared>,
    visitor: Visitor,
    code: Path<String>,
    asked: Query<Asked>,
) -> Answer {
    let missing = || Refusal::Missing("There is no such account in these books.".to_owned());
    let (reader, book) = book(&shared).await?.ok_or_else(missing)?;
    let code: AccountCode = code.parse().map_err(|_| missing())?;
    let name = names(&reader, &book).await?.remove(&code).ok_or_else(missing)?;
    let mut own = json!({ "account": { "code": code.code(), "name": name } });
    if let Some(chosen) = Chosen::of(&shared, &asked).await? {
        let currencies = currencies(code, &chosen).await?;
        if let Some(own) = own.as_object_mut() {
            own.insert("days".to_owned(), chosen.shown());
            own.insert("currencies".to_owned(), currencies);
            own.insert("limit".to_owned(), PAGE.into());
        }
    }
    Frame::new(&shared, &visitor, "/ledger").page(
        &format!("{} {name}", code.code()),
        "pages/account_register.html",
        own,
    )
}

/// What an account stood at before the chosen days, by currency.
async fn before(code: AccountCode, chosen: &Chosen) -> Result<BTreeMap<Currency, Money>, Refusal> {
    let mut before = BTreeMap::<Currency, Money>::new();
    let balances = chosen.summed.balances(&chosen.book, &chosen.scope.before()).await?;
    for balance in balances.into_iter().filter(|b| b.account == code) {
        let sum = before.entry(balance.currency).or_default();
        *sum = add(*sum, balance.amount)?;
    }
    Ok(before)
}

/// The register of each currency, what was there before first.
async fn currencies(code: AccountCode, chosen: &Chosen) -> Result<Value, Refusal> {
    let before = before(code, chosen).await?;
    let lines = chosen.summed.register(&chosen.book, code, &chosen.scope, PAGE).await?;
    let cut = u32::try_from(lines.len()).is_ok_and(|n| n == PAGE);
    let mut by = BTreeMap::<Currency, Vec<RegisterLine>>::new();
    for line in lines {
        by.entry(line.currency).or_default().push(line);
    }
    for currency in before.keys() {
        by.entry(*currency).or_default();
    }
    let shown = by.into_iter().map(|(currency, lines)| {
        let first = before.get(&currency).copied().unwrap_or_default();
        one(currency, first, &lines, cut)
    });
    shown.collect()
}

fn one(currency: Currency, first: Money, lines: &[RegisterLine], cut: bool) -> Result<Value, Refusal> {
    let mut running = first;
    let mut balances = Vec::with_capacity(lines.len());
    for line in lines {
        running = add(running, line.amount)?;
        balances.push(running);
    }
    let moved = lines.iter().map(|line| line.amount).try_fold(Money::ZERO, add)?;
    let amounts = Column::of(lines.iter().map(|l| l.amount).chain([moved]), Sign::Plain);
    let column = Column::of(balances.iter().copied().chain([first]), Sign::Plain);
    let rows: Vec<Value> = lines
        .iter()
        .zip(&balances)
        .map(|(line, balance)| {
            let d = &line.entry.draft;
            json!({
                "seq": line.entry.seq, "at": moment(d.effective_at), "what": d.description,
                "units": line.units.map(|(units, of)| format!("{} {of}", quantity(units))),
                "amount": amounts.cell(line.amount), "balance": column.cell(*balance),
            })
        })
        .collect();
    Ok(json!({
        "currency": currency, "rows": rows, "before": column.cell(first), "moved": amounts.cell(moved),
        "after": column.cell(running), "pad": amounts.pad(0), "balance_pad": column.pad(0), "cut": cut,
    }))
}

/// The register as a table, each row with the balance after it.
pub(super) async fn table(code: AccountCode, chosen: &Chosen) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] =
        &["session", "effective_at", "entry", "description", "units", "commodity", "amount", "balance", "currency"];
    let mut balances = before(code, chosen).await?;
    let mut rows = Vec::new();
    for line in chosen.summed.register(&chosen.book, code, &chosen.scope, ROWS).await? {
        let balance = balances.entry(line.currency).or_default();
        *balance = add(*balance, line.amount)?;
        let d = &line.entry.draft;
        let mut row = vec![Cell::plain(d.session.date), Cell::plain(d.effective_at), Cell::Number(line.entry.seq)];
        row.extend([Cell::text(&d.description), Cell::maybe(line.units.map(|(units, _)| units))]);
        row.push(line.units.map_or(Cell::Nothing, |(_, of)| Cell::text(of)));
        row.extend([Cell::money(line.amount), Cell::money(*balance), Cell::plain(line.currency)]);
        rows.push(row);
    }
    Ok(Table::new(COLUMNS, rows))
}
