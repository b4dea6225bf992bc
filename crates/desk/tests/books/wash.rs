//! Marks of wash sales where fills are reversed or lots are named (LEDG-5, BOOKS.md section 7, decision 0029).

use std::collections::BTreeMap;

use desk::domain::decimal::Quantity;
use desk::domain::ids::StrategyName;
use desk::domain::journal::{EntryKind, Fact};
use desk::machines::ledger::{BookFact, Bust, LotNaming, verify};
use proptest::prelude::*;

use crate::support::*;

/// Books of fills as (id, day, units, price), each followed by the marks that it asks for.
fn of(fills: &[(&str, i64, &str, &str)]) -> Desk {
    let mut desk = Desk::new();
    for (id, day, quantity, price) in fills {
        desk.fill(fill(id, *day, "ACME", quantity, price));
        marked(&mut desk);
    }
    desk
}

/// Books what is due.
fn marked(desk: &mut Desk) {
    while let Some(mark) = desk.books.wash_sales().front().cloned() {
        desk.book(9, &BookFact::WashSale(mark)).unwrap();
    }
}

/// The memos as `key: units`, with the entry that each takes the place of.
fn memos(desk: &Desk) -> Vec<String> {
    let memos = desk.stored.iter().map(|s| &s.entry.draft).filter(|d| d.kind == EntryKind::WashSale);
    let units = |facts: &desk::domain::journal::Facts| facts["units"].as_str().unwrap().to_owned();
    let said = memos.map(|d| {
        let corrects = d.corrects.map_or_else(String::new, |seq| format!(" for {seq}"));
        format!("{}: {}{corrects}", d.source_key, units(&d.facts))
    });
    said.collect()
}

/// What stands: the last memo of each loss and replacement.
fn standing(desk: &Desk) -> BTreeMap<[String; 3], Quantity> {
    let mut marks = BTreeMap::new();
    for d in desk.stored.iter().map(|s| &s.entry.draft).filter(|d| d.kind == EntryKind::WashSale) {
        let fact = |name: &str| d.facts.get(name).and_then(Fact::as_str).unwrap().to_owned();
        let of = ["loss_lot", "loss_fill", "replacement_lot"].map(fact);
        marks.insert(of, fact("units").parse::<Quantity>().unwrap());
    }
    marks.retain(|_, units| !units.is_zero());
    marks
}

fn bust(desk: &Desk, seq: usize) -> BookFact {
    let (entry, reason) = (desk.stored[seq - 1].entry.clone(), "busted".to_owned());
    let session = session(9);
    BookFact::Bust(Box::new(Bust { entry, later: Vec::new(), corrected: None, reason, by: None, session }))
}

/// LEDG-5: a mark whose sale has closed other lots since a person named them is taken back, and the right one is made; a memo says what
/// holds now and names the one in whose place it stands. Books folded anew ask for nothing more.
#[test]
fn ledg_5_lots_that_are_named_change_the_marks_of_their_sale() {
    let mut desk =
        of(&[("a", 1, "10", "9"), ("b", 1, "10", "7"), ("c", 1, "10", "9"), ("s", 2, "-10", "8"), ("d", 3, "4", "8")]);
    assert_eq!(memos(&desk), ["ACME-a:s:ACME-b: 10"]);
    let name = |desk: &Desk, lot: &str| {
        let sale = desk.stored.iter().find(|s| s.entry.draft.source_key == "s").unwrap();
        let (lots, by) = (vec![(lot.parse().unwrap(), units("10"))], "ann".to_owned());
        BookFact::Lots(Box::new(LotNaming { entry: sale.entry.clone(), lots, by, reason: "for the year".to_owned() }))
    };
    let mut other = desk.clone();
    // The cheap lot makes a gain: no loss is left.
    desk.book(3, &name(&desk, "ACME-b")).unwrap();
    marked(&mut desk);
    assert_eq!(memos(&desk)[1..], ["ACME-a:s:ACME-b:2: 0 for 5"]);
    assert_eq!(standing(&desk), BTreeMap::new());
    // Another dear lot: the loss is that lot's now.
    other.book(3, &name(&other, "ACME-c")).unwrap();
    marked(&mut other);
    assert_eq!(memos(&other)[1..], ["ACME-a:s:ACME-b:2: 0 for 5", "ACME-c:s:ACME-a: 10"]);
    for desk in [desk, other] {
        let rows = desk.stored.iter().map(|s| Ok::<_, String>(crate::verify::bytes_only(s)));
        assert_eq!(verify::verify(&identity(), rows).unwrap().head, desk.journal.head());
        let mut anew = desk::machines::ledger::Books::new(identity());
        desk.stored.iter().for_each(|s| anew.apply(&s.entry));
        assert_eq!(anew, desk.books);
    }
}

