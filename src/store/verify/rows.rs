//! The rows of the journal as the walk takes them: some hundred entries at a time, each with the rows of its postings. They
//! are read beside the walk: a file's by a thread of its own, column by column, a server's by two questions a page.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::ValueRef;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::file::{Rows, Table};
use super::report::Stop;
use super::source::{Asked, Records, Source};
use super::tree::NOTHING;
use super::{damaged, reading};
use crate::store::link::on;
use crate::store::reader::Reader;
use crate::store::sql;
use crate::store::words::Book;

/// How many entries a page has.
const PAGE: usize = 250;
/// How many pages wait for the walk.
const AHEAD: usize = 3;

/// Sequence, columns, previous hash, hash, bytes.
type EntryRow = (i64, String, Vec<u8>, Vec<u8>, Vec<u8>);

/// An entry's row, and those of its postings.
pub(super) struct Row<'a> {
    pub(super) seq: i64,
    /// Its columns as [`sql::CHECK_ENTRIES`] joins them.
    pub(super) columns: &'a [u8],
    /// Its postings as [`sql::CHECK_POSTINGS`] joins them, a line feed after each.
    pub(super) beside: &'a [u8],
    pub(super) previous: &'a [u8],
    pub(super) hash: &'a [u8],
    pub(super) bytes: &'a [u8],
}

/// Where the parts of a row end.
struct Ends {
    seq: i64,
    columns: usize,
    beside: usize,
    previous: usize,
    hash: usize,
    bytes: usize,
}

/// Rows one after the other.
#[derive(Default)]
pub(super) struct Page {
    text: Vec<u8>,
    bytes: Vec<u8>,
    rows: Vec<Ends>,
}

impl Page {
    /// An empty page with room for as much as another has.
    fn like(other: &Self) -> Self {
        Self {
            text: Vec::with_capacity(other.text.len()),
            bytes: Vec::with_capacity(other.bytes.len()),
            rows: Vec::with_capacity(other.rows.len()),
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let (mut text, mut bytes) = (0, 0);
        self.rows.iter().map(move |ends| {
            let row = Row {
                seq: ends.seq,
                columns: self.text.get(text..ends.columns).unwrap_or_default(),
                beside: self.text.get(ends.columns..ends.beside).unwrap_or_default(),
                previous: self.bytes.get(bytes..ends.previous).unwrap_or_default(),
                hash: self.bytes.get(ends.previous..ends.hash).unwrap_or_default(),
                bytes: self.bytes.get(ends.hash..ends.bytes).unwrap_or_default(),
            };
            (text, bytes) = (ends.beside, ends.bytes);
            row
        })
    }

    /// Adds the three parts of an entry that are bytes.
    fn add_bytes(&mut self, parts: [&[u8]; 3]) -> [usize; 3] {
        parts.map(|part| {
            self.bytes.extend_from_slice(part);
            self.bytes.len()
        })
    }
}

/// Begins to read a book's journal. The last page is followed by nothing.
pub(super) fn pages(reader: &Reader, book: &Book, file: Option<Arc<Mutex<Rows>>>) -> Receiver<Result<Page, Stop>> {
    let (sender, receiver) = channel(AHEAD);
    let number = book.number;
    match file {
        Some(file) => drop(tokio::task::spawn_blocking(move || {
            let mut rows = file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(stop) = of_file(&mut rows, number, &sender) {
                // Whoever does not wait for it any more has found something already.
                let _ = sender.blocking_send(Err(stop));
            }
        })),
        None => drop(tokio::spawn(of_pool(reader.clone(), number, sender))),
    }
    receiver
}

async fn of_pool(reader: Reader, book: i64, sender: Sender<Result<Page, Stop>>) {
    let mut after = 0;
    loop {
        let page = fetch(&reader, book, after).await;
        let last = page.as_ref().ok().and_then(|p| p.rows.last()).map(|row| row.seq);
        if matches!(&page, Ok(page) if page.rows.is_empty()) || sender.send(page).await.is_err() {
            return;
        }
        let Some(last) = last else { return };
        after = last;
    }
}

async fn fetch(reader: &Reader, book: i64, after: i64) -> Result<Page, Stop> {
    let entries: Vec<EntryRow> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_ENTRIES)
            .bind(book)
            .bind(after)
            .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
            .fetch_all(c)
            .await)
    .map_err(reading)?;
    let last = entries.last().map_or(after, |row| row.0);
    let postings: Vec<(i64, String)> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_POSTINGS)
        .bind(book)
        .bind(after)
        .bind(last)
        .bind("\n")
        .fetch_all(c)
        .await)
    .map_err(reading)?;
    let (mut page, mut postings) = (Page::default(), postings.into_iter().peekable());
    for (seq, columns, previous, hash, bytes) in entries {
        page.text.extend_from_slice(columns.as_bytes());
        let columns = page.text.len();
        while postings.next_if(|p| p.0 < seq).is_some() {}
        if let Some((_, beside)) = postings.next_if(|p| p.0 == seq) {
            page.text.extend_from_slice(beside.as_bytes());
            page.text.push(b'\n');
        }
        let beside = page.text.len();
        let [previous, hash, bytes] = page.add_bytes([&previous, &hash, &bytes]);
        page.rows.push(Ends { seq, columns, beside, previous, hash, bytes });
    }
    Ok(page)
}

