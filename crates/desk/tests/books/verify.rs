//! The verifier against planted faults: LEDG-4a.

use desk::domain::chain::Hash;
use desk::domain::ids::Identity;
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::time::Span;
use desk::machines::ledger::verify::{
    EntryColumns, Fault, StoredBalance, StoredClosing, StoredEntry, StoredLot, StoredPosting, VerifyError, What, verify,
};
use desk::machines::ledger::{Closing, ClosingRecord, Fill, Sealed};

use crate::support::*;

/// A stored entry of which only bytes are kept.
pub(crate) fn bytes_only(sealed: &Sealed) -> StoredEntry<'_> {
    StoredEntry {
        seq: sealed.entry.seq,
        bytes: &sealed.bytes,
        hash: sealed.hash,
        columns: None,
        postings: None,
        closing: None,
    }
}

/// What a database holds: rows that own their texts and can be tampered with one by one.
#[derive(Clone)]
pub(crate) struct Row {
    seq: u64,
    bytes: Vec<u8>,
    hash: Hash,
    pub(crate) entry: Entry,
    /// What the posting rows say, apart from the bytes.
    posted: Entry,
    session: String,
    pub(crate) closing: Option<Closing>,
}

pub(crate) fn rows(desk: &Desk) -> Vec<Row> {
    let row = |s: &Sealed| Row {
        seq: s.entry.seq,
        bytes: s.bytes.clone(),
        hash: s.hash,
        entry: s.entry.clone(),
        posted: s.entry.clone(),
        session: s.entry.draft.session.to_string(),
        closing: desk.closings.iter().find(|(seq, _)| *seq == s.entry.seq).map(|(_, c)| c.clone()),
    };
    desk.stored.iter().map(row).collect()
}

/// Seals everything anew, as a forger who knows the format would.
pub(crate) fn reseal(rows: &mut [Row]) {
    let mut hash = Hash::GENESIS;
    for row in rows {
        row.bytes = row.entry.to_bytes().unwrap();
        hash = hash.link(&row.bytes);
        row.hash = hash;
        row.seq = row.entry.seq;
        row.posted = row.entry.clone();
        row.session = row.entry.draft.session.to_string();
    }
}

pub(crate) fn checked(rows: &[Row]) -> Result<(), Fault> {
    checked_for(&identity(), rows)
}

fn checked_for(identity: &Identity, rows: &[Row]) -> Result<(), Fault> {
    let postings: Vec<Vec<StoredPosting<'_>>> = rows
        .iter()
        .map(|r| r.posted.draft.postings.iter().zip(1..).map(|(p, line)| StoredPosting::of(p, line)).collect())
        .collect();
    let tables: Vec<Option<(Vec<StoredBalance<'_>>, Vec<StoredLot<'_>>)>> = rows
        .iter()
        .map(|r| r.closing.as_ref())
        .map(|c| {
            c.map(|c| (c.balances.iter().map(StoredBalance::of).collect(), c.lots.iter().map(StoredLot::of).collect()))
        })
        .collect();
    let stored = rows.iter().zip(&postings).zip(&tables).map(|((r, postings), tables)| {
        let d = &r.entry.draft;
        Ok::<_, String>(StoredEntry {
            seq: r.seq,
            bytes: &r.bytes,
            hash: r.hash,
            columns: Some(EntryColumns {
                entry_id: r.entry.entry_id.as_str(),
                kind: d.kind.as_str(),
                source_key: &d.source_key,
                session: &r.session,
                effective_at: d.effective_at,
                booked_at: r.entry.booked_at,
                reverses: d.reverses,
                corrects: d.corrects,
                postings: u64::try_from(d.postings.len()).unwrap(),
            }),
            postings: Some(postings),
            closing: r.closing.as_ref().zip(tables.as_ref()).map(|(c, (balances, lots))| StoredClosing {
                record: &c.bytes,
                balances: Some(balances),
                lots: Some(lots),
            }),
        })
    });
    match verify(identity, stored) {
        Ok(_) => Ok(()),
        Err(VerifyError::Fault(fault)) => Err(fault),
        Err(VerifyError::Read(error)) => panic!("{error}"),
    }
}

