//! A day that is closed after a later one has entries: LEDG-12, decision 0026.

use desk::domain::decimal::Money;
use desk::domain::journal::{AccountCode, EntryKind};
use desk::domain::symbol::Currency;
use desk::machines::ledger::verify::What;
use desk::machines::ledger::{Adjustment, BookFact, Books, ClosingRecord, DayClose, Decision, Fill, Unlock, YearClose};
use proptest::prelude::*;

use crate::support::*;
use crate::verify::{checked, reseal, rows};

/// What is booked into a day: fills of one symbol, their fees and their rounding; from the second day on what settles.
fn of_day(day: i64, fills: &[(i64, i64)]) -> (Vec<BookFact>, Vec<Fill>) {
    let made = |(n, (units, cents)): (usize, &(i64, i64))| {
        let price = format!("{}.{:02}", 50 + cents / 100, cents % 100);
        let fill = fill(&format!("d{day}x{n}"), day, "ACME", &units.to_string(), &price);
        if *units < 0 { with_fees(fill, "1.00", "0.10544", "0.0195") } else { fill }
    };
    let fills: Vec<Fill> = fills.iter().enumerate().map(made).collect();
    let begin = if day == 1 { float(1, "100000.00") } else { settlement(day) };
    let facts = std::iter::once(begin).chain(fills.iter().cloned().map(BookFact::Fill)).chain([rounding(day)]);
    (facts.collect(), fills)
}

/// What a record says of its day, apart from where in the chain it stands.
fn said(record: &ClosingRecord) -> ClosingRecord {
    let nothing = desk::domain::chain::Hash::GENESIS;
    let checks = record.checks.iter().filter(|line| !line.what.starts_with("last entry")).cloned().collect();
    ClosingRecord {
        first_seq: 0,
        last_seq: 0,
        entries: 0,
        last_hash: nothing,
        previous_record: nothing,
        checks,
        ..record.clone()
    }
}

/// Three days, each closed before the next one begins.
fn in_order(days: &[(Vec<BookFact>, Vec<Fill>)]) -> (Desk, Vec<DayClose>) {
    let (mut desk, mut closes) = (Desk::new(), Vec::new());
    for ((facts, fills), day) in days.iter().zip(1..) {
        for fact in facts {
            desk.book(day, fact).unwrap();
        }
        let close = desk.agreed(day, &fills.iter().collect::<Vec<_>>());
        desk.close(day, &close).unwrap();
        closes.push(close);
    }
    (desk, closes)
}

proptest! {
    /// LEDG-12: however late a day is closed, its record states its trial balance, its checks and its equity as if nobody had
    /// traded since; so does that of the day after it. What was closed so is folded and verified.
    #[test]
    fn ledg_12_a_day_closed_late_says_what_it_would_have_said_in_time(
        fills in prop::collection::vec(prop::collection::vec((prop::sample::select(vec![-40_i64, -15, 20, 35]), 0_i64..300), 0..4), 3),
        late in (0_usize..8, 0_usize..8),
    ) {
        let days: Vec<_> = fills.iter().zip(1..).map(|(fills, day)| of_day(day, fills)).collect();
        let (straight, closes) = in_order(&days);
        // The second day begins before the first is closed, the third before the second is.
        let mut desk = Desk::new();
        let until = |day: usize, n: usize| n.min(days[day].0.len());
        let (one, two) = (until(1, late.0), until(2, late.1));
        let book = |desk: &mut Desk, day: usize, range: std::ops::Range<usize>| {
            for fact in &days[day].0[range] {
                desk.book(i64::try_from(day).unwrap() + 1, fact).unwrap();
            }
        };
        book(&mut desk, 0, 0..days[0].0.len());
        book(&mut desk, 1, 0..one);
        desk.close_apart(1, &closes[0]).unwrap();
        book(&mut desk, 1, one..days[1].0.len());
        book(&mut desk, 2, 0..two);
        desk.close_apart(2, &closes[1]).unwrap();
        book(&mut desk, 2, two..days[2].0.len());
        desk.close_apart(3, &closes[2]).unwrap();

        for ((_, own), (_, other)) in desk.closings.iter().zip(&straight.closings) {
            prop_assert_eq!(said(&own.record), said(&other.record));
            prop_assert_eq!((&own.balances, &own.lots), (&other.balances, &other.lots));
        }
        let covered: u64 = desk.closings.iter().map(|(_, closing)| closing.record.entries).sum();
        prop_assert_eq!(covered, desk.books.last_seq() - 1, "each entry once, but the last memo");
        let (folded, _) = Books::fold(identity(), desk.stored.iter().map(|sealed| &sealed.bytes)).unwrap();
        prop_assert_eq!(&folded, &desk.books);
        prop_assert!(checked(&rows(&desk)).is_ok());
    }
}

