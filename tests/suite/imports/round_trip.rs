//! Our own exports, brought back: everything matches.

use tbot::render::exports::Format;
use tbot::render::imports::{Basis, Matching, Reading};

use super::{all, held_against};
use crate::exports::samples::{bare, parts};

fn agrees(name: &str, found: &Matching) {
    let (left, right) = (&found.statement_only, &found.books_only);
    assert!(found.agrees(), "{name}: {:?}\n{left:?}\n{right:?}", found.differing);
    assert!(found.sums.iter().all(|s| s.difference.is_zero()), "{name}: {:?}", found.sums);
    assert!(found.matched.len() > 10 && found.matched.iter().all(|p| p.basis == Basis::Id), "{name}");
}

#[test]
fn ledg_9_our_own_ofx_and_csv_come_back_with_everything_matched() {
    for (name, journal) in all() {
        let days = journal.days().unwrap();
        for format in [Format::Ofx, Format::Csv] {
            let file = bare(&journal, days, format);
            agrees(&format!("{name}, {format:?}"), &held_against(&file, &Reading::default(), &journal));
        }
    }
}

#[test]
fn ledg_9_a_part_of_the_journal_matches_too() {
    for (name, journal, period) in parts() {
        let file = bare(&journal, period, Format::Ofx);
        let found = held_against(&file, &Reading::default(), &journal);
        let late = |b: &tbot::render::imports::Booked| {
            journal.entries.iter().any(|e| e.seq == b.seq && e.draft.session.date < period.from)
        };
        assert!(found.differing.is_empty() && found.statement_only.is_empty(), "{name}");
        assert!(found.books_only.iter().all(late), "{name}: {:?}", found.books_only);
    }
}

#[test]
fn ledg_9_ofx_1_says_the_same_as_ofx_2() {
    for (name, journal) in all() {
        let file = bare(&journal, journal.days().unwrap(), Format::Ofx);
        let body = file.split_once("<OFX>").unwrap().1;
        let mut old = String::from("OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:103\r\n\r\n<OFX>");
        // A closing tag after a text is left out, as SGML allows.
        let mut text_before = false;
        for piece in body.split_inclusive('>') {
            let (text, tag) = piece.rsplit_once('<').unwrap_or((piece, ""));
            old.push_str(text);
            if tag.starts_with('/') && (text_before || !text.trim().is_empty()) {
                old.push_str("\r\n");
            } else if !tag.is_empty() {
                old.push('<');
                old.push_str(tag);
            }
            text_before = false;
        }
        let (new, old) =
            (held_against(&file, &Reading::default(), &journal), held_against(&old, &Reading::default(), &journal));
        assert_eq!(old.matched.len(), new.matched.len(), "{name}");
        agrees(&name, &old);
    }
}
