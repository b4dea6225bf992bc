//! `GET /ledger/statements`: income of some days; balance sheet, at cost and at market, and trial balance after the last of them.

use actix_web::web::{Data, Query};
use desk::domain::decimal::Money;
use serde_json::{Value, json};

use super::Answer;
use crate::render::numbers::{Column, Sign};
use crate::web::books::holdings::{AtMarket, Holdings, at_market, holdings};
use crate::web::books::sheets::{Statement, Trial, equity, income, sheet, trial};
use crate::web::books::{Asked, Chosen};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// `GET /ledger/statements`
pub(crate) async fn statements(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let mut own = json!({});
    if let Some(chosen) = Chosen::of(&shared, &asked).await? {
        let held = holdings(&shared, &chosen).await?;
        let (income, sheets, trials) = (income(&chosen).await?, sheet(&chosen).await?, trial(&chosen).await?);
        let mut currencies = Vec::with_capacity(sheets.len());
        for (income, sheet) in income.iter().zip(&sheets) {
            let trial = trials.iter().find(|t| t.currency == sheet.currency);
            currencies.push(json!({
                "currency": sheet.currency, "income": statement(income), "sheet": statement(sheet),
                "market": market(&held, sheet)?, "trial": trial.map(balance),
            }));
        }
        own = json!({ "days": chosen.shown(), "currencies": currencies, "prices": held.listed.shown(&shared) });
    }
    Frame::new(&shared, &visitor, "/ledger/statements").page("Statements", "pages/statements.html", own)
}

fn statement(statement: &Statement) -> Value {
    let figures = statement.parts.iter().flat_map(|p| p.lines.iter().map(|l| l.amount).chain([p.total]));
    let (last, amount) = statement.last;
    let column = Column::of(figures.chain([amount]), Sign::Plain);
    let parts = statement.parts.iter().map(|part| {
        let rows = part
            .lines
            .iter()
            .map(|l| json!({ "code": l.account.code(), "name": l.name, "amount": column.cell(l.amount) }));
        json!({ "name": part.name, "rows": rows.collect::<Vec<_>>(), "total": column.cell(part.total) })
    });
    json!({
        "parts": parts.collect::<Vec<_>>(), "last": { "name": last, "amount": column.cell(amount) },
        "pad": column.pad(0),
    })
}

/// What the market makes of a balance sheet.
fn market(held: &Holdings, sheet: &Statement) -> Result<Value, Refusal> {
    let Some(AtMarket { value, gain, equity, without }) = at_market(held, sheet.currency, equity(sheet)?)? else {
        return Ok(Value::Null);
    };
    let column = Column::of([value, gain, equity], Sign::Plain);
    let result = Column::of([value, gain, equity], Sign::Result);
    Ok(json!({
        "value": column.cell(value), "gain": result.cell(gain), "equity": column.cell(equity), "without": without,
        "pad": column.pad(0),
    }))
}

/// Debit and credit by account, ending in a double rule.
pub(super) fn balance(trial: &Trial) -> Value {
    let (debits, credits) = (trial.debits, trial.credits);
    let column = Column::of(trial.lines.iter().map(|l| l.amount.magnitude()).chain([debits, credits]), Sign::Plain);
    let rows = trial.lines.iter().map(|l| {
        let (debit, credit) =
            ((l.amount > Money::ZERO).then_some(l.amount), (l.amount < Money::ZERO).then_some(l.amount.negated()));
        json!({
            "code": l.account.code(), "name": l.name, "debit": debit.map(|m| column.cell(m)),
            "credit": credit.map(|m| column.cell(m)),
        })
    });
    json!({
        "rows": rows.collect::<Vec<_>>(), "debits": column.cell(debits), "credits": column.cell(credits),
        "pad": column.pad(0), "balanced": debits == credits,
    })
}