/// Two days with entries, the first of them closed last: 1 float, 2 buy, 3 settlement, 4 sale, 5 a cent of the first day, 6 close.
fn crossed() -> Desk {
    let (mut desk, buy) = (Desk::new(), fill("x1", 1, "ACME", "180", "50.00"));
    desk.book(1, &float(1, "100000.00")).unwrap();
    desk.fill(buy.clone());
    let cash = desk.agreed(1, &[&buy]);
    desk.book(2, &settlement(2)).unwrap();
    desk.fill(fill("x2", 2, "ACME", "-80", "51.00"));
    desk.book(2, &cent(1)).unwrap();
    desk.close_apart(1, &cash).unwrap();
    desk
}

/// What a person enters into a day.
fn cent(day: i64) -> BookFact {
    BookFact::Adjustment(Adjustment {
        decision: Decision {
            item: format!("R-{day}"),
            by: "ann".to_owned(),
            reason: "a cent of the broker's".to_owned(),
            session: session(day),
            at: at(day),
        },
        description: "Rounding of the broker".to_owned(),
        debit: (AccountCode::BROKER_ROUNDING, None),
        credit: (AccountCode::OTHER_INCOME, None),
        amount: money("0.01"),
        currency: Currency::USD,
    })
}

/// LEDG-12: the record of a day holds what was booked into it, late entries too, and nothing of a later day; closed, the day takes
/// no more entries, and the later one goes on.
#[test]
fn ledg_12_the_record_of_a_day_holds_its_own_entries_alone() {
    let mut desk = crossed();
    let record = &desk.closings[0].1.record;
    assert_eq!((record.first_seq, record.last_seq, record.entries, record.postings), (1, 5, 3, 7));
    let of = |account: AccountCode| {
        let line = record.trial_balance.iter().find(|line| line.account == account && line.amount.is_some());
        line.map_or(Money::ZERO, |line| line.amount.unwrap())
    };
    assert_eq!(
        (of(AccountCode::LONG_POSITIONS), of(AccountCode::CASH_UNSETTLED)),
        (money("9000.00"), money("-9000.00"))
    );
    assert_eq!((of(AccountCode::BROKER_ROUNDING), of(AccountCode::GAINS_SHORT_TERM)), (money("0.01"), Money::ZERO));
    assert_eq!(desk.books.bookable(session(1)), session(2), "what is late goes into the next day");
    assert_eq!(desk.books.open_days().collect::<Vec<_>>(), [session(2)]);

    let sale = fill("x2", 2, "ACME", "-80", "51.00");
    let close = desk.agreed(2, &[&sale]);
    assert_eq!(desk.books.close(at(2), &close).unwrap_err().code(), "later_session_booked", "from its own books alone");
    desk.close_apart(2, &close).unwrap();
    let second = &desk.closings[1].1.record;
    assert_eq!((second.first_seq, second.last_seq, second.entries), (3, 6, 3), "3, 4 and the close of the first day");
    checked(&rows(&desk)).unwrap();
}

