//! What brokers, corporate actions and persons bring, beyond the worked month (BOOKS.md sections 3, 5, 7 and 12).

use desk::domain::decimal::Money;
use desk::domain::ids::StrategyName;
use desk::domain::journal::{AccountCode, EntryKind};
use desk::domain::symbol::Currency;
use desk::machines::ledger::{
    Adjustment, Adoption, BookFact, BookRefusal, Borrow, CashActivity, CashInLieu, CoinFill, Coins, Contract,
    ContractFill, Decision, Dividend, DividendAccrual, Figure, Fill, Found, Funding, LateFee, LotChoice, Mistake,
    Reorganisation, Split, Unlock, Variation, YearClose,
};

use crate::support::{Desk, at, fill, float, june, lines, money, session, settlement, symbol, units};

fn cash(id: &str, day: i64, amount: &str) -> CashActivity {
    CashActivity {
        activity: id.to_owned(),
        amount: money(amount),
        currency: Currency::USD,
        session: session(day),
        effective_at: at(day),
    }
}

fn decision(item: &str, day: i64) -> Decision {
    Decision {
        item: item.to_owned(),
        by: "anna".to_owned(),
        reason: "the statement says so".to_owned(),
        session: session(day),
        at: at(day),
    }
}

/// Books with cash, and shares of `open` (100) and `mid` (50) at 10.
fn two_holders() -> Desk {
    let mut desk = Desk::new();
    desk.book(1, &float(1, "10000.00")).unwrap();
    desk.fill(fill("a", 1, "ACME", "100", "10.00"));
    desk.fill(Fill { strategy: StrategyName::Mid, ..fill("b", 1, "ACME", "50", "10.00") });
    desk
}

fn booked(desk: &mut Desk, day: i64, fact: &BookFact) -> Vec<String> {
    desk.book(day, fact).unwrap().iter().flat_map(lines).collect()
}

fn refused(desk: &mut Desk, day: i64, fact: &BookFact) -> &'static str {
    desk.book(day, fact).unwrap_err().code()
}

fn accrual(per_share: &str) -> BookFact {
    BookFact::DividendAccrual(DividendAccrual {
        instrument: symbol("ACME"),
        ex_date: june(2),
        pays: Some(june(3)),
        per_share: per_share.parse().unwrap(),
        currency: Currency::USD,
        session: session(2),
        effective_at: at(2),
    })
}

fn paid(id: &str, amount: &str, withheld: &str) -> BookFact {
    let (cash, withheld) = (cash(id, 3, amount), money(withheld));
    BookFact::Dividend(Dividend { cash, instrument: symbol("ACME"), ex_date: june(2), withheld })
}

/// BOOKS.md section 12, check 5: a dividend that is not paid ten sessions after its pay date keeps the day open, a short's too;
/// the payment lets it close.
#[test]
fn check_5_a_dividend_is_not_open_ten_sessions_after_its_pay_date() {
    for (quantity, account, id_amount) in [("100", "1110", "10.00"), ("-100", "2320", "-10.00")] {
        let mut desk = Desk::new();
        let opened = fill("a", 1, "ACME", quantity, "10.00");
        desk.fill(opened.clone());
        let agreed = desk.agreed(1, &[&opened]);
        desk.close(1, &agreed).unwrap();
        desk.book(2, &settlement(2)).unwrap();
        desk.book(2, &accrual("0.10")).unwrap();
        for day in 2..13 {
            let agreed = desk.agreed(day, &[]);
            desk.close(day, &agreed).unwrap();
        }
        let tenth = desk.agreed(13, &[]);
        match desk.close(13, &tenth).unwrap_err() {
            BookRefusal::NotReconciled { check: 5, what, have: Figure::Count(10), need: Figure::Count(9), .. } => {
                assert_eq!(
                    what.to_string(),
                    format!("sessions since item ACME:2026-06-02 of {account} was to be paid")
                );
            }
            other => panic!("{other}"),
        }
        let cash = CashActivity { session: session(13), effective_at: at(13), ..cash("paid", 3, id_amount) };
        let payment = Dividend { cash, instrument: symbol("ACME"), ex_date: june(2), withheld: Money::ZERO };
        desk.book(13, &BookFact::Dividend(payment)).unwrap();
        let agreed = desk.agreed(13, &[]);
        desk.close(13, &agreed).unwrap();
    }
}

