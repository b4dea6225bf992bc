//! Events: sequence, chain, and columns against bytes.

use desk::domain::chain::Hash;
use desk::domain::chart::ChartChange;
use desk::domain::time::Timestamp;

use super::reading;
use super::report::{BookReport, Finding, Stop, found};
use crate::store::chart;
use crate::store::head::Head;
use crate::store::link::on;
use crate::store::reader::{Reader, signed, unsigned};
use crate::store::sql;
use crate::store::words::{Book, Event};

/// How many events are in memory at once.
const PAGE: i64 = 1000;

/// Sequence, time, kind, version, previous hash, hash, bytes.
type Row = (i64, i64, String, i64, Vec<u8>, Vec<u8>, Vec<u8>);

/// The number of an event that changes the chart, and the change.
pub(super) type Changed = (u64, ChartChange);

/// Walks the event log from its first record; the changes of the chart come back.
pub(super) async fn verify(
    reader: &Reader,
    book: &Book,
    report: &mut BookReport,
    kept: Option<Head>,
) -> Result<Vec<Changed>, Stop> {
    let mut changes = Vec::new();
    let mut last = Timestamp::from_nanos(i64::MIN);
    loop {
        let rows: Vec<Row> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_EVENTS)
            .bind(book.number)
            .bind(signed(report.heads.events.seq))
            .bind(PAGE)
            .fetch_all(c)
            .await)
        .map_err(reading)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if row.2 == chart::KIND {
                changes.push((unsigned(row.0), row.6.clone()));
            }
            report.heads.events = check(book, report.heads.events, &mut last, row)?;
            report.events = report.events.saturating_add(1);
            check_kept("event", book, report.heads.events, kept)?;
        }
    }
    check_reached("event", book, report.heads.events, kept)?;
    let read = |(seq, bytes): (u64, Vec<u8>)| {
        let wrong = |e| found("event", book.number).seq(seq).column("bytes").values(e, "a change of the chart");
        Ok((seq, chart::read(&bytes).map_err(wrong)?.change))
    };
    changes.into_iter().map(read).collect()
}

fn check(book: &Book, head: Head, last: &mut Timestamp, row: Row) -> Result<Head, Finding> {
    let (seq, at, kind, version, previous, hash, bytes) = row;
    let next = head.seq.saturating_add(1);
    let wrong = |column: &str| found("event", book.number).seq(next).column(column);
    if unsigned(seq) != next {
        return Err(wrong("seq").values(seq, next));
    }
    let computed = head.hash.link(&bytes);
    check_link(&previous, head.hash).map_err(|stored| wrong("previous").values(stored, head.hash))?;
    let event =
        Event { seq: next, at: Timestamp::from_nanos(at), kind, version: u16::try_from(version).unwrap_or(0), bytes };
    if !event.is_canonical() {
        let (column, stored, told) = differing(&event);
        return Err(wrong(column).values(stored, told));
    }
    check_link(&hash, computed).map_err(|stored| wrong("hash").values(stored, computed))?;
    if event.at < *last {
        return Err(wrong("at").values(event.at, format!("{last} or later")));
    }
    *last = event.at;
    Ok(Head { seq: next, hash: computed })
}

/// Which column the bytes contradict, with both values.
fn differing(event: &Event) -> (&'static str, String, String) {
    let Ok(told) = serde_json::from_slice::<serde_json::Value>(&event.bytes) else {
        return ("bytes", "no JSON".into(), "a record".into());
    };
    let text = |name: &str| match told.get(name) {
        Some(serde_json::Value::String(s)) => s.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let columns = [
        ("version", "v", event.version.to_string()),
        ("at", "at", event.at.to_string()),
        ("kind", "kind", event.kind.clone()),
    ];
    columns
        .into_iter()
        .map(|(column, name, stored)| (column, stored, text(name)))
        .find(|(_, stored, told)| stored != told)
        .unwrap_or(("bytes", "another form".into(), "v, seq, at, kind first".into()))
}

/// Compares a stored hash; where it differs, as text.
pub(super) fn check_link(stored: &[u8], computed: Hash) -> Result<(), String> {
    if stored == computed.bytes() {
        return Ok(());
    }
    let hash: Option<[u8; 32]> = stored.try_into().ok();
    Err(hash.map_or_else(|| format!("{} bytes", stored.len()), |h| Hash::from_bytes(h).to_string()))
}

/// At the record that a head kept outside names: it must have that hash.
pub(super) fn check_kept(table: &'static str, book: &Book, head: Head, kept: Option<Head>) -> Result<(), Finding> {
    match kept.filter(|kept| kept.seq == head.seq && kept.hash != head.hash) {
        Some(kept) => Err(found(table, book.number)
            .seq(head.seq)
            .column("hash")
            .values(head.hash, format!("{}, the head kept outside", kept.hash))),
        None => Ok(()),
    }
}

/// At the end: a head kept outside must have been reached.
pub(super) fn check_reached(table: &'static str, book: &Book, head: Head, kept: Option<Head>) -> Result<(), Stop> {
    match kept.filter(|kept| kept.seq > head.seq) {
        Some(kept) => Err(found(table, book.number)
            .seq(head.seq.saturating_add(1))
            .column("seq")
            .values("", format!("{} records up to {}, the head kept outside", table, kept.seq))
            .into()),
        None => Ok(()),
    }
}
