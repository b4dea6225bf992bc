//! The rules of BOOKS.md one by one, where the worked month does not show them.

use desk::domain::decimal::Quantity;
use desk::domain::ids::StrategyName;
use desk::domain::journal::{AccountCode, EntryKind, FeeKind};
use desk::domain::symbol::Currency;
use desk::domain::time::Date;
use desk::machines::ledger::{BookFact, BookRefusal, CashActivity, FeeCharge, Fill, LotChoice, Opening, is_long_term};

use crate::support::*;

#[test]
fn a_fact_is_booked_once() {
    // BOOKS.md section 3: kind and source key are unique together.
    let mut desk = Desk::new();
    for (seq, kind, fact) in [
        (1, EntryKind::FloatIn, float(1, "100000.00")),
        (2, EntryKind::Fill, BookFact::Fill(with_fees(fill("a", 1, "ACME", "-10", "50.00"), "1.00", "0.01", "0.02"))),
        (3, EntryKind::FeeCharge, charge("sec-1", "0.01")),
        (4, EntryKind::Settlement, settlement(2)),
    ] {
        desk.book(1, &fact).unwrap();
        match desk.book(1, &fact) {
            Err(BookRefusal::AlreadyBooked { kind: of, seq: by, .. }) => assert_eq!((of, by), (kind, seq)),
            other => panic!("{kind}: {other:?}"),
        }
        assert_eq!(desk.books.last_seq(), seq);
    }
}

fn charge(activity: &str, amount: &str) -> BookFact {
    BookFact::FeeCharge(FeeCharge {
        activity: activity.to_owned(),
        of: session(1),
        fee: FeeKind::Sec,
        amount: money(amount),
        currency: Currency::USD,
        session: session(2),
        effective_at: at(2),
    })
}

#[test]
fn what_cannot_be_booked_is_refused_with_its_numbers() {
    let mut desk = Desk::new();
    desk.fill(fill("a", 1, "ACME", "100", "50.00"));
    let sale = |id: &str| fill(id, 1, "ACME", "-60", "51.00");
    let named = |id: &str, lots: &[(&str, &str)]| {
        let lots = lots.iter().map(|(lot, n)| (lot.parse().unwrap(), units(n))).collect();
        BookFact::Fill(Fill { lots: LotChoice::Specific(lots), ..sale(id) })
    };
    let float_of = |amount: &str| {
        BookFact::FloatOut(CashActivity {
            activity: "f".to_owned(),
            amount: money(amount),
            currency: Currency::USD,
            session: session(1),
            effective_at: at(1),
        })
    };
    let price = |text: &str| Fill { price: text.parse().unwrap(), ..sale("p") };
    let huge = Fill { quantity: Quantity::MAX, ..fill("h", 1, "ACME", "1", "2.00") };
    let least = Fill { quantity: Quantity::from_raw(i64::MIN), ..huge.clone() };
    let euros = Fill { currency: "EUR".parse().unwrap(), ..sale("c") };
    let long_id = "x".repeat(196);
    for (fact, code, says) in [
        (BookFact::Fill(fill("z", 1, "ACME", "0", "50.00")), "zero_quantity", "z has no quantity"),
        (BookFact::Fill(price("0.00")), "price_not_positive", "the price 0.00"),
        (BookFact::Fill(price("-1.00")), "price_not_positive", "the price -1.00"),
        (BookFact::Fill(with_fees(sale("n"), "0.00", "-0.01", "0.00")), "fee_below_zero", "-0.01 of SEC"),
        (named("u", &[("ACME-b", "1")]), "unknown_lot", "ACME-b is no open lot of ACME"),
        (named("v", &[("ACME-a", "0")]), "lot_units", "0 units of lot ACME-a"),
        (named("v", &[("ACME-a", "100.5")]), "lot_units", "at most 100 are possible"),
        (
            named("w", &[("ACME-a", "60.5")]),
            "lots_beyond_fill",
            "lots for 60.5 units were named, but the fill closes only 60",
        ),
        (BookFact::Fill(euros), "other_currency", "c is in EUR, but lot ACME-a has its cost in USD"),
        (float_of("0.00"), "amount_not_positive", "the amount 0.00"),
        (float_of("-5.00"), "amount_not_positive", "the amount -5.00"),
        (charge("sec-9", "0.10"), "nothing_accrued", "SEC of XNYS:2026-06-01 was charged"),
        (BookFact::Fill(huge), "overflow", "beyond 92,233,720,368.54775807"),
        (BookFact::Fill(least), "overflow", "beyond 92,233,720,368.54775807"),
        (BookFact::Fill(fill(&long_id, 1, "ACME", "1", "2.00")), "execution_id_too_long", "at most 195"),
    ] {
        let before = desk.books.clone();
        let refusal = desk.book(1, &fact).unwrap_err();
        assert_eq!(refusal.code(), code);
        assert!(refusal.to_string().contains(says), "{refusal}");
        assert_eq!(desk.books, before, "{code}");
    }
}

