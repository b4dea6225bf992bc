//! The chart: no entry's hash covers it, so that its first version is held against the one that this program makes.

use std::collections::BTreeMap;

use super::reading;
use super::report::{Finding, Stop, found};
use crate::store::chart::default_chart;
use crate::store::link::on;
use crate::store::reader::Reader;
use crate::store::sql;
use crate::store::words::Book;

/// Code, name, type, side, holds, items, open.
type Row = (i64, String, String, String, String, i64, i64);
const COLUMNS: [&str; 6] = ["name", "type", "side", "holds", "items", "open"];

/// Holds the first version of a book's chart against the default chart, row by row.
pub(super) async fn verify(reader: &Reader, book: &Book) -> Result<(), Stop> {
    let rows: Vec<Row> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_ACCOUNTS)
        .bind(book.number)
        .fetch_all(c)
        .await)
    .map_err(reading)?;
    let stored: BTreeMap<i64, [String; 6]> = rows
        .into_iter()
        .map(|(code, name, kind, side, holds, items, open)| {
            (code, [name, kind, side, holds, items.to_string(), open.to_string()])
        })
        .collect();
    Ok(compare(book.number, &stored)?)
}

fn compare(book: i64, stored: &BTreeMap<i64, [String; 6]>) -> Result<(), Finding> {
    let made: BTreeMap<i64, [String; 6]> = default_chart()
        .into_iter()
        .map(|a| {
            let flag = |yes: bool| i64::from(yes).to_string();
            (i64::from(a.code.code()), [a.name, a.kind, a.side, a.holds, flag(a.items), flag(a.open)])
        })
        .collect();
    for code in made.keys().chain(stored.keys()) {
        let wrong = |column: &str| found("account", book).column(&format!("{code}, {column}"));
        match (stored.get(code), made.get(code)) {
            (Some(have), Some(want)) => {
                let columns = COLUMNS.iter().zip(have.iter().zip(want));
                if let Some((column, (have, want))) = columns.into_iter().find(|(_, (have, want))| have != want) {
                    return Err(wrong(column).values(have, want));
                }
            }
            (None, Some(want)) => return Err(wrong("code").values("", want.join(", "))),
            (Some(have), None) => return Err(wrong("code").values(have.join(", "), "no such account in version 1")),
            (None, None) => {}
        }
    }
    Ok(())
}
