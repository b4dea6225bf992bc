//! Floats that accounting assigns, entered by a reviewer (LEDG-10, decision 0021). The same way for forms and programs.

use std::time::Duration;

use actix_web::rt::time::timeout;
use desk::domain::bot::Action;
use desk::domain::decimal::Money;
use desk::domain::float::{FloatAssigned, FloatAssignment, FloatRefusal};
use serde_json::json;

use super::commands::{check_code, note};
use super::entering::{With, Wrong};
use super::refusal::Refusal;
use super::site::Shared;
use super::visitor::Visitor;
use crate::messages::bookkeeping::{FloatAsked, FloatTold, NotBooked};

/// So long a page waits for the ledger.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of it.
pub(crate) enum Outcome {
    /// It stands in the record.
    Assigned(FloatTold),
    /// Fields are wrong.
    Wrong(Vec<Wrong>),
    /// The float stays as it is; the field that it is about, where it is about one.
    Refused(Option<&'static str>, NotBooked),
}

/// Assigns a float as accounting's document says.
///
/// # Errors
/// Where a one-time code is wrong, or ledger or audit do not answer. What cannot be audited is not done.
pub(crate) async fn assign(shared: &Shared, visitor: &Visitor, with: With<'_>) -> Result<Outcome, Refusal> {
    let assignment = match read(with) {
        Ok(read) => read,
        Err(wrong) => return Ok(Outcome::Wrong(wrong)),
    };
    let code = with("code");
    let may_raise = !code.trim().is_empty();
    if may_raise {
        check_code(shared, visitor, Action::Account, code.trim()).await?;
    }
    let object = object(&assignment);
    note(shared, visitor, "assign_float", &object, json!({ "assignment": assignment, "code": may_raise }), false)
        .await?;
    let asked = FloatAsked { assignment, by: visitor.name.clone(), may_raise };
    let told = timeout(PATIENCE, shared.site.bookkeeping.assign_float(asked)).await.unwrap_or(Err(NotBooked::Busy));
    match told {
        Ok(told) => {
            if told.new {
                note(shared, visitor, "float_assigned", &object, after(&told.assigned), true).await?;
            }
            Ok(Outcome::Assigned(told))
        }
        Err(refused) => {
            let detail = json!({ "refused": refused.code(), "message": refused.to_string() });
            note(shared, visitor, "float_refused", &object, detail, true).await?;
            Ok(Outcome::Refused(about(&refused), refused))
        }
    }
}

/// What the audit calls an assignment.
pub(crate) fn object(assignment: &FloatAssignment) -> String {
    format!("float:{}", assignment.document)
}

/// What it was before, and what it is from then on.
pub(crate) fn after(assigned: &FloatAssigned) -> serde_json::Value {
    let FloatAssigned { assignment: a, before, by } = assigned;
    json!({ "before": before, "after": a.float, "currency": a.currency, "from": a.from, "assigned_by": a.assigned_by, "by": by })
}

/// The field that a refusal is about.
fn about(refused: &NotBooked) -> Option<&'static str> {
    match refused {
        NotBooked::Float(FloatRefusal::StepUp { .. }) => Some("code"),
        NotBooked::Float(refusal) => refusal.field(),
        _ => None,
    }
}

/// Reads what was typed.
fn read(with: With<'_>) -> Result<FloatAssignment, Vec<Wrong>> {
    let typed = |name: &str| with(name).trim().to_owned();
    let mut wrong = Vec::new();
    let mut money = |field: &'static str| {
        let read = typed(field).parse::<Money>().ok();
        if read.is_none() {
            wrong.push((field, "An amount like 50000.00 is needed.".to_owned()));
        }
        read
    };
    let float = money("float");
    let cash = if typed("cash").is_empty() { Some(None) } else { money("cash").map(Some) };
    let from = typed("from").parse().ok();
    if from.is_none() {
        wrong.push(("from", "A date like 2026-11-23 is needed.".to_owned()));
    }
    let currency = typed("currency").parse().ok();
    if currency.is_none() {
        wrong.push(("currency", "A currency like USD is needed.".to_owned()));
    }
    match (float, cash, from, currency) {
        (Some(float), Some(cash), Some(from), Some(currency)) if wrong.is_empty() => Ok(FloatAssignment {
            document: typed("document"),
            assigned_by: typed("assigned_by"),
            float,
            currency,
            from,
            cash,
        }),
        _ => Err(wrong),
    }
}
