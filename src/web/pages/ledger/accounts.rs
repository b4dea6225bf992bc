//! `/ledger/accounts`: the chart of accounts with its versions, and how it is changed (LEDG-2).

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use desk::domain::chain::Hash;
use desk::domain::chart::{ChartChange, DEFAULT, NormalSide, find};
use desk::domain::decimal::Money;
use desk::domain::journal::AccountCode;
use serde_json::{Value, json};

use super::{Answer, book};
use crate::messages::bookkeeping::{How, NotBooked};
use crate::render::numbers::{Column, Sign};
use crate::store::chart::Changed;
use crate::store::{Account, Book, Reader, Scope};
use crate::web::books::{Cell, Table, add};
use crate::web::charting::{Outcome, change, in_words};
use crate::web::entering::Wrong;
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::{Fields, Visitor};

/// Where it stands.
const PATH: &str = "/ledger/accounts";

/// What was typed and what came of it.
#[derive(Default)]
struct Typed {
    fields: Fields,
    wrong: Vec<Wrong>,
    /// What is wrong, and about no field.
    error: Option<String>,
    shown: Option<(ChartChange, Hash)>,
}

/// `GET /ledger/accounts`
pub(crate) async fn accounts(shared: Data<Shared>, visitor: Visitor) -> Answer {
    show(&shared, &visitor, &Typed::default()).await
}

/// `POST /ledger/accounts`: shows a change, or makes the one that was shown.
pub(crate) async fn change_accounts(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let with = |name: &str| fields.get(name).to_owned();
    let how = match (fields.get("step"), fields.get("shown").parse()) {
        ("make", Ok(hash)) => How::AsShown(hash),
        _ => How::Show,
    };
    let mut typed = Typed { fields: fields.clone(), ..Typed::default() };
    let mut status = StatusCode::OK;
    match change(&shared, &visitor, &with, how).await? {
        Outcome::Changed(_) => {
            let place = format!("{PATH}#versions");
            return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish());
        }
        Outcome::Shown(change, hash) => typed.shown = Some((change, hash)),
        Outcome::Wrong(wrong) => {
            status = StatusCode::UNPROCESSABLE_ENTITY;
            typed.wrong = wrong;
        }
        Outcome::Refused(field, refused) => {
            status = if how == How::Show { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
            match field {
                Some(field) => typed.wrong = vec![(field, refused.to_string())],
                None => typed.error = Some(refused.to_string()),
            }
            // What would be changed now stands there to be looked at.
            if refused == NotBooked::ChartChanged
                && let Outcome::Shown(now, hash) = change(&shared, &visitor, &with, How::Show).await?
            {
                typed.shown = Some((now, hash));
            }
        }
    }
    let mut page = show(&shared, &visitor, &typed).await?;
    *page.status_mut() = status;
    Ok(page)
}

async fn show(shared: &Shared, visitor: &Visitor, typed: &Typed) -> Answer {
    let mut own = json!({ "chart": Value::Null });
    if let Some((reader, book)) = book(shared).await? {
        let (accounts, changes) = (reader.accounts(&book).await?, reader.chart_changes(&book).await?);
        own = json!({ "chart": {
            "version": changes.last().map_or(1, |c| c.change.version),
            "rows": rows(&reader, &book, &accounts).await?, "currency": book.base_currency,
            "versions": versions(&changes), "form": form(&accounts, typed),
            "shown": typed.shown.as_ref().map(|(change, hash)| shown(&accounts, change, *hash)),
            "error": typed.error, "wrong": typed.wrong.iter().map(|(_, why)| why).collect::<Vec<_>>(),
        } });
    }
    Frame::new(shared, visitor, PATH).page("Accounts", "pages/accounts.html", own)
}

/// What an account holds, in words.
fn holds(account: &Account) -> &'static str {
    match (account.holds.as_str(), account.items) {
        ("lots", _) => "lots",
        ("units", _) => "units",
        (_, true) => "money, item by item",
        _ => "money",
    }
}

