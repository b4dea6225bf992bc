//! Closed days of the sample's book, all hashes and sums as they have to be.

use std::collections::BTreeMap;

use desk::domain::chain::Hash;
use desk::domain::decimal::Quantity;
use desk::domain::ids::SessionId;
use desk::domain::journal::{AccountCode, Entry, EntryKind, Facts, Holding};
use desk::domain::symbol::Currency;
use desk::machines::ledger::record::{BrokerFigures, CheckLine, ClosingRecord, hash_of};
use desk::machines::ledger::{Books, ListedPrice, PriceList};
use tbot::store::{self, Address, Batch, Bulk, Check, Closing, ClosingBalance, ClosingLot, NewBook};

use super::raw::Raw;
use super::sample;
use super::tampering::stranger;
use crate::places::Folder;

/// Two closed sessions, the first closed again after an unlock.
pub(super) fn closed_days() -> (Vec<Entry>, Vec<Closing>) {
    closed_days_after(sample::trades(4))
}

/// The same after other entries.
pub(super) fn closed_days_after(mut entries: Vec<Entry>) -> (Vec<Entry>, Vec<Closing>) {
    let mut closings = Vec::new();
    close(&mut entries, &mut closings, 1, 1);
    let mut late = sample::float_in(6, "float-2", 500);
    late.draft.session = sample::session(2);
    entries.push(late);
    close(&mut entries, &mut closings, 2, 1);
    entries.push(sample::entry(8, EntryKind::Unlock, "XNYS:2026-06-01:1", 1, vec![]));
    entries.push(sample::float_in(9, "float-3", 700));
    close(&mut entries, &mut closings, 1, 2);
    close(&mut entries, &mut closings, 2, 2);
    (entries, closings)
}

/// A close of a day with all that its record says.
pub(super) fn close(entries: &mut Vec<Entry>, closings: &mut Vec<Closing>, day: i64, n: u32) {
    let (seq, session) = (entries.len() as u64 + 1, sample::session(day));
    let mut entry = sample::entry(seq, EntryKind::DayClose, &format!("{session}:{n}"), day, vec![]);
    let mut own = Books::new(sample::identity());
    let covered = entries.iter().filter(|e| e.draft.session <= session && !e.draft.postings.is_empty());
    covered.for_each(|entry| own.apply(entry));
    let record = record(&own, (entries, closings), &entry, n);
    let bytes = record.to_bytes().unwrap();
    entry.draft.facts.insert(Closing::FACT.into(), Hash::of(&bytes).to_string().into());
    entry.draft.facts.insert("next_session".into(), record.next_session.to_string().into());
    entries.push(entry);
    let balances = own.closing_balances().into_iter().map(|b| ClosingBalance {
        account: b.account,
        currency: b.currency,
        commodity: b.commodity,
        strategy: b.strategy,
        amount: b.amount,
        units: b.units.unwrap_or_default(),
    });
    let lots = own.closing_lots().into_iter().map(|l| ClosingLot {
        account: l.account,
        currency: l.currency,
        commodity: l.commodity,
        lot: l.lot,
        units: l.units,
        cost: l.cost,
        reference: l.reference,
    });
    let (balances, lots) = (balances.collect(), lots.collect());
    closings.push(Closing { seq, session, n, record: bytes, signature: Some(vec![7; 64]), balances, lots });
}

