//! The books, to be read: trial balance, journal, one entry.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use desk::domain::decimal::Money;
use desk::domain::journal::AccountCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::render::numbers::{Column, Sign, count, quantity};
use crate::store::{Book, Reader, StoredEntry};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

type Answer = Result<HttpResponse, Refusal>;

/// Entries of a page.
const PAGE: u32 = 50;

/// Which entries: up to which, the newest first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    before: Option<u64>,
}

async fn book(shared: &Shared) -> Result<Option<(Reader, Book)>, Refusal> {
    let Some(reader) = shared.site.books.clone() else { return Ok(None) };
    let book = reader.book(&shared.site.identity).await?;
    Ok(Some((reader, book)))
}

/// `GET /ledger`
pub(crate) async fn journal(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let ledger = match book(&shared).await? {
        None => Value::Null,
        Some((reader, book)) => {
            let heads = reader.heads(&book).await?;
            let last = asked.before.map_or(heads.entry.seq, |b| b.saturating_sub(1)).min(heads.entry.seq);
            let first = last.saturating_sub(u64::from(PAGE));
            let limit = u32::try_from(last.saturating_sub(first)).unwrap_or(0);
            let entries = if limit == 0 { Vec::new() } else { reader.entries(&book, first, limit).await? };
            json!({
                "balance": trial_balance(&reader, &book).await?,
                "entries": entries.iter().rev().map(line).collect::<Vec<_>>(),
                "count": count(heads.entry.seq), "head": heads.entry.hash.to_string(),
                "older": (first > 0).then_some(first.saturating_add(1)),
                "currency": book.base_currency,
            })
        }
    };
    Frame::new(&shared, &visitor, "/ledger").page("Journal", "pages/ledger.html", json!({ "ledger": ledger }))
}

fn line(stored: &StoredEntry) -> Value {
    let e = &stored.entry;
    let debit = e.draft.postings.iter().map(|p| p.amount).filter(|a| *a > Money::ZERO);
    let total = debit.fold(Money::ZERO, |a, b| a.checked_add(b).unwrap_or(a));
    json!({
        "seq": e.seq, "at": moment(e.booked_at), "kind": e.draft.kind.as_str().replace('_', " "),
        "description": e.draft.description, "amount": Column::of([total], Sign::Plain).cell(total),
    })
}

/// Debit and credit by account, in the base currency, ending in a double rule.
async fn trial_balance(reader: &Reader, book: &Book) -> Result<Value, Refusal> {
    let names: BTreeMap<AccountCode, String> =
        reader.accounts(book).await?.into_iter().map(|a| (a.code, a.name)).collect();
    let mut sums = BTreeMap::<AccountCode, Money>::new();
    for balance in reader.balances(book, None).await?.into_iter().filter(|b| b.currency == book.base_currency) {
        let sum = sums.entry(balance.account).or_default();
        *sum = sum.checked_add(balance.amount).unwrap_or(*sum);
    }
    sums.retain(|_, sum| !sum.is_zero());
    let debit = |m: Money| (m > Money::ZERO).then_some(m);
    let credit = |m: Money| (m < Money::ZERO).then_some(m.negated());
    let total = |side: &dyn Fn(Money) -> Option<Money>| {
        sums.values().filter_map(|m| side(*m)).fold(Money::ZERO, |a, b| a.checked_add(b).unwrap_or(a))
    };
    let (debits, credits) = (total(&debit), total(&credit));
    let column = Column::of(sums.values().map(|m| m.magnitude()).chain([debits, credits]), Sign::Plain);
    let rows: Vec<Value> = sums
        .iter()
        .map(|(code, sum)| {
            json!({
                "code": code.code(), "name": names.get(code).map_or("", String::as_str),
                "debit": debit(*sum).map(|m| column.cell(m)), "credit": credit(*sum).map(|m| column.cell(m)),
            })
        })
        .collect();
    Ok(json!({
        "rows": rows, "debits": column.cell(debits), "credits": column.cell(credits), "pad": column.pad(0),
        "balanced": debits == credits,
    }))
}

/// `GET /ledger/entries/{seq}`
pub(crate) async fn entry(shared: Data<Shared>, visitor: Visitor, seq: Path<u64>) -> Answer {
    let missing = || Refusal::Missing("There is no such entry in these books.".to_owned());
    let (reader, book) = book(&shared).await?.ok_or_else(missing)?;
    let before = seq.checked_sub(1).ok_or_else(missing)?;
    let stored = reader.entries(&book, before, 1).await?.into_iter().next().ok_or_else(missing)?;
    let names: BTreeMap<AccountCode, String> =
        reader.accounts(&book).await?.into_iter().map(|a| (a.code, a.name)).collect();
    let e = &stored.entry;
    let amounts = Column::of(e.draft.postings.iter().map(|p| p.amount.magnitude()), Sign::Plain);
    let postings: Vec<Value> = e
        .draft
        .postings
        .iter()
        .map(|p| {
            json!({
                "code": p.account.code(), "name": names.get(&p.account).map_or("", String::as_str),
                "debit": (p.amount > Money::ZERO).then(|| amounts.cell(p.amount)),
                "credit": (p.amount < Money::ZERO).then(|| amounts.cell(p.amount.negated())),
                "currency": p.currency,
                "units": p.holding.as_ref().map(|h| format!("{} {}", quantity(h.units), h.commodity)),
            })
        })
        .collect();
    let own = json!({ "entry": {
        "seq": e.seq, "id": e.entry_id, "kind": e.draft.kind.as_str().replace('_', " "), "session": e.draft.session.to_string(),
        "booked": moment(e.booked_at), "effective": moment(e.draft.effective_at), "description": e.draft.description,
        "source": e.draft.source_key, "reverses": e.draft.reverses, "corrects": e.draft.corrects, "postings": postings,
        "pad": amounts.pad(0), "hash": stored.hash.to_string(),
    } });
    Frame::new(&shared, &visitor, "/ledger").page(&format!("Entry {}", e.seq), "pages/entry.html", own)
}