/// What accounts stand at in the base currency; those that stand at nothing are left out.
async fn standing(reader: &Reader, book: &Book) -> Result<BTreeMap<AccountCode, Money>, Refusal> {
    let mut sums = BTreeMap::<AccountCode, Money>::new();
    for balance in reader.balances(book, &Scope::ALL).await?.into_iter().filter(|b| b.currency == book.base_currency) {
        let sum = sums.entry(balance.account).or_default();
        *sum = add(*sum, balance.amount)?;
    }
    sums.retain(|_, sum| !sum.is_zero());
    Ok(sums)
}

async fn rows(reader: &Reader, book: &Book, accounts: &[Account]) -> Result<Value, Refusal> {
    let sums = standing(reader, book).await?;
    let column = Column::of(sums.values().copied(), Sign::Plain);
    let row = |a: &Account| {
        json!({
            "code": a.code.to_string(), "name": a.name, "type": a.kind, "side": a.side, "holds": holds(a),
            "open": a.open, "version": a.version, "added": find(a.code).is_none(),
            "balance": sums.get(&a.code).map(|sum| column.cell(*sum)),
        })
    };
    Ok(json!({ "lines": accounts.iter().map(row).collect::<Vec<_>>(), "pad": column.pad(0) }))
}

/// The chart as a table.
pub(super) async fn table(shared: &Shared) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] = &["account", "name", "type", "side", "holds", "open", "version", "balance", "currency"];
    let (reader, book) = crate::web::exports::book(shared).await?;
    let (accounts, sums) = (reader.accounts(&book).await?, standing(&reader, &book).await?);
    let row = |a: &Account| {
        let mut row = vec![Cell::plain(a.code), Cell::text(&a.name), Cell::plain(&a.kind), Cell::plain(&a.side)];
        row.extend([Cell::plain(holds(a)), Cell::Truth(a.open), Cell::Number(a.version.into())]);
        row.extend([Cell::maybe_money(sums.get(&a.code).copied()), Cell::plain(book.base_currency)]);
        row
    };
    Ok(Table::new(COLUMNS, accounts.iter().map(row)))
}

/// Version by version, the newest first; the first one is the chart that every book begins with.
fn versions(changes: &[Changed]) -> Vec<Value> {
    let mut standing: BTreeMap<AccountCode, (String, bool)> =
        DEFAULT.iter().map(|a| (a.code, (a.name.to_owned(), true))).collect();
    let mut lines = Vec::with_capacity(changes.len());
    for Changed { at, change, .. } in changes {
        let account = &change.account;
        let before = standing.insert(account.code, (account.name.clone(), account.open));
        let before = before.as_ref().map(|(name, open)| (name.as_str(), *open));
        lines.push(json!({
            "version": change.version, "at": moment(*at), "by": change.by, "reason": change.reason,
            "what": in_words(before, change), "after": change.after,
        }));
    }
    lines.reverse();
    lines
}

/// The fields as they were typed, each with what is wrong with it.
fn form(accounts: &[Account], typed: &Typed) -> Value {
    let error = |name: &str| typed.wrong.iter().find(|(field, _)| *field == name).map(|(_, why)| why.as_str());
    let field = |name: &str| json!({ "value": typed.fields.get(name), "error": error(name) });
    let own: Vec<Value> = accounts.iter().map(|a| json!({ "code": a.code.to_string(), "name": a.name })).collect();
    json!({
        "act": typed.fields.get("act"), "account": field("account"), "name": field("name"), "side": field("side"),
        "reason": field("reason"), "sides": NormalSide::ALL.map(NormalSide::as_str), "accounts": own,
    })
}

/// A change that is not made yet.
fn shown(accounts: &[Account], change: &ChartChange, hash: Hash) -> Value {
    let account = &change.account;
    let before = accounts.iter().find(|a| a.code == account.code);
    json!({
        "hash": hash.to_string(), "version": change.version,
        "what": in_words(before.map(|a| (a.name.as_str(), a.open)), change),
        "type": account.kind.as_str(), "side": account.side.as_str(), "reason": change.reason, "by": change.by,
        "added": before.is_none(),
    })
}
