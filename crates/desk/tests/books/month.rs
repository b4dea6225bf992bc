//! The worked month of the books (BOOKS.md section 5): 68 entries in `fixtures/books_month.jsonl`. What a day of shares
//! brings is decided anew from the facts of each entry and must give the same postings; the other kinds are folded.

use desk::domain::decimal::Money;
use desk::domain::ids::SessionId;
use desk::domain::journal::{AccountCode, Draft, Entry, EntryKind, FeeKind};
use desk::domain::symbol::Currency;
use desk::domain::time::Weekday;
use desk::machines::ledger::{
    BookFact, Books, FeeCharge, Fill, FloatMove, Journal, LotChoice, Opening, SessionEnd, Settlement, TradeResult,
};

use crate::support::{identity, money, units};

const MONTH: &str = include_str!("../fixtures/books_month.jsonl");

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

#[test]
fn the_worked_month_ends_with_the_figures_that_are_published_beside_it() {
    // books-example/README.md and trial-balance.csv; LEDG-6.
    let mut books = Books::new(identity());
    for entry in entries() {
        books.apply(&entry);
    }
    let trial = books.trial_balance().unwrap();
    let usd = |code: u16| trial.money[&(AccountCode::new(code).unwrap(), Currency::USD)];
    for (code, balance) in [
        (1010, "58806.13"),
        (1020, "12473.75"),
        (1030, "2107.00"),
        (1110, "0.00"),
        (1310, "10485.03401361"),
        (1320, "29983.9746"),
        (1900, "0.00"),
        (2110, "-9885.00"),
        (2310, "-0.31"),
        (2320, "0.00"),
        (3100, "-109550.00"),
        (3110, "5000.00"),
        (3900, "1085.00"),
        (4110, "-373.025"),
        (4120, "-0.53401361"),
        (4130, "-35.00"),
        (4140, "-169.9998"),
        (4210, "-31.00"),
        (4310, "-4.12"),
        (4900, "-12.34"),
        (5110, "89.8202"),
        (5210, "0.75"),
        (5220, "0.13"),
        (5240, "0.35"),
        (5310, "2.18"),
        (5320, "1.37"),
        (5410, "25.00"),
        (5510, "0.84"),
    ] {
        assert_eq!(usd(code), money(balance), "{code}");
    }
    assert_eq!(usd(1330), money("0.00"), "contracts carry no amount");
    assert_eq!(trial.money.len(), 29 + 2, "the accounts above, and 1010 and 3900 in EUR");
    assert!(trial.money_totals().values().all(|t| t.raw() == 0));
    assert!(trial.unit_totals().values().all(|t| t.raw() == 0));
    let held: Vec<(String, String)> =
        books.positions().unwrap().iter().map(|(s, q)| (s.to_string(), q.to_string())).collect();
    let expected =
        [("ACME", "-150"), ("BOLT", "-30"), ("BTC", "0.49973291"), ("CRUX", "73"), ("DELT", "25"), ("MESU6", "1")];
    assert_eq!(held, expected.map(|(s, q)| (s.to_owned(), q.to_owned())));
    let cash = books.cash(Currency::USD).unwrap();
    assert_eq!(cash.total, money("73386.88"));
    assert_eq!(books.cash("EUR".parse().unwrap()).unwrap().settled, money("1000.00"));
    let open: Vec<(String, String)> =
        books.open_items().map(|((_, _, item), open)| (item.to_string(), open.amount.to_string())).collect();
    assert_eq!(
        open,
        [("XNYS:2026-06-12:sec", "-0.26"), ("XNYS:2026-06-12:taf", "-0.05")].map(|(a, b)| (a.into(), b.into()))
    );
    let due: Vec<_> = books.unsettled().map(|((_, item, _), amount)| (item.to_string(), *amount)).collect();
    assert_eq!(due, [("2026-06-15".to_owned(), money("12473.75"))]);
    let crux: Vec<_> = books.open_lots_of("CRUX".parse().unwrap()).collect();
    assert_eq!(crux.len(), 1);
    assert_eq!((crux[0].units, crux[0].cost), (units("73"), money("9485.03401361")));
}

#[test]
fn a_trade_is_the_sum_of_its_fills_postings() {
    // REP-3, BOOKS.md section 8: x1 to x4 of ACME: gains 216 + 22 − 50, fees 1 + 0.5 + 1 + 1 + 0.31312 + 0.0585.
    let entries = entries();
    let fills = ["x1", "x2", "x3", "x4"].map(|f| f.parse().unwrap()).into();
    let postings = entries.iter().flat_map(|e| &e.draft.postings);
    let result = TradeResult::of(postings, &fills).unwrap();
    assert_eq!(result.gross, money("188.00"));
    assert_eq!(result.fees, money("3.87162"));
    assert_eq!(result.net().unwrap(), money("184.12838"));
}
