//! Busts and corrections: BOOKS.md section 5 [47, 53, 54], faults.md B9.

use desk::domain::decimal::Money;
use desk::domain::journal::{AccountCode, Entry, EntryKind};
use desk::domain::symbol::Currency;
use desk::machines::ledger::{BookFact, BookRefusal, Books, Bust, Fill};

use crate::support::*;

fn entry(desk: &Desk, seq: usize) -> Entry {
    desk.stored[seq - 1].entry.clone()
}

fn bust(desk: &Desk, seq: usize, later: &[usize], corrected: Option<Fill>) -> BookFact {
    BookFact::Bust(Box::new(Bust {
        entry: entry(desk, seq),
        later: later.iter().map(|seq| entry(desk, *seq)).collect(),
        corrected,
        reason: "broker corrected the price".to_owned(),
        by: None,
        session: session(2),
    }))
}

/// A short lot of 40 and its partial cover on the first day, closed; the cover's cash settled on the second.
fn covered() -> Desk {
    let mut desk = Desk::new();
    let short = fill("x5", 1, "BOLT", "-40", "80.00");
    let cover = Fill { commission: money("1.00"), ..fill("x13", 1, "BOLT", "10", "79.00") };
    desk.fill(short.clone());
    desk.fill(cover.clone());
    let agreed = desk.agreed(1, &[&short, &cover]);
    desk.close(1, &agreed).unwrap();
    desk.book(2, &settlement(2)).unwrap();
    desk
}

#[test]
fn a_corrected_fill_is_reversed_and_booked_with_its_own_key() {
    let mut desk = covered();
    let corrected = Fill { commission: money("1.00"), ..fill("x13c", 1, "BOLT", "10", "79.50") };
    let fact = bust(&desk, 2, &[], Some(corrected));
    let drafts = desk.book(2, &fact).unwrap();
    let [reversal, again] = drafts.as_slice() else { panic!("{drafts:?}") };
    assert_eq!(
        lines(reversal),
        ["2110 -800.00 (-10) BOLT-x5", "9100 0.00 (10)", "4110 10.00 BOLT-x5", "1020 791.00 2026-06-03", "5110 -1.00",]
    );
    assert_eq!(reversal.source_key, desk.stored[1].entry.entry_id.as_str());
    assert_eq!((reversal.reverses, reversal.session, reversal.effective_at), (Some(2), session(2), at(1)));
    assert_eq!(reversal.description, "Reversal of entry 2: broker corrected the price");
    assert_eq!(reversal.facts["settles"], "2026-06-03");
    assert_eq!(
        lines(again),
        ["2110 800.00 (10) BOLT-x5", "9100 0.00 (-10)", "4110 -5.00 BOLT-x5", "1020 -796.00 2026-06-03", "5110 1.00",]
    );
    assert_eq!((again.corrects, again.source_key.as_str()), (Some(2), "x13c"));
    // The reversed source stays booked, and nothing is undone twice.
    assert!(matches!(desk.book(2, &fact), Err(BookRefusal::AlreadyBooked { kind: EntryKind::Reversal, seq: 5, .. })));
    assert_eq!(desk.books.booked(EntryKind::Fill, "x13"), Some(2));
    let agreed = desk.agreed(2, &[]);
    desk.close(2, &agreed).unwrap();
}

#[test]
fn a_fully_closed_lot_opens_again_where_it_was() {
    let mut desk = Desk::new();
    for (id, quantity, price) in
        [("a", "10", "50.00"), ("b", "10", "51.00"), ("c", "-10", "52.00"), ("d", "-4", "53.00")]
    {
        desk.fill(fill(id, 1, "ACME", quantity, price));
    }
    let fact = bust(&desk, 3, &[4], None);
    let drafts = desk.book(2, &fact).unwrap();
    let keys: Vec<&str> = drafts.iter().map(|d| d.source_key.as_str()).collect();
    let ids = [3, 2].map(|i: usize| desk.stored[i].entry.entry_id.to_string());
    assert_eq!(keys, [ids[0].as_str(), ids[1].as_str(), "d:2"], "from the last to the first, then anew");
    assert_eq!(lines(&drafts[2])[0], "1310 -200.00 (-4) ACME-a");
    assert_eq!(drafts[2].facts["bust"], ids[1]);
    assert_eq!(drafts[2].postings[0].tags.fill.as_ref().unwrap().as_str(), "d");
    let lots: Vec<String> = desk.books.open_lots().map(|l| format!("{} {} {}", l.lot, l.units, l.cost)).collect();
    assert_eq!(lots, ["ACME-a 6 300.00", "ACME-b 10 510.00"]);
}

#[test]
fn a_lot_that_was_used_needs_its_later_fills() {
    let mut desk = Desk::new();
    desk.fill(fill("a", 1, "ACME", "10", "50.00"));
    let sale = Fill {
        accrued: with_fees(fill("b", 1, "ACME", "-4", "51.00"), "0.00", "0.003", "0.001").accrued,
        ..fill("b", 1, "ACME", "-4", "51.00")
    };
    desk.fill(sale);
    let alone = bust(&desk, 1, &[], None);
    let refusal = desk.book(2, &alone).unwrap_err();
    assert_eq!(refusal.code(), "lot_used");
    assert!(refusal.to_string().contains("opened with 10 units and has 6"), "{refusal}");
    let fact = bust(&desk, 1, &[2], None);
    let drafts = desk.book(2, &fact).unwrap();
    // Without the purchase, the sale opens a short lot.
    assert_eq!(
        lines(&drafts[2]),
        [
            "2110 -204.00 (-4) ACME-b",
            "9100 0.00 (4)",
            "1020 204.00 2026-06-02",
            "5210 0.003",
            "2310 -0.003 XNYS:2026-06-01:sec",
            "5220 0.001",
            "2310 -0.001 XNYS:2026-06-01:taf",
        ]
    );
    let result = |account| desk.books.balance(account, Currency::USD).unwrap();
    assert_eq!(result(AccountCode::GAINS_SHORT_TERM), Money::ZERO);
    assert_eq!(result(AccountCode::CASH_UNSETTLED), money("204.00"));
    let (folded, _) = Books::fold(identity(), desk.stored.iter().map(|s| &s.bytes)).unwrap();
    assert_eq!(folded, desk.books);
}

#[test]
fn only_fills_of_these_books_are_undone() {
    let mut desk = Desk::new();
    desk.book(1, &float(1, "5.00")).unwrap();
    desk.fill(fill("a", 1, "ACME", "10", "50.00"));
    assert_eq!(desk.book(1, &bust(&desk.clone(), 1, &[], None)).unwrap_err().code(), "not_reversible");
    let foreign = |change: fn(&mut Entry)| {
        let mut entry = entry(&desk, 2);
        change(&mut entry);
        BookFact::Bust(Box::new(Bust {
            entry,
            later: Vec::new(),
            corrected: None,
            reason: "error".to_owned(),
            by: None,
            session: session(1),
        }))
    };
    for fact in [foreign(|e| e.seq = 1), foreign(|e| e.draft.source_key = "b".to_owned())] {
        assert_eq!(desk.books.decide(at(1), &fact).unwrap_err().code(), "not_that_entry");
    }
}