#[test]
fn a_sum_beyond_64_bits_is_refused_before_it_is_booked() {
    let mut desk = Desk::new();
    desk.book(1, &float(1, "90000000000.00")).unwrap();
    let refusal = desk.book(1, &float(2, "3000000000.00")).unwrap_err();
    assert_eq!(refusal.code(), "overflow");
    desk.book(1, &float(3, "2000000000.00")).unwrap();
    assert_eq!(desk.books.cash(Currency::USD).unwrap().settled, money("92000000000.00"));
}

/// Buys 100 at 10.00, 100 at 12.00, 100 at 11.00 and sells 150 at 20.00.
fn sold_by(lots: LotChoice) -> Vec<String> {
    let mut desk = Desk::new();
    for (id, price) in [("a", "10.00"), ("b", "12.00"), ("c", "11.00")] {
        desk.fill(fill(id, 1, "ACME", "100", price));
    }
    let draft = desk.fill(Fill { lots, ..fill("s", 1, "ACME", "-150", "20.00") });
    lines(&draft).into_iter().filter(|l| l.starts_with("1310")).collect()
}

#[test]
fn lots_close_in_the_order_of_the_method() {
    // LEDG-5, BOOKS.md section 7.
    assert_eq!(sold_by(LotChoice::Fifo), ["1310 -1000.00 (-100) ACME-a", "1310 -600.00 (-50) ACME-b"]);
    assert_eq!(sold_by(LotChoice::Lifo), ["1310 -1100.00 (-100) ACME-c", "1310 -600.00 (-50) ACME-b"]);
    assert_eq!(sold_by(LotChoice::HighestCost), ["1310 -1200.00 (-100) ACME-b", "1310 -550.00 (-50) ACME-c"]);
    let specific = LotChoice::Specific(vec![("ACME-c".parse().unwrap(), units("70"))]);
    assert_eq!(sold_by(specific), ["1310 -770.00 (-70) ACME-c", "1310 -800.00 (-80) ACME-a"]);
}

#[test]
fn of_shorts_the_lowest_proceeds_are_the_highest_cost() {
    let mut desk = Desk::new();
    for (id, price) in [("a", "10.00"), ("b", "8.00"), ("c", "8.00")] {
        desk.fill(fill(id, 1, "ACME", "-100", price));
    }
    let cover = Fill { lots: LotChoice::HighestCost, ..fill("s", 1, "ACME", "250", "9.00") };
    let draft = desk.fill(cover);
    assert_eq!(
        lines(&draft),
        [
            "2110 800.00 (100) ACME-b",
            "2110 800.00 (100) ACME-c",
            "2110 500.00 (50) ACME-a",
            "9100 0.00 (-250)",
            "4110 100.00 ACME-b",
            "4110 100.00 ACME-c",
            "4110 -50.00 ACME-a",
            "1020 -2250.00 2026-06-02",
        ]
    );
    assert_eq!(draft.facts["lot_method"], "highest_cost");
}

