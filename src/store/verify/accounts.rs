//! The chart: its first version is held against the one that this program makes, each later one against the event that
//! tells of it, whose bytes are hashed.

use std::collections::BTreeMap;

use desk::domain::chart::VERSION;

use super::closings::Named;
use super::events::Changed;
use super::reading;
use super::report::{Finding, Stop, found};
use crate::store::chart::default_chart;
use crate::store::link::on;
use crate::store::reader::{AccountRow, Reader};
use crate::store::sql;
use crate::store::words::Book;

/// Code, name, type, side, holds, items, open.
type Row = (i64, String, String, String, String, i64, i64);
const COLUMNS: [&str; 6] = ["name", "type", "side", "holds", "items", "open"];
/// What a later version says besides its code.
const CHANGED: [&str; 8] = ["version", "name", "type", "side", "holds", "items", "open", "event"];

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

/// Holds the later versions against the events that brought them, and the version that each closing record names against
/// those that were there when it was made.
pub(super) async fn verify_changes(
    reader: &Reader,
    book: &Book,
    changes: &[Changed],
    named: &[Named],
) -> Result<(), Stop> {
    let rows: Vec<AccountRow> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_CHANGES)
        .bind(book.number)
        .fetch_all(c)
        .await)
    .map_err(reading)?;
    let mut stored = rows.into_iter().map(|(code, version, name, kind, side, holds, items, open, event)| {
        let event = event.map_or_else(String::new, |event| event.to_string());
        let row = [version.to_string(), name, kind, side, holds, items.to_string(), open.to_string(), event];
        (code.to_string(), row)
    });
    for (event, change) in changes {
        let a = &change.account;
        let flag = |yes: bool| i64::from(yes).to_string();
        let words = [a.kind.as_str(), a.side.as_str(), a.holds.as_str()].map(str::to_owned);
        let [kind, side, holds] = words;
        let (version, event) = (change.version.to_string(), event.to_string());
        let made = [version, a.name.clone(), kind, side, holds, flag(a.items), flag(a.open), event];
        let wrong = |column: &str| found("account", book.number).column(&format!("{}, {column}", a.code));
        let Some((code, have)) = stored.next() else {
            return Err(wrong("code").values("", made.join(", ")).into());
        };
        if code != a.code.to_string() {
            return Err(wrong("code").values(code, a.code).into());
        }
        let mut columns = CHANGED.iter().zip(have.iter().zip(&made));
        if let Some((column, (have, want))) = columns.find(|(_, (have, want))| have != want) {
            return Err(wrong(column).values(have, want).into());
        }
    }
    if let Some((code, have)) = stored.next() {
        let wrong = found("account", book.number).column(&format!("{code}, code"));
        return Err(wrong.values(have.join(", "), "no such version: no event tells of it").into());
    }
    for (seq, chart) in named {
        let in_force = changes.iter().rev().find(|(_, c)| c.after < *seq).map_or(VERSION, |(_, c)| c.version);
        if *chart != in_force {
            let wrong = found("closing_record", book.number).seq(*seq).column("chart");
            return Err(wrong.values(chart, in_force).into());
        }
    }
    Ok(())
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
