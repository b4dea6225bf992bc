//! The day close: LEDG-12, BOOKS.md section 12.

use std::collections::BTreeSet;

use desk::domain::chain::Hash;
use desk::domain::decimal::Quantity;
use desk::domain::journal::{Draft, EntryKind, FeeKind};
use desk::domain::symbol::Currency;
use desk::machines::ledger::{
    BookFact, BookRefusal, BrokerActivity, BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition, CashActivity,
    ClosingRecord, Compared, DayClose, EquityLine, FeeCharge, Figure, Fill,
};
use serde_json::json;

use crate::support::*;

/// The first two days of the worked month, in short: a day with a purchase and a sale, closed; a day with a short sale.
fn two_days() -> (Desk, Vec<Fill>) {
    let mut desk = Desk::new();
    desk.book(1, &float(1, "100000.00")).unwrap();
    let buy = Fill { commission: money("1.00"), ..fill("x1", 1, "ACME", "180", "50.00") };
    let sale = with_fees(fill("x3", 1, "ACME", "-100", "51.20"), "1.00", "0.10544", "0.0195");
    desk.fill(buy.clone());
    desk.fill(sale.clone());
    desk.book(1, &rounding(1)).unwrap();
    let agreed = desk.agreed(1, &[&buy, &sale]);
    desk.close(1, &agreed).unwrap();
    desk.book(2, &settlement(2)).unwrap();
    let short = Fill { commission: money("1.00"), ..fill("x5", 2, "BOLT", "-100", "80.00") };
    desk.fill(short.clone());
    (desk, vec![buy, sale, short])
}

fn agreed(desk: &Desk, fills: &[Fill]) -> DayClose {
    desk.agreed(2, &[&fills[2]])
}

#[test]
fn the_record_says_what_was_closed() {
    let (mut desk, fills) = two_days();
    let close = agreed(&desk, &fills);
    desk.close(2, &close).unwrap();
    let [(seq_1, first), (seq_2, second)] = desk.closings.as_slice() else { panic!("two closings") };
    let record = &second.record;
    assert_eq!((first.record.first_seq, first.record.last_seq, first.record.entries), (1, 5, 5));
    assert_eq!((record.first_seq, record.last_seq, record.entries), (6, 8, 3), "the first close's memo is covered too");
    assert_eq!(record.postings, 6);
    assert_eq!((*seq_1, *seq_2), (6, 9));
    assert_eq!(record.previous_record, first.hash);
    assert_eq!(first.record.previous_record, Hash::GENESIS);
    assert_eq!(record.last_hash, desk.stored[7].hash);
    assert_eq!(ClosingRecord::from_bytes(&second.bytes).unwrap(), *record);
    assert_eq!(Hash::of(&second.bytes), second.hash);
    let memo = &desk.stored[8].entry.draft;
    assert_eq!((memo.kind, memo.source_key.as_str()), (EntryKind::DayClose, "XNYS:2026-06-02:1"));
    assert_eq!(memo.facts["record"], second.hash.to_string());
    assert_eq!(memo.facts["next_session"], "XNYS:2026-06-03");
    assert_eq!(memo.postings, []);
    let numbers: Vec<u8> = record.checks.iter().map(|c| c.check).collect();
    assert_eq!(numbers, [1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 6, 6, 7, 7, 7, 8]);
    assert!(record.checks.iter().all(|c| c.have == c.need && matches!(c.difference.as_str(), "0" | "0.00")));
    assert_eq!((record.v, first.record.v), (2, 2));
    let cash = &record.checks[4];
    assert_eq!((cash.what.as_str(), cash.have.as_str()), ("cash in USD", "104117.00"));
    assert_eq!(second.lots.len(), 2);
    assert_eq!((record.program.as_str(), record.schema, record.closed_at), ("tbot 0.1.0", 1, at(2)));
}