/// LEDG-12: a figure of the broker's of another moment does not agree with the day.
#[test]
fn ledg_12_figures_of_a_later_moment_do_not_close_the_day() {
    let (mut desk, buy) = (Desk::new(), fill("x1", 1, "ACME", "180", "50.00"));
    desk.book(1, &float(1, "100000.00")).unwrap();
    desk.fill(buy.clone());
    desk.book(2, &settlement(2)).unwrap();
    let sale = fill("x2", 2, "ACME", "-80", "51.00");
    desk.fill(sale.clone());
    let now = DayClose { session: session(1), next_session: session(2), ..desk.agreed(1, &[&buy]) };
    let refused = desk.close_apart(1, &now).unwrap_err().to_string();
    assert!(refused.contains("position in ACME: the books have 180, needed is 100"), "{refused}");
    // Entries that are not given show, too.
    let own = desk.books.of_day(session(1), desk.stored[..3].iter().map(|sealed| &sealed.entry));
    let kept = DayClose { head: desk.journal.head(), ..Desk::agreed_with(&own, 1, &[&buy]) };
    let refused = desk.books.close_as(&own, at(1), &kept).unwrap_err().to_string();
    assert!(refused.contains("check 7, last entry checked"), "{refused}");
}

/// Opens a day again, with the records that stand of it and of the later ones.
fn unlock(day: i64, desk: &Desk) -> Unlock {
    let records = desk.closings.iter().map(|(_, closing)| closing.record.clone()).collect();
    let (by, second, reason) = ("ann".into(), "bob".into(), "a cent is missing".into());
    Unlock { session: session(day), by, second, reason, records }
}

/// LEDG-7, decision 0026: of the records that come with an unlock those count that are the last of their days; what somebody made up
/// is not what the broker said.
#[test]
fn ledg_7_an_unlock_keeps_what_the_last_records_say() {
    let days: Vec<_> = (1..=3).map(|day| of_day(day, &[])).collect();
    let (mut desk, closes) = in_order(&days);
    desk.book(4, &BookFact::Unlock(unlock(2, &desk))).unwrap();
    desk.book(4, &cent(2)).unwrap();
    desk.close_apart(2, &closes[1]).unwrap();
    desk.close_apart(3, &closes[2]).unwrap();
    let all = unlock(2, &desk);
    let kept = desk.books.figures_in(&all);
    let days: Vec<_> = kept.iter().map(|kept| (kept.session, kept.next)).collect();
    assert_eq!(days, [(session(2), session(3)), (session(3), session(4))]);
    assert_eq!((&kept[0].broker, &kept[0].prices), (&closes[1].broker, &closes[1].prices));
    assert_eq!(desk.books.figures_in(&Unlock { session: session(3), ..all.clone() }).len(), 1);
    let mut forged = all;
    forged.records.iter_mut().for_each(|record| record.broker.cash.clear());
    assert_eq!(desk.books.figures_in(&forged), []);
}

/// LEDG-7: a day that was closed after the records were read for an unlock is missing among them. It is not opened by what was kept of
/// it before, or by nothing: whoever asks reads the records again.
#[test]
fn ledg_7_an_unlock_that_lacks_the_record_of_a_day_is_refused() {
    let days: Vec<_> = (1..=2).map(|day| of_day(day, &[])).collect();
    let (mut desk, closes) = in_order(&days[..1]);
    let read_before = unlock(1, &desk);
    for fact in &days[1].0 {
        desk.book(2, fact).unwrap();
    }
    let second = desk.agreed(2, &[]);
    desk.close(2, &second).unwrap();
    let refused = desk.book(3, &BookFact::Unlock(read_before)).unwrap_err();
    assert_eq!(refused.code(), "records_behind");
    assert!(refused.to_string().contains("session XNYS:2026-06-02 was closed while this was asked"), "{refused}");
    let both = unlock(1, &desk);
    desk.book(3, &BookFact::Unlock(both)).unwrap();
    desk.book(3, &cent(1)).unwrap();
    desk.close_apart(1, &closes[0]).unwrap();
    // The record that the day had before it was closed again is as old as none.
    let mut behind = unlock(1, &desk);
    behind.records.truncate(2);
    assert_eq!(desk.book(3, &BookFact::Unlock(behind)).unwrap_err().code(), "records_behind");
}