/// LEDG-5: what a busted purchase had replaced the next one replaces; a busted loss gives back the units that had taken its place.
#[test]
fn ledg_5_a_bust_gives_back_what_its_marks_had_used() {
    let fills = [("a", 1, "10", "9"), ("s", 2, "-10", "8"), ("b", 3, "10", "9"), ("c", 4, "6", "9")];
    let mut desk = of(&fills);
    assert_eq!(memos(&desk), ["ACME-a:s:ACME-b: 10"]);
    let wrong = bust(&desk, 3);
    desk.book(9, &wrong).unwrap();
    marked(&mut desk);
    assert_eq!(memos(&desk)[1..], ["ACME-a:s:ACME-b:2: 0 for 4", "ACME-a:s:ACME-c: 6"]);
    // Booked once more, the fill stands behind what has replaced it.
    desk.fill(fill("b2", 5, "ACME", "10", "9"));
    marked(&mut desk);
    assert_eq!(memos(&desk)[3..], ["ACME-a:s:ACME-b2: 4"]);
}

/// BOOKS.md section 3: two who hold one lot lose one loss in one fill; its mark has one key.
#[test]
fn two_slices_of_one_lot_in_one_fill_are_one_loss() {
    let (mut desk, mut slices) = (of(&[("a", 1, "10", "9")]), of(&[("a", 1, "10", "9"), ("s", 2, "-10", "8")]));
    let mut sale = slices.stored.pop().unwrap().entry;
    let half = |p: &mut desk::domain::journal::Posting, strategy| {
        p.amount = desk::domain::decimal::Money::from_raw(p.amount.raw() / 2);
        p.tags.strategy = Some(strategy);
        if let Some(holding) = &mut p.holding {
            holding.units = Quantity::from_raw(holding.units.raw() / 2);
        }
    };
    let lot = |p: &desk::domain::journal::Posting| p.tags.lot.is_some();
    let mut more: Vec<_> = sale.draft.postings.iter().filter(|p| lot(p)).cloned().collect();
    for p in &mut more {
        half(p, StrategyName::Mid);
    }
    sale.draft.postings.iter_mut().filter(|p| lot(p)).for_each(|p| half(p, StrategyName::Open));
    sale.draft.postings.append(&mut more);
    desk.seal(2, sale.draft);
    desk.fill(fill("b", 3, "ACME", "10", "8"));
    let due: Vec<_> = desk.books.wash_sales().iter().map(|m| (m.loss_lot.to_string(), m.units)).collect();
    assert_eq!(due, [("ACME-a".to_owned(), units("10"))]);
    marked(&mut desk);
    assert_eq!(memos(&desk), ["ACME-a:s:ACME-b: 10"]);
}

proptest! {
    /// LEDG-5: whatever is bought, sold and busted, the marks that stand are those that the fills which stand ask for.
    #[test]
    fn ledg_5_the_marks_that_stand_are_those_of_the_fills_that_stand(
        fills in prop::collection::vec((prop::sample::select(vec![-7_i64, -4, 3, 5, 8]), 5_i64..9), 2..12),
        busted in prop::collection::vec(0_usize..12, 1..4),
    ) {
        let made = |n: usize, (units, price): (i64, i64)| {
            fill(&format!("x{n:02}"), 1 + i64::try_from(n).unwrap() / 3, "ACME", &units.to_string(), &price.to_string())
        };
        let mut desk = Desk::new();
        for (n, of) in fills.iter().enumerate() {
            desk.fill(made(n, *of));
            marked(&mut desk);
        }
        let mut gone = Vec::new();
        for n in busted.into_iter().filter(|n| *n < fills.len()) {
            let key = format!("x{n:02}");
            let seq = desk.stored.iter().position(|s| s.entry.draft.source_key == key).unwrap() + 1;
            let opens = !desk.stored[seq - 1].entry.draft.facts.contains_key("closing");
            let wrong = bust(&desk, seq);
            // What others have closed is not busted without them.
            if opens && !gone.contains(&n) && desk.book(9, &wrong).is_ok() {
                marked(&mut desk);
                gone.push(n);
            }
        }
        let mut straight = Desk::new();
        for (n, of) in fills.iter().enumerate().filter(|(n, _)| !gone.contains(n)) {
            straight.fill(made(n, *of));
            marked(&mut straight);
        }
        prop_assert_eq!(standing(&desk), standing(&straight));
    }
}