#[test]
fn cost_that_leaves_a_lot_in_parts_leaves_nothing_behind() {
    // BOOKS.md section 4: 3 units for 0.10000001, one by one: half even on what remains, the last takes the rest.
    let mut desk = Desk::new();
    desk.fill(fill("a", 1, "ACME", "3", "0.03333333"));
    let left =
        |id: &str, desk: &mut Desk| amounts(&desk.fill(fill(id, 1, "ACME", "-1", "1.00")), AccountCode::LONG_POSITIONS);
    for id in ["s", "t", "u"] {
        assert_eq!(left(id, &mut desk), ["-0.03333333"]);
    }
    desk.fill(fill("b", 1, "BOLT", "0.3", "0.33333334"));
    let mut parts = Vec::new();
    for id in ["v", "w", "x"] {
        parts.extend(amounts(&desk.fill(fill(id, 1, "BOLT", "-0.1", "1.00")), AccountCode::LONG_POSITIONS));
    }
    // 0.100000002 was rounded to 0.10; thirds of it are 0.03333333, then half of 0.06666667, then the rest.
    assert_eq!(parts, ["-0.03333333", "-0.03333334", "-0.03333333"]);
    assert_eq!(desk.books.open_lots().count(), 0);
    assert_eq!(desk.books.balance(AccountCode::LONG_POSITIONS, Currency::USD).unwrap(), money("0.00"));
}

#[test]
fn a_year_is_over_on_the_anniversary_of_the_day_after() {
    // BOOKS.md section 7.
    let date = |text: &str| text.parse::<Date>().unwrap();
    for (acquired, last_short, first_long) in [
        ("2025-06-02", "2026-06-02", "2026-06-03"),
        ("2024-02-29", "2025-02-28", "2025-03-01"),
        ("2024-02-28", "2025-02-28", "2025-03-01"),
        ("2023-02-28", "2024-02-29", "2024-03-01"),
        ("2024-12-31", "2025-12-31", "2026-01-01"),
    ] {
        assert!(!is_long_term(date(acquired), date(last_short)), "{acquired}");
        assert!(is_long_term(date(acquired), date(first_long)), "{acquired}");
    }
}

#[test]
fn long_lots_gain_long_term_and_shorts_never_do() {
    let mut desk = Desk::new();
    for (instrument, quantity) in [("ACME", "10"), ("BOLT", "-10")] {
        let opening = Opening {
            instrument: symbol(instrument),
            quantity: units(quantity),
            cost: money("100.00"),
            currency: Currency::USD,
            acquired: Date::new(2025, 6, 1).unwrap(),
            session: session(1),
            effective_at: at(1),
        };
        desk.book(1, &BookFact::Opening(opening)).unwrap();
    }
    let sale = desk.fill(fill("s", 2, "ACME", "-10", "11.00"));
    assert_eq!(amounts(&sale, AccountCode::GAINS_LONG_TERM), ["-10.00"]);
    let cover = desk.fill(fill("t", 2, "BOLT", "10", "9.00"));
    assert_eq!(amounts(&cover, AccountCode::GAINS_SHORT_TERM), ["-10.00"]);
    assert_eq!(amounts(&cover, AccountCode::GAINS_LONG_TERM), [""; 0]);
}

#[test]
fn what_an_external_fill_takes_from_a_strategy_leaves_with_that_strategy() {
    let mut desk = Desk::new();
    desk.fill(fill("a", 1, "ACME", "10", "50.00"));
    let sale = Fill { strategy: StrategyName::External, ..fill("s", 1, "ACME", "-10", "51.00") };
    let draft = desk.fill(sale);
    let of = |account| draft.postings.iter().find(|p| p.account == account).unwrap().tags.strategy;
    assert_eq!(of(AccountCode::LONG_POSITIONS), Some(StrategyName::Open));
    assert_eq!(of(AccountCode::GAINS_SHORT_TERM), Some(StrategyName::Open));
    assert_eq!(of(AccountCode::CASH_UNSETTLED), Some(StrategyName::External));
    assert_eq!(draft.description, "External fill: sell 10 ACME at 51.00");
    let held = |s| desk.books.closing_balances().iter().any(|b| b.account.is_position() && b.strategy == Some(s));
    assert!(!held(StrategyName::Open) && !held(StrategyName::External));
}