/// LEDG-7: a date that is no day of the books is not opened, though every close closes what is before it.
#[test]
fn ledg_7_only_days_of_the_books_are_opened() {
    let days: Vec<_> = (1..=2).map(|day| of_day(day, &[])).collect();
    let (mut desk, _) = in_order(&days);
    for none in ["XNYS:1900-01-01", "XNYS:2026-05-31", "GLBX:2026-06-01"] {
        let unlock = Unlock { session: none.parse().unwrap(), ..unlock(1, &desk) };
        let refused = desk.book(3, &BookFact::Unlock(unlock)).unwrap_err();
        assert_eq!(refused.code(), "no_day", "{none}");
        let said = refused.to_string();
        assert!(said.contains(none) && said.contains("XNYS:2026-06-01 to XNYS:2026-06-02"), "{said}");
    }
}

/// LEDG-7, BOOKS.md section 12: a record that covers two days is the seal of both. They are opened again together, from the first on,
/// and what is booked into the first stays there.
#[test]
fn ledg_7_days_that_were_closed_together_are_opened_together() {
    let days: Vec<_> = (1..=3).map(|day| of_day(day, &[])).collect();
    let (mut desk, _) = in_order(&days[..1]);
    for fact in days[1].0.iter().chain(&days[2].0).chain([&cent(2)]) {
        desk.book(3, fact).unwrap();
    }
    let both = desk.agreed(3, &[]);
    desk.close(3, &both).unwrap();
    let refused = desk.book(4, &BookFact::Unlock(unlock(3, &desk))).unwrap_err();
    assert_eq!(refused.code(), "closed_together");
    assert!(refused.to_string().contains("XNYS:2026-06-03 was closed together with XNYS:2026-06-02"), "{refused}");
    desk.book(4, &BookFact::Unlock(unlock(2, &desk))).unwrap();
    assert_eq!([2, 3].map(|day| desk.books.bookable(session(day))), [2, 3].map(session));
    assert_eq!(desk.books.open_days().collect::<Vec<_>>(), [session(2)], "of the third none has postings");
    checked(&rows(&desk)).unwrap();
}

/// BOOKS.md section 2: the end of a year takes the results of its own days; what the next day has earned already stays there.
#[test]
fn a_year_that_is_closed_late_leaves_the_next_day_its_income() {
    let (mut desk, year) = (crossed(), YearClose { session: session(2), by: "ann".to_owned() });
    desk.book(3, &cent(3)).unwrap();
    let refused = desk.books.decide(at(3), &BookFact::YearClose(year.clone())).unwrap_err();
    assert_eq!(refused.code(), "later_session_booked", "from its own books alone");
    let drafts = desk.books.year_close_as(&desk.of_day(2), at(3), &year).unwrap();
    assert_eq!(drafts.len(), 1);
    assert_eq!(
        amounts(&drafts[0], AccountCode::OTHER_INCOME),
        ["0.01"],
        "the cent of the first day, not that of the third"
    );
    assert_eq!(amounts(&drafts[0], AccountCode::GAINS_SHORT_TERM), ["80.00"]);
    desk.seal(3, drafts[0].clone());
    let again = desk.books.year_close_as(&desk.of_day(2), at(3), &year).unwrap();
    assert_eq!(again, [], "nothing is left to close");
    assert_eq!(desk.of_day(3).balance(AccountCode::OTHER_INCOME, Currency::USD), Ok(money("-0.01")));
}

