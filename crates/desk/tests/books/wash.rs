//! Marks of wash sales where fills are reversed or lots are named (LEDG-5, BOOKS.md section 7, decision 0029).

use std::collections::BTreeMap;

use desk::domain::decimal::Quantity;
use desk::domain::ids::StrategyName;
use desk::domain::journal::{EntryKind, Fact};
use desk::machines::ledger::{BookFact, Bust, Fill, LotChoice, LotNaming, Reorganisation, Split, verify};
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

/// The lots of a booked sale named by a person.
fn name(desk: &Desk, sale: &str, lot: &str, quantity: &str) -> BookFact {
    let sale = desk.stored.iter().find(|s| s.entry.draft.source_key == sale).unwrap();
    let (lots, by) = (vec![(lot.parse().unwrap(), units(quantity))], "ann".to_owned());
    BookFact::Lots(Box::new(LotNaming { entry: sale.entry.clone(), lots, by, reason: "for the year".to_owned() }))
}

/// LEDG-5: a mark whose sale has closed other lots since a person named them is taken back, and the right one is made; a memo says what
/// holds now and names the one in whose place it stands. Books folded anew ask for nothing more.
#[test]
fn ledg_5_lots_that_are_named_change_the_marks_of_their_sale() {
    let mut desk =
        of(&[("a", 1, "10", "9"), ("b", 1, "10", "7"), ("c", 1, "10", "9"), ("s", 2, "-10", "8"), ("d", 3, "4", "8")]);
    assert_eq!(memos(&desk), ["ACME-a:s:ACME-b: 10"]);
    let mut other = desk.clone();
    // The cheap lot makes a gain: no loss is left.
    desk.book(3, &name(&desk, "s", "ACME-b", "10")).unwrap();
    marked(&mut desk);
    assert_eq!(memos(&desk)[1..], ["ACME-a:s:ACME-b:2: 0 for 5"]);
    assert_eq!(standing(&desk), BTreeMap::new());
    // Another dear lot: the loss is that lot's now.
    other.book(3, &name(&other, "s", "ACME-c", "10")).unwrap();
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

/// LEDG-5: units of which some were sold replace no more than what is left of them.
#[test]
fn ledg_5_a_replacement_sold_in_part_is_used_for_the_rest_alone() {
    let mut desk = of(&[("a", 1, "10", "9"), ("b", 1, "10", "9"), ("c", 2, "10", "9")]);
    for (id, lot, price) in [("s1", "ACME-b", "10"), ("s2", "ACME-a", "8"), ("s3", "ACME-a", "8")] {
        let lots = LotChoice::Specific(vec![(lot.parse().unwrap(), units("5"))]);
        desk.fill(Fill { lots, ..fill(id, 3, "ACME", "-5", price) });
        marked(&mut desk);
    }
    assert_eq!(memos(&desk), ["ACME-a:s2:ACME-b: 5", "ACME-a:s3:ACME-c: 5"]);
}

/// LEDG-5: lots named for the last fill of all, where none of its marks becomes another one, book no memo.
#[test]
fn ledg_5_marks_that_stay_are_not_booked_again() {
    let mut desk = of(&[("a", 1, "10", "9"), ("b", 1, "10", "9"), ("c", 2, "5", "9"), ("s", 3, "-10", "8")]);
    let before = memos(&desk);
    assert_eq!(before, ["ACME-a:s:ACME-b: 10"]);
    desk.book(3, &name(&desk, "s", "ACME-a", "10")).unwrap();
    assert_eq!(desk.books.wash_sales().len(), 0);
    assert_eq!(memos(&desk), before);
}

/// LEDG-5: after a split, or under another name, a loss and what replaces it are counted in the units of then.
#[test]
fn ledg_5_a_split_and_a_new_name_go_with_what_was_not_replaced() {
    let split = |new, old| {
        BookFact::Split(Split {
            action: None,
            instrument: symbol("ACME"),
            ex_date: june(3),
            new,
            old,
            session: session(3),
            effective_at: at(3),
        })
    };
    let renamed = |new, old| {
        BookFact::Reorganisation(Reorganisation {
            action: None,
            instrument: symbol("ACME"),
            into: symbol("BOLT"),
            ex_date: june(3),
            new,
            old,
            session: session(3),
            effective_at: at(3),
        })
    };
    for (name, fact, into, lot) in [
        ("split", split(2, 1), "ACME", "ACME-c"),
        ("reverse split", split(1, 2), "ACME", "ACME-c"),
        ("new name", renamed(2, 1), "BOLT", "BOLT-c"),
    ] {
        let doubled = name != "reverse split";
        // Bought before the loss: 10 of `a` and 4 of `b` are held through the split; then all of `a` goes at a loss.
        let mut desk = of(&[("a", 1, "10", "9"), ("b", 1, "4", "9")]);
        desk.book(3, &fact).unwrap();
        desk.fill(fill("s", 4, into, if doubled { "-20" } else { "-5" }, "1"));
        marked(&mut desk);
        assert_eq!(memos(&desk), [format!("ACME-a:s:ACME-b: {}", if doubled { 8 } else { 2 })], "{name}");
        // Bought after the loss: 10 of `a` went before the split; what is bought after it replaces as many of the units of then.
        let mut desk = of(&[("a", 1, "10", "9"), ("s", 2, "-10", "8"), ("k", 2, "2", "8")]);
        desk.book(3, &fact).unwrap();
        desk.fill(fill("c", 4, into, "100", "4"));
        marked(&mut desk);
        let left = if doubled { 16 } else { 4 };
        assert_eq!(memos(&desk), ["ACME-a:s:ACME-k: 2".to_owned(), format!("ACME-a:s:{lot}: {left}")], "{name}");
    }
}

/// LEDG-5: the marks of a sale from before a split, or of more than 60 days ago, are not made anew, so its lots stay.
#[test]
fn ledg_5_lots_are_not_named_where_their_marks_would_stay() {
    let mut desk = of(&[("a", 1, "10", "9"), ("b", 1, "10", "9"), ("s", 1, "-10", "8")]);
    let ok = name(&desk, "s", "ACME-b", "10");
    assert!(desk.clone().book(1, &ok).is_ok());
    let mut late = fill("c", 29, "ACME", "1", "9");
    (late.session, late.settles) = ("XNYS:2026-08-03".parse().unwrap(), "2026-08-04".parse().unwrap());
    desk.book(30, &BookFact::Fill(late)).unwrap();
    assert_eq!(desk.book(30, &ok).unwrap_err().code(), "marks_stay");
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
