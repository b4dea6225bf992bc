//! The chart of accounts for programs: as it stands, version by version, and changed.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::{Value, json};

use super::entries::{object, text};
use crate::messages::bookkeeping::How;
use crate::store::Account;
use crate::store::chart::Changed;
use crate::web::charting::{Outcome, change as change_chart};
use crate::web::exports::book;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::{Body, Visitor};

/// `GET /api/v1/ledger/accounts`
pub(crate) async fn chart(shared: Data<Shared>) -> Result<HttpResponse, Refusal> {
    let (reader, own) = book(&shared).await?;
    let (accounts, changes) = (reader.accounts(&own).await?, reader.chart_changes(&own).await?);
    let account = |a: &Account| {
        json!({
            "account": a.code, "name": a.name, "type": a.kind, "side": a.side, "holds": a.holds, "items": a.items,
            "open": a.open, "version": a.version,
        })
    };
    let version = |Changed { at, change, .. }: &Changed| {
        json!({
            "version": change.version, "at": at, "by": change.by, "reason": change.reason, "after": change.after,
            "account": change.account.code, "name": change.account.name, "open": change.account.open,
        })
    };
    Ok(HttpResponse::Ok().json(json!({
        "version": changes.last().map_or(1, |c| c.change.version),
        "accounts": accounts.iter().map(account).collect::<Vec<_>>(),
        "versions": changes.iter().map(version).collect::<Vec<_>>(),
    })))
}

/// `POST /api/v1/ledger/accounts/change`: without `shown` the change is told and nothing is changed; with it and a one-time
/// code it is made where it is the one that was told.
pub(crate) async fn change(shared: Data<Shared>, visitor: Visitor, body: Body) -> Result<HttpResponse, Refusal> {
    let object = object(&body)?;
    let with = |name: &str| text(&object, name);
    let how = match with("shown") {
        none if none.is_empty() => How::Show,
        hash => How::AsShown(hash.parse().map_err(|_| {
            Refusal::Invalid("shown is no hash. Needed is the one that came when the change was told.".to_owned())
        })?),
    };
    let answer = |change: &desk::domain::chart::ChartChange, shown: String, made: bool| -> Value {
        let a = &change.account;
        json!({
            "version": change.version, "account": a.code, "name": a.name, "type": a.kind, "side": a.side,
            "open": a.open, "shown": shown, "made": made,
        })
    };
    match change_chart(&shared, &visitor, &with, how).await? {
        Outcome::Shown(change, hash) => Ok(HttpResponse::Ok().json(answer(&change, hash.to_string(), false))),
        Outcome::Changed(change) => Ok(HttpResponse::Ok().json(answer(&change, with("shown"), true))),
        Outcome::Wrong(wrong) => {
            let said: Vec<String> = wrong.iter().map(|(field, why)| format!("{field}: {why}")).collect();
            Err(Refusal::Invalid(said.join(" ")))
        }
        Outcome::Refused(_, refused) => Err(refused.into()),
    }
}