/// BOOKS.md section 2: a result goes to 3200 once: not again from a day whose results a later session's end of a year has taken.
#[test]
fn a_year_that_was_closed_in_a_later_session_is_not_closed_again_before_it() {
    let mut desk = crossed();
    desk.book(3, &cent(3)).unwrap();
    let by = || "ann".to_owned();
    let third = YearClose { session: session(3), by: by() };
    let late = desk.books.year_close_as(&desk.of_day(3), at(3), &third).unwrap();
    desk.seal(3, late[0].clone());
    let refused = desk.books.year_close_as(&desk.of_day(2), at(3), &YearClose { session: session(2), by: by() });
    assert_eq!(refused.unwrap_err().code(), "year_closed_later");
}

/// LEDG-7: a closed day that is opened again while a later one trades is closed again from the figures of its record, and the days
/// after it in their order.
#[test]
fn ledg_7_days_opened_again_close_again_one_by_one() {
    let days: Vec<_> = [&[(20, 0), (-15, 150)][..], &[(35, 20)], &[(-40, 90)]]
        .iter()
        .zip(1..)
        .map(|(f, day)| of_day(day, f))
        .collect();
    let (mut desk, closes) = in_order(&days[..2]);
    desk.book(3, &settlement(3)).unwrap();
    let unlock = unlock(1, &desk);
    desk.book(3, &BookFact::Unlock(unlock)).unwrap();
    desk.book(3, &cent(1)).unwrap();
    for fact in &days[2].0[1..] {
        desk.book(3, fact).unwrap();
    }
    assert_eq!(desk.close_apart(1, &closes[0]), Ok(()));
    desk.close_apart(2, &closes[1]).unwrap();
    let third = desk.agreed(3, &days[2].1.iter().collect::<Vec<_>>());
    desk.close_apart(3, &third).unwrap();
    let keys: Vec<&str> = desk
        .stored
        .iter()
        .filter(|s| s.entry.draft.kind == EntryKind::DayClose)
        .map(|s| s.entry.draft.source_key.as_str())
        .collect();
    assert_eq!(
        keys,
        ["XNYS:2026-06-01:1", "XNYS:2026-06-02:1", "XNYS:2026-06-01:2", "XNYS:2026-06-02:2", "XNYS:2026-06-03:1"]
    );
    let again = &desk.closings[2].1.record;
    assert_eq!(again.replaces, Some(desk.closings[0].1.hash));
    checked(&rows(&desk)).unwrap();
}

/// LEDG-4a: whoever knows the format and seals everything anew is found all the same: the sums of the day, and what the record
/// covers, are computed from the entries.
#[test]
fn ledg_4a_a_touched_record_of_a_day_closed_late_is_found() {
    type Change = fn(&mut ClosingRecord);
    let sums = What::RecordField("trial_balance");
    let cases: [(What, Change); 5] = [
        // As a close of all sums would have it.
        (sums, |r| {
            let cost = r.trial_balance.iter_mut().find(|l| l.account == AccountCode::LONG_POSITIONS);
            cost.unwrap().amount = Some(money("5000.00"));
        }),
        (What::RecordField("entries"), |r| r.entries = 5),
        (What::RecordField("postings"), |r| r.postings += 1),
        (What::RecordField("first_seq"), |r| r.first_seq = 2),
        (What::RecordField("last_seq"), |r| r.last_seq = 2),
    ];
    for (what, change) in cases {
        let mut rows = rows(&crossed());
        checked(&rows).unwrap();
        let closing = rows[5].closing.as_mut().unwrap();
        change(&mut closing.record);
        closing.bytes = closing.record.to_bytes().unwrap();
        let hash = desk::domain::chain::Hash::of(&closing.bytes);
        rows[5].entry.draft.facts.insert("record".into(), hash.to_string().into());
        reseal(&mut rows);
        assert_eq!(checked(&rows).unwrap_err().what, what);
    }
    // An entry that is moved into the closed day behind its close.
    let mut rows = rows(&crossed());
    let mut late = rows[3].clone();
    (late.entry.seq, late.entry.draft.session) = (7, session(1));
    rows.push(late);
    reseal(&mut rows);
    assert!(matches!(checked(&rows).unwrap_err().what, What::EntryId | What::Source | What::ClosedSession));
}
