//! What came of holding a statement against the books, as a file: all rows of the tables of its page (LEDG-9).

use desk::domain::decimal::{Money, Quantity};

use super::reconciliation::number_of;
use crate::render::imports::{Asset, Booked, Difference, Line, Matching, Pair, Stated};
use crate::web::books::{Cell, Table};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::statements::{matching, missing};

const COLUMNS: &[&str] = &[
    "part",
    "line",
    "id",
    "date",
    "instrument",
    "units",
    "price",
    "amount",
    "currency",
    "text",
    "entry",
    "books_date",
    "books_instrument",
    "books_units",
    "books_price",
    "books_amount",
    "books_text",
    "field",
    "statement",
    "books",
    "difference",
];

/// The tables of a statement's page, one under the other: its lines beside the entries, then figures beside figures.
pub(super) async fn table(shared: &Shared, number: &str) -> Result<Table, Refusal> {
    let found = shared.site.people.statement(&shared.site.identity, number_of(number)?).await?;
    let (_, _, result) = found.ok_or_else(missing)?;
    Ok(of(&matching(&result)?))
}

fn of(found: &Matching) -> Table {
    let mut rows = Vec::new();
    for (part, pairs) in [("differing", &found.differing), ("matched", &found.matched)] {
        rows.extend(pairs.iter().flat_map(|pair| beside(part, pair)));
    }
    rows.extend(found.statement_only.iter().map(|u| row("statement only", Some(&u.stated), None, None)));
    rows.extend(found.books_only.iter().map(|b| row("books only", None, Some(b), None)));
    rows.extend(found.sums.iter().map(|s| {
        let figures = [s.statement, s.books, s.difference].map(Cell::money);
        figure("cash moved", Cell::plain(s.currency), figures)
    }));
    rows.extend(found.closed.iter().flat_map(|closed| &closed.standings).map(|s| {
        let figures = [s.statement, s.books, s.difference()].map(|steps| match &s.asset {
            Asset::Cash(_) => Cell::money(Money::from_raw(steps)),
            Asset::Units(_) => Cell::plain(Quantity::from_raw(steps)),
        });
        figure("held at the end", Cell::text(&s.asset), figures)
    }));
    Table::new(COLUMNS, rows)
}

/// A row for each entry and each difference of a pair, at least one.
fn beside(part: &'static str, pair: &Pair) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = pair.booked.iter().map(|b| row(part, Some(&pair.stated), Some(b), None)).collect();
    rows.extend(pair.differences.iter().map(|d| row(part, Some(&pair.stated), None, Some(d))));
    rows
}

fn row(
    part: &'static str,
    stated: Option<&Stated>,
    booked: Option<&Booked>,
    differs: Option<&Difference>,
) -> Vec<Cell> {
    let mut row = vec![Cell::plain(part), stated.map_or(Cell::Nothing, |s| Cell::Number(s.place))];
    row.push(stated.and_then(|s| s.id.as_ref()).map_or(Cell::Nothing, Cell::text));
    let said = stated.map(|s| &s.line);
    let currency = said.or(booked.map(|b| &b.line)).map(|line| line.currency);
    let [date, instrument, units, price, amount, text] = line(said);
    row.extend([date, instrument, units, price, amount, Cell::maybe(currency), text]);
    row.push(booked.map_or(Cell::Nothing, |b| Cell::Number(b.seq)));
    row.extend(line(booked.map(|b| &b.line)));
    row.extend(match differs {
        None => [const { Cell::Nothing }; 4],
        Some(d) => {
            let by = d.by.as_ref().map_or(Cell::Nothing, Cell::plain);
            [Cell::plain(d.field.word()), Cell::text(&d.statement), Cell::text(&d.books), by]
        }
    });
    row
}

fn line(line: Option<&Line>) -> [Cell; 6] {
    let Some(line) = line else { return [const { Cell::Nothing }; 6] };
    [
        Cell::plain(line.date),
        line.instrument.as_ref().map_or(Cell::Nothing, Cell::text),
        Cell::maybe(line.units),
        Cell::maybe(line.price.as_ref()),
        Cell::maybe_money(line.amount),
        Cell::text(&line.text),
    ]
}

/// Two figures of the same, and what one has more.
fn figure(part: &'static str, of: Cell, [statement, books, difference]: [Cell; 3]) -> Vec<Cell> {
    let mut row = row(part, None, None, None);
    row.truncate(COLUMNS.len().saturating_sub(4));
    row.extend([of, statement, books, difference]);
    row
}