/// Two closed days: 1 float, 2 buy, 3 sale, 4 rounding, 5 close, 6 settlement, 7 sale, 8 close.
fn two_days() -> Desk {
    let mut desk = Desk::new();
    desk.book(1, &float(1, "100000.00")).unwrap();
    let buy = Fill { commission: money("1.00"), ..fill("x1", 1, "ACME", "180", "50.00") };
    let sale = with_fees(fill("x3", 1, "ACME", "-100", "51.20"), "1.00", "0.10544", "0.02");
    desk.fill(buy.clone());
    desk.fill(sale.clone());
    desk.book(1, &rounding(1)).unwrap();
    let agreed = desk.agreed(1, &[&buy, &sale]);
    desk.close(1, &agreed).unwrap();
    desk.book(2, &settlement(2)).unwrap();
    let more = fill("x5", 2, "ACME", "-10", "52.00");
    desk.fill(more.clone());
    let agreed = desk.agreed(2, &[&more]);
    desk.close(2, &agreed).unwrap();
    desk
}

#[test]
fn what_was_booked_verifies() {
    let desk = two_days();
    let rows = rows(&desk);
    assert_eq!(rows.len(), 8);
    checked(&rows).unwrap();
    let mut resealed = rows.clone();
    reseal(&mut resealed);
    assert!(resealed.iter().zip(&rows).all(|(a, b)| a.hash == b.hash), "the forger's tools are right");
}

#[test]
fn a_reader_that_fails_is_not_a_fault() {
    let failed = verify(&identity(), [Err("disk I/O error")]);
    assert!(matches!(failed, Err(VerifyError::Read("disk I/O error"))));
}

type Plant = fn(&mut Vec<Row>);

/// Plants each fault in sound rows and looks for it.
fn named(cases: &[(&str, u64, What, Plant)]) {
    let desk = two_days();
    for (name, seq, what, plant) in cases {
        let mut planted = rows(&desk);
        plant(&mut planted);
        let fault = checked(&planted).expect_err(name);
        assert_eq!((fault.seq, fault.what), (*seq, *what), "{name}: {fault}");
        assert_ne!(fault.stored, fault.computed, "{name}");
    }
}

#[test]
fn the_first_touched_entry_is_named() {
    let cases: [(&str, u64, What, Plant); 18] = [
        ("a cent in a posting row", 3, What::Posting { line: 1, column: "amount" }, |r| {
            r[2].posted.draft.postings[0].amount = money("-5000.01");
        }),
        ("10⁻⁸ units in a posting row", 2, What::Posting { line: 2, column: "units" }, |r| {
            r[1].posted.draft.postings[1].holding.as_mut().unwrap().units = units("-180.00000001");
        }),
        ("another lot in a posting row", 3, What::Posting { line: 1, column: "lot" }, |r| {
            r[2].posted.draft.postings[0].tags.lot = None;
        }),
        ("a posting row too few", 3, What::PostingCount, |r| {
            r[2].posted.draft.postings.pop();
        }),
        ("two posting rows swapped", 2, What::Posting { line: 1, column: "account" }, |r| {
            r[1].posted.draft.postings.swap(0, 1);
        }),
        ("a byte of an entry", 4, What::Hash, |r| {
            let at = r[3].bytes.iter().position(|b| *b == b'5').unwrap();
            r[3].bytes[at] = b'6';
        }),
        ("a stored hash", 2, What::Hash, |r| r[1].hash = Hash::of(b"")),
        ("a missing entry", 3, What::Number, |r| {
            r.remove(2);
        }),
        ("a missing first entry", 1, What::Number, |r| {
            r.remove(0);
        }),
        ("two entries swapped", 2, What::Number, |r| r.swap(1, 2)),
        ("an entry twice", 5, What::Number, |r| {
            let again = r[3].clone();
            r.insert(4, again);
        }),
        ("a session's column", 6, What::Column("session"), |r| r[5].session = "XNYS:2026-06-01".to_owned()),
        ("a stamp's column", 4, What::Column("booked_at"), |r| {
            r[3].entry.booked_at = r[3].entry.booked_at - Span::seconds(1);
        }),
        ("a source key's column", 2, What::Column("source_key"), |r| r[1].entry.draft.source_key = "x2".to_owned()),
        ("another entry's id", 2, What::EntryId, |r| {
            r[1].entry.entry_id = r[0].entry.entry_id.clone();
            reseal(r);
        }),
        ("an unknown version", 2, What::Bytes, |r| {
            let text = String::from_utf8(r[1].bytes.clone()).unwrap().replace("\"v\":1", "\"v\":2");
            r[1].bytes = text.into_bytes();
            r[1].hash = r[0].hash.link(&r[1].bytes);
        }),
        ("another number in the bytes", 2, What::NumberInBytes, |r| {
            r[1].entry.seq = 3;
            reseal(r);
            r[1].seq = 2;
        }),
        ("trailing bytes", 2, What::Bytes, |r| {
            r[1].bytes.extend(b"{}");
            r[1].hash = r[0].hash.link(&r[1].bytes);
        }),
    ];
    named(&cases);
}

