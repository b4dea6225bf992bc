//! `GET /ledger/views/{name}`: what a page of the books shows, as CSV with every digit.

use actix_web::web::{Data, Path, Query};
use desk::domain::decimal::Money;
use desk::domain::journal::AccountCode;
use serde_json::json;

use super::Answer;
use super::days::{Asked, Chosen};
use crate::render::exports::{Format, guarded};
use crate::store::{Book, Reader};
use crate::web::exports::{book, exported, file};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// The longest view, in rows.
const ROWS: u32 = 1_000_000;

type Rows = Vec<Vec<String>>;

/// `GET /ledger/views/{name}`
pub(crate) async fn view(shared: Data<Shared>, visitor: Visitor, name: Path<String>, asked: Query<Asked>) -> Answer {
    let missing =
        || Refusal::Missing("There is no such view; there are lots.csv, gains.csv and account-1010.csv.".to_owned());
    let (reader, book) = book(&shared).await?;
    let turn = shared.exporting.acquire().await.map_err(|_| Refusal::Busy)?;
    let Some(chosen) = Chosen::of(&reader, &book, &asked).await? else {
        return Err(Refusal::Invalid("Nothing is booked yet; there is nothing to export.".to_owned()));
    };
    let code = name.strip_prefix("account-").and_then(|n| n.strip_suffix(".csv"));
    let rows = match (name.as_str(), code) {
        ("lots.csv", _) => lots(&reader, &book, &chosen).await?,
        ("gains.csv", _) => gains(&reader, &book, &chosen).await?,
        (_, Some(code)) => register(&reader, &book, code.parse().map_err(|_| missing())?, &chosen).await?,
        _ => return Err(missing()),
    };
    drop(turn);
    let (from, to) = (chosen.days.from.date, chosen.days.to.date);
    let name = format!("{}_{from}_{to}_{name}", shared.site.identity);
    let detail = json!({ "from": from, "to": to, "rows": rows.len().saturating_sub(1) });
    exported(&shared, &visitor, &name, detail).await?;
    Ok(file(&name, Format::Csv.content_type(), bytes(&rows)?))
}

fn bytes(rows: &[Vec<String>]) -> Result<Vec<u8>, Refusal> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let written = rows.iter().try_for_each(|row| writer.write_record(row)).map_err(|e| e.to_string());
    let whole = written.and_then(|()| writer.into_inner().map_err(|e| e.to_string()));
    whole.map_err(|e| Refusal::Broken(format!("The file could not be made: {e}.")))
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn lots(reader: &Reader, book: &Book, chosen: &Chosen) -> Result<Rows, Refusal> {
    let mut rows =
        vec![head(&["after", "commodity", "account", "lot", "strategy", "since", "units", "cost", "currency"])];
    for l in reader.lots(book, chosen.days.to).await? {
        rows.push(vec![
            chosen.days.to.date.to_string(),
            guarded(l.commodity.as_str()),
            l.account.to_string(),
            guarded(l.lot.as_str()),
            guarded(&l.strategy),
            l.since.date.to_string(),
            l.units.to_string(),
            l.cost.to_string(),
            l.currency.to_string(),
        ]);
    }
    Ok(rows)
}

async fn gains(reader: &Reader, book: &Book, chosen: &Chosen) -> Result<Rows, Refusal> {
    let names = ["session", "entry", "commodity", "lot", "units", "proceeds", "cost", "gain", "currency", "long_term"];
    let mut rows = vec![head(&names)];
    for g in reader.gains(book, chosen.days, ROWS).await? {
        rows.push(vec![
            g.session.date.to_string(),
            g.seq.to_string(),
            guarded(g.commodity.as_str()),
            guarded(g.lot.as_str()),
            g.units.to_string(),
            g.proceeds().to_string(),
            g.basis().to_string(),
            g.gain.to_string(),
            g.currency.to_string(),
            if g.long_term { "yes" } else { "no" }.to_owned(),
        ]);
    }
    Ok(rows)
}

async fn register(reader: &Reader, book: &Book, code: AccountCode, chosen: &Chosen) -> Result<Rows, Refusal> {
    let mut balances = super::register::before(reader, book, code, chosen).await?;
    let mut rows = vec![head(&[
        "session",
        "effective_at",
        "entry",
        "description",
        "units",
        "commodity",
        "amount",
        "balance",
        "currency",
    ])];
    for line in reader.register(book, code, chosen.days, ROWS).await? {
        let balance = balances.entry(line.currency).or_insert(Money::ZERO);
        *balance = balance.checked_add(line.amount).unwrap_or(*balance);
        let d = &line.entry.draft;
        rows.push(vec![
            d.session.date.to_string(),
            d.effective_at.to_string(),
            line.entry.seq.to_string(),
            guarded(&d.description),
            line.units.map(|(units, _)| units.to_string()).unwrap_or_default(),
            line.units.map(|(_, of)| guarded(of.as_str())).unwrap_or_default(),
            line.amount.to_string(),
            balance.to_string(),
            line.currency.to_string(),
        ]);
    }
    Ok(rows)
}