/// BOOKS.md sections 10 and 12: the prices that market values are taken from, with their source, times and hash.
#[test]
fn the_record_holds_the_price_list_and_its_hash() {
    let (mut desk, fills) = two_days();
    let mut close = agreed(&desk, &fills);
    close.prices.prices[1].price = None;
    close.prices.prices[1].at = None;
    desk.close(2, &close).unwrap();
    let record = &desk.closings[1].1.record;
    let json = serde_json::to_string(record.prices.as_ref().unwrap()).unwrap();
    let lines = r#"{"instrument":"ACME","currency":"USD","price":"51.00","at":"2026-06-02T14:00:00Z"},{"instrument":"BOLT","currency":"USD"}"#;
    assert_eq!(json, format!(r#"{{"source":"bars:last close","at":"2026-06-02T14:00:00Z","prices":[{lines}]}}"#));
    assert_eq!(record.prices_hash, Some(Hash::of(json.as_bytes())));
    let fact = &desk.stored[8].entry.draft.facts["equity"];
    assert_eq!(*fact, serde_json::to_value(&record.equity).unwrap(), "the next close finds it in the entry");
}

/// LEDG-4a: version 1 is read for ever, what neither version has is not.
#[test]
fn a_record_has_what_its_version_has() {
    type Change = fn(&mut ClosingRecord);
    let (desk, _) = two_days();
    let record = &desk.closings[0].1.record;
    let cases: [(&str, Change); 5] = [
        ("version 3 is not known; 1 and 2 are", |r| r.v = 3),
        ("version 0 is not known; 1 and 2 are", |r| r.v = 0),
        ("a price list and version 1 do not go together", |r| r.v = 1),
        ("a price list and version 2 do not go together", |r| r.prices = None),
        ("a price list and version 2 do not go together", |r| r.prices_hash = None),
    ];
    for (said, change) in cases {
        let mut record = record.clone();
        change(&mut record);
        assert_eq!(ClosingRecord::from_bytes(&record.to_bytes().unwrap()).unwrap_err().to_string(), said);
    }
    let first = ClosingRecord { v: 1, prices: None, prices_hash: None, equity: Vec::new(), ..record.clone() };
    assert_eq!(ClosingRecord::from_bytes(&first.to_bytes().unwrap()).unwrap(), first);
}

/// BOOKS.md section 12: each check leaves its line, also where there is nothing to compare.
#[test]
fn every_record_has_a_line_of_each_check() {
    let (mut busy, fills) = two_days();
    let close = agreed(&busy, &fills);
    busy.close(2, &close).unwrap();
    let mut flat = Desk::new();
    let nothing = flat.agreed(1, &[]);
    flat.close(1, &DayClose { broker: BrokerFigures::default(), ..nothing }).unwrap();
    let none: Vec<_> = flat.closings[0].1.record.checks.iter().filter(|c| c.have == "none").collect();
    let none: Vec<_> =
        none.iter().map(|c| (c.check, c.what.as_str(), c.need.as_str(), c.difference.as_str())).collect();
    assert_eq!(none, [(2, "positions", "none", "0"), (3, "cash", "none", "0"), (8, "equity at market", "none", "0")]);
    for (_, closing) in busy.closings.iter().chain(&flat.closings) {
        let numbers: BTreeSet<u8> = closing.record.checks.iter().map(|c| c.check).collect();
        assert_eq!(numbers, (1..=8).collect(), "{:?}", closing.record.checks);
    }
}

#[test]
fn a_day_that_does_not_reconcile_does_not_close() {
    // LEDG-12; each check with its number, what the books have and what is needed. Checks 4, 5 and 6 also below.
    type Change = fn(&mut DayClose);
    let acme = |symbol: &str| BrokerPosition { instrument: crate::support::symbol(symbol), quantity: units("1") };
    let stray = BrokerPosition { ..acme("CRUX") };
    let twice = "change of equity at market in USD since XNYS:2026-06-01, from 100197.87 to 100297.87: realised 0.00, \
                 unrealised 100.00, income 0.00, expenses 1.00, float 0.00, currency result 0.00";
    let elsewhere = "change of equity at market in EUR since XNYS:2026-06-01, from 0.00 to 4080.00: realised 0.00, \
                     unrealised 0.00, income 0.00, expenses 0.00, float 0.00, currency result 0.00";
    let cases: [(u8, &str, &str, &str, Change); 14] = [
        (1, "execution x5", "-100", "none", |c| c.broker.executions.clear()),
        (1, "execution x9", "none", "7", |c| {
            c.broker.executions.push(BrokerExecution {
                id: "x9".parse().unwrap(),
                quantity: units("7"),
                ..c.broker.executions[0].clone()
            });
        }),
        (1, "execution x5", "-100", "-101", |c| c.broker.executions[0].quantity = units("-101")),
        (1, "execution x5", "none", "-100", |c| c.broker.executions[0].instrument = symbol("ACME")),
        (2, "position in ACME", "80", "80.00000001", |c| c.broker.positions[0].quantity = units("80.00000001")),
        (2, "position in BOLT", "-100", "0", |c| c.broker.positions.truncate(1)),
        (3, "cash in USD", "104117.00", "104117.01", |c| c.broker.cash[0].total = money("104117.01")),
        (3, "settled cash in USD", "96118.00", "0.00", |c| c.broker.cash[0].settled = Some(money("0.00"))),
        (6, "entry of activity fee-9", "none", "-1.00", |c| {
            let (id, currency, amount) = ("fee-9".to_owned(), Currency::USD, money("-1.00"));
            c.broker.activities.push(BrokerActivity { id, currency, amount });
        }),
        (6, "open breaks", "1", "0", |c| c.questions.breaks = 1),
        (6, "queried entries, days and items", "2", "0", |c| c.questions.queried = 2),
        (7, "last entry checked", "7", "8", |c| c.head.seq = 7),
        // A currency told twice, the second time right, which the comparison of cash does not see.
        (8, twice, "99.00", "100.00", |c| {
            c.broker.cash.insert(0, BrokerCash { currency: Currency::USD, total: money("1.00"), settled: None });
        }),
        (8, elsewhere, "0.00", "4080.00", |c| c.prices.prices[0].currency = "EUR".parse().unwrap()),
    ];
    for (check, what, have, need, change) in cases {
        let (mut desk, fills) = two_days();
        let mut close = agreed(&desk, &fills);
        change(&mut close);
        let refusal = desk.close(2, &close).unwrap_err();
        match &refusal {
            BookRefusal::NotReconciled { check: c, what: w, have: h, need: n, .. } => {
                assert_eq!(
                    (*c, w.to_string(), h.to_string(), n.to_string()),
                    (check, what.into(), have.into(), need.into())
                );
            }
            other => panic!("{other}"),
        }
        assert!(
            refusal.to_string().starts_with(&format!("session XNYS:2026-06-02 does not close: check {check}, {what}"))
        );
        assert_eq!(desk.closings.len(), 1);
    }
    let (mut desk, fills) = two_days();
    let mut close = agreed(&desk, &fills);
    close.broker.positions.push(stray);
    assert_eq!(desk.close(2, &close).unwrap_err().code(), "not_reconciled", "a position that we do not have");
}

/// A desk whose first day's close says what `change` makes of it.
fn after_another_close(change: impl Fn(&mut Draft)) -> (Desk, DayClose) {
    let (desk, fills) = two_days();
    let mut again = Desk::new();
    for sealed in &desk.stored {
        let mut draft = sealed.entry.draft.clone();
        if draft.kind == EntryKind::DayClose {
            change(&mut draft);
        }
        again.seal(sealed.entry.booked_at.utc_date().ymd().2, draft);
    }
    let close = agreed(&again, &fills);
    (again, close)
}

/// Check 8 of the second day: what was compared, and the books' figure.
fn equity_line(desk: &mut Desk, close: &DayClose) -> Vec<(String, String)> {
    desk.close(2, close).unwrap();
    let lines = desk.closings.last().unwrap().1.record.checks.iter().filter(|c| c.check == 8);
    lines.map(|c| (c.what.clone(), c.have.clone())).collect()
}

/// BOOKS.md section 12, check 8: equity at market changes by results, float and what the lots gained meanwhile.
#[test]
fn check_8_explains_the_change_of_equity() {
    let (mut desk, fills) = two_days();
    let first = &desk.closings[0].1.record;
    // 96,118.00 of cash, 80 ACME at 51.00, less 0.13 of fees that the broker has not charged yet.
    let line = EquityLine { currency: Currency::USD, equity: money("100197.87"), unrealised: money("80.00") };
    assert_eq!(first.equity, [line]);
    let parts = "realised 120.00, unrealised 80.00, income 0.00, expenses 2.13, float 100000.00, currency result 0.00";
    let what = format!("change of equity at market in USD since the beginning, from 0.00 to 100197.87: {parts}");
    let eighth = first.checks.iter().find(|c| c.check == 8).unwrap();
    assert_eq!((&eighth.what, eighth.have.as_str()), (&what, "100197.87"), "from zero");
    // 100 BOLT were sold short at 80.00 and stand at 79.00; the commission was 1.00.
    let close = agreed(&desk, &fills);
    let parts = "realised 0.00, unrealised 100.00, income 0.00, expenses 1.00, float 0.00, currency result 0.00";
    let since = "change of equity at market in USD since XNYS:2026-06-01, from";
    let second = [(format!("{since} 100197.87 to 100296.87: {parts}"), "99.00".to_owned())];
    assert_eq!(equity_line(&mut desk, &close), second);

    // What the close before says counts: a cent more there is a cent less of change.
    let (desk, close) = after_another_close(|draft| {
        draft
            .facts
            .insert("equity".into(), json!([{ "currency": "USD", "equity": "100197.88", "unrealised": "80.00" }]));
    });
    match desk.books.close(at(2), &close).unwrap_err() {
        BookRefusal::NotReconciled { check: 8, have, need, .. } => {
            assert_eq!((have.to_string(), need.to_string()), ("99.00".into(), "98.99".into()));
        }
        other => panic!("{other}"),
    }
    // A close of version 1 says nothing, and listed no prices: its positions count at cost.
    let (mut desk, close) = after_another_close(|draft| drop(draft.facts.remove("equity")));
    let parts = parts.replace("unrealised 100.00", "unrealised 180.00");
    let second = [(format!("{since} 100117.87 to 100296.87: {parts}"), "179.00".to_owned())];
    assert_eq!(equity_line(&mut desk, &close), second);
}

/// BOOKS.md sections 10 and 12: without a price the check says so, and is made without the unrealised gain of it.
#[test]
fn check_8_says_what_has_no_price() {
    let absent: fn(&mut DayClose) = |c| {
        c.prices.prices.remove(0);
    };
    for without in [absent, |c| c.prices.prices[0].price = None] {
        let (mut desk, fills) = two_days();
        let mut close = agreed(&desk, &fills);
        without(&mut close);
        let parts = "realised 0.00, unrealised 20.00, income 0.00, expenses 1.00, float 0.00, currency result 0.00";
        let change = "change of equity at market in USD since XNYS:2026-06-01, from 100197.87 to 100216.87";
        let lines = equity_line(&mut desk, &close);
        let unpriced = "no price for ACME: held at cost, its unrealised gain left out";
        assert_eq!(lines, [(unpriced.into(), "none".into()), (format!("{change}: {parts}"), "19.00".into())]);
    }
}

/// BOOKS.md section 12, check 6: nothing is in suspense.
#[test]
fn check_6_account_1900_must_be_zero() {
    let mut desk = Desk::new();
    let cash = CashActivity {
        activity: "what-is-it".to_owned(),
        amount: money("12.34"),
        currency: Currency::USD,
        session: session(1),
        effective_at: at(1),
    };
    desk.book(1, &BookFact::UnknownActivity(cash)).unwrap();
    let mut close = desk.agreed(1, &[]);
    let (id, currency, amount) = ("what-is-it".to_owned(), Currency::USD, money("12.34"));
    close.broker.activities.push(BrokerActivity { id, currency, amount });
    match desk.close(1, &close).unwrap_err() {
        BookRefusal::NotReconciled { check: 6, what, have, need, .. } => {
            let said = [what.to_string(), have.to_string(), need.to_string()];
            assert_eq!(said, ["item what-is-it of 1900 in USD", "-12.34", "0.00"]);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn what_the_broker_does_not_tell_is_not_compared() {
    let (mut desk, fills) = two_days();
    let mut close = agreed(&desk, &fills);
    close.broker.cash[0].settled = None;
    // It may list executions of closed sessions again.
    let earlier = desk.agreed(2, &[&fills[0], &fills[2]]);
    close.broker.executions = earlier.broker.executions;
    desk.close(2, &close).unwrap();
}

#[test]
fn cash_that_is_due_must_have_settled() {
    // Check 4.
    let mut desk = Desk::new();
    let sale = fill("a", 1, "ACME", "-10", "50.00");
    desk.fill(sale.clone());
    let agreed = desk.agreed(1, &[&sale]);
    desk.close(1, &agreed).unwrap();
    let late = desk.agreed(2, &[]);
    match desk.close(2, &late).unwrap_err() {
        BookRefusal::NotReconciled { check: 4, what: Compared::Unsettled(Currency::USD, item), have, .. } => {
            assert_eq!((item.as_str(), have), ("2026-06-02", Figure::Money(money("500.00"))));
        }
        other => panic!("{other}"),
    }
    desk.book(2, &settlement(2)).unwrap();
    let agreed = desk.agreed(2, &[]);
    desk.close(2, &agreed).unwrap();
}

#[test]
fn an_accrued_fee_must_be_charged_within_five_sessions() {
    // Check 5.
    let mut desk = Desk::new();
    let sale = with_fees(fill("a", 1, "ACME", "-10", "50.00"), "0.00", "0.01", "0.00");
    desk.fill(sale.clone());
    let agreed = desk.agreed(1, &[&sale]);
    desk.close(1, &agreed).unwrap();
    desk.book(2, &settlement(2)).unwrap();
    for day in 2..6 {
        let agreed = desk.agreed(day, &[]);
        desk.close(day, &agreed).unwrap();
    }
    let fifth = desk.agreed(6, &[]);
    match desk.close(6, &fifth).unwrap_err() {
        BookRefusal::NotReconciled { check: 5, what, have: Figure::Count(5), need: Figure::Count(4), .. } => {
            assert_eq!(what.to_string(), "sessions that item XNYS:2026-06-01:sec of 2310 is open");
        }
        other => panic!("{other}"),
    }
    let charge = FeeCharge {
        activity: "sec".to_owned(),
        of: session(1),
        fee: FeeKind::Sec,
        amount: money("0.01"),
        currency: Currency::USD,
        session: session(6),
        effective_at: at(6),
    };
    desk.book(6, &BookFact::FeeCharge(charge)).unwrap();
    let agreed = desk.agreed(6, &[]);
    desk.close(6, &agreed).unwrap();
}

#[test]
fn sessions_close_forwards_and_once() {
    let (mut desk, fills) = two_days();
    let again = desk.agreed(1, &[]);
    assert_eq!(desk.close(1, &again).unwrap_err().code(), "session_closed");
    let close = agreed(&desk, &fills);
    let backwards = DayClose { next_session: session(2), ..close.clone() };
    assert_eq!(desk.close(2, &backwards).unwrap_err().code(), "not_following");
    // A day that was left open closes with the next one that reconciles.
    let next = fill("y", 3, "ACME", "1", "50.00");
    desk.fill(next.clone());
    match desk.close(2, &DayClose { head: desk.journal.head(), ..close }).unwrap_err() {
        BookRefusal::LaterSessionBooked { session: of, latest } => assert_eq!((of, latest), (session(2), session(3))),
        other => panic!("{other}"),
    }
    desk.book(3, &settlement(3)).unwrap();
    let both = desk.agreed(3, &[&fills[2], &next]);
    desk.close(3, &both).unwrap();
    assert_eq!(desk.books.bookable(session(2)), session(4));
    let earlier = DayClose { session: session(2), ..both };
    assert_eq!(desk.close(2, &earlier).unwrap_err().code(), "session_closed");
}

#[test]
fn a_late_fill_may_be_missing_from_the_days_executions_but_not_from_its_positions() {
    let (mut desk, fills) = two_days();
    let late = fill("x2", 1, "ACME", "5", "50.00");
    desk.fill(late);
    let close = agreed(&desk, &fills);
    assert_eq!(close.broker.positions[0].quantity, units("85"));
    let mut wrong = close.clone();
    wrong.broker.positions[0].quantity = Quantity::whole(80);
    assert_eq!(desk.close(2, &wrong).unwrap_err().code(), "not_reconciled");
    desk.close(2, &close).unwrap();
}
