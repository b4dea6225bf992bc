//! Lots that a person names for a fill (LEDG-5, BOOKS.md section 7, decision 0024).

use desk::domain::journal::EntryKind;
use desk::domain::symbol::Currency;
use desk::machines::ledger::{BookFact, Fill, LotNaming, verify};

use crate::support::*;

/// 100 at 10.00 and 100 at 12.00; 60 sold at 20.00 by FIFO with fees, then 30 more.
fn sold() -> (Desk, Vec<Fill>) {
    let mut desk = Desk::new();
    let fills = vec![
        fill("a", 1, "ACME", "100", "10.00"),
        fill("b", 1, "ACME", "100", "12.00"),
        with_fees(fill("s", 1, "ACME", "-60", "20.00"), "1.00", "0.02", "0.01"),
        fill("t", 1, "ACME", "-30", "21.00"),
    ];
    for fill in &fills {
        desk.fill(fill.clone());
    }
    (desk, fills)
}

fn named(desk: &Desk, seq: usize, lots: &[(&str, &str)]) -> BookFact {
    BookFact::Lots(Box::new(LotNaming {
        entry: desk.stored[seq - 1].entry.clone(),
        lots: lots.iter().map(|(lot, n)| (lot.parse().unwrap(), units(n))).collect(),
        by: "ann".to_owned(),
        reason: "the older lot is kept for the year".to_owned(),
    }))
}

/// LEDG-5: what a person names closes first, the rest oldest first; cash, fees and units are what they were, the entry says
/// method, lots, who and why, and the day closes against the same broker.
#[test]
fn ledg_5_named_lots_close_in_the_place_of_those_of_the_method() {
    let (mut desk, fills) = sold();
    let (cash, held) = (desk.books.cash(Currency::USD).unwrap(), desk.books.positions().unwrap());
    let drafts = desk.book(1, &named(&desk, 3, &[("ACME-b", "50")])).unwrap();
    let [undone, again] = drafts.as_slice() else { panic!("{drafts:?}") };
    assert_eq!((undone.kind, undone.reverses), (EntryKind::Reversal, Some(3)));
    assert_eq!((again.kind, again.corrects, again.source_key.as_str()), (EntryKind::Fill, Some(3), "s:2"));
    assert_eq!(
        lines(again)[..5],
        [
            "1310 -600.00 (-50) ACME-b",
            "1310 -100.00 (-10) ACME-a",
            "9100 0.00 (60)",
            "4110 -400.00 ACME-b",
            "4110 -100.00 ACME-a",
        ]
    );
    assert_eq!(
        (again.facts["lot_method"].as_str(), again.facts["lots"].to_string()),
        (Some("specific"), r#"[["ACME-b","50"]]"#.to_owned())
    );
    for draft in &drafts {
        assert_eq!(
            (draft.by.as_deref(), draft.reason.as_deref()),
            (Some("ann"), Some("the older lot is kept for the year"))
        );
    }
    assert_eq!((desk.books.cash(Currency::USD).unwrap(), desk.books.positions().unwrap()), (cash, held));
    let rows = desk.stored.iter().map(|s| Ok::<_, String>(crate::verify::bytes_only(s)));
    assert_eq!(verify::verify(&identity(), rows).unwrap().head, desk.journal.head());
    desk.book(1, &rounding(1)).unwrap();
    let agreed = desk.agreed(1, &fills.iter().collect::<Vec<_>>());
    desk.close(1, &agreed).unwrap();
}

/// LEDG-5: a short's cover too.
#[test]
fn ledg_5_lots_of_a_short_are_named_for_what_covers_it() {
    let mut desk = Desk::new();
    for (id, quantity, price) in [("a", "-10", "80.00"), ("b", "-10", "81.00"), ("c", "10", "79.00")] {
        desk.fill(fill(id, 1, "BOLT", quantity, price));
    }
    let drafts = desk.book(1, &named(&desk, 3, &[("BOLT-b", "10")])).unwrap();
    assert_eq!(lines(&drafts[1])[..3], ["2110 810.00 (10) BOLT-b", "9100 0.00 (-10)", "4110 -20.00 BOLT-b"]);
}

/// LEDG-5, LEDG-4: what cannot be named is refused with its reason, and nothing is booked.
#[test]
fn ledg_5_what_cannot_be_named_is_refused() {
    let (mut desk, fills) = sold();
    desk.fill(fill("u", 1, "ACME", "5", "22.00"));
    let entry = desk.clone();
    let whole = |lots: &[(&str, &str)]| named(&entry, 3, lots);
    let nobody = match whole(&[("ACME-b", "1")]) {
        BookFact::Lots(naming) => BookFact::Lots(Box::new(LotNaming { by: " ".to_owned(), ..*naming })),
        other => other,
    };
    for (fact, code, says) in [
        (named(&desk, 1, &[("ACME-b", "1")]), "nothing_closed", "entry 1 is no fill of shares that closed lots"),
        (whole(&[("ACME-z", "1")]), "unknown_lot", "ACME-z is no open lot"),
        (whole(&[("ACME-a", "70.5")]), "lot_units", "at most 70 are possible"),
        (whole(&[("ACME-b", "61")]), "lots_beyond_fill", "but the fill closes only 60"),
        (whole(&[("ACME-u", "5")]), "lot_opened_later", "lot ACME-u was opened after entry 3"),
        (nobody, "no_reason", "needs the person who decides, and the reason"),
    ] {
        let before = desk.books.clone();
        let refusal = desk.book(1, &fact).unwrap_err();
        assert_eq!((refusal.code(), refusal.to_string().contains(says)), (code, true), "{refusal}");
        assert_eq!(desk.books, before, "{code}");
    }
    desk.book(1, &whole(&[("ACME-b", "60")])).unwrap();
    // Once: neither the entry that was undone nor the one in its place.
    assert_eq!(desk.book(1, &named(&desk, 3, &[("ACME-b", "10")])).unwrap_err().code(), "already_booked");
    let again = desk.stored.len();
    assert_eq!(desk.book(1, &named(&desk, again, &[("ACME-a", "10")])).unwrap_err().code(), "lots_stay");
    // Not in a closed day.
    desk.book(1, &rounding(1)).unwrap();
    let bought = fill("u", 1, "ACME", "5", "22.00");
    let agreed = desk.agreed(1, &fills.iter().chain([&bought]).collect::<Vec<_>>());
    desk.close(1, &agreed).unwrap();
    let late = desk.book(2, &named(&desk, 4, &[("ACME-b", "30")])).unwrap_err();
    assert_eq!(late.code(), "lots_sealed", "{late}");
    assert!(late.to_string().contains("lots are named before the day is closed"));
}