/// Reads entries and postings side by side, both in the order of their keys.
fn of_file(rows: &mut Rows, book: i64, sender: &Sender<Result<Page, Stop>>) -> Result<(), Stop> {
    let Rows { source, entries, postings } = rows;
    match source {
        Source::Pages(trees) => side_by_side((&mut trees.0, entries), (&mut trees.1, postings), book, sender),
        Source::Sqlite(connection) => {
            let mut of_entries = connection.prepare(&entries.statement).map_err(damaged)?;
            let mut of_postings = connection.prepare(&postings.statement).map_err(damaged)?;
            let mut entry_rows = Asked::new(of_entries.query([book]).map_err(damaged)?);
            let mut posting_rows = Asked::new(of_postings.query([book]).map_err(damaged)?);
            side_by_side((&mut entry_rows, entries), (&mut posting_rows, postings), book, sender)
        }
    }
}

fn side_by_side<R: Records>(
    (entry_rows, entries): (&mut R, &mut Table),
    (posting_rows, postings): (&mut R, &mut Table),
    book: i64,
    sender: &Sender<Result<Page, Stop>>,
) -> Result<(), Stop> {
    let mut page = Page::default();
    loop {
        let mut values = NOTHING;
        if !entry_rows.here(&mut values)? {
            break;
        }
        let [of, number, columns @ .., previous, hash, bytes] =
            values.first_chunk::<14>().unwrap_or(&[ValueRef::Null; 14]);
        if whole(*of) > book {
            break;
        }
        if whole(*of) < book {
            entry_rows.pass();
            continue;
        }
        entries.count(&values);
        let seq = whole(*number);
        push_all(&mut page.text, columns, columns.len());
        let columns = page.text.len();
        loop {
            let mut values = NOTHING;
            if !posting_rows.here(&mut values)? {
                break;
            }
            let [of, number, columns @ ..] = values.first_chunk::<15>().unwrap_or(&[ValueRef::Null; 15]);
            let place = (whole(*of), whole(*number));
            if place > (book, seq) {
                break;
            }
            if place.0 == book {
                postings.count(&values);
            }
            if place == (book, seq) {
                push_all(&mut page.text, columns, 5);
                page.text.push(b'\n');
            }
            posting_rows.pass();
        }
        let beside = page.text.len();
        let [previous, hash, bytes] = page.add_bytes([previous, hash, bytes].map(|part| bytes_of(*part)));
        page.rows.push(Ends { seq, columns, beside, previous, hash, bytes });
        entry_rows.pass();
        if page.rows.len() >= PAGE {
            let next = Page::like(&page);
            if sender.blocking_send(Ok(std::mem::replace(&mut page, next))).is_err() {
                return Ok(());
            }
        }
    }
    if !page.rows.is_empty() {
        let _ = sender.blocking_send(Ok(page));
    }
    Ok(())
}

/// Writes values with a space between; those from a place on are marked where they are there.
fn push_all(text: &mut Vec<u8>, values: &[ValueRef<'_>], marked_from: usize) {
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            text.push(b' ');
        }
        push(text, *value, place >= marked_from);
    }
}

/// Writes a value as the questions to a server join it. What no strict table holds is written so that it equals nothing; no
/// more does a text that is not UTF-8, since what it is held against is.
fn push(text: &mut Vec<u8>, value: ValueRef<'_>, marked: bool) {
    if marked && !matches!(value, ValueRef::Null) {
        text.push(b'=');
    }
    match value {
        ValueRef::Null => {}
        ValueRef::Integer(number) => push_number(text, number),
        ValueRef::Text(bytes) => text.extend_from_slice(bytes),
        ValueRef::Real(number) => text.extend_from_slice(format!("\u{0}a fraction: {number}").as_bytes()),
        ValueRef::Blob(_) => text.extend_from_slice(b"\0bytes"),
    }
}

/// Writes a number, as `to_string` would: two digits a division.
pub(super) fn push_number(text: &mut Vec<u8>, number: i64) {
    let mut digits = [[b'0'; 2]; 10];
    let mut left = number.unsigned_abs();
    let mut begin = digits.len().saturating_mul(2);
    for pair in digits.iter_mut().rev() {
        let two = u8::try_from(left % 100).unwrap_or_default();
        *pair = [(two / 10) | b'0', (two % 10) | b'0'];
        begin = begin.saturating_sub(if left < 10 { 1 } else { 2 });
        left /= 100;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        text.push(b'-');
    }
    text.extend_from_slice(digits.as_flattened().get(begin..).unwrap_or_default());
}

/// A number; what is none becomes 0, which no record has.
pub(super) fn whole(value: ValueRef<'_>) -> i64 {
    value.as_i64().unwrap_or_default()
}

pub(super) const fn bytes_of(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_is_written_as_everywhere(number in prop_oneof![any::<i64>(), -20_i64..20, Just(i64::MIN), Just(i64::MAX)]) {
            let mut text = Vec::new();
            push_number(&mut text, number);
            prop_assert_eq!(text, number.to_string().into_bytes());
        }
    }
}