/// The record of a close that comes after these entries and closes.
fn record(own: &Books, (entries, closings): (&[Entry], &[Closing]), close: &Entry, n: u32) -> ClosingRecord {
    let (session, at) = (close.draft.session, entries[0].booked_at);
    let line = ListedPrice {
        instrument: "ACME".parse().unwrap(),
        currency: Currency::USD,
        multiplier: Quantity::whole(1),
        price: Some("50.92".parse().unwrap()),
        at: Some(at),
    };
    let prices = PriceList { source: PriceList::BARS.to_owned(), at, prices: vec![line] };
    let mut open: BTreeMap<SessionId, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if entry.draft.kind == EntryKind::DayClose {
            open.retain(|day, _| *day > entry.draft.session);
        }
        open.entry(entry.draft.session).or_default().push(entry);
    }
    let covered: Vec<&Entry> = open.range(..=session).flat_map(|(_, of)| of.iter().copied()).collect();
    let hash = |closing: &Closing| Hash::of(&closing.record);
    let broker = BrokerFigures::default();
    ClosingRecord {
        v: 2,
        identity: sample::identity(),
        session,
        n,
        next_session: sample::session_after(session),
        replaces: closings.iter().rfind(|c| c.session == session).map(hash),
        first_seq: covered.iter().map(|e| e.seq).min().unwrap_or(close.seq),
        last_seq: close.seq - 1,
        entries: covered.len() as u64,
        postings: covered.iter().map(|e| e.draft.postings.len() as u64).sum(),
        last_hash: entries.iter().fold(Hash::GENESIS, |hash, e| hash.link(&e.to_bytes().unwrap())),
        previous_record: closings.last().map_or(Hash::GENESIS, hash),
        trial_balance: own.trial_balance().unwrap().lines(),
        closing_balances: hash_of(&own.closing_balances()).unwrap(),
        closing_lots: hash_of(&own.closing_lots()).unwrap(),
        broker_hash: hash_of(&broker).unwrap(),
        broker,
        prices_hash: Some(hash_of(&prices).unwrap()),
        prices: Some(prices),
        equity: Vec::new(),
        checks: vec![CheckLine {
            check: 7,
            what: "last entry".to_owned(),
            have: "1".to_owned(),
            need: "1".to_owned(),
            difference: "0".to_owned(),
        }],
        chart: 1,
        entry_version: 1,
        schema: 1,
        program: "tbot 0.1.0".to_owned(),
        closed_at: close.draft.effective_at,
        closed_by: "tbot".to_owned(),
    }
}

/// A file whose every hash and link is right, as somebody makes one who may write everything: what both verifiers say of it. The last
/// entry goes past the database's own refusals.
async fn forged(
    book: &NewBook,
    (entries, closings): (&[Entry], &[Closing]),
    past: Option<&Entry>,
) -> (Option<String>, bool) {
    let folder = Folder::new();
    let path = folder.path().join("ledger.db");
    let mut writer = Bulk::begin(&path, book).unwrap();
    writer.append(&Batch { entries, closings, events: &[] }).unwrap();
    let head = writer.close().unwrap().entry;
    let address = Address::Sqlite(path);
    if let Some(entry) = past {
        let mut raw = Raw::open(&address).await;
        raw.tamper(&inserted(entry, head.hash, &raw)).await;
        raw.close().await;
    }
    let report = store::verify(&address, &Check::default()).await.unwrap();
    let found = report.finding.map(|f| format!("{} {}, {}", f.table, f.seq.unwrap_or_default(), f.column));
    (found, stranger(&address).await.is_ok())
}

/// The rows of an entry without a commodity's lot, as statements.
fn inserted(entry: &Entry, previous: Hash, raw: &Raw) -> String {
    let (d, bytes) = (&entry.draft, entry.to_bytes().unwrap());
    let (session, hash) = (d.session.date.to_string().replace('-', ""), previous.link(&bytes));
    let text = |value: Option<String>| value.map_or_else(|| "NULL".to_owned(), |value| format!("'{value}'"));
    let mut sql = format!(
        "INSERT INTO entry (book, seq, entry_id, kind, source_key, session, effective_at, booked_at, postings, previous, hash, bytes)
         VALUES (1, {}, '{}', '{}', '{}', {session}, {}, {}, {}, {}, {}, {});",
        entry.seq,
        entry.entry_id,
        d.kind,
        d.source_key,
        d.effective_at.nanos(),
        entry.booked_at.nanos(),
        d.postings.len(),
        raw.blob(previous.bytes()),
        raw.blob(hash.bytes()),
        raw.blob(&bytes),
    );
    for (p, line) in d.postings.iter().zip(1..) {
        let (account, currency, amount) = (p.account, p.currency, p.amount.raw());
        let commodity = text(p.holding.map(|h| h.commodity.to_string()));
        let units = p.holding.map_or_else(|| "NULL".to_owned(), |h| h.units.raw().to_string());
        let row = format!(
            "INSERT INTO posting (book, seq, line, session, account, currency, amount, commodity, units)
             VALUES (1, {}, {line}, {session}, {account}, '{currency}', {amount}, {commodity}, {units});",
            entry.seq,
        );
        sql.push_str(&row);
    }
    sql
}