#[test]
fn the_first_touched_record_is_named() {
    named(&[
        ("a closing record gone", 5, What::Record, |r| r[4].closing = None),
        ("a byte of a closing record", 8, What::Record, |r| r[7].closing.as_mut().unwrap().bytes[10] ^= 1),
        ("a cent in a closing balance", 8, What::ClosingBalance, |r| {
            r[7].closing.as_mut().unwrap().balances[0].amount = money("0.01");
        }),
        ("a closing balance gone", 5, What::ClosingBalance, |r| {
            r[4].closing.as_mut().unwrap().balances.pop();
        }),
        ("a unit in a closing lot", 5, What::ClosingLot, |r| {
            r[4].closing.as_mut().unwrap().lots[0].units = units("81");
        }),
        ("another day's record", 8, What::Record, |r| r[7].closing = r[4].closing.clone()),
        ("a record with an entry that needs none", 6, What::Record, |r| r[5].closing = r[4].closing.clone()),
    ]);
}

#[test]
fn a_chain_forged_from_end_to_end_still_has_to_obey_the_rules() {
    let cases: [(&str, u64, What, Plant); 13] = [
        ("a cent", 3, What::Amounts, |r| r[2].entry.draft.postings[0].amount = money("-5000.01")),
        ("a unit", 2, What::Units, |r| {
            r[1].entry.draft.postings[0].holding.as_mut().unwrap().units = units("181");
        }),
        ("a stamp that runs backwards", 2, What::BookedAt, |r| {
            r[1].entry.booked_at = r[1].entry.booked_at - Span::seconds(1);
        }),
        ("the same source twice", 4, What::Source, |r| {
            r[3].entry.draft = r[2].entry.draft.clone();
            r[3].entry.entry_id = r[2].entry.entry_id.clone();
        }),
        ("a booking into a closed session", 6, What::ClosedSession, |r| r[5].entry.draft.session = session(1)),
        ("an open item without its tag", 2, What::ItemTag { line: 3 }, |r| {
            r[1].entry.draft.postings[2].tags.item = None;
        }),
        ("an amount on an account of units", 2, What::PostingForm { line: 2 }, |r| {
            r[1].entry.draft.postings[1].amount = money("0.01");
            r[1].entry.draft.postings[2].amount = money("-9001.01");
        }),
        ("a posting of nothing", 1, What::PostingForm { line: 3 }, |r| {
            let mut nothing = r[0].entry.draft.postings[0].clone();
            nothing.amount = money("0.00");
            r[0].entry.draft.postings.push(nothing);
        }),
        ("no postings", 1, What::PostingCount, |r| r[0].entry.draft.postings.clear()),
        ("postings of a memo", 5, What::PostingCount, |r| {
            r[4].entry.draft.postings = r[0].entry.draft.postings.clone();
        }),
        ("an account that no chart has", 1, What::Account { line: 1 }, |r| {
            r[0].entry.draft.postings[0].account = "1011".parse().unwrap();
        }),
        ("a reversal of what is not there yet", 6, What::Reversal, |r| r[5].entry.draft.reverses = Some(7)),
        // All of it balances, but the closing record remembers.
        ("ten thousand more of float", 5, What::RecordField("last_hash"), |r| {
            r[0].entry.draft.postings[0].amount = money("110000.00");
            r[0].entry.draft.postings[1].amount = money("-110000.00");
        }),
    ];
    let desk = two_days();
    for (name, seq, what, plant) in cases {
        let mut planted = rows(&desk);
        plant(&mut planted);
        reseal(&mut planted);
        let fault = checked(&planted).expect_err(name);
        assert_eq!((fault.seq, fault.what), (seq, what), "{name}: {fault}");
    }
    let other: Identity = "OTHER_US_SIM_01".parse().unwrap();
    assert_eq!(checked_for(&other, &rows(&desk)).unwrap_err().what, What::EntryId);
}