#[test]
fn the_day_rounds_each_fee_up_once_and_anew_after_a_late_sale() {
    // LEDG-3b; source keys of section 3.
    let mut desk = Desk::new();
    assert_eq!(desk.book(1, &rounding(1)).unwrap(), []);
    let first = with_fees(fill("a", 1, "ACME", "-10", "50.00"), "0.00", "0.0041", "0.02");
    desk.fill(first.clone());
    let rounded = desk.book(1, &rounding(1)).unwrap();
    assert_eq!(rounded.len(), 1, "TAF ends on a cent already");
    assert_eq!(rounded[0].source_key, "XNYS:2026-06-01:sec");
    assert_eq!(lines(&rounded[0]), ["5210 0.0059", "2310 -0.0059 XNYS:2026-06-01:sec"]);
    assert_eq!(desk.book(1, &rounding(1)).unwrap(), [], "nothing is left to round");
    let agreed = desk.agreed(1, &[&first]);
    desk.close(1, &agreed).unwrap();
    let late = Fill { settles: june(3), ..with_fees(fill("b", 1, "ACME", "-1", "50.00"), "0.00", "0.0004", "0.001") };
    let draft = desk.fill(late);
    assert_eq!(draft.session, session(2), "a late fact never enters a closed day");
    assert_eq!(draft.effective_at, at(1));
    assert_eq!(draft.facts["trade_session"], "XNYS:2026-06-01");
    let again = desk.book(2, &rounding(1)).unwrap();
    assert_eq!(lines(&again[0]), ["5210 -0.0004", "2310 0.0004 XNYS:2026-06-01:sec"]);
    assert_eq!(again[0].source_key, "XNYS:2026-06-01:sec:2");
    assert_eq!(lines(&again[1]), ["5220 0.009", "2310 -0.009 XNYS:2026-06-01:taf"]);
    assert_eq!(again[1].source_key, "XNYS:2026-06-01:taf", "the first rounding of this fee");
    assert!(again.iter().all(|d| d.session == session(2)));
}

#[test]
fn a_lot_bought_late_was_acquired_in_its_trade_session() {
    // BOOKS.md section 7: the trade session of its opening, also where it was booked later.
    let mut desk = Desk::new();
    desk.book(1, &float(1, "1000.00")).unwrap();
    let agreed = desk.agreed(1, &[]);
    desk.close(1, &agreed).unwrap();
    desk.fill(fill("b", 2, "ACME", "10", "50.00"));
    desk.fill(fill("a", 1, "ACME", "10", "49.00"));
    let lots: Vec<_> = desk.books.open_lots().map(|l| (l.lot.to_string(), l.acquired)).collect();
    assert_eq!(lots, [("ACME-a".to_owned(), june(1)), ("ACME-b".to_owned(), june(2))]);
}