/// LEDG-4a, LEDG-12: a record that says anything else than the entries before it is found, though its hash was made anew.
#[tokio::test]
async fn ledg_12_each_field_of_a_record_is_held_against_the_entries() {
    let book = sample::new_book();
    let (entries, closings) = closed_days();
    assert_eq!(forged(&book, (&entries, &closings), None).await, (None, true));
    for (field, from, to) in [
        ("identity", "EXAMPLE_US_SIM_01", "EXAMPLE_US_SIM_02"),
        ("session", "\"session\":\"XNYS:2026-06-02", "\"session\":\"XNYS:2026-06-04"),
        ("n", "\"n\":2", "\"n\":3"),
        ("next_session", "next_session\":\"XNYS:2026-06-03", "next_session\":\"XNYS:2026-06-09"),
        ("first_seq", "\"first_seq\":7", "\"first_seq\":1"),
        ("last_seq", "\"last_seq\":10", "\"last_seq\":9"),
        ("entries", "\"entries\":2", "\"entries\":3"),
        ("postings", "\"postings\":0", "\"postings\":4"),
        ("trial_balance", "\"amount\":\"100", "\"amount\":\"900"),
        ("bytes", "\"broker\":{\"executions\":[],", "\"broker\":{\"executions\":[], "),
        ("bytes", "\"checks\":[{", "\"more\":[],\"checks\":[{"),
        ("broker_hash", "\"cash\":[]", "\"cash\":[{\"currency\":\"USD\",\"total\":\"1.00\"}]"),
        ("checks", "[{\"check\":7,\"what\":\"last entry\",\"have\":\"1\",\"need\":\"1\",\"difference\":\"0\"}]", "[]"),
        ("schema", "\"schema\":1", "\"schema\":2"),
        ("entry_version", "\"entry_version\":1", "\"entry_version\":2"),
        ("closed_at", "\"closed_at\":\"2026", "\"closed_at\":\"2027"),
        ("chart", "\"chart\":1", "\"chart\":2"),
    ] {
        let (mut entries, mut closings) = (entries.clone(), closings.clone());
        let last = &mut closings[3];
        let text = String::from_utf8(last.record.clone()).unwrap();
        assert!(text.contains(from), "{field}: {text}");
        last.record = text.replacen(from, to, 1).into_bytes();
        let hash = Hash::of(&last.record).to_string();
        entries[10].draft.facts.insert(Closing::FACT.into(), hash.into());
        let (found, passed) = forged(&book, (&entries, &closings), None).await;
        assert_eq!(found.unwrap_or_default(), format!("closing_record 11, {field}"));
        // The stand-alone verifier holds less of a record's own words.
        assert!(!passed || matches!(field, "bytes" | "trial_balance" | "checks"), "the stand-alone verifier, {field}");
    }
}

/// LEDG-4a: closes without their records, entries in closed days, postings that their accounts do not carry, another base currency.
#[tokio::test]
async fn ledg_4a_books_that_the_database_would_have_refused_are_found() {
    let (book, (entries, closings)) = (sample::new_book(), closed_days());
    let none = forged(&book, (&entries, &[]), None).await;
    assert_eq!(none, (Some("closing_record 5, seq".to_owned()), false), "no records");
    let (mut bare, cut) = (entries.clone(), &closings[..3]);
    bare[10].draft.facts = Facts::new();
    let none = forged(&book, (&bare, cut), None).await;
    assert_eq!(none, (Some("closing_record 11, seq".to_owned()), false), "the last record is gone");
    let late = sample::float_in(12, "float-4", 9);
    let closed = forged(&book, (&entries, &closings), Some(&late)).await;
    assert_eq!(closed, (Some("entry 12, session".to_owned()), false));
    let euros = NewBook { base_currency: "EUR".parse().unwrap(), ..book.clone() };
    let other = forged(&euros, (&entries, &closings), None).await;
    assert_eq!(other, (Some("book 0, base_currency".to_owned()), false));

    let pair = |a: AccountCode, b: AccountCode| {
        let pair = vec![sample::money(a, 100), sample::money(b, -100)];
        sample::entry(3, EntryKind::Interest, "i", 1, pair)
    };
    let cash = AccountCode::CASH_SETTLED;
    let mut held = pair(cash, AccountCode::FLOAT_CONTRIBUTED);
    for (p, units) in held.draft.postings.iter_mut().zip([1, -1]) {
        p.holding = Some(Holding { commodity: "ACME".parse().unwrap(), units: Quantity::whole(units) });
    }
    for (entry, expected, alone) in [
        (pair(AccountCode::CASH_UNSETTLED, cash), "posting 3, item", true),
        (pair(AccountCode::LONG_POSITIONS, cash), "posting 3, units", true),
        (pair(AccountCode::UNITS_MARKET, cash), "posting 3, amount", true),
        (held, "posting 3, units", true),
        (pair("4999".parse().unwrap(), cash), "posting 3, account", false),
    ] {
        let found = forged(&book, (&entries[..2], &[]), Some(&entry)).await;
        assert_eq!(found, (Some(expected.to_owned()), alone), "{expected}");
    }
}
