//! What is planted in a statement is found as what it is; the order of its lines counts for nothing.

use desk::domain::decimal::Money;
use tbot::render::exports::Journal;
use tbot::render::imports::{Field, Matching, Stated, WINDOW, matched};

use super::{all, booked, off, statement};
use crate::exports::random::Dice;

const CENT: i64 = 1_000_000;

fn found(journal: &Journal, lines: &[Stated]) -> Matching {
    matched(lines, &booked(journal), journal.days().unwrap(), WINDOW).unwrap()
}

/// Each journal with ids and without, and three of its lines that move cash.
fn cases() -> impl Iterator<Item = (String, Journal, Vec<Stated>, usize)> {
    all().into_iter().flat_map(|(name, journal)| {
        [true, false].into_iter().flat_map(move |ids| {
            let (name, journal) = (name.clone(), journal.clone());
            let lines = statement(&journal, ids);
            let mut dice = Dice(u64::from(ids) + 3);
            let cash: Vec<usize> = (0..lines.len()).filter(|at| unique(&lines, *at)).collect();
            let chosen: Vec<usize> = (0..3).map(|_| dice.pick(&cash)).collect();
            chosen
                .into_iter()
                .map(move |at| (format!("{name}, ids {ids}, line {at}"), journal.clone(), lines.clone(), at))
        })
    })
}

/// Whether a line moves cash, and no other says nearly the same.
fn unique(lines: &[Stated], at: usize) -> bool {
    let line = &lines[at].line;
    let near = |other: &Stated| {
        let apart = other.line.date.days() - line.date.days();
        other.line.instrument == line.instrument && apart.abs() <= 1 && other.line.units == line.units
    };
    line.amount.is_some_and(|a| !a.is_zero()) && lines.iter().filter(|o| near(o)).count() == 1
}

#[test]
fn ledg_9_a_planted_cent_differs_in_the_amount_by_a_cent() {
    for (name, journal, mut lines, at) in cases() {
        let amount = lines[at].line.amount.unwrap();
        lines[at].line.amount = amount.checked_add(Money::from_raw(CENT));
        let result = found(&journal, &lines);
        assert!(result.statement_only.is_empty() && result.books_only.is_empty(), "{name}");
        let [pair] = result.differing.as_slice() else { panic!("{name}: {:?}", result.differing) };
        let [difference] = pair.differences.as_slice() else { panic!("{name}: {:?}", pair.differences) };
        assert_eq!((difference.field, difference.by.as_deref()), (Field::Amount, Some("0.01")), "{name}");
        assert_eq!(pair.stated.place, lines[at].place, "{name}");
        assert_eq!(off(&result, lines[at].line.currency), Money::from_raw(CENT), "{name}");
    }
}

#[test]
fn ledg_9_a_missing_line_is_in_the_books_alone() {
    for (name, journal, mut lines, at) in cases() {
        let gone = lines.remove(at);
        let result = found(&journal, &lines);
        assert!(result.differing.is_empty() && result.statement_only.is_empty(), "{name}");
        let [left] = result.books_only.as_slice() else { panic!("{name}: {:?}", result.books_only) };
        assert_eq!(left.line, gone.line, "{name}");
        assert_eq!(off(&result, gone.line.currency), gone.line.amount.unwrap().negated(), "{name}");
    }
}

#[test]
fn ledg_9_a_doubled_line_is_named_with_the_line_that_it_doubles() {
    for (name, journal, mut lines, at) in cases() {
        let again = Stated { place: 9_999, ..lines[at].clone() };
        lines.insert(0, again);
        let result = found(&journal, &lines);
        assert!(result.differing.is_empty() && result.books_only.is_empty(), "{name}");
        let [left] = result.statement_only.as_slice() else { panic!("{name}: {:?}", result.statement_only) };
        assert_eq!((left.stated.place, left.doubles), (9_999, Some(lines[at + 1].place)), "{name}");
    }
}

#[test]
fn ledg_9_a_swapped_sign_is_one_line_that_differs() {
    for (name, journal, mut lines, at) in cases() {
        let line = &mut lines[at].line;
        line.amount = line.amount.map(Money::negated);
        line.units = line.units.map(desk::domain::decimal::Quantity::negated);
        let expected = if line.units.is_some() { vec![Field::Units, Field::Amount] } else { vec![Field::Amount] };
        let result = found(&journal, &lines);
        assert!(result.statement_only.is_empty() && result.books_only.is_empty(), "{name}");
        let [pair] = result.differing.as_slice() else { panic!("{name}: {:?}", result.differing) };
        assert_eq!(pair.differences.iter().map(|d| d.field).collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn ledg_9_the_order_of_lines_counts_for_nothing() {
    for (name, journal) in all() {
        for ids in [true, false] {
            let mut lines = statement(&journal, ids);
            let mut dice = Dice(11);
            // With a few faults of each kind, so that loose pairing has something to do.
            for kind in 0..12 {
                let at = usize::try_from(dice.roll(i64::try_from(lines.len()).unwrap())).unwrap();
                match kind % 4 {
                    0 => drop(lines.remove(at)),
                    1 => lines.push(Stated { place: 1_000 + kind, ..lines[at].clone() }),
                    2 => {
                        lines[at].line.amount =
                            lines[at].line.amount.and_then(|a| a.checked_add(Money::from_raw(CENT)));
                    }
                    _ => lines[at].line.date = lines[at].line.date.plus(1),
                }
            }
            let first = found(&journal, &lines);
            for _ in 0..5 {
                for at in (1..lines.len()).rev() {
                    lines.swap(at, usize::try_from(dice.roll(i64::try_from(at + 1).unwrap())).unwrap());
                }
                assert_eq!(found(&journal, &lines), first, "{name}, ids {ids}");
            }
            let sides = first.matched.len() + first.differing.len() + first.statement_only.len();
            assert_eq!(sides, lines.len(), "{name}: each line stands once");
        }
    }
}