#[test]
fn sessions_that_fall_due_together_settle_one_by_one() {
    // BOOKS.md section 6: on Columbus Day nothing settles; that day and the day before settle together.
    let mut desk = Desk::new();
    desk.fill(Fill { settles: june(4), ..fill("a", 2, "ACME", "-10", "50.00") });
    desk.fill(Fill { settles: june(4), ..fill("b", 3, "ACME", "10", "49.00") });
    desk.fill(fill("c", 4, "ACME", "1", "49.00"));
    assert_eq!(desk.book(3, &settlement(3)).unwrap(), []);
    let drafts = desk.book(4, &settlement(4)).unwrap();
    assert_eq!(lines(&drafts[0]), ["1010 10.00", "1020 -500.00 2026-06-04", "1020 490.00 2026-06-04"]);
    let due: Vec<_> = desk.books.unsettled().map(|((_, item, of), m)| (item.to_string(), *of, *m)).collect();
    assert_eq!(due, [("2026-06-05".to_owned(), session(4), money("-49.00"))]);
    // What comes when its date is settled falls due with the next settlement.
    let late = desk.fill(Fill { settles: june(4), ..fill("d", 4, "ACME", "1", "49.00") });
    assert_eq!(late.facts["settles"], "2026-06-05");
    let cash = desk.books.cash(Currency::USD).unwrap();
    assert_eq!((cash.settled, cash.unsettled, cash.total), (money("10.00"), money("-98.00"), money("-88.00")));
}

#[test]
fn a_missed_settlement_is_made_up_by_the_next() {
    let mut desk = Desk::new();
    desk.fill(fill("a", 1, "ACME", "-10", "50.00"));
    desk.fill(fill("b", 2, "ACME", "10", "50.00"));
    let drafts = desk.book(3, &settlement(3)).unwrap();
    assert_eq!(lines(&drafts[0]), ["1020 -500.00 2026-06-02", "1020 500.00 2026-06-03"]);
    assert_eq!(desk.books.unsettled().count(), 0);
}

#[test]
fn a_rebate_is_a_credit_and_a_fee_of_nothing_is_left_out() {
    let mut desk = Desk::new();
    let draft = desk.fill(with_fees(fill("a", 1, "ACME", "-10", "50.00"), "-0.02", "0.00", "0.00"));
    assert_eq!(lines(&draft), ["2110 -500.00 (-10) ACME-a", "9100 0.00 (10)", "1020 500.02 2026-06-02", "5110 -0.02"]);
    let draft = desk.fill(fill("b", 1, "ACME", "10", "50.00"));
    assert_eq!(lines(&draft), ["2110 500.00 (10) ACME-a", "9100 0.00 (-10)", "1020 -500.00 2026-06-02"]);
}

#[test]
fn a_stamp_never_runs_backwards() {
    let mut desk = Desk::new();
    desk.book(2, &float(2, "5.00")).unwrap();
    desk.book(1, &float(1, "5.00")).unwrap();
    let stamps: Vec<_> = desk.stored.iter().map(|s| s.entry.booked_at).collect();
    assert_eq!(stamps, [at(2), at(2)]);
}

#[test]
fn the_journal_seals_nothing_that_does_not_balance() {
    // LEDG-1.
    let mut desk = Desk::new();
    let draft = desk.books.decide(at(1), &float(1, "5.00")).unwrap().remove(0);
    let head = desk.journal.head();
    let mut cent = draft.clone();
    cent.postings[0].amount = money("5.01");
    let mut alone = draft.clone();
    alone.postings.pop();
    let mut memo = draft.clone();
    memo.kind = EntryKind::WashSale;
    let buy = desk.books.decide(at(1), &BookFact::Fill(fill("a", 1, "ACME", "10", "1.00"))).unwrap().remove(0);
    let mut unit = buy.clone();
    unit.postings[0].holding.as_mut().unwrap().units = units("11");
    for (broken, says) in [
        (cent, "entry 1: amounts in USD sum to 0.01; zero is needed"),
        (alone, "entry 1: float_in has 1 postings; a memo has none, any other entry at least two"),
        (memo, "entry 1: wash_sale has 2 postings; a memo has none, any other entry at least two"),
        (unit, "entry 1: units of ACME sum to 1; zero is needed"),
    ] {
        assert_eq!(desk.journal.append(broken, at(1)).unwrap_err().to_string(), says);
        assert_eq!(desk.journal.head(), head);
    }
    desk.journal.append(draft, at(1)).unwrap();
    desk.journal.append(buy, at(1)).unwrap();
}