#[test]
fn a_record_must_say_what_the_postings_say() {
    // LEDG-4a: the record is forged together with the hash in its entry.
    type Plant = fn(&mut ClosingRecord);
    let cases: [(&str, Plant); 15] = [
        ("n", |r| r.n = 2),
        ("session", |r| r.session = session(3)),
        ("next_session", |r| r.next_session = session(4)),
        ("first_seq", |r| r.first_seq = 6),
        ("last_seq", |r| r.last_seq = 6),
        ("entries", |r| r.entries = 2),
        ("postings", |r| r.postings = 3),
        ("previous_record", |r| r.previous_record = Hash::GENESIS),
        ("trial_balance", |r| r.trial_balance[0].amount = Some(money("1.00"))),
        ("closing_balances", |r| r.closing_balances = Hash::GENESIS),
        ("closing_lots", |r| r.closing_lots = Hash::GENESIS),
        ("broker_hash", |r| r.broker.positions.clear()),
        ("prices_hash", |r| r.prices.as_mut().unwrap().prices[0].price = Some("51.01".parse().unwrap())),
        ("prices_hash", |r| r.prices.as_mut().unwrap().source = "a guess".to_owned()),
        ("equity", |r| r.equity[0].equity = money("100197.88")),
    ];
    let desk = two_days();
    for (name, plant) in cases {
        let mut planted = rows(&desk);
        let closing = planted[7].closing.as_mut().unwrap();
        plant(&mut closing.record);
        closing.bytes = closing.record.to_bytes().unwrap();
        let hash = Hash::of(&closing.bytes).to_string();
        planted[7].entry.draft.facts.insert("record".into(), hash.into());
        reseal(&mut planted);
        let fault = checked(&planted).expect_err(name);
        assert_eq!((fault.seq, fault.what), (8, What::RecordField(name)), "{fault}");
    }
}

#[test]
fn a_fact_is_reversed_at_most_once() {
    let mut desk = two_days();
    let mut reversal = desk.stored[6].entry.draft.clone();
    reversal.kind = EntryKind::Reversal;
    reversal.reverses = Some(7);
    reversal.session = session(3);
    for p in &mut reversal.postings {
        p.amount = p.amount.negated();
        if let Some(h) = &mut p.holding {
            h.units = h.units.negated();
        }
    }
    for key in ["a", "b"] {
        reversal.source_key = key.to_owned();
        desk.seal(3, reversal.clone());
    }
    let fault = checked(&rows(&desk)).unwrap_err();
    assert_eq!((fault.seq, fault.what), (10, What::Reversal));
    assert_eq!(
        fault.to_string(),
        "entry 10: what it reverses is wrong: stored is entry 7; computed is entry 7 is reversed by entry 9"
    );
}
