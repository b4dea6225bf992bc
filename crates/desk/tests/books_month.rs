//! The worked month of the books (BOOKS.md section 5): 68 entries in `fixtures/books_month.jsonl`. What a day of shares
//! brings is decided anew from the facts of each entry and must give the same postings; the other kinds are folded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails should stop where it fails"
)]

use desk::domain::decimal::Money;
use desk::domain::ids::{Identity, SessionId};
use desk::domain::journal::{AccountCode, Draft, Entry, EntryKind, FeeKind};
use desk::domain::symbol::Currency;
use desk::domain::time::Weekday;
use desk::machines::ledger::{
    BookFact, Books, FeeCharge, Fill, FloatMove, Journal, LotChoice, Opening, SessionEnd, Settlement,
};

const MONTH: &str = include_str!("fixtures/books_month.jsonl");

fn identity() -> Identity {
    "EXAMPLE_US_SIM_01".parse().unwrap()
}

/// The entries; each day close names the session that is open from then on, as ours do.
fn entries() -> Vec<Entry> {
    let read = |line: &str| {
        let mut entry = Entry::from_bytes(line.as_bytes()).unwrap();
        if entry.draft.kind == EntryKind::DayClose {
            let date = entry.draft.session.date;
            let next = SessionId::xnys(date.plus(if date.weekday() == Weekday::Friday { 3 } else { 1 }));
            entry.draft.facts.insert("next_session".into(), next.to_string().into());
        }
        entry
    };
    MONTH.lines().map(read).collect()
}

fn fact<'a>(e: &'a Entry, name: &str) -> &'a str {
    e.draft.facts.get(name).and_then(|v| v.as_str()).unwrap_or_else(|| panic!("entry {} has no {name}", e.seq))
}

/// The trade session of an execution that was booked later: its own day (LEDG-1a).
fn trade_session(e: &Entry) -> SessionId {
    SessionId::xnys(e.draft.effective_at.utc_date())
}

fn fill(e: &Entry) -> Fill {
    let position = e.draft.postings.iter().find(|p| p.account == AccountCode::UNITS_MARKET).unwrap();
    let accrued = FeeKind::ALL.into_iter().filter_map(|kind| {
        let expense = |p: &&desk::domain::journal::Posting| p.tags.fee_kind == Some(kind) && p.tags.item.is_none();
        e.draft.postings.iter().find(expense).map(|p| (kind, p.amount))
    });
    Fill {
        execution: e.draft.source_key.parse().unwrap(),
        order: e.draft.facts.get("order").map(|o| o.as_str().unwrap().parse().unwrap()),
        instrument: fact(e, "symbol").parse().unwrap(),
        currency: Currency::USD,
        strategy: position.tags.strategy.unwrap(),
        quantity: fact(e, "quantity").parse().unwrap(),
        price: fact(e, "price").parse().unwrap(),
        commission: fact(e, "commission").parse().unwrap(),
        accrued: accrued.collect(),
        settles: fact(e, "settles").parse().unwrap(),
        session: trade_session(e),
        effective_at: e.draft.effective_at,
        lots: LotChoice::Fifo,
        corrects: e.draft.corrects,
    }
}

/// The fact behind an entry, for the kinds that a day of shares brings.
fn rebuilt(e: &Entry) -> Option<BookFact> {
    let d = &e.draft;
    let (session, effective_at) = (d.session, d.effective_at);
    let cash = || d.postings.iter().find(|p| p.account == AccountCode::CASH_SETTLED).unwrap();
    let float = |amount: Money| FloatMove {
        activity: d.source_key.clone(),
        amount,
        currency: cash().currency,
        session,
        effective_at,
    };
    Some(match d.kind {
        EntryKind::FloatIn => BookFact::FloatIn(float(cash().amount)),
        EntryKind::FloatOut => BookFact::FloatOut(float(cash().amount.negated())),
        EntryKind::Opening => BookFact::Opening(Opening {
            instrument: fact(e, "symbol").parse().unwrap(),
            quantity: fact(e, "quantity").parse().unwrap(),
            cost: fact(e, "cost").parse().unwrap(),
            currency: Currency::USD,
            acquired: fact(e, "acquired").parse().unwrap(),
            session,
            effective_at,
        }),
        EntryKind::Fill if d.facts.contains_key("commission") && !d.facts.contains_key("coin_fee") => {
            BookFact::Fill(fill(e))
        }
        EntryKind::FeeRounding => {
            let (of, _) = d.source_key.rsplit_once(':').unwrap();
            BookFact::FeeRounding(SessionEnd { session: of.parse().unwrap() })
        }
        EntryKind::FeeCharge => {
            let item = d.postings[0].tags.item.as_ref().unwrap();
            let (of, _) = item.as_str().rsplit_once(':').unwrap();
            BookFact::FeeCharge(FeeCharge {
                activity: d.source_key.clone(),
                of: of.parse().unwrap(),
                fee: d.postings[0].tags.fee_kind.unwrap(),
                amount: d.postings[0].amount,
                currency: Currency::USD,
                session,
                effective_at,
            })
        }
        EntryKind::Settlement => {
            let (date, _) = d.source_key.split_once(':').unwrap();
            BookFact::Settlement(Settlement { date: date.parse().unwrap(), session })
        }
        _ => return None,
    })
}

fn same(seq: u64, drafted: &Draft, booked: &Draft) {
    for (line, (have, want)) in (1..).zip(drafted.postings.iter().zip(&booked.postings)) {
        assert_eq!(have, want, "entry {seq}, line {line}");
    }
    assert_eq!(drafted.postings.len(), booked.postings.len(), "entry {seq}");
    let late = booked.effective_at.utc_date() != booked.session.date;
    let mut facts = drafted.facts.clone();
    // What the worked month leaves to the fill's own time, the entry says itself.
    assert_eq!(facts.remove("trade_session").is_some(), late && booked.kind == EntryKind::Fill, "entry {seq}");
    assert_eq!(facts, booked.facts, "entry {seq}");
    let rest = |d: &Draft| Draft { postings: Vec::new(), facts: [].into(), ..d.clone() };
    assert_eq!(rest(drafted), rest(booked), "entry {seq}");
}

#[test]
fn the_worked_month_is_decided_anew_posting_by_posting() {
    // BOOKS.md section 5, entries 1 to 8, 10 to 14, 16, 17, 19 to 21, 24, 26, 38, 43, 47, 52, 54, 56, 63 to 67.
    let mut books = Books::new(identity());
    let mut journal = Journal::new(identity());
    let mut decided = Vec::new();
    for e in entries() {
        if let Some(fact) = rebuilt(&e) {
            let drafts = books.decide(e.draft.effective_at, &fact).unwrap();
            let found = drafts.iter().find(|d| d.source_key == e.draft.source_key);
            same(e.seq, found.unwrap_or_else(|| panic!("entry {} was not drafted", e.seq)), &e.draft);
            decided.push(e.seq);
        }
        let sealed = journal.append(e.draft.clone(), e.booked_at).unwrap();
        assert_eq!(sealed.entry, e, "number, id and stamp of entry {}", e.seq);
        books.apply(&e);
    }
    assert_eq!(
        decided,
        [
            1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 19, 20, 21, 24, 26, 38, 43, 47, 52, 54, 56, 63, 64, 65,
            66, 67
        ]
    );
}
