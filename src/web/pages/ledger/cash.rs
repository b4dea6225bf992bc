//! `GET /ledger/cash`: what came and went in some days, and what is left, settled and not.

use actix_web::web::{Data, Query};
use desk::domain::decimal::Money;
use serde_json::{Value, json};

use super::Answer;
use crate::render::numbers::{Column, Sign};
use crate::web::books::cash::{Cash, cash, total, word};
use crate::web::books::{Asked, Chosen};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// `GET /ledger/cash`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let mut own = json!({});
    if let Some(chosen) = Chosen::of(&shared, &asked).await? {
        let all = cash(&chosen).await?;
        let currencies = all.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        own = json!({ "days": chosen.shown(), "currencies": currencies });
    }
    Frame::new(&shared, &visitor, "/ledger/cash").page("Cash", "pages/cash.html", own)
}

fn shown(cash: &Cash) -> Result<Value, Refusal> {
    let (before, after) = (total(&cash.opening)?, total(&cash.closing)?);
    let totals = cash.lines.iter().map(|l| total(&l.accounts)).collect::<Result<Vec<_>, _>>()?;
    let accounts = cash.lines.iter().map(|l| l.accounts).chain([cash.opening, cash.closing]).flatten();
    let sides = cash.lines.iter().flat_map(|l| [l.receipts, l.payments]);
    let column = Column::of(accounts.chain(sides).chain(totals.iter().copied()).chain([before, after]), Sign::Plain);
    // A blank says that nothing moved.
    let moved = |m: Money| (!m.is_zero()).then(|| column.cell(m));
    let rows = cash.lines.iter().zip(&totals).map(|(l, total)| {
        json!({
            "kind": l.kind.as_str(), "what": word(l.kind), "receipts": moved(l.receipts), "payments": moved(l.payments),
            "accounts": l.accounts.map(moved), "total": column.cell(*total),
        })
    });
    let unsettled = cash.unsettled.iter().map(|l| json!({ "settles": l.item, "amount": column.cell(l.amount) }));
    Ok(json!({
        "currency": cash.currency, "pad": column.pad(0), "rows": rows.collect::<Vec<_>>(),
        "opening": { "accounts": cash.opening.map(|m| column.cell(m)), "total": column.cell(before) },
        "closing": { "accounts": cash.closing.map(|m| column.cell(m)), "total": column.cell(after) },
        "unsettled": unsettled.collect::<Vec<_>>(),
    }))
}
