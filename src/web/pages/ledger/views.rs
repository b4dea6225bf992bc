//! `GET /ledger/views/{name}`: what a page of the books shows, as CSV with every digit: the same filters and days, all its pages.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path, Query};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Answer, accounts, closes, journal, matched, reconciliation, register};
use crate::web::books::{Asked, Chosen, Table, View};
use crate::web::exports::csv_file;
use crate::web::pages::review;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// Views without days, beside the statements and the registers of accounts.
const OTHERS: [&str; 5] = ["journal", "accounts", "reconciliation", "review", "closes"];

/// `GET /ledger/views/{name}`
pub(crate) async fn view(shared: Data<Shared>, visitor: Visitor, name: Path<String>, request: HttpRequest) -> Answer {
    let asked = request.query_string();
    let bare = name.strip_suffix(".csv").ok_or_else(missing)?;
    let (name, table) = match bare {
        "journal" => (bare.to_owned(), journal::table(&shared, &read(asked)?).await?),
        "accounts" => (bare.to_owned(), accounts::table(&shared).await?),
        "reconciliation" => (bare.to_owned(), reconciliation::table(&shared).await?),
        "review" => (bare.to_owned(), review::table(&shared, &visitor, read(asked)?).await?),
        "closes" => (bare.to_owned(), closes::table(&shared).await?),
        _ => match bare.strip_prefix("statement-") {
            Some(number) => (bare.to_owned(), matched::table(&shared, number).await?),
            None => of_days(&shared, bare, &read(asked)?).await?,
        },
    };
    csv_file(&shared, &visitor, &format!("{name}.csv"), (&table, &json!(asked))).await
}

/// What an address asks.
fn read<T: DeserializeOwned>(asked: &str) -> Result<T, Refusal> {
    let read = Query::<T>::from_query(asked).map(Query::into_inner);
    read.map_err(|e| Refusal::Invalid(format!("What is asked of the view cannot be understood: {e}.")))
}

/// A statement or a register; its days stand in the name of the file, the same as another reading of time.
async fn of_days(shared: &Shared, name: &str, asked: &Asked) -> Result<(String, Table), Refusal> {
    let account = name.strip_prefix("account-").map(|code| code.parse().map_err(|_| missing())).transpose()?;
    let view = View::named(name);
    if account.is_none() && view.is_none() {
        return Err(missing());
    }
    let Some(chosen) = Chosen::of(shared, asked).await? else {
        return Err(Refusal::Invalid("Nothing is booked yet; there is nothing to export.".to_owned()));
    };
    let table = match (account, view) {
        (Some(code), _) => register::table(code, &chosen).await?,
        (None, Some(view)) => view.table(shared, &chosen).await?.0,
        (None, None) => return Err(missing()),
    };
    let (from, to) = (chosen.days.from.date, chosen.days.to.date);
    Ok((format!("{from}_{to}_{name}{}", chosen.suffix()), table))
}

fn missing() -> Refusal {
    let all: Vec<&str> = View::ALL.map(View::as_str).into_iter().chain(OTHERS).collect();
    Refusal::Missing(format!(
        "There is no such view; there are account-1010.csv, statement-1.csv and, each with .csv: {}.",
        all.join(", ")
    ))
}
