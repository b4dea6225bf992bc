//! A broker's statement against the journal (LEDG-9).

/// What was held at the end.
mod closing;
/// Statements of other programs.
mod foreign;
/// What is planted is found as what it is.
mod planted;
/// Our own exports, brought back.
mod round_trip;

use desk::domain::decimal::Money;
use desk::domain::symbol::Currency;
use tbot::render::exports::{Journal, ofx};
use tbot::render::imports::{Booked, Matching, Reading, Stated, WINDOW, matched, read};

use crate::exports::random::history;
use crate::exports::samples::journals;

/// The worked month, the sample, and random histories.
fn all() -> Vec<(String, Journal)> {
    let known = journals().into_iter().map(|(name, journal)| (name.to_owned(), journal));
    known.chain((1..=8).map(|seed| (format!("history {seed}"), history(seed)))).collect()
}

fn booked(journal: &Journal) -> Vec<Booked> {
    ofx::lines(&journal.entries, journal.base_currency).unwrap()
}

fn held_against(text: &str, reading: &Reading, journal: &Journal) -> Matching {
    let (_, statement) = read(text.as_bytes(), reading, journal.base_currency).unwrap();
    matched(&statement.lines, &booked(journal), statement.period, WINDOW).unwrap()
}

/// A broker's statement that says what the journal does, with ids or without.
fn statement(journal: &Journal, with_ids: bool) -> Vec<Stated> {
    let lines = booked(journal).into_iter().zip(2_u64..);
    lines.map(|(b, place)| Stated { id: with_ids.then(|| b.ids[0].clone()), line: b.line, place }).collect()
}

/// The difference of a currency's cash.
fn off(matching: &Matching, currency: Currency) -> Money {
    matching.sums.iter().find(|s| s.currency == currency).map_or(Money::ZERO, |s| s.difference)
}
