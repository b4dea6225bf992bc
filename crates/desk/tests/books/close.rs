//! The day close: LEDG-12, BOOKS.md section 12.

use desk::domain::chain::Hash;
use desk::domain::decimal::Quantity;
use desk::domain::journal::{EntryKind, FeeKind};
use desk::domain::symbol::Currency;
use desk::machines::ledger::{
    BookFact, BookRefusal, BrokerExecution, BrokerPosition, ClosingRecord, Compared, DayClose, FeeCharge, Figure, Fill,
};

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
    assert_eq!(numbers, [1, 1, 2, 2, 3, 3, 4, 5, 7, 7, 7]);
    assert!(record.checks.iter().all(|c| c.have == c.need && matches!(c.difference.as_str(), "0" | "0.00")));
    let cash = &record.checks[4];
    assert_eq!((cash.what.as_str(), cash.have.as_str()), ("cash in USD", "104117.00"));
    assert_eq!(second.lots.len(), 2);
    assert_eq!((record.program.as_str(), record.schema, record.closed_at), ("tbot 0.1.0", 1, at(2)));
}

#[test]
fn a_day_that_does_not_reconcile_does_not_close() {
    // LEDG-12; each check with its number, what the books have and what is needed.
    type Change = fn(&mut DayClose);
    let acme = |symbol: &str| BrokerPosition { instrument: crate::support::symbol(symbol), quantity: units("1") };
    let stray = BrokerPosition { ..acme("CRUX") };
    let cases: [(u8, &str, &str, &str, Change); 9] = [
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
        (7, "last entry checked", "7", "8", |c| c.head.seq = 7),
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