#[test]
fn a_dividend_is_shared_by_those_who_hold_and_its_payment_clears_the_item() {
    let mut desk = two_holders();
    let accrued = booked(&mut desk, 2, &accrual("0.10"));
    let item = "ACME:2026-06-02";
    let expected =
        [format!("1110 10.00 {item}"), "4210 -10.00".to_owned(), format!("1110 5.00 {item}"), "4210 -5.00".to_owned()];
    assert_eq!(accrued, expected);
    assert_eq!(refused(&mut desk, 2, &accrual("0.10")), "already_booked");
    // A tenth is withheld: the cash is what it leaves, and the item is cleared whole.
    let lines = booked(&mut desk, 3, &paid("pay", "13.50", "1.50"));
    let expected = [
        "1010 9.00".to_owned(),
        "5610 1.00".to_owned(),
        format!("1110 -10.00 {item}"),
        "1010 4.50".to_owned(),
        "5610 0.50".to_owned(),
        format!("1110 -5.00 {item}"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(desk.books.open_items().count(), 0);
    // Not announced before: income when it is paid.
    assert_eq!(booked(&mut desk, 3, &paid("again", "1.00", "0.00")), ["1010 1.00", "4210 -1.00"]);
}

#[test]
fn what_is_owed_on_shorts_and_borrowed_shares_is_shared_too() {
    let mut desk = Desk::new();
    desk.fill(fill("a", 1, "ACME", "-10", "10.00"));
    desk.fill(Fill { strategy: StrategyName::Close, ..fill("b", 1, "ACME", "-20", "10.00") });
    let owed = booked(&mut desk, 2, &accrual("0.30"));
    assert_eq!(owed[..2], ["5410 3.00", "2320 -3.00 ACME:2026-06-02"]);
    assert_eq!(booked(&mut desk, 3, &paid("pay", "-9.00", "0.00"))[0], "2320 3.00 ACME:2026-06-02");
    assert_eq!(desk.books.open_items().count(), 0);
    let borrow = |amount| BookFact::Borrow(Borrow { cash: cash("borrow", 3, amount), instrument: symbol("ACME") });
    assert_eq!(refused(&mut desk, 3, &borrow("0.00")), "no_amount");
    // A cent over three parts: each rounded on what remains.
    let lines = booked(&mut desk, 3, &borrow("-0.01"));
    assert_eq!(lines, ["5320 0.00333333", "1010 -0.00333333", "5320 0.00666667", "1010 -0.00666667"]);
}

fn split(new: u32, old: u32) -> BookFact {
    BookFact::Split(Split {
        action: None,
        instrument: symbol("ACME"),
        ex_date: june(2),
        new,
        old,
        session: session(2),
        effective_at: at(2),
    })
}

#[test]
fn a_split_moves_units_alone_also_backwards_and_of_shorts() {
    for (first, second, new, old, expected) in [
        ("100", "50", 2, 1, ["1310 0.00 (100) ACME-a", "1310 0.00 (50) ACME-b", "9200 0.00 (-150)"]),
        ("100", "50", 1, 3, ["1310 0.00 (-66.66666667) ACME-a", "1310 0.00 (-33.33333333) ACME-b", "9200 0.00 (100)"]),
        ("-100", "-50", 1, 10, ["2110 0.00 (90) ACME-a", "2110 0.00 (45) ACME-b", "9200 0.00 (-135)"]),
    ] {
        let mut desk = Desk::new();
        desk.fill(fill("a", 1, "ACME", first, "10.00"));
        desk.fill(fill("b", 1, "ACME", second, "10.00"));
        assert_eq!(booked(&mut desk, 2, &split(new, old)), expected);
        assert_eq!(refused(&mut desk, 2, &split(new, old)), "already_booked");
        let lot = desk.books.open_lots_of(symbol("ACME")).next().unwrap();
        assert_eq!(lot.cost.raw().abs(), money("1000.00").raw(), "cost and dates stay");
    }
    let mut desk = Desk::new();
    assert_eq!(desk.book(2, &split(2, 1)).unwrap(), [], "nothing is held");
    assert_eq!(refused(&mut desk, 2, &split(3, 3)), "split_terms");
    assert_eq!(refused(&mut desk, 2, &split(0, 3)), "split_terms");
}

fn became(into: &str, new: u32, old: u32) -> BookFact {
    BookFact::Reorganisation(Reorganisation {
        action: None,
        instrument: symbol("ACME"),
        into: symbol(into),
        ex_date: june(2),
        new,
        old,
        session: session(2),
        effective_at: at(2),
    })
}

#[test]
fn ledg_5_a_reorganisation_moves_lots_at_cost_with_their_dates_also_of_shorts() {
    for (first, second, expected) in [
        (
            "100",
            "50",
            [
                "1310 -1000.00 (-100) ACME-a",
                "1310 -500.00 (-50) ACME-b",
                "1310 1000.00 (33.33333333) ACME-a",
                "1310 500.00 (16.66666667) ACME-b",
                "9200 0.00 (150)",
                "9200 0.00 (-50)",
            ],
        ),
        (
            "-100",
            "-50",
            [
                "2110 1000.00 (100) ACME-a",
                "2110 500.00 (50) ACME-b",
                "2110 -1000.00 (-33.33333333) ACME-a",
                "2110 -500.00 (-16.66666667) ACME-b",
                "9200 0.00 (-150)",
                "9200 0.00 (50)",
            ],
        ),
    ] {
        let mut desk = Desk::new();
        desk.fill(fill("a", 1, "ACME", first, "10.00"));
        desk.fill(fill("b", 1, "ACME", second, "10.00"));
        let opened: Vec<_> = desk.books.open_lots_of(symbol("ACME")).map(|l| (l.acquired, l.opened_by)).collect();
        assert_eq!(booked(&mut desk, 2, &became("NEWCO", 1, 3)), expected);
        assert_eq!(refused(&mut desk, 2, &became("NEWCO", 1, 3)), "already_booked");
        assert_eq!(desk.books.open_lots_of(symbol("ACME")).count(), 0);
        let kept: Vec<_> = desk.books.open_lots_of(symbol("NEWCO")).map(|l| (l.acquired, l.opened_by)).collect();
        assert_eq!(kept, opened, "the holding period goes on");
    }
    let mut desk = Desk::new();
    assert_eq!(desk.book(2, &became("NEWCO", 1, 1)).unwrap(), [], "nothing is held");
    for (into, new, old) in [("ACME", 2, 1), ("NEWCO", 0, 1), ("NEWCO", 1, 0)] {
        assert_eq!(refused(&mut desk, 2, &became(into, new, old)), "reorganisation_terms");
    }
}

#[test]
fn no_more_cash_in_lieu_than_is_held() {
    let mut desk = two_holders();
    let fact = BookFact::CashInLieu(CashInLieu {
        activity: "lieu".parse().unwrap(),
        instrument: symbol("ACME"),
        quantity: units("150.5"),
        price: "10.00".parse().unwrap(),
        currency: Currency::USD,
        lots: LotChoice::Fifo,
        session: session(2),
        effective_at: at(2),
    });
    assert_eq!(refused(&mut desk, 2, &fact), "not_held");
}

fn coin_fill(id: &str, quantity: &str, price: &str, fee: Option<&str>) -> BookFact {
    let fill = Fill { strategy: StrategyName::Close, ..fill(id, 1, "BTC", quantity, price) };
    BookFact::CoinFill(CoinFill { fill, fee: fee.map(units) })
}

#[test]
fn a_fee_in_coin_of_a_sale_leaves_by_the_lot_method_with_its_gain() {
    let mut desk = Desk::new();
    booked(&mut desk, 1, &coin_fill("a", "1", "100.00", None));
    assert_eq!(
        refused(&mut desk, 1, &coin_fill("x", "-1", "150.00", Some("0.01"))),
        "not_held",
        "nothing is left for the fee"
    );
    assert_eq!(
        refused(&mut desk, 1, &coin_fill("y", "1", "150.00", Some("2"))),
        "not_held",
        "no fee beyond what is bought"
    );
    let lines = booked(&mut desk, 1, &coin_fill("b", "-0.5", "150.00", Some("0.01")));
    let expected = [
        "1320 -50.00 (-0.5) BTC-a",
        "9100 0.00 (0.5)",
        "4110 -25.00 BTC-a",
        "1010 75.00",
        "1320 -1.00 (-0.01) BTC-a",
        "4110 -0.50 BTC-a",
        "9400 0.00 (0.01)",
        "5110 1.50",
    ];
    assert_eq!(lines, expected);
    assert_eq!(refused(&mut desk, 1, &coin_fill("c", "-2", "150.00", None)), "not_held");
}

fn contract(id: &str, day: i64, terms: Contract, quantity: &str, price: &str) -> ContractFill {
    let of = fill(id, day, "PERP", quantity, price);
    ContractFill {
        execution: of.execution,
        order: None,
        instrument: of.instrument,
        contract: terms,
        currency: Currency::USD,
        strategy: of.strategy,
        quantity: of.quantity,
        price: of.price,
        fees: Vec::new(),
        coin_fee: None,
        expiry: false,
        settles: june(day + 1),
        session: session(day),
        effective_at: at(day),
        lots: LotChoice::Fifo,
    }
}

#[test]
fn an_inverse_perpetual_pays_its_loss_out_of_the_coins_held() {
    let mut desk = Desk::new();
    booked(&mut desk, 1, &coin_fill("a", "1", "100.00", None));
    let terms = Contract::Inverse { coin: symbol("BTC") };
    booked(&mut desk, 1, &BookFact::ContractFill(contract("p", 1, terms, "1000", "100.00")));
    // 1000 × (1/100 − 1/80) = −2.5 coins: more than there are.
    assert_eq!(refused(&mut desk, 1, &BookFact::ContractFill(contract("q", 1, terms, "-1000", "80.00"))), "not_held");
    // 100 × (1/100 − 1/80) = −0.25, worth 20, cost 25; a fee of 0.01 coins, worth 0.80, cost 1.
    let fee = Some(Coins { coin: symbol("BTC"), units: units("0.01"), rate: "80.00".parse().unwrap(), stale: true });
    let close = ContractFill { coin_fee: fee, ..contract("r", 1, terms, "-100", "80.00") };
    let drafts = desk.book(1, &BookFact::ContractFill(close)).unwrap();
    let expected = [
        "1330 0.00 (-100) PERP-p",
        "9100 0.00 (100)",
        "1320 -25.00 (-0.25) BTC-a",
        "4110 5.00 BTC-a",
        "9400 0.00 (0.25)",
        "4140 20.00 PERP-p",
        "1320 -1.00 (-0.01) BTC-a",
        "4110 0.20 BTC-a",
        "9400 0.00 (0.01)",
        "5110 0.80",
    ];
    assert_eq!(lines(&drafts[0]), expected);
    assert_eq!(drafts[0].facts["rate_stale"], true, "a rate that is too old is marked (BOOKS.md section 9)");
}

#[test]
fn a_contract_turns_through_zero_and_expires_at_its_final_price() {
    let mut desk = Desk::new();
    let terms = Contract::Future { multiplier: units("5") };
    booked(&mut desk, 1, &BookFact::ContractFill(contract("a", 1, terms, "2", "100.00")));
    let turned = booked(&mut desk, 1, &BookFact::ContractFill(contract("b", 1, terms, "-3", "101.00")));
    let expected = [
        "1330 0.00 (-2) PERP-a",
        "1330 0.00 (-1) PERP-b",
        "9100 0.00 (3)",
        "4130 -10.00 PERP-a",
        "1020 10.00 2026-06-02",
    ];
    assert_eq!(turned, expected);
    let settle = |day, price: &str| {
        BookFact::Variation(Variation {
            instrument: symbol("PERP"),
            multiplier: units("5"),
            price: price.parse().unwrap(),
            currency: Currency::USD,
            settles: june(day + 1),
            session: session(day),
            effective_at: at(day),
        })
    };
    assert_eq!(booked(&mut desk, 1, &settle(1, "103.00")), ["1020 -10.00 PERP-b 2026-06-02", "4130 10.00 PERP-b"]);
    let lots = desk.books.closing_lots();
    assert_eq!(lots[0].reference, Some("103.00".parse().unwrap()), "closing lots keep the reference price");
    assert_eq!(desk.book(2, &settle(2, "103.00")).unwrap(), [], "the price did not move");
    let last = ContractFill { expiry: true, ..contract("c", 3, terms, "1", "102.00") };
    let expired = booked(&mut desk, 3, &BookFact::ContractFill(last));
    assert_eq!(expired, ["1330 0.00 (1) PERP-b", "9200 0.00 (-1)", "4130 -5.00 PERP-b", "1020 5.00 2026-06-04"]);
    let again = contract("d", 3, terms, "1", "0.00");
    assert_eq!(refused(&mut desk, 3, &BookFact::ContractFill(again)), "price_not_positive");
}

#[test]
fn funding_is_shared_and_may_be_paid_in_coins() {
    let mut desk = Desk::new();
    booked(&mut desk, 1, &coin_fill("a", "1", "100.00", None));
    let terms = Contract::Linear { multiplier: units("1") };
    booked(&mut desk, 1, &BookFact::ContractFill(contract("p", 1, terms, "1", "100.00")));
    let mid = ContractFill { strategy: StrategyName::Mid, ..contract("q", 1, terms, "3", "100.00") };
    booked(&mut desk, 1, &BookFact::ContractFill(mid));
    let funding =
        |id, amount, coins| BookFact::Funding(Funding { cash: cash(id, 1, amount), instrument: symbol("PERP"), coins });
    let lines = booked(&mut desk, 1, &funding("f", "4.00", None));
    assert_eq!(lines, ["1030 1.00", "5510 -1.00", "1030 3.00", "5510 -3.00"]);
    assert_eq!(refused(&mut desk, 1, &funding("g", "0.00", None)), "no_amount");
    let coins = Coins { coin: symbol("BTC"), units: units("0.1"), rate: "120.00".parse().unwrap(), stale: false };
    let lines = booked(&mut desk, 1, &funding("h", "0.00", Some(coins)));
    assert_eq!(lines, ["1320 -10.00 (-0.1) BTC-a", "4110 -2.00 BTC-a", "9400 0.00 (0.1)", "5510 12.00"]);
}

#[test]
fn a_person_decides_with_a_name_and_a_reason_about_the_accounts_that_may_be_corrected() {
    let mut desk = two_holders();
    let adopt = |from, to, item| {
        let (lot, instrument) = ("ACME-a".parse().unwrap(), symbol("ACME"));
        BookFact::Adoption(Adoption { decision: decision(item, 2), lot, instrument, from, to })
    };
    let (open, close) = (StrategyName::Open, StrategyName::Close);
    assert_eq!(refused(&mut desk, 2, &adopt(close, open, "r1")), "unknown_lot", "it is not theirs");
    assert_eq!(booked(&mut desk, 2, &adopt(open, close, "r1")).len(), 2);
    let adjust = |account: AccountCode, item: Option<&str>, by: &str| {
        BookFact::Adjustment(Adjustment {
            decision: Decision { by: by.to_owned(), ..decision("r2", 2) },
            description: "A charge nobody could explain".to_owned(),
            debit: (account, None),
            credit: (AccountCode::SUSPENSE, item.map(|i| i.parse().unwrap())),
            amount: money("1.00"),
            currency: Currency::USD,
        })
    };
    assert_eq!(refused(&mut desk, 2, &adjust(AccountCode::CASH_SETTLED, Some("x"), "anna")), "wrong_account");
    assert_eq!(refused(&mut desk, 2, &adjust(AccountCode::OTHER_CHARGES, None, "anna")), "item_of_account");
    assert_eq!(refused(&mut desk, 2, &adjust(AccountCode::OTHER_CHARGES, Some("x"), " ")), "no_reason");
    let lines = booked(&mut desk, 2, &adjust(AccountCode::OTHER_CHARGES, Some("x"), "anna"));
    assert_eq!(lines, ["5910 1.00", "1900 -1.00 x"]);
    let found = BookFact::Found(Found {
        decision: decision("r3", 2),
        instrument: symbol("BOLT"),
        quantity: units("-10"),
        price: "20.00".parse().unwrap(),
        currency: Currency::USD,
        strategy: StrategyName::External,
    });
    assert_eq!(booked(&mut desk, 2, &found), ["2110 -200.00 (-10) BOLT-r3", "9300 0.00 (10)", "1900 200.00 r3"]);
    let fee = LateFee { cash: cash("fee", 2, "-1.00"), account: AccountCode::DIVIDENDS, name: "Fee".into(), of: None };
    assert_eq!(refused(&mut desk, 2, &BookFact::LateFee(fee)), "wrong_account");
}

#[test]
fn a_mistake_is_reversed_by_name_and_only_once() {
    let mut desk = two_holders();
    desk.book(2, &BookFact::Interest(cash("i", 2, "4.00"))).unwrap();
    let entry = desk.stored.last().unwrap().entry.clone();
    let mistake = |entry: &desk::domain::journal::Entry| {
        let (by, reason) = ("anna".to_owned(), "it was another account's".to_owned());
        BookFact::Mistake(Box::new(Mistake { entry: entry.clone(), by, reason, session: session(2) }))
    };
    assert_eq!(booked(&mut desk, 2, &mistake(&entry)), ["1010 -4.00", "4310 4.00"]);
    assert_eq!(refused(&mut desk, 2, &mistake(&entry)), "already_booked");
    // A lot that changed hands, and of which something was sold since, does not go back as if nothing had happened.
    let adopted = Adoption {
        decision: decision("r1", 2),
        lot: "ACME-a".parse().unwrap(),
        instrument: symbol("ACME"),
        from: StrategyName::Open,
        to: StrategyName::Close,
    };
    desk.book(2, &BookFact::Adoption(adopted)).unwrap();
    let adoption = desk.stored.last().unwrap().entry.clone();
    desk.fill(Fill { strategy: StrategyName::Close, ..fill("s", 2, "ACME", "-10", "10.00") });
    assert_eq!(refused(&mut desk, 2, &mistake(&adoption)), "lot_used");
    let fill = desk.stored[1].entry.clone();
    assert_eq!(fill.draft.kind, EntryKind::Fill);
    assert_eq!(
        refused(&mut desk, 2, &mistake(&fill)),
        "not_reversible",
        "fills are busted with what closed their lots"
    );
}

#[test]
fn each_replacement_unit_is_used_once_and_earliest_first() {
    // BOOKS.md section 7: fills as (id, day, units, price); marks as `loss lot, loss fill, replacement, units`.
    type Case = (&'static str, &'static [(&'static str, i64, &'static str, &'static str)], &'static [&'static str]);
    let cases: [Case; 7] = [
        ("bought again", &[("a", 1, "10", "9"), ("b", 2, "-10", "8"), ("c", 3, "4", "8")], &["ACME-a b ACME-c 4"]),
        ("a gain", &[("a", 1, "10", "9"), ("b", 2, "-10", "9.5"), ("c", 3, "10", "8")], &[]),
        ("held beside", &[("a", 1, "10", "9"), ("b", 1, "6", "9"), ("c", 2, "-10", "8")], &["ACME-a c ACME-b 6"]),
        (
            "sold before the loss",
            &[("a", 1, "6", "9"), ("b", 1, "10", "9"), ("c", 1, "-6", "9.5"), ("d", 2, "-10", "8")],
            &[],
        ),
        ("sold with the loss", &[("a", 1, "10", "9"), ("b", 1, "5", "9"), ("c", 2, "-15", "8")], &[]),
        (
            "used once",
            &[("a", 1, "5", "9"), ("b", 2, "-5", "8"), ("c", 3, "5", "9"), ("d", 4, "-5", "8"), ("e", 5, "5", "8")],
            &["ACME-a b ACME-c 5", "ACME-c d ACME-e 5"],
        ),
        ("a short", &[("a", 1, "-5", "8"), ("b", 2, "5", "9"), ("c", 3, "-5", "9")], &["ACME-a b ACME-c 5"]),
    ];
    for (name, fills, expected) in cases {
        let mut desk = Desk::new();
        for (id, day, quantity, price) in fills {
            desk.fill(fill(id, *day, "ACME", quantity, price));
        }
        let marks = desk.books.wash_sales().iter().cloned().collect::<Vec<_>>();
        let said: Vec<_> =
            marks.iter().map(|m| format!("{} {} {} {}", m.loss_lot, m.loss_fill, m.replacement, m.units)).collect();
        assert_eq!(said, expected, "{name}");
        for mark in marks {
            assert_eq!(booked(&mut desk, 9, &BookFact::WashSale(mark)), Vec::<String>::new(), "a memo moves nothing");
        }
        assert!(desk.books.wash_sales().is_empty(), "{name}: what is marked is not marked again");
    }
}

#[test]
fn a_year_closes_to_the_retained_result_by_strategy() {
    let mut desk = two_holders();
    desk.fill(Fill { commission: money("1.00"), ..fill("c", 1, "ACME", "-100", "11.00") });
    desk.book(1, &BookFact::Interest(cash("i", 1, "4.00"))).unwrap();
    let close = BookFact::YearClose(YearClose { session: session(1), by: "anna".to_owned() });
    let lines = booked(&mut desk, 1, &close);
    assert_eq!(lines, ["4110 100.00", "4310 4.00", "5110 -1.00", "3200 -103.00"]);
    let trial = desk.books.trial_balance().unwrap();
    let results = trial.money.iter().filter(|((account, _), _)| (4000..6000).contains(&account.code()));
    assert!(results.map(|(_, amount)| *amount).all(Money::is_zero));
    assert_eq!(desk.book(1, &close).unwrap(), [], "nothing is left to close");
}

#[test]
fn two_persons_open_a_day_again_and_its_next_record_names_the_one_it_replaces() {
    // LEDG-7, LEDG-12, BOOKS.md section 12.
    let mut desk = Desk::new();
    desk.book(1, &float(1, "100.00")).unwrap();
    for day in [1, 2] {
        desk.book(day, &settlement(day)).unwrap();
        let agreed = desk.agreed(day, &[]);
        desk.close(day, &agreed).unwrap();
    }
    let records: Vec<_> = desk.closings.iter().map(|(_, closing)| closing.record.clone()).collect();
    let unlock = |by: &str, second: &str, day| {
        let (by, second, reason) = (by.to_owned(), second.to_owned(), "a fee was missed".to_owned());
        BookFact::Unlock(Unlock { session: session(day), by, second, reason, records: records.clone() })
    };
    assert_eq!(refused(&mut desk, 3, &unlock("anna", "anna", 1)), "same_person");
    assert_eq!(refused(&mut desk, 3, &unlock("anna", "", 1)), "no_reason");
    assert_eq!(refused(&mut desk, 3, &unlock("anna", "bela", 3)), "not_closed");
    assert_eq!(desk.books.bookable(session(1)), session(3));
    desk.book(3, &unlock("anna", "bela", 1)).unwrap();
    assert_eq!(desk.books.bookable(session(1)), session(1), "the day takes entries again");
    assert_eq!(desk.books.bookable(session(2)), session(2), "and so does every later one");
    desk.book(1, &BookFact::Interest(cash("late", 1, "1.00"))).unwrap();
    // The sums of a record are those of all postings so far: with a later day's among them, that one closes both.
    desk.book(2, &BookFact::Interest(cash("next", 2, "1.00"))).unwrap();
    let both = desk.agreed(1, &[]);
    assert_eq!(desk.close(1, &both).unwrap_err().code(), "later_session_booked");
    let agreed = desk.agreed(2, &[]);
    desk.close(2, &agreed).unwrap();
    let record = |at: usize| &desk.closings[at].1;
    assert_eq!((record(2).record.n, record(2).record.replaces), (2, Some(record(1).hash)));
    assert_eq!(record(2).record.first_seq, 3, "all since the record before it: its memo, the unlock, what came late");
    assert_eq!(record(1).record.replaces, None);
    assert_eq!(desk.books.bookable(session(1)), session(3));
}
